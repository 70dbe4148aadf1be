/* token - splits text into words, and takes each run of four bytes. */
#include <config.h>

#include "junk/token.h"

/*
 * Words end at white space and at the characters that enclose or list things;
 * so host names, URLs, prices and both sides of an address are words.
 */
static const bool ends_word[256] = {
	/* White space and control characters. */
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	[' '] = 1, ['<'] = 1, ['>'] = 1, ['"'] = 1, ['('] = 1, [')'] = 1,
	[','] = 1, [';'] = 1, [':'] = 1, ['@'] = 1
};

static const bool ends_host[256] = {
	['/'] = 1, ['?'] = 1, ['#'] = 1, ['\''] = 1
};

static bool
is_word(char c)
{
	return !ends_word[(unsigned char)c];
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

/* Length of the word at p, which begins with a character of a word. */
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
		if (!is_word(p[i]))
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

/* Of "//www.example.com/path", what a link begins with, the host. */
static struct bytes
link_host(struct bytes word)
{
	size_t n = 2;

	if (word.len < 3 || word.data[0] != '/' || word.data[1] != '/')
		return bytes_make(NULL, 0);
	while (n < word.len && !ends_host[(unsigned char)word.data[n]])
		n++;
	return bytes_make(word.data + 2, n - 2);
}

/* The host of a link counts as a word of its own. */
static void
host_add(struct features *f, const struct keyed_hash *h,
    const struct token_context *at, struct bytes word)
{
	struct word w = { link_host(word), 0 };

	if (w.text.len == 0)
		return;
	w.hash = keyed_hash_word(h, w.text.data, w.text.len);
	features_add(f, at->group, keyed_hash_single(h, at->hash, w.hash));
	if (f->readable)
		show(f, at, &w, NULL);
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
		host_add(f, h, at, w.text);
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
	struct feature_list *list = &f->group[group];
	const unsigned char *p = (const unsigned char *)text.data;
	size_t n = text.len < 4 ? 0 : text.len - 3;
	uint32_t gram, *out = list->hash + list->count;

	if (n > FEATURE_GROUP_MAX - list->count)
		n = FEATURE_GROUP_MAX - list->count;
	if (n == 0)
		return;
	gram = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
	for (size_t i = 0; i < n; i++) {
		gram = gram << 8 | p[i + 3];
		out[i] = keyed_hash_gram(h, function, gram);
	}
	list->count += (uint32_t)n;
}
