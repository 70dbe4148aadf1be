/*
 * scheduler - decides which thread owns which connection
 *
 * A connection is owned by exactly one of these: the loop thread (it is parked
 * and waits for input, or for room for output), the run queue, or a worker.
 * Its state says which; it is changed only with the lock held.  Members that
 * are not marked as protected by the lock belong to the owner.
 *
 * An event may have a pointer to a connection that was closed in the meantime.
 * So closed connections are kept until the loop thread has handled all events
 * that it fetched before.
 *
 * This header is for scheduler.c (handles connections in the loop thread),
 * workers.c (the threads), conn_run.c (runs a connection in a worker), conn.c
 * (the functions for services), conn_state.c, and the files that include
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

/* The owner of the connection. */
enum conn_state {
	STATE_NEW,
	STATE_PARKED_READ,	/* the loop thread: waits for input */
	STATE_PARKED_WRITE,	/* the loop thread: waits for room */
	STATE_QUEUED,		/* the run queue */
	STATE_RUNNING,		/* a worker, or the loop thread at the end */
	STATE_WAITING,		/* none, until conn_resume() */
	STATE_DEAD		/* the loop thread, which frees it */
};

/* The stage in the life of the connection. */
enum conn_stage {
	STAGE_NEW,		/* open(), or the first input(), is next */
	STAGE_TLS_FIRST,	/* the handshake is next, then those */
	STAGE_OPEN,		/* the service was told about it */
	STAGE_STARTTLS,		/* sends the output, then the handshake */
	STAGE_TLS_LATER,	/* the handshake after STARTTLS */
	STAGE_BROKEN,		/* the peer is lost, the service not told yet */
	STAGE_CLOSING,		/* the service was told; sends the output */
	STAGE_SHUT,		/* our side is shut down, the peer's is not */
	STAGE_ENDED		/* nothing is left to do */
};

/* Events of a connection that were not handled yet, as bits. */
enum conn_pending {
	PENDING_EVENT = 1,	/* of its descriptor, while RUNNING */
	PENDING_RESUME = 2,	/* conn_resume() before WAITING */
	PENDING_WAKE = 4,	/* conn_wake() */
	PENDING_TIMEOUT = 8,	/* it was parked too long */
	PENDING_STOP = 16,	/* the server stops; never cleared */
	PENDING_YIELD = 32	/* its account uses too many workers */
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
	void *data;			/* of the service */
	int fd;

	/* Protected by the lock. */
	enum conn_state state;
	struct timer_entry timer;	/* while parked */
	TAILQ_ENTRY(conn) link;		/* dead, or to run in the loop */
	TAILQ_ENTRY(conn) all_link;

	unsigned pending;		/* atomic: enum conn_pending */

	/* Changed by the owner with the lock held. */
	struct run_entry run;

	/* For the owner only. */
	enum conn_stage stage;
	enum conn_call call;
	bool in_epoll;			/* the descriptor was added */
	bool may_linger;		/* wait for the next command */
	bool read_full;			/* the last read filled the buffer */
	bool had_unread;		/* there was input when it closed */
	int64_t taken;			/* see conn_peer_took() */
	uint64_t took_ms;		/* when it was last seen to take some */
	int idle_ms;
	uint32_t want;			/* epoll events to wait for */
	size_t input_max;
	uint64_t login_deadline_ms;	/* also for a handshake */
	struct worker *worker;
	uint64_t slice_start_ms;
	size_t slice_bytes;
	uint64_t bytes_in, bytes_out;
	uint64_t opened_ms;
	const char *why;		/* reason for closing */

	struct buf in, out;
	size_t in_off, out_off;
	struct tls_context *tls;	/* borrowed; NULL: no TLS possible */
	struct ssl_st *ssl;		/* own; NULL: not encrypted */
	struct log log;
	struct conn_facts facts;
	struct arena arena;
};

/* A service of this server, with all its listeners. */
struct service_use {
	const struct service *service;
	struct service_use *next;
	int connections;		/* protected by the lock */
	uint64_t complained_ms;		/* loop thread only */
	uint64_t refused;		/* loop thread only: since then */
};

enum stop_phase {
	STOP_NOT,
	STOP_ASKED,			/* call bye() instead of parking */
	STOP_NOW			/* close in any case */
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
	int workers_called;		/* woken or started, not running yet */
	bool workers_stop;
	pthread_cond_t worker_ended;
};

static inline enum stop_phase
stop_phase(const struct scheduler *sched)
{
	return (enum stop_phase)__atomic_load_n(&sched->phase,
	    __ATOMIC_RELAXED);
}

/* Sets a pending event.  Any thread may call it. */
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

/* Clears a pending event.  Returns whether it was set. */
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

/* --- scheduler.c: for the loop thread, except scheduler_kick() --------- */

void scheduler_init(struct scheduler *sched, int workers_max,
    int worker_idle_ms, int tick_ms);
