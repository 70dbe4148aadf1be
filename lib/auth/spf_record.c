/*
 * spf_record - parses the text of an SPF record into terms (RFC 7208 12)
 *
 * The whole record is checked before any of it is evaluated: a mistake anywhere
 * makes it invalid.  Only spaces separate terms, and only printable ASCII is
 * allowed.
 */
#include <config.h>

#include "base/encode.h"
#include "mail/chars.h"
#include "auth/spf-private.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))

/* What may follow the name of a mechanism. */
#define DOMAIN_NEEDED	1u
#define DOMAIN_MAY_BE	2u
#define CIDR_MAY_BE	4u
#define NETWORK		8u

static const struct {
	struct bytes name;
	enum spf_kind kind;
	unsigned takes;
} mechanisms[] = {
	{ { "all", 3 }, SPF_ALL, 0 },
	{ { "include", 7 }, SPF_INCLUDE, DOMAIN_NEEDED },
	{ { "a", 1 }, SPF_A, DOMAIN_MAY_BE | CIDR_MAY_BE },
	{ { "mx", 2 }, SPF_MX, DOMAIN_MAY_BE | CIDR_MAY_BE },
	{ { "ptr", 3 }, SPF_PTR, DOMAIN_MAY_BE },
	{ { "ip4", 3 }, SPF_IP4, NETWORK },
	{ { "ip6", 3 }, SPF_IP6, NETWORK },
	{ { "exists", 6 }, SPF_EXISTS, DOMAIN_NEEDED }
};

/* The error that ended parsing is followed by the term. */
struct parser {
	struct arena *arena;
	struct spf_record *record;
	const char *problem;
};

static int
complain(struct parser *p, const char *what, struct bytes term)
{
	if (term.len > 200)
		term.len = 200;
	p->problem = arena_printf(p->arena, "%s in '" BYTES_FMT "'", what,
	    BYTES_ARG(term));
	return -1;
}

/* ---- domain-spec ----------------------------------------------------- */

static bool
is_alphanum(char c)
{
	return char_is_alpha(c) || char_is_digit(c);
}

/* toplabel: letters, digits and inner hyphens, but not only digits. */
static bool
is_toplabel(struct bytes label)
{
	bool has_other = false;

	if (label.len == 0 || !is_alphanum(label.data[0]) ||
	    !is_alphanum(label.data[label.len - 1]))
		return false;
	for (size_t i = 0; i < label.len; i++) {
		if (!is_alphanum(label.data[i]) && label.data[i] != '-')
			return false;
		has_other = has_other || !char_is_digit(label.data[i]);
	}
	return has_other;
}

/* Does the text end with a macro?  It is valid, so "}" ends a macro. */
static bool
ends_with_macro(struct bytes s)
{
	size_t at = 0, last = 0;

	while (at < s.len) {
		last = at;
		if (s.data[at] != '%') {
			at++;
			continue;
		}
		at += 2;
		if (s.data[last + 1] == '{')
			while (s.data[at - 1] != '}')
				at++;
	}
	return s.len > 0 && s.data[last] == '%';
}

static bool
is_domain_spec(struct bytes s)
{
	size_t from;

	if (s.len == 0 || !spf_macro_is_valid(s, SPF_MACRO_DOMAIN))
		return false;
	if (ends_with_macro(s))
		return true;
	if (s.data[s.len - 1] == '.')
		s.len--;
	for (from = s.len; from > 0 && s.data[from - 1] != '.';)
		from--;
	return from > 0 && is_toplabel(bytes_from(s, from));
}

/* ---- prefix lengths -------------------------------------------------- */

/* Parses "0" or a number up to max without leading zeroes. */
static int
bits_parse(struct bytes s, unsigned max, uint8_t *out)
{
	uint64_t v;

	if (s.len == 0 || s.len > 3 || (s.len > 1 && s.data[0] == '0') ||
	    decimal_parse(s, max, &v) == -1)
		return -1;
	*out = (uint8_t)v;
	return 0;
}

