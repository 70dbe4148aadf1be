/*
 * call - a subcommand as one operation of the store protocol
 *
 * Most subcommands are no more than that: their arguments are fields of a
 * request, and the rows of the answer, or its DONE, are what they print.
 * A struct ctl_call says so, and cmd_call() does it.
 */
#ifndef COMMAND_REQUEST_COMMAND_H
#define COMMAND_REQUEST_COMMAND_H

#include "net/request_client.h"
#include "command/output.h"

#define CALL_ARGS_MAX	4

struct ctl_call {
	uint16_t op;
	uint16_t tags[CALL_ARGS_MAX];	/* of the arguments, in order; the
					   last given one repeats */
	const struct output_column *columns;	/* what people see of the
					   answer; NULL: nothing */
	const char *question;		/* asked of a person before; has
					   one %s for the last argument */
};

/* Of the table in commands.c: c->command->call says what to do. */
int cmd_call(struct ctl *c, int argc, char **argv);

/*
 * For the others.  Loads the configuration and begins a request; -1 after
 * saying what is wrong (then *status is the exit status).
 */
int call_begin(struct ctl *c, uint16_t op, struct request_writer *w,
    int *status);

/* A field by its text, whatever its type.  0, or -1 with err. */
int call_put(struct request_writer *w, uint16_t tag, const char *text,
    struct err *err);

/* Sends it.  0 or -1. */
int call_send(struct ctl *c, struct request_writer *w, struct err *err);

/* Sends it and reads the answer up to its DONE.  0 or -1. */
int call_finish(struct ctl *c, struct request_writer *w,
    struct request_frame *done, struct err *err);

/* The fields of a ROW or DONE as a JSON object. */
json_t *call_json(const struct request_frame *m,
    const struct request_field *fields);

/* Yes or no; true at once with --yes.  Without a terminal: no, said so. */
bool call_confirm(struct ctl *c, const char *fmt, const char *what);

#endif
