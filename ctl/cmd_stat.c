/* cmd_stat - postern stat: prints the counters of the server. */
#include <config.h>

#include "base/encode.h"
#include "command/request_command.h"
#include "ctl/commands.h"

/* stat: names and values, or with --json one object. */
int
cmd_stat(struct command *c, int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct request_writer w;
	struct request_frame m;
	json_t *object;
	const char *value;
	uint64_t n;
	int status, rc;

	if (request_command_begin(c, REQUEST_STAT, &w, &status) == -1)
		return status;
	if (request_command_send(c, &w, &err) == -1)
		return command_fail(&err);
	object = json_object();
	while ((rc = request_next_frame(c->client, &m, &err)) == 1) {
		value = request_str(&m, FIELD_VALUE);
		if (!c->json)
			(void)printf("%-32s %s\n", request_str(&m, FIELD_NAME),
			    value);
		else if (decimal_parse(bytes_of(value), INT64_MAX, &n) == 0)
			(void)json_object_set_new(object,
			    request_str(&m, FIELD_NAME),
			    json_integer((json_int_t)n));
		else
			(void)json_object_set_new(object,
			    request_str(&m, FIELD_NAME), json_string(value));
	}
	if (rc == 0 && c->json)
		return output_json(object);
	json_decref(object);
	return rc == -1 ? command_fail(&err) : command_flush();
}
