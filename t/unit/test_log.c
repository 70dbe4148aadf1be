/* Log lines: quoting, limits, contexts, levels, protocol traces. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "base/log-private.h"

static char last[LOG_LINE_MAX + 1];
static struct buf all = BUF_INIT;
static int lines;

static void
keep_line(enum log_level level, struct bytes line)
{
	assert_true(line.len < LOG_LINE_MAX);
	memcpy(last, line.data, line.len);
	last[line.len] = '\0';
	buf_bytes(&all, line);
	buf_byte(&all, '\n');
	lines++;
}

/* Begins in text mode with level info and an empty buffer. */
static int
start(void **state)
{
	log_open("test", LOG_OUTPUT_STDERR, LOG_FORMAT_TEXT);
	log_set_level(LOG_LEVEL_INFO);
	log_set_sink(keep_line);
	buf_free(&all);
	last[0] = '\0';
	lines = 0;
	return 0;
}

static int
stop(void **state)
{
	log_set_sink(NULL);
	buf_free(&all);
	return 0;
}

/* The line without its time stamp. */
static const char *
after_time(void)
{
	const char *p = strstr(last, " level=");

	return p == NULL ? last : p + 1;
}

static const struct {
	const char *name, *value, *text;
} quote_rows[] = {
	{ "plain", "FETCH", "v=FETCH" },
	{ "path", "/var/lib/x.y-z", "v=/var/lib/x.y-z" },
	{ "empty", "", "v=\"\"" },
	{ "space", "a b", "v=\"a b\"" },
	{ "equals", "a=b", "v=\"a=b\"" },
	{ "quote", "a\"b", "v=\"a\\\"b\"" },
	{ "backslash", "a\\b", "v=\"a\\\\b\"" },
	{ "newline", "a\nlevel=error", "v=\"a\\nlevel=error\"" },
	{ "return and tab", "\r\t", "v=\"\\r\\t\"" },
	{ "escape", "\x1b[2J", "v=\"\\x1b[2J\"" },
	{ "delete", "\x7f", "v=\"\\x7f\"" },
	{ "utf-8", "gr\xc3\xbc\xc3\x9f", "v=\"gr\xc3\xbc\xc3\x9f\"" },
	{ "c1 control", "\xc2\x9b", "v=\"\\xc2\\x9b\"" },
	{ "broken utf-8", "\xc3", "v=\"\\xc3\"" },
	{ "latin-1", "f\xfcr", "v=\"f\\xfcr\"" },
};

static void
values_are_quoted(void **state)
{
	char want[200];

	for (size_t i = 0; i < sizeof(quote_rows) / sizeof(*quote_rows); i++) {
		log_info(NULL, "m", KV_STR("v", quote_rows[i].value));
		(void)snprintf(want, sizeof(want),
		    "level=info program=test msg=m %s", quote_rows[i].text);
		assert_string_equal(after_time(), want);
	}
}

static void
fields_have_types(void **state)
{
	struct err err = ERR_INIT;

	(void)err_set(&err, ERR_TEMP, "no luck");
	log_warn(NULL, "two words", KV_INT("i", -5), KV_UINT("u", UINT64_MAX),
	    KV_HEX("h", 255), KV_BOOL("b", true), KV_STR("none", NULL),
	    KV_BYTES("y", bytes_make("a\0b", 3)), KV_ERR(&err));
	assert_string_equal(after_time(), "level=warn program=test "
	    "msg=\"two words\" i=-5 u=18446744073709551615 "
	    "h=00000000000000ff b=true y=\"a\\x00b\" err=\"no luck\" "
	    "err-kind=temporary");
}

static void
context_is_on_every_line(void **state)
{
	const struct log_kv fields[] = { KV_STR("account", "u1"), KV_END };
	struct log log = { 0xabc, fields };

	log_info(&log, "x", KV_INT("n", 1));
	assert_string_equal(after_time(),
	    "level=info program=test msg=x cid=abc account=u1 n=1");
	assert_true(log_cid_next() != log_cid_next());
}

static void
json_is_escaped(void **state)
{
	log_open("test", LOG_OUTPUT_STDERR, LOG_FORMAT_JSON);
	log_info(NULL, "a \"b\"", KV_STR("v", "x\n\\\x01\xff"),
	    KV_INT("n", 7), KV_BOOL("t", false), KV_HEX("h", 1));
	assert_string_equal(strstr(last, "\"level\""),
	    "\"level\":\"info\",\"program\":\"test\",\"msg\":\"a \\\"b\\\"\","
	    "\"v\":\"x\\n\\\\\\u0001\\u00ff\",\"n\":7,\"t\":false,"
	    "\"h\":\"0000000000000001\"}");
}

