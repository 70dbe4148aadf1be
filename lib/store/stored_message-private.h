/*
 * stored_message-private - messages, within operations of this folder
 */
#ifndef STORE_STORED_MESSAGE_PRIVATE_H
#define STORE_STORED_MESSAGE_PRIVATE_H

#include "store/body.h"
#include "store/mailbox-private.h"
#include "store/page_row.h"
#include "store/stored_message.h"

void message_put(struct batch *b, uint64_t account, uint32_t mbox,
    const struct message *m);
/*
 * The next UID for an addition, which may skip those of an unfinished copy.
 * -1: ERR_CODE_LIMIT, they are used up.
 */
int mailbox_next_uid(struct mailbox *mb, uint32_t *uid, struct err *err);

/* Flags as a client names them. */
struct named_flags {
	uint32_t system;
	const struct bytes *keywords;
	size_t nkeywords;
	bool make;	/* keywords that the mailbox has not get an index;
			   else they are left out */
};

/* As bits, by the mailbox's keywords.  -1: ERR_CODE_LIMIT. */
int mailbox_flags(struct store *s, struct arena *a, struct mailbox *mb,
    const struct named_flags *named, struct msgflags *flags,
    struct err *err);

/*
 * Moves all messages of a mailbox into a new one.  ERR_CODE_EXISTS.
 */
int message_move_to_new(struct store *s, uint64_t account, uint32_t mbox,
    const char *target, struct err *err);

struct page_tally;

/*
 * Removes messages: clears presence bits of `uids' (those that are there and,
 * with only_deleted, have \Deleted), leaves a tombstone and a todo record,
 * counts them out of mb, which the caller puts.  Goes on from *next_page,
 * through at most max_pages pages; *end says whether it came to the end.
 */
struct removal {
	const struct number_set *uids;
	bool only_deleted;
	enum change_source source;
	const struct mailbox *other;	/* where they are moved to; or NULL */
	struct page_tally *tally;	/* borrowed: the operation's */
	size_t max_pages;
	uint32_t next_page;		/* in, out */
	/* out: */
	bool end;
	uint64_t count, bytes;
	uint64_t modseq;		/* 0 when nothing was removed */
};

int message_remove(struct store *s, struct batch *b, struct account *acc,
    struct mailbox *mb, struct removal *rm, struct err *err);

#endif
