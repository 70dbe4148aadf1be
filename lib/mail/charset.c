/* charset - converts text to UTF-8 with iconv, or by table. */
#include <config.h>

#include <errno.h>
#include <iconv.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/encode.h"
#include "base/err.h"
#include "mail/charset.h"

#define REPLACEMENT	"\xef\xbf\xbd"	/* U+FFFD */
/* Longest unfinished character of any charset, including shift sequences. */
#define PENDING_MAX	32
/* More charset names than glibc has. */
#define KEPT_MAX	1500

enum method {
	UTF8,			/* checked and passed on */
	LATIN1,			/* Windows-1252, by table */
	ICONV,
	UNKNOWN			/* UTF-8 if well-formed, else like LATIN1 */
};

static const struct {
	const char *name;
	enum method method;
} methods[] = {
	{ "utf-8", UTF8 },
	{ "us-ascii", UNKNOWN },
	{ "iso-8859-1", LATIN1 },
	{ "windows-1252", LATIN1 },
	{ "utf8", UTF8 },
	{ "ascii", UNKNOWN },
	{ "latin1", LATIN1 },
	{ "cp1252", LATIN1 },
};

/* 0x80 to 0x9f of Windows-1252; the five unused ones are the C1 controls. */
static const uint16_t windows1252[32] = {
	0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008d, 0x017d, 0x008f,
	0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178
};

struct charset_converter {
	enum method method;
	iconv_t cd;			/* own; for ICONV */
	char pending[PENDING_MAX];	/* the start of a character */
	size_t pending_len;
};

static void
latin1_convert(struct buf *out, struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned c = (unsigned char)text.data[i];

		if (c < 0x80) {
			buf_byte(out, (char)c);
			continue;
		}
		if (c < 0xa0)
			c = windows1252[c - 0x80];
		if (c < 0x800) {
			buf_byte(out, (char)(0xc0 | c >> 6));
		} else {
			buf_byte(out, (char)(0xe0 | c >> 12));
			buf_byte(out, (char)(0x80 | (c >> 6 & 0x3f)));
		}
		buf_byte(out, (char)(0x80 | (c & 0x3f)));
	}
}

/* Length of the character that begins with this byte. */
static size_t
utf8_length(unsigned char c)
{
	return c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 :
	    c < 0xf5 ? 4 : 0;
}

/* Is p the beginning of a valid character that more bytes could complete? */
static bool
utf8_is_start(const char *p, size_t n)
{
	static const char *const tails[] = { "\x80\x80\x80", "\xbf\xbf\xbf" };
	size_t want = utf8_length((unsigned char)p[0]);
	char c[4];

	if (want <= n)
		return false;
	memcpy(c, p, n);
	for (size_t i = 0; i < 2; i++) {
		memcpy(c + n, tails[i], want - n);
		if (utf8_is_valid(bytes_make(c, want)))
			return true;
	}
	return false;
}

/*
 * Appends valid characters, and U+FFFD for each invalid byte.  Returns how many
 * bytes at the end are an unfinished character.
 */
static size_t
utf8_convert(struct buf *out, struct bytes text)
{
	size_t i = 0, run = 0, n;

	while (i < text.len) {
		n = utf8_length((unsigned char)text.data[i]);
		if (n > 0 && n <= text.len - i &&
		    (n == 1 || utf8_is_valid(bytes_make(text.data + i, n)))) {
			i += n;
			continue;
		}
		buf_add(out, text.data + run, i - run);
		if (text.len - i < 4 &&
		    utf8_is_start(text.data + i, text.len - i))
			return text.len - i;
		buf_str(out, REPLACEMENT);
		run = ++i;
	}
	buf_add(out, text.data + run, i - run);
	return 0;
}

/* Returns the same as utf8_convert(). */
static size_t
iconv_convert(iconv_t cd, struct buf *out, struct bytes text)
{
	/* iconv() does not write to its input, despite its prototype. */
	union { const char *in; char *arg; } u = { text.data };
	size_t left = text.len, room, rc;
	char *to;

	while (left > 0) {
		room = left * 2 + 64;
		to = buf_reserve(out, room);
		rc = iconv(cd, &u.arg, &left, &to, &room);
		out->len = (size_t)(to - out->data);
		if (rc != (size_t)-1 || errno == E2BIG)
			continue;
		if (errno == EINVAL && left <= PENDING_MAX / 2)
			return left;
		buf_str(out, REPLACEMENT);
		u.in++;
		left--;
	}
	return 0;
}

/*
 * Some converters hold back a letter, because a combining mark may follow
 * (windows-1255, windows-1258).  This gets it at the end of the text.
 */
static void
converter_flush(struct charset_converter *c, struct buf *out)
{
	size_t room = 64;
	char *to;

	if (c->method != ICONV)
		return;
	to = buf_reserve(out, room);
	(void)iconv(c->cd, NULL, NULL, &to, &room);
	out->len = (size_t)(to - out->data);
}

