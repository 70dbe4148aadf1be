/*
 * imap_auth - STARTTLS, LOGIN, AUTHENTICATE
 *
 * A separate pool of threads checks logins and looks up secrets for SASL
 * mechanisms (login/authenticate.h).  A command that waits for it does not
 * block a worker.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

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
		    "TLS is already active" : "TLS is not available here");
	(void)cmd_ok(cmd, "begin TLS now");
	conn_starttls(s->conn);
	return CMD_DONE;
}

/* ---- checking ---- */

struct login {
	struct sasl *sasl;		/* AUTHENTICATE */
	struct conn *conn;
	struct secret_list secrets;	/* own: for the mechanism */
	struct err err;			/* why the lookup failed */
	enum auth_verdict verdict;
	uint64_t account;
	char login[AUTH_LOGIN_MAX + 1];
};

/* Runs in a thread of the pool. */
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
	imap_write_capabilities(s, &words);
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

static enum cmd_result
unavailable(struct imap_session *s, struct imap_command *cmd)
{
	return cmd_no(cmd, "UNAVAILABLE", arena_printf(&cmd->arena,
	    "cannot check the password now, session %s",
	    conn_facts(s->conn)->cid_text));
}

static enum cmd_result
too_many_logins(struct imap_command *cmd)
{
	return cmd_no(cmd, "UNAVAILABLE", "too many logins are waiting, "
	    "try again later (setting auth-queue-max)");
}

/*
 * Runs after the check.  The response gives the same reason for a wrong user
 * and a wrong password.
 */
static enum cmd_result
login_result(struct imap_session *s, struct imap_command *cmd)
{
	struct login *l = cmd->state;

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
	return unavailable(s, cmd);
}

/* The caller has set user, password or proof in the request. */
static enum cmd_result
login_check(struct imap_session *s, struct imap_command *cmd,
    struct auth_request *request)
{
	request->protocol = PROTOCOL_IMAP;
	request->key = addr_hash(&conn_facts(s->conn)->peer);
	request->done = login_checked;
	request->arg = cmd->state;
	cmd->step = login_result;
	if (auth_check(s->imapd->auth, request) == -1)
		return too_many_logins(cmd);
	return CMD_WAIT;
}

/* The command's arena is writable, although struct bytes points to const. */
static void
wipe(struct bytes secret)
{
	if (secret.len > 0)
		explicit_bzero((char *)(uintptr_t)secret.data, secret.len);
}

/* Called when the command ends, for whatever reason. */
static void
login_drop(struct imap_session *s, struct imap_command *cmd)
{
	struct login *l = cmd->state;

	secret_list_clear(&l->secrets);
	if (l->sasl != NULL)
		sasl_forget(l->sasl);
	wipe(cmd->input);
}

static struct login *
login_new(struct imap_session *s, struct imap_command *cmd)
{
	struct login *l = arena_zalloc(&cmd->arena, sizeof(*l));

	l->conn = s->conn;
	cmd->state = l;
	cmd->drop = login_drop;
	return l;
}

/* RFC 3501 6.2.3, 11.1: no passwords in the clear, except on this host. */
bool
imap_may_send_password(const struct imap_session *s)
{
	return conn_is_tls(s->conn) || conn_facts(s->conn)->is_loopback ||
	    imap_settings(s)->auth_plain_without_tls;
}

static enum cmd_result
refuse_clear(struct imap_command *cmd)
{
	return cmd_no(cmd, "PRIVACYREQUIRED", "use TLS before you log in "
	    "(setting auth-plain-without-tls)");
}

enum cmd_result
cmd_login(struct imap_session *s, struct imap_command *cmd)
{
	struct auth_request request = { .proof = AUTH_BY_PASSWORD };
	struct imap_login args;
	struct err err = ERR_INIT;
	enum cmd_result result;

	(void)login_new(s, cmd);
	if (imap_parse_login(&cmd->cursor, &args, &err) == -1)
		return cmd_fail(s, cmd, &err);
	if (!imap_may_send_password(s))
		return refuse_clear(cmd);
	request.user = args.user;
	request.password = args.password;
	result = login_check(s, cmd, &request);
	wipe(args.password);
	return result;
}

/* ---- AUTHENTICATE ---- */

struct sasl_channel
imap_sasl_channel(const struct imap_session *s)
{
	return (struct sasl_channel){ .protocol = PROTOCOL_IMAP,
	    .is_private = imap_may_send_password(s) };
}

/* May run in any thread. */
static void
secrets_found(void *arg, struct secret_list *list, const struct err *err)
{
	struct login *l = arg;

	secret_list_move(&l->secrets, list);
	if (err != NULL)
		l->err = *err;
	conn_resume(l->conn);
}

