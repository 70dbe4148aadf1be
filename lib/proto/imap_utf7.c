/*
 * imap_utf7 - modified UTF-7
 *
 * Printable ASCII stands for itself, "&-" for "&", and "&" BASE64 "-" for
 * UTF-16BE, in base64 with "," for "/" and without padding.
 */
#include <config.h>

#include "base/encode.h"
#include "proto/imap_utf7.h"

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static bool
is_printable(uint32_t c)
{
	return c >= 0x20 && c <= 0x7e;
}

static int
digit_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == ',' ? 63 : -1;
}

static void
utf8_put(struct buf *out, uint32_t c)
{
	if (c < 0x80) {
		buf_byte(out, (char)c);
	} else if (c < 0x800) {
		buf_byte(out, (char)(0xc0 | c >> 6));
		buf_byte(out, (char)(0x80 | (c & 63)));
	} else if (c < 0x10000) {
		buf_byte(out, (char)(0xe0 | c >> 12));
		buf_byte(out, (char)(0x80 | (c >> 6 & 63)));
		buf_byte(out, (char)(0x80 | (c & 63)));
	} else {
		buf_byte(out, (char)(0xf0 | c >> 18));
		buf_byte(out, (char)(0x80 | (c >> 12 & 63)));
		buf_byte(out, (char)(0x80 | (c >> 6 & 63)));
		buf_byte(out, (char)(0x80 | (c & 63)));
	}
}

/* Adds a UTF-16 unit; *high keeps a surrogate until its other half comes. */
static int
unit_put(struct buf *out, uint32_t unit, uint32_t *high)
{
	if (*high != 0) {
		if (unit < 0xdc00 || unit > 0xdfff)
			return -1;
		utf8_put(out, 0x10000 + ((*high - 0xd800) << 10) +
		    (unit - 0xdc00));
		*high = 0;
		return 0;
	}
	if (unit >= 0xd800 && unit <= 0xdbff) {
		*high = unit;
		return 0;
	}
	if (unit == 0 || is_printable(unit) ||
	    (unit >= 0xdc00 && unit <= 0xdfff))
		return -1;
	utf8_put(out, unit);
	return 0;
}

/* Decodes the base64 after an "&", up to "-".  Returns its length, or -1. */
static ptrdiff_t
shift_decode(struct buf *out, struct bytes in)
{
	uint32_t bits = 0, high = 0;
	unsigned nbits = 0;
	size_t i;
	int d;

	for (i = 0; i < in.len && in.data[i] != '-'; i++) {
		if ((d = digit_of(in.data[i])) == -1)
			return -1;
		bits = (bits << 6 | (uint32_t)d) & 0x3fffff;
		nbits += 6;
		if (nbits >= 16) {
			nbits -= 16;
			if (unit_put(out, bits >> nbits & 0xffff, &high) == -1)
				return -1;
		}
	}
	if (i == in.len || high != 0 || nbits >= 6 ||
	    (bits & ((1u << nbits) - 1)) != 0)
		return -1;
	return (ptrdiff_t)i;
}

static int
name_decode(struct buf *out, struct bytes in)
{
	bool shifted = false;	/* base64 ended right before this byte */
	ptrdiff_t n;

	for (size_t i = 0; i < in.len; i++) {
		if (!is_printable((unsigned char)in.data[i]))
			return -1;
		if (in.data[i] != '&') {
			buf_byte(out, in.data[i]);
			shifted = false;
			continue;
		}
		i++;
		if (i < in.len && in.data[i] == '-') {
			buf_byte(out, '&');
			shifted = false;
			continue;
		}
		n = shift_decode(out, bytes_from(in, i));
		if (shifted || n == -1)
			return -1;
		i += (size_t)n;
		shifted = true;
	}
	return 0;
}

int
imap_utf7_decode(struct buf *out, struct bytes in)
{
	size_t start = out->len;

	if (name_decode(out, in) == -1) {
		out->len = start;
		return -1;
	}
	return 0;
}

/* Takes the character at *i of valid UTF-8. */
static uint32_t
utf8_take(struct bytes in, size_t *i)
{
	unsigned char b = (unsigned char)in.data[(*i)++];
	uint32_t c;
	int more;

	if (b < 0x80)
		return b;
	more = b >= 0xf0 ? 3 : b >= 0xe0 ? 2 : 1;
	c = b & (0x3fu >> more);
	while (more-- > 0)
		c = c << 6 | ((unsigned char)in.data[(*i)++] & 63);
	return c;
}

struct shift {
	struct buf *out;
	uint32_t bits;
	unsigned nbits;
};

static void
shift_unit(struct shift *s, uint32_t unit)
{
	s->bits = s->bits << 16 | unit;
	s->nbits += 16;
	while (s->nbits >= 6) {
		s->nbits -= 6;
		buf_byte(s->out, digits[s->bits >> s->nbits & 63]);
	}
	s->bits &= (1u << s->nbits) - 1;
}

static void
shift_char(struct shift *s, uint32_t c)
{
	if (c < 0x10000) {
		shift_unit(s, c);
		return;
	}
	c -= 0x10000;
	shift_unit(s, 0xd800 + (c >> 10));
	shift_unit(s, 0xdc00 + (c & 0x3ff));
}

/* Encodes the run of characters at *i that need base64. */
static void
shift_encode(struct buf *out, struct bytes in, size_t *i)
{
	struct shift s = { out, 0, 0 };

	buf_byte(out, '&');
	while (*i < in.len && !is_printable((unsigned char)in.data[*i]))
		shift_char(&s, utf8_take(in, i));
	if (s.nbits > 0)
		buf_byte(out, digits[s.bits << (6 - s.nbits) & 63]);
	buf_byte(out, '-');
}

int
imap_utf7_encode(struct buf *out, struct bytes in)
{
	if (!utf8_is_valid(in) || bytes_index(in, '\0') != -1)
		return -1;
	for (size_t i = 0; i < in.len; ) {
		if (!is_printable((unsigned char)in.data[i])) {
			shift_encode(out, in, &i);
			continue;
		}
		buf_byte(out, in.data[i]);
		if (in.data[i++] == '&')
			buf_byte(out, '-');
	}
	return 0;
}
