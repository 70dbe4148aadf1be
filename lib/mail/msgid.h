/*
 * msgid - message ids in Message-ID, In-Reply-To and References
 */
#ifndef MAIL_MSGID_H
#define MAIL_MSGID_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Anything longer is not an id. */
#define MSGID_MAX	1000

/*
 * Finds the next <id> in text from *pos on.  Sets out to the id without angle
 * brackets, white space, comments and needless quotes, so that equivalent ids
 * are equal (RFC 5256 3.1).  Returns false if there is none left.
 */
bool msgid_next(struct bytes text, size_t *pos, struct buf *out);

#endif
