/*
 * finish - the callback for the end of a message: finishes the verification,
 * asks imapd about the recipients, changes the header and logs one line.
 */
#include <config.h>

#include "base/clock.h"
#include "milter/answer.h"
#include "milter/content.h"
#include "milter/fields.h"
#include "milter/finish.h"
#include "milter/outgoing.h"
#include "milter/report.h"
#include "milter/slow.h"

/* smfi_progress() must be called before the MTA's timeout of 30 seconds. */
#define PROGRESS_MS	10000

/* The decision about a message, and what it is based on. */
struct outcome {
	struct origin origin;
	bool has_ours;			/* a recipient is ours */
	sfsistat answer;
	struct refusal why;		/* code NULL: accepted */
	struct err err;
	const struct verify_result *result;	/* NULL: nothing verified */
	struct buf summary;		/* own: of the result */
};

static void
gather_origin(SMFICTX *ctx, struct session *s, struct origin *o)
{
	struct message *m = &s->message;
	struct bytes version = session_macro(ctx, "{tls_version}");
	struct bytes cipher = session_macro(ctx, "{cipher}");
	char ip[ADDR_TEXT_MAX];

	memset(o, 0, sizeof(*o));
	origin_token_new(o->token, time(NULL));
	o->client_ip = s->client_ip;
	o->client_name = s->client_name;
	o->helo = s->helo;
	if (m->is_relayed) {
		o->client_ip = bytes_dup(&m->arena,
		    bytes_of(addr_print(&m->relay_client, ip)));
		o->client_name = BYTES("");
		o->helo = m->relay_helo;
	}
	o->mail_from = m->mail_from;
	o->has_mail_from = m->has_mail_from;
	o->nfrom = m->nfrom;
	memcpy(o->from, m->from, sizeof(o->from));
	o->auth_user = session_macro(ctx, "{auth_authen}");
	o->queue_id = session_macro(ctx, "i");
	if (version.len > 0)
		o->tls = bytes_of(arena_printf(&m->arena,
		    BYTES_FMT " " BYTES_FMT, BYTES_ARG(version),
		    BYTES_ARG(cipher)));
}

/* Waits for the DNS until dns-deadline. */
static void
verify_finish(struct session *s, struct outcome *o)
{
	if (s->verify == NULL)
		return;
	o->result = verify_end(s->verify);
	verify_origin(o->result, &s->message.arena, &o->origin);
	verify_summary(o->result, &o->summary);
}

/* ---- recipients ---- */

/* Recipients of mail from sendmail(1) were not checked at RCPT. */
static int
ask_recipients(struct session *s, struct err *err)
{
	struct imapd_recipient_question q = { .size = 0 };
	struct imapd_recipient_answer a;
	struct message *m = &s->message;

	for (size_t i = 0; i < m->nrecipients; i++) {
		struct recipient *r = &m->recipients[i];

		if (r->is != RECIPIENT_UNASKED)
			continue;
		q.address = r->address;
		if (imapd_client_check_recipient(s->shared->imapd, &q,
		    &m->arena, &a, err) == -1)
			return -1;
		r->is = a.is;
	}
	return 0;
}

static size_t
count_recipients(const struct message *m, enum recipient_is is)
{
	size_t n = 0;

	for (size_t i = 0; i < m->nrecipients; i++)
		n += m->recipients[i].is == is;
	return n;
}

/*
 * hide-unknown-recipients: are all recipients unknown?  Then the message is
 * refused as a whole.  Unknown ones are counted in either case, since a bounce
 * gives away as much as a refusal.
 */
static bool
all_are_hidden(struct session *s, struct outcome *o)
{
	struct message *m = &s->message;
	struct limits_client c = session_limits_client(s, &m->arena);
	size_t n = count_recipients(m, RECIPIENT_HIDDEN);
	struct refusal limit;
	bool over;

	if (n == 0 || !s->config->settings->hide_unknown_recipients ||
	    s->kind == SESSION_LOCAL)
		return false;
	over = session_is_limited(s) && !limits_unknown(s->shared->limits,
	    &c, (uint32_t)n, &limit);
	if (n < m->nrecipients)
		return false;
	o->why = over ? limit : (struct refusal){
		.code = "550", .enhanced = "5.1.1",
		.text = "there is no such mailbox here",
		.setting = "hide-unknown-recipients", .reason = "unknown",
		.recipient = m->recipients[0].address,
		.slows = session_is_limited(s)
	};
	return true;
}

