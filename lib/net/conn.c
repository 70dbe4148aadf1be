/* conn - the functions that services call, and input and output with TLS. */
#include <config.h>

#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <assert.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/conn.h"
#include "net/scheduler-private.h"

#define INPUT_MAX	65536
#define IDLE_MS		(30 * 60 * 1000)
#define WRITE_MS	(60 * 1000)
#define LOGIN_MS	(60 * 1000)
#define WAIT_SLICE_MS	500	/* how often a blocked writer checks */

static int
or_default(int value, int otherwise)
{
	return value > 0 ? value : otherwise;
}

/* --- life ------------------------------------------------------------ */

void
conn_set_login_deadline(struct conn *c)
{
	c->login_deadline_ms = clock_mono_ms() +
	    (uint64_t)or_default(c->service->login_ms, LOGIN_MS);
}

struct conn *
conn_new(struct scheduler *sched, int fd, struct service_use *use,
    struct tls_context *tls, const struct conn_facts *facts)
{
	const struct service *service = use->service;
	struct conn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		fatal("out of memory for a connection");
	c->sched = sched;
	c->service = service;
	c->use = use;
	c->fd = fd;
	c->tls = tls;
	c->facts = *facts;
	c->log.cid = facts->cid;
	run_queue_join(&sched->queue, &c->run,
	    run_queue_stranger_key(&facts->peer), service->class);
	c->call = service->open == NULL ? CALL_READ : CALL_OPEN;
	c->idle_ms = or_default(service->idle_ms, IDLE_MS);
	c->input_max = service->input_max > 0 ? service->input_max :
	    INPUT_MAX;
	c->opened_ms = clock_mono_ms();
	conn_set_login_deadline(c);
	arena_init(&c->arena);
	TAILQ_INSERT_TAIL(&sched->all, c, all_link);
	sched->connections++;
	use->connections++;
	conn_set_state(c, STATE_QUEUED, "accepted");
	run_queue_push(&sched->queue, &c->run);
	return c;
}

void
conn_release(struct conn *c)
{
	SSL_free(c->ssl);
	c->ssl = NULL;
	(void)close(c->fd);
	c->fd = -1;
	buf_free(&c->in);
	buf_free(&c->out);
	arena_clear(&c->arena);
}

void
conn_drop_handshake(struct conn *c)
{
	SSL_free(c->ssl);
	c->ssl = NULL;
}

void
conn_break(struct conn *c, const char *why)
{
	buf_clear(&c->out);
	c->out_off = 0;
	if (conn_is_broken(c))
		return;
	if (c->why == NULL)
		c->why = why;
	if (conn_is_in_handshake(c))
		conn_drop_handshake(c);
	conn_set_stage(c, c->stage == STAGE_OPEN ||
	    c->stage == STAGE_STARTTLS || c->stage == STAGE_TLS_LATER ?
	    STAGE_BROKEN : STAGE_ENDED, why);
}

uint64_t
conn_write_ms(const struct conn *c)
{
	return (uint64_t)or_default(c->service->write_ms, WRITE_MS);
}

bool
conn_peer_took(struct conn *c)
{
	int64_t before = c->taken;
	int held;		/* by the kernel, for the peer */

	if (ioctl(c->fd, TIOCOUTQ, &held) == -1)
		held = 0;
	c->taken = (int64_t)c->bytes_out - held;
	if (c->taken <= before)
		return false;
	c->took_ms = clock_mono_ms();
	return true;
}

void
conn_wait_begin(struct conn *c)
{
	(void)conn_peer_took(c);
	c->took_ms = clock_mono_ms();
}

bool
conn_waited_enough(const struct conn *c)
{
	return clock_mono_ms() - c->took_ms >= conn_write_ms(c);
}

void
conn_write_timed_out(struct conn *c)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	conn_break(c, "write timed out");
}

/* --- bytes in and out ------------------------------------------------ */

/*
 * Must be called before each call of OpenSSL.  Each thread has a queue of
 * errors; an old one, from another connection, would be taken for the reason
 * why this call failed (SSL_get_error(3)).
 */
static void
tls_begin(void)
{
	ERR_clear_error();
	errno = 0;
}

