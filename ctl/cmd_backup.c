/*
 * cmd_backup - postern backup and verify: copy the running store, and check a
 * store that no server has open.
 */
#include <config.h>

#include <errno.h>
#include <unistd.h>

#include "command/program.h"
#include "command/request_command.h"
#include "ctl/commands.h"

/* Makes path absolute for a program that may have another working folder. */
static const char *
absolute(struct command *c, const char *path)
{
	char *cwd;

	if (path[0] == '/' || (cwd = getcwd(NULL, 0)) == NULL)
		return path;
	path = arena_printf(&c->arena, "%s/%s", cwd, path);
	free(cwd);
	return path;
}

/* backup FOLDER: the server writes the files. */
int
cmd_backup(struct command *c, int argc, char **argv)
{
	static const struct output_column columns[] = {
		{ "folder", "Folder", OUTPUT_TEXT },
		{ "files", "Files", OUTPUT_NUMBER },
		{ "bytes", "Size", OUTPUT_SIZE },
		{ NULL, NULL, OUTPUT_TEXT }
	};
	const char *folder = absolute(c, argv[0]);
	struct err err = ERR_INIT;
	struct request_frame m;
	struct request_writer w;
	uint64_t files = 0;
	int status, rc;

	if (request_command_begin(c, REQUEST_BACKUP, &w, &status) == -1)
		return status;
	request_put_str(&w, FIELD_FOLDER, folder);
	if (request_command_send(c, &w, &err) == -1)
		return command_fail(&err);
	while ((rc = request_next_frame(c->client, &m, &err)) == 1)
		files++;
	if (rc == -1)
		return command_fail(&err);
	return output_object(c, json_pack("{s:s, s:I, s:I}",
	    "folder", folder, "files", (json_int_t)files,
	    "bytes", (json_int_t)request_u64(&m, FIELD_BYTES, 0)), columns);
}

/*
 * verify [FOLDER]: runs postern-imapd --verify on the configured store, or on
 * the backup in FOLDER.
 */
int
cmd_verify(struct command *c, int argc, char **argv)
{
	size_t max = c->override_count * 2 + 8, n = 0;
	const char **args = arena_array(&c->arena, max, sizeof(*args));

	if (command_load(c) == -1)
		return COMMAND_FAILED;
	args[n++] = program_find(&c->arena, "imapd", "postern-imapd");
	if (args[0] == NULL)
		return command_failf("'postern-imapd' is not installed "
		    "with this program");
	if (c->settings.file != NULL) {
		args[n++] = "-c";
		args[n++] = c->settings.file;
	}
	for (size_t i = 0; i < c->override_count; i++) {
		args[n++] = "-o";
		args[n++] = c->overrides[i];
	}
	if (argc > 0) {
		args[n++] = "-o";
		args[n++] = arena_printf(&c->arena, "state-dir=%s",
		    absolute(c, argv[0]));
	}
	args[n++] = "--verify";
	program_become(args);
	return command_failf("cannot run '%s': %s", args[0], strerror(errno));
}
