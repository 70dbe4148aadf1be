/* SASL mechanisms as step machines. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "login/sasl.h"

#define B(s)	{ s, sizeof(s) - 1 }

/* A dialogue: what the client says, what the end of it is. */
static const struct {
	const char *name, *mech;
	bool has_initial;
	struct bytes in[4];
	size_t nin;
	enum sasl_result end;
	const char *challenges, *user, *password;
} rows[] = {
	{ "PLAIN at once", "PLAIN", true, { B("\0al\0pw") }, 1,
	    SASL_PASSWORD, "", "al", "pw" },
	{ "PLAIN in two steps", "plain", false, { B("\0al\0pw") }, 1,
	    SASL_PASSWORD, "|", "al", "pw" },
	{ "PLAIN, for oneself", "PLAIN", true, { B("al\0al\0pw") }, 1,
	    SASL_PASSWORD, "", "al", "pw" },
	{ "PLAIN, for another", "PLAIN", true, { B("bo\0al\0pw") }, 1,
	    SASL_FAIL, "", NULL, NULL },
	{ "PLAIN, UTF-8", "PLAIN", true, { B("\0\xc3\xa4@x\0p\xff") }, 1,
	    SASL_PASSWORD, "", "\xc3\xa4@x", "p\xff" },
	{ "PLAIN, user not UTF-8", "PLAIN", true, { B("\0a\xff\0pw") }, 1,
	    SASL_FAIL, "", NULL, NULL },
	{ "PLAIN, four fields", "PLAIN", true, { B("\0al\0pw\0x") }, 1,
	    SASL_FAIL, "", NULL, NULL },
	{ "PLAIN, two fields", "PLAIN", true, { B("al\0pw") }, 1,
	    SASL_FAIL, "", NULL, NULL },
	{ "PLAIN, no user", "PLAIN", true, { B("\0\0pw") }, 1,
	    SASL_FAIL, "", NULL, NULL },
	{ "PLAIN, no password", "PLAIN", true, { B("\0al\0") }, 1,
	    SASL_FAIL, "", NULL, NULL },
	{ "PLAIN, empty", "PLAIN", true, { B("") }, 1,
	    SASL_FAIL, "", NULL, NULL },
	{ "LOGIN", "LOGIN", false, { B("al"), B("pw") }, 2,
	    SASL_PASSWORD, "Username:|Password:|", "al", "pw" },
	{ "LOGIN with initial response", "login", true, { B("al"), B("pw") },
	    2, SASL_PASSWORD, "Password:|", "al", "pw" },
	{ "LOGIN, no user", "LOGIN", false, { B("") }, 1,
	    SASL_FAIL, "Username:|", NULL, NULL },
	{ "LOGIN, NUL in password", "LOGIN", false, { B("al"), B("p\0w") },
	    2, SASL_FAIL, "Username:|Password:|", NULL, NULL },
};

static void
row_check(size_t i)
{
	struct buf said = BUF_INIT, out = BUF_INIT;
	struct err err = ERR_INIT;
	enum sasl_result r = SASL_CONTINUE;
	struct sasl *sasl;
	struct arena a;
	size_t k = 0;

	arena_init(&a);
	sasl = sasl_new(&a, bytes_of(rows[i].mech));
	assert_non_null(sasl);
	if (!rows[i].has_initial) {
		r = sasl_step(sasl, NULL, &said, &err);
		buf_byte(&said, '|');
	}
	while (r == SASL_CONTINUE && k < rows[i].nin) {
		buf_clear(&out);
		r = sasl_step(sasl, &rows[i].in[k++], &out, &err);
		buf_bytes(&said, buf_view(&out));
		if (r == SASL_CONTINUE)
			buf_byte(&said, '|');
	}
	if (r != rows[i].end || k != rows[i].nin)
		fail_msg("%s: ended with %d after %zu", rows[i].name, r, k);
	if (strcmp(buf_cstr(&said), rows[i].challenges) != 0)
		fail_msg("%s: said '%s'", rows[i].name, said.data);
	if (r == SASL_PASSWORD) {
		assert_true(bytes_eq_str(sasl_user(sasl), rows[i].user));
		assert_true(bytes_eq_str(sasl_password(sasl),
		    rows[i].password));
		sasl_forget(sasl);
		assert_int_equal(sasl_password(sasl).len, 0);
	}
	/* It is over, and stays so. */
	r = sasl_step(sasl, &rows[i].in[0], &out, &err);
	assert_int_equal(r, SASL_FAIL);
	assert_int_equal(err.kind, ERR_SYNTAX);
	buf_free(&said);
	buf_free(&out);
	arena_clear(&a);
}

static void
dialogues(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		row_check(i);
}

static void
mechanisms_are_listed(void **state)
{
	struct arena a;

	arena_init(&a);
	assert_string_equal(sasl_mechanism_at(0)->name, "PLAIN");
	assert_string_equal(sasl_mechanism_at(1)->name, "LOGIN");
	assert_null(sasl_mechanism_at(2));
	assert_null(sasl_new(&a, BYTES("CRAM-MD5")));
	assert_null(sasl_new(&a, BYTES("")));
	assert_true(sasl_mechanism(sasl_new(&a,
	    BYTES("PLAIN")))->is_plaintext);
	arena_clear(&a);
}

static void
long_answers_are_refused(void **state)
{
	static char big[SASL_RESPONSE_MAX + 1];
	struct bytes in = { big, sizeof(big) };
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	struct sasl *sasl;
	struct arena a;

	memset(big, 'u', sizeof(big));
	arena_init(&a);
	sasl = sasl_new(&a, BYTES("PLAIN"));
	assert_int_equal(sasl_step(sasl, &in, &out, &err), SASL_FAIL);
	in.len = SASL_USER_MAX + 1;
	sasl = sasl_new(&a, BYTES("LOGIN"));
	assert_int_equal(sasl_step(sasl, &in, &out, &err), SASL_FAIL);
	arena_clear(&a);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dialogues),
		cmocka_unit_test(mechanisms_are_listed),
		cmocka_unit_test(long_answers_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