/* Returns where the digits at the end of s begin. */
static size_t
digits_begin(struct bytes s)
{
	size_t i = s.len;

	while (i > 0 && char_is_digit(s.data[i - 1]))
		i--;
	return i;
}

/*
 * Takes "/24", "//64" or "/24//64" from the end of s, if it is there.  Returns
 * 0, or -1 if it is wrong.
 */
static int
cidr_take(struct bytes *s, uint8_t *bits4, uint8_t *bits6)
{
	size_t i = digits_begin(*s);

	*bits4 = 32;
	*bits6 = 128;
	if (i >= 2 && s->data[i - 1] == '/' && s->data[i - 2] == '/') {
		if (bits_parse(bytes_from(*s, i), 128, bits6) == -1)
			return -1;
		s->len = i - 2;
		i = digits_begin(*s);
		if (i == s->len || i == 0 || s->data[i - 1] != '/')
			return 0;
	}
	if (i >= 1 && s->data[i - 1] == '/') {
		if (bits_parse(bytes_from(*s, i), 32, bits4) == -1)
			return -1;
		s->len = i - 1;
	}
	return 0;
}

/* ---- mechanisms ------------------------------------------------------ */

/* Parses the network of ip4 and ip6; s is what follows the colon. */
static int
network_parse(struct bytes s, enum spf_kind kind, struct cidr *out)
{
	unsigned max = kind == SPF_IP4 ? 32 : 128;
	ptrdiff_t slash = bytes_index(s, '/');
	uint8_t bits = (uint8_t)max;

	if (slash >= 0) {
		if (bits_parse(bytes_from(s, (size_t)slash + 1), max,
		    &bits) == -1)
			return -1;
		s.len = (size_t)slash;
	}
	if (s.len == 0 || s.data[0] == '[' ||
	    (bytes_index(s, ':') >= 0) != (kind == SPF_IP6) ||
	    addr_parse(s, &out->base) == -1)
		return -1;
	/* An IPv4-mapped address in ip6 stays IPv6. */
	if (kind == SPF_IP6 && out->base.family == ADDR_IPV4) {
		memmove(out->base.ip + 12, out->base.ip, 4);
		memset(out->base.ip, 0, 10);
		memset(out->base.ip + 10, 0xff, 2);
		out->base.family = ADDR_IPV6;
	}
	out->base = addr_mask(&out->base, bits);
	out->bits = bits;
	return 0;
}

/* Parses what follows the name of a mechanism; all of it must be used. */
static int
mechanism_args(struct parser *p, struct spf_term *t, unsigned takes,
    struct bytes rest)
{
	bool has_colon = rest.len > 0 && rest.data[0] == ':';

	if ((takes & NETWORK) != 0) {
		if (!has_colon || network_parse(bytes_from(rest, 1), t->kind,
		    &t->net) == -1)
			return complain(p, "malformed network", t->text);
		return 0;
	}
	if ((takes & CIDR_MAY_BE) != 0 &&
	    cidr_take(&rest, &t->bits4, &t->bits6) == -1)
		return complain(p, "malformed prefix length", t->text);
	if (rest.len == 0) {
		if ((takes & DOMAIN_NEEDED) != 0)
			return complain(p, "no domain", t->text);
		return 0;
	}
	if (!has_colon || (takes & (DOMAIN_NEEDED | DOMAIN_MAY_BE)) == 0)
		return complain(p, "unexpected text", t->text);
	t->domain = bytes_from(rest, 1);
	if (!is_domain_spec(t->domain))
		return complain(p, "malformed domain", t->text);
	return 0;
}