/* ---- verdicts ---- */

/*
 * If accounts differ, the message is accepted, and imapd refuses it at delivery
 * for those that reject it.  If all reject it, a temporary refusal wins,
 * because that account may accept the message later.
 */
static void
take_rejection(struct session *s, struct outcome *o,
    const struct judge_answer *a, struct bytes recipient)
{
	if (o->why.code != NULL &&
	    (o->why.code[0] == '4' || a->reply.code >= 500))
		return;
	o->why = answer_from_reply(&s->message.arena, &a->reply, a->reason);
	o->why.recipient = recipient;
	o->why.slows = session_is_limited(s);
}

static void
log_verdict(struct session *s, const struct judge_answer *a,
    struct bytes recipient)
{
	log_debug(&s->log, "judged", KV_BYTES("rcpt", recipient),
	    KV_STR("verdict", judge_verdict_name(a->verdict)),
	    KV_STR("reason", a->reason), KV_STR("why", a->explanation));
}

static struct bytes *
list_ours(struct message *m, size_t *n)
{
	struct bytes *v = arena_array(&m->arena, m->nrecipients + 1,
	    sizeof(*v));

	*n = 0;
	for (size_t i = 0; i < m->nrecipients; i++)
		if (m->recipients[i].is == RECIPIENT_OURS)
			v[(*n)++] = m->recipients[i].address;
	return v;
}

/* Sends one judge request, with as many recipients as fit into it. */
static int
judge_some(struct session *s, struct outcome *o,
    const struct judge_question *q, size_t *rejected)
{
	struct judge_answer *answers = arena_array(&s->message.arena,
	    q->nrecipients, sizeof(*answers));

	if (imapd_client_judge(s->shared->imapd, q, &s->message.arena,
	    answers, &o->err) == -1)
		return -1;
	for (size_t i = 0; i < q->nrecipients; i++) {
		log_verdict(s, &answers[i], q->recipients[i]);
		if (answers[i].verdict != JUDGE_REJECT)
			continue;
		++*rejected;
		take_rejection(s, o, &answers[i], q->recipients[i]);
	}
	return 0;
}

/* Judges for all recipients of ours, in one request unless there are too
   many. */
static int
judge_all(struct session *s, struct outcome *o)
{
	struct message *m = &s->message;
	size_t n, rejected = 0;
	const struct bytes *ours = list_ours(m, &n);
	struct buf origin = BUF_INIT;
	struct judge_question q = {
		.header = buf_view(&m->header),
		.size = spool_size(m->spool),
		.sha256 = content_sha256(m)
	};
	int rc = 0;

	origin_encode(&o->origin, &origin);
	q.origin = buf_view(&origin);
	for (size_t at = 0; at < n && rc == 0; at += q.nrecipients) {
		q.recipients = ours + at;
		q.nrecipients = n - at;
		if (q.nrecipients > JUDGE_RECIPIENTS_MAX)
			q.nrecipients = JUDGE_RECIPIENTS_MAX;
		rc = judge_some(s, o, &q, &rejected);
	}
	buf_free(&origin);
	o->has_ours = n > 0;
	/* The MTA's own mail cannot be refused. */
	if (rejected < m->nrecipients || s->kind == SESSION_LOCAL)
		o->why.code = NULL;
	return rc;
}

/* ---- the answer ---- */

static const struct refusal too_large = {
	.code = "552", .enhanced = "5.3.4", .text = "the message is too large",
	.setting = "message-size-max", .reason = "size"
};

/*
 * Decides about the message.  Returns 0 with o->why, whose code is NULL if the
 * message is accepted, or -1 with o->err if there is a problem of ours.
 */
