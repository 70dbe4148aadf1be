/*
 * sent - recipients of mail in mailboxes with the special use \Sent
 *
 * A row of page_write(): each operation that adds messages to such a mailbox
 * (delivery, APPEND, COPY, MOVE) also puts a todo record with their UIDs.  The
 * background reads these messages, a few at a time and outside the committer,
 * and adds their recipients, from the fields To, Cc and Bcc, to the recipients
 * that the account has sent mail to (correspondent.h).
 *
 * Each mailbox has one record; messages that are added while it waits extend
 * it.  For accounts that are older than this feature, the server puts a record
 * with all messages of their mailboxes at its start.
 */
#ifndef STORE_SENT_H
#define STORE_SENT_H

#include "store/page_row.h"

extern const struct page_row sent_page_row;

/*
 * Does a slice of the work of a record of TODO_SENT.  The number is that of the
 * mailbox; see background_step.h.
 */
int sent_work(struct store *s, uint64_t account, uint64_t number,
    struct err *err);

/* Puts records for accounts whose sent mail was never read.  Returns 0 or
   -1. */
int sent_begin(struct store *s, struct err *err);

#endif
