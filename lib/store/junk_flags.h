/*
 * junk_flags - $Junk and $NotJunk
 *
 * A row of page_write().  Messages that come to a mailbox (delivery, APPEND,
 * COPY, MOVE) are marked by what the mailbox means (mailbox_meaning.h): junk
 * sets $Junk, notjunk sets $NotJunk, neutral removes both, nothing leaves the
 * flags as they are.  These win over flags that the client or the source says.
 *
 * $Junk and $NotJunk exclude each other (RFC 9051 2.3.2), whoever sets them:
 * the one that is new removes the other; if both are new, neither stays.
 *
 * Thunderbird has its own keywords, Junk, NonJunk and (older ones) NotJunk.
 * Setting one sets ours as well, removing one removes ours, and the reverse
 * for removing.  They stay visible, since Thunderbird looks at them.
 *
 * A mailbox that has no room for one more keyword (setting keywords-max) gets
 * its mail without the mark.
 */
#ifndef STORE_JUNK_FLAGS_H
#define STORE_JUNK_FLAGS_H

#include "store/page_row.h"

extern const struct page_row junk_page_row;

#endif
