/* text_fold - the tables of look-alikes, and one pass over the text. */
#include <config.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "junk/text_fold.h"

/* What becomes of a character. */
#define KEEP	((char)0x7f)
#define DROP	'\0'

/* '~' stands for a character that has no look-alike. */
static const struct {
	uint32_t first;
	const char *ascii;
} blocks[] = {
	/* Latin-1 and Latin Extended-A. */
	{ 0xc0, "AAAAAAACEEEEIIIIDNOOOOO~OUUUUY~s"
	    "aaaaaaaceeeeiiiidnooooo~ouuuuy~y"
	    "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIi~~JjKkkLlLlLlLl"
	    "LlNnNnNnnNnOoOoOo~~RrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs" },
	/* Greek capital letters, then small ones. */
	{ 0x391, "AB~~EZH~IK~MN~O~P~~TY~X" },
	{ 0x3b1, "a~~~~~~~i~~~~v~op~~~u" },
	/* Cyrillic. */
	{ 0x405, "SI~J" },
	{ 0x410, "A~B~~E~~~~K~MHO~PCT~~X" },
	{ 0x430, "a~~~~e~~~~k~~~o~pc~y~x" },
	{ 0x455, "si~j" },
	/* Typographic quotation marks and dashes. */
	{ 0x2010, "------" },
	{ 0x2018, "''''\"\"\"\"" },
};

#define BLOCKS	(sizeof(blocks) / sizeof(*blocks))

static const struct {
	uint32_t first, last;
} widthless[] = {
	{ 0xad, 0xad }, { 0x34f, 0x34f }, { 0x61c, 0x61c },
	{ 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f },
	{ 0x200b, 0x200f }, { 0x202a, 0x202e }, { 0x2060, 0x206f },
	{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xe0000, 0xe0fff },
};

#define WIDTHLESS	(sizeof(widthless) / sizeof(*widthless))

static bool
is_widthless(uint32_t c)
{
	for (size_t i = 0; i < WIDTHLESS; i++)
		if (c >= widthless[i].first && c <= widthless[i].last)
			return true;
	return false;
}

static bool
is_space(uint32_t c)
{
	return c == 0x85 || c == 0xa0 || (c >= 0x2000 && c <= 0x200a) ||
	    c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
	    c == 0x3000;
}

static char
letter(uint32_t n)
{
	return (char)(n < 26 ? 'A' + n : 'a' + n - 26);
}

/* Full-width, mathematical and enclosed forms, by their place. */
static char
form_of(uint32_t c)
{
	if (c >= 0xff01 && c <= 0xff5e)
		return (char)(c - 0xff01 + '!');
	if (c >= 0x1d400 && c <= 0x1d6a3)
		return letter((c - 0x1d400) % 52);
	if (c >= 0x1d7ce && c <= 0x1d7ff)
		return (char)('0' + (c - 0x1d7ce) % 10);
	if (c >= 0x24b6 && c <= 0x24e9)
		return letter(c - 0x24b6);
	if (c >= 0x1f130 && c <= 0x1f149)
		return letter(c - 0x1f130);
	return KEEP;
}

/* Returns an ASCII character, DROP or KEEP. */
static char
fold_character(uint32_t c)
{
	const unsigned char *ascii;
	uint32_t n;

	if (is_space(c))
		return ' ';
	if (is_widthless(c))
		return DROP;
	for (size_t i = 0; i < BLOCKS && c >= blocks[i].first; i++) {
		ascii = (const unsigned char *)blocks[i].ascii;
		for (n = c - blocks[i].first; n > 0 && *ascii != '\0'; n--)
			ascii++;
		if (*ascii != '\0')
			return *ascii == '~' ? KEEP : (char)*ascii;
	}
	return form_of(c);
}

/* Length of the character at p, at least 1; *c is 0 if it is not UTF-8. */
static size_t
character_get(const unsigned char *p, size_t n, uint32_t *c)
{
	size_t len = p[0] < 0xc2 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 :
	    p[0] < 0xf5 ? 4 : 1;

	*c = 0;
	if (len == 1 || len > n)
		return 1;
	*c = p[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80) {
			*c = 0;
			return 1;
		}
		*c = *c << 6 | (p[i] & 0x3f);
	}
	return len;
}

/* Control characters are white space; 0 stands for bytes that are not ASCII. */
static const char folded_ascii[256] =
    "                                "
    " !\"#$%&'()*+,-./0123456789:;<=>?"
    "@abcdefghijklmnopqrstuvwxyz[\\]^_"
    "`abcdefghijklmnopqrstuvwxyz{|}~ ";

struct output {
	char *to;
	char last;
};

/* A folded ASCII character; a space only after something else. */
static void
put(struct output *o, char c)
{
	*o->to = c;
	o->to += c != ' ' || o->last != ' ';
	o->last = c;
}

/* Takes a character that is not ASCII.  Returns its length. */
static size_t
character_fold(struct output *o, const unsigned char *p, size_t left)
{
	uint32_t code;
	size_t n = character_get(p, left, &code);
	char c = code == 0 ? KEEP : fold_character(code);

	if (c == KEEP) {
		memcpy(o->to, p, n);
		o->to += n;
		o->last = KEEP;
	} else if (c != DROP) {
		put(o, folded_ascii[(unsigned char)c]);
	}
	return n;
}

/* Takes ASCII characters as far as they go.  Returns where they end. */
static const unsigned char *
ascii_fold(struct output *o, const unsigned char *p, const unsigned char *end)
{
	/* In registers: the compiler must think that to points into o. */
	struct output at = *o;
	char c;

	for (; p < end && (c = folded_ascii[*p]) != '\0'; p++)
		put(&at, c);
	*o = at;
	return p;
}

void
text_fold(struct buf *out, struct bytes in)
{
	const unsigned char *p = (const unsigned char *)in.data, *end;
	struct output o = { buf_reserve(out, in.len + 1), DROP };

	if (in.len == 0)
		return;
	end = p + in.len;
	while (p < end) {
		p = ascii_fold(&o, p, end);
		if (p < end)
			p += character_fold(&o, p, (size_t)(end - p));
	}
	out->len = (size_t)(o.to - out->data);
}
