/*
 * scheduler - which thread has which connection
 *
 * A connection belongs to exactly one of the loop thread (parked: it waits
 * for input, or for room for output), the run queue, a worker.  Its state
 * says to whom; it changes under the lock only.  What is not marked as under
 * the lock belongs to the owner.
 *
 * Whoever meets a connection by an event may hold a pointer that is stale by
 * then: so closed ones are kept, and the loop thread frees them when it has
 * been through all events it fetched before.
 *
 * This header is shared by scheduler.c (what the loop thread does with
 * connections), workers.c (the threads), conn_run.c (what a worker does with
 * a connection), conn.c (what services call), conn_state.c, and those of
 * server-private.h.
 */
#ifndef NET_SCHEDULER_PRIVATE_H
#define NET_SCHEDULER_PRIVATE_H

#include <sys/queue.h>

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "net/run_queue-private.h"
#include "net/service.h"
#include "net/timer_wheel-private.h"

#define OUT_FULL	65536		/* unsent: a pump pauses */
#define OUT_KEEP	(160 * 1024)	/* larger buffers are not reused */
#define READ_SMALL	16384
#define READ_LARGE	65536
#define SLICE_MS	50		/* of a worker, while others wait */
#define SLICE_BYTES	(1024 * 1024)
#define LINGER_MS	1		/* waiting for the next command */
#define CLOSE_MS	2000		/* waiting for the peer's close */
#define CLOSE_DRAIN	(1024 * 1024)	/* thrown away before a close */

/* Who has the connection. */
enum conn_state {
	STATE_NEW,
	STATE_PARKED_READ,	/* the loop's: waits for input */
	STATE_PARKED_WRITE,	/* the loop's: waits for room */
	STATE_QUEUED,		/* the queue's */
	STATE_RUNNING,		/* a worker's, or the loop's at the end */
	STATE_WAITING,		/* nobody's, till conn_resume() */
	STATE_DEAD		/* to be freed by the loop */
};

/* How far its life has come. */
enum conn_stage {
	STAGE_NEW,		/* open(), or the first input(), is next */
	STAGE_TLS_FIRST,	/* the handshake comes before that */
	STAGE_OPEN,		/* the service knows it */
	STAGE_STARTTLS,		/* the handshake comes when all is sent */
	STAGE_TLS_LATER,	/* that handshake */
	STAGE_BROKEN,		/* the peer is lost, the service must be told */
	STAGE_CLOSING,		/* the service was told; unsent bytes go out */
	STAGE_SHUT,		/* our side is shut down, the peer's is not */
	STAGE_ENDED		/* nothing is left to do */
};

/* What has happened to a connection, and was not dealt with yet: bits. */
enum conn_pending {
	PENDING_EVENT = 1,	/* of its descriptor, while RUNNING */
	PENDING_RESUME = 2,	/* conn_resume(), before WAITING */
	PENDING_WAKE = 4,	/* conn_wake() */
	PENDING_TIMEOUT = 8,	/* it was parked for too long */
	PENDING_STOP = 16,	/* the server stops; this is never over */
	PENDING_YIELD = 32	/* its account has too many running */
};

/* Which callback is next. */
enum conn_call {
	CALL_OPEN,
	CALL_READ,		/* read first, then input() */
	CALL_INPUT,
	CALL_PUMP,
	CALL_RESUME
};

struct worker;
struct service_use;

struct conn {
	struct scheduler *sched;
	const struct service *service;
	struct service_use *use;
	void *data;			/* the service's */
	int fd;

	/* Under the lock. */
	enum conn_state state;
	struct timer_entry timer;	/* while parked */
	TAILQ_ENTRY(conn) link;		/* dead, or to be run by the loop */
	TAILQ_ENTRY(conn) all_link;

	unsigned pending;		/* atomic: enum conn_pending */

	/* Changed by the owner under the lock. */
	struct run_entry run;

