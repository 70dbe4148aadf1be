/*
 * fold - keys for caseless comparison, and searching in them
 *
 * The key of a character does not depend on its neighbors, so keys are made
 * character by character.  Those of characters up to U+FFFF come from pages of
 * 256 that are made on first use; libunistring alone is ten times slower.  A
 * page never changes once it is made.
 *
 * The search is by Knuth, Morris and Pratt: it looks at each byte of the text
 * once, however the text is cut into pieces.
 */
#include <config.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include <unicase.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/err.h"
#include "mail/fold.h"

#define PAGE_CHARS	256
#define KEY_SHORT_MAX	7
#define KEY_LONG	255	/* does not fit: computed each time */
/* U+FDFA has the longest key, 18 characters. */
#define KEY_CHARS_MAX	64
#define BLOCK		4096

struct key {
	uint8_t len;
	char text[KEY_SHORT_MAX];
};

struct page {
	struct key key[PAGE_CHARS];
};

static _Atomic(struct page *) pages[256];
static pthread_mutex_t pages_lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- keys ------------------------------------------------------------ */

/* Appends the full decomposition of c (RFC 5051 2). */
static size_t
decompose(ucs4_t c, ucs4_t *out, size_t n)
{
	ucs4_t part[UC_DECOMPOSITION_MAX_LENGTH];
	int count, tag;

	count = uc_decomposition(c, &tag, part);
	if (count <= 0 || (size_t)count + n > KEY_CHARS_MAX) {
		if (n < KEY_CHARS_MAX)
			out[n++] = c;
		return n;
	}
	for (int i = 0; i < count; i++)
		n = decompose(part[i], out, n);
	return n;
}

static void
key_make(struct buf *out, ucs4_t c)
{
	ucs4_t chars[KEY_CHARS_MAX];
	size_t n = decompose(uc_totitle(c), chars, 0);
	uint8_t utf8[6];
	int len;

	for (size_t i = 0; i < n; i++) {
		len = u8_uctomb(utf8, chars[i], sizeof(utf8));
		if (len > 0)
			buf_add(out, utf8, (size_t)len);
	}
}

static struct page *
page_make(unsigned number)
{
	struct page *page = calloc(1, sizeof(*page));
	struct buf b = BUF_INIT;

	if (page == NULL)
		fatal("out of memory for %zu bytes", sizeof(*page));
	for (unsigned i = 0; i < PAGE_CHARS; i++) {
		buf_clear(&b);
		key_make(&b, number * PAGE_CHARS + i);
		if (b.len > KEY_SHORT_MAX) {
			page->key[i].len = KEY_LONG;
			continue;
		}
		page->key[i].len = (uint8_t)b.len;
		memcpy(page->key[i].text, b.data, b.len);
	}
	buf_free(&b);
	return page;
}

static const struct page *
page_get(unsigned number)
{
	struct page *page;

	page = atomic_load_explicit(&pages[number], memory_order_acquire);
	if (page != NULL)
		return page;
	pthread_mutex_lock(&pages_lock);
	page = atomic_load_explicit(&pages[number], memory_order_relaxed);
	if (page == NULL) {
		page = page_make(number);
		atomic_store_explicit(&pages[number], page,
		    memory_order_release);
	}
	pthread_mutex_unlock(&pages_lock);
	return page;
}

static void
char_fold(struct buf *out, ucs4_t c)
{
	const struct key *key;

	if (c > 0xffff) {
		key_make(out, c);
		return;
	}
	key = &page_get(c / PAGE_CHARS)->key[c % PAGE_CHARS];
	if (key->len == KEY_LONG)
		key_make(out, c);
	else
		buf_add(out, key->text, key->len);
}

/* ---- text ------------------------------------------------------------ */

/*
 * Makes eight ASCII characters upper case at once.  Bit 7 of each byte of the
 * two sums says whether it is at least 'a', and whether it is beyond 'z'.
 */
static uint64_t
ascii_upper(uint64_t v)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t from_a = v + (0x80 - 'a') * ones;
	uint64_t beyond_z = v + (0x7f - 'z') * ones;

	return v ^ ((from_a ^ beyond_z) & 0x80 * ones) >> 2;
}

/* Folds the ASCII characters at the beginning of text; returns how many. */
static size_t
ascii_fold(struct buf *out, struct bytes text)
{
	char *to = buf_reserve(out, text.len);
	size_t i = 0;
	uint64_t v;

	while (text.len - i >= 8) {
		memcpy(&v, text.data + i, 8);
		if ((v & 0x8080808080808080u) != 0)
			break;
		v = ascii_upper(v);
		memcpy(to + i, &v, 8);
		i += 8;
	}
	for (; i < text.len && (unsigned char)text.data[i] < 0x80; i++)
		to[i] = text.data[i] >= 'a' && text.data[i] <= 'z' ?
		    (char)(text.data[i] - 32) : text.data[i];
	out->len += i;
	return i;
}

/*
 * Appends the key of text.  If there is more to come, an unfinished character
 * at the end is left over; returns its length.
 */
