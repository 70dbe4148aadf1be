/*
 * imap_commands - the command table, and the small commands
 */
#include <config.h>

#include <strings.h>

#include "imapd/imap.h"
#include "imapd/imap_capability.h"

static const struct command_row commands[] = {
	{ "APPEND",       cmd_append,       IN_LOGIN,    0 },
	{ "AUTHENTICATE", cmd_authenticate, IN_HELLO,    CMD_SECRET },
	{ "CAPABILITY",   cmd_capability,   IN_ANY,      0 },
	{ "CHECK",        cmd_check,        IN_SELECTED, 0 },
	{ "CLOSE",        cmd_close,        IN_SELECTED, 0 },
	{ "COPY",         cmd_copy,         IN_SELECTED, CMD_SEQUENCE | CMD_UID },
	{ "CREATE",       cmd_create,       IN_LOGIN,    0 },
	{ "DELETE",       cmd_delete,       IN_LOGIN,    0 },
	{ "ENABLE",       cmd_enable,       IN_LOGIN,    0 },
	{ "EXAMINE",      cmd_examine,      IN_LOGIN,    0 },
	{ "EXPUNGE",      cmd_expunge,      IN_SELECTED, CMD_UID | CMD_WRITE },
	{ "FETCH",        cmd_fetch,        IN_SELECTED, CMD_SEQUENCE | CMD_UID },
	{ "ID",           cmd_id,           IN_ANY,      0 },
	{ "IDLE",         cmd_idle,         IN_LOGIN,    0 },
	{ "LIST",         cmd_list,         IN_LOGIN,    0 },
	{ "LOGIN",        cmd_login,        IN_HELLO,    CMD_SECRET },
	{ "LOGOUT",       cmd_logout,       IN_ANY,      0 },
	{ "LSUB",         cmd_lsub,         IN_LOGIN,    0 },
	{ "MOVE",         cmd_move,         IN_SELECTED,
	    CMD_UID | CMD_WRITE },
	{ "NAMESPACE",    cmd_namespace,    IN_LOGIN,    0 },
	{ "NOOP",         cmd_noop,         IN_ANY,      0 },
	{ "RENAME",       cmd_rename,       IN_LOGIN,    0 },
	{ "SEARCH",       cmd_search,       IN_SELECTED, CMD_SEQUENCE | CMD_UID },
	{ "SELECT",       cmd_select,       IN_LOGIN,    0 },
	{ "STARTTLS",     cmd_starttls,     IN_HELLO,    0 },
	{ "STATUS",       cmd_status,       IN_LOGIN,    0 },
	{ "STORE",        cmd_store,        IN_SELECTED,
	    CMD_SEQUENCE | CMD_UID | CMD_WRITE },
	{ "SUBSCRIBE",    cmd_subscribe,    IN_LOGIN,    0 },
	{ "UNSELECT",     cmd_unselect,     IN_SELECTED, 0 },
	{ "UNSUBSCRIBE",  cmd_unsubscribe,  IN_LOGIN,    0 },
	{ NULL, NULL, 0, 0 }
};

const struct command_row *
imap_command_find(const char *name)
{
	for (const struct command_row *r = commands; r->name != NULL; r++)
		if (strcasecmp(r->name, name) == 0)
			return r;
	return NULL;
}

static struct imap_capability_facts
capability_facts(const struct imap_session *s)
{
	struct imap_capability_facts f = { .state = s->state };

	if (conn_may_starttls(s->conn))
		f.conditions |= IMAP_MAY_STARTTLS;
	if (!imap_may_send_password(s))
		f.conditions |= IMAP_REFUSES_PASSWORDS;
	return f;
}

void
imap_write_capabilities(const struct imap_session *s, struct buf *out)
{
	const struct imap_capability_facts facts = capability_facts(s);
	const struct sasl_channel channel = imap_sasl_channel(s);
	const struct sasl_mechanism *m;

	imap_capability_write(imap_capabilities, &facts, out);
	if (s->state != IN_HELLO)
		return;
	for (size_t i = 0; (m = sasl_mechanism_at(i)) != NULL; i++)
		if (sasl_is_offered(m, &channel))
			buf_printf(out, " AUTH=%s", m->name);
}

