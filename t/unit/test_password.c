/* Password hashes, imported hashes, and the cache of correct passwords. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "login/password.h"

/* Cheap parameters: the cost is not tested here. */
static const struct password_params cheap = { 1, 64, 1 };

static void
hash_is_verified(void **state)
{
	struct buf a = BUF_INIT, b = BUF_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(password_hash(&cheap, BYTES("secret"), &a, &err), 0);
	assert_int_equal(password_hash(&cheap, BYTES("secret"), &b, &err), 0);
	assert_true(bytes_has_prefix(buf_view(&a),
	    "$argon2id$v=19$m=64,t=1,p=1$"));
	assert_false(bytes_eq(buf_view(&a), buf_view(&b)));
	assert_true(password_verify(buf_view(&a), BYTES("secret")));
	assert_true(password_verify(buf_view(&b), BYTES("secret")));
	assert_false(password_verify(buf_view(&a), BYTES("Secret")));
	assert_false(password_verify(buf_view(&a), BYTES("secre")));
	assert_false(password_verify(buf_view(&a), BYTES("")));
	buf_free(&a);
	buf_free(&b);
}

static void
default_costs_are_as_printed(void **state)
{
	struct password_params p = PASSWORD_PARAMS_DEFAULT;
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;

	assert_int_equal(password_hash(&p, BYTES("x"), &b, &err), 0);
	assert_true(bytes_has_prefix(buf_view(&b),
	    "$argon2id$v=19$m=19456,t=2,p=1$"));
	assert_int_equal(password_hash_check(buf_view(&b), &err), 0);
	password_verify_nobody(&p, BYTES("x"));
	buf_free(&b);
}

static void
bad_passwords_are_refused(void **state)
{
	static char longer[PASSWORD_LEN_MAX + 1];
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;

	memset(longer, 'a', sizeof(longer));
	assert_int_equal(password_hash(&cheap, BYTES(""), &b, &err), -1);
	assert_int_equal(password_hash(&cheap, BYTES("a\0b"), &b, &err), -1);
	assert_int_equal(password_hash(&cheap,
	    bytes_make(longer, sizeof(longer)), &b, &err), -1);
	assert_int_equal(err.kind, ERR_REFUSED);
	assert_int_equal(b.len, 0);
	assert_int_equal(password_hash(&cheap,
	    bytes_make(longer, sizeof(longer) - 1), &b, &err), 0);
	buf_free(&b);
}

/* Made with openssl passwd and crypt(3) from the password "imported". */
#define SHA512_ROW	"$6$saltsalt$6" SHA512_TAIL
#define SHA512_TAIL	"vHbWReXMyJLhiFkk2g1zEPkOwQBoHgAakHGhehM8N4" \
			".A1PqMpvr5n4dbnpxDhzUBoLDGWLsdlOd4hCiSMjgz/"
#define SHA256_ROW \
	"$5$saltsalt$OUO9K1RI5TUk2kJK.Bn68Q/88cgTdOg3IPsElyQJ1j9"
#define YESCRYPT_ROW \
	"$y$j75$saltsaltsalt$xIP/675X1o7QVsJTJt0GB95x.AMDQD7h0i2LIHmDMK8"

static const struct {
	const char *name, *hash;
	bool is_known, is_right;
} rows[] = {
	{ "sha512", SHA512_ROW, true, true },
	{ "sha512 with scheme", "{SHA512-CRYPT}" SHA512_ROW,
	    true, true },
	{ "scheme without case", "{sha512-crypt}" SHA512_ROW,
	    true, true },
	{ "sha256", SHA256_ROW, true, true },
	{ "yescrypt", YESCRYPT_ROW, true, true },
	{ "sha512 of another password", "$6$saltsalt$"
	    "0" SHA512_TAIL, true, false },
	{ "cut short", "$6$saltsalt$", true, false },
	{ "plain text", "imported", false, false },
	{ "another scheme", "{PLAIN}imported", false, false },
	{ "traditional DES", "ab1dzkkIhgfXQ", false, false },
	{ "empty", "", false, false },
	{ "only a scheme", "{CRYPT}", false, false },
	{ "unknown crypt", "$zz$salt$hash", false, false },
	{ "argon2 without parameters", "$argon2id$v=19$", false, false },
	{ "argon2 that costs 4 TB",
	    "$argon2id$v=19$m=4294967295,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
	    false, false },
	{ "argon2 that costs days",
	    "$argon2id$v=19$m=64,t=4000000000,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
	    false, false },
	{ "argon2 with other bytes",
	    "$argon2id$v=19$m=64,t=1,p=1$!!!!$????", true, false },
};

static void
imported_hashes(void **state)
{
	struct err err = ERR_INIT;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if ((password_hash_check(bytes_of(rows[i].hash), &err) == 0) !=
		    rows[i].is_known)
			fail_msg("%s: known is wrong", rows[i].name);
		if (password_verify(bytes_of(rows[i].hash),
		    BYTES("imported")) != rows[i].is_right)
			fail_msg("%s: right is wrong", rows[i].name);
		if (password_verify(bytes_of(rows[i].hash), BYTES("other")))
			fail_msg("%s: any password is right", rows[i].name);
	}
}

static void
cache_remembers_for_a_while(void **state)
{
	struct password_cache *c = password_cache_new(64, 60);
	struct bytes u = BYTES("u"), h = BYTES("h"), p = BYTES("p");

	assert_false(password_cache_has(c, u, h, p, 1000));
	password_cache_add(c, u, h, p, 1000);
	assert_true(password_cache_has(c, u, h, p, 1000));
	assert_true(password_cache_has(c, u, h, p, 1059));
	assert_false(password_cache_has(c, u, h, p, 1060));
	assert_false(password_cache_has(c, BYTES("v"), h, p, 1000));
	assert_false(password_cache_has(c, u, BYTES("new"), p, 1000));
	assert_false(password_cache_has(c, u, h, BYTES("q"), 1000));
	/* The same bytes, divided differently between the fields. */
	assert_false(password_cache_has(c, BYTES("uh"), BYTES(""), p, 1000));
	password_cache_free(&c);
	assert_null(c);
	password_cache_free(&c);
}

static void
cache_is_bounded(void **state)
{
	struct password_cache *c = password_cache_new(16, 60);
	char name[16];
	int found = 0;

	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < 1000; i++) {
			struct bytes u = bytes_make(name,
			    (size_t)snprintf(name, sizeof(name), "u%d", i));

			if (pass == 0)
				password_cache_add(c, u, BYTES("h"),
				    BYTES("p"), 1000 + i / 100);
			else
				found += password_cache_has(c, u, BYTES("h"),
				    BYTES("p"), 1010);
		}
	assert_in_range(found, 1, 16);
	password_cache_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hash_is_verified),
		cmocka_unit_test(default_costs_are_as_printed),
		cmocka_unit_test(bad_passwords_are_refused),
		cmocka_unit_test(imported_hashes),
		cmocka_unit_test(cache_remembers_for_a_while),
		cmocka_unit_test(cache_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
