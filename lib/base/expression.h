/*
 * expression - regular expressions that cost bounded time
 *
 * Perl-compatible (pcre2pattern(3)), as administrators and users write them.
 * UTF-8, case-sensitive, found anywhere in the subject unless anchored.
 *
 *	if (expression_compile("^(junk|spam)", &e, err) == -1)
 *		return -1;
 *	if (expression_match(e, name) == EXPRESSION_FOUND)
 *		...
 *	expression_free(&e);
 *
 * Bounds: EXPRESSION_MAX bytes of text, EXPRESSION_STEPS_MAX steps and
 * EXPRESSION_HEAP_MAX KB of memory for a match.  An expression such as
 * `(a+)+$' would take exponential time without them.  One thread at a time
 * may use a struct expression.
 */
#ifndef BASE_EXPRESSION_H
#define BASE_EXPRESSION_H

#include "base/buf.h"
#include "base/err.h"

#define EXPRESSION_MAX		255	/* bytes of text */
#define EXPRESSION_STEPS_MAX	10000	/* PCRE2's match limit */
#define EXPRESSION_HEAP_MAX	256	/* KB */

struct expression;

enum expression_result {
	EXPRESSION_ABSENT,
	EXPRESSION_FOUND,
	EXPRESSION_TOO_COSTLY	/* not known: a limit ended the match */
};

/* Returns 0, or -1: ERR_SYNTAX with what is wrong, and the byte where. */
int expression_compile(const char *text, struct expression **out,
    struct err *err);
/* The same, only to see whether the text is right. */
int expression_check(const char *text, struct err *err);
/* A subject that is not UTF-8 matches nothing. */
enum expression_result expression_match(struct expression *e,
    struct bytes subject);
/* Accepts NULL. */
void expression_free(struct expression **e);

#endif
