/*
 * spf_macro - parses and expands the macros of SPF (RFC 7208 7).
 */
#include <config.h>

#include "base/clock.h"
#include "base/encode.h"
#include "mail/chars.h"
#include "auth/spf-private.h"

#define PARTS_MAX	128	/* a name cannot have more labels */
#define DOMAIN_MAX	253
#define VALUE_MAX	1024	/* bytes in one value; senders are shorter */

/* A "%" and what follows it. */
struct macro {
	size_t length;		/* of its text */
	char letter;		/* lower case, or %, _, - */
	bool is_upper;
	bool is_reversed;
	unsigned keep;		/* right-hand parts; 0: all */
	struct bytes delimiters;	/* empty: the dot */
};

/* Parses "{" letter digits "r" delimiters "}" at text.  Returns 0 or -1. */
static int
macro_read_braces(struct bytes text, struct macro *m)
{
	const char *p = text.data;
	size_t i = 3;

	if (text.len < 4 || !char_is_alpha(p[2]))
		return -1;
	m->is_upper = p[2] < 'a';
	m->letter = (char)(p[2] | 0x20);
	if (i < text.len && char_is_digit(p[i])) {
		for (; i < text.len && char_is_digit(p[i]); i++)
			if (m->keep < PARTS_MAX)
				m->keep = 10 * m->keep + (unsigned)(p[i] - '0');
		if (m->keep == 0)
			return -1;
	}
	if (i < text.len && (p[i] | 0x20) == 'r') {
		m->is_reversed = true;
		i++;
	}
	m->delimiters.data = p + i;
	while (i < text.len && char_is_in(p[i], ".-+,/_=")) {
		m->delimiters.len++;
		i++;
	}
	if (i == text.len || p[i] != '}')
		return -1;
	m->length = i + 1;
	return 0;
}

/* Parses the macro at text, which begins with '%'.  Returns 0 or -1. */
static int
macro_read(struct bytes text, struct macro *m)
{
	*m = (struct macro){ .length = 2 };
	if (text.len < 2)
		return -1;
	m->letter = text.data[1];
	if (m->letter == '%' || m->letter == '_' || m->letter == '-')
		return 0;
	return m->letter == '{' ? macro_read_braces(text, m) : -1;
}

bool
spf_macro_is_valid(struct bytes text, enum spf_macro_use use)
{
	const char *letters = use == SPF_MACRO_TEXT ? "slodiphcrtv%_-" :
	    "slodiphv%_-";
	struct macro m;

	for (size_t i = 0; i < text.len; i += m.length) {
		m.length = 1;
		if (text.data[i] == '%' &&
		    (macro_read(bytes_from(text, i), &m) == -1 ||
		    !char_is_in(m.letter, letters)))
			return false;
	}
	return true;
}

bool
spf_macro_asks(struct bytes text)
{
	for (size_t i = 0; i + 2 < text.len; i++)
		if (text.data[i] == '%' && text.data[i + 1] == '{' &&
		    (text.data[i + 2] | 0x20) == 'p')
			return true;
	return false;
}

/* ---- values ---------------------------------------------------------- */

/* %{i}: IPv6 as nibbles with dots, in upper case as most others do. */
static struct bytes
address_dotted(struct spf_check *c)
{
	const struct addr *ip = &c->query->ip;
	char text[ADDR_TEXT_MAX], dotted[64];

	if (ip->family == ADDR_IPV4)
		return bytes_of(arena_strdup(c->arena,
		    addr_print(ip, text)));
	for (size_t i = 0; i < 32; i++) {
		dotted[2 * i] = "0123456789ABCDEF"
		    [i % 2 == 0 ? ip->ip[i / 2] >> 4 : ip->ip[i / 2] & 15];
		dotted[2 * i + 1] = '.';
	}
	return bytes_make(arena_memdup(c->arena, dotted, 63), 63);
}

/*
 * %{p}: the current domain if it is among the validated names, else a subdomain
 * of it, else any of them (RFC 7208 7.3).
 */
static struct bytes
client_name(struct spf_check *c, const char *domain)
{
	const char *best = "unknown";
	int rank = 0, r;

	spf_find_names(c);
	for (size_t i = 0; i < c->name_count; i++) {
		r = bytes_ieq(bytes_of(c->names[i]), bytes_of(domain)) ? 3 :
		    spf_is_below(c->names[i], domain) ? 2 : 1;
		if (r > rank) {
			best = c->names[i];
			rank = r;
		}
	}
	return bytes_of(best);
}

static struct bytes
seconds(struct spf_check *c)
{
	uint64_t now = c->query->now != 0 ? c->query->now :
	    clock_wall_ms() / 1000;

	return bytes_of(arena_printf(c->arena, "%llu",
	    (unsigned long long)now));
}

static struct bytes
value_of(struct spf_check *c, const char *domain, char letter)
{
	char text[ADDR_TEXT_MAX];

	switch (letter) {
	case 's':
		return c->sender;
	case 'l':
		return c->localpart;
	case 'o':
		return c->domain;
	case 'd':
		return bytes_of(domain);
	case 'i':
		return address_dotted(c);
	case 'p':
		return client_name(c, domain);
	case 'v':
		return bytes_of(c->query->ip.family == ADDR_IPV4 ?
		    "in-addr" : "ip6");
	case 'h':
		return c->query->helo;
	case 'c':
		return bytes_of(arena_strdup(c->arena,
		    addr_print(&c->query->ip, text)));
	case 'r':
		return bytes_of(c->query->receiver == NULL ? "unknown" :
		    c->query->receiver);
	default:	/* 't' */
		return seconds(c);
	}
}

/* ---- expanding ------------------------------------------------------- */