/*
 * Converts the result r of an OpenSSL call.  Because of key updates a read may
 * need to write, and a write to read: c->want says which.
 */
static enum io
tls_result(struct conn *c, int r)
{
	char why[200];

	switch (SSL_get_error(c->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		c->want = EPOLLIN;
		return IO_AGAIN;
	case SSL_ERROR_WANT_WRITE:
		c->want = EPOLLOUT;
		return IO_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return IO_EOF;
	case SSL_ERROR_SSL:
		log_debug(&c->log, "TLS failed",
		    KV_STR("err", tls_error_text(why, sizeof(why))));
		conn_break(c, "TLS failed");
		return IO_BROKEN;
	default:
		conn_break(c, errno == 0 ? "closed by peer" :
		    strerror(errno));
		return IO_BROKEN;
	}
}

static enum io
plain_result(struct conn *c, uint32_t want)
{
	if (errno == EAGAIN) {
		c->want = want;
		return IO_AGAIN;
	}
	conn_break(c, strerror(errno));
	return IO_BROKEN;
}

static enum io
conn_recv(struct conn *c, char *p, size_t room, size_t *got)
{
	ssize_t n;
	int r;

	if (c->ssl != NULL) {
		tls_begin();
		r = SSL_read_ex(c->ssl, p, room, got);
		return r == 1 ? IO_OK : tls_result(c, r);
	}
	do {
		n = recv(c->fd, p, room, 0);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return plain_result(c, EPOLLIN);
	*got = (size_t)n;
	return n == 0 ? IO_EOF : IO_OK;
}

static enum io
conn_send(struct conn *c, const char *p, size_t len, size_t *sent)
{
	ssize_t n;
	int r;

	if (c->ssl != NULL) {
		tls_begin();
		r = SSL_write_ex(c->ssl, p, len, sent);
		return r == 1 ? IO_OK : tls_result(c, r);
	}
	do {
		n = send(c->fd, p, len, MSG_NOSIGNAL);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return plain_result(c, EPOLLOUT);
	*sent = (size_t)n;
	return IO_OK;
}

size_t
conn_unsent(const struct conn *c)
{
	return c->out.len - c->out_off;
}

size_t
conn_unread(const struct conn *c)
{
	return c->in.len - c->in_off;
}

void
conn_flush(struct conn *c)
{
	enum io io = IO_OK;
	size_t n;

	while (io == IO_OK && conn_unsent(c) > 0 && !conn_is_broken(c)) {
		io = conn_send(c, c->out.data + c->out_off, conn_unsent(c),
		    &n);
		if (io == IO_OK) {
			c->out_off += n;
			c->bytes_out += n;
			c->slice_bytes += n;
		} else if (io == IO_EOF) {
			conn_break(c, "closed by peer");
		}
	}
	if (conn_unsent(c) == 0) {
		buf_clear(&c->out);
		c->out_off = 0;
	}
}

enum io
conn_fill(struct conn *c)
{
	size_t unread = conn_unread(c), room, got;
	enum io io;

	if (unread >= c->input_max)
		return IO_FULL;
	if (c->in_off > 0) {
		buf_consume(&c->in, c->in_off);
		c->in_off = 0;
	}
	room = c->read_full ? READ_LARGE : READ_SMALL;
	if (room > c->input_max - unread)
		room = c->input_max - unread;
	io = conn_recv(c, buf_reserve(&c->in, room), room, &got);
	c->read_full = io == IO_OK && got == room;
	if (io == IO_OK) {
		c->in.len += got;
		c->bytes_in += got;
		c->slice_bytes += got;
	}
	return io;
}

enum io
conn_discard(struct conn *c)
{
	char p[4096];
	size_t total = 0, got;
	enum io io = IO_OK;

	/* Read below TLS, because the data no longer matters. */
	while (total < CLOSE_DRAIN) {
		SSL *ssl = c->ssl;

		c->ssl = NULL;
		io = conn_recv(c, p, sizeof(p), &got);
		c->ssl = ssl;
		if (io != IO_OK)
			return io;
		c->had_unread = true;
		total += got;
	}
	return IO_EOF;
}

enum io
conn_handshake(struct conn *c)
{
	char why[200], peer[ADDR_TEXT_MAX];
	int r;

	if (c->ssl == NULL &&
	    (c->ssl = tls_accept_new(c->tls, c->fd)) == NULL) {
		conn_break(c, "no memory for TLS");
		return IO_BROKEN;
	}
	tls_begin();
	r = SSL_do_handshake(c->ssl);
	if (r == 1)
		return IO_OK;
	if (SSL_get_error(c->ssl, r) == SSL_ERROR_SSL) {
		log_info(&c->log, "TLS handshake failed",
		    KV_STR("peer", addr_print(&c->facts.peer, peer)),
		    KV_STR("err", tls_error_text(why, sizeof(why))));
		/* OpenSSL has already sent an alert. */
		conn_break(c, "TLS handshake failed");
		return IO_BROKEN;
	}
	if (tls_result(c, r) == IO_AGAIN)
		return IO_AGAIN;
	conn_break(c, "closed by peer");
	return IO_BROKEN;
}

void
conn_shut(struct conn *c)
{
	if (c->ssl != NULL && !SSL_in_init(c->ssl))
		(void)SSL_shutdown(c->ssl);
	(void)shutdown(c->fd, SHUT_WR);
	conn_set_stage(c, STAGE_SHUT, c->why);
}

/* --- facts ------------------------------------------------------------ */

const struct conn_facts *
conn_facts(const struct conn *c)
{
	return &c->facts;
}

void *
conn_service_arg(const struct conn *c)
{
	return c->service->arg;
}

struct log *
conn_log(struct conn *c)
{
	return &c->log;
}

struct arena *
conn_arena(struct conn *c)
{
	return &c->arena;
}

void *
conn_data(const struct conn *c)
{
	return c->data;
}

void
conn_set_data(struct conn *c, void *data)
{
	c->data = data;
}

/* --- input ------------------------------------------------------------ */

struct bytes
conn_input(const struct conn *c)
{
	return bytes_make(c->in.data == NULL ? NULL : c->in.data + c->in_off,
	    conn_unread(c));
}

void
conn_consume(struct conn *c, size_t n)
{
	assert(n <= conn_unread(c));
	c->in_off += n;
	if (c->in_off == c->in.len) {
		buf_clear(&c->in);
		c->in_off = 0;
	}
}

void
conn_set_input_max(struct conn *c, size_t max)
{
	c->input_max = max > 0 ? max : INPUT_MAX;
}

/* --- output ----------------------------------------------------------- */

struct buf *
conn_out(struct conn *c)
{
	/* Hide sent bytes from the service. */
	if (c->out_off > 0) {
		buf_consume(&c->out, c->out_off);
		c->out_off = 0;
	}
	return &c->out;
}

bool
conn_out_is_full(struct conn *c)
{
	if (conn_unsent(c) < OUT_FULL)
		return false;
	/* The handshake comes first. */
	if (c->stage == STAGE_STARTTLS || conn_is_in_handshake(c))
		return true;
	conn_flush(c);
	return conn_unsent(c) >= OUT_FULL;
}

/* Waits a moment for room in the output.  Returns false if there is none. */
static bool
out_wait_slice(struct conn *c)
{
	struct pollfd p = {
		.fd = c->fd, .events = c->want == EPOLLIN ? POLLIN : POLLOUT
	};
	uint64_t most = conn_write_ms(c) / WRITE_LOOKS;

	return poll(&p, 1, most < WAIT_SLICE_MS ? (int)most :
	    WAIT_SLICE_MS) > 0;
}

/*
 * Sends, and waits for the peer while 64 KB or more are unsent, up to the write
 * time-out.  Returns 0, or -1 if the connection is broken.
 */
static int
conn_out_wait(struct conn *c)
{
	if (conn_is_broken(c))
		return -1;
	/* The loop thread must not wait; it writes only the bye() text. */
	if (!conn_out_is_full(c) || c->worker == NULL)
		return conn_is_broken(c) ? -1 : 0;
	conn_wait_begin(c);
	while (!conn_is_broken(c) && conn_unsent(c) >= OUT_FULL) {
		if (stop_phase(c->sched) == STOP_NOW)
			conn_break(c, "server stopped");
		else if (out_wait_slice(c))
			conn_flush(c);
		else if (!conn_peer_took(c) && conn_waited_enough(c))
			conn_write_timed_out(c);
	}
	return conn_is_broken(c) ? -1 : 0;
}

int
conn_write(struct conn *c, const void *p, size_t n)
{
	const char *at = p;
	size_t piece;

	while (n > 0 && !conn_is_broken(c)) {
		piece = n < OUT_FULL ? n : OUT_FULL;
		buf_add(&c->out, at, piece);
		at += piece;
		n -= piece;
		if (conn_out_wait(c) == -1)
			break;
	}
	return conn_is_broken(c) ? -1 : 0;
}

bool
conn_is_broken(const struct conn *c)
{
	return c->stage == STAGE_BROKEN || c->stage == STAGE_ENDED;
}

/* --- working with others ---------------------------------------------- */

void
conn_enqueue(struct conn *c, const char *why)
{
	timer_wheel_cancel(&c->sched->wheel, &c->timer);
	conn_set_state(c, STATE_QUEUED, why);
	run_queue_push(&c->sched->queue, &c->run);
	workers_call(c->sched);
}

void
conn_wake(struct conn *c)
{
	struct scheduler *sched = c->sched;

	pthread_mutex_lock(&sched->lock);
	conn_post(c, PENDING_WAKE);
	if (c->state == STATE_PARKED_READ)
		conn_enqueue(c, "woken");
	pthread_mutex_unlock(&sched->lock);
}

void
conn_resume(struct conn *c)
{
	struct scheduler *sched = c->sched;

	pthread_mutex_lock(&sched->lock);
	if (c->state == STATE_WAITING)
		conn_enqueue(c, "resumed");
	else
		conn_post(c, PENDING_RESUME);
	pthread_mutex_unlock(&sched->lock);
}

bool
conn_should_yield(struct conn *c)
{
	if (__atomic_load_n(&c->sched->queue.queued, __ATOMIC_RELAXED) == 0)
		return false;
	return c->slice_bytes >= SLICE_BYTES ||
	    clock_mono_ms() - c->slice_start_ms >= SLICE_MS;
}

void
conn_set_user(struct conn *c, uint64_t key)
{
	struct scheduler *sched = c->sched;

	pthread_mutex_lock(&sched->lock);
	if (!run_queue_set_user(&sched->queue, &c->run, key))
		conn_post(c, PENDING_YIELD);
	workers_call(sched);
	pthread_mutex_unlock(&sched->lock);
}

void
conn_set_class(struct conn *c, enum conn_class class)
{
	struct scheduler *sched = c->sched;

	pthread_mutex_lock(&sched->lock);
	run_queue_set_class(&sched->queue, &c->run, class);
	workers_call(sched);
	pthread_mutex_unlock(&sched->lock);
}

void
conn_set_idle_ms(struct conn *c, int ms)
{
	c->idle_ms = or_default(ms, or_default(c->service->idle_ms, IDLE_MS));
}

/* --- TLS --------------------------------------------------------------- */

bool
conn_may_starttls(const struct conn *c)
{
	return c->tls != NULL && c->stage == STAGE_OPEN && c->ssl == NULL;
}

void
conn_starttls(struct conn *c)
{
	/* The reply may have failed to be sent. */
	if (conn_is_broken(c))
		return;
	assert(conn_may_starttls(c));
	conn_set_stage(c, STAGE_STARTTLS, "asked for by the service");
	/* Input before the handshake was not encrypted, so it must not be used
	   after it. */
	buf_clear(&c->in);
	c->in_off = 0;
}

bool
conn_is_tls(const struct conn *c)
{
	return c->ssl != NULL && !conn_is_in_handshake(c);
}

bool
conn_tls_info(const struct conn *c, struct tls_info *out)
{
	if (!conn_is_tls(c))
		return false;
	tls_info_get(c->ssl, out);
	return true;
}

bool
conn_tls_peer_name(const struct conn *c, char *out, size_t size)
{
	return conn_is_tls(c) && tls_peer_name(c->ssl, out, size);
}

