/*
 * verify-private - checking a store, shared by the files of verify
 *
 * A fault is reported and the check goes on; only what cannot be read ends
 * it.  Functions return 0, or -1 then.
 */
#ifndef REPAIR_INTEGRITY_PRIVATE_H
#define REPAIR_INTEGRITY_PRIVATE_H

#include "segment/segment.h"
#include "directory/account.h"
#include "store/mailbox_row.h"
#include "store/message_row.h"
#include "store/todo.h"

struct verify_segments;

struct verify {
	struct kv *kv;
	const char *home;		/* of it, for segments */
	struct verify_segments *segments;	/* own; while it runs */
	const struct reader *r;
	int64_t faults;
	void (*report)(void *arg, const char *fault);
	void (*progress)(void *arg, const char *what);	/* may be NULL */
	void *arg;
};

/* A message refers to a body. */
struct body_use {
	uint64_t body, size;
};

/* A todo record. */
struct verify_todo {
	enum todo_kind kind;
	struct todo todo;
};

/* What is gathered about one account. */
struct verify_account {
	struct verify *v;
	struct account acc;
	struct verify_todo *todos;	/* own */
	size_t ntodos, todos_cap;
	struct body_use *uses;		/* own */
	size_t nuses, uses_cap;
	uint64_t bytes, messages;	/* of living mailboxes */
	size_t living;			/* mailboxes */
};

void verify_fault(struct verify *v, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* "account x: ..." */
void verify_account_fault(struct verify_account *va, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void verify_progress(struct verify *v, const char *what);

/* integrity_dmarc.c */
int verify_dmarc(struct verify *v, struct err *err);

/* An array with room for one more element. */
void *verify_grow(void *array, size_t n, size_t *cap, size_t size);

/* All records; v->kv is open. */
int verify_contents(struct verify *v, struct err *err);
/* Everything of one account. */
int verify_account(struct verify *v, const struct account *acc,
    struct err *err);
/* Pages, messages and tombstones of a living mailbox. */
int verify_mailbox(struct verify_account *va, const struct mailbox *mb,
    struct err *err);
/* A record of T_MESSAGE: notes its body.  -1: damaged, and reported. */
int verify_use(struct verify_account *va, struct bytes key,
    struct bytes value, struct message *m);
/* Recipients and submissions. */
int verify_sent(struct verify_account *va, struct err *err);
/* Bodies and what hangs on them; uses are known. */
int verify_bodies(struct verify_account *va, struct err *err);

/* Segments, for themselves. */
int verify_segments_begin(struct verify *v, struct err *err);
/* A location names this record; NULL when there is none. */
const struct segment_record *verify_segment_use(struct verify *v,
    uint64_t id);
/* All locations are known. */
void verify_segments_end(struct verify *v);
void verify_segments_free(struct verify *v);

#endif
