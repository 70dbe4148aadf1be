/* cmd_message - postern message get: prints a stored message. */
#include <config.h>

#include "proto/request_json.h"
#include "command/request_command.h"
#include "ctl/commands.h"

/* message get ACCOUNT MAILBOX UID: its bytes, or with --json its fields. */
int
cmd_message_get(struct command *c, int argc, char **argv)
{
	static const uint16_t tags[] = { FIELD_ACCOUNT, FIELD_MAILBOX,
	    FIELD_UID };
	struct err err = ERR_INIT;
	struct request_writer w;
	struct request_frame m;
	struct bytes data;
	int status, rc;

	if (request_command_begin(c, REQUEST_MESSAGE_GET, &w, &status) == -1)
		return status;
	for (int i = 0; i < argc; i++)
		if (request_put_argument(&w, tags[i], argv[i], &err) == -1)
			return command_fail(&err);
	if (request_command_send(c, &w, &err) == -1)
		return command_fail(&err);
	while ((rc = request_next_frame(c->client, &m, &err)) == 1) {
		data = request_bytes(&m, FIELD_DATA_BYTES);
		if (m.kind == FRAME_ROW && c->json)
			(void)output_json(request_json(&m));
		else if (m.kind == FRAME_DATA && !c->json)
			(void)fwrite(data.data, 1, data.len, stdout);
	}
	return rc == -1 ? command_fail(&err) : command_flush();
}
