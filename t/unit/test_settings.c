/* The settings: their table, loading, printing, and the manual pages. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>

#include "base/file.h"
#include "config/settings.h"

static char folder[] = "/tmp/test-settings.XXXXXX";

/* Loads the text as a file of that name in the working directory. */
static int
load_file(const char *name, const char *text, struct settings *s,
    struct err *err)
{
	assert_int_equal(file_write(name, 0600, bytes_of(text), err), 0);
	return settings_load(name, NULL, 0, s, err);
}

/* Loads the text as a file with an absolute path. */
static void
load_text(const char *text, struct settings *s)
{
	struct err err = ERR_INIT;
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/postern.conf", folder);
	if (load_file(path, text, s, &err) == -1)
		fail_msg("%s: %s", text, err.text);
}

/* Loads the text, in which "@" stands for the folder of the file. */
static void
assert_below_folder(const char *text, const char *want)
{
	const char *at = strstr(text, folder);

	if (at == NULL) {
		assert_string_equal(text, want);
		return;
	}
	assert_memory_equal(text, want, (size_t)(at - text));
	assert_int_equal(want[at - text], '@');
	assert_string_equal(at + strlen(folder), want + (at - text) + 1);
}

static void
table_is_sound(void **state)
{
	const struct settings_option *o;
	size_t len;

	assert_non_null(settings_table()[0].group);
	for (o = settings_table(); o->name != NULL; o++) {
		assert_true(strlen(o->name) <= CONF_NAME_MAX);
		assert_ptr_equal(settings_find(o->name), o);
		assert_true((o->flags & SETTINGS_ALL) != 0);
		len = strlen(o->help);
		assert_true(len > 10 && o->help[len - 1] == '.');
		assert_null(strchr(o->help, '\n'));
		assert_true(o->type != SETTINGS_ENUM || o->values != NULL);
		/* No two rows set the same field. */
		for (const struct settings_option *q = settings_table(); q < o;
		    q++)
			assert_int_not_equal(q->offset, o->offset);
	}
	assert_int_equal(settings_count(), o - settings_table());
}

static void
defaults_are_in_force(void **state)
{
	struct settings s;
	char host[256];

	load_text("", &s);
	assert_int_equal(s.message_size_max, 100 * 1024 * 1024);
	assert_int_equal(s.imap_idle_timeout_ms, 30 * 60 * 1000);
	assert_int_equal(s.mta_socket_mode, 0660);
	assert_int_equal(s.log_level, LOG_LEVEL_INFO);
	assert_int_equal(s.lmtp_listen.n, 1);
	assert_string_equal(s.lmtp_listen.v[0].path, "/run/postern/lmtp");
	assert_string_equal(s.imap_listen.v[0].host, "*");
	assert_int_equal(s.imap_listen.v[0].port, 143);
	assert_below_folder(s.origin_key_file, "@/origin.key");
	assert_int_equal(s.default_mailboxes.n, 6);
	assert_string_equal(s.default_mailboxes.v[0], "Drafts:drafts");
	assert_int_equal(gethostname(host, sizeof(host)), 0);
	assert_string_equal(s.hostname, host);
	for (const struct settings_option *o = settings_table();
	    o->name != NULL; o++)
		assert_true(settings_is_default(&s, o));
	settings_free(&s);
}

