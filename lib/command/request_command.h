/*
 * request_command - a subcommand that is one request to postern-imapd
 *
 * Most subcommands only send one request: their arguments are its fields, and
 * they print the rows of the answer, or its DONE.  A struct request_command
 * describes this, and request_command_run() does it.
 */
#ifndef COMMAND_REQUEST_COMMAND_H
#define COMMAND_REQUEST_COMMAND_H

#include "net/request_client.h"
#include "command/output.h"

#define REQUEST_COMMAND_ARGS_MAX	4

struct request_command {
	uint16_t op;
	/* The fields of the arguments, in order; the last one repeats. */
	uint16_t tags[REQUEST_COMMAND_ARGS_MAX];
	/* What is printed of the answer; NULL: nothing. */
	const struct output_column *columns;
	/* Asked before the request; has one %s for the last argument. */
	const char *question;
};

/* Runs a row that has a struct request_command.  Returns the exit status. */
int request_command_run(struct command *c, int argc, char **argv);

/*
 * For commands that do more.  Loads the configuration and begins a request.
 * Returns 0, or -1 after printing the error; *status is then the exit status.
 */
int request_command_begin(struct command *c, uint16_t op,
    struct request_writer *w, int *status);

/* Sends the request.  Returns 0, or -1 (ERR_TEMP: the server does not
   answer). */
int request_command_send(struct command *c, struct request_writer *w,
    struct err *err);

/*
 * Sends the request and reads the answer up to its DONE.  *done is valid until
 * the next request.  Returns 0 or -1.
 */
int request_command_finish(struct command *c, struct request_writer *w,
    struct request_frame *done, struct err *err);

#endif