static void
lines_are_bounded(void **state)
{
	char *big = malloc(100000), low[1000];

	assert_non_null(big);
	memset(low, 1, sizeof(low));
	memset(big, '\n', 100000);
	for (int json = 0; json < 2; json++) {
		log_open("test", LOG_OUTPUT_STDERR, (enum log_format)json);
		log_info(NULL, "one", KV_BYTES("v", bytes_make(big, 100000)));
		assert_null(strchr(last, '\n'));
		assert_non_null(strstr(last, "...\""));
		log_info(NULL, "many", KV_BYTES("v", bytes_make(low, 1000)),
		    KV_BYTES("w", bytes_make(low, 1000)),
		    KV_BYTES("x", bytes_make(low, 1000)));
		assert_non_null(strstr(last, json ? "\"cut\":true}" :
		    " cut=true"));
		assert_non_null(strstr(last, json ? "\"v\":" : " v="));
		assert_null(strstr(last, json ? "\"x\":" : " x="));
	}
	free(big);
}

/* Lines of systemd's native protocol; no value may add a line. */
static void
journal_has_fields(void **state)
{
	const struct log_kv kv[] = { KV_STR("msg", "a b"),
	    KV_STR("err-kind", "x\nPRIORITY=0"), KV_INT("n", 3), KV_END };
	struct log log = { 0x1f, NULL };
	struct log_record r = { LOG_LEVEL_WARN, "prog", &log, kv, 0 };
	struct log_line l;

	log_format_journal(&l, &r);
	l.data[l.len] = '\0';
	assert_string_equal(l.data, "PRIORITY=4\nSYSLOG_IDENTIFIER=prog\n"
	    "POSTERN_LEVEL=warn\n"
	    "MESSAGE=msg=\"a b\" cid=1f err-kind=\"x\\nPRIORITY=0\" n=3\n"
	    "POSTERN_MSG=\"a b\"\nPOSTERN_CID=1f\n"
	    "POSTERN_ERR_KIND=\"x\\nPRIORITY=0\"\nPOSTERN_N=3\n");
}

static void
level_decides(void **state)
{
	int evaluated = 0;

	log_debug(NULL, "x", KV_INT("n", ++evaluated));
	assert_int_equal(evaluated, 0);
	assert_int_equal(lines, 0);
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug(NULL, "x", KV_INT("n", ++evaluated));
	assert_int_equal(lines, 1);
	log_set_level(LOG_LEVEL_ERROR);
	log_warn(NULL, "x");
	assert_int_equal(lines, 1);
	for (int i = LOG_LEVEL_FATAL; i <= LOG_LEVEL_TRACEDATA; i++)
		assert_int_equal(log_level_parse(bytes_of(
		    log_level_name((enum log_level)i))), i);
	assert_int_equal(log_level_parse(BYTES("loud")), -1);
}

static void
trace_hides_secrets(void **state)
{
	static const struct {
		enum log_level level;
		bool show, secret, body;
	} rows[] = {
		{ LOG_LEVEL_DEBUG, false, false, false },
		{ LOG_LEVEL_TRACE, true, false, false },
		{ LOG_LEVEL_TRACEAUTH, true, true, false },
		{ LOG_LEVEL_TRACEDATA, true, true, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		buf_clear(&all);
		log_set_level(rows[i].level);
		log_trace_bytes(NULL, 'C', LOG_SHOW, BYTES("a LOGIN"));
		log_trace_bytes(NULL, 'C', LOG_SECRET, BYTES("pass1"));
		log_trace_bytes(NULL, 'S', LOG_BODY, BYTES("body1"));
		assert_int_equal(strstr(buf_cstr(&all), "LOGIN") != NULL,
		    rows[i].show);
		assert_int_equal(strstr(all.data, "pass1") != NULL,
		    rows[i].secret);
		assert_int_equal(strstr(all.data, "***") != NULL,
		    rows[i].show && !rows[i].secret);
		assert_int_equal(strstr(all.data, "body1") != NULL,
		    rows[i].body);
		assert_int_equal(strstr(all.data, "size=5") != NULL,
		    rows[i].show && !rows[i].body);
	}
}

static void
long_traces_become_lines(void **state)
{
	char big[LOG_VALUE_MAX * 2 + 1];

	memset(big, 'x', sizeof(big));
	log_set_level(LOG_LEVEL_TRACE);
	log_trace_bytes(NULL, 'S', LOG_SHOW, bytes_make(big, sizeof(big)));
	assert_int_equal(lines, 3);
	log_trace_bytes(NULL, 'S', LOG_SHOW, BYTES(""));
	assert_int_equal(lines, 4);
}

/* Calls fatal() in a child whose stderr is a pipe. */
static void
fatal_says_one_sentence(void **state)
{
	char text[200];
	ssize_t n;
	int p[2], status;
	pid_t pid;

	assert_int_equal(pipe(p), 0);
	if ((pid = fork()) == 0) {
		(void)dup2(p[1], STDERR_FILENO);
		log_set_sink(NULL);
		fatal("cannot open '%s'", "x");
	}
	(void)close(p[1]);
	n = read(p[0], text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = '\0';
	(void)close(p[0]);
	assert_string_equal(text, "test: fatal: cannot open 'x'\n");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(values_are_quoted),
		TEST(fields_have_types),
		TEST(context_is_on_every_line),
		TEST(json_is_escaped),
		TEST(lines_are_bounded),
		TEST(journal_has_fields),
		TEST(level_decides),
		TEST(trace_hides_secrets),
		TEST(long_traces_become_lines),
		TEST(fatal_says_one_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
