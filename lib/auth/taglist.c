/* taglist - parses lists of "name=value" tags. */
#include <config.h>

#include "mail/chars.h"
#include "auth/taglist.h"

/* RFC 6376 3.2: ALPHA *(ALPHA / DIGIT / "_") */
static bool
is_name(struct bytes b)
{
	if (b.len == 0 || !char_is_alpha(b.data[0]))
		return false;
	for (size_t i = 1; i < b.len; i++)
		if (!char_is_alpha(b.data[i]) && !char_is_digit(b.data[i]) &&
		    b.data[i] != '_')
			return false;
	return true;
}

/* Printable characters, UTF-8 (RFC 8616) and white space. */
static bool
is_value(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++) {
		unsigned char c = (unsigned char)b.data[i];

		if ((c < 0x21 && !char_is_space((char)c)) || c == 0x7f)
			return false;
	}
	return true;
}

static int
tag_parse(struct bytes piece, struct taglist *out, struct err *err)
{
	ptrdiff_t eq = bytes_index(piece, '=');
	struct tag *t;

	if (out->n == TAGLIST_MAX)
		return err_set(err, ERR_SYNTAX, "more than %d tags",
		    TAGLIST_MAX);
	if (eq < 0)
		return err_set(err, ERR_SYNTAX, "a tag without '='");
	t = &out->tags[out->n];
	t->name = bytes_trim(bytes_make(piece.data, (size_t)eq));
	t->value = bytes_trim(bytes_from(piece, (size_t)eq + 1));
	if (!is_name(t->name))
		return err_set(err, ERR_SYNTAX, "a malformed tag name");
	if (!is_value(t->value))
		return err_set(err, ERR_SYNTAX, "tag '" BYTES_FMT "' has "
		    "control characters", BYTES_ARG(t->name));
	for (size_t i = 0; i < out->n; i++)
		if (bytes_eq(out->tags[i].name, t->name))
			return err_set(err, ERR_SYNTAX, "tag '" BYTES_FMT
			    "' occurs twice", BYTES_ARG(t->name));
	out->n++;
	return 0;
}

int
taglist_parse(struct bytes text, struct taglist *out, struct err *err)
{
	struct bytes piece;
	ptrdiff_t at;

	out->n = 0;
	while (bytes_trim(text).len > 0) {
		at = bytes_index(text, ';');
		piece = bytes_make(text.data, at < 0 ? text.len : (size_t)at);
		text = bytes_from(text, piece.len + (at >= 0));
		if (tag_parse(piece, out, err) == -1)
			return -1;
	}
	if (out->n == 0)
		return err_set(err, ERR_SYNTAX, "no tags");
	return 0;
}

const struct bytes *
taglist_find(const struct taglist *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (bytes_eq_str(t->tags[i].name, name))
			return &t->tags[i].value;
	return NULL;
}

struct bytes
taglist_squeeze(struct arena *a, struct bytes value)
{
	char *out = arena_alloc(a, value.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < value.len; i++)
		if (!char_is_space(value.data[i]))
			out[n++] = value.data[i];
	out[n] = '\0';
	return bytes_make(out, n);
}

bool
taglist_item(struct bytes value, size_t *pos, struct bytes *item)
{
	struct bytes rest;
	ptrdiff_t at;

	if (*pos > value.len)
		return false;
	rest = bytes_from(value, *pos);
	at = bytes_index(rest, ':');
	if (at >= 0)
		rest.len = (size_t)at;
	*pos += rest.len + 1;
	*item = bytes_trim(rest);
	return true;
}

bool
taglist_has_item(struct bytes value, const char *name)
{
	struct bytes item;
	size_t pos = 0;

	while (taglist_item(value, &pos, &item))
		if (bytes_ieq_str(item, name))
			return true;
	return false;
}
