/*
 * mail - what the parts of bench_mail share
 *
 * The bench is a client: it knows the protocols and a process id, nothing
 * else, so that the same program measures any server.  It checks each reply
 * and ends with an error at the first that is not as expected.
 *
 * A figure is a line "ROW.UNIT VALUE".  Units: rate (messages a second), ms,
 * p99 and max (ms), cpu (ms of CPU of the server, all its processes), mb (MB a
 * second), kb (KB of memory for each connection).
 */
#ifndef BENCH_MAIL_H
#define BENCH_MAIL_H

#include <stddef.h>
#include <stdint.h>

#include <sys/types.h>

#include "base/buf.h"

struct options {
	int imap, imaps, lmtp;		/* ports on 127.0.0.1; 0: none */
	pid_t pid;			/* the server's first process */
	const char *domain, *password;
	unsigned users;			/* u0000, u0001, ... */
	unsigned seconds;		/* the longest time of an LMTP row */
	unsigned rounds;		/* per IMAP row */
	unsigned middle, big;		/* messages in these mailboxes */
	unsigned count;			/* idle connections */
	unsigned huge;			/* messages in the huge mailbox */
	unsigned lanes;	/* only LMTP rows with that many; 0: all */
};

extern struct options options;

/* Prints one figure. */
void report(double value, const char *unit, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Times of one row, in microseconds. */
struct times {
	uint64_t *us;			/* own */
	size_t n, cap;
};

void times_add(struct times *t, uint64_t us);
/* The value, in ms, below which `part' (0 to 1) of the times are. */
double times_at(struct times *t, double part);
void times_free(struct times *t);

/* ---- mail_proc.c: what the server uses ---- */

/* User and system time of the process and all its descendants, including ended
   ones. */
uint64_t proc_cpu_ms(pid_t pid);
/* Proportional set size of the same processes. */
uint64_t proc_pss_kb(pid_t pid);

/* ---- mail_text.c: messages ---- */

/*
 * Makes message number n, of about size bytes, always the same: seven of ten
 * are plain text, two have an HTML alternative, one has an attachment.  Every
 * hundredth has the word NEEDLE in its subject and text.
 */
#define NEEDLE	"quintessence"
#define NEEDLE_EVERY	100
void text_message(struct buf *out, unsigned n, size_t size);
/* Makes the header alone, with the empty line after it. */
void text_header(struct buf *out, unsigned n, const char *type);

/* ---- the groups of rows ---- */

void bench_lmtp(void);
void bench_lmtp_4k(void);
void bench_lmtp_50k(void);
void bench_lmtp_1m(void);
void bench_seed(void);
void bench_select(void);
void bench_fetch(void);
void bench_search(void);
void bench_change(void);
void bench_dialogue(void);
void bench_append(void);
void bench_notify(void);
void bench_idle(void);
void bench_idle_tls(void);
void bench_beside(void);

/* Delivers one message to a user, and returns when it was accepted. */
struct wire;
void lmtp_open(struct wire *w);
void lmtp_send(struct wire *w, unsigned user, struct bytes text);
/* Waits for the reply to the final dot. */
void lmtp_wait(struct wire *w);

#endif
