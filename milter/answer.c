/*
 * answer - logs a refusal and replies with it, or in the trial mode notes it
 * for a header field of the message.
 */
#include <config.h>

#include <string.h>

#include "milter/answer.h"
#include "milter/slow.h"

static struct bytes
cut(const char *text)
{
	struct bytes b = bytes_of(text);

	if (b.len > ANSWER_TEXT_MAX)
		b.len = ANSWER_TEXT_MAX;
	return b;
}

/* Makes one line, without characters that have a meaning for libmilter. */
static char *
reply_text(struct arena *a, const char *text)
{
	struct bytes b = cut(text);
	char *out = arena_memdup(a, b.data, b.len);

	for (size_t i = 0; i < b.len; i++)
		if (out[i] == '\r' || out[i] == '\n' || out[i] == '%')
			out[i] = ' ';
	return out;
}

static void
log_refusal(struct session *s, const struct refusal *r, const char *what)
{
	const struct message *m = &s->message;

	log_info(&s->log, what,
	    KV_BYTES("ip", s->client_ip),
	    m->has_mail_from ? KV_BYTES("mail-from", m->mail_from) :
	    KV_STR("mail-from", NULL),
	    r->recipient.data != NULL ? KV_BYTES("rcpt", r->recipient) :
	    KV_STR("rcpt", NULL),
	    KV_STR("reason", r->reason), KV_STR("code", r->code),
	    KV_STR("text", r->text), KV_STR("setting", r->setting));
}

/* Notes a refusal for the message, or for all messages of the connection. */
static void
note_trial(struct session *s, const struct refusal *r)
{
	bool in_message = s->message.has_mail_from;
	struct trials *t = in_message ? &s->message.trials : &s->trials;
	struct bytes text = cut(r->text);

	if (t->n == REFUSAL_TRIALS_MAX)
		return;
	t->v[t->n++] = arena_printf(in_message ? &s->message.arena :
	    &s->arena, "%s %s " BYTES_FMT "%s%s", r->code, r->enhanced,
	    BYTES_ARG(text), r->setting == NULL ? "" : "; setting ",
	    r->setting == NULL ? "" : r->setting);
}

struct refusal
answer_from_reply(struct arena *a, const struct judge_reply *reply,
    const char *reason)
{
	return (struct refusal){
		.code = arena_printf(a, "%u", reply->code),
		.enhanced = reply->enhanced,
		.text = reply->text,
		.setting = reply->setting,
		.reason = reason
	};
}

sfsistat
answer_always(SMFICTX *ctx, struct session *s, const struct refusal *r)
{
	char code[4], enhanced[16];

	(void)snprintf(code, sizeof(code), "%s", r->code);
	(void)snprintf(enhanced, sizeof(enhanced), "%s", r->enhanced);
	log_refusal(s, r, "refused");
	s->is_slow |= r->slows;
	(void)smfi_setreply(ctx, code, enhanced,
	    reply_text(&s->message.arena, r->text));
	return code[0] == '4' ? SMFIS_TEMPFAIL : SMFIS_REJECT;
}

sfsistat
answer_refuse(SMFICTX *ctx, struct session *s, const struct refusal *r)
{
	if (s->config->settings->enforce)
		return answer_always(ctx, s, r);
	log_refusal(s, r, "would refuse");
	note_trial(s, r);
	return SMFIS_CONTINUE;
}

sfsistat
answer_trouble(SMFICTX *ctx, struct session *s, const struct err *err)
{
	const struct refusal r = {
		.code = "451", .enhanced = "4.3.0",
		.text = "temporary local problem, try again later",
		.reason = "trouble"
	};

	log_warn(&s->log, "no decision", KV_ERR(err));
	return answer_refuse(ctx, s, &r);
}

bool
answer_slowly(SMFICTX *ctx, struct session *s, sfsistat *out)
{
	static const struct refusal full = {
		.code = "421", .enhanced = "4.7.0",
		.text = "too many delayed connections, try again later",
		.setting = "max-sleepers", .reason = "sleepers"
	};
	const struct settings *set = s->config->settings;

	if (!s->is_slow)
		return true;
	if (slow_wait(s->shared->slow, set->slow_delay_ms, set->max_sleepers, 0,
	    NULL, NULL) != SLOW_FULL ||
	    set->sleepers_full == SETTINGS_SLEEPERS_PASS)
		return true;
	*out = answer_refuse(ctx, s, &full);
	return *out == SMFIS_CONTINUE;
}
