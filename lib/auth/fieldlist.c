/* fieldlist - copies the fields of a header, within limits. */
#include <config.h>

#include "auth/fieldlist.h"

void
fieldlist_init(struct fieldlist *l)
{
	memset(l, 0, sizeof(*l));
	arena_init(&l->arena);
}

void
fieldlist_clear(struct fieldlist *l)
{
	arena_clear(&l->arena);
	l->v = NULL;
	l->n = l->cap = 0;
}

void
fieldlist_add(struct fieldlist *l, struct bytes name, struct bytes value)
{
	struct field *more;

	l->len += name.len + value.len;
	if (l->len > DKIM_HEADER_MAX || l->n >= DKIM_FIELDS_MAX) {
		l->too_large = true;
		return;
	}
	if (bytes_index(name, '\0') >= 0 || bytes_index(value, '\0') >= 0)
		l->has_nul = true;
	if (l->n == l->cap) {
		l->cap = l->cap * 2 + 32;
		more = arena_array(&l->arena, l->cap, sizeof(*more));
		if (l->n > 0)
			memcpy(more, l->v, l->n * sizeof(*more));
		l->v = more;
	}
	l->v[l->n].name = bytes_dup(&l->arena, name);
	l->v[l->n++].value = bytes_dup(&l->arena, value);
}

bool
field_is(const struct field *f, const char *name)
{
	return bytes_ieq_str(bytes_trim(f->name), name);
}
