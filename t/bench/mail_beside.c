/*
 * Deliveries beside commands on very large mailboxes.
 *
 * A few threads deliver to many users, each one message after the other, while
 * the first user changes hundreds of thousands of messages with one command.
 * The figures are how long the deliveries take meanwhile and how long they take
 * alone.
 */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "bench/mail.h"
#include "bench/mail_wire.h"

#define THREADS		4
#define SIZE		4096
#define COPIES_MAX	20
/* Deliveries go on for so many seconds after a DELETE, whose work is done
   later. */
#define AFTER_DELETE	3

enum phase {
	PHASE_ALONE,
	PHASE_STORE,
	PHASE_COPY,
	PHASE_EXPUNGE,
	PHASE_DELETE,
	PHASES,
	PHASE_END
};

static const char *const names[PHASES] = {
	"alone", "store", "copy", "expunge", "delete"
};

static struct {
	int phase;			/* atomic */
	unsigned left;			/* atomic: messages to seed */
	struct buf text;
} beside;

struct deliverer {
	pthread_t thread;
	struct wire wire;
	unsigned user;			/* the next user */
	struct times times[PHASES];
	uint64_t longest_us[PHASES];
};

static uint64_t
deliver(struct deliverer *d, unsigned user)
{
	uint64_t begin = clock_mono_us();

	lmtp_send(&d->wire, user, buf_view(&beside.text));
	lmtp_wait(&d->wire);
	return clock_mono_us() - begin;
}

/* A time belongs to the phase in which it began; what follows a command belongs
   to the phase of the command. */
static void *
deliver_main(void *arg)
{
	struct deliverer *d = arg;
	uint64_t us;
	int phase;

	while ((phase = __atomic_load_n(&beside.phase, __ATOMIC_RELAXED)) !=
	    PHASE_END) {
		us = deliver(d, d->user);
		d->user = d->user % (options.users - 1) + 1;
		times_add(&d->times[phase], us);
		if (us > d->longest_us[phase])
			d->longest_us[phase] = us;
	}
	return NULL;
}

static void *
seed_main(void *arg)
{
	struct deliverer *d = arg;

	while ((int)__atomic_fetch_sub(&beside.left, 1, __ATOMIC_RELAXED) > 0)
		(void)deliver(d, 0);
	return NULL;
}

static void
threads_start(struct deliverer *d, void *(*run)(void *))
{
	for (int i = 0; i < THREADS; i++)
		if ((errno = pthread_create(&d[i].thread, NULL, run,
		    &d[i])) != 0)
			fatal("cannot start a thread: %s", strerror(errno));
}

static void
threads_join(struct deliverer *d)
{
	for (int i = 0; i < THREADS; i++)
		pthread_join(d[i].thread, NULL);
}

/* ---- the mailboxes ---- */

/* Fills INBOX partly by LMTP; copies double it until there are n messages. */
static void
make_mailbox(struct wire *w, const char *name, unsigned n, unsigned seeds)
{
	unsigned have = seeds;

	(void)imap_command(w, "CREATE %s", name);
	(void)imap_command(w, "SELECT INBOX");
	(void)imap_command(w, "COPY 1:%u %s", seeds, name);
	(void)imap_command(w, "SELECT %s", name);
	while (have < n) {
		unsigned more = n - have < have ? n - have : have;

		(void)imap_command(w, "COPY 1:%u %s", more, name);
		have += more;
		(void)imap_command(w, "NOOP");
	}
	if (imap_command(w, "SELECT %s", name).exists != n)
		fatal("%s has not %u messages", name, n);
}

static void
seed(struct deliverer *d, struct wire *w, unsigned n)
{
	beside.left = n;
	threads_start(d, seed_main);
	threads_join(d);
	imap_try(w, "DELETE Huge");
	imap_try(w, "DELETE Half");
	make_mailbox(w, "Half", options.huge / 2, n);
	make_mailbox(w, "Huge", options.huge, n);
}

/* ---- the commands ---- */

static void
phase_set(enum phase phase)
{
	__atomic_store_n(&beside.phase, phase, __ATOMIC_RELAXED);
}

