/*
 * special - addresses that ask for an error, to test mail programs
 *
 * The end of a localpart selects the error (setting special-localparts):
 *
 *	temperror	451
 *	permerror	550
 *	400 to 599	that code; as the whole localpart, or after "-", "."
 *			or "+"
 *	timeout		no answer for special-timeout, then 451
 *
 * Its beginning selects the command: "mailfrom" for MAIL (in the sender's
 * address), "rcptto" for RCPT, anything else for DATA.  Case is ignored.  An
 * address that exists is never special; the caller must check that.
 */
#ifndef MILTER_SPECIAL_H
#define MILTER_SPECIAL_H

#include <stdbool.h>

#include "base/buf.h"

enum special_stage {
	SPECIAL_AT_MAIL,
	SPECIAL_AT_RCPT,
	SPECIAL_AT_DATA
};

struct special {
	enum special_stage stage;
	bool timeout;			/* delay the answer */
	unsigned code;			/* 400 to 599 */
};

/* Is the address (without <>, with or without a domain) special? */
bool special_find(struct bytes address, struct special *out);

#endif
