/* authres - parses Authentication-Results and finds forged ones. */
#include <config.h>

#include <string.h>

#include "base/encode.h"
#include "mail/address.h"
#include "mail/chars.h"
#include "auth/authres.h"

#define VERSION_MAX	1000000

struct parser {
	struct arena *arena;
	struct bytes in;
	size_t pos;
	unsigned methods, props;
};

/* ---- tokens ---- */

/* RFC 2045 5.1; bytes over 127 are RFC 6532's. */
static bool
is_token_char(char c)
{
	return (unsigned char)c > ' ' && c != 127 &&
	    !char_is_in(c, "()<>@,;:\\\"/[]?=");
}

static bool
is_keyword_char(char c)
{
	return char_is_alpha(c) || char_is_digit(c) || c == '-';
}

static bool
at_end(const struct parser *p)
{
	return p->pos == p->in.len;
}

static bool
at_char(const struct parser *p, char c)
{
	return !at_end(p) && p->in.data[p->pos] == c;
}

static bool
take_char(struct parser *p, char c)
{
	if (!at_char(p, c))
		return false;
	p->pos++;
	return true;
}

/*
 * Skips white space, folded or not, and comments.  Returns -1 for an unclosed
 * comment or a NUL, which another reader may take for something else.
 */
static int
skip_cfws(struct parser *p)
{
	const char *s = p->in.data;
	unsigned depth = 0;
	char c;

	for (; p->pos < p->in.len; p->pos++) {
		c = s[p->pos];
		if (c == '\0')
			return -1;
		if (c == '(')
			depth++;
		else if (depth > 0 && c == ')')
			depth--;
		else if (depth > 0 && c == '\\')
			p->pos += p->pos + 1 < p->in.len &&
			    s[p->pos + 1] != '\0';
		else if (depth == 0 && !char_is_space(c))
			break;
	}
	return depth == 0 ? 0 : -1;
}

static struct bytes
take_while(struct parser *p, bool (*is_one)(char))
{
	size_t from = p->pos;

	while (!at_end(p) && is_one(p->in.data[p->pos]))
		p->pos++;
	return bytes_make(p->in.data + from, p->pos - from);
}

/* Returns the length up to the closing quote, or to the end. */
static size_t
quoted_length(const struct parser *p)
{
	size_t i = p->pos;

	while (i < p->in.len && p->in.data[i] != '"')
		i += p->in.data[i] == '\\' && i + 1 < p->in.len ? 2 : 1;
	return i - p->pos;
}

/* After the opening quote.  Returns 0, or -1 if the string is not closed. */
static int
take_quoted(struct parser *p, struct bytes *out)
{
	char *text = arena_alloc(p->arena, quoted_length(p));
	size_t n = 0;
	char c;

	while (!at_end(p)) {
		c = p->in.data[p->pos++];
		if (c == '"') {
			*out = bytes_make(text, n);
			return 0;
		}
		if (c == '\\' && !at_end(p))
			c = p->in.data[p->pos++];
		if (c == '\0')
			break;
		if (c != '\r' && c != '\n')
			text[n++] = c;
	}
	return -1;
}

/* Takes a token or a quoted string.  Returns 0 or -1. */
static int
take_value(struct parser *p, struct bytes *out)
{
	if (take_char(p, '"'))
		return take_quoted(p, out);
	*out = bytes_dup(p->arena, take_while(p, is_token_char));
	return out->len > 0 ? 0 : -1;
}

static int
take_keyword(struct parser *p, struct bytes *out)
{
	*out = bytes_dup(p->arena, take_while(p, is_keyword_char));
	return out->len > 0 ? 0 : -1;
}

/* Returns 0, or -1 if it is not a number. */
static int
take_version(struct parser *p, unsigned *out)
{
	struct bytes digits = take_while(p, char_is_digit);
	uint64_t n;

	if (decimal_parse(digits, VERSION_MAX, &n) == -1)
		return -1;
	*out = (unsigned)n;
	return 0;
}

/* [CFWS] c [CFWS] */
static bool
take_sign(struct parser *p, char c)
{
	return skip_cfws(p) == 0 && take_char(p, c) && skip_cfws(p) == 0;
}

/* ---- the grammar of RFC 8601 2.2 ---- */

/*
 * May c be in the value of a property: a dotted name, an address, a URL's path?
 * Some writers omit quotes where the grammar requires them ("b=Ab/c=").
 */
static bool
is_pvalue_char(char c)
{
	return is_token_char(c) || char_is_in(c, "@/=:<>?[],\\");
}

/* Takes a pvalue: a value, or an address whose localpart may be quoted. */
static int
take_pvalue(struct parser *p, struct bytes *out)
{
	struct bytes quoted = BYTES(""), rest;
	char *text;

	if (take_char(p, '"') && take_quoted(p, &quoted) == -1)
		return -1;
	rest = take_while(p, is_pvalue_char);
	text = arena_alloc(p->arena, quoted.len + rest.len + 1);
	if (quoted.len > 0)
		memcpy(text, quoted.data, quoted.len);
	if (rest.len > 0)
		memcpy(text + quoted.len, rest.data, rest.len);
	*out = bytes_make(text, quoted.len + rest.len);
	return 0;
}

