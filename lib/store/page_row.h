/*
 * page_row - a hook that is called for changed messages
 *
 * page_write() calls each row of a table for each flag page that a user
 * changes.  So the consequences of a change (recipients of sent mail,
 * automatic flags, junk training, history) are handled in one place, whatever
 * caused the change, and in the same operation.
 *
 * For each page and each row:
 *
 *	interest()	returns the changed slots that the row needs to see.
 *			It must use bit operations only, so that its cost does
 *			not depend on their number: most pages end here.
 *	adjust()	may change more flags of these slots.
 *	note()		may write rows.  It must not read bodies or change
 *			the page.
 *
 * An operation may touch 500,000 messages.  note() sees only the first
 * at_once_max of the messages that the row is interested in.  The rest is left
 * to a todo record: one for each kind and mailbox, with a range of UIDs that
 * grows (todo_range_add()).  The background step of that kind
 * (background_step.h) then reads the messages anew and updates the row's data
 * in an operation.  It does not see the changes themselves; some messages in
 * the range did not change, and it may see a range twice.  Expunged messages
 * and deleted mailboxes stay on the disk until the todo record is done.
 *
 * An operation may be run again, or be refused after the rows were called, so
 * the rows must not change anything but the batch.
 */
#ifndef STORE_PAGE_ROW_H
#define STORE_PAGE_ROW_H

#include "commit/batch.h"
#include "directory/account.h"
#include "store/flagpage.h"
#include "store/mailbox_row.h"
#include "store/message_row.h"
#include "store/todo.h"

struct store;

#define PAGE_ROWS_MAX		8	/* in the table */
#define PAGE_ROW_KEYWORDS	5	/* that a row may name */
#define KEYWORD_ABSENT		(-1)

/* What caused the change. */
enum change_source {
	CHANGE_ADDED,		/* delivery, APPEND: new messages */
	CHANGE_STORED,		/* STORE, and FETCH that sets \Seen */
	CHANGE_COPIED,		/* COPY, MOVE: new messages in the target */
	CHANGE_MOVED_AWAY,	/* MOVE: removed from the source */
	CHANGE_EXPUNGED		/* EXPUNGE, CLOSE */
};

struct page_writer;		/* page_write.h */

/* One page, before and after the change. */
struct page_change {
	/* Of the operation; the same for all pages of a slice. */
	struct batch *b;
	const struct account *acc;
	const struct mailbox *mb;
	/* Source of a copy or target of a move, otherwise NULL. */
	const struct mailbox *other;
	enum change_source source;
	bool replaces;			/* a STORE names all flags that stay */

	uint32_t page;
	uint64_t mask;			/* slots that change */
	const struct flagpage *before;
	struct flagpage *after;		/* only adjust() may change it */
	uint64_t extra;			/* out: slots changed by rows */

	/* Private to page_write(). */
	struct page_writer *w;
	unsigned row;			/* index of the row being called */
};

/* A message whose row is about to be written. */
struct made_message {
	struct batch *b;
	const struct account *acc;
	const struct mailbox *mb;
	struct message *m;		/* may be changed, except UID and
					   body */
	/* The message that it is a copy of; NULL if it is new. */
	const struct mailbox *from;
	uint32_t from_uid;
};

struct page_row {
	const char *name;
	/* Keywords for page_keyword(), ended by NULL; or NULL.  They are
	   looked up once for all pages of a slice. */
	const char *const *keywords;
	enum todo_kind todo;		/* 0: note() sees all messages */
	unsigned at_once_max;

	uint64_t (*interest)(const struct page_change *c);
	/*
	 * Or NULL.  Changes flags of `slots' (which are present) in c->after,
	 * and sets *changed to the slots it changed.  The session that caused
	 * the change is told about these.  Returns 0 or -1.
	 */
	int (*adjust)(const struct page_change *c, uint64_t slots,
	    uint64_t *changed, struct err *err);
	/* Returns 0 or -1.  NULL: all is left to the todo record or, if todo
	   is 0 as well, nothing is noted. */
	int (*note)(const struct page_change *c, uint64_t slots,
	    struct err *err);
	/* Or NULL.  Called before a message's row is written, and before a
	   mailbox is deleted with its messages.  Return 0 or -1. */
	int (*made)(const struct made_message *made, struct err *err);
	int (*died)(struct batch *b, const struct account *acc,
	    const struct mailbox *mb, struct err *err);
};

/*
 * For interest(), adjust() and note(): returns the index of the row's n-th
 * keyword in the mailbox, or KEYWORD_ABSENT.
 */
int page_keyword(const struct page_change *c, unsigned n);
/* For adjust(): the same, but adds a missing keyword.  Returns 0, or -1:
   ERR_CODE_LIMIT. */
int page_keyword_make(const struct page_change *c, unsigned n,
    unsigned *index, struct err *err);

#endif
