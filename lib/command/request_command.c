/*
 * Arguments into the fields of a request, its answer into what is printed.
 */
#include <config.h>

#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "config/units.h"
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

static int
parse_yes(const char *text, bool *value)
{
	*value = strcasecmp(text, "yes") == 0 || strcasecmp(text, "on") == 0 ||
	    strcasecmp(text, "true") == 0;
	return *value || strcasecmp(text, "no") == 0 ||
	    strcasecmp(text, "off") == 0 || strcasecmp(text, "false") == 0 ?
	    0 : -1;
}

int
request_put_argument(struct request_writer *w, uint16_t tag, const char *text,
    struct err *err)
{
	const struct request_tag_row *row = request_tag_find(tag);
	uint64_t n;
	bool yes;

	switch (row->type) {
	case TYPE_TEXT:
		request_put_str(w, tag, text);
		return 0;
	case TYPE_U64:
		if (units_parse(UNITS_NONE, text, &n) == -1)
			return err_set(err, ERR_SYNTAX,
			    "%s: expected a number, found '%s'", row->name,
			    text);
		request_put_u64(w, tag, n);
		return 0;
	case TYPE_BOOL:
		if (parse_yes(text, &yes) == -1)
			return err_set(err, ERR_SYNTAX,
			    "%s: expected yes or no, found '%s'", row->name,
			    text);
		request_put_bool(w, tag, yes);
		return 0;
	default:
		return err_set(err, ERR_INTERNAL, "%s is not typed",
		    row->name);
	}
}

/* No limit is the largest number there. */
static json_t *
limit_json(uint64_t n)
{
	return n == UINT64_MAX ? json_string("none") :
	    n == 0 ? json_string("default") : json_integer((json_int_t)n);
}

/* Account ids fill 64 bits, more than a JSON integer has. */
static json_t *
value_json(const struct request_value *v, const struct request_tag_row *row)
{
	char hex[20];

	switch (row->type) {
	case TYPE_U64:
		if (row->tag == FIELD_QUOTA_BYTES ||
		    row->tag == FIELD_QUOTA_MESSAGES ||
		    row->tag == FIELD_RECIPIENTS_PER_DAY ||
		    row->tag == FIELD_FIRST_TIME_PER_DAY)
			return limit_json(v->number);
		if (row->tag != FIELD_ACCOUNT_ID)
			return json_integer((json_int_t)v->number);
		(void)snprintf(hex, sizeof(hex), "%016" PRIx64, v->number);
		return json_string(hex);
	case TYPE_TIME:
		return json_integer((json_int_t)(int64_t)v->number);
	case TYPE_BOOL:
		return json_boolean(v->number != 0);
	default:
		return json_stringn(v->bytes.data == NULL ? "" :
		    v->bytes.data, v->bytes.len);
	}
}

json_t *
request_json(const struct request_frame *m, const struct request_field *fields)
{
	json_t *object = json_object(), *list;
	const struct request_value *v;
	const struct request_tag_row *row;

	for (; fields->tag != 0; fields++) {
		row = request_tag_find(fields->tag);
		v = request_next_value(m, fields->tag, NULL);
		if (fields->use != FIELD_REPEATED) {
			if (v != NULL)
				(void)json_object_set_new(object, row->name,
				    value_json(v, row));
			continue;
		}
		list = json_array();
		for (; v != NULL; v = request_next_value(m, fields->tag, v))
			(void)json_array_append_new(list, value_json(v, row));
		(void)json_object_set_new(object, row->name, list);
	}
	return object;
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
	/* That of localserve, say, lies elsewhere. */
	return err_wrap(err, "postern-imapd does not answer (setting "
	    "ctl-imapd; there is no '%s', -c names another file)",
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

/* All rows; or, of an operation without rows, the DONE. */
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
			    request_json(&m, op->row));
	if (rc == 0 && op->row == NULL)
		*answer = request_json(&m, op->done);
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

/* Yes or no; true at once with --yes.  Without a terminal: no, and why. */
static bool
confirm(struct command *c, const char *fmt, const char *what)
{
	char answer[16];

	if ((c->options & COMMAND_YES) != 0)
		return true;
	if (!isatty(STDIN_FILENO)) {
		(void)command_failf("without a terminal to ask on, this needs "
		    "--yes");
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
