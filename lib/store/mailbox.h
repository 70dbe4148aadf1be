/*
 * mailbox - mailboxes, their names and subscriptions
 *
 * Names are as directory/mailbox_name.h says.  An id is never used again
 * within an account.
 */
#ifndef STORE_MAILBOX_H
#define STORE_MAILBOX_H

#include "commit/batch.h"
#include "directory/mailbox_name.h"
#include "store/mailbox_row.h"

struct store;

/* "\\Sent", …; NULL for USE_NONE and USE_REJECTS ("\\Rejects" is not
   registered: it is shown to nobody as a special use). */
const char *special_use_name(enum special_use use);
/* The one with that name ("\\Sent", any case), or USE_NONE. */
enum special_use special_use_parse(struct bytes name);

/*
 * 1 found, 0 not (or dead), -1 error.  Keyword names are put into the arena.
 */
int mailbox_get(const struct reader *r, uint64_t account, uint32_t mbox,
    struct arena *a, struct mailbox *out, struct err *err);
/* The same, dead ones too. */
int mailbox_read(const struct reader *r, uint64_t account, uint32_t mbox,
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
