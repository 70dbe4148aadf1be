/*
 * special - recipients that ask for an error, for trying out mail programs
 *
 * The end of a localpart says which one (setting special-localparts):
 *
 *	temperror	451
 *	permerror	550
 *	400 to 599	that code; as the whole localpart, or after "-", "."
 *			or "+"
 *	timeout		no answer for special-timeout, then 451
 *
 * and its beginning at which command: "mailfrom" at MAIL (then the sender's
 * localpart counts), "rcptto" at RCPT, anything else at DATA.  Case does not
 * count.  An address that exists is never special: the caller asks first.
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
	bool timeout;			/* before the answer */
	unsigned code;			/* 400 to 599 */
};

/* address: without <>, with or without a domain.  Whether it is special. */
bool special_find(struct bytes address, struct special *out);

#endif
