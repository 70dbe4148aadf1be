/*
 * connect - the callbacks for connect, HELO and unknown commands
 *
 * A client over a limit is noted at connect but refused at its first command,
 * because a reply at connect does not reach the client.
 */
#include <config.h>

#include <string.h>

#include "base/clock.h"
#include "net/dns.h"
#include "milter/answer.h"
#include "milter/connect.h"

/*
 * SMTP verbs, including some that the MTA may not know.  A client whose first
 * command is one of these speaks SMTP.
 */
static const char *const smtp_verbs[] = {
	"ATRN", "AUTH", "BDAT", "BURL", "DATA", "EHLO", "ETRN", "EXPN", "HELO",
	"HELP", "LHLO", "MAIL", "NOOP", "QUIT", "RCPT", "RSET", "SAML", "SEND",
	"SOML", "STARTTLS", "TURN", "VERB", "VRFY", "XCLIENT", "XFORWARD",
	NULL
};

static bool
is_smtp_verb(struct bytes verb)
{
	for (size_t i = 0; smtp_verbs[i] != NULL; i++)
		if (bytes_ieq_str(verb, smtp_verbs[i]))
			return true;
	return false;
}

/* ---- connect ---- */

/* Notes a refusal for the first command.  Returns false to refuse now. */
static bool
count_connection(struct session *s)
{
	struct limits_client client = session_limits_client(s, &s->arena);

	s->is_checked = true;
	switch (limits_connect(s->shared->limits, &client, &s->lease,
	    &s->refusal)) {
	case LIMITS_OK:
		return true;
	case LIMITS_REFUSE:
		s->is_refused = true;
		return true;
	case LIMITS_REFUSE_NOW:
		break;
	}
	s->is_refused = true;
	return false;
}

static sfsistat
answer_full(const struct settings *set)
{
	log_warn(NULL, set->enforce ?
	    "too many sessions, one was deferred" :
	    "too many sessions, one was accepted unchecked",
	    KV_STR("setting", "milter-sessions-max"));
	return set->enforce ? SMFIS_TEMPFAIL : SMFIS_ACCEPT;
}

sfsistat
connect_on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *sa)
{
	const struct settings *set = config_current()->settings;
	struct session *s;
	sfsistat answer;

	if (!session_reserve(set->milter_sessions_max))
		return answer_full(set);
	s = session_new(ctx, name, (const struct sockaddr *)sa);
	(void)smfi_setpriv(ctx, s);
	log_debug(&s->log, "connect", KV_BYTES("ip", s->client_ip),
	    KV_BYTES("name", s->client_name),
	    KV_BYTES("daemon", session_macro(ctx, "{daemon_name}")));
	/* On a submission service wait for MAIL: has the user logged in? */
	if (s->is_submission)
		return SMFIS_CONTINUE;
	if (session_is_limited(s) && !count_connection(s)) {
		s->is_refused = false;
		answer = answer_refuse(ctx, s, &s->refusal);
		if (answer != SMFIS_CONTINUE)
			return answer;
	}
	session_verify(s);
	return SMFIS_CONTINUE;
}

/* ---- the first command ---- */

bool
connect_may_enter(SMFICTX *ctx, struct session *s, sfsistat *answer)
{
	if (!session_is_limited(s))
		return true;
	if (!s->is_checked)
		(void)count_connection(s);
	if (!s->is_refused)
		return true;
	s->is_refused = false;
	*answer = answer_refuse(ctx, s, &s->refusal);
	return *answer == SMFIS_CONTINUE;
}

/* Has the name no address?  A failed lookup does not count. */
static bool
is_unresolvable(struct session *s)
{
	uint64_t deadline = clock_mono_ms() +
	    s->config->settings->dns_command_deadline_ms;
	struct arena *a = &s->message.arena;
	const char *name = bytes_cstr(a, s->helo);
	static const enum dns_type types[] = { DNS_A, DNS_AAAA };
	struct dns_answer answer;

	if (name == NULL)
		return true;
	if (name[0] == '[')
		return false;
	for (size_t i = 0; i < 2; i++)
		dns_start(s->shared->dns, name, types[i]);
	for (size_t i = 0; i < 2; i++) {
		dns_lookup(s->shared->dns, a, name, types[i], deadline,
		    &answer);
		if (answer.status == DNS_OK ||
		    dns_is_temporary(answer.status))
			return false;
	}
	return true;
}

/* Postfix passes only a 421 to EHLO on to the client, so this is for MAIL. */
bool
connect_helo_is_right(SMFICTX *ctx, struct session *s, sfsistat *answer)
{
	static const struct refusal why = {
		.code = "550", .enhanced = "5.7.1",
		.text = "your HELO name has no address",
		.setting = "reject-unresolvable-helo", .reason = "helo",
		.slows = true
	};

	if (!session_is_limited(s) || s->is_submission || s->helo.len == 0 ||
	    !s->config->settings->reject_unresolvable_helo ||
	    !is_unresolvable(s))
		return true;
	*answer = answer_refuse(ctx, s, &why);
	return *answer == SMFIS_CONTINUE;
}

sfsistat
connect_on_helo(SMFICTX *ctx, char *helo)
{
	struct session *s = session_of(ctx);
	sfsistat answer;

	s->has_spoken = true;
	s->helo = bytes_dup(&s->arena, bytes_of(helo));
	if (!s->is_submission && !connect_may_enter(ctx, s, &answer))
		return answer;
	if (!answer_slowly(ctx, s, &answer))
		return answer;
	if (s->verify != NULL)
		verify_helo(s->verify, s->helo);
	return SMFIS_CONTINUE;
}

/* A client that does not speak SMTP is only logged at level debug. */
static sfsistat
end_other_protocol(SMFICTX *ctx, struct session *s, const char *verb)
{
	char code[] = "421", enhanced[] = "4.7.0";
	char text[] = "this server only speaks SMTP";

	log_debug(&s->log, "client does not speak SMTP",
	    KV_BYTES("ip", s->client_ip), KV_STR("verb", verb));
	if (!s->config->settings->enforce)
		return SMFIS_CONTINUE;
	(void)smfi_setreply(ctx, code, enhanced, text);
	return SMFIS_TEMPFAIL;
}

sfsistat
connect_on_unknown(SMFICTX *ctx, const char *verb)
{
	struct session *s = session_of(ctx);
	bool is_first = !s->has_spoken;
	struct bytes word = bytes_of(verb);
	sfsistat answer;

	s->has_spoken = true;
	word.len = strcspn(verb, " \t\r\n");
	if (is_first && !is_smtp_verb(word))
		return end_other_protocol(ctx, s, verb);
	if ((!s->is_submission && !connect_may_enter(ctx, s, &answer)) ||
	    !answer_slowly(ctx, s, &answer))
		return answer;
	log_debug(&s->log, "unknown command", KV_STR("verb", verb));
	return SMFIS_CONTINUE;
}
