/*
 * conn_run - runs a connection that a worker took from the run queue
 *
 * Steps are done one after the other until there is nothing left to do.  Each
 * step first sends unsent output.  So a callback begins with an empty output
 * buffer, a connection with unsent output is never parked as if it had none,
 * and no input is read from a peer that does not read its replies.
 *
 * To park a connection, the descriptor is armed while the worker still owns the
 * connection.  Then, with the lock held, the worker checks whether something
 * happened meanwhile (an event or a wake-up); if so, the steps continue.  So
 * nothing is lost, and no lock is held during the system call.
 */
#include <config.h>

#include <sys/epoll.h>

#include <assert.h>
#include <errno.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/conn.h"
#include "net/scheduler-private.h"

enum step {
	STEP_ON,		/* the next step */
	STEP_PARK_READ,
	STEP_PARK_WRITE,
	STEP_QUEUE,
	STEP_WAIT,
	STEP_DEAD
};

/* --- closing ----------------------------------------------------------- */

/*
 * Tells the service.  Unsent output is still sent, unless the peer is lost or
 * waits for the end of a handshake.
 */
static void
conn_begin_close(struct conn *c, const char *why)
{
	bool is_due = c->stage != STAGE_NEW && c->stage != STAGE_TLS_FIRST;
	bool can_send = c->stage != STAGE_BROKEN && !conn_is_in_handshake(c);

	if (conn_is_closing(c))
		return;
	if (c->why == NULL)
		c->why = why;
	c->had_unread = conn_unread(c) > 0;
	if (conn_is_in_handshake(c))
		conn_drop_handshake(c);
	conn_set_stage(c, can_send ? STAGE_CLOSING : STAGE_ENDED, c->why);
	if (is_due && c->service->close != NULL)
		c->service->close(c);
	c->data = NULL;
}

/*
 * Called when everything is sent.  If there was unread input, close() would
 * make the kernel send a reset, which may overtake our last reply.  In that
 * case, wait a short time until the peer closes the connection.
 */
static enum step
step_closing(struct conn *c)
{
	enum io io;

	if (c->stage == STAGE_CLOSING)
		conn_shut(c);
	io = conn_discard(c);
	if (io == IO_AGAIN && c->had_unread &&
	    !conn_has_pending(c, PENDING_TIMEOUT) &&
	    stop_phase(c->sched) == STOP_NOT)
		return STEP_PARK_READ;
	if (c->stage != STAGE_ENDED)
		conn_set_stage(c, STAGE_ENDED, c->why);
	return STEP_DEAD;
}

static void
conn_log_closed(struct conn *c)
{
	char peer[ADDR_TEXT_MAX];
	struct tls_info info;
	bool tls = conn_tls_info(c, &info);

	log_info(&c->log, "connection closed",
	    KV_STR("service", c->service->name),
	    KV_STR("peer", addr_print(&c->facts.peer, peer)),
	    KV_STR("why", c->why == NULL ? "done" : c->why),
	    KV_INT("ms", clock_mono_ms() - c->opened_ms),
	    KV_UINT("in", c->bytes_in), KV_UINT("out", c->bytes_out),
	    KV_STR("tls", tls ? info.version : NULL));
}

/* --- callbacks ---------------------------------------------------------- */

/* Does what a callback returned.  again: the callback to repeat for
   CONN_AGAIN. */
static enum step
after_call(struct conn *c, enum conn_next next, enum conn_call again)
{
	switch (next) {
	case CONN_READ:
		/* Commands after a long reply may be unread. */
		c->call = again != CALL_INPUT && conn_unread(c) > 0 ?
		    CALL_INPUT : CALL_READ;
		return STEP_ON;
	case CONN_WRITE:
		assert(c->service->pump != NULL);
		c->call = CALL_PUMP;
		return STEP_ON;
	case CONN_AGAIN:
		c->call = again;
		conn_flush(c);
		return STEP_QUEUE;
	case CONN_WAIT:
		c->call = CALL_RESUME;
		conn_flush(c);
		return STEP_WAIT;
	case CONN_CLOSE:
		break;
	}
	conn_begin_close(c, "done");
	return STEP_ON;
}

static enum step
call_input(struct conn *c)
{
	c->may_linger = true;
	if (c->stage == STAGE_NEW)
		conn_set_stage(c, STAGE_OPEN, "first input");
	return after_call(c, c->service->input(c), CALL_INPUT);
}

static enum step
call_resume(struct conn *c)
{
	if (c->service->resume == NULL)
		return call_input(c);
	c->may_linger = true;
	return after_call(c, c->service->resume(c), CALL_RESUME);
}

