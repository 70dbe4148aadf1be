/*
 * arena - memory that is freed all at once
 *
 * One per connection, another per command or message.  Nothing in an arena is
 * freed by itself, so error paths have nothing to undo.
 *
 *	struct arena a;
 *	arena_init(&a);
 *	char *s = arena_strdup(&a, "x");
 *	...
 *	arena_clear(&a);	// frees everything; the arena is usable again
 *
 * Running out of memory ends the process (err.h, fatal()): bound first,
 * allocate then.  An arena belongs to one thread at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *head;	/* own: current one, then full ones */
	size_t used;			/* bytes since init or clear */
};

void arena_init(struct arena *a);

/* Frees all memory.  The arena is as after arena_init(). */
void arena_clear(struct arena *a);

/* n bytes, aligned for any type, not zeroed.  n == 0 gives a valid pointer. */
void *arena_alloc(struct arena *a, size_t n);

/* n bytes of zeroes. */
void *arena_zalloc(struct arena *a, size_t n);

/* An array of n elements of the given size, zeroed; overflow is fatal. */
void *arena_array(struct arena *a, size_t n, size_t size);

/* A copy of n bytes, followed by a NUL that is not counted. */
char *arena_memdup(struct arena *a, const void *p, size_t n);
char *arena_strdup(struct arena *a, const char *s);

char *arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

#endif
