/*
 * background_step - one kind of work that is done in the background
 *
 * A row of the table in background.c.  There are three forms:
 *
 *	.todo = KIND, .slice = fn	a record of T_TODO (todo.h) is worked
 *			off in operations of the background class, a slice
 *			each: what fn does is in one operation with what it
 *			writes about it in the record
 *	.todo = KIND, .work = fn	the same for work that is mostly
 *			reading: fn reads in the background's thread, and
 *			submits an operation of its own
 *	.when, .pass = fn		no record says what there is to do
 *
 * Everything can be repeated: a slice may be done, and the process end before
 * that is on the disk.
 */
#ifndef STORE_BACKGROUND_STEP_H
#define STORE_BACKGROUND_STEP_H

#include "store/todo.h"

struct store;

enum todo_state {
	TODO_DONE,	/* finished: the record is deleted */
	TODO_MORE,	/* a slice is done: commit, call again */
	TODO_LATER	/* not yet (a session still shows the messages, a copy
			   runs): nothing was changed; the next pass asks
			   again */
};

/* A record that is worked off, within an operation. */
struct todo_work {
	struct store *s;
	struct batch *b;
	uint64_t account;
	enum todo_kind kind;
	uint64_t number;
	struct todo todo;		/* what the record says */
	struct arena a;			/* cleared after the slice */
};

/* How a slice ends; each returns 0. */
int todo_done(struct todo_work *w, enum todo_state *state);
/* With what w->todo says is left. */
int todo_more(struct todo_work *w, enum todo_state *state);
int todo_later(enum todo_state *state);

/* For a pass; see struct background_step. */
struct background_pass {
	struct store *s;
	bool (*is_stopping)(void *arg);	/* then it should return soon */
	void *arg;
};

enum background_when {
	BACKGROUND_TODO,	/* there are records */
	BACKGROUND_ONCE,	/* at the start, until it succeeds */
	BACKGROUND_HOURLY,
	BACKGROUND_ALWAYS	/* after the records of each pass */
};

struct background_step {
	const char *name;		/* in the log */
	enum background_when when;
	enum todo_kind todo;
	/* Or NULL.  A look at the record that costs no operation: is it too
	   early for a slice?  Any thread. */
	bool (*must_wait)(struct store *s, uint64_t account,
	    const struct todo *todo, int64_t now);
	/* 0 with *state, or -1: nothing is committed then. */
	int (*slice)(struct todo_work *w, enum todo_state *state,
	    struct err *err);
	/* 1 something was done, 0 nothing now, -1. */
	int (*work)(struct store *s, uint64_t account, uint64_t number,
	    struct err *err);
	/* 0 or -1. */
	int (*pass)(const struct background_pass *p, struct err *err);
};

#endif