static enum step
call_open(struct conn *c)
{
	conn_set_stage(c, STAGE_OPEN, "greeting");
	return after_call(c, c->service->open(c), CALL_INPUT);
}

static enum step
call_timeout(struct conn *c)
{
	bool login_over = c->run.class == CONN_PRELOGIN &&
	    clock_mono_ms() >= c->login_deadline_ms;
	enum conn_next next = CONN_CLOSE;

	if (c->service->timeout != NULL)
		next = c->service->timeout(c);
	if (login_over || next == CONN_CLOSE) {
		conn_begin_close(c, login_over ? "login timed out" :
		    "idle timed out");
		return STEP_ON;
	}
	return after_call(c, next, CALL_INPUT);
}

static enum step
call_wake(struct conn *c)
{
	enum conn_next next;

	if (c->service->wake == NULL)
		return STEP_ON;
	next = c->service->wake(c);
	/* Repeat by another wake-up. */
	if (next == CONN_AGAIN)
		conn_post(c, PENDING_WAKE);
	return after_call(c, next, CALL_READ);
}

static enum step
call_bye(struct conn *c)
{
	if (c->stage == STAGE_OPEN && c->service->bye != NULL)
		c->service->bye(c);
	conn_begin_close(c, "server stopped");
	return STEP_ON;
}

/* --- reading ------------------------------------------------------------ */

/*
 * Waits a moment for the next command, which clients often send at once; this
 * saves two thread switches.  Only some of the workers may do so, and only if
 * no connections are queued.  Returns false if nothing has arrived.
 */
static bool
conn_linger(struct conn *c)
{
	struct scheduler *sched = c->sched;
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	bool come = true;	/* unless poll() says otherwise */

	if (c->worker == NULL || c->run.class == CONN_PRELOGIN ||
	    __atomic_load_n(&sched->queue.queued, __ATOMIC_RELAXED) > 0 ||
	    conn_has_pending(c, PENDING_WAKE) ||
	    stop_phase(sched) != STOP_NOT)
		return true;
	if (__atomic_add_fetch(&sched->lingering, 1, __ATOMIC_RELAXED) <=
	    sched->linger_max)
		come = poll(&p, 1, LINGER_MS) != 0;
	(void)__atomic_sub_fetch(&sched->lingering, 1, __ATOMIC_RELAXED);
	return come;
}

static enum step
step_read(struct conn *c)
{
	if (conn_has_pending(c, PENDING_STOP))
		return call_bye(c);
	if (conn_take_pending(c, PENDING_TIMEOUT))
		return call_timeout(c);
	if (conn_take_pending(c, PENDING_WAKE))
		return call_wake(c);
	if (c->may_linger && !c->read_full &&
	    (c->ssl == NULL || !SSL_has_pending(c->ssl))) {
		c->may_linger = false;
		if (!conn_linger(c)) {
			c->want = EPOLLIN;
			return STEP_PARK_READ;
		}
	}
	switch (conn_fill(c)) {
	case IO_OK:
		return call_input(c);
	case IO_AGAIN:
		return c->want == EPOLLOUT ? STEP_PARK_WRITE : STEP_PARK_READ;
	case IO_EOF:
		conn_begin_close(c, "closed by peer");
		return STEP_ON;
	case IO_FULL:
		log_error(&c->log, "service left a full input buffer",
		    KV_STR("service", c->service->name),
		    KV_UINT("bytes", conn_unread(c)));
		conn_begin_close(c, "input too long");
		return STEP_ON;
	case IO_BROKEN:
		break;
	}
	return STEP_ON;
}

static enum step
step_handshake(struct conn *c)
{
	if (conn_has_pending(c, PENDING_STOP)) {
		conn_begin_close(c, "server stopped");
		return STEP_ON;
	}
	switch (conn_handshake(c)) {
	case IO_OK:
		conn_set_stage(c, c->stage == STAGE_TLS_FIRST ? STAGE_NEW :
		    STAGE_OPEN, "handshake done");
		break;
	case IO_AGAIN:
		return c->want == EPOLLOUT ? STEP_PARK_WRITE : STEP_PARK_READ;
	default:
		break;
	}
	return STEP_ON;
}

/* --- steps -------------------------------------------------------------- */

/* Sends output.  Returns STEP_ON if the next callback may be called. */
static enum step
step_flush(struct conn *c)
{
	if (conn_unsent(c) == 0)
		return STEP_ON;
	if (!conn_has_pending(c, PENDING_TIMEOUT) || conn_peer_took(c)) {
		(void)conn_take_pending(c, PENDING_TIMEOUT);
		conn_flush(c);
	} else if (conn_waited_enough(c)) {
		conn_write_timed_out(c);
	}
	return conn_unsent(c) == 0 ? STEP_ON : STEP_PARK_WRITE;
}

