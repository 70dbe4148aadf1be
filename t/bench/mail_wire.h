/*
 * mail_wire - a client's connection, blocking, in the clear or with TLS
 *
 *	struct wire w;
 *	imap_login(&w, 0, false);
 *	n = imap_command(&w, "SELECT INBOX").exists;
 *	wire_close(&w);
 *
 * Anything unexpected ends the program.
 */
#ifndef BENCH_MAIL_WIRE_H
#define BENCH_MAIL_WIRE_H

#include <stdbool.h>

#include "base/buf.h"

struct wire {
	int fd;
	struct ssl_st *ssl;		/* own; NULL: in the clear */
	struct buf in;			/* own */
	size_t off;			/* how much of in was read */
	uint64_t bytes;			/* received */
	unsigned tag;
};

void wire_open(struct wire *w, int port, bool tls);
void wire_close(struct wire *w);
void wire_send(struct wire *w, const void *p, size_t n);
/* The next line without its end, valid until the next call. */
struct bytes wire_line(struct wire *w);

/* The untagged responses of a command. */
struct imap_seen {
	unsigned exists;		/* the number in the last EXISTS */
	unsigned fetches, expunges, hits, messages;
	uint64_t literal_bytes;
	uint64_t us;			/* until the tagged answer */
};

/* Connects and logs in as user number n. */
void imap_login(struct wire *w, unsigned n, bool tls);
/* Sends a command and reads up to its tagged OK. */
struct imap_seen imap_command(struct wire *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The same in two steps, so that many commands can be in flight. */
void imap_begin(struct wire *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
struct imap_seen imap_end(struct wire *w, unsigned tag);
/* The same, but accepts NO as well as OK. */
void imap_try(struct wire *w, const char *command);
/* Sends an APPEND of a message.  imap_end() reads the response. */
void imap_append_begin(struct wire *w, const char *mailbox,
    struct bytes text);
/* Begins IDLE and returns when "+" has arrived. */
void imap_idle(struct wire *w);

#endif