static void
put_escaped(struct buf *out, struct bytes s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (char_is_alpha(s.data[i]) || char_is_digit(s.data[i]) ||
		    char_is_in(s.data[i], "-._~"))
			buf_byte(out, s.data[i]);
		else
			buf_printf(out, "%%%02X", (unsigned char)s.data[i]);
	}
}

static void
put_value(struct buf *out, const struct macro *m, struct bytes s)
{
	if (m->is_upper)
		put_escaped(out, s);
	else
		buf_bytes(out, s);
}

static bool
is_delimiter(const struct macro *m, char c)
{
	if (m->delimiters.len == 0)
		return c == '.';
	return bytes_index(m->delimiters, c) >= 0;
}

/* Splits a value, reverses it, keeps the wanted parts, and joins them. */
static void
put_parts(struct buf *out, const struct macro *m, struct bytes value)
{
	struct bytes parts[VALUE_MAX + 1];
	size_t n = 0, from = 0, at;

	for (size_t i = 0; i <= value.len; i++) {
		if (i < value.len && !is_delimiter(m, value.data[i]))
			continue;
		parts[n++] = bytes_make(value.data + from, i - from);
		from = i + 1;
	}
	at = m->keep > 0 && m->keep < n ? n - m->keep : 0;
	for (size_t i = at; i < n; i++) {
		if (i > at)
			buf_byte(out, '.');
		put_value(out, m, parts[m->is_reversed ? n - 1 - i : i]);
	}
}

static void
put_macro(struct spf_check *c, const char *domain, const struct macro *m,
    struct buf *out)
{
	struct bytes value;

	if (m->letter == '%' || m->letter == '_') {
		buf_byte(out, m->letter == '%' ? '%' : ' ');
		return;
	}
	if (m->letter == '-') {
		buf_str(out, "%20");
		return;
	}
	value = value_of(c, domain, m->letter);
	if (value.len > VALUE_MAX)
		value.len = VALUE_MAX;
	if (m->keep == 0 && !m->is_reversed && m->delimiters.len == 0)
		put_value(out, m, value);
	else
		put_parts(out, m, value);
}

void
spf_macro_expand(struct spf_check *c, const char *domain, struct bytes text,
    struct buf *out)
{
	struct macro m;
	ptrdiff_t at;

	while ((at = bytes_index(text, '%')) >= 0) {
		buf_add(out, text.data, (size_t)at);
		text = bytes_from(text, (size_t)at);
		if (macro_read(text, &m) == -1)
			return;
		put_macro(c, domain, &m, out);
		text = bytes_from(text, m.length);
	}
	buf_bytes(out, text);
}

/* The presentation form of raw bytes with dots between labels. */
static const char *
escape_name(struct arena *a, struct bytes name)
{
	struct buf b = BUF_INIT;
	unsigned char c;
	char *text;

	for (size_t i = 0; i < name.len; i++) {
		c = (unsigned char)name.data[i];
		if (c <= ' ' || c >= 0x7f || c == '\\')
			buf_printf(&b, "\\%03u", c);
		else
			buf_byte(&b, (char)c);
	}
	text = arena_memdup(a, b.data == NULL ? "" : b.data, b.len);
	buf_free(&b);
	return text;
}

static bool
is_plain_name(struct bytes name)
{
	for (size_t i = 0; i < name.len; i++)
		if ((unsigned char)name.data[i] <= ' ' ||
		    (unsigned char)name.data[i] >= 0x7f ||
		    name.data[i] == '\\')
			return false;
	return true;
}

const char *
spf_name(struct arena *a, struct bytes name)
{
	ptrdiff_t dot;

	if (name.len > 0 && name.data[name.len - 1] == '.')
		name.len--;
	while (name.len > DOMAIN_MAX && (dot = bytes_index(name, '.')) >= 0)
		name = bytes_from(name, (size_t)dot + 1);
	if (!is_plain_name(name))
		return escape_name(a, name);
	return arena_memdup(a, name.len == 0 ? "" : name.data, name.len);
}

/* Length of the macro that text begins with, or of the text up to the next. */
static size_t
piece_length(struct bytes text)
{
	struct macro m;
	ptrdiff_t at;

	if (text.data[0] == '%')
		return macro_read(text, &m) == -1 ? text.len : m.length;
	at = bytes_index(text, '%');
	return at < 0 ? text.len : (size_t)at;
}

/*
 * Returns the end of a spec that expands to more than a name can have; all
 * before it would be cut off anyway.  A record has space for 16,000 macros, and
 * each may expand to a long text.
 */
static struct bytes
spec_end(struct spf_check *c, const char *domain, struct bytes spec)
{
	struct buf starts = BUF_INIT, made = BUF_INIT;
	size_t at, end = spec.len;

	for (at = 0; at < end; at += piece_length(bytes_from(spec, at)))
		buf_add(&starts, &at, sizeof(at));
	/* One more byte for a dot at the end. */
	while (starts.len > 0 && made.len <= DOMAIN_MAX + 1) {
		starts.len -= sizeof(at);
		memcpy(&at, starts.data + starts.len, sizeof(at));
		spf_macro_expand(c, domain, bytes_make(spec.data + at,
		    end - at), &made);
		end = at;
	}
	buf_free(&starts);
	buf_free(&made);
	return bytes_from(spec, end);
}

const char *
spf_macro_domain(struct spf_check *c, const char *domain, struct bytes spec)
{
	struct buf b = BUF_INIT;
	const char *text;

	if (bytes_index(spec, '%') < 0)
		return spf_name(c->arena, spec);
	if (spec.len > DOMAIN_MAX)
		spec = spec_end(c, domain, spec);
	spf_macro_expand(c, domain, spec, &b);
	text = spf_name(c->arena, buf_view(&b));
	buf_free(&b);
	return text;
}
