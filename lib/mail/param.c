/* param - parses parameters and joins the sections of RFC 2231. */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "base/encode.h"
#include "mail/chars.h"
#include "mail/charset.h"
#include "mail/param.h"
#include "mail/word.h"

struct scan {
	const char *p, *end;
};

static void
space_skip(struct scan *s)
{
	s->p += char_cfws_length(s->p, (size_t)(s->end - s->p));
}

/* p is after '"'.  Returns where the string ends. */
static const char *
quoted_end(const struct scan *s)
{
	const char *p = s->p;

	while (p < s->end && *p != '"')
		p += *p == '\\' && p + 1 < s->end ? 2 : 1;
	return p;
}

/* p is at '"'.  A missing quote at the end is ignored. */
static struct bytes
quoted_scan(struct arena *a, struct scan *s)
{
	const char *end;
	size_t n = 0;
	char *out;

	s->p++;
	end = quoted_end(s);
	out = arena_alloc(a, (size_t)(end - s->p));
	for (; s->p < end; s->p++) {
		if (*s->p == '\r' || *s->p == '\n')
			continue;
		if (*s->p == '\\' && s->p + 1 < end)
			s->p++;
		out[n++] = *s->p;
	}
	if (s->p < s->end)
		s->p++;
	return bytes_make(out, n);
}

/*
 * Scans to a semicolon or a comment: "us-ascii (plain text)" gives "us-ascii".
 * A parenthesis inside a value belongs to it, because of name=a(1).pdf.
 */
static struct bytes
plain_scan(struct arena *a, struct scan *s, bool is_value)
{
	struct bytes v = { s->p, 0 };

	while (s->p < s->end && *s->p != ';' &&
	    !(*s->p == '(' && (!is_value || s->p == v.data ||
	    char_is_space(s->p[-1]))))
		s->p++;
	v.len = (size_t)(s->p - v.data);
	return bytes_dup(a, bytes_trim(v));
}

/* Reads one name=value to *out; false if there was only junk before the ';'. */
static bool
one_scan(struct arena *a, struct scan *s, struct mail_param *out)
{
	struct bytes name = { s->p, 0 };

	while (s->p < s->end && *s->p != '=' && *s->p != ';' &&
	    !char_is_space(*s->p))
		s->p++;
	name.len = (size_t)(s->p - name.data);
	space_skip(s);
	if (s->p == s->end || *s->p != '=') {
		while (s->p < s->end && *s->p != ';')
			s->p++;
		return false;
	}
	s->p++;
	space_skip(s);
	out->value = s->p < s->end && *s->p == '"' ? quoted_scan(a, s) :
	    plain_scan(a, s, true);
	if (name.len == 0 || name.len > PARAM_NAME_MAX)
		return false;
	out->name = bytes_dup(a, name);
	out->next = NULL;
	return true;
}

/* ---- continuations (RFC 2231 3 and 4.1) ------------------------------ */

struct section {
	struct bytes base;	/* the name without "*0" and "*" */
	uint64_t number;
	bool numbered, extended;
};

static struct section
section_of(struct bytes name)
{
	struct section s = { name, 0, false, false };
	size_t star;

	if (name.len > 1 && name.data[name.len - 1] == '*') {
		s.extended = true;
		s.base.len--;
	}
	for (star = s.base.len; star > 0 && s.base.data[star - 1] != '*';)
		star--;
	if (star > 1 && decimal_parse(bytes_make(s.base.data + star,
	    s.base.len - star), PARAM_MAX, &s.number) == 0) {
		s.numbered = true;
		s.base.len = star - 1;
	}
	return s;
}

static void
percent_encode(struct buf *out, struct bytes text)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (c > ' ' && c < 127 && !char_is_in((char)c,
		    "*'%()<>@,;:\\\"/[]?=")) {
			buf_byte(out, (char)c);
		} else {
			buf_byte(out, '%');
			buf_byte(out, digits[c >> 4]);
			buf_byte(out, digits[c & 15]);
		}
	}
}

/* The raw parameters of one field, while sections are joined. */
struct raw_params {
	struct mail_param *param[PARAM_MAX];
	struct section section[PARAM_MAX];
	size_t count;
};

static ptrdiff_t
section_find(const struct raw_params *raw, struct bytes base, uint64_t number)
{
	for (size_t i = 0; i < raw->count; i++)
		if (raw->section[i].numbered &&
		    raw->section[i].number == number &&
		    bytes_ieq(raw->section[i].base, base))
			return (ptrdiff_t)i;
	return -1;
}

static bool
sections_are_extended(const struct raw_params *raw, struct bytes base)
{
	ptrdiff_t at;

	for (uint64_t n = 0; (at = section_find(raw, base, n)) >= 0; n++)
		if (raw->section[at].extended)
			return true;
	return false;
}

