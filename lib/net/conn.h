/*
 * conn - a connection, for the callbacks of a service
 *
 * A service (IMAP, LMTP, socketmap, ...) is a table of callbacks, struct
 * service in service.h.  A worker thread calls them, one at a time for each
 * connection, when there is something to do.  The rest of the time the
 * connection is parked and uses only memory.  A service is written as plain
 * code:
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
 * Replies are collected and sent in one write when the callback returns.
 *
 * Unless stated otherwise, these functions may be called only from the
 * callbacks of that connection.  conn_wake() and conn_resume() may be called
 * from any thread until the connection is closed.  So a service that gives a
 * connection to other threads must take it back in close(), which is called
 * with no lock held, and must use its own lock to make sure that no thread is
 * still using it.
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
/* Its lines have the cid.  The service may add fields, such as the user. */
struct log *conn_log(struct conn *c);
/* Freed with the connection; for data that is allocated once. */
struct arena *conn_arena(struct conn *c);
/* The state of the service; NULL at first. */
void *conn_data(const struct conn *c);
void conn_set_data(struct conn *c, void *data);

/* --- input ----------------------------------------------------------- */

/*
 * Returns the unread bytes, which are valid until the callback returns or calls
 * conn_consume().  To read a large literal in pieces, consume the input, return
 * CONN_READ, and get the next piece (at most 64 KB) in input().
 */
struct bytes conn_input(const struct conn *c);
/* Removes the first n bytes, which must be there, from the input. */
void conn_consume(struct conn *c, size_t n);
/*
 * Sets how many unread bytes are kept; no more are read.  If a service needs
 * more, it must refuse the command and consume input; otherwise the connection
 * is closed and an error is logged.  0: the default.
 */
void conn_set_input_max(struct conn *c, size_t max);

/* --- output ---------------------------------------------------------- */

/*
 * Returns the output buffer, to append to.  It never blocks and has no limit:
 * a callback that may write more than 64 KB must check conn_out_is_full() and
 * return CONN_WRITE, or use conn_write().
 */
struct buf *conn_out(struct conn *c);
/* Tries to send.  Returns true if 64 KB or more are still unsent. */
bool conn_out_is_full(struct conn *c);
/*
 * For services without a pump: appends and sends, and waits for the peer while
 * 64 KB or more are unsent, up to the write time-out.  Returns 0, or -1 if the
 * connection is broken; unsent output is then lost.
 */
int conn_write(struct conn *c, const void *p, size_t n);
/*
 * Has the peer closed the connection, or not read in time?  A long command may
 * check and stop.  After the callback the connection is closed, whatever the
 * callback returns.
 */
bool conn_is_broken(const struct conn *c);

/* --- working with others --------------------------------------------- */

/* Makes wake() be called soon; is never lost.  Any thread may call it. */
void conn_wake(struct conn *c);
/* Ends a CONN_WAIT; call it once for each.  Any thread may call it. */
void conn_resume(struct conn *c);
/*
 * Returns true if the worker has served this connection for 50 ms or moved 1 MB
 * for it, and other connections wait.  Then a pump should return CONN_WRITE,
 * and a long command CONN_AGAIN, as soon as they can.
 */
bool conn_should_yield(struct conn *c);
/*
 * Sets the account, after login; key must not be 0.  The connections of
 * accounts are served in turns, and those of one account use at most a quarter
 * of the workers (but at least 4).  The class CONN_PRELOGIN becomes
 * CONN_INTERACTIVE.
 */
void conn_set_user(struct conn *c, uint64_t key);
void conn_set_class(struct conn *c, enum conn_class class);
/* Sets how long the connection may wait for input; 0: the default. */
void conn_set_idle_ms(struct conn *c, int ms);

/* --- TLS ------------------------------------------------------------- */

/* Does the listener allow STARTTLS, and is TLS not in use yet? */
bool conn_may_starttls(const struct conn *c);
/*
 * Call this after writing the positive reply; the callback must then return
 * CONN_READ.  Unread input is discarded, because it was not encrypted; the
 * reply is sent; after the handshake input() is called.
 */
void conn_starttls(struct conn *c);
bool conn_is_tls(const struct conn *c);
/* Returns false without TLS. */
bool conn_tls_info(const struct conn *c, struct tls_info *out);
/* See tls_peer_name().  Returns false without TLS. */
bool conn_tls_peer_name(const struct conn *c, char *out, size_t size);

#endif
