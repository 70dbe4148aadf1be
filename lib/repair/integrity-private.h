/*
 * integrity-private - what the files of the integrity check share
 *
 * A fault is reported and the check continues; only what cannot be read ends
 * it.  Functions return 0, or -1 in that case.
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
	const char *home;		/* the store's, for segments */
	struct verify_segments *segments;	/* own; during the check */
	const struct reader *r;
	int64_t faults;
	void (*report)(void *arg, const char *fault);
	void (*progress)(void *arg, const char *what);	/* may be NULL */
	void *arg;
};

/* A message's reference to a body. */
struct body_use {
	uint64_t body, size;
};

/* A todo record. */
struct verify_todo {
	enum todo_kind kind;
	struct todo todo;
};

/* What is collected about one account. */
struct verify_account {
	struct verify *v;
	struct account acc;
	struct verify_todo *todos;	/* own */
	size_t ntodos, todos_cap;
	struct body_use *uses;		/* own */
	size_t nuses, uses_cap;
	uint64_t bytes, messages;	/* in live mailboxes */
	size_t living;			/* number of live mailboxes */
};

void verify_fault(struct verify *v, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Reports "account x: ...". */
void verify_account_fault(struct verify_account *va, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void verify_progress(struct verify *v, const char *what);

/* The counts for DMARC reports. */
int verify_dmarc(struct verify *v, struct err *err);

/* Makes room for one more element of the array. */
void *verify_grow(void *array, size_t n, size_t *cap, size_t size);

/* Checks all records; v->kv must be open. */
int verify_contents(struct verify *v, struct err *err);
/* Checks everything of one account. */
int verify_account(struct verify *v, const struct account *acc,
    struct err *err);
/* Checks the flag pages, messages and tombstones of a live mailbox. */
int verify_mailbox(struct verify_account *va, const struct mailbox *mb,
    struct err *err);
/* Decodes a record of T_MESSAGE and notes its body.  -1: it is damaged, which
   was reported. */
int verify_use(struct verify_account *va, struct bytes key,
    struct bytes value, struct message *m);
/* Checks recipients and submissions. */
int verify_sent(struct verify_account *va, struct err *err);
/* Checks bodies and what belongs to them, after all uses were noted. */
int verify_bodies(struct verify_account *va, struct err *err);

/* Checks the segments by themselves. */
int verify_segments_begin(struct verify *v, struct err *err);
/* Notes that a location refers to this record; NULL if there is none. */
const struct segment_record *verify_segment_use(struct verify *v,
    uint64_t id);
/* Compares the locations of records, after all of them were noted. */
void verify_segments_end(struct verify *v);
void verify_segments_free(struct verify *v);

#endif
