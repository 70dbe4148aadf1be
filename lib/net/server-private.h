/*
 * The insides of the server frame, shared by server.c (loop), door.c
 * (listeners), pool.c (workers), turn.c (what a worker does with a
 * connection), wheel.c (time-outs) and conn.c.
 *
 * A connection belongs to exactly one of the loop, the queue, a worker; its
 * state says to whom and changes under srv->lock only.  What is not marked
 * as under the lock belongs to the owner.
 *
 * Whoever meets a connection by an event may hold a pointer that is stale by
 * then: so a closed one is put in a grave, and the loop thread frees it when
 * it has been through all events it fetched before.
 */
#ifndef NET_SERVER_PRIVATE_H
#define NET_SERVER_PRIVATE_H

#include <sys/queue.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "net/conn.h"
#include "net/queue-private.h"
#include "net/server.h"

#define OUT_FULL	65536		/* unsent: a pump pauses */
#define OUT_KEEP	(160 * 1024)	/* larger buffers are not reused */
#define READ_SMALL	16384
#define READ_LARGE	65536
#define TURN_MS		50
#define TURN_BYTES	(1024 * 1024)
#define LINGER_MS	1		/* waiting for the next command */
#define CLOSE_MS	2000		/* waiting for the peer's close */
#define CLOSE_DRAIN	(1024 * 1024)	/* thrown away before a close */
#define WHEEL_SLOTS	2048

enum conn_state {
	STATE_PARKED_READ,	/* the loop's: waits for input */
	STATE_PARKED_WRITE,	/* the loop's: waits for room */
	STATE_QUEUED,		/* the queue's */
	STATE_RUNNING,		/* a worker's, or the loop's at the end */
	STATE_WAITING,		/* nobody's, till conn_resume() */
	STATE_DEAD		/* in the grave */
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
	struct server *srv;
	const struct service *service;
	struct service_use *use;
	void *data;			/* the service's */
	int fd;

	/* Under the lock. */
	enum conn_state state;
	bool fired;			/* an event came while RUNNING */
	bool resumed;			/* conn_resume() came before WAITING */
	bool on_wheel;
	uint16_t wheel_slot;
	TAILQ_ENTRY(conn) link;		/* queue, or grave */
	TAILQ_ENTRY(conn) all_link;
	TAILQ_ENTRY(conn) wheel_link;
	uint64_t expires_ms;

	bool woken;			/* atomic */

	/* Changed by the owner under the lock. */
	struct lane *lane;		/* own: a reference */
	enum conn_class class;

	/* The owner's. */
	enum conn_call call;
	bool in_epoll;
	bool opened;			/* close() is due */
	bool timed_out;
	int64_t taken;			/* see conn_peer_took() */
	uint64_t took_ms;		/* when it did, at the earliest */
	bool bye;			/* the server stops: say so */
	bool closing;			/* close() was called */
	bool shut;			/* our side is shut down */
	bool broken;
	bool handshaking;
	bool starttls;			/* handshake when all is sent */
	bool crowded;			/* its account has too many running */
	bool may_linger;
	bool read_full;			/* the last read filled its room */
	bool had_unread;		/* at closing */
	int idle_ms;
	uint32_t want;			/* epoll events to go on */
	size_t input_max;
	uint64_t login_deadline_ms;	/* also of a handshake */
	struct worker *worker;
	uint64_t turn_start_ms;
	size_t turn_bytes;
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

struct door;				/* a listener: door.c */
struct every;				/* a timer: server.c */

enum stop_phase {
	STOP_NOT,
	STOP_ASKED,			/* bye() instead of parking */
	STOP_NOW			/* close instead of anything */
};

struct server {
	struct server_config config;
	struct event_base *base;
	struct door *doors;
	struct every *everys;
	struct service_use *uses;
	int epfd;
	int kick_fd;			/* eventfd: wakes the loop */
	struct event *epoll_event, *kick_event, *tick_event, *stop_event;
	struct event *signal_events[3];
	int conns_max;			/* also by descriptors */
	bool few_files;			/* by descriptors only */
	int stop_asked;			/* atomic */
	int phase;			/* atomic: enum stop_phase */
	int lingering;			/* atomic */
	int linger_max;

