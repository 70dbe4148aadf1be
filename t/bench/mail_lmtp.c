/*
 * Delivery by LMTP.  One thread serves all connections, so that the benchmark
 * uses little of the machine.  Each lane is a connection that sends one message
 * after the other: the envelope in one piece, and after 354 the text with its
 * final dot.  The users get messages in turn.
 */
#include <config.h>

#include <sys/epoll.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "bench/mail.h"
#include "bench/mail_wire.h"

#define LANES_MAX	32
#define REPLY_MAX	2048
#define SILENCE_MS	60000

struct row {
	const char *name;
	size_t size;
	unsigned messages;		/* at most */
};

static const struct row rows[] = {
	{ "4k", 4096, 8000 },
	{ "50k", 50 * 1024, 3000 },
	{ "1m", 1024 * 1024, 300 },
};

static const unsigned lane_counts[] = { 1, 8, 32 };

struct lane {
	struct wire wire;
	struct buf out;			/* own: output not sent yet */
	size_t sent;
	char reply[REPLY_MAX];
	size_t reply_len;
	unsigned lines_due;		/* replies to the envelope still due */
	bool in_data;			/* the text was or is being sent */
	uint64_t began_us;
};

struct load {
	int epfd;
	struct lane lanes[LANES_MAX];
	unsigned nlanes, busy;
	struct bytes text;		/* everything after the header */
	unsigned begun, accepted, limit;
	uint64_t until_us;
	struct times times;
};

/* Continues from row to row. */
static unsigned message_number;

static void
envelope_write(struct buf *out, unsigned user)
{
	buf_printf(out, "MAIL FROM:<sender@example.org>\r\n"
	    "RCPT TO:<u%04u@%s>\r\nDATA\r\n", user, options.domain);
}

/* ---- one at a time, for whoever waits for a message ---- */

void
lmtp_open(struct wire *w)
{
	struct bytes line;

	wire_open(w, options.lmtp, false);
	(void)wire_line(w);
	wire_send(w, "LHLO bench.example\r\n", 20);
	do
		line = wire_line(w);
	while (line.len > 3 && line.data[3] == '-');
}

static void
expect_reply(struct bytes line, char first)
{
	if (line.len == 0 || line.data[0] != first)
		fatal("LMTP answered '" BYTES_FMT "'", BYTES_ARG(line));
}

void
lmtp_send(struct wire *w, unsigned user, struct bytes text)
{
	struct buf out = BUF_INIT;

	envelope_write(&out, user);
	wire_send(w, out.data, out.len);
	expect_reply(wire_line(w), '2');
	expect_reply(wire_line(w), '2');
	expect_reply(wire_line(w), '3');
	buf_clear(&out);
	buf_bytes(&out, text);
	buf_str(&out, ".\r\n");
	wire_send(w, out.data, out.len);
	buf_free(&out);
}

void
lmtp_wait(struct wire *w)
{
	expect_reply(wire_line(w), '2');
}

/* ---- many at a time ---- */

static void
lane_watch(struct load *load, struct lane *lane, int op)
{
	bool unsent = lane->sent < lane->out.len;
	struct epoll_event ev = {
		.events = EPOLLIN | (unsent ? EPOLLOUT : 0u),
		.data.ptr = lane
	};

	if (epoll_ctl(load->epfd, op, lane->wire.fd, &ev) == -1)
		fatal("epoll_ctl: %s", strerror(errno));
}

static void
lane_send(struct load *load, struct lane *lane)
{
	bool was_blocked = lane->sent > 0;
	ssize_t n = 0;

	while (lane->sent < lane->out.len && n >= 0) {
		n = send(lane->wire.fd, lane->out.data + lane->sent,
		    lane->out.len - lane->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0)
			lane->sent += (size_t)n;
		else if (errno != EAGAIN)
			fatal("cannot send: %s", strerror(errno));
	}
	if (was_blocked || lane->sent < lane->out.len)
		lane_watch(load, lane, EPOLL_CTL_MOD);
}

static void
lane_begin(struct load *load, struct lane *lane)
{
	buf_clear(&lane->out);
	lane->sent = 0;
	if (load->begun >= load->limit || clock_mono_us() > load->until_us) {
		load->busy--;
		return;
	}
	load->begun++;
	envelope_write(&lane->out, message_number++ % options.users);
	lane->lines_due = 3;
	lane->in_data = false;
	lane->began_us = clock_mono_us();
	lane_send(load, lane);
}

static void
lane_text(struct load *load, struct lane *lane)
{
	buf_clear(&lane->out);
	lane->sent = 0;
	text_header(&lane->out, message_number, "text/plain");
	buf_bytes(&lane->out, load->text);
	buf_str(&lane->out, ".\r\n");
	lane->in_data = true;
	lane_send(load, lane);
}