enum cmd_result
cmd_capability(struct imap_session *s, struct imap_command *cmd)
{
	struct buf *out = imap_out(s);
	struct err err = ERR_INIT;

	if (imap_parse_none(&cmd->cursor, &err) == -1)
		return cmd_fail(s, cmd, &err);
	buf_str(out, "* CAPABILITY ");
	imap_write_capabilities(s, out);
	buf_str(out, "\r\n");
	return cmd_ok(cmd, "CAPABILITY done");
}

enum cmd_result
cmd_noop(struct imap_session *s, struct imap_command *cmd)
{
	struct err err = ERR_INIT;

	if (imap_parse_none(&cmd->cursor, &err) == -1)
		return cmd_fail(s, cmd, &err);
	return cmd_ok(cmd, "NOOP done");
}

/* There is nothing to do: what was confirmed with OK is durable. */
enum cmd_result
cmd_check(struct imap_session *s, struct imap_command *cmd)
{
	struct err err = ERR_INIT;

	if (imap_parse_none(&cmd->cursor, &err) == -1)
		return cmd_fail(s, cmd, &err);
	return cmd_ok(cmd, "CHECK done");
}

enum cmd_result
cmd_logout(struct imap_session *s, struct imap_command *cmd)
{
	struct buf *out = imap_out(s);
	struct err err = ERR_INIT;

	if (imap_parse_none(&cmd->cursor, &err) == -1)
		return cmd_fail(s, cmd, &err);
	imap_unselect(s);
	buf_str(out, "* BYE logging out\r\n");
	buf_bytes(out, cmd->tag);
	buf_str(out, " OK LOGOUT done\r\n");
	return CMD_CLOSE;
}

/* RFC 2971.  What the client says about itself is logged. */
enum cmd_result
cmd_id(struct imap_session *s, struct imap_command *cmd)
{
	struct buf said = BUF_INIT;
	struct err err = ERR_INIT;
	struct imap_id id;

	if (imap_parse_id(&cmd->cursor, &id, &err) == -1)
		return cmd_fail(s, cmd, &err);
	for (size_t i = 0; i < id.n; i++)
		buf_printf(&said, "%s" BYTES_FMT "=" BYTES_FMT,
		    i == 0 ? "" : " ", BYTES_ARG(id.pairs[i].name),
		    BYTES_ARG(id.pairs[i].value));
	if (said.len > 0)
		log_info(conn_log(s->conn), "client identification",
		    KV_STR("id", buf_cstr(&said)));
	buf_free(&said);
	buf_str(imap_out(s), "* ID (\"name\" \"postern\" \"version\" \""
	    PACKAGE_VERSION "\")\r\n");
	return cmd_ok(cmd, "ID done");
}

/* RFC 5161. */
enum cmd_result
cmd_enable(struct imap_session *s, struct imap_command *cmd)
{
	const struct imap_capability_facts facts = capability_facts(s);
	struct imap_enable names;
	struct err err = ERR_INIT;

	if (imap_parse_enable(&cmd->cursor, &names, &err) == -1)
		return cmd_fail(s, cmd, &err);
	buf_str(imap_out(s), "* ENABLED");
	imap_capability_enable(imap_capabilities, &facts, names.names,
	    names.n, &s->enabled, imap_out(s));
	buf_str(imap_out(s), "\r\n");
	return cmd_ok(cmd, "ENABLE done");
}

/* RFC 2342: one personal namespace. */
enum cmd_result
cmd_namespace(struct imap_session *s, struct imap_command *cmd)
{
	struct err err = ERR_INIT;

	if (imap_parse_none(&cmd->cursor, &err) == -1)
		return cmd_fail(s, cmd, &err);
	buf_str(imap_out(s), "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n");
	return cmd_ok(cmd, "NAMESPACE done");
}
