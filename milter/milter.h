/*
 * milter - postern-milter: what its files share
 *
 *	main.c		options, configuration, sockets, signals
 *	config.c	settings as sessions need them
 *	session.h	a connection and its message, stage by stage
 *	limits.c	what clients and their networks may ask
 *	slow.c		letting clients wait
 *	answer.c	refusals, and what would be one
 *	judge.c		the questions to imapd
 *	special.c	recipients that ask for an error
 *	received.c	whom a relay had a message from
 *	report.c	counts for DMARC reports, to imapd
 */
#ifndef MILTER_MILTER_H
#define MILTER_MILTER_H

#include <pthread.h>

#include "base/log.h"
#include "auth/dkim_keys.h"
#include "milter/config.h"
#include "milter/judge.h"
#include "milter/limits.h"
#include "milter/report.h"
#include "milter/slow.h"

struct milter {
	const struct config *config;		/* milter_config() */
	struct judge *judge;			/* own */
	struct limits *limits;			/* own */
	struct slow *slow;			/* own */
	struct report *report;			/* own */
	struct dkim_keys *dkim_keys;		/* own */
	struct dns *dns;			/* own */
	const char *spool_dir;
	unsigned sessions;			/* atomic */
	struct log log;
};

/* The one in force; SIGHUP puts another in its place. */
const struct config *milter_config(void);

extern struct milter milter;

#endif