static void
lane_reply(struct load *load, struct lane *lane, struct bytes line)
{
	if (lane->in_data) {
		expect_reply(line, '2');
		times_add(&load->times, clock_mono_us() - lane->began_us);
		load->accepted++;
		lane_begin(load, lane);
	} else {
		expect_reply(line, lane->lines_due > 1 ? '2' : '3');
		if (--lane->lines_due == 0)
			lane_text(load, lane);
	}
}

static void
lane_input(struct load *load, struct lane *lane)
{
	ssize_t n = recv(lane->wire.fd, lane->reply + lane->reply_len,
	    REPLY_MAX - lane->reply_len, MSG_DONTWAIT);
	char *at = lane->reply, *nl;

	if (n == -1 && errno == EAGAIN)
		return;
	if (n <= 0)
		fatal("LMTP closed a connection");
	lane->reply_len += (size_t)n;
	while ((nl = memchr(at, '\n', lane->reply_len)) != NULL) {
		lane->reply_len -= (size_t)(nl + 1 - at);
		lane_reply(load, lane, bytes_make(at, (size_t)(nl - at)));
		at = nl + 1;
	}
	memmove(lane->reply, at, lane->reply_len);
}

static void
load_open(struct load *load, const struct row *row, unsigned nlanes)
{
	memset(load, 0, sizeof(*load));
	load->nlanes = nlanes;
	load->limit = nlanes == 1 ? row->messages / 4 : row->messages;
	load->epfd = epoll_create1(EPOLL_CLOEXEC);
	for (unsigned i = 0; i < nlanes; i++) {
		lmtp_open(&load->lanes[i].wire);
		lane_watch(load, &load->lanes[i], EPOLL_CTL_ADD);
	}
}

static void
load_close(struct load *load)
{
	for (unsigned i = 0; i < load->nlanes; i++) {
		wire_close(&load->lanes[i].wire);
		buf_free(&load->lanes[i].out);
	}
	close(load->epfd);
	times_free(&load->times);
}

static void
load_run(struct load *load)
{
	struct epoll_event events[LANES_MAX];
	int n;

	load->until_us = clock_mono_us() +
	    (uint64_t)options.seconds * 1000000;
	load->busy = load->nlanes;
	for (unsigned i = 0; i < load->nlanes; i++)
		lane_begin(load, &load->lanes[i]);
	while (load->busy > 0) {
		n = epoll_wait(load->epfd, events, LANES_MAX, SILENCE_MS);
		if (n == 0)
			fatal("LMTP is silent");
		for (int i = 0; i < n; i++) {
			struct lane *lane = events[i].data.ptr;

			if (events[i].events & EPOLLOUT)
				lane_send(load, lane);
			if (events[i].events & ~(uint32_t)EPOLLOUT)
				lane_input(load, lane);
		}
	}
}

static void
row_run(const struct row *row, unsigned nlanes, const struct buf *text)
{
	uint64_t start, us, cpu;
	struct load load;

	load_open(&load, row, nlanes);
	load.text = buf_view(text);
	cpu = proc_cpu_ms(options.pid);
	start = clock_mono_us();
	load_run(&load);
	us = clock_mono_us() - start;
	cpu = proc_cpu_ms(options.pid) - cpu;
	report(load.accepted * 1e6 / (double)us, "rate", "lmtp-%s-%u",
	    row->name, nlanes);
	report(times_at(&load.times, 0.5), "ms", "lmtp-%s-%u", row->name,
	    nlanes);
	report(times_at(&load.times, 0.99), "p99", "lmtp-%s-%u", row->name,
	    nlanes);
	if (options.pid != 0)
		report((double)cpu / load.accepted, "cpu", "lmtp-%s-%u",
		    row->name, nlanes);
	load_close(&load);
}

/* How many messages the first user has, to check that all accepted ones are
   there. */
static unsigned
inbox_count(void)
{
	struct imap_seen seen;
	struct wire w;

	imap_login(&w, 0, false);
	seen = imap_command(&w, "STATUS INBOX (MESSAGES)");
	wire_close(&w);
	return seen.messages;
}

static void
rows_run(size_t first, size_t n)
{
	struct buf text = BUF_INIT;
	unsigned before = inbox_count(), came, due;

	message_number = 0;
	for (size_t i = first; i < first + n; i++) {
		buf_clear(&text);
		text_message(&text, 1, rows[i].size - 700);
		for (size_t k = 0; k < sizeof(lane_counts) /
		    sizeof(*lane_counts); k++)
			if (options.lanes == 0 ||
			    options.lanes == lane_counts[k])
				row_run(&rows[i], lane_counts[k], &text);
	}
	due = (message_number + options.users - 1) / options.users;
	came = inbox_count() - before;
	if (came != due)
		fatal("%u messages came, %u were accepted", came, due);
	buf_free(&text);
}

void
bench_lmtp(void)
{
	rows_run(0, sizeof(rows) / sizeof(*rows));
}

void
bench_lmtp_4k(void)
{
	rows_run(0, 1);
}

void
bench_lmtp_50k(void)
{
	rows_run(1, 1);
}

void
bench_lmtp_1m(void)
{
	rows_run(2, 1);
}
