/* Keyed hashes: SipHash by its test vectors, and what must differ. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "junk/keyed_hash.h"

/* Of the reference implementation: key 00 to 0f, text 00, 01, ... */
static const struct {
	size_t len;
	uint64_t hash;
} vectors[] = {
	{ 0, 0x726fdb47dd0e0e31 },
	{ 1, 0x74f839c593dc67fd },
	{ 7, 0xab0200f58b01d137 },
	{ 8, 0x93f5f5799a932462 },
	{ 15, 0xa129ca6149be45e5 },
};

static void
siphash_is_that_of_the_paper(void **state)
{
	unsigned char key[KEYED_HASH_KEY_SIZE], text[16];

	(void)state;
	for (unsigned char i = 0; i < 16; i++)
		key[i] = text[i] = i;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++)
		assert_true(keyed_hash_siphash(key, text, vectors[i].len) ==
		    vectors[i].hash);
}

static void
words_have_hashes_of_their_own(void **state)
{
	static const unsigned char key[KEYED_HASH_KEY_SIZE] = "a";
	static const char *const words[] = {
		"", "a", "b", "aa", "aaa", "aab", "aba", "baa", "aaaa", "aaaaa",
		"money", "monez", "moneymoneymoney", "moneymoneymonez"
	};
	uint32_t hash[sizeof(words) / sizeof(*words)];
	struct keyed_hash h;

	(void)state;
	keyed_hash_init(&h, key);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		hash[i] = keyed_hash_word(&h, words[i], strlen(words[i]));
		for (size_t k = 0; k < i; k++)
			assert_true(hash[i] != hash[k]);
	}
}

static void
another_key_gives_other_hashes(void **state)
{
	static const unsigned char a[KEYED_HASH_KEY_SIZE] = "a";
	static const unsigned char b[KEYED_HASH_KEY_SIZE] = "b";
	struct keyed_hash x, y;

	(void)state;
	keyed_hash_init(&x, a);
	keyed_hash_init(&y, b);
	assert_true(keyed_hash_word(&x, "word", 4) !=
	    keyed_hash_word(&y, "word", 4));
	assert_true(keyed_hash_gram(&x, 0, 1) != keyed_hash_gram(&y, 0, 1));
	assert_true(keyed_hash_key_id(a) != keyed_hash_key_id(b));
}

static void
context_and_order_matter(void **state)
{
	static const unsigned char key[KEYED_HASH_KEY_SIZE] = "a";
	struct keyed_hash h;

	(void)state;
	keyed_hash_init(&h, key);
	assert_true(keyed_hash_single(&h, 1, 2) != keyed_hash_single(&h, 2, 1));
	assert_true(keyed_hash_pair(&h, 0, 1, 2) !=
	    keyed_hash_pair(&h, 0, 2, 1));
	assert_true(keyed_hash_gram(&h, 0, 7) != keyed_hash_gram(&h, 1, 7));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_is_that_of_the_paper),
		cmocka_unit_test(words_have_hashes_of_their_own),
		cmocka_unit_test(another_key_gives_other_hashes),
		cmocka_unit_test(context_and_order_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