static enum method
method_find(struct bytes charset)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if (bytes_ieq_str(charset, methods[i].name))
			return methods[i].method;
	return ICONV;
}

/*
 * Only what can be the name of a charset is passed to iconv_open(), which takes
 * options after slashes and looks for a module with that name.
 */
static bool
name_copy(char name[CHARSET_NAME_MAX + 1], struct bytes charset)
{
	if (charset.len == 0 || charset.len > CHARSET_NAME_MAX)
		return false;
	for (size_t i = 0; i < charset.len; i++) {
		unsigned char c = (unsigned char)charset.data[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		    (c >= 'A' && c <= 'Z') || strchr("-_.:+()", c) != NULL) ||
		    c == '\0')
			return false;
		name[i] = (char)c;
	}
	name[charset.len] = '\0';
	return true;
}

/*
 * glibc unloads the module of a charset soon after its last converter was
 * closed, and loading one takes longer than converting a header field.  So one
 * unused converter stays open for each name that was ever asked for.
 */
static struct {
	pthread_mutex_t lock;
	size_t n;
	struct {
		char name[CHARSET_NAME_MAX + 1];
		iconv_t cd;
	} v[KEPT_MAX];
} kept = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void
converter_keep(const char *name)
{
	size_t i = 0;

	pthread_mutex_lock(&kept.lock);
	while (i < kept.n && strcasecmp(kept.v[i].name, name) != 0)
		i++;
	if (i == kept.n && i < KEPT_MAX &&
	    (kept.v[i].cd = iconv_open("UTF-8", name)) != (iconv_t)-1) {
		memcpy(kept.v[i].name, name, strlen(name) + 1);
		kept.n++;
	}
	pthread_mutex_unlock(&kept.lock);
}

static void
converter_init(struct charset_converter *c, struct bytes charset)
{
	char name[CHARSET_NAME_MAX + 1];

	memset(c, 0, sizeof(*c));
	c->method = method_find(charset);
	if (c->method != ICONV)
		return;
	if (!name_copy(name, charset) ||
	    (c->cd = iconv_open("UTF-8", name)) == (iconv_t)-1)
		c->method = UNKNOWN;
	else
		converter_keep(name);
}

static void
converter_clear(struct charset_converter *c)
{
	if (c->method == ICONV)
		(void)iconv_close(c->cd);
}

/* Returns the same as utf8_convert(). */
static size_t
text_convert(struct charset_converter *c, struct buf *out, struct bytes text)
{
	if (text.len == 0)
		return 0;
	switch (c->method) {
	case UTF8:
		return utf8_convert(out, text);
	case ICONV:
		return iconv_convert(c->cd, out, text);
	case UNKNOWN:
		if (utf8_is_valid(text)) {
			buf_bytes(out, text);
			return 0;
		}
		/* FALLTHROUGH */
	case LATIN1:
		latin1_convert(out, text);
		return 0;
	}
	return 0;
}

void
charset_to_utf8(struct buf *out, struct bytes charset, struct bytes text)
{
	struct charset_converter c;
	size_t left;

	converter_init(&c, charset);
	left = text_convert(&c, out, text);
	converter_flush(&c, out);
	if (left > 0)
		buf_str(out, REPLACEMENT);
	converter_clear(&c);
}

struct charset_converter *
charset_converter_new(struct bytes charset)
{
	struct charset_converter *c = malloc(sizeof(*c));

	if (c == NULL)
		fatal("out of memory for %zu bytes", sizeof(*c));
	converter_init(c, charset);
	return c;
}

/* Adds bytes to the pending ones until they make a character. */
static void
pending_feed(struct charset_converter *c, struct buf *out, struct bytes *text)
{
	while (c->pending_len > 0 && text->len > 0) {
		c->pending[c->pending_len++] = *text->data++;
		text->len--;
		size_t left = text_convert(c, out,
		    bytes_make(c->pending, c->pending_len));
		memmove(c->pending, c->pending + c->pending_len - left, left);
		c->pending_len = left;
	}
}

void
charset_converter_feed(struct charset_converter *c, struct buf *out,
    struct bytes text)
{
	pending_feed(c, out, &text);
	if (text.len == 0)
		return;
	c->pending_len = text_convert(c, out, text);
	memcpy(c->pending, text.data + text.len - c->pending_len,
	    c->pending_len);
}

void
charset_converter_finish(struct charset_converter *c, struct buf *out)
{
	converter_flush(c, out);
	if (c->pending_len > 0)
		buf_str(out, REPLACEMENT);
	c->pending_len = 0;
}

void
charset_converter_free(struct charset_converter **c)
{
	if (*c == NULL)
		return;
	converter_clear(*c);
	free(*c);
	*c = NULL;
}