/* Repeats the command until the time is over, but at most max times. */
static void
phase_times(struct wire *w, enum phase phase, unsigned max,
    struct imap_seen (*command)(struct wire *w, unsigned n))
{
	uint64_t until = clock_mono_us() + options.seconds * 1000000ull;
	struct times times = { .n = 0 };
	unsigned n = 0;

	phase_set(phase);
	do
		times_add(&times, command(w, n++).us);
	while (clock_mono_us() < until && n < max);
	report(times_at(&times, 0.5), "ms", "%s-command", names[phase]);
	times_free(&times);
}

static struct imap_seen
store_all(struct wire *w, unsigned n)
{
	return imap_command(w, "STORE 1:* %cFLAGS.SILENT (\\Flagged)",
	    n % 2 == 0 ? '+' : '-');
}

static struct imap_seen
copy_some(struct wire *w, unsigned n)
{
	(void)imap_command(w, "CREATE Copy%u", n);
	return imap_command(w, "COPY 1:%u Copy%u", options.huge / 10, n);
}

static void
drop_copies(struct wire *w)
{
	char command[40];

	for (unsigned n = 0; n < COPIES_MAX; n++) {
		(void)snprintf(command, sizeof(command), "DELETE Copy%u", n);
		imap_try(w, command);
	}
}

static struct imap_seen
expunge_all(struct wire *w, unsigned n)
{
	(void)n;
	(void)imap_command(w, "STORE 1:* +FLAGS.SILENT (\\Deleted)");
	return imap_command(w, "EXPUNGE");
}

static struct imap_seen
delete_huge(struct wire *w, unsigned n)
{
	(void)n;
	(void)imap_command(w, "SELECT INBOX");
	return imap_command(w, "DELETE Huge");
}

static void
wait_seconds(unsigned seconds)
{
	struct timespec ts = { .tv_sec = seconds };

	while (nanosleep(&ts, &ts) == -1 && errno == EINTR)
		continue;
}

static void
run_commands(struct wire *w)
{
	wait_seconds(options.seconds);
	(void)imap_command(w, "SELECT Half");
	phase_times(w, PHASE_STORE, UINT32_MAX, store_all);
	phase_times(w, PHASE_COPY, COPIES_MAX, copy_some);
	phase_times(w, PHASE_EXPUNGE, 1, expunge_all);
	phase_times(w, PHASE_DELETE, 1, delete_huge);
	wait_seconds(AFTER_DELETE * options.seconds);
	phase_set(PHASE_END);
}

/* ---- figures ---- */

static void
report_phase(struct deliverer *d, int phase)
{
	struct times all = { .n = 0 };
	uint64_t longest = 0;

	for (int i = 0; i < THREADS; i++) {
		for (size_t k = 0; k < d[i].times[phase].n; k++)
			times_add(&all, d[i].times[phase].us[k]);
		if (d[i].longest_us[phase] > longest)
			longest = d[i].longest_us[phase];
		times_free(&d[i].times[phase]);
	}
	report(times_at(&all, 0.5), "ms", "beside-%s", names[phase]);
	report(times_at(&all, 0.99), "p99", "beside-%s", names[phase]);
	report((double)longest / 1e3, "max", "beside-%s", names[phase]);
	times_free(&all);
}

void
bench_beside(void)
{
	struct deliverer d[THREADS];
	unsigned seeds = options.huge / 64 + 1;
	struct wire w;

	memset(d, 0, sizeof(d));
	text_message(&beside.text, 1, SIZE - 700);
	for (unsigned i = 0; i < THREADS; i++) {
		lmtp_open(&d[i].wire);
		d[i].user = 1 + i * (options.users - 1) / THREADS;
	}
	imap_login(&w, 0, false);
	seed(d, &w, seeds);
	phase_set(PHASE_ALONE);
	threads_start(d, deliver_main);
	run_commands(&w);
	threads_join(d);
	drop_copies(&w);
	for (int phase = 0; phase < PHASES; phase++)
		report_phase(d, phase);
	for (int i = 0; i < THREADS; i++)
		wire_close(&d[i].wire);
	wire_close(&w);
	buf_free(&beside.text);
}
