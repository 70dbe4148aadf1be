/*
 * imap_auth - STARTTLS, LOGIN, AUTHENTICATE
 *
 * Passwords are checked in a pool of their own (login/authenticate.h): the command
 * waits without holding a worker.
 */
#include <config.h>

#include "base/encode.h"
#include "login/sasl.h"
#include "imapd/imap.h"
#include "imapd/imapd.h"

enum cmd_result
cmd_starttls(struct imap_session *s, struct imap_command *cmd)
{
	struct err err = ERR_INIT;

	if (imap_parse_none(&cmd->cursor, &err) == -1)
		return cmd_fail(s, cmd, &err);
	if (!conn_may_starttls(s->conn))
		return cmd_bad(cmd, conn_is_tls(s->conn) ?
		    "TLS is active already" : "TLS is not offered here");
	(void)cmd_ok(cmd, "begin TLS now");
	conn_starttls(s->conn);
	return CMD_DONE;
}

/* ---- checking ---- */

struct login {
	struct sasl *sasl;
	struct conn *conn;
	enum auth_verdict verdict;
	uint64_t account;
	char login[AUTH_LOGIN_MAX + 1];
};

/* In a thread of the pool. */
static void
login_checked(void *arg, const struct auth_result *result)
{
	struct login *l = arg;

	l->verdict = result->verdict;
	l->account = result->account;
	(void)snprintf(l->login, sizeof(l->login), "%s", result->login);
	if (result->verdict == AUTH_TEMP)
		log_error(conn_log(l->conn), "cannot check a password",
		    KV_ERR(&result->err));
	conn_resume(l->conn);
}

static enum cmd_result
logged_in(struct imap_session *s, struct imap_command *cmd,
    const struct login *l)
{
	struct buf words = BUF_INIT;
	const char *code;

	s->account = l->account;
	s->login = arena_strdup(conn_arena(s->conn), l->login);
	imap_set_state(s, IN_AUTH);
	imap_collect_next(s, IMAP_COLLECT_COMMAND);
	conn_set_user(s->conn, l->account);
	log_info(conn_log(s->conn), "login", KV_STR("user", s->login),
	    KV_BOOL("tls", conn_is_tls(s->conn)));
	buf_str(&words, "CAPABILITY ");
	imap_capability(s, &words);
	code = arena_strdup(&cmd->arena, buf_cstr(&words));
	buf_free(&words);
	return cmd_ok_code(cmd, code, "logged in");
}

static enum cmd_result
too_many_failures(struct imap_session *s, struct imap_command *cmd)
{
	buf_bytes(imap_out(s), cmd->tag);
	buf_str(imap_out(s), " NO [AUTHENTICATIONFAILED] wrong user or"
	    " password\r\n* BYE too many failed logins"
	    " (setting auth-failures-max)\r\n");
	return CMD_CLOSE;
}

/* After the pool's answer.  All refusals look alike but for their reason. */
static enum cmd_result
login_result(struct imap_session *s, struct imap_command *cmd)
{
	struct login *l = cmd->state;

	if (l->sasl != NULL)
		sasl_forget(l->sasl);
	switch (l->verdict) {
	case AUTH_OK:
		return logged_in(s, cmd, l);
	case AUTH_WRONG:
		log_info(conn_log(s->conn), "login refused",
		    KV_STR("why", "wrong user or password"));
		if (++s->auth_failures >= imap_settings(s)->auth_failures_max)
			return too_many_failures(s, cmd);
		return cmd_no(cmd, "AUTHENTICATIONFAILED",
		    "wrong user or password");
	case AUTH_DISABLED:
		log_info(conn_log(s->conn), "login refused",
		    KV_STR("user", l->login),
		    KV_STR("why", "the account is disabled"));
		return cmd_no(cmd, "CONTACTADMIN",
		    "the account is disabled");
	case AUTH_TEMP:
		break;
	}
	return cmd_no(cmd, "UNAVAILABLE", arena_printf(&cmd->arena,
	    "cannot check the password now, session %s",
	    conn_facts(s->conn)->cid_text));
}

static enum cmd_result
check_password(struct imap_session *s, struct imap_command *cmd,
    struct login *l, struct bytes user, struct bytes password)
{
	struct auth_request request = {
		.user = user,
		.password = password,
		.key = addr_hash(&conn_facts(s->conn)->peer),
		.done = login_checked,
		.arg = l,
	};

