/* buf - a byte buffer that grows, and comparisons of byte ranges. */
#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/err.h"

/* Space that buf_vprintf() tries first. */
#define PRINTF_ROOM	96
#define DECIMAL_MAX	20

struct bytes
bytes_make(const void *data, size_t len)
{
	struct bytes b = { data, len };

	return b;
}

struct bytes
bytes_of(const char *cstr)
{
	return bytes_make(cstr, strlen(cstr));
}

bool
bytes_eq(struct bytes a, struct bytes b)
{
	return a.len == b.len &&
	    (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool
bytes_eq_str(struct bytes a, const char *cstr)
{
	return bytes_eq(a, bytes_of(cstr));
}

static unsigned char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) :
	    (unsigned char)c;
}

bool
bytes_ieq(struct bytes a, struct bytes b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (lower(a.data[i]) != lower(b.data[i]))
			return false;
	return true;
}

bool
bytes_ieq_str(struct bytes a, const char *cstr)
{
	return bytes_ieq(a, bytes_of(cstr));
}

bool
bytes_has_prefix(struct bytes a, const char *prefix)
{
	size_t n = strlen(prefix);

	return a.len >= n && (n == 0 || memcmp(a.data, prefix, n) == 0);
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct bytes
bytes_trim(struct bytes b)
{
	while (b.len > 0 && is_space(b.data[0])) {
		b.data++;
		b.len--;
	}
	while (b.len > 0 && is_space(b.data[b.len - 1]))
		b.len--;
	return b;
}

ptrdiff_t
bytes_index(struct bytes b, char c)
{
	const char *p;

	if (b.len == 0 || (p = memchr(b.data, c, b.len)) == NULL)
		return -1;
	return p - b.data;
}

int
bytes_cmp(struct bytes a, struct bytes b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n == 0 ? 0 : memcmp(a.data, b.data, n);

	if (c != 0)
		return c;
	return a.len < b.len ? -1 : a.len > b.len;
}

struct bytes
bytes_from(struct bytes b, size_t n)
{
	if (n >= b.len)
		return bytes_make(b.data, 0);
	return bytes_make(b.data + n, b.len - n);
}

struct bytes
bytes_dup(struct arena *a, struct bytes b)
{
	return bytes_make(arena_memdup(a, b.data, b.len), b.len);
}

char *
bytes_cstr(struct arena *a, struct bytes b)
{
	if (b.len > 0 && memchr(b.data, '\0', b.len) != NULL)
		return NULL;
	return arena_memdup(a, b.data, b.len);
}

void
buf_init(struct buf *b)
{
	b->data = NULL;
	b->len = b->cap = 0;
}

void
buf_free(struct buf *b)
{
	free(b->data);
	buf_init(b);
}

void
buf_wipe(struct buf *b)
{
	if (b->data != NULL)
		explicit_bzero(b->data, b->cap);
	buf_free(b);
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
}

char *
buf_reserve(struct buf *b, size_t n)
{
	size_t cap = b->cap;
	char *p;

	if (n > SIZE_MAX / 4 || b->len > SIZE_MAX / 4)
		fatal("out of memory for %zu bytes", n);
	if (b->cap - b->len < n) {
		cap = cap < 64 ? 64 : cap * 2;
		if (cap < b->len + n)
			cap = b->len + n;
		if ((p = realloc(b->data, cap)) == NULL)
			fatal("out of memory for %zu bytes", cap);
		b->data = p;
		b->cap = cap;
	}
	return b->data + b->len;
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	if (n == 0)
		return;
	memcpy(buf_reserve(b, n), p, n);
	b->len += n;
}

void
buf_byte(struct buf *b, char c)
{
	*buf_reserve(b, 1) = c;
	b->len++;
}

void
buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_bytes(struct buf *b, struct bytes s)
{
	buf_add(b, s.data, s.len);
}

void
buf_decimal(struct buf *b, uint64_t n)
{
	char digits[DECIMAL_MAX], *p = digits + sizeof(digits);

	do {
		*--p = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	buf_add(b, p, (size_t)(digits + sizeof(digits) - p));
}

/* Most texts fit into the space there is and are formatted once. */
void
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	char *p = buf_reserve(b, PRINTF_ROOM);
	size_t room = b->cap - b->len;
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(p, room, fmt, again);
	va_end(again);
	if (n < 0)
		fatal("cannot format '%s'", fmt);
	if ((size_t)n >= room)
		(void)vsnprintf(buf_reserve(b, (size_t)n + 1), (size_t)n + 1,
		    fmt, ap);
	b->len += (size_t)n;
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void
buf_consume(struct buf *b, size_t n)
{
	if (n >= b->len) {
		b->len = 0;
		return;
	}
	memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
}

struct bytes
buf_view(const struct buf *b)
{
	return bytes_make(b->data, b->len);
}

const char *
buf_cstr(struct buf *b)
{
	*buf_reserve(b, 1) = '\0';
	return b->data;
}
