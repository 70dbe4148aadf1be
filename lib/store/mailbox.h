/*
 * mailbox - mailboxes, their names and subscriptions
 *
 * Names are UTF-8 (the IMAP server translates), hierarchy separator '/',
 * INBOX is called "INBOX" in any case at the first level.  Ids never come
 * again within an account.
 */
#ifndef STORE_MAILBOX_H
#define STORE_MAILBOX_H

#include "directory/mailbox_name.h"
#include "store/flagpage.h"
#include "store/store.h"


/* RFC 6154 special uses, and ours for refused mail. */
enum special_use {
	USE_NONE, USE_DRAFTS, USE_SENT, USE_ARCHIVE, USE_JUNK, USE_TRASH,
	USE_ALL, USE_FLAGGED, USE_REJECTS
};
/* "\\Sent", …; NULL for USE_NONE and USE_REJECTS ("\\Rejects" is not
   registered: it is shown to nobody as a special use). */
const char *special_use_name(enum special_use use);
/* The one with that name ("\\Sent", any case), or USE_NONE. */
enum special_use special_use_parse(struct bytes name);

struct mailbox {
	uint32_t id;
	uint32_t uidvalidity;
	uint32_t uidnext;
	uint32_t first_recent_uid;
	uint64_t highestmodseq;
	uint32_t messages, unseen, deleted;
	uint64_t bytes;
	enum special_use use;
	bool dead;
	bool subscribed;		/* filled by mailbox_list only */
	uint64_t purged_modseq;		/* tombstones up to here are gone */
	uint32_t tombstones;		/* records of T_EXPUNGED */
	/* Not 0: UIDs below it may have records of an unfinished bulk copy;
	   additions begin at it. */
	uint32_t uid_reserved;
	uint64_t object_id;		/* RFC 8474 MAILBOXID: random */
	char name[MAILBOX_NAME_MAX + 1];
	unsigned nkeywords;
	/* Index -> name; in the arena. */
	const char **keywords;
};

/*
 * 1 found, 0 not (or dead), -1 error.  Keyword names are put into the arena.
 */
int mailbox_get(const struct reader *r, uint64_t account, uint32_t mbox,
    struct arena *a, struct mailbox *out, struct err *err);
int mailbox_by_name(const struct reader *r, uint64_t account,
    const char *name, struct arena *a, struct mailbox *out, struct err *err);
/* All living mailboxes in order of name, as an array in the arena. */
int mailbox_list(const struct reader *r, uint64_t account, struct arena *a,
    struct mailbox **list, size_t *n, struct err *err);
/* Names subscribed to, whether or not a mailbox has them (LSUB). */
int subscription_list(const struct reader *r, uint64_t account,
    struct arena *a, char ***names, size_t *n, struct err *err);

/* Within an operation. */
void mailbox_put(struct batch *b, uint64_t account,
    const struct mailbox *mb);
/* Index of a keyword, given one if there is room (case-insensitive).  -1:
   ERR_CODE_LIMIT naming keywords-max. */
int mailbox_keyword(struct store *s, struct arena *a, struct mailbox *mb,
    struct bytes keyword, unsigned *index, struct err *err);

/* Creates missing parents too.  ERR_CODE_EXISTS, ERR_CODE_LIMIT. */
int mailbox_create(struct store *s, uint64_t account, const char *name,
    enum special_use use, uint64_t *object_id, struct err *err);
/*
 * INBOX is refused (ERR_CODE_CANNOT); one with children: ERR_CODE_IN_USE.
 * Messages are purged in the background.
 */
int mailbox_delete(struct store *s, uint64_t account, const char *name,
    struct err *err);
/*
 * With everything below it.  INBOX: its messages move into a new mailbox of
 * that name, INBOX stays, empty (RFC 3501 6.3.5).
 */
int mailbox_rename(struct store *s, uint64_t account, const char *from,
    const char *to, struct err *err);
/*
 * Any name that a mailbox may have, whether one has it or not.
 * ERR_CODE_LIMIT: no more names than mailboxes.
 */
int mailbox_subscribe(struct store *s, uint64_t account, const char *name,
    bool on, struct err *err);
/* Raises first_recent_uid; does not wait for the commit. */
void mailbox_save_recent(struct store *s, uint64_t account, uint32_t mbox,
    uint32_t first_recent_uid);

#endif
