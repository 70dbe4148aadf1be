/* junk-flags reset: marks all mail of an account, and says how far it is. */
#include <config.h>

#include <inttypes.h>

#include "command/request_command.h"
#include "ctl/commands.h"

/* A line for each part of the work that changed any messages. */
static void
print_progress(const struct request_frame *row)
{
	uint64_t count = request_u64(row, FIELD_COUNT, 0);

	if (count == 0)
		return;
	(void)fprintf(stderr, "%s (%s): %" PRIu64 " messages marked, %" PRIu64
	    " mailboxes left\n", request_str(row, FIELD_MAILBOX),
	    request_str(row, FIELD_MEANING), count,
	    request_u64(row, FIELD_MAILBOXES_LEFT, 0));
}

int
cmd_junk_flags_reset(struct command *c, int argc, char **argv)
{
	static const struct output_column columns[] = {
		{ "account", "Account", OUTPUT_TEXT },
		{ "count", "Messages marked", OUTPUT_NUMBER },
		{ NULL, NULL, OUTPUT_TEXT }
	};
	struct err err = ERR_INIT;
	struct request_frame m;
	struct request_writer w;
	int status, rc;

	if (request_command_begin(c, REQUEST_JUNK_FLAGS_RESET, &w,
	    &status) == -1)
		return status;
	request_put_str(&w, FIELD_ACCOUNT, argv[0]);
	if (request_command_send(c, &w, &err) == -1)
		return command_fail(&err);
	while ((rc = request_next_frame(c->client, &m, &err)) == 1)
		if (!c->json)
			print_progress(&m);
	if (rc == -1)
		return command_fail(&err);
	return output_object(c, json_pack("{s:s, s:I}", "account", argv[0],
	    "count", (json_int_t)request_u64(&m, FIELD_COUNT, 0)), columns);
}
