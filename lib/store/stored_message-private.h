/*
 * stored_message-private - functions for messages within operations
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
 * Gets the next UID for an addition, which skips those of an unfinished copy.
 * Returns 0, or -1 with ERR_CODE_LIMIT if there are no UIDs left.
 */
int mailbox_next_uid(struct mailbox *mb, uint32_t *uid, struct err *err);

/* Flags by name, as given by a client. */
struct named_flags {
	uint32_t system;
	const struct bytes *keywords;
	size_t nkeywords;
	bool make;	/* add keywords that the mailbox does not have; else
			   leave them out */
};

/* Converts flags to bits, with the mailbox's keywords.  Returns 0, or -1:
   ERR_CODE_LIMIT. */
int mailbox_flags(struct store *s, struct arena *a, struct mailbox *mb,
    const struct named_flags *named, struct msgflags *flags,
    struct err *err);

/*
 * Moves all messages of a mailbox into a new one.  Returns 0, or -1:
 * ERR_CODE_EXISTS.
 */
int message_move_to_new(struct store *s, uint64_t account, uint32_t mbox,
    const char *target, struct err *err);

struct page_tally;

/*
 * Removes the messages in `uids' that exist and, with only_deleted, have
 * \Deleted: clears their presence bits, writes a tombstone and a todo record,
 * and subtracts them from the counts of mb, which the caller must put.  Begins
 * at next_page and reads at most max_pages pages; sets end after the last one.
 */
struct removal {
	const struct number_set *uids;
	bool only_deleted;
	enum change_source source;
	const struct mailbox *other;	/* target of a move, or NULL */
	struct page_tally *tally;	/* borrowed from the operation */
	size_t max_pages;
	uint32_t next_page;		/* in, out */
	/* out: */
	bool end;
	uint64_t count, bytes;
	uint64_t modseq;		/* 0 if nothing was removed */
};

int message_remove(struct store *s, struct batch *b, struct account *acc,
    struct mailbox *mb, struct removal *rm, struct err *err);

#endif
