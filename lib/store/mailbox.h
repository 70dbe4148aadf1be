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

/* Returns "\\Sent" and so on, or NULL for USE_NONE and USE_REJECTS: "\\Rejects"
   is not registered, so clients do not see it as a special use. */
const char *special_use_name(enum special_use use);
/* Returns the special use with a name ("\\Sent", in any case), or USE_NONE. */
enum special_use special_use_parse(struct bytes name);

/*
 * Returns 1 if found, 0 if not (or if the mailbox is dead), -1 on error.  The
 * names of keywords are in the arena.
 */
int mailbox_get(const struct reader *r, uint64_t account, uint32_t mbox,
    struct arena *a, struct mailbox *out, struct err *err);
/* The same, but also finds dead mailboxes. */
int mailbox_read(const struct reader *r, uint64_t account, uint32_t mbox,
    struct arena *a, struct mailbox *out, struct err *err);
int mailbox_by_name(const struct reader *r, uint64_t account,
    const char *name, struct arena *a, struct mailbox *out, struct err *err);
/* Gets all live mailboxes in order of name, as an array in the arena. */
int mailbox_list(const struct reader *r, uint64_t account, struct arena *a,
    struct mailbox **list, size_t *n, struct err *err);
/* Gets the subscribed names, even those of no mailbox (LSUB). */
int subscription_list(const struct reader *r, uint64_t account,
    struct arena *a, char ***names, size_t *n, struct err *err);

/* Within an operation. */
void mailbox_put(struct batch *b, uint64_t account,
    const struct mailbox *mb);
/* Finds the index of a keyword (ignoring case), or adds the keyword.  Returns
   0, or -1 with ERR_CODE_LIMIT, which names the setting keywords-max. */
int mailbox_keyword(struct store *s, struct arena *a, struct mailbox *mb,
    struct bytes keyword, unsigned *index, struct err *err);

/* Creates a mailbox and its missing parents.  Returns 0, or -1:
   ERR_CODE_EXISTS, ERR_CODE_LIMIT. */
int mailbox_create(struct store *s, uint64_t account, const char *name,
    enum special_use use, uint64_t *object_id, struct err *err);
/*
 * Deletes a mailbox; its messages are purged in the background.  Returns 0, or
 * -1: ERR_CODE_CANNOT for INBOX, ERR_CODE_IN_USE if it has children.
 */
int mailbox_delete(struct store *s, uint64_t account, const char *name,
    struct err *err);
/*
 * Renames a mailbox and all mailboxes below it.  If it is INBOX, its messages
 * are moved to a new mailbox and INBOX stays, empty (RFC 3501 6.3.5).
 */
int mailbox_rename(struct store *s, uint64_t account, const char *from,
    const char *to, struct err *err);
/*
 * Subscribes to any valid name, even if there is no such mailbox.  Returns 0,
 * or -1: ERR_CODE_LIMIT, as the setting mailboxes-max limits subscriptions too.
 */
int mailbox_subscribe(struct store *s, uint64_t account, const char *name,
    bool on, struct err *err);
/* Raises first_recent_uid; does not wait for the commit. */
void mailbox_save_recent(struct store *s, uint64_t account, uint32_t mbox,
    uint32_t first_recent_uid);

#endif
