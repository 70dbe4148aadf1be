/*
 * config - the configuration file, without a server
 *
 * What 'config check' compares is in check.c.
 */
#include <config.h>

#include <string.h>

#include "command/config_check.h"
#include "command/output.h"

static int
print_buf(struct buf *b)
{
	(void)fputs(buf_cstr(b), stdout);
	buf_free(b);
	return output_end();
}

int
cmd_config_defaults(struct ctl *c, int argc, char **argv)
{
	struct buf b = BUF_INIT;

	settings_print_defaults(&b);
	return print_buf(&b);
}

int
cmd_config_manual(struct ctl *c, int argc, char **argv)
{
	struct buf b = BUF_INIT;

	settings_print_mdoc(&b);
	return print_buf(&b);
}

int
cmd_config_diff(struct ctl *c, int argc, char **argv)
{
	struct buf b = BUF_INIT;

	if (ctl_load(c) == -1)
		return CTL_FAILED;
	settings_print_diff(&c->settings, &b);
	return print_buf(&b);
}

static void
add_setting(const struct ctl *c, const struct settings_option *o,
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

/* One named setting is printed bare, for scripts. */
static int
print_one(const struct ctl *c, const struct settings_option *o)
{
	struct buf b = BUF_INIT;

	if (o->type == SETTINGS_STRING || o->type == SETTINGS_PATH)
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
		return ctl_failf("there is no setting '%s'", name);
	return ctl_failf("there is no setting '%s'; did you mean '%s'?", name,
	    meant);
}

int
cmd_config_get(struct ctl *c, int argc, char **argv)
{
	static const struct output_column columns[] = {
		{ "name", "Setting", OUTPUT_TEXT },
		{ "value", "Value", OUTPUT_TEXT },
		{ NULL, NULL, OUTPUT_TEXT }
	};
	const struct settings_option *o;
	json_t *array;

	if (ctl_load(c) == -1)
		return CTL_FAILED;
	for (int i = 0; i < argc; i++)
		if (settings_find(argv[i]) == NULL)
			return no_setting(argv[i]);
	if (argc == 1 && !c->json)
		return print_one(c, settings_find(argv[0]));
	array = json_array();
	for (int i = 0; i < argc; i++)
		add_setting(c, settings_find(argv[i]), array);
	for (o = settings_table; argc == 0 && o->name != NULL; o++)
		add_setting(c, o, array);
	return output_table(c, array, columns);
}

int
cmd_config_check(struct ctl *c, int argc, char **argv)
{
	struct check_finding *f;
	json_t *array;
	bool failed = false;
	int rc;

	if (ctl_load(c) == -1)
		return CTL_FAILED;
	if (c->settings.file == NULL)
		(void)fprintf(stderr, "postern: there is no '%s': the "
		    "defaults are checked; -c names another file\n",
		    c->conf_path);
	f = check_settings(&c->settings, &c->arena);
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
		(void)printf("no mistakes found\n");
	if (c->json)
		rc = output_json(array);
	else {
		json_decref(array);
		rc = output_end();
	}
	return failed ? CTL_FAILED : rc;
}
