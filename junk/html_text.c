/* html_text - a state machine over the bytes of an HTML part. */
#include <config.h>

#include <string.h>

#include "mail/chars.h"
#include "junk/html_entity.h"
#include "junk/html_text.h"

#define INLINE	1u	/* does not interrupt a word */
#define VOID	2u	/* has no end tag: it cannot hide text */
#define RAW	4u	/* contains no tags but its end tag */
#define SINGLE	8u	/* the next one ends it: often without an end tag */

#define ELEMENT_NAME_SIZE 8

/*
 * The most frequent first, some only so that they are found soon.  Names are
 * padded: one comparison of eight bytes is enough.
 */
static const struct element {
	char name[ELEMENT_NAME_SIZE];
	unsigned flags;
} elements[] = {
	{ "td", 0 }, { "tr", 0 }, { "a", INLINE }, { "br", VOID },
	{ "p", SINGLE }, { "div", 0 }, { "span", INLINE }, { "table", 0 },
	{ "img", VOID }, { "font", INLINE }, { "b", INLINE }, { "tbody", 0 },
	{ "strong", INLINE }, { "style", RAW }, { "abbr", INLINE },
	{ "area", VOID }, { "base", VOID }, { "big", INLINE },
	{ "code", INLINE }, { "col", VOID }, { "del", INLINE },
	{ "em", INLINE }, { "embed", VOID }, { "hr", VOID },
	{ "i", INLINE }, { "input", VOID }, { "ins", INLINE },
	{ "li", SINGLE }, { "link", VOID }, { "meta", VOID }, { "o:p", INLINE },
	{ "param", VOID }, { "s", INLINE }, { "script", RAW },
	{ "small", INLINE }, { "source", VOID }, { "strike", INLINE },
	{ "sub", INLINE }, { "sup", INLINE }, { "tt", INLINE },
	{ "u", INLINE }, { "wbr", INLINE | VOID },
};

#define ELEMENTS	(sizeof(elements) / sizeof(*elements))

/* Styles that hide text, in small letters and without white space. */
static const char *const hiding_styles[] = {
	"display:none", "visibility:hidden", "mso-hide:all", "font-size:0",
	"opacity:0", "max-height:0", NULL
};

static unsigned
element_flags(struct bytes name)
{
	char padded[ELEMENT_NAME_SIZE] = { 0 };

	if (name.len > ELEMENT_NAME_SIZE)
		return 0;
	for (size_t i = 0; i < name.len; i++)
		padded[i] = name.data[i] >= 'A' && name.data[i] <= 'Z' ?
		    (char)(name.data[i] + 'a' - 'A') : name.data[i];
	for (size_t i = 0; i < ELEMENTS; i++)
		if (memcmp(elements[i].name, padded, ELEMENT_NAME_SIZE) == 0)
			return elements[i].flags;
	return 0;
}

/* Tags near the beginning of HTML, and how far they are looked for. */
static const char *const first_tags[] = {
	"<html", "<body", "<!doctype html", "<x-html", NULL
};

#define FIRST_TAG_WITHIN	1000

static bool
begins_with_tag(struct bytes b)
{
	for (const char *const *tag = first_tags; *tag != NULL; tag++)
		if (b.len >= strlen(*tag) && bytes_ieq_str(bytes_make(b.data,
		    strlen(*tag)), *tag))
			return true;
	return false;
}

