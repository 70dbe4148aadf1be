/* html_entity - the table of names, in the order of their characters. */
#include <config.h>

#include <stdint.h>

#include "base/encode.h"
#include "mail/chars.h"
#include "junk/html_entity.h"

#define REPLACEMENT	0xfffd

/* U+00A0 to U+00FF. */
static const char *const latin1[96] = {
	"nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect",
	"uml", "copy", "ordf", "laquo", "not", "shy", "reg", "macr",
	"deg", "plusmn", "sup2", "sup3", "acute", "micro", "para", "middot",
	"cedil", "sup1", "ordm", "raquo", "frac14", "frac12", "frac34",
	"iquest", "Agrave", "Aacute", "Acirc", "Atilde", "Auml", "Aring",
	"AElig", "Ccedil", "Egrave", "Eacute", "Ecirc", "Euml", "Igrave",
	"Iacute", "Icirc", "Iuml", "ETH", "Ntilde", "Ograve", "Oacute",
	"Ocirc", "Otilde", "Ouml", "times", "Oslash", "Ugrave", "Uacute",
	"Ucirc", "Uuml", "Yacute", "THORN", "szlig", "agrave", "aacute",
	"acirc", "atilde", "auml", "aring", "aelig", "ccedil", "egrave",
	"eacute", "ecirc", "euml", "igrave", "iacute", "icirc", "iuml", "eth",
	"ntilde", "ograve", "oacute", "ocirc", "otilde", "ouml", "divide",
	"oslash", "ugrave", "uacute", "ucirc", "uuml", "yacute", "thorn",
	"yuml"
};

static const struct {
	const char *name;
	uint32_t code;
} others[] = {
	{ "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' },
	{ "apos", '\'' }, { "AMP", '&' }, { "LT", '<' }, { "GT", '>' },
	{ "QUOT", '"' }, { "Tab", '\t' }, { "NewLine", '\n' },
	{ "excl", '!' }, { "num", '#' }, { "dollar", '$' },
	{ "percnt", '%' }, { "lpar", '(' }, { "rpar", ')' },
	{ "comma", ',' }, { "period", '.' }, { "sol", '/' }, { "colon", ':' },
	{ "semi", ';' }, { "equals", '=' }, { "quest", '?' },
	{ "commat", '@' }, { "lowbar", '_' }, { "hyphen", 0x2010 },
	{ "OElig", 0x152 }, { "oelig", 0x153 }, { "Scaron", 0x160 },
	{ "scaron", 0x161 }, { "ensp", 0x2002 }, { "emsp", 0x2003 },
	{ "thinsp", 0x2009 }, { "zwnj", 0x200c }, { "zwj", 0x200d },
	{ "ZeroWidthSpace", 0x200b }, { "NoBreak", 0x2060 },
	{ "lrm", 0x200e }, { "rlm", 0x200f }, { "ndash", 0x2013 },
	{ "mdash", 0x2014 }, { "lsquo", 0x2018 }, { "rsquo", 0x2019 },
	{ "sbquo", 0x201a }, { "ldquo", 0x201c }, { "rdquo", 0x201d },
	{ "bdquo", 0x201e }, { "bull", 0x2022 }, { "hellip", 0x2026 },
	{ "lsaquo", 0x2039 }, { "rsaquo", 0x203a }, { "euro", 0x20ac },
	{ "trade", 0x2122 }, { "rarr", 0x2192 }, { "larr", 0x2190 },
	{ "minus", 0x2212 },
};

static uint32_t
code_of_name(struct bytes name)
{
	for (uint32_t i = 0; i < 96; i++)
		if (bytes_eq_str(name, latin1[i]))
			return 0xa0 + i;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (bytes_eq_str(name, others[i].name))
			return others[i].code;
	return 0;
}

static int
digit_value(char c)
{
	if (char_is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* Of "65" or "x41".  0 if it is not a number. */
static uint32_t
code_of_number(struct bytes text)
{
	uint32_t base = 10, code = 0;

	if (text.len > 0 && (text.data[0] | 0x20) == 'x') {
		base = 16;
		text = bytes_from(text, 1);
	}
	if (text.len == 0)
		return 0;
	for (size_t i = 0; i < text.len; i++) {
		uint32_t v = (uint32_t)digit_value(text.data[i]);

		if (v >= base)
			return 0;
		if (code < 0x110000)
			code = code * base + v;
	}
	if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return REPLACEMENT;
	return code;
}

static size_t
utf8_put(uint32_t code, char utf8[4])
{
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

	for (size_t i = n - 1; i > 0; i--) {
		utf8[i] = (char)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	utf8[0] = (char)(lead[n == 1 ? 0 : n] | code);
	return n;
}

size_t
html_entity(struct bytes name, char utf8[4])
{
	uint32_t code;

	code = name.len > 0 && name.data[0] == '#' ?
	    code_of_number(bytes_from(name, 1)) : code_of_name(name);
	return code == 0 ? 0 : utf8_put(code, utf8);
}
