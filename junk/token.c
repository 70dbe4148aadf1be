/* token - splits text into words, and takes each run of four bytes. */
#include <config.h>

#include "junk/token.h"

enum { OTHER, WORD, INNER };

/* INNER characters belong to a word if letters stand on both sides. */
static unsigned char
class_of(unsigned char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	    (c >= 'A' && c <= 'Z') || c >= 0x80 || c == '$' || c == '!')
		return WORD;
	return c == '\'' || c == '-' || c == '_' || c == '.' ? INNER : OTHER;
}

static bool
is_word(char c)
{
	return class_of((unsigned char)c) == WORD;
}

/* Length of an ideograph or syllable that is a word by itself, or 0. */
static size_t
ideograph_length(const char *p, size_t n)
{
	unsigned char c = (unsigned char)p[0];

	/* U+3000 to U+DFFF, and the planes above U+20000. */
	if (c >= 0xe3 && c <= 0xed && n >= 3)
		return 3;
	if (c == 0xf0 && n >= 4 && (unsigned char)p[1] >= 0xa0)
		return 4;
	return 0;
}

/* Length of the word at p, which begins with a WORD character. */
static size_t
word_length(const char *p, size_t n)
{
	size_t i = ideograph_length(p, n);

	if (i > 0)
		return i;
	for (i = 1; i < n; i++) {
		if ((unsigned char)p[i] >= 0xe3 &&
		    ideograph_length(p + i, n - i) > 0)
			break;
		if (is_word(p[i]))
			continue;
		if (class_of((unsigned char)p[i]) != INNER || i + 1 == n ||
		    !is_word(p[i + 1]))
			break;
	}
	return i;
}

struct word {
	struct bytes text;
	uint32_t hash;
};

static void
show(struct features *f, const struct token_context *at,
    const struct word *first, const struct word *second)
{
	struct bytes pieces[5] = {
		at->name, BYTES(": "), first->text, BYTES(" ")
	};

	if (at->name.len == 0)
		pieces[1].len = 0;
	if (second != NULL)
		pieces[4] = second->text;
	features_show(f, at->group, pieces, second == NULL ? 3 : 5);
}

static void
word_add(struct features *f, const struct keyed_hash *h,
    const struct token_context *at, const struct word *last,
    const struct word *w)
{
	features_add(f, at->group, keyed_hash_single(h, at->hash, w->hash));
	if (f->readable)
		show(f, at, w, NULL);
	if (!at->pairs || last->text.len == 0)
		return;
	features_add(f, at->group,
	    keyed_hash_pair(h, at->hash, last->hash, w->hash));
	if (f->readable)
		show(f, at, last, w);
}

size_t
token_words(struct features *f, const struct keyed_hash *h,
    const struct token_context *at, struct bytes text, size_t max)
{
	struct word last = { { NULL, 0 }, 0 }, w;
	size_t count = 0, i = 0;

	while (i < text.len && count < max) {
		if (!is_word(text.data[i])) {
			i++;
			continue;
		}
		w.text = bytes_make(text.data + i,
		    word_length(text.data + i, text.len - i));
		w.hash = keyed_hash_word(h, w.text.data, w.text.len);
		word_add(f, h, at, &last, &w);
		last = w;
		i += w.text.len;
		count++;
	}
	return count;
}

void
token_grams(struct features *f, const struct keyed_hash *h,
    enum feature_group group, unsigned function, struct bytes text)
{
	uint32_t gram = 0;

	for (size_t i = 0; i < text.len; i++) {
		gram = gram << 8 | (unsigned char)text.data[i];
		if (i >= 3)
			features_add(f, group,
			    keyed_hash_gram(h, function, gram));
	}
}
