/*
 * The store as a whole: backup, verify, export, import.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "command/request_command.h"
#include "command/program.h"

/* For another program, whose working folder may be another. */
static const char *
absolute(struct ctl *c, const char *path)
{
	char *cwd;

	if (path[0] == '/' || (cwd = getcwd(NULL, 0)) == NULL)
		return path;
	path = arena_printf(&c->arena, "%s/%s", cwd, path);
	free(cwd);
	return path;
}

/* backup FOLDER: the server writes it. */
int
cmd_backup(struct ctl *c, int argc, char **argv)
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

	if (call_begin(c, REQUEST_BACKUP, &w, &status) == -1)
		return status;
	request_put_str(&w, FIELD_FOLDER, folder);
	if (call_send(c, &w, &err) == -1)
		return ctl_fail(&err);
	while ((rc = request_next_frame(c->client, &m, &err)) == 1)
		files++;
	if (rc == -1)
		return ctl_fail(&err);
	return output_object(c, json_pack("{s:s, s:I, s:I}",
	    "folder", folder, "files", (json_int_t)files,
	    "bytes", (json_int_t)request_u64(&m, FIELD_BYTES, 0)), columns);
}

/*
 * verify [FOLDER]: postern-imapd --verify on the store of the configuration,
 * or on a backup.
 */
int
cmd_verify(struct ctl *c, int argc, char **argv)
{
	size_t max = c->override_count * 2 + 8, n = 0;
	const char **args = arena_array(&c->arena, max, sizeof(*args));

	if (ctl_load(c) == -1)
		return CTL_FAILED;
	args[n++] = program_find(&c->arena, "imapd", "postern-imapd");
	if (args[0] == NULL)
		return ctl_failf("postern-imapd is not installed beside this "
		    "program");
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
	return ctl_failf("cannot run '%s': %s", args[0], strerror(errno));
}

/* export [--recipients] [ACCOUNT]: the lines as they come. */
int
cmd_export(struct ctl *c, int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct request_frame m;
	struct request_writer w;
	const struct request_value *v;
	json_t *lines;
	int status, rc;

	if (call_begin(c, REQUEST_EXPORT, &w, &status) == -1)
		return status;
	if (argc > 0)
		request_put_str(&w, FIELD_ACCOUNT, argv[0]);
	if ((c->options & CTL_RECIPIENTS) != 0)
		request_put_bool(&w, FIELD_RECIPIENTS, true);
	if (call_send(c, &w, &err) == -1)
		return ctl_fail(&err);
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
	return rc == -1 ? ctl_fail(&err) : output_end();
}

static int
send_file(struct ctl *c, FILE *f, const char *name, struct err *err)
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

/* Lines that were refused, then what became of the others. */
static int
print_import(struct ctl *c, const char *name, struct err *err)
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
		return ctl_fail(err);
	(void)printf(c->json ? "{\"taken\": %" PRIu64 ", \"refused\": %" PRIu64
	    "}\n" : "%" PRIu64 " lines taken, %" PRIu64 " refused\n",
	    request_u64(&m, FIELD_COUNT, 0), refused);
	return output_end() == CTL_OK && refused == 0 ? CTL_OK : CTL_FAILED;
}

/* import [--dry-run] [FILE] */
int
cmd_import(struct ctl *c, int argc, char **argv)
{
	const char *name = argc > 0 && strcmp(argv[0], "-") != 0 ? argv[0] :
	    NULL;
	FILE *f = name == NULL ? stdin : fopen(name, "r");
	struct err err = ERR_INIT;
	struct request_writer w;
	int status, rc;

	if (f == NULL)
		return ctl_failf("cannot open '%s': %s", name,
		    strerror(errno));
	if (name == NULL)
		name = "stdin";
	if (call_begin(c, REQUEST_IMPORT, &w, &status) == -1)
		return status;
	if ((c->options & CTL_DRY_RUN) != 0)
		request_put_bool(&w, FIELD_DRY_RUN, true);
	rc = call_send(c, &w, &err);
	if (rc == 0)
		rc = send_file(c, f, name, &err);
	if (f != stdin)
		(void)fclose(f);
	return rc == -1 ? ctl_fail(&err) : print_import(c, name, &err);
}
