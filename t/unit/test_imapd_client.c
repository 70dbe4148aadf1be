/* The milter's questions to imapd, and answers of an imapd that cannot be
   trusted. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "milter/config.h"
#include "milter/imapd_client.h"

#define ROWS(a)	(sizeof(a) / sizeof((a)[0]))

/* ---- an imapd that answers one question by a script ---- */

struct script {
	const char *title;
	const char *verdicts[4];	/* one per row; ended by NULL */
	const char *wrong;	/* part of the error text; NULL: no error */
};

struct fake {
	int fd;				/* the listening socket */
	const struct script *script;
	size_t recipients, features;	/* in the question that it got */
	bool has_sum;
};

static void
rows_send(const struct script *s, uint32_t id, int fd)
{
	struct judge_answer a = { .verdict = JUDGE_ACCEPT, .reason = "r" };
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	struct request_writer w;

	for (size_t i = 0; s->verdicts[i] != NULL; i++) {
		request_frame_begin(&w, &out, FRAME_ROW, REQUEST_JUDGE, id);
		if (strcmp(s->verdicts[i], "accept") == 0) {
			judge_answer_put(&w, &a);
		} else {
			request_put_str(&w, FIELD_VERDICT, s->verdicts[i]);
			request_put_str(&w, FIELD_REASON, "r");
		}
		if (request_frame_end(&w, &err) == -1)
			abort();
	}
	request_frame_begin(&w, &out, FRAME_DONE, REQUEST_JUDGE, id);
	if (request_frame_end(&w, &err) == -1 ||
	    write(fd, out.data, out.len) != (ssize_t)out.len)
		abort();
	buf_free(&out);
}

/* Reads frames up to the empty piece of data.  Returns the question's id. */
static uint32_t
question_take(struct fake *f, int fd)
{
	struct buf in = BUF_INIT;
	struct err err = ERR_INIT;
	struct request_frame m = { .id = 0 };
	struct arena a;
	bool more = true;
	size_t len, n;
	ssize_t got;

	arena_init(&a);
	while (more) {
		while (request_frame_length(buf_view(&in), &len, &err) == 0) {
			got = read(fd, buf_reserve(&in, 65536), 65536);
			if (got <= 0)
				abort();
			in.len += (size_t)got;
		}
		if (request_frame_parse(bytes_make(in.data, len), &a, &m,
		    &err) == -1)
			abort();
		n = request_bytes(&m, FIELD_DATA_BYTES).len;
		f->features += n;
		more = m.kind == FRAME_REQUEST || n > 0;
		f->has_sum |= request_has(&m, FIELD_SHA256);
		for (size_t i = 0; i < m.n; i++)
			f->recipients += m.values[i].tag == FIELD_RECIPIENT;
		buf_consume(&in, len);
	}
	arena_clear(&a);
	buf_free(&in);
	return m.id;
}

static void *
fake_run(void *arg)
{
	struct fake *f = arg;
	int fd = accept(f->fd, NULL, NULL);
	char rest;

	if (fd == -1)
		abort();
	rows_send(f->script, question_take(f, fd), fd);
	/* Wait until the client has closed the connection. */
	(void)read(fd, &rest, 1);
	(void)close(fd);
	return NULL;
}

/* ---- the milter's side ---- */

static char folder[] = "/tmp/postern-imapd-client.XXXXXX";
static struct sockaddr_un where = { .sun_family = AF_UNIX };

static void
listen_at(struct fake *f)
{
	(void)unlink(where.sun_path);
	f->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_not_equal(f->fd, -1);
	assert_int_equal(bind(f->fd, (struct sockaddr *)&where,
	    sizeof(where)), 0);
	assert_int_equal(listen(f->fd, 1), 0);
}

