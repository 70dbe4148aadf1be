/*
 * arena - memory that is freed all at once
 *
 * Chunks grow from 512 bytes to 64 KB, so that a parked session costs little
 * and a large command needs few calls.  With their headers the first two fit
 * into malloc()'s per-thread cache, and most arenas need no more.  A request
 * larger than a quarter of the chunk size gets its own chunk, placed after the
 * current one, whose rest stays usable.
 */
#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"

#define CHUNK_MIN	512
#define CHUNK_MAX	65536
#define ALIGN		16

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;			/* bytes in data */
	size_t used;
	size_t pad;			/* keeps data aligned */
	char data[];
};

static struct arena_chunk *
chunk_new(size_t size)
{
	struct arena_chunk *c;

	if (size > SIZE_MAX / 2 ||
	    (c = malloc(sizeof(*c) + size)) == NULL)
		fatal("out of memory for %zu bytes", size);
	c->next = NULL;
	c->size = size;
	c->used = 0;
	return c;
}

void
arena_init(struct arena *a)
{
	a->head = NULL;
	a->used = 0;
}

void
arena_clear(struct arena *a)
{
	struct arena_chunk *c, *next;

	for (c = a->head; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	arena_init(a);
}

/* Returns a chunk with room for n bytes; n is already rounded up. */
static struct arena_chunk *
chunk_for(struct arena *a, size_t n)
{
	struct arena_chunk *c = a->head, *big;
	size_t size;

	if (c != NULL && c->size - c->used >= n)
		return c;
	size = c == NULL ? CHUNK_MIN : (sizeof(*c) + c->size) * 2;
	if (size > CHUNK_MAX)
		size = CHUNK_MAX;
	size -= sizeof(*c);
	if (c != NULL && n > size / 4) {
		big = chunk_new(n);
		big->next = c->next;
		c->next = big;
		return big;
	}
	c = chunk_new(n > size ? n : size);
	c->next = a->head;
	a->head = c;
	return c;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	struct arena_chunk *c;
	void *p;

	if (n > SIZE_MAX / 2)
		fatal("out of memory for %zu bytes", n);
	n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (n == 0)
		n = ALIGN;
	c = chunk_for(a, n);
	p = c->data + c->used;
	c->used += n;
	a->used += n;
	return p;
}

void *
arena_zalloc(struct arena *a, size_t n)
{
	void *p = arena_alloc(a, n);

	memset(p, 0, n);
	return p;
}

void *
arena_array(struct arena *a, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		fatal("out of memory for %zu elements of %zu bytes", n, size);
	return arena_zalloc(a, total);
}

char *
arena_memdup(struct arena *a, const void *p, size_t n)
{
	char *copy = arena_alloc(a, n + 1);

	if (n > 0)
		memcpy(copy, p, n);
	copy[n] = '\0';
	return copy;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_memdup(a, s, strlen(s));
}

char *
arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	char *s;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		fatal("cannot format '%s'", fmt);
	s = arena_alloc(a, (size_t)n + 1);
	(void)vsnprintf(s, (size_t)n + 1, fmt, ap);
	return s;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}
