/*
 * cmd_directory - the subcommands for domains, accounts, addresses and
 * passwords that do more than send their arguments in one request.
 */
#include <config.h>

#include <inttypes.h>
#include <string.h>

#include "config/units.h"
#include "proto/request_json.h"
#include "command/request_command.h"
#include "ctl/commands.h"
#include "ctl/password_prompt.h"

/* Prints a DONE with --json; without it, success prints nothing. */
static int
print_done(const struct command *c, const struct request_frame *m)
{
	return c->json ? output_json(request_json(m)) : COMMAND_OK;
}

static int
finish(struct command *c, struct request_writer *w, struct err *err)
{
	struct request_frame m;

	if (request_command_finish(c, w, &m, err) == -1)
		return command_fail(err);
	return print_done(c, &m);
}

/* account add ACCOUNT: with --stdin it reads the password too. */
int
cmd_account_add(struct command *c, int argc, char **argv)
{
	char password[PASSWORD_MAX + 1];
	struct err err = ERR_INIT;
	struct request_writer w;
	int status;

	if ((c->options & COMMAND_STDIN) != 0 &&
	    password_read(password, &err) == -1)
		return command_fail(&err);
	if (request_command_begin(c, REQUEST_ACCOUNT_CREATE, &w, &status) == -1)
		return status;
	request_put_str(&w, FIELD_ACCOUNT, argv[0]);
	if ((c->options & COMMAND_STDIN) != 0)
		request_put_str(&w, FIELD_PASSWORD, password);
	explicit_bzero(password, sizeof(password));
	return finish(c, &w, &err);
}

/* password set ACCOUNT [LABEL] */
int
cmd_password_set(struct command *c, int argc, char **argv)
{
	char password[PASSWORD_MAX + 1];
	struct err err = ERR_INIT;
	struct request_writer w;
	int status, rc;

	rc = (c->options & COMMAND_STDIN) != 0 ? password_read(password, &err) :
	    password_ask(password, &err);
	if (rc == -1)
		return command_fail(&err);
	if (request_command_begin(c, REQUEST_PASSWORD_SET, &w, &status) == -1)
		return status;
	request_put_str(&w, FIELD_ACCOUNT, argv[0]);
	request_put_str(&w, FIELD_PASSWORD, password);
	if (argc > 1)
		request_put_str(&w, FIELD_LABEL, argv[1]);
	explicit_bzero(password, sizeof(password));
	return finish(c, &w, &err);
}

/* Splits NAME=VALUE in place: ends NAME with a NUL and returns VALUE.  NULL: no
   '='. */
static const char *
split_setting(char *arg)
{
	char *equals = strchr(arg, '=');

	if (equals == NULL)
		return NULL;
	*equals = '\0';
	return equals + 1;
}

/* Converts a size with a unit into the number that the store wants. */
static int
plain_value(struct command *c, const char *name, const char **value,
    struct err *err)
{
	size_t n = strlen(name);
	uint64_t bytes;

	if (n <= 6 || strcmp(name + n - 6, "-bytes") != 0 ||
	    strcmp(*value, "none") == 0 || strcmp(*value, "default") == 0)
		return 0;
	if (units_parse(UNITS_SIZE, *value, &bytes) == -1)
		return err_set(err, ERR_SYNTAX, "%s: expected a size such as "
		    "10G, none or default, found '%s'", name, *value);
	*value = arena_printf(&c->arena, "%" PRIu64, bytes);
	return 0;
}

/* Adds the name of the setting, which the store's error may lack. */
static int
setting_fail(struct err *err, const char *name)
{
	if (err->kind == ERR_SYNTAX && strstr(err->text, name) == NULL)
		(void)err_wrap(err, "%s", name);
	return command_fail(err);
}

/* Sends one request for each setting: OBJECT NAME=VALUE ... or NAME VALUE. */
static int
set_each(struct command *c, uint16_t op, uint16_t object_tag, int argc,
    char **argv)
{
	struct err err = ERR_INIT;
	struct request_frame m;
	struct request_writer w;
	const char *value;
	int status;

	for (int i = 1; i < argc; i++) {
		const char *name = argv[i];

		if ((value = split_setting(argv[i])) == NULL &&
		    i + 1 < argc && strchr(argv[i + 1], '=') == NULL)
			value = argv[++i];
		if (value == NULL)
			return command_usage(c,
			    "expected NAME=VALUE, found '%s'", name);
		if (plain_value(c, name, &value, &err) == -1)
			return command_fail(&err);
		if (request_command_begin(c, op, &w, &status) == -1)
			return status;
		request_put_str(&w, object_tag, argv[0]);
		request_put_str(&w, FIELD_NAME, name);
		request_put_str(&w, FIELD_VALUE, value);
		if (request_command_finish(c, &w, &m, &err) == -1)
			return setting_fail(&err, name);
		if ((status = print_done(c, &m)) != COMMAND_OK)
			return status;
	}
	return COMMAND_OK;
}

int
cmd_account_set(struct command *c, int argc, char **argv)
{
	return set_each(c, REQUEST_ACCOUNT_SET, FIELD_ACCOUNT, argc, argv);
}

int
cmd_domain_set(struct command *c, int argc, char **argv)
{
	return set_each(c, REQUEST_DOMAIN_SET, FIELD_DOMAIN, argc, argv);
}

/* domain add DOMAIN [separator=S] [case-sensitive=yes] */
int
cmd_domain_add(struct command *c, int argc, char **argv)
{
	static const uint16_t tags[] = { FIELD_SEPARATOR,
	    FIELD_CASE_SENSITIVE };
	struct err err = ERR_INIT;
	struct request_writer w;
	const char *value;
	uint16_t tag;
	int status;

	if (request_command_begin(c, REQUEST_DOMAIN_CREATE, &w, &status) == -1)
		return status;
	request_put_str(&w, FIELD_DOMAIN, argv[0]);
	for (int i = 1; i < argc; i++) {
		if ((value = split_setting(argv[i])) == NULL)
			return command_usage(c,
			    "expected NAME=VALUE, found '%s'", argv[i]);
		tag = 0;
		for (size_t k = 0; k < sizeof(tags) / sizeof(*tags); k++)
			if (strcmp(request_tag_find(tags[k])->name, argv[i])
			    == 0)
				tag = tags[k];
		if (tag == 0)
			return command_usage(c, "unknown setting '%s'",
			    argv[i]);
		if (request_put_argument(&w, tag, value, &err) == -1)
			return command_fail(&err);
	}
	return finish(c, &w, &err);
}

/* [ACCOUNT | @DOMAIN]: an argument that begins with '@' is a domain. */
int
cmd_by_owner(struct command *c, int argc, char **argv)
{
	struct request_command request = *c->row->request;
	struct command_row row = *c->row;

	if (argc > 0 && argv[0][0] == '@') {
		request.tags[0] = FIELD_DOMAIN;
		argv[0]++;
	} else if (argc > 0 && request.tags[0] == FIELD_DOMAIN) {
		return command_usage(c, "expected @DOMAIN, found '%s'",
		    argv[0]);
	}
	row.request = &request;
	c->row = &row;
	return request_command_run(c, argc, argv);
}