static const struct {
	const char *text, *name, *value;
} good_rows[] = {
	{ "message-size-max = 64K", "message-size-max", "64K" },
	{ "message-size-max = 131072", "message-size-max", "128K" },
	{ "message-size-max = 100001", "message-size-max", "100001" },
	{ "message-size-max = 2g", "message-size-max", "2G" },
	{ "lmtp-timeout = 90s", "lmtp-timeout", "90s" },
	{ "lmtp-timeout = 60s", "lmtp-timeout", "1min" },
	{ "lmtp-timeout = 1500ms", "lmtp-timeout", "1500ms" },
	{ "delivered-keep = 7d", "delivered-keep", "1w" },
	{ "purge-delay = 0", "purge-delay", "0" },
	{ "mta-socket-mode = 0666", "mta-socket-mode", "0666" },
	{ "mta-socket-mode = 666", "mta-socket-mode", "0666" },
	{ "auth-plain-without-tls = On", "auth-plain-without-tls", "yes" },
	{ "log-level = traceauth", "log-level", "traceauth" },
	{ "tls-min-version = 1.3", "tls-min-version", "1.3" },
	{ "hostname = \"a b\"", "hostname", "\"a b\"" },
	{ "imap-listen = \"\"", "imap-listen", "\"\"" },
	{ "imap-listen = 127.0.0.1:143, [::1]:143,\n unix:x/y", "imap-listen",
	    "127.0.0.1:143, [::1]:143, unix:/run/postern/x/y" },
	{ "run-dir = /r\nlmtp-listen = unix:l", "lmtp-listen", "unix:/r/l" },
	{ "run-dir = r", "milter-listen", "unix:@/r/milter" },
	{ "tls-cert = tls/c.pem", "tls-cert", "@/tls/c.pem" },
	{ "tls-cert = \"\"", "tls-cert", "\"\"" },
	{ "separator = \"\"", "separator", "\"\"" },
	{ "open-connections-limit = 1,2,\n 65535", "open-connections-limit",
	    "1, 2, 65535" },
	{ "default-mailboxes = A, \"B c\"", "default-mailboxes", "A, \"B c\"" },
	{ "default-mailboxes = \"\"", "default-mailboxes", "\"\"" },
	{ "delivery-messages-per-day = 0, 2, 300", "delivery-messages-per-day",
	    "0, 2, 300" },
	{ "delivery-bytes-per-day = 1024, 3000m,\n 27000M",
	    "delivery-bytes-per-day", "1K, 3000M, 27000M" },
};

static void
values_are_understood(void **state)
{
	for (size_t i = 0; i < sizeof(good_rows) / sizeof(*good_rows); i++) {
		struct buf b = BUF_INIT;
		struct settings s;

		load_text(good_rows[i].text, &s);
		settings_format(&s, settings_find(good_rows[i].name), &b);
		assert_below_folder(buf_cstr(&b), good_rows[i].value);
		buf_free(&b);
		settings_free(&s);
	}
}

static const struct {
	const char *text, *error;
} bad_rows[] = {
	{ "mesage-size-max = 1M", "f:1:1: unknown setting 'mesage-size-max'; "
	    "did you mean 'message-size-max'?" },
	{ "zzz = 1", "f:1:1: unknown setting 'zzz'" },
	{ "message-size-max {\n}", "f:1:1: unknown section "
	    "'message-size-max'" },
	{ "workers-max = 5\nworkers-max = 6", "f:2:1: workers-max is set "
	    "twice; it was first set at f:1" },
	{ "workers-max = 5, 6", "f:1:18: workers-max takes one value, not a "
	    "list" },
	{ "workers-max = five", "f:1:15: workers-max: expected a number from "
	    "4 to 1024, found five" },
	{ "workers-max = -1", "f:1:15: workers-max: expected a number from "
	    "4 to 1024, found -1" },
	{ "workers-max = 3", "f:1:15: workers-max: expected a number from 4 "
	    "to 1024, found 3" },
	{ "workers-max = 1025", "f:1:15: workers-max: expected a number from "
	    "4 to 1024, found 1025" },
	{ "workers-max = 5M", "f:1:15: workers-max: expected a number from 4 "
	    "to 1024, found 5M" },
	{ "lmtp-timeout = 60", "f:1:16: lmtp-timeout: expected a duration "
	    "(ms, s, min, h, d, w) from 1s to 1h, found 60" },
	{ "lmtp-timeout = 99999999999999999999s", "f:1:16: lmtp-timeout: "
	    "expected a duration (ms, s, min, h, d, w) from 1s to 1h, found "
	    "99999999999999999999s" },
	{ "quota-bytes = 99999999999T", "f:1:15: quota-bytes: expected a "
	    "size (bytes, K, M, G, T), found 99999999999T" },
	{ "message-size-max = 1X", "f:1:20: message-size-max: expected a "
	    "size (bytes, K, M, G, T) from 64K to 2G, found 1X" },
	{ "log-level = inof", "f:1:13: log-level: expected fatal, error, "
	    "warn, info, debug, trace, traceauth or tracedata, found inof; "
	    "did you mean 'info'?" },
	{ "auth-plain-without-tls = maybe", "f:1:26: auth-plain-without-tls: "
	    "expected yes or no, found maybe" },
	{ "junk-flags-junk = \"^(junk\"", "f:1:19: junk-flags-junk: "
	    "'^(junk' is not a regular expression: missing closing "
	    "parenthesis at offset 6" },
	{ "mta-socket-mode = 0888", "f:1:19: mta-socket-mode: expected octal "
	    "permissions from 0600 to 0777, found 0888" },
	{ "imap-listen = 127.0.0.1", "f:1:15: imap-listen: expected a list "
	    "of addresses (unix:PATH, IP:PORT or *:PORT), found 127.0.0.1 "
	    "(write IPv6 addresses in brackets)" },
	{ "imap-listen = *:1, ::1:143", "f:1:20: imap-listen: expected a "
	    "list of addresses (unix:PATH, IP:PORT or *:PORT), found ::1:143 "
	    "(write IPv6 addresses in brackets)" },
	{ "imap-listen = 127.0.0.1:65536", "f:1:15: imap-listen: expected a "
	    "list of addresses (unix:PATH, IP:PORT or *:PORT), found "
	    "127.0.0.1:65536 (write IPv6 addresses in brackets)" },
	{ "imap-listen = unix:", "f:1:15: imap-listen: expected a list of "
	    "addresses (unix:PATH, IP:PORT or *:PORT), found unix:" },
	{ "open-connections-limit = 1, 2", "f:1:26: open-connections-limit: "
	    "expected 3 values (for an address and for two networks around "
	    "it), found 2" },
	{ "open-connections-limit = 1, 2, 65536", "f:1:32: "
	    "open-connections-limit: expected three numbers up to 65535, "
	    "found 65536" },
	{ "default-mailboxes = A, \"\"", "f:1:24: default-mailboxes: "
	    "empty word in the list" },
	{ "delivery-messages-per-day = 1, 2", "f:1:29: "
	    "delivery-messages-per-day: expected 3 values (for an address and "
	    "for two networks around it), found 2" },
	{ "delivery-messages-per-day = 1, 2, x", "f:1:35: "
	    "delivery-messages-per-day: expected three numbers, found x" },
	{ "delivery-bytes-per-day = 1M, 2M, 3X", "f:1:34: "
	    "delivery-bytes-per-day: expected three sizes (bytes, K, M, G, "
	    "T), found 3X" },
};

