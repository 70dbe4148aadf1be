/*
 * word - encoded words: =?charset?encoding?text?=
 *
 * Adjacent words in the same charset are joined before the charset is
 * converted, because some senders split a character between them.
 */
#include <config.h>

#include "base/encode.h"
#include "mail/chars.h"
#include "mail/charset.h"
#include "mail/word.h"

struct word {
	struct bytes charset;
	char encoding;		/* 'b' or 'q' */
	struct bytes text;
	size_t len;		/* of the whole word */
};

/* Takes the part of in before c; in then begins after c.  Fails if there is
   white space in it. */
static bool
part_take(struct bytes *in, char c, struct bytes *part)
{
	size_t n = 0;

	while (n < in->len && in->data[n] != c && !char_is_space(in->data[n]))
		n++;
	if (n == in->len || in->data[n] != c)
		return false;
	*part = bytes_make(in->data, n);
	in->data += n + 1;
	in->len -= n + 1;
	return true;
}

/* The text ends at "?="; spaces in it are wrong, but common. */
static bool
text_take(struct bytes *in, struct bytes *text)
{
	ptrdiff_t q = bytes_index(*in, '?');

	if (q < 0 || (size_t)q + 1 == in->len || in->data[q + 1] != '=')
		return false;
	*text = bytes_make(in->data, (size_t)q);
	in->data += q + 2;
	in->len -= (size_t)q + 2;
	return true;
}

/* Is there an encoded word at the beginning of in? */
static bool
word_scan(struct bytes in, struct word *w)
{
	struct bytes rest = in, encoding;
	ptrdiff_t star;

	if (!bytes_has_prefix(in, "=?"))
		return false;
	rest.data += 2;
	rest.len -= 2;
	if (!part_take(&rest, '?', &w->charset) ||
	    !part_take(&rest, '?', &encoding) || encoding.len != 1 ||
	    !text_take(&rest, &w->text))
		return false;
	w->encoding = encoding.data[0] | 0x20;
	if (w->encoding != 'b' && w->encoding != 'q')
		return false;
	/* RFC 2231 5: a language follows the charset. */
	if ((star = bytes_index(w->charset, '*')) >= 0)
		w->charset.len = (size_t)star;
	w->len = in.len - rest.len;
	return true;
}

static void
q_decode(struct buf *out, struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (c == '=' && text.len - i > 2 && hex_decode(out,
		    bytes_make(text.data + i + 1, 2)) == 0)
			i += 2;
		else if (c != '\r' && c != '\n')
			buf_byte(out, c == '_' ? ' ' : c);
	}
}

/* Ignores characters that are not base64, and missing padding. */
static void
b_decode(struct buf *out, struct bytes text)
{
	unsigned v = 0, bits = 0;
	int d;

	for (size_t i = 0; i < text.len; i++) {
		if ((d = base64_digit(text.data[i])) < 0)
			continue;
		v = v << 6 | (unsigned)d;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_byte(out, (char)(v >> bits));
		}
	}
}

struct decoder {
	struct buf *out;
	struct buf plain;	/* own: decoded words not yet converted */
	struct bytes charset;	/* of these; data NULL: there are none */
	struct bytes last;	/* charset of the last word */
	unsigned changes;	/* of charset: each may load a converter */
};

/* Appends text without characters that could end a line or a C string. */
static void
clean_add(struct buf *out, struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (c == '\t')
			c = ' ';
		if (c != '\0' && c != '\r' && c != '\n')
			buf_byte(out, c);
	}
}

static void
words_flush(struct decoder *d)
{
	struct buf text = BUF_INIT;

	if (d->charset.data == NULL)
		return;
	charset_to_utf8(&text, d->charset, buf_view(&d->plain));
	clean_add(d->out, buf_view(&text));
	buf_free(&text);
	buf_clear(&d->plain);
	d->charset.data = NULL;
}

static void
word_add(struct decoder *d, const struct word *w)
{
	if (d->charset.data != NULL && !bytes_ieq(d->charset, w->charset))
		words_flush(d);
	d->changes += !bytes_ieq(d->last, w->charset);
	d->charset = d->last = w->charset;
	if (w->encoding == 'q')
		q_decode(&d->plain, w->text);
	else
		b_decode(&d->plain, w->text);
}

/* Appends text that is not an encoded word, with the white space before it. */
static void
text_add(struct decoder *d, struct bytes text)
{
	struct buf utf8 = BUF_INIT;

	words_flush(d);
	if (bytes_is_ascii(text)) {
		clean_add(d->out, text);
		return;
	}
	charset_to_utf8(&utf8, BYTES("us-ascii"), text);
	clean_add(d->out, buf_view(&utf8));
	buf_free(&utf8);
}

void
word_decode(struct buf *out, struct bytes value)
{
	struct decoder d = { .out = out };
	size_t i = 0, text = 0, n;
	struct word w;

	value = bytes_trim(value);
	while (i < value.len) {
		for (n = i; n < value.len && char_is_space(value.data[n]); n++)
			;
		if (n < value.len && d.changes < WORD_CHANGES_MAX &&
		    word_scan(bytes_make(value.data + n, value.len - n),
		    &w)) {
			/* White space between two words is dropped. */
			if (i > text || d.charset.data == NULL)
				text_add(&d, bytes_make(value.data + text,
				    n - text));
			word_add(&d, &w);
			text = i = n + w.len;
			continue;
		}
		i = n + (n < value.len);
		while (i < value.len && !char_is_space(value.data[i]) &&
		    value.data[i] != '=')
			i++;
	}
	if (text < value.len)
		text_add(&d, bytes_make(value.data + text, value.len - text));
	words_flush(&d);
	buf_free(&d.plain);
}

struct bytes
word_decode_arena(struct arena *a, struct bytes value)
{
	struct buf b = BUF_INIT;
	struct bytes out;

	word_decode(&b, value);
	out = bytes_dup(a, buf_view(&b));
	buf_free(&b);
	return out;
}
