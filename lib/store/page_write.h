/*
 * page_write - the only place where messages change
 *
 * All changes of flag pages by users are made here: delivery and APPEND, STORE,
 * the target and the source of COPY and MOVE, EXPUNGE.  (Only the background
 * clears slots of purged messages itself, because no user sees that.)
 *
 *	struct page_writer w = { .s = s, .b = b, .acc = &acc, .mb = &mb,
 *	    .source = CHANGE_STORED, .a = &arena, .tally = &op->tally };
 *
 *	page_writer_begin(&w);
 *	... for each page: change `after', a copy of `before' ...
 *		page_write(&w, &c, err)
 *	page_writer_end(&w, err), then mailbox_put() if w.any
 *
 * page_write() updates the mailbox's counts, calls the rows of the table
 * (page_row.h), gives the changed slots the modseq of the slice, puts the page,
 * and adds it to the pages that are published after the commit.
 */
#ifndef STORE_PAGE_WRITE_H
#define STORE_PAGE_WRITE_H

#include "store/page_row.h"

/*
 * How many messages each row was interested in so far, in all slices of an
 * operation.  A slice that is rolled back does not count.
 */
struct page_tally {
	uint64_t slots[PAGE_ROWS_MAX];
};

/* The pages of one mailbox in one slice of an operation. */
struct page_writer {
	struct store *s;
	struct batch *b;
	const struct account *acc;
	struct mailbox *mb;		/* counts, highestmodseq change */
	const struct mailbox *other;	/* see struct page_change */
	enum change_source source;
	bool replaces;			/* see struct page_change */
	struct arena *a;		/* for new keywords */
	struct page_tally *tally;	/* borrowed from the operation */

	/* out: */
	bool any;			/* pages were written */
	/*
	 * Of the requested changes.  Changes by rows have the next modseq, so
	 * that the session that made the request is told about them.
	 */
	uint64_t modseq;

	/* Private. */
	bool any_extra;
	struct page_tally now;
	/* For the todo records; 0: none. */
	struct number_range left[PAGE_ROWS_MAX];
	unsigned nkeywords;		/* of the mailbox, at the look-up */
	int keyword[PAGE_ROWS_MAX][PAGE_ROW_KEYWORDS];
};

void page_writer_begin(struct page_writer *w);
/*
 * The caller sets page, mask (not 0), before and after in c.  Slots of mask
 * that are present in `after' get the modseq.  Returns 0 or -1.
 */
int page_write(struct page_writer *w, struct page_change *c, struct err *err);
/* Raises highestmodseq if any page was written, and puts todo records.  Returns
   0 or -1. */
int page_writer_end(struct page_writer *w, struct err *err);

/* Calls the rows for a new message.  Returns 0 or -1. */
int message_made(const struct store *s, const struct made_message *made,
    struct err *err);
/* Calls the rows for a mailbox that is deleted.  Returns 0 or -1. */
int mailbox_died(const struct store *s, struct batch *b,
    const struct account *acc, const struct mailbox *mb, struct err *err);

/*
 * Is there a todo record of a row that must be done before messages of the
 * mailbox are purged?  Returns 1 if so, 0 if not, -1 on error.
 */
int page_rows_wait(const struct store *s, const struct reader *r,
    uint64_t account, uint32_t mbox, struct err *err);

#endif
