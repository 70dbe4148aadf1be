/*
 * authres - Authentication-Results (RFC 8601)
 *
 * The parser is for finding those that claim to be ours: they are forged, as
 * we have not written ours yet.  What does not parse goes with them, since
 * nobody can say whose another reader would think it is.  It is also for
 * reading what a trusted ARC sealer has seen (RFC 8617 4.1.1).
 *
 * The writer makes the value of a field, its lines folded.  Whatever it is
 * given comes out as that grammar, and in no other place than it was meant
 * for.
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
	unsigned version;		/* 1 when it has none */
	struct bytes reason;		/* or empty */
	struct authres_prop *props;
};

struct authres {
	struct bytes authserv_id;	/* without quotes */
	unsigned version;		/* 1 when it has none */
	struct authres_method *methods;	/* NULL: "none" */
};

/*
 * The value of a field, folded or not.  Strings are in the arena, case is as
 * written.  0, or -1 with ERR_SYNTAX.  Linear time.
 */
int authres_parse(struct arena *a, struct bytes value, struct authres *out,
    struct err *err);

/* The value of that property, in any case; data NULL: there is none. */
struct bytes authres_find(const struct authres_method *m, const char *ptype,
    const char *property);

/*
 * Does a field that came from outside have to go: does it say that it is
 * from authserv_id, or does it not parse?
 */
bool authres_is_forged(struct bytes value, struct bytes authserv_id);

/* ---- writing --------------------------------------------------------- */

/* A longer value of a property or a comment is cut. */
#define AUTHRES_WRITE_MAX	300

struct authres_writer {
	struct buf out;			/* own, until authres_end() */
	size_t line;			/* where the last line begins */
	bool has_method;
};

void authres_begin(struct authres_writer *w, struct bytes authserv_id);
/* method and result are words of ours. */
void authres_method(struct authres_writer *w, const char *method,
    const char *result);
/* In parentheses; empty: nothing. */
void authres_comment(struct authres_writer *w, struct bytes text);
/* Before the properties; empty: nothing. */
void authres_reason(struct authres_writer *w, struct bytes text);
/* A value that is empty: nothing. */
void authres_prop(struct authres_writer *w, const char *ptype,
    const char *property, struct bytes value);
/*
 * "; none" if there was no method.  Lines end with "\n" and begin with a
 * tab: libmilter's form.  In the arena; nothing is left to free.
 */
struct bytes authres_end(struct authres_writer *w, struct arena *a);

#endif
