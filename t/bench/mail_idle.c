/* Idle sessions: how soon they are notified, and what they cost. */
#include <config.h>

#include <sys/resource.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/err.h"
#include "bench/mail.h"
#include "bench/mail_wire.h"

#define NOTIFICATIONS	40
#define SETTLE_MS	3000
#define HIBERNATE_MS	12000	/* the peer puts sessions away after 2 s,
				   and its spare processes after 3 */

static void
wait_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) == -1 && errno == EINTR)
		continue;
}

/* The time from the final dot of a delivery to the line in another session. */
void
bench_notify(void)
{
	struct times from_dot = { 0 };
	struct buf text = BUF_INIT;
	struct wire idle, lmtp;
	struct bytes line;
	uint64_t start;

	imap_login(&idle, 2 % options.users, false);
	imap_command(&idle, "SELECT INBOX");
	lmtp_open(&lmtp);
	for (unsigned i = 0; i < NOTIFICATIONS; i++) {
		buf_clear(&text);
		text_message(&text, i, 3000);
		imap_idle(&idle);
		lmtp_send(&lmtp, 2 % options.users, buf_view(&text));
		start = clock_mono_us();
		do
			line = wire_line(&idle);
		while (memmem(line.data, line.len, " EXISTS", 7) == NULL);
		times_add(&from_dot, clock_mono_us() - start);
		lmtp_wait(&lmtp);
		wire_send(&idle, "DONE\r\n", 6);
		imap_end(&idle, idle.tag);
	}
	report(times_at(&from_dot, 0.5), "ms", "notify");
	report(times_at(&from_dot, 0.99), "p99", "notify");
	times_free(&from_dot);
	buf_free(&text);
	wire_close(&idle);
	wire_close(&lmtp);
}

static void
allow_descriptors(unsigned n)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		fatal("getrlimit: %s", strerror(errno));
	if (r.rlim_cur >= n)
		return;
	r.rlim_cur = n;
	if (r.rlim_max < n)
		r.rlim_max = n;
	if (setrlimit(RLIMIT_NOFILE, &r) == -1)
		fatal("cannot have %u descriptors: %s", n, strerror(errno));
}

/* Checks each user's password once, before anything is measured. */
static void
warm_logins(void)
{
	struct wire w;

	for (unsigned i = 0; i < options.users; i++) {
		imap_login(&w, i, false);
		imap_command(&w, "SELECT INBOX");
		wire_close(&w);
	}
}

static void
sessions_open(struct wire *list, unsigned from, unsigned to, bool tls)
{
	for (unsigned i = from; i < to; i++) {
		imap_login(&list[i], i % options.users, tls);
		imap_command(&list[i], "SELECT INBOX");
		imap_idle(&list[i]);
	}
}

/* Delivers a message to each of some users; all their sessions are notified. */
static uint64_t
sessions_notify(struct wire *list, unsigned n)
{
	unsigned users = n < options.users ? n : options.users;
	uint64_t start = clock_mono_us();
	struct buf text = BUF_INIT;
	struct bytes line;
	struct wire lmtp;

	text_message(&text, 0, 1000);
	lmtp_open(&lmtp);
	for (unsigned i = 0; i < users; i++) {
		lmtp_send(&lmtp, i, buf_view(&text));
		lmtp_wait(&lmtp);
	}
	for (unsigned i = 0; i < n; i++)
		do
			line = wire_line(&list[i]);
		while (memmem(line.data, line.len, " EXISTS", 7) == NULL);
	wire_close(&lmtp);
	buf_free(&text);
	return clock_mono_us() - start;
}

/*
 * Measures what a session costs on the second half of them, because the first
 * half uses memory that the server had allocated earlier and not returned.
 */
static void
sessions_measure(const char *name, struct wire *list, bool tls)
{
	unsigned half = options.count / 2;
	uint64_t base, middle, full, start = clock_mono_us();

	base = proc_pss_kb(options.pid);
	sessions_open(list, 0, half, tls);
	report(half * 1e6 / (double)(clock_mono_us() - start), "rate",
	    "%s-open", name);
	wait_ms(HIBERNATE_MS);
	middle = proc_pss_kb(options.pid);
	sessions_open(list, half, options.count, tls);
	wait_ms(HIBERNATE_MS);
	full = proc_pss_kb(options.pid);
	report(((double)full - (double)middle) / (options.count - half),
	    "kb", "%s", name);
	report(((double)full - (double)base) / options.count, "kb",
	    "%s-with-base", name);
}

static void
idle_run(const char *name, bool tls)
{
	struct wire *list = calloc(options.count, sizeof(*list));
	uint64_t cpu;

	if (list == NULL)
		fatal("out of memory");
	allow_descriptors(options.count + 100);
	warm_logins();
	wait_ms(SETTLE_MS);
	sessions_measure(name, list, tls);
	cpu = proc_cpu_ms(options.pid);
	wait_ms(SETTLE_MS);
	report((double)(proc_cpu_ms(options.pid) - cpu) * 1000 / SETTLE_MS,
	    "cpu", "%s-rest", name);
	report((double)sessions_notify(list, options.count) / 1e3, "ms",
	    "%s-notify-all", name);
	for (unsigned i = 0; i < options.count; i++)
		wire_close(&list[i]);
	free(list);
}

void
bench_idle(void)
{
	idle_run("idle", false);
}

void
bench_idle_tls(void)
{
	idle_run("idle-tls", true);
}
