/* Buffers; also arenas and encodings. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"

static void
arena_keeps_every_block(void **state)
{
	struct arena a;
	char *p[500];

	arena_init(&a);
	for (size_t i = 0; i < 500; i++) {
		p[i] = arena_alloc(&a, i * 7 + 1);
		memset(p[i], (int)(i & 255), i * 7 + 1);
		assert_int_equal((uintptr_t)p[i] % 16, 0);
	}
	for (size_t i = 0; i < 500; i++)
		for (size_t k = 0; k < i * 7 + 1; k++)
			assert_int_equal((unsigned char)p[i][k], i & 255);
	arena_clear(&a);
	assert_string_equal(arena_printf(&a, "%d-%s", 7, "x"), "7-x");
	arena_clear(&a);
}

static void
buf_grows_and_consumes(void **state)
{
	struct buf b = BUF_INIT;

	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%03d", i);
	assert_int_equal(b.len, 3000);
	buf_consume(&b, 2997);
	assert_true(bytes_eq_str(buf_view(&b), "999"));
	assert_string_equal(buf_cstr(&b), "999");
	assert_int_equal(b.len, 3);
	buf_consume(&b, 10);
	assert_int_equal(b.len, 0);
	buf_free(&b);
}

static void
buf_writes_numbers(void **state)
{
	static const uint64_t numbers[] = { 0, 9, 10, 1234567890,
	    UINT64_MAX };
	struct buf b = BUF_INIT, expected = BUF_INIT;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		buf_clear(&b);
		buf_clear(&expected);
		buf_decimal(&b, numbers[i]);
		buf_printf(&expected, "%llu", (unsigned long long)numbers[i]);
		assert_string_equal(buf_cstr(&b), buf_cstr(&expected));
	}
	buf_free(&b);
	buf_free(&expected);
}

/* However much room there was before. */
static void
buf_prints_texts_of_all_lengths(void **state)
{
	char text[300];
	struct buf b = BUF_INIT;

	for (size_t n = 0; n < sizeof(text); n++) {
		memset(text, 'a', n);
		text[n] = '\0';
		buf_free(&b);
		buf_str(&b, "- ");
		buf_printf(&b, "%s.", text);
		assert_int_equal(b.len, n + 3);
		assert_int_equal(b.data[b.len - 1], '.');
	}
	buf_free(&b);
}

static const struct {
	const char *plain, *encoded;
} base64_rows[] = {
	{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" }
};

static void
base64_follows_rfc4648(void **state)
{
	static const char *const bad[] = {
		"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zg==Zg==", "Zm\n9", "=Zg=",
		"====", "Zm9v====", "Zm 8="
	};
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < sizeof(base64_rows) / sizeof(*base64_rows); i++) {
		buf_clear(&b);
		base64_encode(&b, bytes_of(base64_rows[i].plain));
		assert_string_equal(buf_cstr(&b), base64_rows[i].encoded);
		buf_clear(&b);
		assert_int_equal(base64_decode(&b,
		    bytes_of(base64_rows[i].encoded)), 0);
		assert_string_equal(buf_cstr(&b), base64_rows[i].plain);
	}
	buf_clear(&b);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(base64_decode(&b, bytes_of(bad[i])), -1);
		assert_int_equal(b.len, 0);
	}
	buf_free(&b);
}

static void
integers_are_big_endian(void **state)
{
	uint8_t b[8];

	be64_put(b, 0x0102030405060708u);
	assert_memory_equal(b, "\1\2\3\4\5\6\7\10", 8);
	assert_true(be64_get(b) == 0x0102030405060708u);
	assert_int_equal(be16_get(b), 0x0102);
}

static void
crc32c_known_values(void **state)
{
	char zeroes[32] = { 0 };
	uint32_t c, far = 0;

	assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283u);
	assert_int_equal(crc32c(0, zeroes, 32), 0x8a9136aau);
	c = crc32c(0, "1234", 4);
	assert_int_equal(crc32c(c, "56789", 5), 0xe3069283u);
	/* Split at every place, and far apart. */
	for (size_t i = 0; i <= 9; i++)
		assert_int_equal(crc32c_combine(crc32c(0, "123456789", i),
		    crc32c(0, "123456789" + i, 9 - i), 9 - i), 0xe3069283u);
	for (size_t i = 0; i < 100000; i++) {
		c = crc32c(c, zeroes, 32);
		far = crc32c(far, zeroes, 32);
	}
	assert_int_equal(crc32c_combine(crc32c(0, "1234", 4), far, 3200000),
	    c);
}

static const struct {
	const char *text;
	bool valid;
} utf8_rows[] = {
	{ "plain", true }, { "gr\xc3\xbc\xc3\x9f", true },
	{ "\xf0\x9f\x93\xa7", true }, { "\xc0\x80", false },
	{ "\xed\xa0\x80", false }, { "\xe0\x9f\xbf", false },
	{ "\xf4\x90\x80\x80", false }, { "\x80", false },
	{ "\xc3", false }, { "\xf0\x9f\x93", false }
};

static void
utf8_follows_rfc3629(void **state)
{
	for (size_t i = 0; i < sizeof(utf8_rows) / sizeof(*utf8_rows); i++)
		assert_int_equal(utf8_is_valid(bytes_of(utf8_rows[i].text)),
		    utf8_rows[i].valid);
}

static void
decimal_is_bounded(void **state)
{
	uint64_t v;

	assert_int_equal(decimal_parse(bytes_of("42"), 42, &v), 0);
	assert_int_equal(v, 42);
	assert_int_equal(decimal_parse(bytes_of("43"), 42, &v), -1);
	assert_int_equal(decimal_parse(bytes_of("9"), 5, &v), -1);
	assert_int_equal(decimal_parse(bytes_of(""), 42, &v), -1);
	assert_int_equal(decimal_parse(bytes_of("-1"), 42, &v), -1);
	assert_int_equal(decimal_parse(bytes_of("18446744073709551615"),
	    UINT64_MAX, &v), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(decimal_parse(bytes_of("18446744073709551616"),
	    UINT64_MAX, &v), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_keeps_every_block),
		cmocka_unit_test(buf_grows_and_consumes),
		cmocka_unit_test(buf_writes_numbers),
		cmocka_unit_test(buf_prints_texts_of_all_lengths),
		cmocka_unit_test(base64_follows_rfc4648),
		cmocka_unit_test(integers_are_big_endian),
		cmocka_unit_test(crc32c_known_values),
		cmocka_unit_test(utf8_follows_rfc3629),
		cmocka_unit_test(decimal_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
