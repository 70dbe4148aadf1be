/*
 * param - "value; name=value; ..." as in Content-Type (RFC 2045 5.1)
 *
 * Continuations (RFC 2231 3) are joined here: the sections name*0, name*1
 * become one parameter.  If one of them is in extended form, so is the result:
 * its name ends with an asterisk and its value is
 * charset'language'percent-encoded.  param_decode() converts it to UTF-8.
 */
#ifndef MAIL_PARAM_H
#define MAIL_PARAM_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

/* Parameters of one field, counting each section; the rest are dropped. */
#define PARAM_MAX	100
/* A parameter with a longer name is dropped. */
#define PARAM_NAME_MAX	80

struct mail_param {
	struct mail_param *next;
	struct bytes name;	/* as it was written */
	struct bytes value;	/* without quotes */
};

/*
 * Splits a raw field value.  *value gets what precedes the first semicolon,
 * without comments.  Never fails.  Strings are in the arena.
 */
struct mail_param *param_parse(struct arena *a, struct bytes field,
    struct bytes *value);

/* Finds a parameter by name (in any case); data is NULL if there is none. */
struct bytes param_find(const struct mail_param *params, const char *name);

/*
 * Returns the value in UTF-8: of name* if there is one, else of name.  Decodes
 * encoded words in a plain value too (not allowed, but common).  data is NULL
 * if there is neither.
 */
struct bytes param_decode(struct arena *a, const struct mail_param *params,
    const char *name);

#endif
