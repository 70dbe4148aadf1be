/* authres_write - writes the value of an Authentication-Results field. */
#include <config.h>

#include <string.h>

#include "base/encode.h"
#include "mail/chars.h"
#include "auth/authres.h"

#define LINE_MAX	78		/* RFC 5322 2.1.1: recommended */

/* ---- words ---- */

/* Has it only letters, digits and characters in others, so needs no quotes? */
static bool
is_plain(struct bytes b, const char *others)
{
	for (size_t i = 0; i < b.len; i++)
		if (!char_is_alpha(b.data[i]) && !char_is_digit(b.data[i]) &&
		    !char_is_in(b.data[i], others))
			return false;
	return b.len > 0;
}

/* Allowed in tokens (RFC 2045); an address is allowed in properties only. */
#define IN_TOKEN	"-._+!#$%&'*^`{|}~"
#define IN_ADDRESS	IN_TOKEN "@"

/* Replaces control characters, and bytes that are not UTF-8. */
static char
harmless(char c, bool is_utf8)
{
	if ((unsigned char)c < ' ' || c == 127)
		return '?';
	return (unsigned char)c > 127 && !is_utf8 ? '?' : c;
}

/* Cuts to AUTHRES_WRITE_MAX bytes, but not inside a character. */
static struct bytes
cut(struct bytes b)
{
	if (b.len <= AUTHRES_WRITE_MAX)
		return b;
	b.len = AUTHRES_WRITE_MAX;
	while (b.len > 0 && ((unsigned char)b.data[b.len] & 0xc0) == 0x80)
		b.len--;
	return b;
}

/* Adds text between open and close; escapes specials with a backslash. */
static void
add_between(struct buf *out, struct bytes text, char open, char close,
    const char *specials)
{
	bool is_utf8;
	char c;

	text = cut(text);
	is_utf8 = utf8_is_valid(text);
	buf_byte(out, open);
	for (size_t i = 0; i < text.len; i++) {
		c = harmless(text.data[i], is_utf8);
		if (char_is_in(c, specials))
			buf_byte(out, '\\');
		buf_byte(out, c);
	}
	buf_byte(out, close);
}

static void
add_value(struct buf *out, struct bytes value, const char *plain)
{
	if (is_plain(value, plain) && value.len <= AUTHRES_WRITE_MAX)
		buf_bytes(out, value);
	else
		add_between(out, value, '"', '"', "\"\\");
}

/* ---- lines ---- */

/* Adds a word to this line, or to the next if it does not fit. */
static void
put_word(struct authres_writer *w, const struct buf *word)
{
	if (w->out.len - w->line + 1 + word->len > LINE_MAX) {
		buf_byte(&w->out, '\n');
		w->line = w->out.len;
		buf_byte(&w->out, '\t');
	} else
		buf_byte(&w->out, ' ');
	buf_bytes(&w->out, buf_view(word));
}

static void
put_line(struct authres_writer *w, const char *text)
{
	buf_str(&w->out, ";\n");
	w->line = w->out.len;
	buf_byte(&w->out, '\t');
	buf_str(&w->out, text);
}

void
authres_begin(struct authres_writer *w, struct bytes authserv_id)
{
	memset(w, 0, sizeof(*w));
	add_value(&w->out, authserv_id, IN_TOKEN);
}

void
authres_method(struct authres_writer *w, const char *method,
    const char *result)
{
	put_line(w, method);
	buf_byte(&w->out, '=');
	buf_str(&w->out, result);
	w->has_method = true;
}

void
authres_comment(struct authres_writer *w, struct bytes text)
{
	struct buf word = BUF_INIT;

	if (text.len == 0)
		return;
	add_between(&word, text, '(', ')', "()\\");
	put_word(w, &word);
	buf_free(&word);
}

void
authres_reason(struct authres_writer *w, struct bytes text)
{
	struct buf word = BUF_INIT;

	if (text.len == 0)
		return;
	buf_str(&word, "reason=");
	add_value(&word, text, IN_TOKEN);
	put_word(w, &word);
	buf_free(&word);
}

void
authres_prop(struct authres_writer *w, const char *ptype,
    const char *property, struct bytes value)
{
	struct buf word = BUF_INIT;

	if (value.len == 0)
		return;
	buf_printf(&word, "%s.%s=", ptype, property);
	add_value(&word, value, IN_ADDRESS);
	put_word(w, &word);
	buf_free(&word);
}

struct bytes
authres_end(struct authres_writer *w, struct arena *a)
{
	struct bytes value;

	if (!w->has_method)
		put_line(w, "none");
	value = bytes_dup(a, buf_view(&w->out));
	buf_free(&w->out);
	return value;
}
