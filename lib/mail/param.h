/*
 * param - "value; name=value; ..." as in Content-Type (RFC 2045 5.1)
 *
 * Continuations (RFC 2231 3) are put together here: the sections of
 * name*0, name*1 become one parameter.  If one of them is in the extended
 * form, so is the whole: its name ends with an asterisk and its value is
 * charset'language'percent-encoded.  param_decode() makes UTF-8 of it.
 */
#ifndef MAIL_PARAM_H
#define MAIL_PARAM_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

/* Parameters of one field, counting each section; the rest is left out. */
#define PARAM_MAX	100
/* A parameter with a longer name is left out. */
#define PARAM_NAME_MAX	80

struct mail_param {
	struct mail_param *next;
	struct bytes name;	/* as it was written */
	struct bytes value;	/* without quotes */
};

/*
 * Splits a raw field value.  *value is what stands before the first
 * semicolon, without comments; never fails.  Strings are in the arena.
 */
struct mail_param *param_parse(struct arena *a, struct bytes field,
    struct bytes *value);

/* The value of the parameter of that name (any case); data NULL if none. */
struct bytes param_find(const struct mail_param *params, const char *name);

/*
 * The value in UTF-8, from name* if there is one, else from name; encoded
 * words in a plain value (not allowed, but common) are decoded too.  data is
 * NULL if there is neither.
 */
struct bytes param_decode(struct arena *a, const struct mail_param *params,
    const char *name);

#endif
