/*
 * output - prints tables for people or JSON for programs
 *
 * A command builds JSON objects.  With --json they are printed as they are;
 * otherwise their members become the columns of a table or the lines of a
 * list.
 *
 *	static const struct output_column columns[] = {
 *		{ "name", "Account", OUTPUT_TEXT },
 *		{ "bytes", "Size", OUTPUT_SIZE },
 *		{ NULL, NULL, 0 }
 *	};
 *	return output_table(c, array, columns);
 *
 * The functions take over the reference to their JSON value.  They return an
 * exit status: COMMAND_FAILED if standard output cannot be written.
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
	const char *key;	/* of the member */
	const char *title;
	enum output_kind kind;
};

/* Prints an array of objects. */
int output_table(const struct command *c, json_t *array,
    const struct output_column *columns);

/* Prints an object.  Members that are missing or null are left out. */
int output_object(const struct command *c, json_t *object,
    const struct output_column *columns);

/* Prints any value as JSON. */
int output_json(json_t *value);

/* Makes a JSON string; an empty one if the bytes are not UTF-8. */
json_t *output_bytes(struct bytes b);

#endif
