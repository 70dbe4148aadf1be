/*
 * buf - a byte buffer that grows; bytes - a range of borrowed memory
 *
 * Bytes from outside are pointer and length.  They become a C string only
 * after a check for NUL (bytes_cstr()).
 *
 *	struct buf b = BUF_INIT;
 *	buf_str(&b, "a ");
 *	buf_printf(&b, "%d", 1);
 *	buf_free(&b);
 *
 * Running out of memory is fatal: the caller bounds what it appends.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct bytes {
	const char *data;	/* borrowed; may be NULL when len is 0 */
	size_t len;
};

#define BYTES(literal)	((struct bytes){ (literal), sizeof(literal) - 1 })
#define BYTES_FMT	"%.*s"
/* For "%.*s": printf("'" BYTES_FMT "'", BYTES_ARG(b)) */
#define BYTES_ARG(b)	(int)(b).len, (b).data == NULL ? "" : (b).data

struct bytes bytes_of(const char *cstr);
struct bytes bytes_make(const void *data, size_t len);
bool bytes_eq(struct bytes a, struct bytes b);
bool bytes_eq_str(struct bytes a, const char *cstr);
/* Ignores the case of ASCII letters; other bytes must be the same. */
bool bytes_ieq(struct bytes a, struct bytes b);
bool bytes_ieq_str(struct bytes a, const char *cstr);
bool bytes_has_prefix(struct bytes a, const char *prefix);
/* Without leading and trailing space, tab, CR and LF. */
struct bytes bytes_trim(struct bytes b);
/* Offset of c, or -1. */
ptrdiff_t bytes_index(struct bytes b, char c);
/* In the order of memcmp(); if one is a prefix, it comes first. */
int bytes_cmp(struct bytes a, struct bytes b);
/* Without the first n bytes; empty if n is larger than the length. */
struct bytes bytes_from(struct bytes b, size_t n);
struct bytes bytes_dup(struct arena *a, struct bytes b);
/* Returns a C string in the arena, or NULL if b contains a NUL. */
char *bytes_cstr(struct arena *a, struct bytes b);

struct buf {
	char *data;		/* own */
	size_t len;
	size_t cap;
};

#define BUF_INIT { NULL, 0, 0 }

void buf_init(struct buf *b);
/* Frees the memory; the buffer is as after buf_init(). */
void buf_free(struct buf *b);
/* The same, with zeros over what was in it: for passwords and secrets.  What
   it grew out of is not wiped: reserve enough at first. */
void buf_wipe(struct buf *b);
/* Empties the buffer but keeps its memory. */
void buf_clear(struct buf *b);
/* Makes room for n bytes after the contents; returns where they go. */
char *buf_reserve(struct buf *b, size_t n);
void buf_add(struct buf *b, const void *p, size_t n);
void buf_byte(struct buf *b, char c);
void buf_str(struct buf *b, const char *s);
void buf_bytes(struct buf *b, struct bytes s);
/* Like "%llu", which takes ten times as long. */
void buf_decimal(struct buf *b, uint64_t n);
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));
/* Removes the first n bytes. */
void buf_consume(struct buf *b, size_t n);
struct bytes buf_view(const struct buf *b);
/* The contents with a NUL after them (not counted in len). */
const char *buf_cstr(struct buf *b);

#endif
