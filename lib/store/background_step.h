/*
 * background_step - one kind of background work
 *
 * A row of the table in background.c.  There are three forms:
 *
 *	.todo = KIND, .slice = fn	a record of T_TODO (todo.h) describes
 *			the work.  fn does one slice of it within an operation
 *			of the background class, which also updates the record
 *	.todo = KIND, .work = fn	the same for work that is mostly
 *			reading: fn reads in the background thread, and then
 *			submits an operation
 *	.when, .pass = fn		work that has no records
 *
 * It must be possible to repeat each slice, because the process may end before
 * a slice is on the disk.
 */
#ifndef STORE_BACKGROUND_STEP_H
#define STORE_BACKGROUND_STEP_H

#include "store/todo.h"

struct store;

enum todo_state {
	TODO_DONE,	/* finished: the record was deleted */
	TODO_MORE,	/* a slice was done: commit and call again */
	TODO_LATER	/* not yet possible (a session still shows the
			   messages, a copy is running): nothing was changed,
			   the next pass tries again */
};

/* A record and the operation that does a slice of its work. */
struct todo_work {
	struct store *s;
	struct batch *b;
	uint64_t account;
	enum todo_kind kind;
	uint64_t number;
	struct todo todo;		/* the record's contents */
	struct arena a;			/* cleared after the slice */
};

/* A slice ends with one of these, which return 0. */
int todo_done(struct todo_work *w, enum todo_state *state);
/* Writes w->todo, the work that is left, to the record. */
int todo_more(struct todo_work *w, enum todo_state *state);
int todo_later(enum todo_state *state);

/* For a pass; see struct background_step. */
struct background_pass {
	struct store *s;
	bool (*is_stopping)(void *arg);	/* if so, return soon */
	void *arg;
};

enum background_when {
	BACKGROUND_TODO,	/* when there are records */
	BACKGROUND_ONCE,	/* at the start, until it succeeds */
	BACKGROUND_HOURLY,
	BACKGROUND_ALWAYS	/* after the records of each pass */
};

struct background_step {
	const char *name;		/* in the log */
	enum background_when when;
	enum todo_kind todo;
	/* Or NULL.  Is it too early for a slice?  Saves the operation.  May
	   be called in any thread. */
	bool (*must_wait)(struct store *s, uint64_t account,
	    const struct todo *todo, int64_t now);
	/* Returns 0 with *state, or -1: nothing is committed. */
	int (*slice)(struct todo_work *w, enum todo_state *state,
	    struct err *err);
	/* Returns 1 if something was done, 0 if not, -1 on error. */
	int (*work)(struct store *s, uint64_t account, uint64_t number,
	    struct err *err);
	/* Returns 0 or -1. */
	int (*pass)(const struct background_pass *p, struct err *err);
};

#endif
