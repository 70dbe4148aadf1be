/*
 * Rows of IMAP.  User u0000 has two mailboxes: `middle', whose messages have
 * text of all kinds and were appended one by one, and `big', many copies of
 * small ones.  Each round opens a new connection.
 */
#include <config.h>

#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "bench/mail.h"
#include "bench/mail_wire.h"

#define PIPELINE	50		/* commands in flight */
#define MIDDLE_SIZE	6000
#define SMALL_SIZE	300
#define SMALL		1000		/* copied into `big' */
#define DIALOGUE	200
#define APPENDS		500

/* ---- rows ---- */

struct row {
	const char *name;
	struct times times;
	uint64_t cpu_ms, runs;
	uint64_t cpu_before;
};

static void
row_begin(struct row *r)
{
	r->cpu_before = proc_cpu_ms(options.pid);
}

static void
row_add(struct row *r, uint64_t us)
{
	times_add(&r->times, us);
	r->cpu_ms += proc_cpu_ms(options.pid) - r->cpu_before;
	r->runs++;
}

static void
row_end(struct row *r)
{
	report(times_at(&r->times, 0.5), "ms", "%s", r->name);
	if (options.pid != 0)
		report((double)r->cpu_ms / (double)r->runs, "cpu", "%s",
		    r->name);
	times_free(&r->times);
}

/* Runs and times a command of the row. */
static struct imap_seen
row_command(struct row *r, struct wire *w, const char *command)
{
	struct imap_seen seen;

	row_begin(r);
	seen = imap_command(w, "%s", command);
	row_add(r, seen.us);
	return seen;
}

static void
expect(const char *what, uint64_t got, uint64_t due)
{
	if (got != due)
		fatal("%s: %llu instead of %llu", what,
		    (unsigned long long)got, (unsigned long long)due);
}

/* ---- seeding ---- */

static void
append_many(struct wire *w, const char *mailbox, unsigned n, size_t size)
{
	unsigned first = w->tag + 1, sent = 0, done = 0;
	struct buf text = BUF_INIT;

	while (done < n) {
		while (sent < n && sent - done < PIPELINE) {
			buf_clear(&text);
			text_message(&text, sent, size);
			imap_append_begin(w, mailbox, buf_view(&text));
			sent++;
		}
		imap_end(w, first + done);
		done++;
	}
	buf_free(&text);
}

void
bench_seed(void)
{
	struct wire w;

	imap_login(&w, 0, false);
	imap_try(&w, "DELETE middle");
	imap_try(&w, "DELETE big");
	imap_try(&w, "DELETE small");
	imap_command(&w, "CREATE middle");
	imap_command(&w, "CREATE big");
	imap_command(&w, "CREATE small");
	append_many(&w, "middle", options.middle, MIDDLE_SIZE);
	append_many(&w, "small", SMALL, SMALL_SIZE);
	imap_command(&w, "SELECT small");
	for (unsigned n = 0; n < options.big; n += SMALL)
		imap_command(&w, "COPY 1:* big");
	wire_close(&w);
}

/* ---- reading ---- */

static void
select_round(struct row *select, struct row *flags)
{
	struct imap_seen seen;
	struct wire w;

	imap_login(&w, 0, false);
	seen = row_command(select, &w, "SELECT big");
	expect("EXISTS", seen.exists, options.big);
	seen = row_command(flags, &w, "FETCH 1:* (FLAGS UID)");
	expect("FETCH", seen.fetches, options.big);
	wire_close(&w);
}

/* Must run on a server that has just started. */
void
bench_select(void)
{
	struct row first = { .name = "select-big-first" };
	struct row later = { .name = "select-big-later" };
	struct row flags_first = { .name = "fetch-flags-big-first" };
	struct row flags = { .name = "fetch-flags-big" };

	select_round(&first, &flags_first);
	for (unsigned i = 0; i < options.rounds * 3; i++)
		select_round(&later, &flags);
	row_end(&first);
	row_end(&later);
	row_end(&flags_first);
	row_end(&flags);
}

static uint64_t
fetch_middle(struct row *r, const char *what)
{
	struct imap_seen seen;
	struct wire w;

	imap_login(&w, 0, false);
	imap_command(&w, "EXAMINE middle");
	seen = row_command(r, &w, what);
	expect("FETCH", seen.fetches, options.middle);
	wire_close(&w);
	return seen.literal_bytes;
}

/* The first row needs a mailbox that nobody has read yet. */
void
bench_fetch(void)
{
	struct row first = { .name = "fetch-envelope-first" };
	struct row later = { .name = "fetch-envelope" };
	struct row header = { .name = "fetch-headers" };
	struct row body = { .name = "fetch-body" };
	double mb = 0;

	fetch_middle(&first, "FETCH 1:* (ENVELOPE BODYSTRUCTURE)");
	for (unsigned i = 0; i < options.rounds; i++) {
		fetch_middle(&later, "FETCH 1:* (ENVELOPE BODYSTRUCTURE)");
		fetch_middle(&header, "FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS "
		    "(From To Cc Subject Date Message-ID References "
		    "Content-Type)])");
		mb = (double)fetch_middle(&body,
		    "FETCH 1:* (BODY.PEEK[])") / 1e6;
	}
	row_end(&first);
	row_end(&later);
	row_end(&header);
	report(mb * 1e3 / times_at(&body.times, 0.5), "mb", "fetch-body");
	row_end(&body);
}

