/*
 * Subcommands that are a little more than one operation.
 */
#include <config.h>

#include <inttypes.h>
#include <string.h>

#include "base/encode.h"
#include "config/units.h"
#include "command/request_command.h"
#include "ctl/password_prompt.h"

/* Prints a DONE for programs; people see nothing when all went well. */
static int
print_done(const struct ctl *c, const struct request_frame *m)
{
	return c->json ? output_json(call_json(m, m->op->done)) : CTL_OK;
}

static int
finish(struct ctl *c, struct request_writer *w, struct err *err)
{
	struct request_frame m;

	if (call_finish(c, w, &m, err) == -1)
		return ctl_fail(err);
	return print_done(c, &m);
}

/* account add ACCOUNT: with --stdin its password too. */
int
cmd_account_add(struct ctl *c, int argc, char **argv)
{
	char password[PASSWORD_MAX + 1];
	struct err err = ERR_INIT;
	struct request_writer w;
	int status;

	if ((c->options & CTL_STDIN) != 0 &&
	    password_read(password, &err) == -1)
		return ctl_fail(&err);
	if (call_begin(c, REQUEST_ACCOUNT_CREATE, &w, &status) == -1)
		return status;
	request_put_str(&w, FIELD_ACCOUNT, argv[0]);
	if ((c->options & CTL_STDIN) != 0)
		request_put_str(&w, FIELD_PASSWORD, password);
	explicit_bzero(password, sizeof(password));
	return finish(c, &w, &err);
}

/* password set ACCOUNT [LABEL] */
int
cmd_password_set(struct ctl *c, int argc, char **argv)
{
	char password[PASSWORD_MAX + 1];
	struct err err = ERR_INIT;
	struct request_writer w;
	int status, rc;

	rc = (c->options & CTL_STDIN) != 0 ? password_read(password, &err) :
	    password_ask(password, &err);
	if (rc == -1)
		return ctl_fail(&err);
	if (call_begin(c, REQUEST_PASSWORD_SET, &w, &status) == -1)
		return status;
	request_put_str(&w, FIELD_ACCOUNT, argv[0]);
	request_put_str(&w, FIELD_PASSWORD, password);
	if (argc > 1)
		request_put_str(&w, FIELD_LABEL, argv[1]);
	explicit_bzero(password, sizeof(password));
	return finish(c, &w, &err);
}

/* NAME=VALUE: the value, with NAME cut off in its place; NULL: no '='. */
static const char *
split_setting(char *arg)
{
	char *equals = strchr(arg, '=');

	if (equals == NULL)
		return NULL;
	*equals = '\0';
	return equals + 1;
}

/* Sizes have units here; the store knows numbers.  0 or -1. */
static int
plain_value(struct ctl *c, const char *name, const char **value,
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

/* Of several settings, the store says only what is wrong with the value. */
static int
setting_fail(struct err *err, const char *name)
{
	if (err->kind == ERR_SYNTAX && strstr(err->text, name) == NULL)
		(void)err_wrap(err, "%s", name);
	return ctl_fail(err);
}

/* One operation for each setting: OBJECT NAME=VALUE ...; NAME VALUE, too. */
static int
set_each(struct ctl *c, uint16_t op, uint16_t object_tag, int argc,
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
			return ctl_usage(c, "expected NAME=VALUE, found '%s'",
			    name);
		if (plain_value(c, name, &value, &err) == -1)
			return ctl_fail(&err);
		if (call_begin(c, op, &w, &status) == -1)
			return status;
		request_put_str(&w, object_tag, argv[0]);
		request_put_str(&w, FIELD_NAME, name);
		request_put_str(&w, FIELD_VALUE, value);
		if (call_finish(c, &w, &m, &err) == -1)
			return setting_fail(&err, name);
		if ((status = print_done(c, &m)) != CTL_OK)
			return status;
	}
	return CTL_OK;
}