static enum spf_status
qualifier_take(struct bytes *s)
{
	static const struct {
		char c;
		enum spf_status status;
	} rows[] = {
		{ '+', SPF_PASS }, { '-', SPF_FAIL }, { '~', SPF_SOFTFAIL },
		{ '?', SPF_NEUTRAL }
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (s->len > 0 && s->data[0] == rows[i].c) {
			*s = bytes_from(*s, 1);
			return rows[i].status;
		}
	return SPF_PASS;
}

static int
mechanism_parse(struct parser *p, struct bytes text)
{
	struct spf_term *t = &p->record->terms[p->record->n];
	struct bytes name = text, rest;

	t->text = text;
	t->result = qualifier_take(&name);
	rest = name;
	for (name.len = 0; name.len < rest.len &&
	    rest.data[name.len] != ':' && rest.data[name.len] != '/';)
		name.len++;
	rest = bytes_from(rest, name.len);
	for (size_t i = 0; i < COUNT(mechanisms); i++) {
		if (!bytes_ieq(name, mechanisms[i].name))
			continue;
		t->kind = mechanisms[i].kind;
		p->record->n++;
		return mechanism_args(p, t, mechanisms[i].takes, rest);
	}
	return complain(p, "unknown mechanism", text);
}

/* ---- modifiers ------------------------------------------------------- */

/* Length of a name that is followed by "=", or 0 if it is not a modifier. */
static size_t
modifier_name(struct bytes term)
{
	size_t i = 0;

	if (term.len == 0 || !char_is_alpha(term.data[0]))
		return 0;
	while (i < term.len && (is_alphanum(term.data[i]) ||
	    char_is_in(term.data[i], "-_.")))
		i++;
	return i < term.len && term.data[i] == '=' ? i : 0;
}

static int
modifier_parse(struct parser *p, struct bytes term, size_t name_length)
{
	struct bytes name = bytes_make(term.data, name_length);
	struct bytes value = bytes_from(term, name_length + 1);
	struct bytes *known = NULL;

	if (bytes_ieq_str(name, "redirect"))
		known = &p->record->redirect;
	else if (bytes_ieq_str(name, "exp"))
		known = &p->record->exp;
	if (known == NULL)
		return spf_macro_is_valid(value, SPF_MACRO_TEXT) ? 0 :
		    complain(p, "malformed macro", term);
	if (known->len > 0)
		return complain(p, "duplicate modifier", term);
	if (!is_domain_spec(value))
		return complain(p, "malformed domain", term);
	*known = value;
	return 0;
}

/* ---- the record ------------------------------------------------------ */

bool
spf_record_is(struct bytes text)
{
	if (text.len > 6 && text.data[6] != ' ')
		return false;
	return text.len >= 6 &&
	    bytes_ieq(bytes_make(text.data, 6), BYTES("v=spf1"));
}

static bool
is_printable(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.data[i] < ' ' ||
		    (unsigned char)text.data[i] >= 0x7f)
			return false;
	return true;
}

static size_t
word_count(struct bytes text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.data[i] != ' ' && (i == 0 ||
		    text.data[i - 1] == ' ');
	return n;
}

static int
terms_parse(struct parser *p, struct bytes text)
{
	struct bytes term;
	size_t name, end;

	for (size_t i = 0; i < text.len; i = end) {
		for (; i < text.len && text.data[i] == ' ';)
			i++;
		for (end = i; end < text.len && text.data[end] != ' ';)
			end++;
		term = bytes_make(text.data + i, end - i);
		if (term.len == 0)
			break;
		if ((name = modifier_name(term)) > 0) {
			if (modifier_parse(p, term, name) == -1)
				return -1;
		} else if (mechanism_parse(p, term) == -1) {
			return -1;
		}
	}
	return 0;
}

int
spf_record_parse(struct arena *a, struct bytes text, struct spf_record *out,
    const char **problem)
{
	struct parser p = { .arena = a, .record = out };

	*out = (struct spf_record){ .n = 0 };
	text = bytes_from(text, 6);
	if (!is_printable(text)) {
		*problem = "a byte in the record that is not printable ASCII";
		return -1;
	}
	out->terms = arena_array(a, word_count(text) + 1,
	    sizeof(*out->terms));
	if (terms_parse(&p, text) == -1) {
		*problem = p.problem;
		return -1;
	}
	return 0;
}
