/*
 * conn - a connection as a service sees it
 *
 * A service (IMAP, LMTP, socketmap, ...) is a table of callbacks, struct
 * service in service.h.  A worker thread calls them, one at a time for one
 * connection, only while there is something to do; in between the connection
 * is parked and costs memory alone.  A service is written as plain code:
 *
 *	static enum conn_next
 *	echo_input(struct conn *c)
 *	{
 *		struct bytes in = conn_input(c);
 *		ptrdiff_t nl;
 *
 *		while ((nl = bytes_index(in, '\n')) >= 0) {
 *			conn_write(c, in.data, (size_t)nl + 1);
 *			conn_consume(c, (size_t)nl + 1);
 *			in = conn_input(c);
 *		}
 *		return in.len == LINE_MAX ? CONN_CLOSE : CONN_READ;
 *	}
 *
 * Replies are collected and go out in one write when the callback returns.
 *
 * Unless said otherwise the functions here may be called from the callbacks
 * of that connection only.  conn_wake() and conn_resume() may be called from
 * any thread, as long as the connection is not closed: whoever lets others
 * know a connection takes it back in close(), which is called with no lock
 * held, and makes sure (by its own lock) that nobody is on the way with it.
 */
#ifndef NET_CONN_H
#define NET_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "net/service.h"
#include "net/tls.h"

struct log;

const struct conn_facts *conn_facts(const struct conn *c);
void *conn_service_arg(const struct conn *c);
/* Carries the cid.  The service may add fields (the user, say). */
struct log *conn_log(struct conn *c);
/* Lives as long as the connection; for what is allocated once. */
struct arena *conn_arena(struct conn *c);
/* The service's state; NULL at first. */
void *conn_data(const struct conn *c);
void conn_set_data(struct conn *c, void *data);

/* --- input ----------------------------------------------------------- */

/*
 * The unread bytes, valid until the callback returns or conn_consume().
 * A large literal is taken in pieces: consume what is there, return
 * CONN_READ, get the next piece (64 KB at most) in input().
 */
struct bytes conn_input(const struct conn *c);
/* The first n bytes are done with; n is at most what there is. */
void conn_consume(struct conn *c, size_t n);
/*
 * How many bytes may be unread; more won't be read.  A service that wants
 * more all the same must refuse the command and consume; else the connection
 * is closed with an error in the log.  0: the default.
 */
void conn_set_input_max(struct conn *c, size_t max);

/* --- output ---------------------------------------------------------- */

/*
 * The output buffer, to append to.  Never blocks, never bounds: a callback
 * that may write more than 64 KB asks conn_out_is_full() in between and
 * returns CONN_WRITE, or calls conn_write().
 */
struct buf *conn_out(struct conn *c);
/* 64 KB or more wait, after an attempt to send them. */
bool conn_out_is_full(struct conn *c);
/*
 * For services without a pump: appends and sends, waiting for the peer while
 * 64 KB or more are unsent, up to the write time-out.  0, or -1: the
 * connection is broken, what is unsent is gone.
 */
int conn_write(struct conn *c, const void *p, size_t n);
/*
 * The peer is gone or did not read in time.  A long command may look and
 * stop; after the callback the connection is closed whatever it returns.
 */
bool conn_is_broken(const struct conn *c);

/* --- working with others --------------------------------------------- */

/* Calls wake() soon.  Never lost.  From any thread. */
void conn_wake(struct conn *c);
/* Ends CONN_WAIT; once for each.  From any thread. */
void conn_resume(struct conn *c);
/*
 * The worker has served this connection for 50 ms, or moved 1 MB for it, and
 * others wait: at the next good moment a pump returns CONN_WRITE, a long
 * command that can go on CONN_AGAIN.
 */
bool conn_should_yield(struct conn *c);
/*
 * The account, after login: its connections are served by turns with other
 * accounts', and have at most a quarter of the workers (4 at least).  A class
 * of prelogin becomes interactive.  key is not 0.
 */
void conn_set_user(struct conn *c, uint64_t key);
void conn_set_class(struct conn *c, enum conn_class class);
/* How long the connection may wait for input from now on; 0: the default. */
void conn_set_idle_ms(struct conn *c, int ms);

/* --- TLS ------------------------------------------------------------- */

/* The listener can do STARTTLS, and TLS is not up yet. */
bool conn_may_starttls(const struct conn *c);
/*
 * After the positive reply was written: the callback must return CONN_READ
 * next.  Unread input is thrown away (it came in the clear), the reply is
 * sent, then comes the handshake, then input().
 */
void conn_starttls(struct conn *c);
bool conn_is_tls(const struct conn *c);
/* False without TLS. */
bool conn_tls_info(const struct conn *c, struct tls_info *out);
/* See tls_peer_name(); false without TLS. */
bool conn_tls_peer_name(const struct conn *c, char *out, size_t size);

#endif