bool
html_text_is_likely(struct bytes text)
{
	ptrdiff_t at;

	if (text.len > FIRST_TAG_WITHIN)
		text.len = FIRST_TAG_WITHIN;
	for (; (at = bytes_index(text, '<')) >= 0;
	    text = bytes_from(text, 1)) {
		text = bytes_from(text, (size_t)at);
		if (begins_with_tag(text))
			return true;
	}
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

/* Does the value after a colon begin like none, hidden, all or 0? */
static bool
may_hide(const char *p, const char *end)
{
	char a, b;

	while (p < end && char_is_space(*p))
		p++;
	if (end - p < 2)
		return p < end && *p == '0';
	a = p[0] | 0x20;
	b = p[1] | 0x20;
	return p[0] == '0' || (a == 'n' && b == 'o') ||
	    (a == 'h' && b == 'i') || (a == 'a' && b == 'l');
}

/* A quick look before the careful one: most styles cannot hide anything. */
static bool
tag_may_hide(const struct html_text *h)
{
	const char *end = h->tag + h->tag_len, *p = h->tag;

	while ((p = memchr(p, ':', (size_t)(end - p))) != NULL)
		if (may_hide(++p, end))
			return true;
	return false;
}

/* Is the style anywhere in the squeezed tag? */
static bool
has_style(const char *squeezed, const char *style)
{
	const char *at = squeezed;

	while ((at = strstr(at, style)) != NULL) {
		at += strlen(style);
		if (is_zero_at(at))
			return true;
	}
	return false;
}

static bool
tag_hides(const struct html_text *h)
{
	char squeezed[HTML_TAG_MAX + 1];

	if (!tag_may_hide(h))
		return false;
	(void)tag_squeeze(h, squeezed);
	if (strstr(squeezed, "style=") == NULL)
		return false;
	for (size_t i = 0; hiding_styles[i] != NULL; i++)
		if (has_style(squeezed, hiding_styles[i]))
			return true;
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
hidden_tag(struct html_text *h, bool is_end, bool is_single)
{
	if (is_single)
		h->depth = 0;
	else
		h->depth += is_end ? -1u : 1u;
	if (h->depth == 0)
		h->mode = HTML_VISIBLE;
}

static void
mode_update(struct html_text *h, struct bytes name, unsigned flags)
{
	bool is_end = h->tag[0] == '/';

	if (h->mode != HTML_VISIBLE) {
		if (bytes_ieq(name, bytes_make(h->element, h->element_len)))
			hidden_tag(h, is_end, (flags & SINGLE) != 0);
		if (h->mode != HTML_VISIBLE)
			return;
	}
	if (is_end || h->tag[h->tag_len - 1] == '/' || (flags & VOID) != 0)
		return;
	if ((flags & RAW) != 0)
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
	unsigned flags;

	h->state = HTML_IN_TEXT;
	put(h->markup, h->markup_max, BYTES("<"));
	put(h->markup, h->markup_max, bytes_make(h->tag, kept));
	put(h->markup, h->markup_max, BYTES(">"));
	if (h->tag_len == 0 || is_raw_text(h, name))
		return;
	flags = element_flags(name);
	mode_update(h, name, flags);
	if (h->mode == HTML_VISIBLE && h->tag[0] != '!' &&
	    (flags & INLINE) == 0)
		put(h->text, h->text_max, BYTES("\n"));
}

static void
tag_add(struct html_text *h, const char *p, size_t n)
{
	if (n > HTML_TAG_MAX - h->tag_len)
		n = HTML_TAG_MAX - h->tag_len;
	memcpy(h->tag + h->tag_len, p, n);
	h->tag_len += n;
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

/* Returns whether the byte begins a tag; if not, it is text. */
static bool
less_byte(struct html_text *h, char c)
{
	h->tag_len = 0;
	if (!char_is_alpha(c) && c != '/' && c != '!' && c != '?') {
		text_put(h, BYTES("<"));
		h->state = HTML_IN_TEXT;
		return false;
	}
	h->state = HTML_IN_TAG;
	tag_add(h, &c, 1);
	return true;
}

static bool
is_comment(const struct html_text *h)
{
	return h->tag_len == 3 && memcmp(h->tag, "!--", 3) == 0;
}

static const bool ends_tag_run[256] = { ['>'] = 1, ['"'] = 1, ['\''] = 1 };

/* Takes bytes up to the end of the tag or a quote.  Returns how many. */
static size_t
tag_run(struct html_text *h, struct bytes in)
{
	size_t n = 0;

	/* Byte by byte as long as it may become a comment. */
	if (h->tag[0] == '!' && h->tag_len < 3)
		in.len = 1;
	while (n < in.len && !ends_tag_run[(unsigned char)in.data[n]])
		n++;
	tag_add(h, in.data, n);
	if (is_comment(h)) {
		h->state = HTML_IN_COMMENT;
		h->dashes = 2;
	}
	if (n == in.len)
		return n;
	if (in.data[n] == '>') {
		tag_end(h);
		return n + 1;
	}
	if (opens_quotes(h, in.data[n])) {
		h->quote = in.data[n];
		h->state = HTML_IN_QUOTES;
	}
	tag_add(h, in.data + n, 1);
	return n + 1;
}

static size_t
quotes_run(struct html_text *h, struct bytes in)
{
	ptrdiff_t at = bytes_index(in, h->quote);
	size_t n = at < 0 ? in.len : (size_t)at + 1;

	tag_add(h, in.data, n);
	if (at >= 0)
		h->state = HTML_IN_TAG;
	return n;
}

static size_t
comment_run(struct html_text *h, struct bytes in)
{
	size_t n = 0;

	while (n < in.len && (in.data[n] != '>' || h->dashes < 2)) {
		h->dashes = in.data[n] == '-' ? h->dashes + (h->dashes < 2) :
		    0;
		n++;
	}
	tag_add(h, in.data, n);
	if (n == in.len)
		return n;
	tag_end(h);
	return n + 1;
}

/* ---- entities --------------------------------------------------------- */

/* Returns false if it was no entity, and was passed on as it is. */
static bool
entity_end(struct html_text *h)
{
	char utf8[4];
	size_t n = html_entity(bytes_make(h->entity, h->entity_len), utf8);

	h->state = HTML_IN_TEXT;
	if (n > 0) {
		text_put(h, bytes_make(utf8, n));
		return true;
	}
	text_put(h, BYTES("&"));
	text_put(h, bytes_make(h->entity, h->entity_len));
	return false;
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
	return entity_end(h) && c == ';';
}

/* ---- the whole -------------------------------------------------------- */

static const bool ends_text_run[256] = { ['<'] = 1, ['&'] = 1 };

/* Passes text on up to '<' or '&'.  Returns how much. */
static size_t
text_run(struct html_text *h, struct bytes in)
{
	size_t n = 0;

	while (n < in.len && !ends_text_run[(unsigned char)in.data[n]])
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

/* Takes some bytes, in the state it is in.  Returns how many; 0: it has only
   changed its state. */
static size_t
state_run(struct html_text *h, struct bytes in)
{
	switch (h->state) {
	case HTML_IN_TEXT:
		return text_run(h, in);
	case HTML_AFTER_LESS:
		return less_byte(h, in.data[0]);
	case HTML_IN_TAG:
		return tag_run(h, in);
	case HTML_IN_QUOTES:
		return quotes_run(h, in);
	case HTML_IN_COMMENT:
		return comment_run(h, in);
	case HTML_IN_ENTITY:
		return entity_byte(h, in.data[0]);
	}
	return 0;
}

void
html_text_feed(struct html_text *h, struct bytes piece)
{
	size_t n;

	while (piece.len > 0) {
		n = state_run(h, piece);
		piece.data += n;
		piece.len -= n;
	}
}

void
html_text_finish(struct html_text *h)
{
	if (h->state == HTML_IN_ENTITY)
		(void)entity_end(h);
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
