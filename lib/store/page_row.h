/*
 * page_row - what wants to know of changed messages
 *
 * A row of the table that page_write() asks about each flag page that a user
 * changes.  So whatever follows from a change (recipients of sent mail,
 * automatic flags, junk training, history) is written down in one place,
 * wherever the change came from, and in the operation that makes it.
 *
 * For each page and each row:
 *
 *	interest()	which of the changed slots it is about.  Operations
 *			on bits only, at a cost that does not depend on how
 *			many: most pages end here.
 *	adjust()	may change flags of these slots further.
 *	note()		writes rows of its own.  Reads no bodies; the page is
 *			not to be changed any more.
 *
 * An operation may touch 500,000 messages.  A row notes the first at_once_max
 * of those it is interested in itself; what comes after these is left to a
 * todo record: one for each kind and mailbox, with a range of UIDs that grows
 * (todo_range_add()).  The background's step for it (background_step.h) looks
 * at how the messages are now, in its own operation, and brings what it keeps
 * in line: it sees no events, some messages of the range did not change, and
 * a range may come twice.  Expunged messages and deleted mailboxes stay on the
 * disk until it has gone.
 *
 * An operation can be run again, or be refused after its rows were asked: so
 * they change nothing but the batch.
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
#define PAGE_ROW_KEYWORDS	4	/* that a row may name */
#define KEYWORD_ABSENT		(-1)

/* What changes the messages. */
enum change_source {
	CHANGE_ADDED,		/* delivery, APPEND: they are new */
	CHANGE_STORED,		/* STORE, and FETCH that marks \Seen */
	CHANGE_COPIED,		/* COPY, MOVE: they are new in the target */
	CHANGE_MOVED_AWAY,	/* MOVE: they are gone from the source */
	CHANGE_EXPUNGED		/* EXPUNGE, CLOSE */
};

struct page_writer;		/* page_write.h */

/* One page, as it was and as it will be. */
struct page_change {
	/* The operation's; the same for all pages of a slice. */
	struct batch *b;
	const struct account *acc;
	const struct mailbox *mb;
	/* Where copied messages come from, or moved ones go; else NULL. */
	const struct mailbox *other;
	enum change_source source;

	uint32_t page;
	uint64_t mask;			/* slots that change */
	const struct flagpage *before;
	struct flagpage *after;		/* for adjust() only */
	uint64_t extra;			/* out: slots that a row changed
					   further */

	/* page_write()'s. */
	struct page_writer *w;
	unsigned row;			/* which one is asked */
};

/* A message's row, before it is written. */
struct made_message {
	struct batch *b;
	const struct account *acc;
	const struct mailbox *mb;
	struct message *m;		/* may be changed, but for UID and
					   body */
	/* A copy is made of that message; NULL when it is new. */
	const struct mailbox *from;
	uint32_t from_uid;
};

struct page_row {
	const char *name;
	/* Keywords it asks for (flagpage_keyword()), ended by NULL; or NULL.
	   They are looked up once for all pages of a slice. */
	const char *const *keywords;
	enum todo_kind todo;		/* 0: all is noted at once */
	unsigned at_once_max;

	uint64_t (*interest)(const struct page_change *c);
	/*
	 * Or NULL.  Changes flags of `slots' (which are present) in c->after;
	 * *changed: of which.  The session that caused the change is told of
	 * these.  0 or -1.
	 */
	int (*adjust)(const struct page_change *c, uint64_t slots,
	    uint64_t *changed, struct err *err);
	/* NULL: all is left to the todo record.  0 or -1. */
	int (*note)(const struct page_change *c, uint64_t slots,
	    struct err *err);
	/* Or NULL: a message's row is about to be written, or a mailbox
	   about to be deleted, with all that is in it.  0 or -1. */
	int (*made)(const struct made_message *made, struct err *err);
	int (*died)(struct batch *b, const struct account *acc,
	    const struct mailbox *mb, struct err *err);
};

/*
 * For interest(), adjust() and note(): the index of the row's n-th keyword in
 * the mailbox, or KEYWORD_ABSENT.
 */
int page_keyword(const struct page_change *c, unsigned n);
/* The same for adjust(), given one when it has none.  -1: ERR_CODE_LIMIT. */
int page_keyword_make(const struct page_change *c, unsigned n,
    unsigned *index, struct err *err);

#endif
