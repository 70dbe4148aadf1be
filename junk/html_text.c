/* html_text - a state machine over the bytes of an HTML part. */
#include <config.h>

#include <string.h>

#include "mail/chars.h"
#include "junk/html_entity.h"
#include "junk/html_text.h"

/* Elements that do not interrupt a word. */
static const char *const inline_names[] = {
	"a", "abbr", "b", "big", "code", "del", "em", "font", "i", "ins", "o:p",
	"s", "small", "span", "strike", "strong", "sub", "sup", "tt", "u",
	"wbr", NULL
};

/* Elements without an end tag: they cannot hide text. */
static const char *const void_names[] = {
	"area", "base", "br", "col", "embed", "hr", "img", "input", "link",
	"meta", "param", "source", "wbr", NULL
};

static const char *const raw_names[] = {
	"script", "style", NULL
};

/* Styles that hide text, in small letters and without white space. */
static const char *const hiding_styles[] = {
	"display:none", "visibility:hidden", "mso-hide:all", "font-size:0",
	"opacity:0", "max-height:0", NULL
};

static bool
is_listed(const char *const *names, struct bytes name)
{
	for (; *names != NULL; names++)
		if (bytes_ieq_str(name, *names))
			return true;
	return false;
}

/* ---- output ----------------------------------------------------------- */

static void
put(struct buf *out, size_t max, struct bytes b)
{
	if (out->len >= max)
		return;
	if (b.len > max - out->len)
		b.len = max - out->len;
	buf_bytes(out, b);
}

static void
text_put(struct html_text *h, struct bytes b)
{
	if (h->mode == HTML_VISIBLE) {
		put(h->text, h->text_max, b);
	} else {
		put(h->markup, h->markup_max, b);
		h->hidden_seen |= h->mode == HTML_HIDDEN;
	}
}

/* ---- tags ------------------------------------------------------------- */

/* The name in "b", "/b" or "b class=x". */
static struct bytes
tag_name(const struct html_text *h)
{
	size_t i = h->tag_len > 0 && h->tag[0] == '/', begin = i;

	while (i < h->tag_len && !char_is_space(h->tag[i]) &&
	    h->tag[i] != '/' && h->tag[i] != '>')
		i++;
	return bytes_make(h->tag + begin, i - begin);
}

/* Copies the tag in small letters without white space. */
static size_t
tag_squeeze(const struct html_text *h, char out[HTML_TAG_MAX + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < h->tag_len; i++) {
		char c = h->tag[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 'a' - 'A');
		if (!char_is_space(c) && c != '\0')
			out[n++] = c;
	}
	out[n] = '\0';
	return n;
}

/* Is it 0 of any unit, and not the beginning of 0.9? */
static bool
is_zero_at(const char *p)
{
	return p[-1] != '0' || (*p != '.' && !char_is_digit(*p));
}

static bool
tag_hides(const struct html_text *h)
{
	char squeezed[HTML_TAG_MAX + 1];
	const char *at;

	if (memchr(h->tag, '=', h->tag_len) == NULL)
		return false;
	(void)tag_squeeze(h, squeezed);
	if (strstr(squeezed, "style=") == NULL)
		return false;
	for (size_t i = 0; hiding_styles[i] != NULL; i++) {
		at = strstr(squeezed, hiding_styles[i]);
		if (at != NULL && is_zero_at(at + strlen(hiding_styles[i])))
			return true;
	}
	return false;
}

static void
mode_begin(struct html_text *h, enum html_mode mode, struct bytes name)
{
	if (name.len > HTML_NAME_MAX)
		return;
	memcpy(h->element, name.data, name.len);
	h->element_len = name.len;
	h->mode = mode;
	h->depth = 1;
}

/* The tag of the element that hides its text, or one of the same name. */
static void
hidden_tag(struct html_text *h, bool is_end)
{
	if (!is_end)
		h->depth++;
	else if (--h->depth == 0)
		h->mode = HTML_VISIBLE;
}

static void
mode_update(struct html_text *h, struct bytes name)
{
	bool is_end = h->tag[0] == '/';

	if (h->mode != HTML_VISIBLE) {
		if (bytes_ieq(name, bytes_make(h->element, h->element_len)))
			hidden_tag(h, is_end);
		return;
	}
	if (is_end || h->tag[h->tag_len - 1] == '/' ||
	    is_listed(void_names, name))
		return;
	if (is_listed(raw_names, name))
		mode_begin(h, HTML_RAW, name);
	else if (tag_hides(h))
		mode_begin(h, HTML_HIDDEN, name);
}

/* Does "</script" end the raw text?  Other tags there are text. */
static bool
is_raw_text(const struct html_text *h, struct bytes name)
{
	return h->mode == HTML_RAW && (h->tag[0] != '/' ||
	    !bytes_ieq(name, bytes_make(h->element, h->element_len)));
}

static void
tag_end(struct html_text *h)
{
	struct bytes name = tag_name(h);
	size_t kept = h->tag_len < HTML_TAG_KEPT ? h->tag_len : HTML_TAG_KEPT;

	h->state = HTML_IN_TEXT;
	put(h->markup, h->markup_max, BYTES("<"));
	put(h->markup, h->markup_max, bytes_make(h->tag, kept));
	put(h->markup, h->markup_max, BYTES(">"));
	if (h->tag_len == 0 || is_raw_text(h, name))
		return;
	mode_update(h, name);
	if (h->mode == HTML_VISIBLE && h->tag[0] != '!' &&
	    !is_listed(inline_names, name))
		put(h->text, h->text_max, BYTES("\n"));
}

