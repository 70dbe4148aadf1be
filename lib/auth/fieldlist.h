/*
 * fieldlist - the fields of a header, kept until they can be judged
 *
 * Bounded by DKIM_HEADER_MAX bytes and DKIM_FIELDS_MAX fields: what comes
 * behind that is not kept, and too_large says so.
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
	struct bytes name;		/* as it came */
	struct bytes value;		/* behind the colon */
};

struct fieldlist {
	struct arena arena;		/* own: all below */
	struct field *v;
	size_t n, cap;
	size_t len;			/* bytes of names and values */
	bool too_large;
	bool has_nul;
};

void fieldlist_init(struct fieldlist *l);
/* Frees the memory; what was noticed stays. */
void fieldlist_clear(struct fieldlist *l);
/* Copies. */
void fieldlist_add(struct fieldlist *l, struct bytes name,
    struct bytes value);

/* Any case, with or without space in front of the colon. */
bool field_is(const struct field *f, const char *name);

#endif
