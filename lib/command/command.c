/*
 * command - loads the configuration for a subcommand and prints its errors.
 *
 * The name in all messages is "postern", because that is what people type; a
 * program that postern executes uses that name too.
 */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net/request_client.h"
#include "command/command.h"

void
command_init(struct command *c)
{
	memset(c, 0, sizeof(*c));
	c->conf_path = settings_default_path();
	c->conf_named = getenv("POSTERN_CONF") != NULL;
	arena_init(&c->arena);
}

void
command_clear(struct command *c)
{
	request_client_free(&c->client);
	if (c->loaded)
		settings_free(&c->settings);
	arena_clear(&c->arena);
}

int
command_fail(const struct err *err)
{
	(void)fflush(stdout);
	(void)fprintf(stderr, "postern: %s\n", err->text);
	return err->kind == ERR_TEMP ? COMMAND_TEMP : COMMAND_FAILED;
}

int
command_failf(const char *fmt, ...)
{
	va_list ap;

	(void)fflush(stdout);
	(void)fputs("postern: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	return COMMAND_FAILED;
}

int
command_flush(void)
{
	if (fflush(stdout) == EOF || ferror(stdout))
		return command_failf("cannot write the output: %s",
		    strerror(errno));
	return COMMAND_OK;
}

static void
print_usage(FILE *f, const struct command_row *row)
{
	(void)fprintf(f, "usage: postern %s%s%s\n", row->words,
	    *row->args == '\0' ? "" : " ", row->args);
}

int
command_usage(const struct command *c, const char *fmt, ...)
{
	va_list ap;

	(void)fputs("postern: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	if (c->row != NULL)
		print_usage(stderr, c->row);
	else
		(void)fputs("'postern help' lists the commands\n", stderr);
	return COMMAND_USAGE;
}

int
command_help(const struct command *c, const char *text)
{
	print_usage(stdout, c->row);
	(void)printf("\n%s\n", text != NULL ? text : c->row->help);
	return command_flush();
}

int
command_load(struct command *c)
{
	const char *path = c->conf_path;
	struct err err = ERR_INIT;

	if (c->loaded)
		return 0;
	if (!c->conf_named && access(path, F_OK) == -1)
		path = NULL;
	if (settings_load(path, c->overrides, c->override_count,
	    &c->settings, &err) == -1) {
		(void)command_fail(&err);
		return -1;
	}
	c->loaded = true;
	return 0;
}
