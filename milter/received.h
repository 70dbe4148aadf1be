/*
 * received - the client from which a relay of ours had a message
 *
 * A backup MX or a forwarder says so in the Received field it puts on top,
 * each MTA in its own way:
 *
 *	from HELO (name [192.0.2.1]) by ...		Postfix, Sendmail
 *	from name ([192.0.2.1] helo=HELO) by ...	Exim
 *	from [192.0.2.1] (helo=HELO) by ...		Exim, without a name
 *	from unknown (HELO name) (192.0.2.1) by ...	qmail
 *
 * HELO is the client's word and may look like any of this.  So the address is
 * taken from the last comment before "by" that has one, and there the first;
 * only without comments from the word after "from".
 */
#ifndef MILTER_RECEIVED_H
#define MILTER_RECEIVED_H

#include <stdbool.h>

#include "base/buf.h"
#include "net/addr.h"

struct received {
	struct addr client;
	struct bytes helo;	/* borrowed: the word after "from" */
};

/* The value of a Received field.  False: it names no client's address. */
bool received_parse(struct bytes value, struct received *out);

#endif
