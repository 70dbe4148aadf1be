/*
 * stored_message - adds, changes, copies, removes and reads messages
 *
 * A message's record (T_MESSAGE) is written once; everything that can change is
 * in its flag page.  Bodies belong to the account and are reference counted:
 * COPY adds a reference, a purge drops one.
 */
#ifndef STORE_STORED_MESSAGE_H
#define STORE_STORED_MESSAGE_H

#include "commit/batch.h"
#include "store/flagpage_read.h"
#include "store/mailbox.h"
#include "store/message_row.h"

struct addr;
struct store;
struct incoming;

int message_get(const struct reader *r, uint64_t account, uint32_t mbox,
    uint32_t uid, struct message *out, struct err *err);
/* Calls fn for each message from UID `from', in order of UID, including
   expunged ones that are not purged yet. */
int message_each(const struct reader *r, uint64_t account, uint32_t mbox,
    uint32_t from, int (*fn)(void *arg, const struct message *m,
    struct err *err), void *arg, struct err *err);

/*
 * Calls fn for each message record of the set, in order of UID.  UIDs without a
 * record are skipped, and records between the ranges are not read.  fn returns
 * 0 to continue, 1 to stop, -1 on error.  Returns 0 at the end, 1 if fn
 * stopped, -1 on error.
 */
int message_each_in(const struct reader *r, uint64_t account,
    uint32_t mbox, const struct number_set *set,
    int (*fn)(void *arg, const struct message *m, struct err *err),
    void *arg, struct err *err);

/* ---- adding ---- */

/*
 * A message for one account.  All bytes are borrowed until the call returns.
 */
struct message_new {
	/*
	 * The stored message is the prefix followed by the text, so that
	 * accounts can share one large text with different header fields
	 * before it (Delivered-To).  parsed, sizes and checksums are of both
	 * together.
	 */
	struct bytes prefix;		/* whole lines, or empty */
	struct bytes text;
	struct incoming *incoming;	/* borrowed: instead of text, unless
					   NULL (incoming.h) */
	struct bytes parsed;		/* its parsed record (proto/parsed.h);
					   empty: make it from the text, not
					   allowed with incoming */
	struct bytes origin;		/* or empty */
	struct bytes token;		/* of delivery, 16 bytes, or empty */
	const struct addr *client;	/* with token: the client that this
					   arrival counts for (arrivals.h), or
					   NULL */
	int64_t internal_date;		/* 0: now */
	int16_t internal_zone;
	uint32_t system_flags;
	const struct bytes *keywords;
	size_t nkeywords;
};

/* The message as it was added. */
struct message_added {
	uint32_t mbox;
	uint32_t uidvalidity;
	uint32_t uid;
	uint64_t modseq;
	bool repeated;			/* token seen before: not stored */
};

/*
 * Delivers to each named mailbox of one account, with one body in one commit.
 * Missing mailboxes are created; a mailbox named twice gets one message.  added
 * has one element for each name.  Returns 0, or -1: ERR_CODE_OVER_QUOTA,
 * ERR_CODE_NOT_FOUND (no such account), ERR_CODE_DISABLED.
 */
int message_deliver(struct store *s, uint64_t account,
    const char *const *mailboxes, size_t nmailboxes,
    const struct message_new *m, struct message_added *added,
    struct err *err);

/* The delivery to one of several accounts. */
struct message_delivery {
	uint64_t account;
	const char *const *mailboxes;
	size_t nmailboxes;
	struct message_new message;
	struct message_added *added;
	struct err err;			/* out; kind NONE: delivered */
};

/*
 * Delivers to n accounts independently, and waits for all of them.  They share
 * batches, and therefore flushes.
 */
void message_deliver_all(struct store *s, struct message_delivery *list,
    size_t n);

/* APPEND: the mailbox must exist (ERR_CODE_NOT_FOUND). */
int message_append(struct store *s, uint64_t account, const char *mailbox,
    const struct message_new *m, struct message_added *added,
    struct err *err);

/* ---- sets of messages ---- */

/*
 * STORE.  Keywords are given by name; new ones are added to the mailbox, except
 * with FLAGS_REMOVE.  Messages that no longer exist are skipped.  Messages
 * whose flags would not change are left alone and are not in `changed'.
 */
struct flags_change {
	int how;			/* FLAGS_* */
	uint32_t system;
	const struct bytes *keywords;
	size_t nkeywords;
	bool if_unchanged;		/* RFC 7162 UNCHANGEDSINCE */
	uint64_t unchanged_since;
	/* The client was told all changes up to this modseq (view->modseq);
	   0: leave `overtaken' empty. */
	uint64_t known_modseq;
	/* out */
	uint64_t *modseqs;		/* one per slice, in the arena */
	size_t nmodseqs;
	struct number_set modified;	/* failed UNCHANGEDSINCE; arena */
	struct number_set changed;		/* arena */
	/* The part of `changed' that another session changed after
	   known_modseq: the client must be told, even with .SILENT. */
	struct number_set overtaken;
};

int message_store(struct store *s, uint64_t account, uint32_t mbox,
    const struct number_set *uids, struct flags_change *change,
    struct arena *a, struct err *err);

/* The arguments of COPY and MOVE. */
struct message_copy {
	uint32_t mbox;			/* the source */
	const struct number_set *uids;	/* missing messages are skipped */
	const char *target;		/* name of a mailbox */
	bool move;
};

/*
 * The result of COPY and MOVE.  The n-th UID of source was copied to the n-th
 * UID of dest (COPYUID, RFC 4315).
 */
struct message_copied {
	uint32_t uidvalidity;		/* of the target; 0: none copied */
	uint32_t target;		/* mailbox id */
	struct number_set source, dest;	/* arena */
	uint64_t *modseqs;		/* in the source mailbox (MOVE) */
	size_t nmodseqs;
};

/* Copies or moves all messages or none.  Returns 0, or -1; ERR_CODE_NOT_FOUND
   if there is no such target. */
int message_copy(struct store *s, uint64_t account,
    const struct message_copy *what, struct arena *a,
    struct message_copied *out, struct err *err);

/*
 * EXPUNGE: removes the messages with \Deleted; only those in uids (UID
 * EXPUNGE), unless it is NULL.
 */
int message_expunge(struct store *s, uint64_t account, uint32_t mbox,
    const struct number_set *uids, uint64_t *nexpunged, struct err *err);

/* Gets the UIDs expunged after modseq, from tombstones.  Returns 0, 1 if older
   tombstones were already deleted (purged_modseq), -1 on error. */
int expunged_since(const struct reader *r, uint64_t account, uint32_t mbox,
    uint64_t modseq, struct arena *a, struct number_set *out, struct err *err);

#endif
