/*
 * mailbox_meaning - which mailboxes mean junk, neutral or not junk
 *
 * What a mailbox means is kept in its row, with the stamp of the settings it
 * was computed by.  CREATE, RENAME and new settings make it out of date; it is
 * computed again when the next message comes to the mailbox.  That takes
 * regular expressions, which the committer's thread must not run.  So an
 * operation that adds messages asks mailbox_meaning_need().  If the row is out
 * of date and the operation was not told the meaning before, it fails, and
 * mailbox_meanings_submit() computes what it lacked and submits it again:
 *
 *	struct mailbox_meanings m = MAILBOX_MEANINGS_INIT;
 *
 *	rc = mailbox_meanings_submit(s, &o->op, &m, err);
 *	mailbox_meanings_free(&m);
 *
 * and in the operation, before page_writer_begin():
 *
 *	if (mailbox_meaning_need(&m, s, &acc, &mb, err) == -1)
 *		return -1;
 *
 * The operation puts the mailbox's row, as additions do anyway.
 *
 * The special use comes first: \Junk always means junk; \Sent, \Drafts and
 * \Trash mean nothing.  So do mailboxes without a special use whose first
 * level is called Sent, Drafts or Trash, in any case.
 */
#ifndef STORE_MAILBOX_MEANING_H
#define STORE_MAILBOX_MEANING_H

#include "directory/account.h"
#include "directory/junk_meaning.h"
#include "store/mailbox_row.h"
#include "store/store.h"

struct mailbox_meanings {
	bool is_missing;		/* the operation lacked some */
	uint64_t stamp;
	struct junk_settings settings;	/* that the stamp stands for */
	struct buf names;		/* own: of struct named_meaning */
};

#define MAILBOX_MEANINGS_INIT	{ .is_missing = false }

/*
 * Within an operation.  Returns 0 with mb->meaning as it is now, or -1: the
 * operation must fail.
 */
int mailbox_meaning_need(struct mailbox_meanings *m, const struct store *s,
    const struct account *acc, struct mailbox *mb, struct err *err);
/* op_submit(), as often as it takes.  Returns 0 or -1. */
int mailbox_meanings_submit(struct store *s, struct op *op,
    struct mailbox_meanings *m, struct err *err);
/* Computes what an operation lacked that was submitted in another way. */
void mailbox_meanings_compute(const struct store *s,
    struct mailbox_meanings *m);
void mailbox_meanings_free(struct mailbox_meanings *m);

/* What a mailbox means by its special use and name, and why.  Not for the
   committer's thread. */
void mailbox_meaning_ask(struct junk_rules *rules, const char *name,
    enum special_use use, struct junk_verdict *out);

#endif