static enum step
step_call(struct conn *c)
{
	switch (c->call) {
	case CALL_OPEN:
		return call_open(c);
	case CALL_INPUT:
		return call_input(c);
	case CALL_PUMP:
		return after_call(c, c->service->pump(c), CALL_PUMP);
	case CALL_RESUME:
		return call_resume(c);
	case CALL_READ:
		break;
	}
	return step_read(c);
}

static enum step
conn_step(struct conn *c)
{
	enum step step;

	if (stop_phase(c->sched) == STOP_NOW)
		conn_break(c, "server stopped");
	if (conn_is_in_handshake(c)) {
		if (conn_has_pending(c, PENDING_TIMEOUT))
			conn_break(c, "TLS handshake timed out");
	} else if (!conn_is_broken(c) && (step = step_flush(c)) != STEP_ON) {
		return step;
	}
	switch (c->stage) {
	case STAGE_BROKEN:
		conn_begin_close(c, NULL);
		return STEP_DEAD;
	case STAGE_ENDED:
		return STEP_DEAD;
	case STAGE_CLOSING:
	case STAGE_SHUT:
		return step_closing(c);
	case STAGE_STARTTLS:
		conn_set_stage(c, STAGE_TLS_LATER, "all is sent");
		/* Before a login, one deadline covers both. */
		if (c->run.class != CONN_PRELOGIN)
			conn_set_login_deadline(c);
		return step_handshake(c);
	case STAGE_TLS_FIRST:
	case STAGE_TLS_LATER:
		return step_handshake(c);
	case STAGE_NEW:
	case STAGE_OPEN:
		break;
	}
	return step_call(c);
}

/* Lends the worker's large buffer to a connection that has none. */
static void
buf_lend(struct buf *own, struct buf *spare)
{
	if (own->cap > 0)
		return;
	*own = *spare;
	buf_init(spare);
}

/*
 * Takes the buffer back, or frees the memory that is not needed.  The first
 * *off bytes are used up.
 */
static void
buf_take_back(struct buf *own, size_t *off, struct buf *spare)
{
	struct buf old = *own;
	size_t len = old.len - *off;

	if (old.cap == 0 || (len > 0 && old.cap <= 2 * len + 256))
		return;
	buf_init(own);
	if (len > 0)
		buf_add(own, old.data + *off, len);
	*off = 0;
	if (spare != NULL && spare->cap == 0 && old.cap <= OUT_KEEP) {
		buf_clear(&old);
		*spare = old;
	} else {
		buf_free(&old);
	}
}

static void
conn_take_back(struct conn *c, struct worker *w)
{
	buf_take_back(&c->in, &c->in_off, w == NULL ? NULL : &w->in);
	buf_take_back(&c->out, &c->out_off, w == NULL ? NULL : &w->out);
}

static int
conn_arm(struct conn *c, uint32_t events)
{
	struct epoll_event ev = {
		.events = events | EPOLLONESHOT | EPOLLRDHUP, .data.ptr = c
	};
	int op = c->in_epoll ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	/* EPOLLRDHUP would fire forever for a half-closed peer that does not
	   read. */
	if (events == EPOLLOUT)
		ev.events &= ~(uint32_t)EPOLLRDHUP;
	c->in_epoll = true;
	return epoll_ctl(c->sched->epfd, op, c->fd, &ev);
}

/* Arms the descriptor.  Returns false if that failed; the connection is then
   broken. */
static bool
conn_watch(struct conn *c, enum step step)
{
	if (conn_arm(c, step == STEP_PARK_READ ? EPOLLIN : c->want) == 0)
		return true;
	log_error(&c->log, "cannot watch a connection",
	    KV_STR("err", strerror(errno)));
	conn_break(c, "cannot be watched");
	return false;
}

/* Returns when a connection that is parked now times out. */
static uint64_t
conn_expires(const struct conn *c, enum step step)
{
	uint64_t now = clock_mono_ms(), at;

	if (conn_is_closing(c) && step == STEP_PARK_READ)
		return now + CLOSE_MS;
	/* From the beginning of the handshake, as bytes may arrive slowly. */
	if (conn_is_in_handshake(c))
		return c->login_deadline_ms;
	if (step == STEP_PARK_WRITE && conn_unsent(c) > 0)
		return now + conn_write_ms(c) / WRITE_LOOKS + 1;
	at = now + (uint64_t)c->idle_ms;
	if (c->run.class == CONN_PRELOGIN && at > c->login_deadline_ms)
		at = c->login_deadline_ms;
	return at;
}