int
cmd_account_set(struct ctl *c, int argc, char **argv)
{
	return set_each(c, REQUEST_ACCOUNT_SET, FIELD_ACCOUNT, argc, argv);
}

int
cmd_domain_set(struct ctl *c, int argc, char **argv)
{
	return set_each(c, REQUEST_DOMAIN_SET, FIELD_DOMAIN, argc, argv);
}

/* domain add DOMAIN [separator=S] [case-sensitive=yes] */
int
cmd_domain_add(struct ctl *c, int argc, char **argv)
{
	static const uint16_t tags[] = { FIELD_SEPARATOR,
	    FIELD_CASE_SENSITIVE };
	struct err err = ERR_INIT;
	struct request_writer w;
	const char *value;
	uint16_t tag;
	int status;

	if (call_begin(c, REQUEST_DOMAIN_CREATE, &w, &status) == -1)
		return status;
	request_put_str(&w, FIELD_DOMAIN, argv[0]);
	for (int i = 1; i < argc; i++) {
		if ((value = split_setting(argv[i])) == NULL)
			return ctl_usage(c, "expected NAME=VALUE, found '%s'",
			    argv[i]);
		tag = 0;
		for (size_t k = 0; k < sizeof(tags) / sizeof(*tags); k++)
			if (strcmp(request_tag_find(tags[k])->name, argv[i])
			    == 0)
				tag = tags[k];
		if (tag == 0)
			return ctl_usage(c, "there is no setting '%s' here",
			    argv[i]);
		if (call_put(&w, tag, value, &err) == -1)
			return ctl_fail(&err);
	}
	return finish(c, &w, &err);
}

/* [ACCOUNT | @DOMAIN]: the argument's look says which field it is. */
int
cmd_by_owner(struct ctl *c, int argc, char **argv)
{
	struct ctl_call call = *c->command->call;
	struct ctl_command command = *c->command;

	if (argc > 0 && argv[0][0] == '@') {
		call.tags[0] = FIELD_DOMAIN;
		argv[0]++;
	} else if (argc > 0 && call.tags[0] == FIELD_DOMAIN) {
		return ctl_usage(c, "expected @DOMAIN, found '%s'", argv[0]);
	}
	command.call = &call;
	c->command = &command;
	return cmd_call(c, argc, argv);
}

/* stat: names and values, for programs as one object. */
int
cmd_stat(struct ctl *c, int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct request_writer w;
	struct request_frame m;
	json_t *object;
	const char *value;
	uint64_t n;
	int status, rc;

	if (call_begin(c, REQUEST_STAT, &w, &status) == -1)
		return status;
	if (call_send(c, &w, &err) == -1)
		return ctl_fail(&err);
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
	return rc == -1 ? ctl_fail(&err) : output_end();
}

/* message get ACCOUNT MAILBOX UID: its bytes, or for programs its fields. */
int
cmd_message_get(struct ctl *c, int argc, char **argv)
{
	static const uint16_t tags[] = { FIELD_ACCOUNT, FIELD_MAILBOX,
	    FIELD_UID };
	struct err err = ERR_INIT;
	struct request_writer w;
	struct request_frame m;
	struct bytes data;
	int status, rc;

	if (call_begin(c, REQUEST_MESSAGE_GET, &w, &status) == -1)
		return status;
	for (int i = 0; i < argc; i++)
		if (call_put(&w, tags[i], argv[i], &err) == -1)
			return ctl_fail(&err);
	if (call_send(c, &w, &err) == -1)
		return ctl_fail(&err);
	while ((rc = request_next_frame(c->client, &m, &err)) == 1) {
		data = request_bytes(&m, FIELD_DATA_BYTES);
		if (m.kind == FRAME_ROW && c->json)
			(void)output_json(call_json(&m, m.op->row));
		else if (m.kind == FRAME_DATA && !c->json)
			(void)fwrite(data.data, 1, data.len, stdout);
	}
	return rc == -1 ? ctl_fail(&err) : output_end();
}
