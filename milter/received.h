/*
 * received - finds the client that sent a message to a trusted relay
 *
 * A backup MX or a forwarder names the client in the Received field that it
 * adds at the top.  The form depends on its MTA:
 *
 *	from HELO (name [192.0.2.1]) by ...		Postfix, Sendmail
 *	from name ([192.0.2.1] helo=HELO) by ...	Exim
 *	from [192.0.2.1] (helo=HELO) by ...		Exim, without a name
 *	from unknown (HELO name) (192.0.2.1) by ...	qmail
 *
 * The client chooses HELO, which may look like any of these.  So the address is
 * the first one in the last comment before "by" that has one; only if there is
 * no such comment, it is taken from the word after "from".
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

/* Parses the value of a Received field.  Returns false if it has no address. */
bool received_parse(struct bytes value, struct received *out);

#endif
