/* Parts of the milter that need no MTA. */
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
#include <unistd.h>

#include "base/clock.h"
#include "milter/config.h"
#include "milter/content.h"
#include "milter/limits.h"
#include "milter/received.h"
#include "milter/slow.h"
#include "milter/special.h"

#define ROWS(a)	(sizeof(a) / sizeof((a)[0]))

static struct session session;

/* libmilter's, for callbacks. */
void *
smfi_getpriv(SMFICTX *ctx)
{
	(void)ctx;
	return &session;
}

static struct addr
ip(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(bytes_of(text), &a), 0);
	return a;
}

/* ---- special localparts ---- */

static const struct {
	const char *address;
	unsigned code;			/* 0: not special; 1: timeout */
	enum special_stage stage;
} special_rows[] = {
	{ "temperror@x.example", 451, SPECIAL_AT_DATA },
	{ "you.temperror@x.example", 451, SPECIAL_AT_DATA },
	{ "youTempError@x.example", 451, SPECIAL_AT_DATA },
	{ "permerror@x.example", 550, SPECIAL_AT_DATA },
	{ "mailfrompermerror@x.example", 550, SPECIAL_AT_MAIL },
	{ "mailfrom-x-permerror@x.example", 550, SPECIAL_AT_MAIL },
	{ "RCPTTO-temperror@x.example", 451, SPECIAL_AT_RCPT },
	{ "timeout@x.example", 1, SPECIAL_AT_DATA },
	{ "rcpttotimeout@x.example", 1, SPECIAL_AT_RCPT },
	{ "452@x.example", 452, SPECIAL_AT_DATA },
	{ "mailfrom554@x.example", 554, SPECIAL_AT_MAIL },
	{ "rcptto-554@x.example", 554, SPECIAL_AT_RCPT },
	{ "a-400@x.example", 400, SPECIAL_AT_DATA },
	{ "a.599@x.example", 599, SPECIAL_AT_DATA },
	{ "a+421@x.example", 421, SPECIAL_AT_DATA },
	{ "452", 452, SPECIAL_AT_DATA },
	{ "\"a@b-452\"@x.example", 0, SPECIAL_AT_DATA },
	{ "399@x.example", 0, SPECIAL_AT_DATA },
	{ "600@x.example", 0, SPECIAL_AT_DATA },
	{ "a_452@x.example", 0, SPECIAL_AT_DATA },
	{ "u0400@x.example", 0, SPECIAL_AT_DATA },
	{ "a452@x.example", 0, SPECIAL_AT_DATA },
	{ "452a@x.example", 0, SPECIAL_AT_DATA },
	{ "a-45@x.example", 0, SPECIAL_AT_DATA },
	{ "a-4x2@x.example", 0, SPECIAL_AT_DATA },
	{ "temperrors@x.example", 0, SPECIAL_AT_DATA },
	{ "mailfrom@x.example", 0, SPECIAL_AT_MAIL },
	{ "you@timeout", 0, SPECIAL_AT_DATA },
	{ "you@452", 0, SPECIAL_AT_DATA },
	{ "", 0, SPECIAL_AT_DATA },
	{ "@x.example", 0, SPECIAL_AT_DATA },
};

static void
special_localparts_are_told(void **state)
{
	for (size_t i = 0; i < ROWS(special_rows); i++) {
		struct special s;
		bool is = special_find(bytes_of(special_rows[i].address), &s);

		assert_int_equal(is, special_rows[i].code != 0);
		if (!is)
			continue;
		assert_int_equal(s.stage, special_rows[i].stage);
		assert_int_equal(s.timeout, special_rows[i].code == 1);
		assert_int_equal(s.code, s.timeout ? 451 :
		    special_rows[i].code);
	}
	(void)state;
}

/* ---- Received of relays ---- */

