/* keyed_hash - the key schedule, and the hash of a word. */
#include <config.h>

#include "junk/keyed_hash.h"

/* ---- SipHash-2-4 (Aumasson and Bernstein, 2012) ----------------------- */

struct sip {
	uint64_t v0, v1, v2, v3;
};

static uint64_t
le64_get(const unsigned char *p)
{
	uint64_t v = 0;

	for (int i = 7; i >= 0; i--)
		v = v << 8 | p[i];
	return v;
}

static uint64_t
rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static void
sip_rounds(struct sip *s, int n)
{
	while (n-- > 0) {
		s->v0 += s->v1;
		s->v2 += s->v3;
		s->v1 = rotate(s->v1, 13) ^ s->v0;
		s->v3 = rotate(s->v3, 16) ^ s->v2;
		s->v0 = rotate(s->v0, 32);
		s->v2 += s->v1;
		s->v0 += s->v3;
		s->v1 = rotate(s->v1, 17) ^ s->v2;
		s->v3 = rotate(s->v3, 21) ^ s->v0;
		s->v2 = rotate(s->v2, 32);
	}
}

static void
sip_block(struct sip *s, uint64_t m)
{
	s->v3 ^= m;
	sip_rounds(s, 2);
	s->v0 ^= m;
}

uint64_t
keyed_hash_siphash(const unsigned char key[KEYED_HASH_KEY_SIZE],
    const void *p, size_t n)
{
	uint64_t k0 = le64_get(key), k1 = le64_get(key + 8);
	struct sip s = {
		k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d,
		k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573
	};
	const unsigned char *at = p;
	unsigned char last[8] = { 0 };
	size_t left = n;

	for (; left >= 8; left -= 8, at += 8)
		sip_block(&s, le64_get(at));
	if (left > 0)
		memcpy(last, at, left);
	last[7] = (unsigned char)n;
	sip_block(&s, le64_get(last));
	s.v2 ^= 0xff;
	sip_rounds(&s, 4);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/* ---- the key schedule ------------------------------------------------- */

struct schedule {
	const unsigned char *key;
	unsigned char counter;
};

static void
schedule_fill(struct schedule *s, uint64_t *out, size_t n)
{
	unsigned char text[8] = "feature";

	for (size_t i = 0; i < n; i++) {
		text[7] = s->counter++;
		out[i] = keyed_hash_siphash(s->key, text, sizeof(text));
	}
}

void
keyed_hash_init(struct keyed_hash *h,
    const unsigned char key[KEYED_HASH_KEY_SIZE])
{
	struct schedule s = { key, 0 };

	schedule_fill(&s, h->word, KEYED_HASH_CHUNKS + 2);
	schedule_fill(&s, h->single, 3);
	schedule_fill(&s, h->pair, 4);
	for (int i = 0; i < KEYED_HASH_GRAMS; i++)
		schedule_fill(&s, h->gram[i], 2);
}

uint64_t
keyed_hash_key_id(const unsigned char key[KEYED_HASH_KEY_SIZE])
{
	return keyed_hash_siphash(key, "key id", 6);
}

/* ---- words ------------------------------------------------------------ */

/* The first byte lowest, so that all hosts agree. */
static uint32_t
chunk_get(const char *p)
{
	const unsigned char *c = (const unsigned char *)p;

	return c[0] | (uint32_t)c[1] << 8 | (uint32_t)c[2] << 16 |
	    (uint32_t)c[3] << 24;
}

/* One to three bytes; their number is hashed with the length of the word. */
static uint32_t
last_chunk_get(const char *p, size_t n)
{
	const unsigned char *c = (const unsigned char *)p;

	return c[0] | (uint32_t)c[n / 2] << 8 | (uint32_t)c[n - 1] << 16;
}

uint32_t
keyed_hash_word(const struct keyed_hash *h, const char *p, size_t n)
{
	uint64_t sum = h->word[0] + h->word[1] * (uint32_t)n;
	const uint64_t *a = h->word + 2;

	if (n > KEYED_HASH_WORD_MAX)
		n = KEYED_HASH_WORD_MAX;
	for (; n >= 4; n -= 4, p += 4)
		sum += *a++ * chunk_get(p);
	if (n > 0)
		sum += *a * last_chunk_get(p, n);
	return (uint32_t)(sum >> 32);
}
