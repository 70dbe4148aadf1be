/*
 * service - the table of callbacks that implements a protocol
 *
 * conn.h describes how to write callbacks and which functions they may call.
 */
#ifndef NET_SERVICE_H
#define NET_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/types.h>

#include "net/addr.h"

struct conn;

/* What to do after a callback. */
enum conn_next {
	/*
	 * Wait for input and call input().  If input() returns this, it has
	 * consumed every complete command, and is called again when there are
	 * new bytes.  After the other callbacks it is called at once if there
	 * is unread input.
	 */
	CONN_READ,
	/*
	 * Call pump(), to continue a reply, when the output was sent and, if
	 * this took long, after other connections.
	 */
	CONN_WRITE,
	/*
	 * Call the same callback again, after the queued connections (but
	 * input() after open()): see conn_should_yield().  If pump() shall
	 * continue a reply that input() began, return CONN_WRITE.
	 */
	CONN_AGAIN,
	/*
	 * Call resume() after conn_resume(), which another thread must call,
	 * or may have called already.  There is no time-out.
	 */
	CONN_WAIT,
	/* Send the output, then close. */
	CONN_CLOSE
};

/* Classes share the workers; CONN_PRELOGIN gets at most a quarter of them. */
enum conn_class {
	CONN_PRELOGIN,
	CONN_INTERACTIVE,
	CONN_BULK,
	CONN_CLASSES
};

struct service {
	const char *name;	/* for the log; borrowed */
	void *arg;		/* conn_service_arg() */
	enum conn_class class;	/* of new connections */

	/* Limits; 0 takes the default. */
	int connections_max;	/* 0: that of the server */
	/*
	 * Connections from one address (IPv6: one /64) that have not logged
	 * in, to all services; 0: no limit.  Not for Unix sockets.
	 */
	int strangers_max;
	const char *strangers_setting;	/* name of the setting, or NULL */
	size_t input_max;	/* most unread bytes; 0: 64 KB */
	int idle_ms;		/* waiting for input; 0: 30 min */
	int write_ms;		/* waiting for a slow reader; 0: 60 s */
	int login_ms;		/* until login, and TLS handshake; 0: 60 s */

	/*
	 * Sent to a connection over a limit, followed by the reason and the
	 * end of the line: "* BYE ".  NULL: send nothing.
	 */
	const char *too_many;

	/*
	 * Called for a new connection, after the handshake if the listener has
	 * implicit TLS, to send a greeting.  NULL: begin with input().
	 */
	enum conn_next (*open)(struct conn *c);
	/* Called when there is input.  The only one that is required. */
	enum conn_next (*input)(struct conn *c);
	/* After CONN_WRITE. */
	enum conn_next (*pump)(struct conn *c);
	/* After CONN_WAIT and conn_resume().  NULL: input() is called. */
	enum conn_next (*resume)(struct conn *c);
	/*
	 * After conn_wake(), as soon as the connection waits for input, but
	 * not within a command that returned CONN_WRITE, CONN_AGAIN or
	 * CONN_WAIT.  Several wake-ups may cause one call.  NULL: ignored.
	 */
	enum conn_next (*wake)(struct conn *c);
	/*
	 * After idle_ms (or login_ms) without input.  Tell the client and
	 * return CONN_CLOSE, or send something to keep the connection alive
	 * and return CONN_READ.  NULL: close without a reply.  After login_ms
	 * the connection is closed whatever this returns.
	 */
	enum conn_next (*timeout)(struct conn *c);
	/*
	 * The server stops while the connection waits for input: tell the
	 * client.  May be called in the loop thread, so it must not block.
	 * NULL: send nothing.
	 */
	void (*bye)(struct conn *c);
	/*
	 * The last callback: free conn_data().  Always called, unless the
	 * connection ended before open() was due.  Output in the buffer is
	 * sent afterwards.  May be called in the loop thread, so it must be
	 * short.
	 */
	void (*close)(struct conn *c);
};

/* The facts about a connection. */
struct conn_facts {
	uint64_t cid;		/* unique, even after restarts; in the log */
	char cid_text[17];	/* the same in hexadecimal, for replies */
	struct addr peer;
	struct addr local;
	bool is_unix;
	bool is_loopback;	/* also true for a Unix socket */
	uid_t uid;		/* of a Unix socket's peer, from the kernel */
	gid_t gid;
	pid_t pid;
	int64_t since;		/* time(NULL) when accepted */
};

#endif
