/*
 * conf - the syntax of the configuration file
 *
 *	# a comment
 *	message-size-max = 100M
 *	imap-listen = 127.0.0.1:143, [::1]:143
 *	include "local.conf"
 *	cert mail.example.org {
 *		tls-cert = "/etc/postern/mail.pem"
 *	}
 *
 * A statement ends at the end of the line, but continues on the next line
 * after a comma.  A word is bare (any characters but control characters,
 * space, comma, quote, braces, '=' and '#') or in double quotes, where
 * \" \\ \n \t and \xNN are recognized.  Names of settings and sections consist
 * of letters, digits, '-' and '_'.  The path of an include is relative to the
 * folder of the including file; the statements of the included file take the
 * place of the include.
 *
 * This module does not know what names mean: see settings.h.
 */
#ifndef CONFIG_CONF_H
#define CONFIG_CONF_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define CONF_FILE_MAX		(1024 * 1024)	/* bytes of one file */
#define CONF_TOTAL_MAX		(4 * 1024 * 1024)
#define CONF_INCLUDE_DEPTH_MAX	8
#define CONF_SECTION_DEPTH_MAX	4
#define CONF_WORD_MAX		4096
#define CONF_NAME_MAX		64
#define CONF_STATEMENTS_MAX	20000

struct conf_pos {
	const char *file;	/* NULL: not from a file */
	unsigned line;		/* from 1 */
	unsigned column;	/* from 1, in bytes */
};

struct conf_word {
	const char *text;
	struct conf_pos pos;
};

/* A setting, or a section when is_section. */
struct conf_item {
	struct conf_item *next;
	const char *name;
	struct conf_pos pos;
	bool is_section;
	struct conf_word *words;	/* a setting's values, at least one; a
					   section's title, at most one */
	size_t word_count;
	struct conf_item *children;	/* of a section */
};

/* How included files are read. */
struct conf_includes {
	/* Returns 0, or -1 with err.  Puts the text into the arena. */
	int (*read)(void *ctx, struct arena *a, const char *path,
	    struct bytes *text, struct err *err);
	void *ctx;			/* borrowed */
};

/*
 * Parses text; error texts use path as its name.  Puts the items into the
 * arena and sets *items, to NULL if the text is empty.  If includes is NULL,
 * an include is an error.  Returns 0, or -1 with "FILE:LINE:COLUMN: expected
 * ..., found ...".
 */
int conf_parse(struct arena *a, const char *path, struct bytes text,
    const struct conf_includes *includes, struct conf_item **items,
    struct err *err);

/* The same for a file and the files that it includes. */
int conf_parse_file(struct arena *a, const char *path,
    struct conf_item **items, struct err *err);

/* Sets err to "FILE:LINE:COLUMN: " and the text.  Returns -1. */
int conf_err(struct err *err, struct conf_pos pos, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends a word as it is written in a file: in quotes if needed. */
void conf_word_format(struct buf *out, const char *text);

/*
 * Returns the candidate that the user most likely meant by name (a few letters
 * are wrong, missing, added or swapped), or NULL.  get returns the i-th
 * candidate, and NULL after the last.
 */
const char *conf_suggest(const char *name,
    const char *(*get)(const void *ctx, size_t i), const void *ctx);

#endif