/* Takes a propspec, after its ptype. */
static int
take_prop(struct parser *p, struct bytes ptype, struct authres_prop ***tail)
{
	struct authres_prop *prop;

	if (++p->props > AUTHRES_PROPS_MAX)
		return -1;
	prop = arena_zalloc(p->arena, sizeof(*prop));
	prop->ptype = ptype;
	if (take_keyword(p, &prop->property) == -1 || !take_sign(p, '=') ||
	    take_pvalue(p, &prop->value) == -1)
		return -1;
	**tail = prop;
	*tail = &prop->next;
	return 0;
}

/* Takes what follows "method=result": a reason and properties, up to ';'. */
static int
take_rest(struct parser *p, struct authres_method *m)
{
	struct authres_prop **tail = &m->props;
	struct bytes word;

	while (skip_cfws(p) == 0) {
		if (at_end(p) || at_char(p, ';'))
			return 0;
		if (take_keyword(p, &word) == -1)
			return -1;
		if (take_sign(p, '.')) {
			if (take_prop(p, word, &tail) == -1)
				return -1;
		} else if (!bytes_ieq_str(word, "reason") ||
		    m->reason.len > 0 || m->props != NULL ||
		    !take_sign(p, '=') || take_value(p, &m->reason) == -1)
			return -1;
	}
	return -1;
}

/* Takes a methodspec and what belongs to it.  Returns 0 or -1. */
static int
take_method(struct parser *p, struct authres_method ***tail)
{
	struct authres_method *m;

	if (++p->methods > AUTHRES_METHODS_MAX)
		return -1;
	m = arena_zalloc(p->arena, sizeof(*m));
	m->version = 1;
	if (take_keyword(p, &m->method) == -1)
		return -1;
	if (take_sign(p, '/') && take_version(p, &m->version) == -1)
		return -1;
	if (!take_sign(p, '=') || take_keyword(p, &m->result) == -1 ||
	    take_rest(p, m) == -1)
		return -1;
	**tail = m;
	*tail = &m->next;
	return 0;
}

/* Takes "none", which means no method at all; otherwise takes nothing. */
static bool
take_none(struct parser *p)
{
	size_t from = p->pos;
	struct bytes word = take_while(p, is_keyword_char);

	if (bytes_ieq_str(word, "none") && skip_cfws(p) == 0 && at_end(p))
		return true;
	p->pos = from;
	return false;
}

static int
take_methods(struct parser *p, struct authres *out)
{
	struct authres_method **tail = &out->methods;

	if (!take_sign(p, ';'))
		return -1;
	if (take_none(p))
		return 0;
	for (;;) {
		if (take_method(p, &tail) == -1)
			return -1;
		if (at_end(p))
			return 0;
		/* A semicolon after the last one is wrong, common, harmless. */
		if (!take_sign(p, ';'))
			return -1;
		if (at_end(p))
			return 0;
	}
}

static int
take_all(struct parser *p, struct authres *out)
{
	if (skip_cfws(p) == -1 || take_value(p, &out->authserv_id) == -1 ||
	    skip_cfws(p) == -1)
		return -1;
	out->version = 1;
	if (!at_end(p) && char_is_digit(p->in.data[p->pos]) &&
	    take_version(p, &out->version) == -1)
		return -1;
	return take_methods(p, out);
}

int
authres_parse(struct arena *a, struct bytes value, struct authres *out,
    struct err *err)
{
	struct parser p = { a, value, 0, 0, 0 };

	memset(out, 0, sizeof(*out));
	if (value.len > AUTHRES_VALUE_MAX)
		return err_set(err, ERR_SYNTAX,
		    "Authentication-Results is too long");
	if (take_all(&p, out) == -1)
		return err_set(err, ERR_SYNTAX, "Authentication-Results is "
		    "malformed at byte %zu", p.pos + 1);
	return 0;
}

struct bytes
authres_find(const struct authres_method *m, const char *ptype,
    const char *property)
{
	for (const struct authres_prop *p = m->props; p != NULL; p = p->next)
		if (bytes_ieq_str(p->ptype, ptype) &&
		    bytes_ieq_str(p->property, property))
			return p->value;
	return bytes_make(NULL, 0);
}

/* ---- whose field it is ---- */

/* Normalizes a name: case, a final dot, U-labels. */
static struct bytes
id_normal(struct arena *a, struct bytes id)
{
	struct err err = ERR_INIT;
	struct bytes domain;

	id = bytes_trim(id);
	return address_domain_parse(a, id, &domain, &err) == 0 ? domain : id;
}

bool
authres_is_forged(struct bytes value, struct bytes authserv_id)
{
	struct err err = ERR_INIT;
	struct authres r;
	struct arena a;
	bool forged;

	arena_init(&a);
	forged = authres_parse(&a, value, &r, &err) == -1 ||
	    bytes_ieq(id_normal(&a, r.authserv_id),
	    id_normal(&a, authserv_id));
	arena_clear(&a);
	return forged;
}
