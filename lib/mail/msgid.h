/*
 * msgid - message ids, from Message-ID, In-Reply-To and References
 */
#ifndef MAIL_MSGID_H
#define MAIL_MSGID_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* A longer id is not an id. */
#define MSGID_MAX	1000

/*
 * The next <id> in text from *pos on.  out is emptied and gets the id without
 * angle brackets, white space, comments and needless quotes, so that ids that
 * mean the same are the same (RFC 5256 3.1).  False: there is none left.
 */
bool msgid_next(struct bytes text, size_t *pos, struct buf *out);

#endif
