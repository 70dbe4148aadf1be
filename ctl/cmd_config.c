/*
 * cmd_config - postern config: prints and checks the configuration without a
 * server.
 *
 * The checks are in command/config_check.c.
 */
#include <config.h>

#include <string.h>

#include "command/config_check.h"
#include "command/output.h"
#include "ctl/commands.h"

static int
print_buf(struct buf *b)
{
	(void)fputs(buf_cstr(b), stdout);
	buf_free(b);
	return command_flush();
}

int
cmd_config_defaults(struct command *c, int argc, char **argv)
{
	struct buf b = BUF_INIT;

	settings_print_defaults(&b);
	return print_buf(&b);
}

int
cmd_config_manual(struct command *c, int argc, char **argv)
{
	struct buf b = BUF_INIT;

	settings_print_mdoc(&b);
	return print_buf(&b);
}

int
cmd_config_diff(struct command *c, int argc, char **argv)
{
	struct buf b = BUF_INIT;

	if (command_load(c) == -1)
		return COMMAND_FAILED;
	settings_print_diff(&c->settings, &b);
	return print_buf(&b);
}

static void
add_setting(const struct command *c, const struct settings_option *o,
    json_t *array)
{
	struct buf b = BUF_INIT;

	settings_format(&c->settings, o, &b);
	(void)json_array_append_new(array, json_pack("{s:s, s:s, s:b, s:s}",
	    "name", o->name, "value", buf_cstr(&b),
	    "default", settings_is_default(&c->settings, o),
	    "help", o->help));
	buf_free(&b);
}

/* Prints only the value of a setting, for scripts. */
static int
print_one(const struct command *c, const struct settings_option *o)
{
	struct buf b = BUF_INIT;

	if (o->type == SETTINGS_STRING || o->type == SETTINGS_EXPRESSION ||
	    o->type == SETTINGS_PATH)
		buf_str(&b, *(const char *const *)
		    ((const char *)&c->settings + o->offset));
	else
		settings_format(&c->settings, o, &b);
	buf_byte(&b, '\n');
	return print_buf(&b);
}

static int
no_setting(const char *name)
{
	const char *meant = settings_meant(name);

	if (meant == NULL)
		return command_failf("unknown setting '%s'", name);
	return command_failf("unknown setting '%s'; did you mean '%s'?",
	    name, meant);
}

int
cmd_config_get(struct command *c, int argc, char **argv)
{
	static const struct output_column columns[] = {
		{ "name", "Setting", OUTPUT_TEXT },
		{ "value", "Value", OUTPUT_TEXT },
		{ NULL, NULL, OUTPUT_TEXT }
	};
	const struct settings_option *o;
	json_t *array;

	if (command_load(c) == -1)
		return COMMAND_FAILED;
	for (int i = 0; i < argc; i++)
		if (settings_find(argv[i]) == NULL)
			return no_setting(argv[i]);
	if (argc == 1 && !c->json)
		return print_one(c, settings_find(argv[0]));
	array = json_array();
	for (int i = 0; i < argc; i++)
		add_setting(c, settings_find(argv[i]), array);
	for (o = settings_table(); argc == 0 && o->name != NULL; o++)
		add_setting(c, o, array);
	return output_table(c, array, columns);
}

int
cmd_config_check(struct command *c, int argc, char **argv)
{
	struct config_finding *f;
	json_t *array;
	bool failed = false;
	int rc;

	if (command_load(c) == -1)
		return COMMAND_FAILED;
	if (c->settings.file == NULL)
		(void)fprintf(stderr, "postern: there is no '%s': checking "
		    "the defaults; use -c for another file\n",
		    c->conf_path);
	f = config_check(&c->settings, &c->arena);
	array = json_array();
	for (; f != NULL; f = f->next) {
		failed = failed || f->is_error;
		(void)json_array_append_new(array, json_pack(
		    "{s:s, s:s, s:s?, s:i, s:i, s:s}",
		    "kind", f->is_error ? "error" : "warning",
		    "setting", f->setting, "file", f->where.file,
		    "line", (int)f->where.line,
		    "column", (int)f->where.column, "text", f->text));
		if (c->json)
			continue;
		if (f->where.line > 0)
			(void)printf("%s:%u:%u: ", f->where.file,
			    f->where.line, f->where.column);
		(void)printf("%s: %s\n", f->is_error ? "error" : "warning",
		    f->text);
	}
	if (!c->json && json_array_size(array) == 0)
		(void)printf("no problems found\n");
	if (c->json)
		rc = output_json(array);
	else {
		json_decref(array);
		rc = command_flush();
	}
	return failed ? COMMAND_FAILED : rc;
}
