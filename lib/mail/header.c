/* header - goes through the fields of a header block. */
#include <config.h>

#include <string.h>

#include "mail/chars.h"
#include "mail/header.h"

struct header_iter
header_iter_of(struct bytes block)
{
	struct header_iter it = { block, 0 };

	return it;
}

/* Length of the line at p, including its line end. */
static size_t
line_length(const char *p, size_t n)
{
	const char *nl = n == 0 ? NULL : memchr(p, '\n', n);

	return nl == NULL ? n : (size_t)(nl - p) + 1;
}

static bool
is_blank_line(const char *p, size_t n)
{
	return (n == 1 && p[0] == '\n') ||
	    (n == 2 && p[0] == '\r' && p[1] == '\n');
}

/*
 * Returns the length of the name before the colon, or 0 if the line is not a
 * field.  Names are printable ASCII (RFC 5322 2.2), or UTF-8, which no standard
 * allows but which is better shown than lost.  White space before the colon is
 * obsolete syntax.
 */
static size_t
name_length(const char *p, size_t colon)
{
	while (colon > 0 && char_is_wsp(p[colon - 1]))
		colon--;
	for (size_t i = 0; i < colon; i++)
		if ((unsigned char)p[i] <= ' ' || p[i] == 127)
			return 0;
	return colon;
}

static void
field_split(struct header_field *f)
{
	struct bytes raw = f->raw;
	const char *colon;
	size_t n;

	if (raw.len > 0 && raw.data[raw.len - 1] == '\n')
		raw.len--;
	if (raw.len > 0 && raw.data[raw.len - 1] == '\r')
		raw.len--;
	f->name = bytes_make(raw.data, 0);
	f->value = raw;
	n = line_length(raw.data, raw.len);
	colon = n == 0 ? NULL : memchr(raw.data, ':', n);
	if (colon == NULL)
		return;
	n = (size_t)(colon - raw.data);
	f->name.len = name_length(raw.data, n);
	if (f->name.len == 0)
		return;
	f->value = bytes_make(colon + 1, raw.len - n - 1);
}

bool
header_next(struct header_iter *it, struct header_field *f)
{
	size_t n = it->block.len - it->pos, len;
	const char *p;

	if (n == 0)
		return false;
	p = it->block.data + it->pos;
	len = line_length(p, n);
	if (is_blank_line(p, len))
		return false;
	while (len < n && char_is_wsp(p[len]))
		len += line_length(p + len, n - len);
	f->raw = bytes_make(p, len);
	f->offset = it->pos;
	it->pos += len;
	field_split(f);
	return true;
}

bool
header_find(struct bytes block, const char *name, struct header_field *f)
{
	struct header_iter it = header_iter_of(block);

	while (header_next(&it, f))
		if (bytes_ieq_str(f->name, name))
			return true;
	return false;
}

struct bytes
header_unfold(struct arena *a, struct bytes value)
{
	size_t n = 0;
	char *p;

	value = bytes_trim(value);
	p = arena_alloc(a, value.len + 1);
	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] == '\n')
			continue;
		if (value.data[i] == '\r' && i + 1 < value.len &&
		    value.data[i + 1] == '\n')
			continue;
		p[n++] = value.data[i];
	}
	p[n] = '\0';
	return bytes_make(p, n);
}

static bool
is_listed(struct bytes name, const struct bytes *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (bytes_ieq(name, names[i]))
			return true;
	return false;
}

void
header_select(struct buf *out, struct bytes block, const struct bytes *names,
    size_t count, bool omit)
{
	struct header_iter it = header_iter_of(block);
	struct header_field f;

	while (header_next(&it, &f))
		if (is_listed(f.name, names, count) != omit)
			buf_bytes(out, f.raw);
	if (it.pos < block.len)
		buf_str(out, "\r\n");
}

size_t
header_length(struct bytes message)
{
	size_t pos = 0, len;

	while (pos < message.len) {
		len = line_length(message.data + pos, message.len - pos);
		pos += len;
		if (is_blank_line(message.data + pos - len, len))
			break;
	}
	return pos;
}