static int
begin(void **state)
{
	struct settings *s = calloc(1, sizeof(*s));
	struct err err = ERR_INIT;
	struct config *c;
	char text[200];
	const char *setting = text;

	assert_non_null(s);
	assert_non_null(mkdtemp(folder));
	(void)snprintf(where.sun_path, sizeof(where.sun_path), "%s/s",
	    folder);
	(void)snprintf(text, sizeof(text), "milter-imapd=unix:%s",
	    where.sun_path);
	assert_int_equal(settings_load(NULL, &setting, 1, s, &err), 0);
	assert_int_equal(config_new(s, &c, &err), 0);
	config_replace(c);
	(void)state;
	return 0;
}

static int
end(void **state)
{
	(void)unlink(where.sun_path);
	(void)state;
	return rmdir(folder);
}

static const struct script scripts[] = {
	{ "all", { "accept", "accept" }, NULL },
	{ "one too few", { "accept" },
	    "verdicts for 1 recipients, expected 2" },
	{ "none", { NULL }, "verdicts for 0 recipients, expected 2" },
	{ "one too many", { "accept", "accept", "accept" },
	    "verdicts for 3 recipients, expected 2" },
	{ "an unknown word", { "accept", "perhaps" }, "is not a verdict" },
	{ "no reply", { "reject", "accept" }, "rejection without a reply" },
};

static int
ask(const struct script *script, struct fake *f, struct err *err)
{
	const struct bytes to[] = { BYTES("a@x.example"),
	    BYTES("b@x.example") };
	char *features = calloc(1, REQUEST_FEATURES_MAX);
	struct judge_question q = {
		.origin = BYTES("0123456789abcdef"),
		.header = BYTES("Subject: x\r\n\r\n"),
		.sha256 = BYTES("01234567890123456789012345678901"),
		.features = bytes_make(features, REQUEST_FEATURES_MAX),
		.recipients = to,
		.nrecipients = ROWS(to)
	};
	struct imapd_client *c = imapd_client_new();
	struct judge_answer answers[ROWS(to)];
	pthread_t thread;
	struct arena a;
	int rc;

	assert_non_null(features);
	*f = (struct fake){ .script = script };
	arena_init(&a);
	listen_at(f);
	assert_int_equal(pthread_create(&thread, NULL, fake_run, f), 0);
	rc = imapd_client_judge(c, &q, &a, answers, err);
	imapd_client_free(&c);
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)close(f->fd);
	arena_clear(&a);
	free(features);
	return rc;
}

static void
every_recipient_has_its_answer(void **state)
{
	for (size_t i = 0; i < ROWS(scripts); i++) {
		struct err err = ERR_INIT;
		struct fake f;
		int rc = ask(&scripts[i], &f, &err);

		assert_int_equal(rc, scripts[i].wrong == NULL ? 0 : -1);
		if (rc == -1)
			assert_non_null(strstr(err.text, scripts[i].wrong));
		assert_int_equal(f.recipients, 2);
		assert_int_equal(f.features, REQUEST_FEATURES_MAX);
		assert_true(f.has_sum);
	}
	(void)state;
}

/* There is no server: the question must not be sent. */
static void
an_address_that_is_none_is_foreign(void **state)
{
	char text[REQUEST_RECIPIENT_MAX + 1] = { 'x' };
	const struct bytes rows[] = {
		bytes_make(text, sizeof(text)), BYTES("a\377@x.example"),
		BYTES("a\0@x.example")
	};
	struct imapd_client *c = imapd_client_new();
	struct imapd_recipient_answer answer;
	struct err err = ERR_INIT;
	struct arena a;

	arena_init(&a);
	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct imapd_recipient_question q = {
			.address = rows[i]
		};

		assert_false(imapd_client_takes_recipient(rows[i]));
		assert_int_equal(imapd_client_check_recipient(c, &q, &a,
		    &answer, &err), 0);
		assert_int_equal(answer.is, RECIPIENT_FOREIGN);
		assert_string_equal(answer.status, "unknown");
	}
	assert_true(imapd_client_takes_recipient(bytes_make(text,
	    REQUEST_RECIPIENT_MAX)));
	assert_true(imapd_client_takes_sender(rows[0]));
	imapd_client_free(&c);
	arena_clear(&a);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_recipient_has_its_answer),
		cmocka_unit_test(an_address_that_is_none_is_foreign),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