void
bench_search(void)
{
	static const struct {
		const char *name, *command;
		bool needles;
	} rows[] = {
		{ "search-subject", "SEARCH SUBJECT " NEEDLE, true },
		{ "search-from", "SEARCH FROM sender7@", false },
		{ "search-body", "SEARCH BODY " NEEDLE, true },
		{ "search-text", "SEARCH TEXT " NEEDLE, true },
		{ "search-unseen", "SEARCH UNSEEN", false },
	};
	unsigned needles = options.middle / NEEDLE_EVERY;
	struct imap_seen seen;
	struct wire w;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct row r = { .name = rows[i].name };

		for (unsigned k = 0; k < options.rounds; k++) {
			imap_login(&w, 0, false);
			imap_command(&w, "EXAMINE middle");
			seen = row_command(&r, &w, rows[i].command);
			if (rows[i].needles)
				expect("SEARCH", seen.hits, needles);
			wire_close(&w);
		}
		row_end(&r);
	}
}

/* ---- changing ---- */

/* COPY to a new mailbox, MOVE on to another, delete all there, EXPUNGE. */
static void
change_round(struct row *copy, struct row *move, struct row *mark,
    struct row *expunge)
{
	struct imap_seen seen;
	struct wire w;

	imap_login(&w, 0, false);
	imap_try(&w, "DELETE copied");
	imap_try(&w, "DELETE moved");
	imap_command(&w, "CREATE copied");
	imap_command(&w, "CREATE moved");
	imap_command(&w, "SELECT middle");
	row_command(copy, &w, "COPY 1:* copied");
	seen = imap_command(&w, "SELECT copied");
	expect("copied", seen.exists, options.middle);
	row_command(move, &w, "MOVE 1:* moved");
	seen = imap_command(&w, "SELECT moved");
	expect("moved", seen.exists, options.middle);
	row_command(mark, &w, "STORE 1:* +FLAGS.SILENT (\\Deleted)");
	seen = row_command(expunge, &w, "EXPUNGE");
	expect("expunged", seen.expunges, options.middle);
	wire_close(&w);
}

static void
store_round(struct row *add, struct row *remove)
{
	struct imap_seen seen;
	struct wire w;

	imap_login(&w, 0, false);
	imap_command(&w, "SELECT middle");
	seen = row_command(add, &w, "STORE 1:* +FLAGS (\\Flagged)");
	expect("STORE", seen.fetches, options.middle);
	row_command(remove, &w, "STORE 1:* -FLAGS.SILENT (\\Flagged)");
	wire_close(&w);
}

void
bench_change(void)
{
	struct row add = { .name = "store" };
	struct row remove = { .name = "store-silent" };
	struct row copy = { .name = "copy" };
	struct row move = { .name = "move" };
	struct row mark = { .name = "store-deleted" };
	struct row expunge = { .name = "expunge" };

	for (unsigned i = 0; i < options.rounds; i++) {
		store_round(&add, &remove);
		change_round(&copy, &move, &mark, &expunge);
	}
	row_end(&add);
	row_end(&remove);
	row_end(&copy);
	row_end(&move);
	row_end(&mark);
	row_end(&expunge);
}

/* A short command for each of some messages: no reply may be late. */
static void
dialogue_row(struct wire *w, const char *name, const char *verb,
    const char *rest)
{
	unsigned step = options.middle / DIALOGUE;
	struct times t = { 0 };

	for (unsigned k = 0; k < DIALOGUE; k++)
		times_add(&t, imap_command(w, "%s %u %s", verb, k * step + 1,
		    rest).us);
	report(times_at(&t, 0.5), "ms", "%s", name);
	report(times_at(&t, 0.99), "p99", "%s", name);
	times_free(&t);
}

void
bench_dialogue(void)
{
	struct wire w;

	imap_login(&w, 0, false);
	imap_command(&w, "SELECT middle");
	dialogue_row(&w, "fetch-one", "FETCH", "(FLAGS ENVELOPE)");
	dialogue_row(&w, "fetch-one-body", "FETCH", "(BODY.PEEK[])");
	dialogue_row(&w, "store-one", "STORE", "+FLAGS (\\Answered)");
	dialogue_row(&w, "unstore-one", "STORE", "-FLAGS (\\Answered)");
	wire_close(&w);
}

/* 4 KB each; the next is sent when the last was answered. */
void
bench_append(void)
{
	struct row r = { .name = "append" };
	struct buf text = BUF_INIT;
	struct wire w;
	uint64_t start;

	imap_login(&w, 1 % options.users, false);
	imap_try(&w, "CREATE appended");
	for (unsigned i = 0; i < APPENDS; i++) {
		buf_clear(&text);
		text_message(&text, i, 3400);
		start = clock_mono_us();
		imap_append_begin(&w, "appended", buf_view(&text));
		imap_end(&w, w.tag);
		times_add(&r.times, clock_mono_us() - start);
	}
	report(times_at(&r.times, 0.5), "ms", "append");
	report(times_at(&r.times, 0.99), "p99", "append");
	times_free(&r.times);
	buf_free(&text);
	wire_close(&w);
}
