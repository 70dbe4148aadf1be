/*
 * feature - what the model sees of a message: five groups of hashes
 *
 * A feature is a word, a pair of adjacent words or four adjacent bytes, each
 * in its context.  Only its keyed hash is kept; words can be kept readable
 * too, for the explanation of a verdict.
 *
 *	struct features *f = features_new(true);
 *	features_clear(f);
 *	... features_add(f, group, hash) ...
 *	features_free(&f);
 *
 * 92 KB, with texts 370 KB; to be used again for the next message.  A group
 * that is full ignores further features.  The order is that of the message, and
 * the same under every key, so two lists of one message correspond one to one.
 */
#ifndef JUNK_FEATURE_H
#define JUNK_FEATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * Changes whenever the same message gives other features: tables of another
 * version must be trained again.
 */
#define FEATURE_VERSION		1

enum feature_group {
	FEATURE_HEADER_WORDS,
	FEATURE_BODY_WORDS,
	FEATURE_HEADER_GRAMS,
	FEATURE_TEXT_GRAMS,
	FEATURE_MARKUP,		/* words and 4-grams of HTML tags */
	FEATURE_GROUPS
};

/* Most features of one group. */
#define FEATURE_GROUP_MAX	4600

/* A word or pair that can be shown. */
struct feature_text {
	uint32_t index;		/* in its group */
	uint32_t offset, len;	/* in text */
};

struct feature_list {
	uint32_t count;
	uint32_t hash[FEATURE_GROUP_MAX];
};

struct features {
	struct feature_list group[FEATURE_GROUPS];
	bool readable;		/* keep the text of words */
	struct buf text;	/* own */
	struct feature_text *shown[FEATURE_GROUPS];	/* own, or NULL */
	uint32_t shown_count[FEATURE_GROUPS];
};

/* With readable, the texts of words are kept. */
struct features *features_new(bool readable);
void features_free(struct features **f);
void features_clear(struct features *f);

/* The text of the feature added last, in pieces that are joined. */
void features_show(struct features *f, enum feature_group g,
    const struct bytes *pieces, size_t count);

/* A name for people, such as "words of the header". */
const char *feature_group_name(enum feature_group g);

static inline void
features_add(struct features *f, enum feature_group g, uint32_t hash)
{
	struct feature_list *list = &f->group[g];

	if (list->count < FEATURE_GROUP_MAX)
		list->hash[list->count++] = hash;
}

#endif
