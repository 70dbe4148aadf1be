/*
 * taglist - "a=b; c=d" as in signatures, key records and policies
 *
 * RFC 6376 3.2.  White space around names and values is removed; inside a value
 * it stays, folded or not.  Names are compared with case.
 *
 *	struct taglist t;
 *	if (taglist_parse(text, &t, err) == -1)
 *		return -1;
 *	const struct bytes *d = taglist_find(&t, "d");
 */
#ifndef AUTH_TAGLIST_H
#define AUTH_TAGLIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define TAGLIST_MAX	40	/* tags in one list; more is an error */

struct tag {
	struct bytes name;	/* borrowed from the text */
	struct bytes value;	/* borrowed; may be empty */
};

struct taglist {
	struct tag tags[TAGLIST_MAX];
	size_t n;
};

/*
 * Returns 0, or -1 with ERR_SYNTAX: a tag without "=", invalid characters in a
 * name or value, a duplicate tag, or no tag at all.
 */
int taglist_parse(struct bytes text, struct taglist *out, struct err *err);

/* Returns NULL if there is no tag with that name. */
const struct bytes *taglist_find(const struct taglist *t, const char *name);

/* Returns the value without any white space, for base64. */
struct bytes taglist_squeeze(struct arena *a, struct bytes value);

/*
 * Gets the next item of a list with colons ("a:b : c") from *pos on, without
 * white space around it.  Returns false if there is none left.
 */
bool taglist_item(struct bytes value, size_t *pos, struct bytes *item);

/* Has the list that item, in any case? */
bool taglist_has_item(struct bytes value, const char *item);

#endif