	l->conn = s->conn;
	cmd->state = l;
	cmd->step = login_result;
	if (auth_check(s->imapd->auth, &request) == -1)
		return cmd_no(cmd, "UNAVAILABLE", "too many logins at a time,"
		    " try again (setting auth-queue-max)");
	return CMD_WAIT;
}

/* RFC 3501 6.2.3, 11.1: no passwords in the clear but on this machine. */
bool
imap_may_send_password(const struct imap_session *s)
{
	return conn_is_tls(s->conn) || conn_facts(s->conn)->is_loopback ||
	    imap_settings(s)->auth_plain_without_tls;
}

static enum cmd_result
refuse_clear(struct imap_command *cmd)
{
	return cmd_no(cmd, "PRIVACYREQUIRED", "use TLS before you log in");
}

enum cmd_result
cmd_login(struct imap_session *s, struct imap_command *cmd)
{
	struct imap_login args;
	struct err err = ERR_INIT;
	struct login *l;

	if (imap_parse_login(&cmd->cursor, &args, &err) == -1)
		return cmd_fail(s, cmd, &err);
	if (!imap_may_send_password(s))
		return refuse_clear(cmd);
	l = arena_zalloc(&cmd->arena, sizeof(*l));
	return check_password(s, cmd, l, args.user, args.password);
}

/* ---- AUTHENTICATE ---- */

static enum cmd_result
sasl_go_on(struct imap_session *s, struct imap_command *cmd,
    const struct bytes *response)
{
	struct login *l = cmd->state;
	struct buf challenge = BUF_INIT;
	struct err err = ERR_INIT;
	struct buf *out = imap_out(s);

	switch (sasl_step(l->sasl, response, &challenge, &err)) {
	case SASL_CONTINUE:
		buf_str(out, "+ ");
		base64_encode(out, buf_view(&challenge));
		buf_str(out, "\r\n");
		buf_free(&challenge);
		return CMD_LINE;
	case SASL_PASSWORD:
		buf_free(&challenge);
		return check_password(s, cmd, l, sasl_user(l->sasl),
		    sasl_password(l->sasl));
	case SASL_FAIL:
		break;
	}
	buf_free(&challenge);
	return cmd_fail(s, cmd, &err);
}

static enum cmd_result
sasl_response(struct imap_session *s, struct imap_command *cmd,
    struct bytes text)
{
	struct buf decoded = BUF_INIT;
	struct bytes response;

	if (text.len > SASL_RESPONSE_MAX / 3 * 4 + 4 ||
	    base64_decode(&decoded, text) == -1) {
		buf_free(&decoded);
		return cmd_bad(cmd, "that is no base64");
	}
	response = bytes_dup(&cmd->arena, buf_view(&decoded));
	buf_free(&decoded);
	return sasl_go_on(s, cmd, &response);
}

static enum cmd_result
sasl_line(struct imap_session *s, struct imap_command *cmd)
{
	if (bytes_eq_str(cmd->line, "*"))
		return cmd_bad(cmd, "AUTHENTICATE cancelled");
	return sasl_response(s, cmd, cmd->line);
}

enum cmd_result
cmd_authenticate(struct imap_session *s, struct imap_command *cmd)
{
	struct imap_authenticate args;
	struct err err = ERR_INIT;
	struct login *l;

	if (imap_parse_authenticate(&cmd->cursor, &args, &err) == -1)
		return cmd_fail(s, cmd, &err);
	l = arena_zalloc(&cmd->arena, sizeof(*l));
	/* LOGIN is for SMTP clients; here it is not announced either. */
	if (strcmp(args.mechanism, "LOGIN") != 0)
		l->sasl = sasl_new(&cmd->arena, bytes_of(args.mechanism));
	if (l->sasl == NULL)
		return cmd_no(cmd, "CANNOT", "no such mechanism");
	if (sasl_mechanism(l->sasl)->is_plaintext &&
	    !imap_may_send_password(s))
		return refuse_clear(cmd);
	cmd->state = l;
	cmd->on_line = sasl_line;
	return args.has_initial ? sasl_response(s, cmd, args.initial) :
	    sasl_go_on(s, cmd, NULL);
}
