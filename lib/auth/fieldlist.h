/*
 * fieldlist - the fields of a header, kept until they can be evaluated
 *
 * Bounded by DKIM_HEADER_MAX bytes and DKIM_FIELDS_MAX fields.  Fields beyond
 * that are dropped, and too_large is set.
 */
#ifndef AUTH_FIELDLIST_H
#define AUTH_FIELDLIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

#define DKIM_HEADER_MAX		(1024 * 1024)
#define DKIM_FIELDS_MAX		20000

struct field {
	struct bytes name;		/* as received */
	struct bytes value;		/* after the colon */
};

struct fieldlist {
	struct arena arena;		/* own: everything below */
	struct field *v;
	size_t n, cap;
	size_t len;			/* bytes of names and values */
	bool too_large;
	bool has_nul;
};

void fieldlist_init(struct fieldlist *l);
/* Frees the memory; keeps the flags. */
void fieldlist_clear(struct fieldlist *l);
/* Copies the field. */
void fieldlist_add(struct fieldlist *l, struct bytes name,
    struct bytes value);

/* Compares in any case, with or without white space before the colon. */
bool field_is(const struct field *f, const char *name);

#endif
