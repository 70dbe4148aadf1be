/*
 * content - the callbacks for header and body: writes everything to the spool,
 * and reads the header fields that matter.
 */
#include <config.h>

#include "mail/address.h"
#include "auth/authres.h"
#include "milter/content.h"
#include "milter/fields.h"
#include "milter/received.h"

/* Starts the checksum.  Only imapd needs it, for its own recipients. */
static void
checksum_begin(struct message *m)
{
	bool wanted = false;

	for (size_t i = 0; i < m->nrecipients && !wanted; i++)
		wanted = m->recipients[i].is == RECIPIENT_OURS ||
		    m->recipients[i].is == RECIPIENT_UNASKED;
	if (!wanted || m->sha256 != NULL)
		return;
	if ((m->sha256 = EVP_MD_CTX_new()) == NULL ||
	    EVP_DigestInit_ex(m->sha256, EVP_sha256(), NULL) != 1)
		fatal("out of memory");
}

static void
spool_add(struct message *m, struct bytes b)
{
	if (spool_size(m->spool) == 0)
		checksum_begin(m);
	if (m->sha256 != NULL &&
	    EVP_DigestUpdate(m->sha256, b.data, b.len) != 1)
		fatal("out of memory");
	if (!m->failed && spool_write(m->spool, b, &m->err) == -1)
		m->failed = true;
}

struct bytes
content_sha256(struct message *m)
{
	unsigned char *sum;

	if (m->sha256 == NULL)
		return BYTES("");
	sum = arena_alloc(&m->arena, JUDGE_SHA256_LEN);
	if (EVP_DigestFinal_ex(m->sha256, sum, NULL) != 1)
		fatal("out of memory");
	return bytes_make(sum, JUDGE_SHA256_LEN);
}

/* ---- fields ---- */

/* Takes each address in From; an address without a domain is an error. */
static void
take_from(struct session *s, struct bytes value)
{
	struct message *m = &s->message;
	struct buf b = BUF_INIT;
	struct address_entry *e;
	bool any = false;

	m->from_fields++;
	for (e = address_list_parse(&m->arena, value); e != NULL;
	    e = e->next) {
		if (e->kind != ADDRESS_MAILBOX)
			continue;
		any = true;
		if (e->localpart.len == 0 || e->domain.len == 0 ||
		    m->nfrom == ORIGIN_FROM_MAX) {
			m->from_is_bad = true;
			continue;
		}
		buf_clear(&b);
		address_print(&b, &(struct mail_address){ e->localpart,
		    e->domain });
		m->from[m->nfrom++] = bytes_dup(&m->arena, buf_view(&b));
	}
	m->from_is_bad |= !any;
	buf_free(&b);
}

/*
 * Finds the client that sent the message to a trusted relay, in the topmost
 * Received field that does not name another relay or our own networks.
 */
static void
take_received(struct session *s, struct bytes value)
{
	struct message *m = &s->message;
	struct received r;

	if (s->kind != SESSION_RELAY || m->is_relay_known)
		return;
	if (!received_parse(value, &r)) {
		m->is_relay_known = true;
		return;
	}
	if (networks_have(&s->config->relays, &r.client) ||
	    networks_have(&s->config->own, &r.client))
		return;
	m->is_relay_known = m->is_relayed = true;
	m->relay_client = r.client;
	m->relay_helo = bytes_dup(&m->arena, r.helo);
}

/*
 * Notes a forged Authentication-Results field, one with our name, for removal.
 * Own networks may send our own results back to us.
 */
static void
take_results(struct session *s, struct bytes value)
{
	struct message *m = &s->message;

	m->results_fields++;
	if (s->kind == SESSION_OWN || s->kind == SESSION_LOCAL ||
	    !authres_is_forged(value, s->authserv_id))
		return;
	fields_note(m, m->results_fields);
}

static void
take_trial(struct session *s, struct bytes value)
{
	(void)value;
	s->message.trial_fields++;
}

static void
take_date(struct session *s, struct bytes value)
{
	(void)value;
	s->message.has_date = true;
}

static void
take_message_id(struct session *s, struct bytes value)
{
	(void)value;
	s->message.has_message_id = true;
}

static const struct {
	const char *name;
	void (*take)(struct session *s, struct bytes value);
} fields[] = {
	{ "From", take_from },
	{ "Received", take_received },
	{ "Authentication-Results", take_results },
	{ TRIAL_HEADER, take_trial },
	{ "Date", take_date },
	{ "Message-ID", take_message_id },
};

sfsistat
content_on_header(SMFICTX *ctx, char *name, char *value)
{
	struct session *s = session_of(ctx);
	struct message *m = &s->message;
	struct buf line = BUF_INIT;
	size_t room;

	if (s->verify != NULL)
		verify_header(s->verify, bytes_of(name), bytes_of(value));
	if (bytes_ieq_str(bytes_of(name), ORIGIN_HEADER)) {
		m->forged++;
		return SMFIS_NOREPLY;
	}
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (bytes_ieq_str(bytes_of(name), fields[i].name))
			fields[i].take(s, bytes_of(value));
	/* With SMFIP_HDR_LEADSPC the value has its leading space. */
	buf_printf(&line, "%s:%s\r\n", name, value);
	room = REQUEST_HEADER_MAX - m->header.len;
	buf_add(&m->header, line.data, line.len < room ? line.len : room);
	spool_add(m, buf_view(&line));
	buf_free(&line);
	if (m->sign != NULL)
		dkim_sign_header(m->sign, bytes_of(name), bytes_of(value));
	return SMFIS_NOREPLY;
}

sfsistat
content_on_eoh(SMFICTX *ctx)
{
	struct session *s = session_of(ctx);
	struct message *m = &s->message;

	spool_add(m, BYTES("\r\n"));
	if (s->verify == NULL)
		return SMFIS_NOREPLY;
	if (m->is_relayed)
		verify_client(s->verify, &m->relay_client, m->relay_helo);
	verify_eoh(s->verify);
	return SMFIS_NOREPLY;
}

sfsistat
content_on_body(SMFICTX *ctx, unsigned char *data, size_t n)
{
	struct session *s = session_of(ctx);
	struct message *m = &s->message;
	struct bytes piece = bytes_make(data, n);

	spool_add(m, piece);
	if (s->verify != NULL)
		verify_body(s->verify, piece);
	if (m->sign != NULL)
		dkim_sign_body(m->sign, piece);
	return SMFIS_NOREPLY;
}
