/*
 * token - features of a text: words, pairs of words, runs of four bytes
 *
 * A word is a run of characters other than white space and those that enclose
 * or list words.  Ideographs and syllables of scripts without
 * spaces are words of their own, so that their pairs are what a word is
 * elsewhere.  The host of a link counts as a word, too.
 *
 *	struct token_context at = { FEATURE_BODY_WORDS, 0, BYTES(""), true };
 *	tokens_left -= token_words(f, h, &at, text, tokens_left);
 *
 * Linear in the text, and bounded by the most tokens.
 */
#ifndef JUNK_TOKEN_H
#define JUNK_TOKEN_H

#include "base/buf.h"
#include "junk/feature.h"
#include "junk/keyed_hash.h"

/* Where a text stands. */
struct token_context {
	enum feature_group group;
	uint32_t hash;		/* of the context; features differ by it */
	struct bytes name;	/* shown before its words; may be empty */
	bool pairs;		/* pairs of words, too */
};

/*
 * Adds the words of a folded text (small letters), at most max.  Returns how
 * many it added; pairs are not counted.
 */
size_t token_words(struct features *f, const struct keyed_hash *h,
    const struct token_context *at, struct bytes text, size_t max);

/* Adds the runs of four bytes, by that function of keyed_hash_gram(). */
void token_grams(struct features *f, const struct keyed_hash *h,
    enum feature_group group, unsigned function, struct bytes text);

#endif
