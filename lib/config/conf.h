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
 * A statement ends with its line; after a comma it goes on in the next one.
 * A word is bare (letters, digits and anything but space, comma, quote,
 * braces, '=' and '#'), or in double quotes with \" \\ \n \t and \xNN.
 * Names and section kinds are letters, digits, '-' and '_'.  An include names a
 * file relative to the folder of the file it stands in; its statements count
 * as if they stood in its place.
 *
 * What a name means is not known here: see settings.h.
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
	struct conf_word *words;	/* the values, at least one; the title,
					   one or none */
	size_t word_count;
	struct conf_item *children;	/* of a section */
};

/* How the files of includes are read. */
struct conf_includes {
	/* 0, or -1 with err.  The text lives in the arena. */
	int (*read)(void *ctx, struct arena *a, const char *path,
	    struct bytes *text, struct err *err);
	void *ctx;			/* borrowed */
};

/*
 * Parses a text that is called path in errors.  The items live in the
 * arena; items is NULL for an empty text.  includes may be NULL: then an
 * include is refused.  0, or -1 with "FILE:LINE:COLUMN: expected ..., found
 * ...".
 */
int conf_parse(struct arena *a, const char *path, struct bytes text,
    const struct conf_includes *includes, struct conf_item **items,
    struct err *err);

/* The same for a file and the files it includes. */
int conf_parse_file(struct arena *a, const char *path,
    struct conf_item **items, struct err *err);

/* Sets the error with "FILE:LINE:COLUMN: " before the text; returns -1. */
int conf_err(struct err *err, struct conf_pos pos, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A word as it must be written in a file: quoted where needed. */
void conf_word_format(struct buf *out, const char *text);

/*
 * The candidate that name was most likely meant to be (a letter or two
 * wrong, missing, too many or swapped), or NULL.  get returns the i-th
 * candidate and NULL after the last.
 */
const char *conf_suggest(const char *name,
    const char *(*get)(const void *ctx, size_t i), const void *ctx);

#endif
