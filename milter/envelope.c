/*
 * envelope - the callbacks for MAIL, RCPT and DATA
 */
#include <config.h>

#include <strings.h>

#include "base/clock.h"
#include "base/encode.h"
#include "milter/answer.h"
#include "milter/connect.h"
#include "milter/envelope.h"
#include "milter/slow.h"
#include "milter/special.h"

#define FIELD_HEAD	8	/* overhead of a request's field, at most */

/* Returns a@b for "<a@b>". */
static struct bytes
strip_brackets(struct bytes path)
{
	if (path.len >= 2 && path.data[0] == '<' &&
	    path.data[path.len - 1] == '>')
		return bytes_make(path.data + 1, path.len - 2);
	return path;
}

/* ---- addresses that ask for an error ---- */

/*
 * Does the address ask for an error at this stage?  An address that exists
 * never does.  Neither does mail from sendmail(1), which would stay in the
 * queue for ever.  Returns 1, 0, or -1 on error.
 */
static int
is_special(struct session *s, struct bytes address, enum special_stage stage,
    struct special *out, struct err *err)
{
	const struct imapd_recipient_question q = { .address = address };
	struct imapd_recipient_answer a;

	if (!s->config->settings->special_localparts ||
	    s->kind == SESSION_LOCAL ||
	    !special_find(address, out) || out->stage != stage)
		return 0;
	if (imapd_client_check_recipient(s->shared->imapd, &q,
	    &s->message.arena, &a, err) == -1)
		return -1;
	return a.exists ? 0 : 1;
}

/* Returns true if the address asks for an error, which is then *answer. */
static bool
answer_special(SMFICTX *ctx, struct session *s, struct bytes address,
    enum special_stage stage, sfsistat *answer)
{
	struct err err = ERR_INIT;
	struct special special;
	struct refusal r;

	switch (is_special(s, address, stage, &special, &err)) {
	case 0:
		return false;
	case -1:
		*answer = answer_trouble(ctx, s, &err);
		return *answer != SMFIS_CONTINUE;
	}
	if (special.timeout) {
		log_info(&s->log, "address asks for a timeout",
		    KV_BYTES("address", address));
		(void)slow_wait(s->shared->slow,
		    s->config->settings->special_timeout_ms, UINT64_MAX, 0,
		    NULL, NULL);
	}
	r = (struct refusal){
		.code = arena_printf(&s->message.arena, "%u", special.code),
		.enhanced = special.code < 500 ? "4.0.0" : "5.0.0",
		.text = "the address asks for this error",
		.setting = "special-localparts", .reason = "special",
		.recipient = address
	};
	*answer = answer_always(ctx, s, &r);
	return true;
}

/* ---- MAIL ---- */

/* Counts n unknown recipients.  Returns false if the client is over the limit;
   *answer is then what the callback must return. */
static bool
count_unknown(SMFICTX *ctx, struct session *s, uint32_t n, sfsistat *answer)
{
	struct limits_client c = session_limits_client(s, &s->message.arena);
	struct refusal why;

	if (!session_is_limited(s) || limits_unknown(s->shared->limits, &c, n,
	    &why))
		return true;
	*answer = answer_refuse(ctx, s, &why);
	return *answer == SMFIS_CONTINUE;
}

/* Returns the SIZE parameter of MAIL (RFC 1870), or 0. */
static uint64_t
announced_size(char *const *params)
{
	uint64_t size = 0;

	for (; *params != NULL; params++)
		if (strncasecmp(*params, "SIZE=", 5) == 0 &&
		    decimal_parse(bytes_of(*params + 5), UINT64_MAX,
		    &size) == -1)
			return 0;
	return size;
}

static void
message_begin(SMFICTX *ctx, struct session *s, char *const *argv)
{
	const struct settings *set = s->config->settings;
	struct message *m = &s->message;

	session_message_clear(s);
	m->begin_ms = clock_mono_ms();
	m->mail_from = bytes_dup(&m->arena,
	    strip_brackets(bytes_of(argv[0])));
	m->has_mail_from = true;
	m->announced = announced_size(argv + 1);
	m->is_exempt = list_has_sender(&set->exempt_senders, m->mail_from);
	m->spool = spool_new(s->shared->spool_dir, set->body_memory_max,
	    set->message_size_max);
	s->is_authenticated =
	    session_macro(ctx, "{auth_authen}").len > 0;
	s->has_spoken = true;
	if (session_is_ours(s))
		m->sign = dkim_sign_new();
}

