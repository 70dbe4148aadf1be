/*
 * page_write - the one place where messages change
 *
 * Whatever changes flag pages for a user does it here: delivery and APPEND,
 * STORE, the target and the source of COPY and MOVE, EXPUNGE.  (The background
 * clears slots of purged messages by itself: nobody's change.)
 *
 *	struct page_writer w = { .s = s, .b = b, .acc = &acc, .mb = &mb,
 *	    .source = CHANGE_STORED, .a = &arena, .tally = &op->tally };
 *
 *	page_writer_begin(&w);
 *	... for each page: change `after', a copy of `before' ...
 *		page_write(&w, &c, err)
 *	page_writer_end(&w, err), then mailbox_put() if w.any
 *
 * The messages of a page are counted out of the mailbox and in again, the rows
 * of the table (page_row.h) are asked, the changed slots get the slice's
 * modseq, the page is put and said to be changed.
 */
#ifndef STORE_PAGE_WRITE_H
#define STORE_PAGE_WRITE_H

#include "store/page_row.h"

/*
 * How many messages each row was interested in so far, over all slices of an
 * operation.  A slice that is taken back does not count.
 */
struct page_tally {
	uint64_t slots[PAGE_ROWS_MAX];
};

/* The pages of one mailbox in one slice of an operation. */
struct page_writer {
	struct store *s;
	struct batch *b;
	const struct account *acc;
	struct mailbox *mb;		/* counts and highestmodseq change */
	const struct mailbox *other;	/* see struct page_change */
	enum change_source source;
	struct arena *a;		/* for new keywords */
	struct page_tally *tally;	/* borrowed: the operation's */

	/* out: */
	bool any;			/* pages were written */
	/*
	 * Of what was asked for.  What rows changed further has the next one:
	 * so it is news to the session that asked, too.
	 */
	uint64_t modseq;

	/* Its own. */
	bool any_extra;
	struct page_tally now;
	/* To todo; 0: nothing. */
	struct number_range left[PAGE_ROWS_MAX];
	unsigned nkeywords;		/* of the mailbox, looked at */
	int keyword[PAGE_ROWS_MAX][PAGE_ROW_KEYWORDS];
};

void page_writer_begin(struct page_writer *w);
/*
 * c: page, mask, before and after; mask is not 0.  Slots of mask that are
 * present in `after' get the modseq.  0 or -1.
 */
int page_write(struct page_writer *w, struct page_change *c, struct err *err);
/* Raises highestmodseq if there was any page, and leaves todo records.  0 or
   -1. */
int page_writer_end(struct page_writer *w, struct err *err);

/* Asks the rows about a message that comes to be.  0 or -1. */
int message_made(const struct store *s, const struct made_message *made,
    struct err *err);
/* The same of a mailbox that is deleted. */
int mailbox_died(const struct store *s, struct batch *b,
    const struct account *acc, const struct mailbox *mb, struct err *err);

/*
 * Is a todo record left that some row has to see before messages of the
 * mailbox are taken off the disk?  1, 0, -1.
 */
int page_rows_wait(const struct store *s, const struct reader *r,
    uint64_t account, uint32_t mbox, struct err *err);

#endif
