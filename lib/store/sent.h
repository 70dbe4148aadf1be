/*
 * sent - recipients of mail in mailboxes with the special use \Sent
 *
 * A row of page_write(): whatever puts messages there (delivery, APPEND, COPY,
 * MOVE) leaves a todo record with their UIDs, in its own operation.  The
 * background reads them, a few at a time and outside the committer, and adds
 * whom they were sent to, by the fields To, Cc and Bcc, to those the account
 * has sent mail to (correspondent.h).
 *
 * There is one record for each mailbox: what is added while it waits is
 * joined to it.  Accounts from before there was any of this get one for all
 * that is in their mailboxes, at the start of the server.
 */
#ifndef STORE_SENT_H
#define STORE_SENT_H

#include "store/page_row.h"

extern const struct page_row sent_page_row;

/*
 * A slice of the work of the record of TODO_SENT with that number, which is
 * the mailbox: see background_step.h.
 */
int sent_work(struct store *s, uint64_t account, uint64_t number,
    struct err *err);

/* Work for accounts whose sent mail was never read.  0 or -1. */
int sent_begin(struct store *s, struct err *err);

#endif