/* Parks the connection.  Returns false if something happened, so that the steps
   must continue.  The caller must hold the lock. */
static bool
conn_park(struct conn *c, enum step step, uint64_t expires_ms)
{
	struct scheduler *sched = c->sched;
	enum stop_phase phase = stop_phase(sched);

	if (conn_take_pending(c, PENDING_EVENT) || phase == STOP_NOW)
		return false;
	if (step == STEP_PARK_READ && !conn_is_closing(c)) {
		if (!conn_is_in_handshake(c) &&
		    conn_has_pending(c, PENDING_WAKE))
			return false;
		if (phase == STOP_ASKED) {
			conn_post(c, PENDING_STOP);
			return false;
		}
	}
	conn_set_state(c, step == STEP_PARK_READ ? STATE_PARKED_READ :
	    STATE_PARKED_WRITE, "nothing to do");
	timer_wheel_set(&sched->wheel, &c->timer, expires_ms);
	return true;
}

/* Parks or queues the connection, or makes it wait.  Returns false if something
   happened, so that the steps must continue.  The caller must hold the lock. */
static bool
conn_settle(struct conn *c, enum step step, uint64_t expires_ms)
{
	switch (step) {
	case STEP_QUEUE:
		conn_set_state(c, STATE_QUEUED, "gives way");
		return true;
	case STEP_WAIT:
		if (conn_take_pending(c, PENDING_RESUME))
			return false;
		conn_set_state(c, STATE_WAITING, "until conn_resume()");
		return true;
	default:
		return conn_park(c, step, expires_ms);
	}
}

/* Releases a dead connection.  Takes the lock, and returns with it held. */
static void
conn_bury(struct conn *c, struct worker *w)
{
	struct scheduler *sched = c->sched;

	conn_log_closed(c);
	buf_clear(&c->in);
	buf_clear(&c->out);
	c->in_off = c->out_off = 0;
	conn_take_back(c, w);
	pthread_mutex_lock(&sched->lock);
	conn_set_state(c, STATE_DEAD, c->why);
	TAILQ_REMOVE(&sched->all, c, all_link);
	pthread_mutex_unlock(&sched->lock);
	conn_release(c);
	pthread_mutex_lock(&sched->lock);
	if (w != NULL)
		run_queue_done(&sched->queue, &c->run);
	run_queue_leave(&sched->queue, &c->run);
	c->use->connections--;
	sched->connections--;
	sched->closed_since_trim++;
	TAILQ_INSERT_TAIL(&sched->dead, c, link);
	if (sched->connections == 0 && stop_phase(sched) != STOP_NOT)
		scheduler_kick(sched);
}

/*
 * Hands over the connection as step says.  Returns true if that was done, with
 * the lock held; false if the worker still owns it, without the lock.
 */
static bool
conn_leave(struct conn *c, struct worker *w, enum step step)
{
	struct scheduler *sched = c->sched;
	uint64_t expires_ms = 0;

	if (step == STEP_DEAD) {
		conn_bury(c, w);
		return true;
	}
	conn_take_back(c, w);
	if (step == STEP_PARK_WRITE && !conn_has_pending(c, PENDING_TIMEOUT))
		conn_wait_begin(c);
	(void)conn_take_pending(c, PENDING_TIMEOUT | PENDING_YIELD);
	c->may_linger = false;
	if (step == STEP_PARK_READ || step == STEP_PARK_WRITE) {
		expires_ms = conn_expires(c, step);
		if (!conn_watch(c, step))
			return false;
	}
	pthread_mutex_lock(&sched->lock);
	if (!conn_settle(c, step, expires_ms)) {
		pthread_mutex_unlock(&sched->lock);
		return false;
	}
	if (w != NULL)
		run_queue_done(&sched->queue, &c->run);
	if (step == STEP_QUEUE) {
		run_queue_push(&sched->queue, &c->run);
		workers_call(sched);
	}
	return true;
}

void
conn_run(struct conn *c, struct worker *w)
{
	enum step step;

	c->worker = w;
	c->slice_start_ms = clock_mono_ms();
	c->slice_bytes = 0;
	do {
		if (w != NULL) {
			buf_lend(&c->in, &w->in);
			buf_lend(&c->out, &w->out);
		}
		do {
			step = conn_step(c);
			if (step == STEP_ON && w != NULL &&
			    !conn_is_closing(c) &&
			    (conn_has_pending(c, PENDING_YIELD) ||
			    conn_should_yield(c)))
				step = STEP_QUEUE;
		} while (step == STEP_ON);
	} while (!conn_leave(c, w, step));
}
