/*
 * request_command - a subcommand as one request to the owner of the store
 *
 * Most subcommands are no more than that: their arguments are fields of a
 * request, and the rows of the answer, or its DONE, are what they print.
 * A struct request_command says so, and request_command_run() does it.
 */
#ifndef COMMAND_REQUEST_COMMAND_H
#define COMMAND_REQUEST_COMMAND_H

#include "net/request_client.h"
#include "command/output.h"

#define REQUEST_COMMAND_ARGS_MAX	4

struct request_command {
	uint16_t op;
	/* Of the arguments, in order; the last one given repeats. */
	uint16_t tags[REQUEST_COMMAND_ARGS_MAX];
	/* What people see of the answer; NULL: nothing. */
	const struct output_column *columns;
	/* Asked of a person before; has one %s for the last argument. */
	const char *question;
};

/*
 * The function of a row with a struct request_command; the exit status.
 */
int request_command_run(struct command *c, int argc, char **argv);

/*
 * For commands that do more.  Loads the configuration and begins a request.
 * 0, or -1 after saying what is wrong (then *status is the exit status).
 */
int request_command_begin(struct command *c, uint16_t op,
    struct request_writer *w, int *status);

/* Sends it.  0, or -1 with err: ERR_TEMP when the server does not answer. */
int request_command_send(struct command *c, struct request_writer *w,
    struct err *err);

/*
 * Sends it and reads the answer up to its DONE, which is valid until the next
 * request.  0, or -1 with err.
 */
int request_command_finish(struct command *c, struct request_writer *w,
    struct request_frame *done, struct err *err);

#endif
