/*
 * imap_match - matches mailbox names against the patterns of LIST
 *
 * RFC 3501 6.3.8: "*" matches anything, "%" anything except the hierarchy
 * separator.  INBOX is compared without regard to case.
 */
#ifndef IMAPD_IMAP_MATCH_H
#define IMAPD_IMAP_MATCH_H

#include "base/buf.h"

/*
 * The time is bounded by the product of the two lengths, whatever the pattern.
 */
bool imap_match(struct bytes pattern, struct bytes name, char separator);

#endif