static enum cmd_result sasl_secrets_here(struct imap_session *s,
    struct imap_command *cmd);

static enum cmd_result
secrets_find(struct imap_session *s, struct imap_command *cmd,
    struct login *l)
{
	struct auth_search search = {
		.user = sasl_user(l->sasl),
		.kind = sasl_mechanism(l->sasl)->secret,
		.protocol = PROTOCOL_IMAP,
		.found = secrets_found,
		.arg = l
	};

	cmd->step = sasl_secrets_here;
	auth_find(s->imapd->auth, &search);
	return CMD_WAIT;
}

/*
 * Handles the result of a step of the mechanism.  out is its challenge for the
 * client.
 */
static enum cmd_result
sasl_go_on(struct imap_session *s, struct imap_command *cmd,
    enum sasl_result result, struct buf *out, const struct err *err)
{
	struct auth_request request = { .proof = AUTH_BY_PASSWORD };
	struct login *l = cmd->state;

	switch (result) {
	case SASL_CONTINUE:
		buf_str(imap_out(s), "+ ");
		base64_encode(imap_out(s), buf_view(out));
		buf_str(imap_out(s), "\r\n");
		buf_free(out);
		return CMD_LINE;
	case SASL_SECRETS:
		buf_free(out);
		return secrets_find(s, cmd, l);
	case SASL_PASSWORD:
	case SASL_VERIFIED:
	case SASL_REFUSED:
		buf_free(out);
		auth_request_sasl(&request, l->sasl, result);
		return login_check(s, cmd, &request);
	case SASL_FAIL:
		break;
	}
	buf_free(out);
	return cmd_fail(s, cmd, err);
}

/* Runs after the lookup of secrets, successful or not. */
static enum cmd_result
sasl_secrets_here(struct imap_session *s, struct imap_command *cmd)
{
	struct login *l = cmd->state;
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	enum sasl_result result;

	if (l->err.kind != ERR_NONE) {
		log_error(conn_log(s->conn), "cannot read a secret",
		    KV_ERR(&l->err));
		return unavailable(s, cmd);
	}
	result = sasl_secrets(l->sasl, &l->secrets, &out, &err);
	return sasl_go_on(s, cmd, result, &out, &err);
}

/* response is NULL if the client has sent none yet. */
static enum cmd_result
sasl_take(struct imap_session *s, struct imap_command *cmd,
    const struct bytes *response)
{
	struct login *l = cmd->state;
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	enum sasl_result result;

	result = sasl_step(l->sasl, response, &out, &err);
	return sasl_go_on(s, cmd, result, &out, &err);
}

static enum cmd_result
sasl_response(struct imap_session *s, struct imap_command *cmd,
    struct bytes text)
{
	struct buf decoded = BUF_INIT;
	enum cmd_result result;
	struct bytes response;

	/*
	 * Reserve all at once: growing would leave copies of a password in
	 * memory.
	 */
	buf_reserve(&decoded, text.len);
	if (text.len > SASL_RESPONSE_MAX / 3 * 4 + 4 ||
	    base64_decode(&decoded, text) == -1) {
		buf_wipe(&decoded);
		return cmd_bad(cmd, "the response is not valid base64");
	}
	response = buf_view(&decoded);
	result = sasl_take(s, cmd, &response);
	buf_wipe(&decoded);
	return result;
}

static enum cmd_result
sasl_line(struct imap_session *s, struct imap_command *cmd)
{
	enum cmd_result result;

	if (bytes_eq_str(cmd->line, "*"))
		return cmd_bad(cmd, "AUTHENTICATE canceled");
	result = sasl_response(s, cmd, cmd->line);
	wipe(cmd->line);
	return result;
}

enum cmd_result
cmd_authenticate(struct imap_session *s, struct imap_command *cmd)
{
	struct sasl_channel channel = imap_sasl_channel(s);
	const struct sasl_mechanism *m;
	struct imap_authenticate args;
	struct err err = ERR_INIT;
	struct login *l = login_new(s, cmd);

	if (imap_parse_authenticate(&cmd->cursor, &args, &err) == -1)
		return cmd_fail(s, cmd, &err);
	m = sasl_mechanism_find(bytes_of(args.mechanism), PROTOCOL_IMAP);
	if (m == NULL)
		return cmd_no(cmd, "CANNOT", "the mechanism is not supported");
	if (!sasl_is_offered(m, &channel))
		return m->shows_password && !channel.is_private ?
		    refuse_clear(cmd) : cmd_no(cmd, "CANNOT",
		    "the mechanism is not available on this connection");
	l->sasl = sasl_new(&cmd->arena, m, &channel);
	cmd->on_line = sasl_line;
	return args.has_initial ? sasl_response(s, cmd, args.initial) :
	    sasl_take(s, cmd, NULL);
}
