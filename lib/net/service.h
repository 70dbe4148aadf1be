/*
 * service - what a program offers on its listeners: a table of callbacks
 *
 * How the callbacks are written, and what they may call, is in conn.h.
 */
#ifndef NET_SERVICE_H
#define NET_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/types.h>

#include "net/addr.h"

struct conn;

/* What a callback wants next. */
enum conn_next {
	/*
	 * More input.  From input() it means that every complete command
	 * was consumed: it comes again when there are new bytes.  After the
	 * other callbacks it comes at once if anything is unread.
	 */
	CONN_READ,
	/*
	 * pump(), to go on with a reply, when the output has gone out and,
	 * if this took long, others have been served.
	 */
	CONN_WRITE,
	/*
	 * The same callback again, after those who are queued (open() is
	 * followed by input(), though): see conn_should_yield().  A reply
	 * that input() began and pump() goes on with returns CONN_WRITE.
	 */
	CONN_AGAIN,
	/*
	 * resume(), after conn_resume(), which somebody else will call for
	 * certain; it may even have been called already.  No time-out runs.
	 */
	CONN_WAIT,
	/* Send what is in the output buffer, then close. */
	CONN_CLOSE
};

/* Queues: classes share the workers, prelogin gets at most a quarter. */
enum conn_class {
	CONN_PRELOGIN,
	CONN_INTERACTIVE,
	CONN_BULK,
	CONN_CLASSES
};

struct service {
	const char *name;	/* in the log; own memory of the program */
	void *arg;		/* conn_service_arg() */
	enum conn_class class;	/* of new connections */

	/* Limits; 0 takes the default. */
	int connections_max;	/* 0: the server's */
	/*
	 * Of one address (IPv6: one /64) that has not logged in, counting its
	 * connections to all services; 0: no limit.  Not for Unix sockets.
	 */
	int strangers_max;
	const char *strangers_setting;	/* where that number is from, or NULL */
	size_t input_max;	/* unread bytes kept; 0: 64 KB */
	int idle_ms;		/* waiting for input; 0: 30 min */
	int write_ms;		/* waiting for a slow reader; 0: 60 s */
	int login_ms;		/* prelogin, and a TLS handshake; 0: 60 s */

	/*
	 * How a connection above a limit is told the reason, which follows
	 * with the end of the line: "* BYE "; NULL: nothing is said.
	 */
	const char *too_many;

	/*
	 * The connection is there (and TLS is up, where the listener has it):
	 * greet.  NULL: nothing is said and input() comes first.
	 */
	enum conn_next (*open)(struct conn *c);
	/* There is input.  The only one that must be there. */
	enum conn_next (*input)(struct conn *c);
	/* After CONN_WRITE. */
	enum conn_next (*pump)(struct conn *c);
	/* After CONN_WAIT and conn_resume().  NULL: input() is called. */
	enum conn_next (*resume)(struct conn *c);
	/*
	 * After conn_wake(), as soon as the connection waits for input: never
	 * in the middle of a command that returned WRITE, AGAIN or WAIT.
	 * Several wakes may become one call.  NULL: nothing happens.
	 */
	enum conn_next (*wake)(struct conn *c);
	/*
	 * Nothing came for the idle (or login) time: say so and CONN_CLOSE,
	 * or write a sign of life and CONN_READ.  NULL: close in silence.  A
	 * login time that is over closes whatever it returns.
	 */
	enum conn_next (*timeout)(struct conn *c);
	/*
	 * The server stops and the connection waits for input: write a
	 * farewell.  The loop thread may be calling: never block.  NULL:
	 * nothing.
	 */
	void (*bye)(struct conn *c);
	/*
	 * The last callback, always called when open() was due: free
	 * conn_data().  Output still in the buffer goes out afterwards.
	 * The loop thread may be calling: be short.
	 */
	void (*close)(struct conn *c);
};

/* Who is there. */
struct conn_facts {
	uint64_t cid;		/* unique, also across restarts; in the log */
	char cid_text[17];	/* the same in hexadecimal, for replies */
	struct addr peer;
	struct addr local;
	bool is_unix;
	bool is_loopback;	/* a Unix socket counts */
	uid_t uid;		/* Unix sockets: the peer's, from the kernel */
	gid_t gid;
	pid_t pid;
	int64_t since;		/* time(NULL) when accepted */
};

#endif
