/*
 * mailbox-private - mailboxes, within operations of this folder
 */
#ifndef STORE_MAILBOX_PRIVATE_H
#define STORE_MAILBOX_PRIVATE_H

#include "directory/account.h"
#include "store/mailbox.h"

/*
 * A mailbox that nobody sees yet: dead, and its name is free.  The caller
 * puts acc.
 */
int mailbox_make_hidden(struct account *acc, const char *name,
    enum special_use use, struct mailbox *out, struct err *err);

/* Where mailboxes are made: within an operation, which puts acc. */
struct mailbox_maker {
	struct store *s;
	struct batch *b;
	struct account *acc;
	struct arena *a;
};

/* A mailbox with that canonical name; parents are not looked at. */
int mailbox_make(const struct mailbox_maker *mk, const char *name,
    enum special_use use, struct mailbox *out, struct err *err);
/* Gives a hidden one its name; the caller puts it. */
int mailbox_unhide(const struct mailbox_maker *mk, struct mailbox *mb,
    struct err *err);
/* The parents that are missing. */
int mailbox_make_parents(const struct mailbox_maker *mk, const char *name,
    struct err *err);
/* Both. */
int mailbox_make_tree(const struct mailbox_maker *mk, const char *name,
    enum special_use use, struct mailbox *out, struct err *err);
/* INBOX and the default ones, all subscribed. */
int mailbox_make_defaults(struct store *s, struct batch *b,
    struct account *acc, struct err *err);

/* By name that is canonical already: 1, 0, -1. */
int mailbox_find(const struct reader *r, uint64_t account, const char *name,
    struct arena *a, struct mailbox *out, struct err *err);
/* A living mailbox.  -1: ERR_REFUSED, ERR_CODE_NOT_FOUND. */
int mailbox_need(struct batch *b, uint64_t account, uint32_t mbox,
    struct arena *a, struct mailbox *out, struct err *err);

/* The same by its canonical name. */
int mailbox_need_named(struct batch *b, uint64_t account, const char *name,
    struct arena *a, struct mailbox *out, struct err *err);
/* Is that name free?  -1: ERR_REFUSED, ERR_CODE_EXISTS. */
int mailbox_need_free(struct batch *b, uint64_t account, const char *name,
    struct arena *a, struct err *err);

/* Marks it dead, for sessions to see; no more. */
void mailbox_bury(struct batch *b, uint64_t account, struct mailbox *mb);

void mailbox_name_put(struct batch *b, uint64_t account, const char *name,
    uint32_t mbox);
void mailbox_name_del(struct batch *b, uint64_t account, const char *name);
void subscription_put(struct batch *b, uint64_t account, const char *name);
/* The same, if there is room for it.  -1: ERR_CODE_LIMIT. */
int subscription_add(struct store *s, struct batch *b, uint64_t account,
    const char *name, struct err *err);

/*
 * A mailbox that a bulk copy adds to is held by it: no other additions, so
 * that UIDs stay in order, and not deleted.  Any thread may call these; only
 * the committer's reserves, and changes what is in a reservation.
 */
struct reservation {
	struct reservation *next;
	uint64_t account;
	uint32_t mbox;
	uint64_t bytes, messages;	/* of the quota */
};

void mailbox_reserve(struct store *s, struct reservation *res);
void mailbox_release(struct store *s, struct reservation *res);
bool mailbox_is_reserved(const struct store *s, uint64_t account,
    uint32_t mbox);
/* What an account's copies under way will take of its quota. */
void mailbox_reserved_sum(const struct store *s, uint64_t account,
    uint64_t *bytes, uint64_t *messages);

#endif