static void
mistakes_are_placed(void **state)
{
	for (size_t i = 0; i < sizeof(bad_rows) / sizeof(*bad_rows); i++) {
		struct err err = ERR_INIT;
		struct settings s;

		assert_int_equal(load_file("f", bad_rows[i].text, &s, &err),
		    -1);
		assert_string_equal(err.text, bad_rows[i].error);
	}
}

/*
 * A program that runs in the folder of its file keeps relative paths relative:
 * that works below folders that it may not search, and keeps socket paths
 * short.
 */
static void
paths_may_stay_relative(void **state)
{
	struct err err = ERR_INIT;
	struct settings s;

	assert_int_equal(load_file("postern.conf",
	    "run-dir = run\ntls-cert = c.pem\n", &s, &err), 0);
	assert_string_equal(s.run_dir, "run");
	assert_string_equal(s.tls_cert, "c.pem");
	assert_string_equal(s.lmtp_listen.v[0].path, "run/lmtp");
	assert_string_equal(s.milter_listen.text, "unix:run/milter");
	settings_free(&s);
}

static void
overrides_win(void **state)
{
	static const char *const set[] = {
		"workers-max=9", "hostname = a, \"b\"",
		"imap-listen=127.0.0.1:1, [::1]:2", "tls-cert=",
		"workers-max=10", "lmtp-listen=",
		"delivery-bytes-per-day=1, 2K,3M"
	};
	struct err err = ERR_INIT;
	struct settings s;

	assert_int_equal(file_write("f", 0600, BYTES("workers-max = 5\n"),
	    &err), 0);
	assert_int_equal(settings_load("f", set, sizeof(set) / sizeof(*set),
	    &s, &err), 0);
	assert_int_equal(s.workers_max, 10);
	assert_string_equal(s.hostname, "a, \"b\"");
	assert_int_equal(s.imap_listen.n, 2);
	assert_int_equal(s.lmtp_listen.n, 0);
	assert_int_equal(s.delivery_bytes_per_day.v[1], 2048);
	assert_int_equal(s.delivery_bytes_per_day.v[2], 3 * 1024 * 1024);
	assert_string_equal(s.imap_listen.v[1].host, "::1");
	settings_free(&s);

	assert_int_equal(settings_load(NULL,
	    (const char *const[]){ "nope" }, 1, &s, &err), -1);
	assert_string_equal(err.text, "--set nope: expected NAME=VALUE");
	assert_int_equal(settings_load(NULL,
	    (const char *const[]){ "workers-ma=3" }, 1, &s, &err), -1);
	assert_string_equal(err.text, "--set workers-ma=3: unknown setting "
	    "'workers-ma'; did you mean 'workers-max'?");
}