static const struct {
	const char *value, *client, *helo;	/* client NULL: none */
} received_rows[] = {
	{ " from helo.example (name.example [192.0.2.1])\n\tby mx.example "
	    "(Postfix) with ESMTP id 1\n\tfor <a@b.example>; Sat", "192.0.2.1",
	    "helo.example" },
	{ " from helo.example (unknown [IPv6:2001:db8::1])\n\t(using TLSv1.3 "
	    "with cipher X (256/256 bits))\n\t(No client certificate "
	    "requested)\n\tby mx.example", "2001:db8::1", "helo.example" },
	{ " from a (b.example [192.0.2.1] (may be forged)) by c", "192.0.2.1",
	    "a" },
	{ " from name.example ([192.0.2.1] helo=other) by mx", "192.0.2.1",
	    "name.example" },
	{ " from name.example ([192.0.2.1] helo=[9.9.9.9]) by mx",
	    "192.0.2.1", "name.example" },
	{ " from [192.0.2.1] (helo=foo) by mx", "192.0.2.1", "[192.0.2.1]" },
	{ " from [192.0.2.1]:55 (port=55 helo=foo) by mx", "192.0.2.1",
	    "[192.0.2.1]:55" },
	{ " from unknown (HELO foo) (192.0.2.1)\n by mx", "192.0.2.1",
	    "unknown" },
	{ " from unknown (HELO [9.9.9.9]) (user@192.0.2.1) by mx",
	    "192.0.2.1", "unknown" },
	{ " from [9.9.9.9] (name.example [192.0.2.1]) by mx", "192.0.2.1",
	    "[9.9.9.9]" },
	{ "from x (IPv6:2001:db8::2) by mx", "2001:db8::2", "x" },
	{ " FROM a (b [192.0.2.1]) BY c", "192.0.2.1", "a" },
	/* Only before "by". */
	{ " from localhost by mx ([192.0.2.1])", NULL, NULL },
	{ " by mx.example (Postfix, from userid 0) id 1", NULL, NULL },
	{ " from (x [192.0.2.1]) by mx", NULL, NULL },
	{ " from helo (name [192.0.2]) by mx", NULL, NULL },
	{ " from helo (name [192.0.2.1", NULL, NULL },
	{ " from", NULL, NULL },
	{ "", NULL, NULL },
};

static void
relays_say_whom_they_had_it_from(void **state)
{
	char text[ADDR_TEXT_MAX];

	for (size_t i = 0; i < ROWS(received_rows); i++) {
		struct received r;
		bool is = received_parse(bytes_of(received_rows[i].value),
		    &r);

		assert_int_equal(is, received_rows[i].client != NULL);
		if (!is)
			continue;
		assert_string_equal(addr_print(&r.client, text),
		    received_rows[i].client);
		assert_true(bytes_eq_str(r.helo, received_rows[i].helo));
	}
	(void)state;
}

static void
any_piece_of_received_is_taken(void **state)
{
	struct received r;

	for (size_t i = 0; i < ROWS(received_rows); i++) {
		struct bytes all = bytes_of(received_rows[i].value);

		for (size_t n = 0; n <= all.len; n++) {
			/* Of its own size: what reads behind it is seen. */
			char *copy = malloc(n + 1);

			assert_non_null(copy);
			memcpy(copy, all.data, n);
			(void)received_parse(bytes_make(copy, n), &r);
			free(copy);
		}
	}
	(void)state;
}

/* ---- limits ---- */

/* A client, and when; s and mem are the test's. */
#define AT(addr, ms)	(&(struct limits_client){ &s, (addr), (ms), &mem })

static struct settings
limits_settings(void)
{
	return (struct settings){
		.connection_rate_limit = { { 3, 5, 100 } },
		.connection_rate_window_ms = 60000,
		.open_connections_limit = { { 2, 3, 100 } },
		.unknown_recipients_limit = { { 2, 3, 4 } },
		.unknown_recipients_window_ms = 3600000,
		.window_addresses_max = 1000,
	};
}

static void
the_limit_decides_and_twice_the_limit_ends(void **state)
{
	struct settings s = limits_settings();
	struct limits *l = limits_new(&s);
	struct addr a = ip("192.0.2.1");
	enum limits_lease lease;
	struct refusal why;
	struct arena mem;

	arena_init(&mem);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(limits_connect(l, AT(&a, 0), &lease,
		    &why), LIMITS_OK);
		limits_close(l, &a, lease);
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(limits_connect(l, AT(&a, 1), &lease,
		    &why), LIMITS_REFUSE);
		assert_string_equal(why.setting, "connection-rate-limit");
		assert_string_equal(why.text, "more than 3 connections in 1 "
		    "minute from your address 192.0.2.1, try again later");
		limits_close(l, &a, lease);
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(limits_connect(l, AT(&a, 2), &lease,
		    &why), LIMITS_REFUSE_NOW);
		limits_close(l, &a, lease);
	}
	/* What was refused was not counted. */
	assert_int_equal(limits_connect(l, AT(&a, 60002), &lease, &why),
	    LIMITS_OK);
	limits_close(l, &a, lease);
	arena_clear(&mem);
	limits_free(&l);
	(void)state;
}

