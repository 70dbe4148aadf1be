/*
 * imap_match - mailbox names against the patterns of LIST
 *
 * RFC 3501 6.3.8: "*" matches anything, "%" anything without the hierarchy
 * separator.  INBOX compares without case.
 */
#ifndef IMAPD_IMAP_MATCH_H
#define IMAPD_IMAP_MATCH_H

#include "base/buf.h"

/*
 * Time is bounded by the product of both lengths, whatever the pattern.
 */
bool imap_match(struct bytes pattern, struct bytes name, char separator);

#endif
