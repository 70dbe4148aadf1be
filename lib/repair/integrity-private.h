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

struct integrity_segments;

struct integrity {
	struct kv *kv;
	const char *home;		/* the store's, for segments */
	struct integrity_segments *segments;	/* own; during the check */
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
struct integrity_todo {
	enum todo_kind kind;
	struct todo todo;
};

/* What is collected about one account. */
struct integrity_account {
	struct integrity *v;
	struct account acc;
	struct integrity_todo *todos;	/* own */
	size_t ntodos, todos_cap;
	struct body_use *uses;		/* own */
	size_t nuses, uses_cap;
	uint64_t bytes, messages;	/* in live mailboxes */
	size_t living;			/* number of live mailboxes */
};

void integrity_fault(struct integrity *v, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Reports "account x: ...". */
void integrity_account_fault(struct integrity_account *va, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void integrity_progress(struct integrity *v, const char *what);

/* The counts for DMARC reports. */
int integrity_dmarc(struct integrity *v, struct err *err);

/* Makes room for one more element of the array. */
void *integrity_grow(void *array, size_t n, size_t *cap, size_t size);

/* Checks all records; v->kv must be open. */
int integrity_contents(struct integrity *v, struct err *err);
/* Checks everything of one account. */
int integrity_account(struct integrity *v, const struct account *acc,
    struct err *err);
/* Checks the flag pages, messages and tombstones of a live mailbox. */
int integrity_mailbox(struct integrity_account *va, const struct mailbox *mb,
    struct err *err);
/* Decodes a record of T_MESSAGE and notes its body.  -1: it is damaged, which
   was reported. */
int integrity_use(struct integrity_account *va, struct bytes key,
    struct bytes value, struct message *m);
/* Checks recipients and submissions. */
int integrity_sent(struct integrity_account *va, struct err *err);
/* Checks bodies and what belongs to them, after all uses were noted. */
int integrity_bodies(struct integrity_account *va, struct err *err);

/* Checks the segments by themselves. */
int integrity_segments_begin(struct integrity *v, struct err *err);
/* Notes that a location refers to this record; NULL if there is none. */
const struct segment_record *integrity_segment_use(struct integrity *v,
    uint64_t id);
/* Compares the locations of records, after all of them were noted. */
void integrity_segments_end(struct integrity *v);
void integrity_segments_free(struct integrity *v);

#endif
