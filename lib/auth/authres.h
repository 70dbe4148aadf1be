/*
 * authres - Authentication-Results (RFC 8601)
 *
 * The parser finds fields that claim to be ours.  They are forged, because we
 * have not written ours yet.  Fields that cannot be parsed are treated the
 * same, because another reader may take them for ours.  The parser also reads
 * what a trusted ARC sealer saw (RFC 8617 4.1.1).
 *
 * The writer makes the value of a field, with folded lines.  Whatever it is
 * given, the output conforms to the grammar, and each part stays where it was
 * put.
 *
 *	struct authres_writer w;
 *	authres_begin(&w, authserv_id);
 *	authres_method(&w, "spf", "pass");
 *	authres_comment(&w, text);
 *	authres_prop(&w, "smtp", "mailfrom", address);
 *	value = authres_end(&w, &arena);
 */
#ifndef AUTH_AUTHRES_H
#define AUTH_AUTHRES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* ---- reading --------------------------------------------------------- */

#define AUTHRES_VALUE_MAX	(64 * 1024)
#define AUTHRES_METHODS_MAX	200
#define AUTHRES_PROPS_MAX	1000	/* of all methods */

struct authres_prop {
	struct authres_prop *next;
	struct bytes ptype, property;
	struct bytes value;		/* without quotes */
};

struct authres_method {
	struct authres_method *next;
	struct bytes method, result;
	unsigned version;		/* 1 if not given */
	struct bytes reason;		/* may be empty */
	struct authres_prop *props;
};

struct authres {
	struct bytes authserv_id;	/* without quotes */
	unsigned version;		/* 1 if not given */
	struct authres_method *methods;	/* NULL for "none" */
};

/*
 * Parses the value of a field, folded or not.  Strings are in the arena, in
 * the case they were written in.  Returns 0, or -1 with ERR_SYNTAX.  Takes
 * linear time.
 */
int authres_parse(struct arena *a, struct bytes value, struct authres *out,
    struct err *err);

/* Finds a property by name, in any case; data is NULL if there is none. */
struct bytes authres_find(const struct authres_method *m, const char *ptype,
    const char *property);

/*
 * Must a field that came from outside be removed, because it claims to be from
 * authserv_id or cannot be parsed?
 */
bool authres_is_forged(struct bytes value, struct bytes authserv_id);

/* ---- writing --------------------------------------------------------- */

/* Longer values of properties and comments are cut. */
#define AUTHRES_WRITE_MAX	300

struct authres_writer {
	struct buf out;			/* own, until authres_end() */
	size_t line;			/* where the last line begins */
	bool has_method;
};

void authres_begin(struct authres_writer *w, struct bytes authserv_id);
/* method and result must be constants of ours. */
void authres_method(struct authres_writer *w, const char *method,
    const char *result);
/* Adds text in parentheses; nothing if it is empty. */
void authres_comment(struct authres_writer *w, struct bytes text);
/* Adds a reason, before the properties; nothing if it is empty. */
void authres_reason(struct authres_writer *w, struct bytes text);
/* Adds a property; nothing if its value is empty. */
void authres_prop(struct authres_writer *w, const char *ptype,
    const char *property, struct bytes value);
/*
 * Returns the value in the arena and frees the rest; "; none" if there was no
 * method.  Lines end with "\n" and begin with a tab, as libmilter wants them.
 */
struct bytes authres_end(struct authres_writer *w, struct arena *a);

#endif