static void
open_connections_are_few(void **state)
{
	struct settings s = limits_settings();
	struct limits *l = limits_new(&s);
	enum limits_lease leases[8];
	struct addr a = ip("192.0.2.1"), b = ip("192.0.2.2");
	struct refusal why;
	struct arena mem;

	arena_init(&mem);
	memset(s.connection_rate_limit.v, 0,
	    sizeof(s.connection_rate_limit.v));
	for (int i = 0; i < 2; i++)
		assert_int_equal(limits_connect(l, AT(&a, 0),
		    &leases[i], &why), LIMITS_OK);
	for (int i = 2; i < 4; i++)
		assert_int_equal(limits_connect(l, AT(&a, 0),
		    &leases[i], &why), LIMITS_REFUSE);
	assert_string_equal(why.setting, "open-connections-limit");
	assert_string_equal(why.text, "more than 2 connections open at a "
	    "time from your address 192.0.2.1, try again later");
	assert_int_equal(limits_connect(l, AT(&a, 0), &leases[4], &why),
	    LIMITS_REFUSE_NOW);
	assert_int_equal(limits_connect(l, AT(&b, 0), &leases[5], &why),
	    LIMITS_OK);
	assert_int_equal(limits_connect(l, AT(&b, 0), &leases[6], &why),
	    LIMITS_REFUSE);
	assert_string_equal(why.text, "more than 3 connections open at a "
	    "time from your network 192.0.2.0/26, try again later");
	for (int i = 0; i < 7; i++)
		limits_close(l, i < 5 ? &a : &b, leases[i]);
	for (int i = 0; i < 2; i++)
		assert_int_equal(limits_connect(l, AT(&a, 0),
		    &leases[i], &why), LIMITS_OK);
	arena_clear(&mem);
	limits_free(&l);
	(void)state;
}

static void
unknown_recipients_are_few(void **state)
{
	struct settings s = limits_settings();
	struct limits *l = limits_new(&s);
	struct addr a = ip("2001:db8::1"), b = ip("2001:db8::2:1");
	struct refusal why;
	struct arena mem;

	arena_init(&mem);
	assert_true(limits_unknown(l, AT(&a, 0), 0, &why));
	assert_true(limits_unknown(l, AT(&a, 0), 1, &why));
	assert_true(limits_unknown(l, AT(&b, 0), 1, &why));
	assert_false(limits_unknown(l, AT(&a, 0), 1, &why));
	assert_false(limits_unknown(l, AT(&b, 0), 0, &why));
	assert_string_equal(why.setting, "unknown-recipients-limit");
	assert_string_equal(why.text, "more than 2 unknown recipients in 1 "
	    "hour from your network 2001:db8::/64, try again later");
	assert_true(why.slows);
	assert_true(limits_unknown(l, AT(&a, 3600100), 0, &why));
	/* More than fit: full, and not as if there had been none. */
	assert_false(limits_unknown(l, AT(&a, 3600100), 3, &why));
	assert_false(limits_unknown(l, AT(&a, 3600100), 0, &why));
	arena_clear(&mem);
	limits_free(&l);
	(void)state;
}

/* ---- lists ---- */

static void
exempt_senders_are_addresses_and_domains(void **state)
{
	const char *words[] = { "a@x.example", "@y.example" };
	const struct settings_list list = { words, 2 };

	assert_true(list_has_sender(&list, BYTES("a@x.example")));
	assert_true(list_has_sender(&list, BYTES("A@X.example")));
	assert_false(list_has_sender(&list, BYTES("b@x.example")));
	assert_true(list_has_sender(&list, BYTES("b@y.example")));
	assert_false(list_has_sender(&list, BYTES("b@z.y.example")));
	assert_false(list_has_sender(&list, BYTES("y.example")));
	assert_false(list_has_sender(&list, BYTES("")));
	(void)state;
}

static struct settings *
settings_of(const char *setting)
{
	struct settings *s = calloc(1, sizeof(*s));
	struct err err = ERR_INIT;

	assert_non_null(s);
	assert_int_equal(settings_load(NULL, &setting, 1, s, &err), 0);
	return s;
}