/* Does the sender's domain accept mail (check-sender-domain)? */
static bool
sender_is_right(SMFICTX *ctx, struct session *s, sfsistat *answer)
{
	const struct sender_domain_reply *r;
	struct refusal why;

	if (!session_is_limited(s) || s->message.is_exempt ||
	    !s->config->settings->check_sender_domain)
		return true;
	r = sender_domain_reply(verify_sender_domain(s->verify));
	if (r->code == 0)
		return true;
	why = (struct refusal){
		.code = arena_printf(&s->message.arena, "%u", r->code),
		.enhanced = r->enhanced, .text = r->text,
		.setting = "check-sender-domain", .reason = "sender-domain",
		.slows = r->code >= 500
	};
	*answer = answer_refuse(ctx, s, &why);
	return *answer == SMFIS_CONTINUE;
}

/* Our own mail is not verified, even after other mail on the connection. */
static void
verify_begin(struct session *s)
{
	session_verify(s);
	if (session_is_ours(s) || s->verify == NULL)
		verify_free(&s->verify);
	else
		verify_mail(s->verify, s->message.mail_from);
}

sfsistat
envelope_on_mail(SMFICTX *ctx, char **argv)
{
	struct session *s = session_of(ctx);
	sfsistat answer;

	message_begin(ctx, s, argv);
	if (!connect_may_enter(ctx, s, &answer) ||
	    !answer_slowly(ctx, s, &answer) ||
	    /* Refuse here, because RCPT cannot if the MTA refused them. */
	    !count_unknown(ctx, s, 0, &answer) ||
	    answer_special(ctx, s, s->message.mail_from, SPECIAL_AT_MAIL,
	    &answer))
		return answer;
	verify_begin(s);
	if (!connect_helo_is_right(ctx, s, &answer) ||
	    !sender_is_right(ctx, s, &answer))
		return answer;
	return SMFIS_CONTINUE;
}

/* ---- RCPT ---- */

/*
 * The MTA has refused this recipient itself and ignores our reply.  But it
 * waits for it, so the client can be slowed down, and the next MAIL can be
 * refused.
 */
static sfsistat
refused_by_mta(SMFICTX *ctx, struct session *s)
{
	struct limits_client c = session_limits_client(s, &s->message.arena);
	struct refusal why;

	if (!bytes_eq_str(session_macro(ctx, "{rcpt_host}"), "5.1.1") ||
	    !session_is_limited(s))
		return SMFIS_CONTINUE;
	(void)limits_unknown(s->shared->limits, &c, 1, &why);
	s->is_slow |= s->config->settings->enforce;
	return SMFIS_CONTINUE;
}

/* If there is no room for a recipient, the message fails: it must not pass
   unchecked. */
static void
recipient_add(struct message *m, struct bytes address, enum recipient_is is)
{
	struct recipient *more;

	if (m->nrecipients == RECIPIENTS_KEPT_MAX) {
		m->failed = true;
		(void)err_set(&m->err, ERR_TEMP, "more than %d recipients",
		    RECIPIENTS_KEPT_MAX);
		return;
	}
	if (m->nrecipients == m->recipients_cap) {
		m->recipients_cap = m->recipients_cap * 2 + 8;
		more = arena_array(&m->arena, m->recipients_cap,
		    sizeof(*more));
		if (m->nrecipients > 0)
			memcpy(more, m->recipients,
			    m->nrecipients * sizeof(*more));
		m->recipients = more;
	}
	m->recipients[m->nrecipients++] = (struct recipient){
		.address = bytes_dup(&m->arena, address), .is = is
	};
	m->recipients_bytes += address.len + FIELD_HEAD;
}

/* Is there room for one more recipient?  If not, fills *why. */
static bool
has_room(const struct session *s, struct bytes address, struct refusal *why)
{
	const struct message *m = &s->message;
	uint64_t max = s->config->settings->recipients_max;

	*why = (struct refusal){
		.code = "452", .enhanced = "4.5.3",
		.text = "too many recipients, send the message to the others "
		    "separately", .setting = "recipients-max",
		.reason = "recipients", .recipient = address
	};
	return m->nrecipients < (max < RECIPIENTS_MAX ? max :
	    RECIPIENTS_MAX) &&
	    m->recipients_bytes + address.len < RECIPIENTS_BYTES_MAX;
}

/*
 * May the message have another recipient?  Accounts may judge a message
 * differently, and the sender must then be told.  That is possible only if SPF
 * shows that it is the sender, and never for a bounce.
 */
static bool
may_be_second(const struct session *s, struct bytes address,
    struct refusal *why)
{
	const struct message *m = &s->message;

	if (m->nrecipients == 0 || !session_is_limited(s) || m->is_exempt ||
	    !s->config->settings->second_recipient_needs_spf)
		return true;
	*why = (struct refusal){
		.code = "452", .enhanced = "4.5.3",
		.text = "one recipient at a time, because SPF did not pass "
		    "for this sender",
		.setting = "second-recipient-needs-spf",
		.reason = "second-recipient", .recipient = address
	};
	if (m->mail_from.len > 0)
		return verify_spf_passed(s->verify);
	why->text = "a message from <> may have only one recipient";
	return false;
}

