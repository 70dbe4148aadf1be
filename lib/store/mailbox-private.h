/*
 * mailbox-private - functions for mailboxes within operations
 */
#ifndef STORE_MAILBOX_PRIVATE_H
#define STORE_MAILBOX_PRIVATE_H

#include "directory/account.h"
#include "store/mailbox.h"

/*
 * Makes a mailbox that no session can see: it is dead, and its name stays free.
 * The caller must put acc.
 */
int mailbox_make_hidden(struct account *acc, const char *name,
    enum special_use use, struct mailbox *out, struct err *err);

/* The operation that makes mailboxes.  It must put acc. */
struct mailbox_maker {
	struct store *s;
	struct batch *b;
	struct account *acc;
	struct arena *a;
};

/* Makes a mailbox with a canonical name, but not its parents. */
int mailbox_make(const struct mailbox_maker *mk, const char *name,
    enum special_use use, struct mailbox *out, struct err *err);
/* Gives a hidden mailbox its name.  The caller must put mb. */
int mailbox_unhide(const struct mailbox_maker *mk, struct mailbox *mb,
    struct err *err);
/* Makes the parents that are missing. */
int mailbox_make_parents(const struct mailbox_maker *mk, const char *name,
    struct err *err);
/* Makes a mailbox and its missing parents. */
int mailbox_make_tree(const struct mailbox_maker *mk, const char *name,
    enum special_use use, struct mailbox *out, struct err *err);
/* Makes INBOX and the default mailboxes, and subscribes to them. */
int mailbox_make_defaults(struct store *s, struct batch *b,
    struct account *acc, struct err *err);

/* Finds a mailbox by its canonical name.  Returns 1 if found, 0 if not, -1 on
   error. */
int mailbox_find(const struct reader *r, uint64_t account, const char *name,
    struct arena *a, struct mailbox *out, struct err *err);
/* Gets a live mailbox.  Returns 0, or -1 with ERR_REFUSED and
   ERR_CODE_NOT_FOUND if there is none. */
int mailbox_need(struct batch *b, uint64_t account, uint32_t mbox,
    struct arena *a, struct mailbox *out, struct err *err);

/* The same by the canonical name. */
int mailbox_need_named(struct batch *b, uint64_t account, const char *name,
    struct arena *a, struct mailbox *out, struct err *err);
/* Returns 0 if the name is free, or -1 with ERR_REFUSED and ERR_CODE_EXISTS. */
int mailbox_need_free(struct batch *b, uint64_t account, const char *name,
    struct arena *a, struct err *err);

/* Only marks a mailbox as dead, so that sessions find it gone. */
void mailbox_bury(struct batch *b, uint64_t account, struct mailbox *mb);

void mailbox_name_put(struct batch *b, uint64_t account, const char *name,
    uint32_t mbox);
void mailbox_name_del(struct batch *b, uint64_t account, const char *name);
void subscription_put(struct batch *b, uint64_t account, const char *name);
/* The same, with a check of the limit.  Returns 0, or -1: ERR_CODE_LIMIT. */
int subscription_add(struct store *s, struct batch *b, uint64_t account,
    const char *name, struct err *err);

/*
 * A bulk copy reserves its target: until it is released, nothing else may be
 * added, so that UIDs stay in order, and the mailbox must not be deleted.  Any
 * thread may call these functions, but only the committer thread may reserve a
 * mailbox or change a reservation.
 */
struct reservation {
	struct reservation *next;
	uint64_t account;
	uint32_t mbox;
	uint64_t bytes, messages;	/* counted toward the quota */
};

void mailbox_reserve(struct store *s, struct reservation *res);
void mailbox_release(struct store *s, struct reservation *res);
bool mailbox_is_reserved(const struct store *s, uint64_t account,
    uint32_t mbox);
/* Sums up the quota that the running copies of an account will use. */
void mailbox_reserved_sum(const struct store *s, uint64_t account,
    uint64_t *bytes, uint64_t *messages);

#endif
