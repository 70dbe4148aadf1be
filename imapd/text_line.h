/*
 * text_line - one line of an export: a kind, a subject, and named values
 *
 *	account you@localhost quota-bytes=default disabled=no
 *	password you@localhost label="my phone" hash=$argon2id$...
 *
 * Words are separated by spaces and written as in the configuration file: bare,
 * or in double quotes with \" \\ \n \t and \xNN.
 */
#ifndef IMAPD_TEXT_LINE_H
#define IMAPD_TEXT_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define TEXT_LINE_VALUES_MAX	1100

struct text_line {
	const char *kind;		/* NULL: an empty line or a comment */
	const char *subject;
	size_t n;
	struct {
		const char *name, *value;
	} *values;			/* in the arena */
};

/*
 * Parses a line.  Returns 0, or -1 with ERR_SYNTAX.  Results are in the arena.
 */
int text_line_parse(struct arena *a, struct bytes line,
    struct text_line *out, struct err *err);

/* Returns the value with that name, or NULL. */
const char *text_line_value(const struct text_line *l, const char *name);
/* The same, but returns -1 with ERR_SYNTAX if there is none, else 0. */
int text_line_need(const struct text_line *l, const char *name,
    const char **value, struct err *err);

/* Writes "kind subject".  Call text_line_add() for each value. */
void text_line_begin(struct buf *out, const char *kind, const char *subject);
void text_line_add(struct buf *out, const char *name, const char *value);

#endif
