/* Lines of export and import; and that every operation has a handler. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "imapd/request_call.h"
#include "imapd/text_line.h"

static const struct {
	const char *name, *in;
	int rc;
	const char *says; /* "kind|subject|name=value|...", or the error */
} rows[] = {
	{ "nothing", "", 0, "" },
	{ "spaces", " \t ", 0, "" },
	{ "comment", "# account x", 0, "" },
	{ "plain", "account a@b quota=1 x=y", 0, "account|a@b|quota=1|x=y|" },
	{ "spaces around", "  account\ta@b   x=y \r", 0, "account|a@b|x=y|" },
	{ "quotes", "password \"a b\" label=\"my \\\"phone\\\"\" h=$6$x", 0,
	    "password|a b|label=my \"phone\"|h=$6$x|" },
	{ "escapes", "a b c=\"\\\\\\n\\t\\x41\"", 0, "a|b|c=\\\n\tA|" },
	{ "empty value", "a b c= d=\"\"", 0, "a|b|c=|d=|" },
	{ "equals in the value", "a b c=d=e", 0, "a|b|c=d=e|" },
	{ "UTF-8", "address \"j\xc3\xbcrgen@x\" account=y", 0,
	    "address|j\xc3\xbcrgen@x|account=y|" },
	{ "no subject", "account", -1, "expected a name" },
	{ "no equals sign", "a b c", -1, "expected NAME=VALUE, found 'c'" },
	{ "no name", "a b =c", -1, "expected NAME=VALUE" },
	{ "open quote", "a b c=\"d", -1, "not closed" },
	{ "wrong escape", "a b c=\"\\y\"", -1, "escape" },
	{ "escape cut off", "a b c=\"\\x4", -1, "escape" },
	{ "escaped NUL", "a b c=\"\\x00\"", -1, "escape" },
};

static void
lines_are_parsed(void **state)
{
	struct buf got = BUF_INIT;
	struct err err = ERR_INIT;
	struct text_line l;
	struct arena a;
	int rc;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		arena_init(&a);
		buf_clear(&got);
		rc = text_line_parse(&a, bytes_of(rows[i].in), &l, &err);
		if (rc != rows[i].rc)
			fail_msg("%s: %d %s", rows[i].name, rc, err.text);
		if (rc == 0 && l.kind != NULL) {
			buf_printf(&got, "%s|%s|", l.kind, l.subject);
			for (size_t k = 0; k < l.n; k++)
				buf_printf(&got, "%s=%s|", l.values[k].name,
				    l.values[k].value);
		}
		if (rc == 0)
			assert_string_equal(buf_cstr(&got), rows[i].says);
		else
			assert_non_null(strstr(err.text, rows[i].says));
		arena_clear(&a);
	}
	buf_free(&got);
}

static void
what_is_written_is_read(void **state)
{
	char all[256];
	struct buf line = BUF_INIT;
	struct err err = ERR_INIT;
	struct text_line l;
	struct arena a;
	const char *v;

	for (int i = 1; i < 256; i++)
		all[i - 1] = (char)i;
	all[255] = '\0';
	arena_init(&a);
	text_line_begin(&line, "kind", all);
	text_line_add(&line, "one", all);
	text_line_add(&line, "two", "");
	assert_null(memchr(line.data, '\n', line.len));
	assert_int_equal(text_line_parse(&a, buf_view(&line), &l, &err), 0);
	assert_string_equal(l.subject, all);
	assert_int_equal(text_line_need(&l, "one", &v, &err), 0);
	assert_string_equal(v, all);
	assert_string_equal(text_line_value(&l, "two"), "");
	assert_null(text_line_value(&l, "three"));
	assert_int_equal(text_line_need(&l, "three", &v, &err), -1);
	buf_free(&line);
	arena_clear(&a);
}

static void
values_are_bounded(void **state)
{
	struct buf line = BUF_INIT;
	struct err err = ERR_INIT;
	struct text_line l;
	struct arena a;

	arena_init(&a);
	buf_str(&line, "a b");
	for (int i = 0; i <= TEXT_LINE_VALUES_MAX; i++)
		buf_str(&line, " c=d");
	assert_int_equal(text_line_parse(&a, buf_view(&line), &l, &err), -1);
	buf_free(&line);
	arena_clear(&a);
}

static void
every_operation_has_a_handler(void **state)
{
	for (const struct request_op *op = request_ops; op->number != 0; op++)
		if (request_handler_find(op->number) == NULL)
			fail_msg("nobody handles '%s'", op->name);
	assert_null(request_handler_find(0));
	assert_null(request_handler_find(9999));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_parsed),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(values_are_bounded),
		cmocka_unit_test(every_operation_has_a_handler),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