static size_t
piece_fold(struct buf *out, struct bytes text, bool more)
{
	const uint8_t *p;
	size_t left;
	ucs4_t c;
	int n;

	while (text.len > 0) {
		left = ascii_fold(out, text);
		text = bytes_make(text.data + left, text.len - left);
		p = (const uint8_t *)text.data;
		while (text.len > 0 && *p >= 0x80) {
			n = u8_mbtoucr(&c, p, text.len);
			if (n == -2 && more)
				return text.len;
			if (n > 0) {
				char_fold(out, c);
			} else {
				n = 1;
				buf_byte(out, (char)*p);
			}
			p += n;
			text.len -= (size_t)n;
		}
		text.data = (const char *)p;
	}
	return 0;
}

/* Appends the key of UTF-8 text. */
static void
fold_text(struct buf *out, struct bytes text)
{
	(void)piece_fold(out, text, false);
}

/* ---- search ---------------------------------------------------------- */

struct fold_search {
	struct buf needle;	/* own: the key to look for */
	uint32_t *back;		/* own: how much of the key's beginning still
				   matches if the byte after i differs */
	size_t matched;
	bool found;
	struct buf key;		/* own: of the current block */
	char pending[4];	/* an unfinished character */
	size_t pending_len;
};

static void
back_fill(uint32_t *back, struct bytes key)
{
	size_t matched = 0;

	if (key.len > 0)
		back[0] = 0;
	for (size_t i = 1; i < key.len; i++) {
		while (matched > 0 && key.data[i] != key.data[matched])
			matched = back[matched - 1];
		matched += key.data[i] == key.data[matched];
		back[i] = (uint32_t)matched;
	}
}

struct fold_search *
fold_search_new(struct bytes needle)
{
	struct fold_search *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory for %zu bytes", sizeof(*s));
	fold_text(&s->needle, needle);
	s->back = calloc(s->needle.len + 1, sizeof(*s->back));
	if (s->back == NULL || s->needle.len > UINT32_MAX)
		fatal("out of memory for %zu bytes", s->needle.len);
	back_fill(s->back, buf_view(&s->needle));
	fold_search_reset(s);
	return s;
}

static void
key_search(struct fold_search *s, struct bytes text)
{
	const char *needle = s->needle.data, *first;
	size_t matched = s->matched;

	for (size_t i = 0; i < text.len && !s->found; i++) {
		if (matched == 0) {
			first = memchr(text.data + i, needle[0],
			    text.len - i);
			if (first == NULL)
				break;
			i = (size_t)(first - text.data);
		}
		while (matched > 0 && text.data[i] != needle[matched])
			matched = s->back[matched - 1];
		matched += text.data[i] == needle[matched];
		s->found = matched == s->needle.len;
	}
	s->matched = matched;
}

/* Returns how many bytes at the end are an unfinished character. */
static size_t
block_search(struct fold_search *s, struct bytes block, bool more)
{
	size_t left;

	buf_clear(&s->key);
	left = piece_fold(&s->key, block, more);
	key_search(s, buf_view(&s->key));
	return left;
}

/* Completes the unfinished character with the beginning of the piece. */
static void
pending_search(struct fold_search *s, struct bytes *piece)
{
	size_t left;

	while (s->pending_len > 0 && piece->len > 0) {
		s->pending[s->pending_len++] = *piece->data++;
		piece->len--;
		left = block_search(s, bytes_make(s->pending,
		    s->pending_len), true);
		memmove(s->pending, s->pending + s->pending_len - left, left);
		s->pending_len = left;
	}
}

bool
fold_search_feed(struct fold_search *s, struct bytes piece)
{
	struct bytes block;
	size_t left;

	pending_search(s, &piece);
	while (!s->found && piece.len > 0) {
		block = piece;
		if (block.len > BLOCK)
			block.len = BLOCK;
		left = block_search(s, block, true);
		piece = bytes_make(piece.data + block.len - left,
		    piece.len - block.len + left);
		if (left == piece.len) {
			memcpy(s->pending, piece.data, left);
			s->pending_len = left;
			break;
		}
	}
	return s->found;
}

bool
fold_search_finish(struct fold_search *s)
{
	if (!s->found)
		(void)block_search(s, bytes_make(s->pending, s->pending_len),
		    false);
	s->pending_len = 0;
	return s->found;
}

void
fold_search_reset(struct fold_search *s)
{
	s->matched = 0;
	s->pending_len = 0;
	s->found = s->needle.len == 0;
}

void
fold_search_free(struct fold_search **s)
{
	if (*s == NULL)
		return;
	buf_free(&(*s)->needle);
	buf_free(&(*s)->key);
	free((*s)->back);
	free(*s);
	*s = NULL;
}

bool
fold_contains(struct bytes text, struct bytes needle)
{
	struct fold_search *s = fold_search_new(needle);
	bool found;

	found = fold_search_feed(s, text) || fold_search_finish(s);
	fold_search_free(&s);
	return found;
}
