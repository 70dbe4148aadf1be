/*
 * output - tables for people, JSON for programs
 *
 * A command makes JSON objects; --json prints them, otherwise their members
 * become the columns of a table or the lines of a list.
 *
 *	static const struct output_column columns[] = {
 *		{ "name", "Account", OUTPUT_TEXT },
 *		{ "bytes", "Size", OUTPUT_SIZE },
 *		{ NULL, NULL, 0 }
 *	};
 *	return output_table(c, array, columns);
 *
 * The functions own their JSON.  They return an exit status: COMMAND_FAILED
 * when standard output cannot be written.
 */
#ifndef COMMAND_OUTPUT_H
#define COMMAND_OUTPUT_H

#include <jansson.h>

#include "base/buf.h"
#include "command/command.h"

enum output_kind {
	OUTPUT_TEXT,		/* a string, a boolean, a list of strings */
	OUTPUT_NUMBER,
	OUTPUT_SIZE,		/* bytes, as 1.2M */
	OUTPUT_TIME		/* seconds since 1970, as a local date */
};

struct output_column {
	const char *key;	/* the member */
	const char *title;
	enum output_kind kind;
};

/* An array of objects. */
int output_table(const struct command *c, json_t *array,
    const struct output_column *columns);

/* An object; a member that is missing or null is left out. */
int output_object(const struct command *c, json_t *object,
    const struct output_column *columns);

/* Any value, as JSON. */
int output_json(json_t *value);

/* A string of JSON; empty when the bytes are not UTF-8. */
json_t *output_bytes(struct bytes b);

#endif
