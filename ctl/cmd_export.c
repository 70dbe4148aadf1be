/*
 * cmd_export - postern export and import: domains, accounts, addresses and
 * passwords as lines of text.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "command/request_command.h"
#include "ctl/commands.h"

/* export [--recipients] [ACCOUNT]: prints the lines as they arrive. */
int
cmd_export(struct command *c, int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct request_frame m;
	struct request_writer w;
	const struct request_value *v;
	json_t *lines;
	int status, rc;

	if (request_command_begin(c, REQUEST_EXPORT, &w, &status) == -1)
		return status;
	if (argc > 0)
		request_put_str(&w, FIELD_ACCOUNT, argv[0]);
	if ((c->options & COMMAND_RECIPIENTS) != 0)
		request_put_bool(&w, FIELD_RECIPIENTS, true);
	if (request_command_send(c, &w, &err) == -1)
		return command_fail(&err);
	lines = json_array();
	while ((rc = request_next_frame(c->client, &m, &err)) == 1)
		for (v = request_next_value(&m, FIELD_LINE, NULL); v != NULL;
		    v = request_next_value(&m, FIELD_LINE, v))
			if (c->json)
				(void)json_array_append_new(lines, json_stringn(
				    v->bytes.data, v->bytes.len));
			else
				(void)printf(BYTES_FMT "\n",
				    BYTES_ARG(v->bytes));
	if (rc == 0 && c->json)
		return output_json(lines);
	json_decref(lines);
	return rc == -1 ? command_fail(&err) : command_flush();
}

static int
send_file(struct command *c, FILE *f, const char *name, struct err *err)
{
	char piece[REQUEST_DATA_MAX];
	size_t n;

	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		if (request_data(c->client, bytes_make(piece, n), err)
		    == -1)
			return -1;
	if (ferror(f))
		return err_sys(err, ERR_INTERNAL, "cannot read '%s'", name);
	return request_data_end(c->client, err);
}

/* Prints the refused lines, then how many lines were imported. */
static int
print_import(struct command *c, const char *name, struct err *err)
{
	struct request_frame m;
	uint64_t refused = 0;
	int rc;

	while ((rc = request_next_frame(c->client, &m, err)) == 1) {
		(void)fprintf(stderr, "%s:%" PRIu64 ": %s\n", name,
		    request_u64(&m, FIELD_LINE_NUMBER, 0),
		    request_str(&m, FIELD_REASON));
		refused++;
	}
	if (rc == -1)
		return command_fail(err);
	(void)printf(c->json ? "{\"taken\": %" PRIu64 ", \"refused\": %" PRIu64
	    "}\n" : "%" PRIu64 " lines imported, %" PRIu64 " refused\n",
	    request_u64(&m, FIELD_COUNT, 0), refused);
	return command_flush() == COMMAND_OK && refused == 0 ? COMMAND_OK :
	    COMMAND_FAILED;
}

/* import [--dry-run] [FILE] */
int
cmd_import(struct command *c, int argc, char **argv)
{
	const char *name = argc > 0 && strcmp(argv[0], "-") != 0 ? argv[0] :
	    NULL;
	FILE *f = name == NULL ? stdin : fopen(name, "r");
	struct err err = ERR_INIT;
	struct request_writer w;
	int status, rc;

	if (f == NULL)
		return command_failf("cannot open '%s': %s", name,
		    strerror(errno));
	if (name == NULL)
		name = "stdin";
	if (request_command_begin(c, REQUEST_IMPORT, &w, &status) == -1)
		return status;
	if ((c->options & COMMAND_DRY_RUN) != 0)
		request_put_bool(&w, FIELD_DRY_RUN, true);
	rc = request_command_send(c, &w, &err);
	if (rc == 0)
		rc = send_file(c, f, name, &err);
	if (f != stdin)
		(void)fclose(f);
	return rc == -1 ? command_fail(&err) : print_import(c, name, &err);
}
