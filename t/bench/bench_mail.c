/*
 * bench_mail - how fast a mail server is, seen from outside
 *
 *	bench_mail --imap PORT --lmtp PORT [--OPTION VALUE]... GROUP...
 *
 * Speaks LMTP and IMAP on loopback to any server that has users u0000,
 * u0001, ... with one password and takes mail for them; see t/bench/run.sh,
 * which starts servers and prints a table.
 */
#include <config.h>

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/err.h"
#include "bench/mail.h"

struct options options = {
	.domain = "localhost", .password = "localserve", .users = 100,
	.seconds = 10, .rounds = 5, .middle = 10000, .big = 100000,
	.count = 1000, .huge = 1000000
};

static const struct {
	const char *name;
	void (*run)(void);
	const char *help;
} groups[] = {
	{ "lmtp", bench_lmtp, "deliveries: 4K, 50K, 1M; 1, 8, 32 connections" },
	{ "lmtp-4k", bench_lmtp_4k, "" },
	{ "lmtp-50k", bench_lmtp_50k, "" },
	{ "lmtp-1m", bench_lmtp_1m, "" },
	{ "seed", bench_seed, "makes the mailboxes that the others need" },
	{ "select", bench_select, "the big mailbox; restart the server first" },
	{ "fetch", bench_fetch, "the middle one; seed it first" },
	{ "search", bench_search, "" },
	{ "change", bench_change, "STORE, COPY, MOVE, EXPUNGE" },
	{ "dialogue", bench_dialogue, "short commands one by one" },
	{ "append", bench_append, "APPEND one by one" },
	{ "notify", bench_notify, "from delivery to a session in IDLE" },
	{ "idle", bench_idle, "many sessions in IDLE" },
	{ "idle-tls", bench_idle_tls, "the same inside TLS" },
	{ "beside", bench_beside, "deliveries beside huge STORE, COPY, DELETE" },
};
#define GROUPS	(sizeof(groups) / sizeof(*groups))

/* ---- figures ---- */

void
report(double value, const char *unit, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf(".%s %.4g\n", unit, value);
	fflush(stdout);
}

void
times_add(struct times *t, uint64_t us)
{
	if (t->n == t->cap) {
		t->cap = t->cap == 0 ? 1024 : t->cap * 2;
		t->us = reallocarray(t->us, t->cap, sizeof(*t->us));
		if (t->us == NULL)
			fatal("out of memory");
	}
	t->us[t->n++] = us;
}

static int
compare_u64(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

double
times_at(struct times *t, double part)
{
	if (t->n == 0)
		fatal("a row without a single time");
	qsort(t->us, t->n, sizeof(*t->us), compare_u64);
	return (double)t->us[(size_t)((double)(t->n - 1) * part)] / 1e3;
}

void
times_free(struct times *t)
{
	free(t->us);
	memset(t, 0, sizeof(*t));
}

/* ---- options ---- */

static _Noreturn void
usage(void)
{
	fprintf(stderr, "usage: bench_mail --imap PORT --lmtp PORT "
	    "[--imaps PORT] [--pid PID] [--domain D]\n    [--password P] "
	    "[--users N] [--seconds N] [--rounds N] [--middle N]\n"
	    "    [--big N] [--count N] [--huge N] [--lanes N] GROUP...\n"
	    "groups:\n");
	for (size_t i = 0; i < GROUPS; i++)
		fprintf(stderr, "    %-10s %s\n", groups[i].name,
		    groups[i].help);
	exit(2);
}

static unsigned
number(const char *text)
{
	uint64_t n;

	if (decimal_parse(bytes_of(text), 1000000000, &n) == -1)
		usage();
	return (unsigned)n;
}

static void
group_run(const char *name)
{
	for (size_t i = 0; i < GROUPS; i++)
		if (strcmp(groups[i].name, name) == 0) {
			groups[i].run();
			return;
		}
	usage();
}

static void
option_set(int c, const char *value)
{
	switch (c) {
	case 'i': options.imap = (int)number(value); break;
	case 's': options.imaps = (int)number(value); break;
	case 'l': options.lmtp = (int)number(value); break;
	case 'p': options.pid = (pid_t)number(value); break;
	case 'd': options.domain = value; break;
	case 'w': options.password = value; break;
	case 'u': options.users = number(value); break;
	case 't': options.seconds = number(value); break;
	case 'r': options.rounds = number(value); break;
	case 'm': options.middle = number(value); break;
	case 'b': options.big = number(value); break;
	case 'c': options.count = number(value); break;
	case 'h': options.huge = number(value); break;
	case 'n': options.lanes = number(value); break;
	default: usage();
	}
}

int
main(int argc, char **argv)
{
	static const struct option list[] = {
		{ "imap", required_argument, NULL, 'i' },
		{ "imaps", required_argument, NULL, 's' },
		{ "lmtp", required_argument, NULL, 'l' },
		{ "pid", required_argument, NULL, 'p' },
		{ "domain", required_argument, NULL, 'd' },
		{ "password", required_argument, NULL, 'w' },
		{ "users", required_argument, NULL, 'u' },
		{ "seconds", required_argument, NULL, 't' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "middle", required_argument, NULL, 'm' },
		{ "big", required_argument, NULL, 'b' },
		{ "count", required_argument, NULL, 'c' },
		{ "huge", required_argument, NULL, 'h' },
		{ "lanes", required_argument, NULL, 'n' },
		{ NULL, 0, NULL, 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "", list, NULL)) != -1)
		option_set(c, optarg);
	if (options.imap == 0 || options.lmtp == 0 || options.users == 0 ||
	    options.count == 0 || optind == argc)
		usage();
	for (; optind < argc; optind++)
		group_run(argv[optind]);
	return 0;
}
