/*
 * dmarc_record - parses a DMARC record.
 *
 * Similar to the lists of DKIM (taglist.h), but a tag that is not "name=value"
 * is ignored instead of invalidating the record, and names ignore case: such
 * records occur, and RFC 7489 6.3 wants them to be tolerated.
 */
#include <config.h>

#include <string.h>

#include "base/encode.h"
#include "mail/chars.h"
#include "auth/dmarc.h"

#define VERSION_NAME	"v"
#define VERSION_VALUE	"DMARC1"	/* case matters: RFC 7489 6.3 */

struct tag {
	struct bytes name, value;
};

struct tags {
	struct tag v[DMARC_TAGS_MAX];
	size_t n;
};

static struct bytes
trim_wsp(struct bytes b)
{
	while (b.len > 0 && char_is_wsp(b.data[0]))
		b = bytes_from(b, 1);
	while (b.len > 0 && char_is_wsp(b.data[b.len - 1]))
		b.len--;
	return b;
}

/* Returns the text before the next semicolon; *rest gets what follows it. */
static struct bytes
tag_next(struct bytes *rest)
{
	ptrdiff_t end = bytes_index(*rest, ';');
	struct bytes tag = *rest;

	if (end < 0) {
		*rest = bytes_from(*rest, rest->len);
		return tag;
	}
	tag.len = (size_t)end;
	*rest = bytes_from(*rest, tag.len + 1);
	return tag;
}

/* Returns false if it is not "name=value". */
static bool
tag_split(struct bytes text, struct tag *out)
{
	ptrdiff_t eq = bytes_index(text, '=');

	if (eq < 0)
		return false;
	out->name = trim_wsp(bytes_make(text.data, (size_t)eq));
	out->value = trim_wsp(bytes_from(text, (size_t)eq + 1));
	return out->name.len > 0;
}

static const struct tag *
tag_find(const struct tags *tags, struct bytes name)
{
	for (size_t i = 0; i < tags->n; i++)
		if (bytes_ieq(tags->v[i].name, name))
			return &tags->v[i];
	return NULL;
}

/* Returns 0, or -1 if a name occurs twice (RFC 6376 3.2) or there are too many
   tags. */
static int
tags_parse(struct bytes text, struct tags *tags)
{
	struct tag tag;

	tags->n = 0;
	while (text.len > 0) {
		if (!tag_split(tag_next(&text), &tag))
			continue;
		if (tags->n == DMARC_TAGS_MAX ||
		    tag_find(tags, tag.name) != NULL)
			return -1;
		tags->v[tags->n++] = tag;
	}
	return 0;
}

/* ---- values ---- */

static const char *const policy_names[] = {
	"none", "quarantine", "reject"
};

const char *
dmarc_policy_name(enum dmarc_policy p)
{
	return policy_names[p];
}

/* Returns 1 if set, 0 if there is no such tag, -1 if its value is unknown. */
static int
policy_get(const struct tags *tags, const char *name, enum dmarc_policy *out)
{
	const struct tag *t = tag_find(tags, bytes_of(name));

	if (t == NULL)
		return 0;
	for (int i = 0; i <= DMARC_POLICY_REJECT; i++)
		if (bytes_ieq_str(t->value, policy_names[i])) {
			*out = (enum dmarc_policy)i;
			return 1;
		}
	return -1;
}

static bool
tag_is(const struct tags *tags, const char *name, const char *value)
{
	const struct tag *t = tag_find(tags, bytes_of(name));

	return t != NULL && bytes_ieq_str(t->value, value);
}

static struct bytes
tag_value(const struct tags *tags, const char *name)
{
	const struct tag *t = tag_find(tags, bytes_of(name));

	return t == NULL ? BYTES("") : t->value;
}

/* One to three digits, at most 100; anything else means the default. */
static unsigned
pct_get(const struct tags *tags)
{
	struct bytes value = tag_value(tags, "pct");
	uint64_t n;

	if (value.len > 3 || decimal_parse(value, 100, &n) == -1)
		return 100;
	return (unsigned)n;
}

static enum dmarc_psd
psd_get(const struct tags *tags)
{
	return tag_is(tags, "psd", "y") ? DMARC_PSD_YES :
	    tag_is(tags, "psd", "n") ? DMARC_PSD_NO : DMARC_PSD_UNKNOWN;
}

/* Has it a scheme and something after it; for mailto, something that could be
   an address? */
static bool
is_uri(struct bytes uri)
{
	size_t i = 0;

	while (i < uri.len && (char_is_alpha(uri.data[i]) || (i > 0 &&
	    (char_is_digit(uri.data[i]) || char_is_in(uri.data[i], "+-.")))))
		i++;
	if (i == 0 || i + 1 >= uri.len || uri.data[i] != ':')
		return false;
	if (bytes_ieq(bytes_make(uri.data, i), BYTES("mailto")))
		return bytes_index(uri, '@') > (ptrdiff_t)i + 1;
	return true;
}

static bool
has_uri(struct bytes list)
{
	struct bytes one;
	ptrdiff_t comma;

	while (list.len > 0) {
		comma = bytes_index(list, ',');
		one = list;
		if (comma >= 0)
			one.len = (size_t)comma;
		list = bytes_from(list, one.len + 1);
		if (is_uri(trim_wsp(one)))
			return true;
	}
	return false;
}

/*
 * RFC 7489 6.6.3, 6: a record without a valid policy counts as p=none if it
 * asks for reports, and is otherwise unusable.
 */
static int
policies_get(const struct tags *tags, struct dmarc_record *r)
{
	int p = policy_get(tags, "p", &r->p);
	int sp = policy_get(tags, "sp", &r->sp);
	int np = policy_get(tags, "np", &r->np);

	if (p != 1 || sp == -1 || np == -1) {
		r->p = r->sp = r->np = DMARC_POLICY_NONE;
		return has_uri(r->rua) ? 0 : -1;
	}
	if (sp == 0)
		r->sp = r->p;
	if (np == 0)
		r->np = r->sp;
	return 0;
}

/* Skips the version, which must come first and makes it a record. */
static bool
version_skip(struct bytes *text)
{
	struct tag tag;

	return tag_split(tag_next(text), &tag) &&
	    bytes_ieq_str(tag.name, VERSION_NAME) &&
	    bytes_eq_str(tag.value, VERSION_VALUE);
}

int
dmarc_record_parse(struct bytes text, struct dmarc_record *out)
{
	struct tags tags;

	memset(out, 0, sizeof(*out));
	if (text.len > DMARC_RECORD_MAX || text.len == 0 ||
	    char_is_wsp(text.data[0]) || !version_skip(&text))
		return 0;
	if (tags_parse(text, &tags) == -1 ||
	    tag_find(&tags, BYTES(VERSION_NAME)) != NULL)
		return -1;
	out->adkim_strict = tag_is(&tags, "adkim", "s");
	out->aspf_strict = tag_is(&tags, "aspf", "s");
	out->pct = pct_get(&tags);
	out->test = tag_is(&tags, "t", "y");
	out->psd = psd_get(&tags);
	out->rua = tag_value(&tags, "rua");
	out->ruf = tag_value(&tags, "ruf");
	return policies_get(&tags, out) == -1 ? -1 : 1;
}