/*
 * Is the recipient unknown, and must that be hidden (hide-unknown-recipients)?
 * It is not hidden from users and own networks: they send to several
 * recipients, and the others must get the message.
 */
static bool
is_hidden(const struct session *s, const struct imapd_recipient_answer *a)
{
	return a->is == RECIPIENT_HIDDEN && !session_is_ours(s) &&
	    s->config->settings->hide_unknown_recipients;
}

/* Does imapd refuse the recipient?  Then fills *why. */
static bool
is_refused_recipient(struct session *s,
    const struct imapd_recipient_answer *a, struct bytes address,
    struct refusal *why)
{
	if (a->reply.code == 0 || is_hidden(s, a))
		return false;
	*why = answer_from_reply(&s->message.arena, &a->reply, a->status);
	why->recipient = address;
	why->slows = session_is_limited(s);
	return true;
}

static sfsistat
refuse_unless_last(SMFICTX *ctx, struct session *s,
    const struct imapd_recipient_answer *a, const struct refusal *why)
{
	sfsistat answer;

	/* If there are now too many, that is the answer. */
	if (a->is == RECIPIENT_HIDDEN && !count_unknown(ctx, s, 1, &answer))
		return answer;
	return answer_refuse(ctx, s, why);
}

/* Can the address be sent to imapd?  If not, it is refused, because imapd must
   count or judge each recipient. */
static bool
can_be_asked_about(struct bytes address, struct refusal *why)
{
	*why = (struct refusal){
		.code = "553", .enhanced = "5.1.3",
		.text = "this address is too long or not valid UTF-8",
		.reason = "recipient-syntax", .recipient = address
	};
	return imapd_client_takes_recipient(address);
}

static sfsistat
take_recipient(SMFICTX *ctx, struct session *s, struct bytes address)
{
	/* A relay's client is not known yet. */
	const struct imapd_recipient_question q = {
		.address = address,
		.size = s->message.announced,
		.client_ip = session_is_limited(s) ? s->client_ip : BYTES("")
	};
	struct message *m = &s->message;
	struct imapd_recipient_answer a;
	struct err err = ERR_INIT;
	sfsistat answer;
	struct refusal why;

	if (imapd_client_check_recipient(s->shared->imapd, &q, &m->arena, &a,
	    &err) == -1) {
		answer = answer_trouble(ctx, s, &err);
		if (answer != SMFIS_CONTINUE)
			return answer;
	} else if (is_refused_recipient(s, &a, address, &why)) {
		answer = refuse_unless_last(ctx, s, &a, &why);
		if (answer != SMFIS_CONTINUE)
			return answer;
	}
	if (!may_be_second(s, address, &why)) {
		answer = answer_refuse(ctx, s, &why);
		if (answer != SMFIS_CONTINUE)
			return answer;
	}
	recipient_add(m, address, a.is);
	return SMFIS_CONTINUE;
}

sfsistat
envelope_on_rcpt(SMFICTX *ctx, char **argv)
{
	struct session *s = session_of(ctx);
	struct message *m = &s->message;
	struct bytes address = strip_brackets(bytes_of(argv[0]));
	struct refusal why;
	sfsistat answer;

	if (!answer_slowly(ctx, s, &answer))
		return answer;
	if (bytes_eq_str(session_macro(ctx, "{rcpt_mailer}"), "error"))
		return refused_by_mta(ctx, s);
	/* A refused recipient would stay in sendmail(1)'s queue for ever. */
	if (s->kind == SESSION_LOCAL) {
		recipient_add(m, address, RECIPIENT_UNASKED);
		return SMFIS_CONTINUE;
	}
	if ((!has_room(s, address, &why) ||
	    !can_be_asked_about(address, &why)) &&
	    (answer = answer_refuse(ctx, s, &why)) != SMFIS_CONTINUE)
		return answer;
	if (!count_unknown(ctx, s, 0, &answer) || answer_special(ctx, s,
	    address, SPECIAL_AT_RCPT, &answer))
		return answer;
	return take_recipient(ctx, s, address);
}

/* ---- DATA ---- */

sfsistat
envelope_on_data(SMFICTX *ctx)
{
	struct session *s = session_of(ctx);
	struct message *m = &s->message;
	sfsistat answer;

	if (!answer_slowly(ctx, s, &answer))
		return answer;
	for (size_t i = 0; i < m->nrecipients; i++)
		if (answer_special(ctx, s, m->recipients[i].address,
		    SPECIAL_AT_DATA, &answer))
			return answer;
	return SMFIS_CONTINUE;
}