	/* The owner's. */
	enum conn_stage stage;
	enum conn_call call;
	bool in_epoll;			/* the descriptor was added */
	bool may_linger;		/* the next command may come at once */
	bool read_full;			/* the last read filled its room */
	bool had_unread;		/* at closing */
	int64_t taken;			/* see conn_peer_took() */
	uint64_t took_ms;		/* when it did, at the earliest */
	int idle_ms;
	uint32_t want;			/* epoll events to go on */
	size_t input_max;
	uint64_t login_deadline_ms;	/* also of a handshake */
	struct worker *worker;
	uint64_t slice_start_ms;
	size_t slice_bytes;
	uint64_t bytes_in, bytes_out;
	uint64_t opened_ms;
	const char *why;		/* it was closed */

	struct buf in, out;
	size_t in_off, out_off;
	struct tls_context *tls;	/* borrowed; NULL: none to be had */
	struct ssl_st *ssl;		/* own; NULL: in the clear */
	struct log log;
	struct conn_facts facts;
	struct arena arena;
};

/* A service of this server, with all its listeners. */
struct service_use {
	const struct service *service;
	struct service_use *next;
	int connections;		/* under the lock */
	uint64_t complained_ms;		/* the loop's */
	uint64_t refused;		/* the loop's: since it complained */
};

enum stop_phase {
	STOP_NOT,
	STOP_ASKED,			/* bye() instead of parking */
	STOP_NOW			/* close instead of anything */
};

TAILQ_HEAD(conn_list, conn);

struct scheduler {
	/* Settings. */
	int workers_max;
	int worker_idle_ms;
	int linger_max;

	int epfd;			/* the parked connections */
	int kick_fd;			/* eventfd: wakes the loop */
	int phase;			/* atomic: enum stop_phase */
	int lingering;			/* atomic */

	pthread_mutex_t lock;
	struct conn_list all;
	struct conn_list dead;
	int connections;
	int closed_since_trim;
	uint64_t runs;			/* of connections by workers */
	struct run_queue queue;
	struct timer_wheel wheel;

	LIST_HEAD(, worker) idle;
	LIST_HEAD(, worker) ended;	/* to be joined */
	int workers, workers_idle;
	int workers_called;		/* woken or started, not there yet */
	bool workers_stop;
	pthread_cond_t worker_ended;
};

static inline enum stop_phase
stop_phase(const struct scheduler *sched)
{
	return (enum stop_phase)__atomic_load_n(&sched->phase, __ATOMIC_RELAXED);
}

/* From any thread. */
static inline void
conn_post(struct conn *c, unsigned what)
{
	(void)__atomic_or_fetch(&c->pending, what, __ATOMIC_RELEASE);
}

static inline bool
conn_has_pending(const struct conn *c, unsigned what)
{
	return (__atomic_load_n(&c->pending, __ATOMIC_ACQUIRE) & what) != 0;
}

/* Was it pending?  Now it is not. */
static inline bool
conn_take_pending(struct conn *c, unsigned what)
{
	return conn_has_pending(c, what) && (__atomic_fetch_and(&c->pending,
	    ~what, __ATOMIC_ACQ_REL) & what) != 0;
}

static inline bool
conn_is_in_handshake(const struct conn *c)
{
	return c->stage == STAGE_TLS_FIRST || c->stage == STAGE_TLS_LATER;
}

static inline bool
conn_is_closing(const struct conn *c)
{
	return c->stage == STAGE_CLOSING || c->stage == STAGE_SHUT ||
	    c->stage == STAGE_ENDED;
}

static inline struct conn *
conn_of_run_entry(struct run_entry *e)
{
	return (struct conn *)(void *)((char *)e - offsetof(struct conn, run));
}

/* --- scheduler.c: the loop thread, but for scheduler_kick() ------------ */

void scheduler_init(struct scheduler *sched, int workers_max,
    int worker_idle_ms, int tick_ms);
void scheduler_destroy(struct scheduler *sched);
/* Wakes the loop.  From any thread. */
void scheduler_kick(struct scheduler *sched);
/*
 * Queues those that something happened to, so many at most.  True: there may
 * be more.
 */