void scheduler_destroy(struct scheduler *sched);
/* Wakes the loop thread.  Any thread may call it. */
void scheduler_kick(struct scheduler *sched);
/*
 * Queues connections that have events, a limited number at a time.  Returns
 * true if there may be more.
 */
#define SCHEDULER_POLL_MAX	256
bool scheduler_poll(struct scheduler *sched);
/* Queues connections that have timed out, and frees dead ones. */
void scheduler_tick(struct scheduler *sched, uint64_t now_ms);
/* Frees dead connections.  Call it when all fetched events were handled. */
void scheduler_reap(struct scheduler *sched);
/*
 * Runs all connections that are parked for reading, and if for_write is set
 * also those parked for writing.  The caller must hold the lock, which is
 * released while a connection runs.
 */
void scheduler_run_parked(struct scheduler *sched, bool for_write);

/* --- workers.c: the caller must hold the lock ------------------------ */

struct worker {
	struct scheduler *sched;
	pthread_t thread;
	pthread_cond_t wake;
	bool called;
	bool is_idle;
	LIST_ENTRY(worker) link;
	struct buf in, out;		/* lent to the connection it runs */
};

/* Starts the first worker.  Returns 0 or -1.  Call it without the lock. */
int workers_start(struct scheduler *sched, struct err *err);
/* Wakes or starts a worker if there is work. */
void workers_call(struct scheduler *sched);
/* Joins workers that ended because they were idle. */
void workers_reap(struct scheduler *sched);
/* Ends the workers.  Returns false if some still run at the deadline. */
bool workers_stop(struct scheduler *sched, uint64_t deadline_ms);

/* --- conn_state.c ------------------------------------------------------ */

/* States and stages must be changed with these.  why is for the trace log.  The
   caller must hold the lock. */
void conn_set_state(struct conn *c, enum conn_state to, const char *why);
/* For the owner. */
void conn_set_stage(struct conn *c, enum conn_stage to, const char *why);

/* --- conn_run.c ------------------------------------------------------- */

/*
 * Runs callbacks until the connection is parked, queued, waiting or dead.  Must
 * be called without the lock, but returns with it held; the caller then no
 * longer owns c.  w is NULL for the loop thread, which must never block.
 */
void conn_run(struct conn *c, struct worker *w);

/* --- conn.c ----------------------------------------------------------- */

enum io {
	IO_OK,			/* some bytes were moved */
	IO_AGAIN,		/* wait for c->want */
	IO_EOF,
	IO_FULL,		/* input_max was reached */
	IO_BROKEN
};

/* Makes a connection, which owns fd, and queues it.  The caller must hold the
   lock. */
struct conn *conn_new(struct scheduler *sched, int fd,
    struct service_use *use, struct tls_context *tls,
    const struct conn_facts *facts);
/* Sets the deadline to login_ms from now. */
void conn_set_login_deadline(struct conn *c);
/* Queues a parked or waiting connection.  The caller must hold the lock. */
void conn_enqueue(struct conn *c, const char *why);
/* Closes the descriptor and frees everything but the struct. */
void conn_release(struct conn *c);
size_t conn_unsent(const struct conn *c);
size_t conn_unread(const struct conn *c);
/* Sends what can be sent now. */
void conn_flush(struct conn *c);
/* Marks the peer as lost: nothing can be sent to it any longer. */
void conn_break(struct conn *c, const char *why);
/* Drops TLS if the handshake was not completed. */
void conn_drop_handshake(struct conn *c);
/* Appends to the input buffer. */
enum io conn_fill(struct conn *c);
/* Discards input.  Returns IO_AGAIN, or IO_EOF or IO_BROKEN at the end. */
enum io conn_discard(struct conn *c);
/* Returns how long a peer may take no bytes.  It is checked WRITE_LOOKS times
   meanwhile. */
uint64_t conn_write_ms(const struct conn *c);
#define WRITE_LOOKS	8
/*
 * conn_wait_begin() begins to wait for a peer that does not read.
 * conn_peer_took() says whether it has taken bytes since the last check, and
 * conn_waited_enough() whether it has taken none for the service's write_ms.
 * Whether the kernel accepts bytes from us is no measure of this.
 */
void conn_wait_begin(struct conn *c);
bool conn_peer_took(struct conn *c);
bool conn_waited_enough(const struct conn *c);
/*
 * The peer does not read: makes close() drop the bytes that the kernel buffers
 * for it, which can be megabytes for each connection and would be kept for
 * minutes.
 */
void conn_write_timed_out(struct conn *c);
/* Does a step of the handshake.  Returns IO_OK when it is done, or IO_AGAIN or
   IO_BROKEN. */
enum io conn_handshake(struct conn *c);
/* Sends the TLS close alert, and shuts down our side. */
void conn_shut(struct conn *c);

#endif