static void
networks_are_read(void **state)
{
	struct addr in = ip("::ffff:192.0.2.9"), out = ip("192.0.3.1");
	struct err err = ERR_INIT;
	struct config *c;

	assert_int_equal(config_new(settings_of(
	    "own-networks=192.0.2.0/24, ::1"), &c, &err), 0);
	assert_true(networks_have(&c->own, &in));
	assert_false(networks_have(&c->own, &out));
	config_free(&c);
	assert_int_equal(config_new(settings_of("trusted-relays=a/b"), &c,
	    &err), -1);
	assert_string_equal(err.text, "setting trusted-relays: 'a/b' is not "
	    "an address or network");
	(void)state;
}

/* As at each SIGHUP with a mistake in a file: LeakSanitizer looks. */
static void
nothing_stays_of_a_configuration_that_fails(void **state)
{
	char path[] = "/tmp/postern-milter-key.XXXXXX", text[80];
	struct err err = ERR_INIT;
	struct config *c;
	int fd = mkstemp(path);

	assert_int_not_equal(fd, -1);
	(void)close(fd);
	assert_int_equal(unlink(path), 0);
	(void)snprintf(text, sizeof(text), "origin-key-file=%s", path);
	assert_int_equal(config_new(settings_of(text), &c, &err), 0);
	assert_int_equal(config_read_keys(c, &err), 0);
	config_free(&c);
	assert_null(c);
	assert_int_equal(unlink(path), 0);
	(void)state;
}

/* ---- content ---- */

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

/* Without a Postern-Origin that came from outside. */
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
	/* Nobody would ask for it. */
	feed_message(RECIPIENT_FOREIGN);
	assert_int_equal(content_sha256(&session.message).len, 0);
	session_message_clear(&session);
	(void)state;
}

/* ---- waiting ---- */

struct sleeper {
	struct slow *slow;
	enum slow_end end;
};

static void *
sleep_for_an_hour(void *arg)
{
	struct sleeper *s = arg;

	s->end = slow_wait(s->slow, 3600000, 3, 0, NULL, NULL);
	return NULL;
}

static void
sleepers_are_few_and_can_be_woken(void **state)
{
	struct sleeper sleepers[2];
	struct slow *slow = slow_new();
	pthread_t threads[2];

	for (int i = 0; i < 2; i++) {
		sleepers[i].slow = slow;
		assert_int_equal(pthread_create(&threads[i], NULL,
		    sleep_for_an_hour, &sleepers[i]), 0);
	}
	/* Two of them may sleep: until both do, this one sleeps too. */
	while (slow_wait(slow, 1, 2, 0, NULL, NULL) != SLOW_FULL)
		;
	assert_int_equal(slow_wait(slow, 1, UINT64_MAX, 0, NULL, NULL),
	    SLOW_WAITED);
	slow_stop(slow);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(sleepers[i].end, SLOW_STOPPED);
	}
	slow_free(&slow);
	(void)state;
}

static void
count_tick(void *arg)
{
	++*(int *)arg;
}

static void
long_waits_tick(void **state)
{
	struct slow *slow = slow_new();
	uint64_t begin = clock_mono_ms();
	int ticks = 0;

	assert_int_equal(slow_wait(slow, 25, 1, 10, count_tick, &ticks),
	    SLOW_WAITED);
	assert_int_equal(ticks, 2);
	assert_true(clock_mono_ms() - begin >= 25);
	assert_int_equal(slow_wait(slow, 0, 0, 0, NULL, NULL), SLOW_WAITED);
	slow_free(&slow);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(special_localparts_are_told),
		cmocka_unit_test(relays_say_whom_they_had_it_from),
		cmocka_unit_test(any_piece_of_received_is_taken),
		cmocka_unit_test(the_limit_decides_and_twice_the_limit_ends),
		cmocka_unit_test(open_connections_are_few),
		cmocka_unit_test(unknown_recipients_are_few),
		cmocka_unit_test(exempt_senders_are_addresses_and_domains),
		cmocka_unit_test(networks_are_read),
		cmocka_unit_test(nothing_stays_of_a_configuration_that_fails),
		cmocka_unit_test(the_checksum_is_of_the_message_as_it_came),
		cmocka_unit_test(sleepers_are_few_and_can_be_woken),
		cmocka_unit_test(long_waits_tick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
