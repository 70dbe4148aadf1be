/* decode - undoes base64 and quoted-printable, then converts the charset. */
#include <config.h>

#include "base/encode.h"
#include "base/err.h"
#include "mail/chars.h"
#include "mail/charset.h"
#include "mail/decode.h"

/* Most white space held back at the end of a quoted-printable line. */
#define SPACE_MAX	1000
/* Pieces are decoded in blocks, so that buffers stay small. */
#define BLOCK		16384

enum qp_state {
	QP_TEXT,
	QP_EQUAL,		/* after '=' */
	QP_HEX,			/* after '=' and a digit */
	QP_BREAK,		/* after '=' and white space */
	QP_CR			/* after '=' and CR */
};

struct mail_decoder {
	enum mail_encoding encoding;
	struct charset_converter *converter;	/* own, or NULL */
	struct buf plain;		/* own: decoded, not yet converted */
	bool broken;			/* does not conform to its encoding */

	unsigned bits, digits;		/* base64: digits in the last group */
	bool padded;			/* base64: the group had a '=' */

	enum qp_state state;
	char hex;			/* the first digit */
	char space[SPACE_MAX];
	size_t space_len;
};

/* ---- base64 ---------------------------------------------------------- */

static void
base64_other(struct mail_decoder *d, char c)
{
	if (c == '=')
		d->padded = true;
	else if (!char_is_space(c))
		d->broken = true;
}

static void
base64_feed(struct mail_decoder *d, struct bytes in, struct buf *out)
{
	/* The first digit of four does not complete a byte yet. */
	static const unsigned char shift[] = { 0, 4, 2, 0 };
	char *to = buf_reserve(out, in.len);
	int v;

	for (size_t i = 0; i < in.len; i++) {
		if ((v = base64_digit(in.data[i])) < 0) {
			base64_other(d, in.data[i]);
			continue;
		}
		if (d->padded) {
			/* Several encoded texts, one after the other. */
			d->padded = false;
			d->digits = 0;
		}
		d->bits = d->bits << 6 | (unsigned)v;
		if (d->digits > 0)
			*to++ = (char)(d->bits >> shift[d->digits]);
		d->digits = (d->digits + 1) % 4;
	}
	out->len = (size_t)(to - out->data);
}

/* ---- quoted-printable (RFC 2045 6.7) --------------------------------- */

static void
space_flush(struct mail_decoder *d, struct buf *out)
{
	buf_add(out, d->space, d->space_len);
	d->space_len = 0;
}

static void
qp_text(struct mail_decoder *d, char c, struct buf *out)
{
	if (char_is_wsp(c)) {
		if (d->space_len == SPACE_MAX)
			space_flush(d, out);
		d->space[d->space_len++] = c;
		return;
	}
	if (c == '\r' || c == '\n')
		d->space_len = 0;	/* added in transport */
	space_flush(d, out);
	if (c == '=')
		d->state = QP_EQUAL;
	else
		buf_byte(out, c);
}

/* It was not an escape after all: keeps its text. */
static void
qp_break(struct mail_decoder *d, char c, struct buf *out)
{
	buf_byte(out, '=');
	if (d->state == QP_HEX)
		buf_byte(out, d->hex);
	d->broken = true;
	d->state = QP_TEXT;
	qp_text(d, c, out);
}

static bool
is_hex(char c)
{
	return char_is_digit(c) || (c >= 'A' && c <= 'F') ||
	    (c >= 'a' && c <= 'f');
}

static void
qp_escape(struct mail_decoder *d, char c, struct buf *out)
{
	char pair[2] = { d->hex, c };

	if (d->state == QP_HEX) {
		if (!is_hex(c)) {
			qp_break(d, c, out);
			return;
		}
		(void)hex_decode(out, bytes_make(pair, 2));
		d->state = QP_TEXT;
	} else if (c == '\n') {
		d->state = QP_TEXT;
	} else if (d->state == QP_CR) {
		d->state = QP_TEXT;
		qp_text(d, c, out);
	} else if (c == '\r') {
		d->state = QP_CR;
	} else if (char_is_wsp(c)) {
		d->state = QP_BREAK;
	} else if (d->state == QP_EQUAL && is_hex(c)) {
		d->hex = c;
		d->state = QP_HEX;
	} else {
		qp_break(d, c, out);
	}
}

static void
qp_feed(struct mail_decoder *d, struct bytes in, struct buf *out)
{
	(void)buf_reserve(out, in.len + SPACE_MAX);
	for (size_t i = 0; i < in.len; i++) {
		if (d->state == QP_TEXT)
			qp_text(d, in.data[i], out);
		else
			qp_escape(d, in.data[i], out);
	}
}

/* ---- both layers ----------------------------------------------------- */

struct mail_decoder *
mail_decoder_new(enum mail_encoding encoding, struct bytes charset)
{
	struct mail_decoder *d = calloc(1, sizeof(*d));

	if (d == NULL)
		fatal("out of memory for %zu bytes", sizeof(*d));
	d->encoding = encoding;
	if (charset.data != NULL)
		d->converter = charset_converter_new(charset);
	return d;
}

static void
block_decode(struct mail_decoder *d, struct bytes in, struct buf *out)
{
	switch (d->encoding) {
	case MAIL_ENCODING_BASE64:
		base64_feed(d, in, out);
		break;
	case MAIL_ENCODING_QUOTED_PRINTABLE:
		qp_feed(d, in, out);
		break;
	case MAIL_ENCODING_UNKNOWN:
		d->broken = true;
		/* FALLTHROUGH */
	case MAIL_ENCODING_NONE:
		buf_bytes(out, in);
		break;
	}
}

void
mail_decoder_feed(struct mail_decoder *d, struct bytes piece,
    struct buf *out)
{
	struct bytes in;

	if (piece.len == 0)
		return;
	if (d->converter == NULL) {
		block_decode(d, piece, out);
		return;
	}
	for (size_t at = 0; at < piece.len; at += in.len) {
		in = bytes_make(piece.data + at, piece.len - at);
		if (in.len > BLOCK)
			in.len = BLOCK;
		buf_clear(&d->plain);
		block_decode(d, in, &d->plain);
		charset_converter_feed(d->converter, out,
		    buf_view(&d->plain));
	}
}

int
mail_decoder_finish(struct mail_decoder *d, struct buf *out)
{
	buf_clear(&d->plain);
	if (d->state == QP_HEX) {
		buf_byte(&d->plain, '=');
		buf_byte(&d->plain, d->hex);
		d->broken = true;
	}
	/* One digit of base64 is only 6 bits. */
	if (d->digits == 1)
		d->broken = true;
	if (d->converter == NULL) {
		buf_bytes(out, buf_view(&d->plain));
	} else {
		charset_converter_feed(d->converter, out,
		    buf_view(&d->plain));
		charset_converter_finish(d->converter, out);
	}
	return d->broken ? -1 : 0;
}

void
mail_decoder_free(struct mail_decoder **d)
{
	if (*d == NULL)
		return;
	charset_converter_free(&(*d)->converter);
	buf_free(&(*d)->plain);
	free(*d);
	*d = NULL;
}