#define SCHEDULER_POLL_MAX	256
bool scheduler_poll(struct scheduler *sched);
/* Queues those whose time is over, frees the dead. */
void scheduler_tick(struct scheduler *sched, uint64_t now_ms);
/* Frees the dead: nobody can still hold an event of theirs. */
void scheduler_reap(struct scheduler *sched);
/*
 * Takes those that are parked for reading, and if for_write is set also those
 * parked for writing, and runs them here.  The lock is held, but not while
 * one runs.
 */
void scheduler_run_parked(struct scheduler *sched, bool for_write);

/* --- workers.c: everything with the lock held ------------------------ */

struct worker {
	struct scheduler *sched;
	pthread_t thread;
	pthread_cond_t wake;
	bool called;
	bool is_idle;
	LIST_ENTRY(worker) link;
	struct buf in, out;		/* lent to the connection it runs */
};

/* The first worker.  0, or -1.  Without the lock. */
int workers_start(struct scheduler *sched, struct err *err);
/* There may be work: wakes a worker, or starts one. */
void workers_call(struct scheduler *sched);
/* Joins workers that ended for want of work. */
void workers_reap(struct scheduler *sched);
/* Ends the workers.  False: some still ran at the deadline. */
bool workers_stop(struct scheduler *sched, uint64_t deadline_ms);

/* --- conn_state.c ------------------------------------------------------ */

/* The only way to change them.  why is for the trace; with the lock held. */
void conn_set_state(struct conn *c, enum conn_state to, const char *why);
/* By the owner. */
void conn_set_stage(struct conn *c, enum conn_stage to, const char *why);

/* --- conn_run.c ------------------------------------------------------- */

/*
 * Runs callbacks until the connection is parked, queued, waiting or dead.
 * Without the lock; returns with it held, and c is not the caller's any
 * more.  w NULL: the loop thread, which never blocks.
 */
void conn_run(struct conn *c, struct worker *w);

/* --- conn.c ----------------------------------------------------------- */

enum io {
	IO_OK,			/* moved something */
	IO_AGAIN,		/* c->want says what for */
	IO_EOF,
	IO_FULL,		/* input_max is reached */
	IO_BROKEN
};

/* Takes fd; the lock is held.  Queued to be run. */
struct conn *conn_new(struct scheduler *sched, int fd,
    struct service_use *use, struct tls_context *tls,
    const struct conn_facts *facts);
/* From now on. */
void conn_set_login_deadline(struct conn *c);
/* Not parked or waiting any more, but queued; the lock is held. */
void conn_enqueue(struct conn *c, const char *why);
/* Frees everything but the struct; closes the descriptor. */
void conn_release(struct conn *c);
size_t conn_unsent(const struct conn *c);
size_t conn_unread(const struct conn *c);
/* Sends what can be sent now. */
void conn_flush(struct conn *c);
/* The peer is lost: nothing more can be sent to it. */
void conn_break(struct conn *c, const char *why);
/* A handshake that was not completed protects nothing. */
void conn_drop_handshake(struct conn *c);
/* Appends to the input buffer. */
enum io conn_fill(struct conn *c);
/* Throws away what has come; IO_AGAIN, or the end. */
enum io conn_discard(struct conn *c);
/* How long a peer may take nothing; it is looked at so often meanwhile. */
uint64_t conn_write_ms(const struct conn *c);
#define WRITE_LOOKS	8
/*
 * Waiting for the peer to read begins; has it taken bytes since the last look;
 * has it taken none for the service's time?  What the kernel takes from us
 * says nothing of that: it often has room that it does not speak of.
 */
void conn_wait_begin(struct conn *c);
bool conn_peer_took(struct conn *c);
bool conn_waited_enough(const struct conn *c);
/*
 * The peer takes nothing: closing drops what the kernel holds for it, which
 * it would keep for minutes, megabytes for each connection.
 */
void conn_write_timed_out(struct conn *c);
/* A step of the handshake: IO_OK done, IO_AGAIN, IO_BROKEN. */
enum io conn_handshake(struct conn *c);
/* Says goodbye in TLS, shuts down our side. */
void conn_shut(struct conn *c);

#endif
