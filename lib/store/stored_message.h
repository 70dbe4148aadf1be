/*
 * stored_message - messages: delivery, flags, copies, removal, reading
 *
 * A message's record (T_MESSAGE) is written once; what can change about it
 * is in its flag page.  Bodies belong to the account and are counted: COPY
 * adds a reference, a purge drops one.
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
/* From uid `from' on, in order of UID, also expunged ones not purged yet. */
int message_each(const struct reader *r, uint64_t account, uint32_t mbox,
    uint32_t from, int (*fn)(void *arg, const struct message *m,
    struct err *err), void *arg, struct err *err);

/*
 * Calls fn for each message record of the set, in order of UID; UIDs that
 * have none are passed over, and what lies between ranges is not read.  fn
 * returns 0 to go on, 1 to stop, -1.  0 at the end, 1 when fn stopped it, -1.
 */
int message_each_in(const struct reader *r, uint64_t account,
    uint32_t mbox, const struct number_set *set,
    int (*fn)(void *arg, const struct message *m, struct err *err),
    void *arg, struct err *err);

/* ---- adding ---- */

/*
 * One message for one account.  Parts of the text are borrowed until the
 * call returns.
 */
struct message_new {
	/*
	 * The message as stored is prefix and text, one after the other.  So
	 * header fields that differ between accounts (Delivered-To) can stand
	 * in front of one large text that they share.  parsed, sizes and
	 * checksums are of both together.
	 */
	struct bytes prefix;		/* whole lines, or empty */
	struct bytes text;
	struct incoming *incoming;	/* borrowed: instead of text, unless
					   NULL (incoming.h) */
	struct bytes parsed;		/* its parsed record (proto/parsed.h);
					   empty: made from the text, never
					   with incoming */
	struct bytes origin;		/* or empty */
	struct bytes token;		/* of delivery, 16 bytes, or empty */
	const struct addr *client;	/* with token: whom it counts for
					   (arrivals.h); NULL: nobody */
	int64_t internal_date;		/* 0: now */
	int16_t internal_zone;
	uint32_t system_flags;
	const struct bytes *keywords;
	size_t nkeywords;
};

/* Where it went. */
struct message_added {
	uint32_t mbox;
	uint32_t uidvalidity;
	uint32_t uid;
	uint64_t modseq;
	bool repeated;			/* token known: nothing was stored */
};

/*
 * Delivers to each named mailbox of one account (created when absent; a
 * mailbox named twice gets one): one body, one commit.  added has one element
 * per mailbox.  Refused: ERR_CODE_OVER_QUOTA, ERR_CODE_NOT_FOUND (account),
 * ERR_CODE_DISABLED.
 */
int message_deliver(struct store *s, uint64_t account,
    const char *const *mailboxes, size_t nmailboxes,
    const struct message_new *m, struct message_added *added,
    struct err *err);

/* The same to one of several accounts. */
struct message_delivery {
	uint64_t account;
	const char *const *mailboxes;
	size_t nmailboxes;
	struct message_new message;
	struct message_added *added;
	struct err err;			/* out; kind NONE: delivered */
};

/*
 * Delivers to n accounts, each for itself, and waits for all of them: they
 * share batches, and so flushes.
 */
void message_deliver_all(struct store *s, struct message_delivery *list,
    size_t n);

/* APPEND: the mailbox must exist (ERR_CODE_NOT_FOUND). */
int message_append(struct store *s, uint64_t account, const char *mailbox,
    const struct message_new *m, struct message_added *added,
    struct err *err);

/* ---- sets of messages ---- */

/*
 * STORE.  Keywords by name; new ones are made (not with FLAGS_REMOVE).
 * Messages that are gone are passed over.  Slots that would not change stay
 * as they are and are not in `changed'.
 */
struct flags_change {
	int how;			/* FLAGS_* */
	uint32_t system;
	const struct bytes *keywords;
	size_t nkeywords;
	bool if_unchanged;		/* RFC 7162 UNCHANGEDSINCE */
	uint64_t unchanged_since;
	/* What the session has told its client (view->modseq); 0: all. */
	uint64_t known_modseq;
	/* out */
	uint64_t *modseqs;		/* one per slice, in the arena */
	size_t nmodseqs;
	struct number_set modified;	/* failed UNCHANGEDSINCE; arena */
	struct number_set changed;		/* arena */
	/* Part of `changed' that somebody else had changed after
	   known_modseq: the client must hear of these, .SILENT or not. */
	struct number_set overtaken;
};

int message_store(struct store *s, uint64_t account, uint32_t mbox,
    const struct number_set *uids, struct flags_change *change,
    struct arena *a, struct err *err);

/* COPY and MOVE: what is asked. */
struct message_copy {
	uint32_t mbox;			/* the source */
	const struct number_set *uids;	/* gone messages are passed over */
	const char *target;		/* name of a mailbox */
	bool move;
};

/*
 * All or nothing.  source and dest correspond element by element when listed
 * in order (COPYUID, RFC 4315).
 */
struct message_copied {
	uint32_t uidvalidity;		/* of the target; 0: none copied */
	uint32_t target;		/* mailbox id */
	struct number_set source, dest;	/* arena */
	uint64_t *modseqs;		/* of the source mailbox (MOVE) */
	size_t nmodseqs;
};

/* 0, or -1; ERR_CODE_NOT_FOUND: no such target. */
int message_copy(struct store *s, uint64_t account,
    const struct message_copy *what, struct arena *a,
    struct message_copied *out, struct err *err);

/*
 * EXPUNGE: removes messages with \Deleted; uids limits it (UID EXPUNGE),
 * NULL for all.
 */
int message_expunge(struct store *s, uint64_t account, uint32_t mbox,
    const struct number_set *uids, uint64_t *nexpunged, struct err *err);

/* Tombstones: ranges expunged after modseq; 1 when they no longer reach
   back that far (purged_modseq). */
int expunged_since(const struct reader *r, uint64_t account, uint32_t mbox,
    uint64_t modseq, struct arena *a, struct number_set *out, struct err *err);

#endif