static int
decide(SMFICTX *ctx, struct session *s, struct outcome *o)
{
	struct message *m = &s->message;
	int rc;

	if (m->failed && m->err.code == ERR_CODE_TOO_LARGE) {
		o->why = too_large;
		return 0;
	}
	if (m->failed) {
		o->err = m->err;
		return -1;
	}
	if (ask_recipients(s, &o->err) == -1)
		return -1;
	if (all_are_hidden(s, o))
		return 0;
	if (judge_all(s, o) == -1)
		return -1;
	if (o->why.code != NULL)
		return 0;
	rc = outgoing_check(ctx, s, &o->why, &o->err);
	if (rc == 1)
		o->why.code = NULL;
	return rc == -1 ? -1 : 0;
}

/* libmilter adds no space between the colon and the value. */
static struct bytes
spaced(struct arena *a, struct bytes value)
{
	return bytes_of(arena_printf(a, " " BYTES_FMT, BYTES_ARG(value)));
}

/* Changes the header of an accepted message. */
static int
change_header(SMFICTX *ctx, struct session *s, struct outcome *o)
{
	if (fields_remove(ctx, s, &o->err) == -1 ||
	    (o->result != NULL && fields_put_top(ctx, &s->message,
	    RESULTS_HEADER, spaced(&s->message.arena,
	    o->result->authentication_results), &o->err) == -1) ||
	    outgoing_sign(ctx, s, &o->err) == -1 ||
	    fields_add_trials(ctx, s, &o->err) == -1)
		return -1;
	return o->has_ours ? fields_add_origin(ctx, s, &o->origin, &o->err) :
	    0;
}

static void
progress(void *ctx)
{
	(void)smfi_progress(ctx);
}

/* Delays a client after a refusal, here as at the commands. */
static void
wait_if_slow(SMFICTX *ctx, struct session *s)
{
	const struct settings *set = s->config->settings;

	if (s->is_slow)
		(void)slow_wait(s->shared->slow, set->slow_delay_ms,
		    set->max_sleepers, PROGRESS_MS, progress, ctx);
}

static void
log_message(struct session *s, const struct outcome *o)
{
	const struct message *m = &s->message;

	log_info(&s->log, "message",
	    KV_BYTES("queue-id", o->origin.queue_id),
	    KV_BYTES("ip", o->origin.client_ip),
	    KV_BYTES("mail-from", m->mail_from),
	    KV_BYTES("from", m->nfrom > 0 ? m->from[0] : BYTES("")),
	    KV_BYTES("user", o->origin.auth_user),
	    KV_UINT("rcpts", m->nrecipients),
	    KV_UINT("size", spool_size(m->spool)),
	    o->result == NULL ? KV_STR("results", NULL) :
	    KV_BYTES("results", buf_view(&o->summary)),
	    KV_UINT("signed", m->nsignatures),
	    KV_UINT("forged", m->forged + m->nresults_forged),
	    KV_STR("action", o->answer == SMFIS_CONTINUE ? "accept" :
	    o->answer == SMFIS_REJECT ? "reject" : "tempfail"),
	    KV_STR("reason", o->why.code == NULL ? NULL : o->why.reason),
	    KV_STR("setting", o->why.code == NULL ? NULL : o->why.setting),
	    KV_UINT("ms", clock_mono_ms() - m->begin_ms));
}

sfsistat
finish_on_eom(SMFICTX *ctx)
{
	struct session *s = session_of(ctx);
	struct outcome o = { .answer = SMFIS_CONTINUE };

	wait_if_slow(ctx, s);
	gather_origin(ctx, s, &o.origin);
	verify_finish(s, &o);
	if (decide(ctx, s, &o) == -1)
		o.answer = answer_trouble(ctx, s, &o.err);
	else if (o.why.code != NULL)
		o.answer = answer_refuse(ctx, s, &o.why);
	if (o.answer == SMFIS_CONTINUE && change_header(ctx, s, &o) == -1)
		o.answer = answer_trouble(ctx, s, &o.err);
	if (o.result != NULL && o.answer != SMFIS_TEMPFAIL)
		report_count(s->shared->report, o.result);
	log_message(s, &o);
	buf_free(&o.summary);
	session_message_clear(s);
	return o.answer;
}
