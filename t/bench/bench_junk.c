/*
 * bench_junk - messages per second that the junk filter judges and trains
 *
 *	bench_junk [SECONDS [FILE ...]]
 *
 * Without files, three kinds of made-up messages: plain text of 3.5 KB, text
 * and HTML of 6 KB together, HTML of 40 KB.  All are in memory, 200 different
 * ones of each kind.  The table has been trained with 2,000 others, half of
 * them junk.  What counts is the time this process had a processor for.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/file.h"
#include "junk/extract.h"
#include "junk/model.h"

#define MESSAGES	200
#define TRAINED		2000
#define VOCABULARY	20000
#define FILE_MAX	((size_t)1 << 30)

static uint64_t state = 1;

/* A fixed sequence, so that all runs measure the same. */
static uint32_t
next(uint32_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % n;
}

/* Common words are frequent, as in a language. */
static void
word_put(struct buf *b)
{
	uint32_t w = next(VOCABULARY), v = next(w + 1);

	for (v = next(v + 1) * 2654435761u; ; v /= 26) {
		buf_byte(b, (char)('a' + v % 26));
		if (v < 26 * 26 * 26)
			break;
	}
	buf_byte(b, ' ');
}

static void
header_put(struct buf *b, const char *type)
{
	buf_str(b, "Return-Path: <");
	word_put(b);
	buf_printf(b, "@example.com>\r\nReceived: from mx%u.example.net "
	    "(mx%u.example.net [192.0.2.%u])\r\n\tby mail.example.org "
	    "(Postfix) with ESMTPS id %08X\r\n\tfor <user@example.org>; "
	    "Tue, 1 Dec 2026 12:%02u:00 +0000 (UTC)\r\n", next(9), next(9), next(250),
	    next(1u << 30), next(60));
	buf_printf(b, "Received: from [198.51.100.%u] (unknown)\r\n\tby "
	    "mx%u.example.net with SMTP id %u\r\n\tfor <user@example.org>; "
	    "Tue, 1 Dec 2026 11:%02u:59 +0000\r\n"
	    "Message-ID: <%x.%x@example.com>\r\n",
	    next(250), next(9), next(100000), next(60), next(1u << 30),
	    next(1u << 30));
	buf_str(b, "From: \"");
	word_put(b);
	buf_str(b, "\" <someone@example.com>\r\nTo: user@example.org\r\n"
	    "Subject: ");
	for (int i = 0; i < 6; i++)
		word_put(b);
	buf_printf(b, "\r\nMIME-Version: 1.0\r\nX-Mailer: Example %u\r\n"
	    "Content-Type: %s\r\n\r\n", next(5), type);
}

static void
text_put(struct buf *b, size_t end)
{
	while (b->len < end) {
		word_put(b);
		if (next(12) == 0)
			buf_str(b, "\r\n");
	}
	buf_str(b, "\r\n");
}

static void
html_put(struct buf *b, size_t end)
{
	buf_str(b, "<html><head><style>p { margin: 0; color: #333 }</style>"
	    "</head><body>\r\n");
	while (b->len < end) {
		buf_printf(b, "<table width=\"100%%\" cellpadding=\"%u\"><tr>"
		    "<td style=\"font-family: Arial; font-size: %upx; "
		    "color: #%06x\">"
		    "<a href=\"https://www.example.com/c/%x?u=%x\">", next(9),
		    next(20) + 1, next(1 << 24), next(1u << 30),
		    next(1u << 30));
		for (unsigned i = next(12); i > 0; i--)
			word_put(b);
		buf_str(b, "</a>&nbsp;</td></tr></table>\r\n");
	}
	buf_str(b, "</body></html>\r\n");
}

static void
plain_make(struct buf *b)
{
	header_put(b, "text/plain; charset=utf-8");
	text_put(b, 3500);
}

static void
alternative_make(struct buf *b)
{
	header_put(b, "multipart/alternative; boundary=xx");
	buf_str(b, "--xx\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n");
	text_put(b, 2800);
	buf_str(b, "--xx\r\nContent-Type: text/html; charset=utf-8\r\n\r\n");
	html_put(b, 5900);
	buf_str(b, "--xx--\r\n");
}

