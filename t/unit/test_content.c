/* The milter's checksum of a message. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "milter/content.h"

#define ROWS(a)	(sizeof(a) / sizeof((a)[0]))

static struct session session;

/* Replaces libmilter's, for the callbacks. */
void *
smfi_getpriv(SMFICTX *ctx)
{
	(void)ctx;
	return &session;
}

static void
feed_message(enum recipient_is is)
{
	struct recipient *to;
	char name[] = "From", value[] = " <a@x.example>";
	char origin[] = ORIGIN_HEADER, forged[] = " v1 AAAA";
	unsigned char body[] = "text\r\n";

	memset(&session, 0, sizeof(session));
	arena_init(&session.message.arena);
	to = arena_zalloc(&session.message.arena, sizeof(*to));
	to->is = is;
	session.message.recipients = to;
	session.message.nrecipients = 1;
	session.message.spool = spool_new("/", 4096, 4096);
	(void)content_on_header(NULL, name, value);
	(void)content_on_header(NULL, origin, forged);
	(void)content_on_eoh(NULL);
	(void)content_on_body(NULL, body, sizeof(body) - 1);
}

/* A Postern-Origin from outside is left out of it. */
static void
the_checksum_is_of_the_message_as_it_came(void **state)
{
	static const char message[] =
	    "From: <a@x.example>\r\n\r\ntext\r\n";
	const enum recipient_is rows[] = { RECIPIENT_OURS,
	    RECIPIENT_UNASKED };
	unsigned char want[JUDGE_SHA256_LEN];
	struct bytes got;

	assert_int_equal(EVP_Digest(message, sizeof(message) - 1, want, NULL,
	    EVP_sha256(), NULL), 1);
	for (size_t i = 0; i < ROWS(rows); i++) {
		feed_message(rows[i]);
		got = content_sha256(&session.message);
		assert_int_equal(got.len, JUDGE_SHA256_LEN);
		assert_memory_equal(got.data, want, JUDGE_SHA256_LEN);
		session_message_clear(&session);
	}
	/* No recipient is ours, so the checksum is not needed. */
	feed_message(RECIPIENT_FOREIGN);
	assert_int_equal(content_sha256(&session.message).len, 0);
	session_message_clear(&session);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_checksum_is_of_the_message_as_it_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
