/*
 * keyed_hash - 32-bit hashes of words and 4-grams under a secret key
 *
 * Features are known to the model by their hash only.  Without the key nobody
 * can compute a hash, so a sender cannot choose words that collide with
 * others.  Not a cipher: whoever sees hashes and knows the texts can solve
 * for the key, so hashes stay between our own programs.
 *
 *	struct keyed_hash h;
 *	keyed_hash_init(&h, key);
 *	word = keyed_hash_word(&h, "money", 5);
 *	feature = keyed_hash_pair(&h, field, previous, word);
 *
 * The functions are multilinear (Lemire and Kaser, "Strongly universal string
 * hashing is fast", 2012): the upper half of b + a1 x1 + a2 x2 + ... modulo
 * 2^64, with 32-bit x and secret 64-bit a and b.  For any two different texts
 * the chance of equal hashes is 2^-32 over the choice of the key.  The
 * numbers a and b are made from the key with SipHash-2-4.
 */
#ifndef JUNK_KEYED_HASH_H
#define JUNK_KEYED_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define KEYED_HASH_KEY_SIZE	16
/* Longer words are hashed by their first bytes and their length. */
#define KEYED_HASH_WORD_MAX	40
/* Functions for 4-grams that are independent of each other. */
#define KEYED_HASH_GRAMS	8

#define KEYED_HASH_CHUNKS	(KEYED_HASH_WORD_MAX / 4)

struct keyed_hash {
	uint64_t word[KEYED_HASH_CHUNKS + 2];
	uint64_t single[3];
	uint64_t pair[4];
	uint64_t gram[KEYED_HASH_GRAMS][2];
};

void keyed_hash_init(struct keyed_hash *h,
    const unsigned char key[KEYED_HASH_KEY_SIZE]);

/* Names a key without revealing it: keys with the same id are the same. */
uint64_t keyed_hash_key_id(const unsigned char key[KEYED_HASH_KEY_SIZE]);

/* SipHash-2-4 of n bytes. */
uint64_t keyed_hash_siphash(const unsigned char key[KEYED_HASH_KEY_SIZE],
    const void *p, size_t n);

/* Hash of a word, to be passed to the two functions below. */
uint32_t keyed_hash_word(const struct keyed_hash *h, const char *p, size_t n);

/* The feature "this word in this context". */
static inline uint32_t
keyed_hash_single(const struct keyed_hash *h, uint32_t context, uint32_t word)
{
	return (uint32_t)((h->single[0] + h->single[1] * context +
	    h->single[2] * word) >> 32);
}

/* The feature "these two words, one after the other, in this context". */
static inline uint32_t
keyed_hash_pair(const struct keyed_hash *h, uint32_t context, uint32_t first,
    uint32_t second)
{
	return (uint32_t)((h->pair[0] + h->pair[1] * context +
	    h->pair[2] * first + h->pair[3] * second) >> 32);
}

/* Four bytes in any fixed order, by one of the KEYED_HASH_GRAMS functions. */
static inline uint32_t
keyed_hash_gram(const struct keyed_hash *h, unsigned function, uint32_t gram)
{
	return (uint32_t)((h->gram[function][0] +
	    h->gram[function][1] * gram) >> 32);
}

#endif