static void
tag_add(struct html_text *h, char c)
{
	if (h->tag_len < HTML_TAG_MAX)
		h->tag[h->tag_len++] = c;
}

/* A quote opens an attribute's value only after '='. */
static bool
opens_quotes(const struct html_text *h, char c)
{
	size_t n = h->tag_len;

	if (c != '"' && c != '\'')
		return false;
	while (n > 0 && char_is_space(h->tag[n - 1]))
		n--;
	return n > 0 && h->tag[n - 1] == '=';
}

static void
less_byte(struct html_text *h, char c)
{
	h->tag_len = 0;
	if (!char_is_alpha(c) && c != '/' && c != '!' && c != '?') {
		text_put(h, BYTES("<"));
		h->state = HTML_IN_TEXT;
		return;
	}
	h->state = HTML_IN_TAG;
	tag_add(h, c);
}

static void
tag_byte(struct html_text *h, char c)
{
	if (c == '>') {
		tag_end(h);
		return;
	}
	if (opens_quotes(h, c)) {
		h->quote = c;
		h->state = HTML_IN_QUOTES;
	}
	tag_add(h, c);
	if (h->tag_len == 3 && memcmp(h->tag, "!--", 3) == 0) {
		h->state = HTML_IN_COMMENT;
		h->dashes = 2;
	}
}

static void
quotes_byte(struct html_text *h, char c)
{
	tag_add(h, c);
	if (c == h->quote)
		h->state = HTML_IN_TAG;
}

static void
comment_byte(struct html_text *h, char c)
{
	if (c == '>' && h->dashes >= 2) {
		tag_end(h);
		return;
	}
	h->dashes = c == '-' ? h->dashes + (h->dashes < 2) : 0;
	tag_add(h, c);
}

/* ---- entities --------------------------------------------------------- */

static void
entity_end(struct html_text *h)
{
	char utf8[4];
	size_t n = html_entity(bytes_make(h->entity, h->entity_len), utf8);

	h->state = HTML_IN_TEXT;
	if (n > 0) {
		text_put(h, bytes_make(utf8, n));
		return;
	}
	text_put(h, BYTES("&"));
	text_put(h, bytes_make(h->entity, h->entity_len));
}

/* Returns false if the byte comes after the entity and is text. */
static bool
entity_byte(struct html_text *h, char c)
{
	if ((char_is_alpha(c) || char_is_digit(c) ||
	    (c == '#' && h->entity_len == 0)) &&
	    h->entity_len < HTML_ENTITY_MAX) {
		h->entity[h->entity_len++] = c;
		return true;
	}
	entity_end(h);
	return c == ';';
}

/* ---- the whole -------------------------------------------------------- */

/* Passes text on up to '<' or '&'.  Returns how much. */
static size_t
text_run(struct html_text *h, struct bytes in)
{
	size_t n = 0;

	while (n < in.len && in.data[n] != '<' && in.data[n] != '&')
		n++;
	text_put(h, bytes_make(in.data, n));
	if (n == in.len)
		return n;
	h->state = in.data[n] == '<' ? HTML_AFTER_LESS : HTML_IN_ENTITY;
	h->entity_len = 0;
	return n + 1;
}

void
html_text_init(struct html_text *h, struct buf *text, size_t text_max,
    struct buf *markup, size_t markup_max)
{
	memset(h, 0, sizeof(*h));
	h->text = text;
	h->text_max = text_max;
	h->markup = markup;
	h->markup_max = markup_max;
}

/* One byte that is not plain text.  Returns how many it used: 0 or 1. */
static size_t
state_byte(struct html_text *h, char c)
{
	switch (h->state) {
	case HTML_AFTER_LESS:
		less_byte(h, c);
		return h->state == HTML_IN_TAG;
	case HTML_IN_TAG:
		tag_byte(h, c);
		return 1;
	case HTML_IN_QUOTES:
		quotes_byte(h, c);
		return 1;
	case HTML_IN_COMMENT:
		comment_byte(h, c);
		return 1;
	case HTML_IN_ENTITY:
		return entity_byte(h, c);
	case HTML_IN_TEXT:
		break;
	}
	return 0;
}

void
html_text_feed(struct html_text *h, struct bytes piece)
{
	size_t n;

	while (piece.len > 0) {
		n = h->state == HTML_IN_TEXT ? text_run(h, piece) :
		    state_byte(h, piece.data[0]);
		piece = bytes_from(piece, n);
	}
}

void
html_text_finish(struct html_text *h)
{
	if (h->state == HTML_IN_ENTITY)
		entity_end(h);
	else if (h->state == HTML_AFTER_LESS)
		text_put(h, BYTES("<"));
	else if (h->state != HTML_IN_TEXT)
		tag_end(h);
	h->state = HTML_IN_TEXT;
}

bool
html_text_is_full(const struct html_text *h)
{
	return h->text->len >= h->text_max;
}
