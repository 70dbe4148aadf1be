/*
 * request_command - turns arguments into a request and prints the answer.
 */
#include <config.h>

#include <unistd.h>

#include "proto/request_json.h"
#include "command/request_command.h"

int
request_command_begin(struct command *c, uint16_t op,
    struct request_writer *w, int *status)
{
	if (command_load(c) == -1) {
		*status = COMMAND_FAILED;
		return -1;
	}
	if (c->client == NULL)
		c->client = request_client_new(c->settings.ctl_imapd.text,
		    (unsigned)c->settings.ctl_timeout_ms);
	request_begin(c->client, op, w);
	return 0;
}

int
request_command_send(struct command *c, struct request_writer *w,
    struct err *err)
{
	if (request_send(c->client, w, err) == 0)
		return 0;
	if (err->kind != ERR_TEMP)
		return -1;
	if (c->settings.file != NULL)
		return err_wrap(err, "postern-imapd does not answer (setting "
		    "ctl-imapd)");
	/* The file may be elsewhere; localserve's, for example, is. */
	return err_wrap(err, "postern-imapd does not answer (setting "
	    "ctl-imapd; there is no '%s', use -c for another file)",
	    c->conf_path);
}

int
request_command_finish(struct command *c, struct request_writer *w,
    struct request_frame *done, struct err *err)
{
	int rc;

	if (request_command_send(c, w, err) == -1)
		return -1;
	while ((rc = request_next_frame(c->client, done, err)) == 1)
		;
	return rc;
}

/* Reads all rows, or only the DONE if the operation has no rows. */
static int
read_answer(struct command *c, const struct request_op *op, json_t **answer,
    struct err *err)
{
	struct request_frame m;
	int rc;

	*answer = op->row != NULL ? json_array() : NULL;
	while ((rc = request_next_frame(c->client, &m, err)) == 1)
		if (op->row != NULL && m.kind == FRAME_ROW)
			(void)json_array_append_new(*answer,
			    request_json(&m));
	if (rc == 0 && op->row == NULL)
		*answer = request_json(&m);
	if (rc == -1)
		json_decref(*answer);
	return rc;
}

static int
print_answer(const struct command *c, const struct request_op *op,
    json_t *answer)
{
	const struct output_column *columns = c->row->request->columns;

	if (columns == NULL && !c->json) {
		json_decref(answer);
		return COMMAND_OK;
	}
	return op->row != NULL ? output_table(c, answer, columns) :
	    output_object(c, answer, columns);
}

/* Asks the user, unless --yes was given.  Without a terminal the answer is no,
   and an error is printed. */
static bool
confirm(struct command *c, const char *fmt, const char *what)
{
	char answer[16];

	if ((c->options & COMMAND_YES) != 0)
		return true;
	if (!isatty(STDIN_FILENO)) {
		(void)command_failf("there is no terminal to ask for "
		    "confirmation: use --yes");
		return false;
	}
	(void)printf(fmt, what);
	(void)printf(" [y/N] ");
	(void)fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) != NULL &&
	    (answer[0] == 'y' || answer[0] == 'Y');
}

int
request_command_run(struct command *c, int argc, char **argv)
{
	const struct request_command *request = c->row->request;
	const struct request_op *op = request_op_find(request->op);
	struct err err = ERR_INIT;
	struct request_writer w;
	uint16_t tag = 0;
	json_t *answer;
	int status;

	if (request->question != NULL &&
	    !confirm(c, request->question, argv[argc - 1]))
		return COMMAND_FAILED;
	if (request_command_begin(c, request->op, &w, &status) == -1)
		return status;
	for (int i = 0; i < argc; i++) {
		if (i < REQUEST_COMMAND_ARGS_MAX && request->tags[i] != 0)
			tag = request->tags[i];
		if (request_put_argument(&w, tag, argv[i], &err) == -1)
			return command_fail(&err);
	}
	if (request_command_send(c, &w, &err) == -1 ||
	    read_answer(c, op, &answer, &err) == -1)
		return command_fail(&err);
	return print_answer(c, op, answer);
}
