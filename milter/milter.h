/*
 * milter - postern-milter: what its files share
 *
 *	main.c		options, configuration, sockets, signals
 *	session.c	the callbacks of libmilter: gathers what is seen
 *	judge.c		asks imapd what it thinks of a message
 *
 * libmilter runs the callbacks of one session in whatever thread is free:
 * all state of a session hangs at its SMFICTX, nothing in a thread.
 */
#ifndef MILTER_MILTER_H
#define MILTER_MILTER_H

#include <pthread.h>

#include "auth/keyfile.h"
#include "auth/origin.h"
#include "base/log.h"
#include "base/settings.h"
#include "base/spool.h"

struct milter {
	const struct settings *settings;	/* milter_settings() */
	const struct keyfile *origin_keys;	/* milter_origin_keys() */
	struct judge *judge;			/* own */
	const char *spool_dir;
	unsigned sessions;			/* atomic */
	struct log log;
};

/* SIGHUP replaces both; old ones are kept until the end. */
const struct settings *milter_settings(void);
const struct keyfile *milter_origin_keys(void);

extern struct milter milter;

/* session.c: hands the callbacks to libmilter.  0, or -1. */
int session_register(struct err *err);

/* ---- judge.c ---- */

struct judge;

struct judge *judge_new(void);
void judge_free(struct judge **j);

enum verdict { VERDICT_ACCEPT, VERDICT_DELAY, VERDICT_REJECT };

/* What is asked about one message, for each of its recipients. */
struct judge_question {
	const struct origin *origin;
	struct bytes header;		/* at most STORE_HEADER_MAX bytes */
	uint64_t size;
};

struct judge_answer {
	bool is_ours;			/* else nothing below is set */
	enum verdict verdict;
	uint64_t delay_ms;
	char reason[200];
};

/*
 * One recipient: is it ours, and if so what does its account think?  0, or
 * -1: imapd cannot be asked (ERR_TEMP).
 */
int judge_recipient(struct judge *j, const struct judge_question *q,
    struct bytes recipient, struct log *log, struct judge_answer *answer,
    struct err *err);

#endif