/*
 * The printed defaults, with the comment signs removed, load as the defaults.
 */
static void
printed_defaults_are_the_defaults(void **state)
{
	struct buf b = BUF_INIT, diff = BUF_INIT;
	struct settings s;
	char *p;

	settings_print_defaults(&b);
	for (p = b.data; (p = strstr(buf_cstr(&b) + (p - b.data), "\n#"))
	    != NULL; p += 2)
		if (p[2] >= 'a' && p[2] <= 'z')
			p[1] = ' ';
	load_text(b.data, &s);
	for (const struct settings_option *o = settings_table();
	    o->name != NULL; o++) {
		assert_true(s.rows[o - settings_table()].is_set);
		assert_true(settings_is_default(&s, o));
	}
	settings_print_diff(&s, &diff);
	assert_int_equal(diff.len, 0);
	settings_free(&s);
	buf_free(&b);
}

static void
diff_loads_to_the_same(void **state)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	struct settings s;

	load_text("workers-max = 12\nlog-level = info\nhostname = \"a # b\"\n"
	    "run-dir = here\nimap-listen = 127.0.0.1:143\n", &s);
	settings_print_diff(&s, &one);
	settings_free(&s);
	assert_string_equal(buf_cstr(&one),
	    "run-dir = here\t# default: /run/postern\n"
	    "hostname = \"a # b\"\t# default: \"\"\n"
	    "imap-listen = 127.0.0.1:143\t# default: *:143\n"
	    "workers-max = 12\t# default: 64\n");
	load_text(one.data, &s);
	settings_print_diff(&s, &two);
	settings_free(&s);
	assert_string_equal(one.data, buf_cstr(&two));
	buf_free(&one);
	buf_free(&two);
}

static void
restart_is_named(void **state)
{
	struct settings now, next;
	struct buf b = BUF_INIT;

	load_text("", &now);
	load_text("log-level = debug\nworkers-max = 5\nrun-dir = /x\n"
	    "milter-sessions-max = 3\nmilter-timeout = 3h\n", &next);
	settings_need_restart(&now, &next, SETTINGS_IMAPD, &b);
	assert_string_equal(buf_cstr(&b), "run-dir, workers-max");
	buf_free(&b);
	settings_keep(&now, &next);
	assert_int_equal(next.log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(next.workers_max, now.workers_max);
	assert_string_equal(next.run_dir, "/run/postern");
	assert_string_equal(next.lmtp_listen.v[0].path, "/run/postern/lmtp");
	settings_need_restart(&now, &next, SETTINGS_IMAPD, &b);
	assert_int_equal(b.len, 0);
	buf_free(&b);
	settings_free(&now);
	settings_free(&next);
}

/*
 * The manual must list what the table prints: a setting without an entry, or an
 * entry with another default, fails here.
 */
static void
manual_agrees(void **state)
{
	const char *top = getenv("top_srcdir");
	struct buf path = BUF_INIT, page = BUF_INIT, list = BUF_INIT;
	struct err err = ERR_INIT;

	buf_printf(&path, "%s/man/postern.conf.5", top == NULL ? "." : top);
	if (file_read(buf_cstr(&path), 1 << 20, &page, &err) == -1)
		fail_msg("%s", err.text);
	settings_print_mdoc(&list);
	if (strstr(buf_cstr(&page), buf_cstr(&list)) == NULL)
		fail_msg("man/postern.conf.5 differs from the table; "
		    "'make update-man' renews it");
	buf_free(&path);
	buf_free(&page);
	buf_free(&list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_is_sound),
		cmocka_unit_test(defaults_are_in_force),
		cmocka_unit_test(values_are_understood),
		cmocka_unit_test(mistakes_are_placed),
		cmocka_unit_test(paths_may_stay_relative),
		cmocka_unit_test(overrides_win),
		cmocka_unit_test(printed_defaults_are_the_defaults),
		cmocka_unit_test(diff_loads_to_the_same),
		cmocka_unit_test(restart_is_named),
		cmocka_unit_test(manual_agrees),
	};

	int failed;

	if (mkdtemp(folder) == NULL || chdir(folder) == -1)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)unlink("f");
	(void)unlink("postern.conf");
	(void)rmdir(folder);
	return failed;
}
