/* work_libc - included before the sources of libwork.a, see work.h */
#ifndef UNIT_WORK_LIBC_H
#define UNIT_WORK_LIBC_H

#include <config.h>

#include <string.h>

#include "unit/work.h"

static inline void *
work_memchr(const void *p, int c, size_t n)
{
	char *found = memchr(p, c, n);

	work_add(found == NULL ? n : (size_t)(found - (const char *)p) + 1);
	return found;
}

static inline int
work_memcmp(const void *a, const void *b, size_t n)
{
	work_add(n);
	return memcmp(a, b, n);
}

static inline void *
work_memcpy(void *to, const void *from, size_t n)
{
	work_add(n);
	return memcpy(to, from, n);
}

static inline void *
work_memmove(void *to, const void *from, size_t n)
{
	work_add(n);
	return memmove(to, from, n);
}

static inline void *
work_memset(void *to, int c, size_t n)
{
	work_add(n);
	return memset(to, c, n);
}

static inline size_t
work_strlen(const char *s)
{
	size_t n = strlen(s);

	work_add(n + 1);
	return n;
}

#undef memchr
#undef memcmp
#undef memcpy
#undef memmove
#undef memset
#undef strlen
#define memchr	work_memchr
#define memcmp	work_memcmp
#define memcpy	work_memcpy
#define memmove	work_memmove
#define memset	work_memset
#define strlen	work_strlen

#endif
