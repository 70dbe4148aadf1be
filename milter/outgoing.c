/*
 * outgoing - mail from users, own networks and the MTA itself: checks its
 * senders and its number of recipients, and signs it.
 */
#include <config.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/random.h"
#include "mail/address.h"
#include "mail/date.h"
#include "milter/answer.h"
#include "milter/fields.h"
#include "milter/outgoing.h"

/* ---- may it be sent ---- */

static int
refuse_from(struct refusal *why, const char *text)
{
	*why = (struct refusal){
		.code = "550", .enhanced = "5.6.0", .text = text,
		.setting = "check-submission-senders", .reason = "from"
	};
	return 0;
}

/* RFC 5322 3.6: there must be one From field, with addresses. */
static int
check_from(const struct message *m, struct refusal *why)
{
	if (m->from_fields == 0)
		return refuse_from(why, "the message has no From field");
	if (m->from_fields > 1)
		return refuse_from(why,
		    "the message has more than one From field");
	if (m->from_is_bad || m->nfrom == 0)
		return refuse_from(why,
		    "the From field is invalid or has too many addresses");
	return 1;
}

static int
take_reply(struct session *s, const struct judge_reply *reply,
    const char *reason, struct refusal *why)
{
	if (reply->code == 0)
		return 1;
	*why = answer_from_reply(&s->message.arena, reply, reason);
	return 0;
}

static int
check_senders(struct session *s, struct bytes user, struct refusal *why,
    struct err *err)
{
	struct bytes addresses[ORIGIN_FROM_MAX + 1];
	struct message *m = &s->message;
	struct imapd_sender sender = {
		.account = user, .addresses = addresses
	};
	struct judge_reply reply;
	size_t n = 0;
	int rc = check_from(m, why);

	if (rc != 1)
		return rc;
	if (m->mail_from.len > 0)
		addresses[n++] = m->mail_from;
	for (size_t i = 0; i < m->nfrom; i++)
		addresses[n++] = m->from[i];
	for (size_t i = 0; i < n; i++)
		if (!imapd_client_takes_sender(addresses[i]))
			return refuse_from(why,
			    "a sender address is too long or not valid UTF-8");
	sender.n = n;
	if (imapd_client_check_sender(s->shared->imapd, &sender, &m->arena,
	    &reply, err) == -1)
		return -1;
	if (reply.setting == NULL)
		reply.setting = "check-submission-senders";
	return take_reply(s, &reply, "sender", why);
}

static int
check_limits(SMFICTX *ctx, struct session *s, struct bytes user,
    struct refusal *why, struct err *err)
{
	struct message *m = &s->message;
	struct judge_reply reply;
	struct bytes *to = arena_array(&m->arena, m->nrecipients + 1,
	    sizeof(*to));
	const struct imapd_submission submission = {
		.account = user,
		.queue_id = session_macro(ctx, "i"),
		.recipients = to,
		.n = m->nrecipients
	};

	for (size_t i = 0; i < m->nrecipients; i++)
		to[i] = m->recipients[i].address;
	if (imapd_client_record_submission(s->shared->imapd, &submission,
	    &m->arena, &reply, err) == -1)
		return -1;
	return take_reply(s, &reply, "sending-limit", why);
}

int
outgoing_check(SMFICTX *ctx, struct session *s, struct refusal *why,
    struct err *err)
{
	struct bytes user = bytes_dup(&s->message.arena,
	    session_macro(ctx, "{auth_authen}"));
	int rc = 1;

	if (!s->is_authenticated)
		return 1;
	if (s->config->settings->check_submission_senders)
		rc = check_senders(s, user, why, err);
	return rc == 1 ? check_limits(ctx, s, user, why, err) : rc;
}

/* ---- the signature ---- */

/* Adds a field that the message lacks, and signs it with the others. */
static int
add_missing(SMFICTX *ctx, struct session *s, const char *name,
    const struct buf *value, struct err *err)
{
	struct message *m = &s->message;

	dkim_sign_header(m->sign, bytes_of(name), buf_view(value));
	return fields_put_end(ctx, m, name, buf_view(value), err);
}

static int
add_date(SMFICTX *ctx, struct session *s, struct err *err)
{
	struct mail_date now = { .seconds =
	    (int64_t)(clock_wall_ms() / 1000) };
	struct buf b = BUF_INIT;
	int rc;

	buf_byte(&b, ' ');
	date_print(&b, now);
	rc = add_missing(ctx, s, "Date", &b, err);
	buf_free(&b);
	return rc;
}

static int
add_message_id(SMFICTX *ctx, struct session *s, struct err *err)
{
	struct buf b = BUF_INIT;
	int rc;

	buf_printf(&b, " <%016llx%016llx@%s>",
	    (unsigned long long)clock_wall_ms(),
	    (unsigned long long)random_u64(), s->config->settings->hostname);
	rc = add_missing(ctx, s, "Message-ID", &b, err);
	buf_free(&b);
	return rc;
}

/* Collects the domains of the From addresses, each once, as A-labels. */
static size_t
from_domains(struct message *m, struct bytes out[ORIGIN_FROM_MAX])
{
	struct err ignored = ERR_INIT;
	struct bytes domain;
	size_t n = 0, k;

	for (size_t i = 0; i < m->nfrom; i++) {
		if (address_domain_parse(&m->arena,
		    address_domain_part(m->from[i]), &domain,
		    &ignored) == -1)
			continue;
		for (k = 0; k < n && !bytes_eq(out[k], domain); k++)
			;
		if (k == n)
			out[n++] = domain;
	}
	return n;
}

/* If a key cannot be used, logs that and leaves the mail unsigned. */
static int
sign_for(SMFICTX *ctx, struct session *s, struct bytes domain,
    struct err *err)
{
	uint64_t lifetime_s = s->config->settings->dkim_lifetime_ms / 1000;
	struct message *m = &s->message;
	struct err trouble = ERR_INIT;
	struct dkim_keyset *set = NULL;
	struct bytes *values;
	int n = 0;

	if (dkim_keys_get(s->shared->dkim_keys, domain, &set, &trouble) == 1)
		n = dkim_sign_finish(m->sign, &(struct dkim_signer){ set,
		    time(NULL), lifetime_s }, &m->arena, &values, &trouble);
	if (trouble.kind != ERR_NONE)
		log_error(&s->log, "signing failed",
		    KV_BYTES("domain", domain), KV_ERR(&trouble));
	dkim_keyset_free(&set);
	for (int i = 0; i < n; i++)
		if (fields_put_top(ctx, m, DKIM_SIGN_HEADER, values[i],
		    err) == -1)
			return -1;
	m->nsignatures += n > 0 ? (unsigned)n : 0;
	return 0;
}

int
outgoing_sign(SMFICTX *ctx, struct session *s, struct err *err)
{
	struct bytes domains[ORIGIN_FROM_MAX];
	struct message *m = &s->message;
	size_t n;

	if (m->sign == NULL)
		return 0;
	if ((!m->has_date && add_date(ctx, s, err) == -1) ||
	    (!m->has_message_id && add_message_id(ctx, s, err) == -1))
		return -1;
	n = from_domains(m, domains);
	for (size_t i = 0; i < n; i++)
		if (sign_for(ctx, s, domains[i], err) == -1)
			return -1;
	return 0;
}