static void
html_make(struct buf *b)
{
	header_put(b, "text/html; charset=utf-8");
	html_put(b, 40000);
}

static const struct {
	const char *name;
	void (*make)(struct buf *b);
} kinds[] = {
	{ "text 3.5 KB", plain_make },
	{ "text and HTML 6 KB", alternative_make },
	{ "HTML 40 KB", html_make },
};

#define KINDS	(sizeof(kinds) / sizeof(*kinds))

struct bench {
	struct extract *extract;
	struct features *features;
	struct model *model;
	struct table *table;
	double seconds;
};

static double
cpu(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts) == -1)
		abort();
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

enum work { EXTRACT, JUDGE, TRAIN };

static void
message_work(struct bench *b, struct bytes message, enum work work, bool junk)
{
	struct model_view view = { b->table, b->features, NULL, NULL };
	struct model_judgement judgement;
	struct model_record record;

	extract_message(b->extract, message, b->features);
	if (work == JUDGE)
		model_judge(b->model, &view, &judgement);
	else if (work == TRAIN)
		model_train(b->model, &view, junk, &record);
}

/* Microseconds of processor for each message. */
static double
measure(struct bench *b, const struct buf *m, size_t n, enum work work)
{
	double begin = cpu(), used;
	unsigned long done = 0;

	do {
		for (size_t i = 0; i < n; i++)
			message_work(b, buf_view(&m[i]), work, i % 2);
		done += n;
	} while ((used = cpu() - begin) < b->seconds);
	return used * 1e6 / (double)done;
}

static void
report(struct bench *b, const char *name, const struct buf *m, size_t n)
{
	double extract = measure(b, m, n, EXTRACT);
	double judge = measure(b, m, n, JUDGE);
	double train = measure(b, m, n, TRAIN);

	printf("%-20s %7.0f/s judged  %5.1f us, of these %5.1f us to read; "
	    "trained %5.1f us\n", name, 1e6 / judge, judge, extract, train);
}

static void
table_train(struct bench *b)
{
	struct buf m = BUF_INIT;

	for (unsigned i = 0; i < TRAINED; i++) {
		buf_clear(&m);
		kinds[i % KINDS].make(&m);
		message_work(b, buf_view(&m), TRAIN, i % 2);
	}
	buf_free(&m);
}

static void
made_up_run(struct bench *b)
{
	static struct buf m[MESSAGES];

	for (size_t k = 0; k < KINDS; k++) {
		for (size_t i = 0; i < MESSAGES; i++) {
			buf_clear(&m[i]);
			kinds[k].make(&m[i]);
		}
		report(b, kinds[k].name, m, MESSAGES);
	}
	for (size_t i = 0; i < MESSAGES; i++)
		buf_free(&m[i]);
}

static void
files_run(struct bench *b, char **paths, size_t n)
{
	struct buf *m = calloc(n, sizeof(*m));
	struct err err = ERR_INIT;

	if (m == NULL)
		fatal("out of memory for %zu messages", n);
	for (size_t i = 0; i < n; i++)
		if (file_read(paths[i], FILE_MAX, &m[i], &err) == -1)
			fatal("%s", err.text);
	report(b, "files", m, n);
	for (size_t i = 0; i < n; i++)
		buf_free(&m[i]);
	free(m);
}

int
main(int argc, char **argv)
{
	static const unsigned char key[KEYED_HASH_KEY_SIZE] = "bench";
	struct bench b = {
		extract_new(key), features_new(false), model_new(),
		table_new(key), argc > 1 ? strtod(argv[1], NULL) : 1.0
	};

	table_train(&b);
	if (argc > 2)
		files_run(&b, argv + 2, (size_t)argc - 2);
	else
		made_up_run(&b);
	extract_free(&b.extract);
	features_free(&b.features);
	model_free(&b.model);
	table_free(&b.table);
	return 0;
}