/* Joins the sections from number 0 up to the first gap. */
static struct mail_param *
sections_join(struct arena *a, const struct raw_params *raw,
    struct bytes base)
{
	bool extended = sections_are_extended(raw, base);
	struct mail_param *p = arena_zalloc(a, sizeof(*p));
	struct buf b = BUF_INIT;
	ptrdiff_t at;

	for (uint64_t n = 0; (at = section_find(raw, base, n)) >= 0; n++) {
		/* Charset and language are those of the first section. */
		if (n == 0 && extended && !raw->section[at].extended)
			buf_str(&b, "''");
		if (extended && !raw->section[at].extended)
			percent_encode(&b, raw->param[at]->value);
		else
			buf_bytes(&b, raw->param[at]->value);
	}
	p->value = bytes_dup(a, buf_view(&b));
	buf_clear(&b);
	buf_bytes(&b, base);
	if (extended)
		buf_byte(&b, '*');
	p->name = bytes_dup(a, buf_view(&b));
	buf_free(&b);
	return p;
}

static struct mail_param *
raw_join(struct arena *a, const struct raw_params *raw)
{
	struct mail_param *first = NULL, **last = &first, *p;

	for (size_t i = 0; i < raw->count; i++) {
		const struct section *s = &raw->section[i];

		if (!s->numbered)
			p = raw->param[i];
		else if (s->number == 0 &&
		    section_find(raw, s->base, 0) == (ptrdiff_t)i)
			p = sections_join(a, raw, s->base);
		else if (section_find(raw, s->base, 0) < 0)
			p = raw->param[i];	/* no section 0: unchanged */
		else
			continue;
		*last = p;
		last = &p->next;
	}
	return first;
}

struct mail_param *
param_parse(struct arena *a, struct bytes field, struct bytes *value)
{
	struct raw_params raw;
	struct mail_param p;
	struct scan s;

	*value = BYTES("");
	if (field.len == 0)
		return NULL;
	s = (struct scan){ field.data, field.data + field.len };
	raw.count = 0;
	space_skip(&s);
	*value = plain_scan(a, &s, false);
	while (s.p < s.end && raw.count < PARAM_MAX) {
		space_skip(&s);
		if (s.p < s.end && *s.p == ';') {
			s.p++;
			continue;
		}
		if (s.p == s.end || !one_scan(a, &s, &p))
			continue;
		raw.section[raw.count] = section_of(p.name);
		raw.param[raw.count] = arena_alloc(a, sizeof(p));
		*raw.param[raw.count++] = p;
	}
	return raw_join(a, &raw);
}

struct bytes
param_find(const struct mail_param *params, const char *name)
{
	for (; params != NULL; params = params->next)
		if (bytes_ieq_str(params->name, name))
			return params->value;
	return bytes_make(NULL, 0);
}

static struct bytes
find_extended(const struct mail_param *params, const char *name)
{
	size_t n = strlen(name);

	for (; params != NULL; params = params->next)
		if (params->name.len == n + 1 &&
		    params->name.data[n] == '*' &&
		    bytes_ieq_str(bytes_make(params->name.data, n), name))
			return params->value;
	return bytes_make(NULL, 0);
}

/* Decodes charset'language'text; without the quotes all of it is text. */
static struct bytes
extended_decode(struct arena *a, struct bytes v)
{
	struct bytes charset = { "utf-8", 5 }, rest = v;
	struct buf plain = BUF_INIT, out = BUF_INIT;
	ptrdiff_t one, two;

	if ((one = bytes_index(v, '\'')) >= 0) {
		rest = bytes_make(v.data + one + 1, v.len - (size_t)one - 1);
		if ((two = bytes_index(rest, '\'')) >= 0) {
			if (one > 0)
				charset = bytes_make(v.data, (size_t)one);
			rest.data += two + 1;
			rest.len -= (size_t)two + 1;
		} else {
			rest = v;
		}
	}
	for (size_t i = 0; i < rest.len; i++) {
		if (rest.data[i] == '%' && i + 2 < rest.len &&
		    hex_decode(&plain, bytes_make(rest.data + i + 1, 2)) == 0)
			i += 2;
		else
			buf_byte(&plain, rest.data[i]);
	}
	charset_to_utf8(&out, charset, buf_view(&plain));
	v = bytes_dup(a, buf_view(&out));
	buf_free(&plain);
	buf_free(&out);
	return v;
}

struct bytes
param_decode(struct arena *a, const struct mail_param *params,
    const char *name)
{
	struct bytes v = find_extended(params, name);

	if (v.data != NULL)
		return extended_decode(a, v);
	v = param_find(params, name);
	if (v.data == NULL)
		return v;
	return word_decode_arena(a, v);
}