	pthread_mutex_t lock;
	struct conn_list all;
	struct conn_list grave;
	int connections;
	int closed_since_trim;
	uint64_t trimmed_ms;		/* the loop's */
	uint64_t accepted, refused, turns;
	struct queue queue;

	struct conn_list wheel[WHEEL_SLOTS];
	uint64_t wheel_at;		/* ticks done */

	LIST_HEAD(, worker) idle;
	LIST_HEAD(, worker) ended;	/* to be joined */
	int workers, workers_idle;
	int workers_called;		/* woken or started, not there yet */
	bool workers_stop;
	pthread_cond_t worker_ended;
};

static inline enum stop_phase
stop_phase(const struct server *srv)
{
	return (enum stop_phase)__atomic_load_n(&srv->phase, __ATOMIC_RELAXED);
}

/* --- server.c: the loop ------------------------------------------------ */

/* Wakes the loop.  From any thread. */
void server_kick(struct server *srv);
struct event *server_event(struct server *srv, int fd, short what,
    void (*fn)(int fd, short what, void *arg), void *arg);

/* --- door.c: listeners ------------------------------------------------- */

void doors_open(struct server *srv);
/* No more connections; those that were accepted go on. */
void doors_close(struct server *srv);
void doors_free(struct server *srv);

/* --- pool.c: everything with the lock held --------------------------- */

struct worker {
	struct server *srv;
	pthread_t thread;
	pthread_cond_t wake;
	bool called;
	bool is_idle;
	LIST_ENTRY(worker) link;
	struct buf in, out;		/* lent to the connection it runs */
};

/* The first worker.  0, or -1. */
int pool_start(struct server *srv, struct err *err);
/* There may be work: wakes a worker, or starts one. */
void pool_call(struct server *srv);
/* Joins workers that ended for want of work. */
void pool_reap(struct server *srv);
/* Ends the workers.  False: some still ran at the deadline. */
bool pool_stop(struct server *srv, uint64_t deadline_ms);

/* --- wheel.c: everything with the lock held --------------------------- */

void wheel_init(struct server *srv);
void wheel_add(struct server *srv, struct conn *c, uint64_t expires_ms);
void wheel_del(struct server *srv, struct conn *c);
/* Queues what has expired; the loop calls it each tick. */
void wheel_tick(struct server *srv, uint64_t now_ms);

/* --- turn.c ----------------------------------------------------------- */

/*
 * Runs callbacks until the connection is parked, queued, waiting or dead.
 * Without the lock; returns with it held, and c is not the caller's any
 * more.  w NULL: the loop thread, which never blocks.
 */
void conn_turn(struct conn *c, struct worker *w);

/* --- conn.c ----------------------------------------------------------- */

enum io {
	IO_OK,			/* moved something */
	IO_AGAIN,		/* c->want says what for */
	IO_EOF,
	IO_FULL,		/* input_max is reached */
	IO_BROKEN
};

/* Takes fd; the lock is held.  Queued for its first turn. */
struct conn *conn_new(struct server *srv, int fd, struct service_use *use,
    struct tls_context *tls, const struct conn_facts *facts);
/* From now on. */
void conn_set_login_deadline(struct conn *c);
/* Frees everything but the struct; closes the descriptor. */
void conn_release(struct conn *c);
size_t conn_unsent(const struct conn *c);
size_t conn_unread(const struct conn *c);
/* Sends what can be sent now. */
void conn_flush(struct conn *c);
/* Appends to the input buffer. */
enum io conn_fill(struct conn *c);
/* Throws away what has come; IO_AGAIN, or the end. */
enum io conn_discard(struct conn *c);
void conn_break(struct conn *c, const char *why);
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
