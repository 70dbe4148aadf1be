/*
 * verify - the stages of a connection, and the wait at the end of a message.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "mail/address.h"
#include "auth/verify-private.h"

/* ---- shared by all connections ---- */

int
verify_site_new(const struct settings *settings, struct dns *dns,
    struct bytes secret, struct verify_site **site, struct err *err)
{
	struct verify_site *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory");
	s->settings = settings;
	s->dns = dns;
	s->keys = dkim_key_source_dns(dns);
	buf_bytes(&s->secret, secret);
	if (orgdomain_new(&s->list, err) == -1 ||
	    dkim_engine_new(0, &s->dkim, err) == -1 ||
	    dnsbl_new(settings, &s->lists, err) == -1) {
		verify_site_free(&s);
		return -1;
	}
	*site = s;
	return 0;
}

void
verify_site_free(struct verify_site **site)
{
	struct verify_site *s = *site;

	if (s == NULL)
		return;
	*site = NULL;
	dnsbl_free(&s->lists);
	dkim_engine_free(&s->dkim);
	orgdomain_free(&s->list);
	buf_free(&s->secret);
	free(s);
}

/* ---- the connection ---- */

static bool
has_ip(const struct verify *v)
{
	return v->client.family == ADDR_IPV4 ||
	    v->client.family == ADDR_IPV6;
}

static void
client_set(struct verify *v, const struct addr *client)
{
	v->client = *client;
	v->client.port = 0;
	v->has_iprev = v->has_lists = v->spf_helo.is_done = false;
	if (!has_ip(v))
		return;
	iprev_start(v->site->dns, &v->client);
	dnsbl_start(v->site->lists, v->site->dns, &v->client);
}

struct verify *
verify_new(struct verify_site *site, const struct addr *client,
    struct bytes authserv_id)
{
	struct verify *v = calloc(1, sizeof(*v));

	if (v == NULL)
		fatal("out of memory");
	v->site = site;
	arena_init(&v->arena);
	arena_init(&v->relay_arena);
	arena_init(&v->spf_helo_arena);
	arena_init(&v->iprev_arena);
	arena_init(&v->lists_arena);
	arena_init(&v->message.arena);
	if (authserv_id.len == 0)
		authserv_id = bytes_of(site->settings->authserv_id);
	if (authserv_id.len == 0)
		authserv_id = bytes_of(site->settings->hostname);
	v->authserv_id = bytes_dup(&v->arena, authserv_id);
	v->own_client = *client;
	client_set(v, client);
	return v;
}

void
verify_free(struct verify **vp)
{
	struct verify *v = *vp;

	if (v == NULL)
		return;
	*vp = NULL;
	verify_reset(v);
	arena_clear(&v->lists_arena);
	arena_clear(&v->iprev_arena);
	arena_clear(&v->spf_helo_arena);
	arena_clear(&v->relay_arena);
	arena_clear(&v->arena);
	free(v);
}

void
verify_reset(struct verify *v)
{
	struct verify_message *m = &v->message;

	dkim_verify_free(&m->dkim);
	arc_free(&m->arc);
	EVP_MD_CTX_free(m->digest);
	arena_clear(&m->arena);
	memset(m, 0, sizeof(*m));
	arena_init(&m->arena);
}

/* ---- SPF ---- */

static struct spf_query
spf_query_of(const struct verify *v, struct bytes sender, uint64_t deadline)
{
	return (struct spf_query){
		.ip = v->client,
		.helo = v->helo,
		.sender = sender,
		.receiver = v->site->settings->hostname,
		.deadline = deadline,
		.engine = (enum spf_engine)v->site->settings->spf_engine,
	};
}

static void
spf_foresee(struct verify *v, struct bytes sender)
{
	struct spf_query q = spf_query_of(v, sender, 0);

	if (has_ip(v))
		spf_start(v->site->dns, &q);
}

static void
spf_make(struct verify *v, struct verify_spf *spf, struct arena *a,
    struct bytes sender, uint64_t deadline)
{
	struct spf_query q = spf_query_of(v, sender, deadline);

	spf_check(v->site->dns, a, &q, &spf->result);
	spf->is_done = true;
}

/* Should it be looked up again, because the DNS may answer now? */
static bool
spf_is_due(const struct verify_spf *spf)
{
	return !spf->is_done || spf->result.status == SPF_TEMPERROR;
}

static void
helo_set(struct verify *v, struct bytes helo)
{
	v->helo = helo;
	v->spf_helo.is_done = false;
	spf_foresee(v, BYTES(""));
}

void
verify_helo(struct verify *v, struct bytes name)
{
	v->own_helo = bytes_dup(&v->arena, name);
	helo_set(v, v->own_helo);
}

void
verify_client(struct verify *v, const struct addr *client, struct bytes helo)
{
	v->is_relayed = true;
	client_set(v, client);
	arena_clear(&v->relay_arena);
	helo_set(v, bytes_dup(&v->relay_arena, helo));
	v->message.spf.is_done = false;
	spf_foresee(v, v->message.mail_from);
}

/* The next message may be from another client. */
static void
client_restore(struct verify *v)
{
	if (!v->is_relayed)
		return;
	v->is_relayed = false;
	client_set(v, &v->own_client);
	helo_set(v, v->own_helo);
}

/* ---- the envelope ---- */

static uint64_t
command_deadline(const struct verify *v)
{
	return clock_mono_ms() + v->site->settings->dns_command_deadline_ms;
}

void
verify_mail(struct verify *v, struct bytes mail_from)
{
	struct verify_message *m = &v->message;

	verify_reset(v);
	client_restore(v);
	m->mail_from = bytes_dup(&m->arena, mail_from);
	sender_domain_start(v->site->dns, address_domain_part(m->mail_from));
	if (m->mail_from.len > 0)
		spf_foresee(v, m->mail_from);
}

enum sender_domain
verify_sender_domain(struct verify *v)
{
	struct verify_message *m = &v->message;

	if (!m->sender_known) {
		m->sender = sender_domain_check(v->site->dns, &m->arena,
		    address_domain_part(m->mail_from), command_deadline(v));
		m->sender_known = true;
	}
	return m->sender;
}

bool
verify_spf_passed(struct verify *v)
{
	struct verify_message *m = &v->message;

	if (!has_ip(v))
		return false;
	if (!m->spf.is_done)
		spf_make(v, &m->spf, &m->arena, m->mail_from,
		    command_deadline(v));
	return m->spf.result.status == SPF_PASS;
}

/* ---- the message ---- */

/* Allocated at the first field, so that an idle connection does not have it. */
static void
message_begin(struct verify *v)
{
	struct verify_message *m = &v->message;

	if (m->dkim != NULL)
		return;
	m->dkim = dkim_verify_new(v->site->dkim, &v->site->keys,
	    (size_t)v->site->settings->dkim_max_signatures);
	m->arc = arc_new(&v->site->keys);
	if ((m->digest = EVP_MD_CTX_new()) == NULL ||
	    EVP_DigestInit_ex(m->digest, EVP_sha256(), NULL) != 1)
		fatal("out of memory");
}

static void
from_add(struct verify_message *m, struct bytes value)
{
	struct err err = ERR_INIT;
	struct address_entry *e;

	m->from_fields++;
	if (m->from_fields > 1)
		return;
	for (e = address_list_parse(&m->arena, value); e != NULL;
	    e = e->next) {
		if (e->kind != ADDRESS_MAILBOX)
			continue;
		m->from_addresses++;
		if (e->localpart.len == 0 || address_domain_parse(&m->arena,
		    e->domain, &m->from_domain, &err) == -1)
			m->from_domain = BYTES("");
	}
}

/*
 * Digests what stays the same when a message is sent again.  (Received does
 * not.  A sender could change the body as easily as these fields.)
 */
static void
digest_add(struct verify_message *m, struct bytes name, struct bytes value)
{
	static const char *const names[] = {
		"From", "To", "Subject", "Date", "Message-ID"
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (bytes_ieq_str(name, names[i])) {
			value = bytes_trim(value);
			(void)EVP_DigestUpdate(m->digest, names[i],
			    strlen(names[i]) + 1);
			(void)EVP_DigestUpdate(m->digest, value.data,
			    value.len);
		}
}

void
verify_header(struct verify *v, struct bytes name, struct bytes value)
{
	struct verify_message *m = &v->message;

	message_begin(v);
	dkim_verify_header(m->dkim, name, value);
	arc_header(m->arc, name, value);
	digest_add(m, name, value);
	if (bytes_ieq_str(name, "From"))
		from_add(m, value);
}

static enum verify_from
from_is(const struct verify_message *m)
{
	if (m->from_fields == 0)
		return VERIFY_FROM_NONE;
	if (m->from_fields > 1 || m->from_addresses > 1)
		return VERIFY_FROM_SEVERAL;
	return m->from_addresses == 1 && m->from_domain.len > 0 ?
	    VERIFY_FROM_ONE : VERIFY_FROM_MALFORMED;
}

void
verify_eoh(struct verify *v)
{
	struct verify_message *m = &v->message;
	struct dmarc_lookup lookup;

	if (m->header_ended)
		return;
	message_begin(v);
	m->header_ended = true;
	m->result.from_is = from_is(m);
	if (m->result.from_is == VERIFY_FROM_ONE)
		m->result.from_domain = m->from_domain;
	lookup = verify_dmarc_lookup(v, 0);
	dmarc_start(&lookup, m->result.from_domain);
	dkim_verify_eoh(m->dkim);
	arc_eoh(m->arc);
}

void
verify_body(struct verify *v, struct bytes piece)
{
	verify_eoh(v);
	dkim_verify_body(v->message.dkim, piece);
	arc_body(v->message.arc, piece);
}

/* ---- the end ---- */

/* A list that did not answer is asked again for the next message. */
static void
client_end(struct verify *v, uint64_t deadline)
{
	struct verify_result *r = &v->message.result;

	if (!has_ip(v))
		return;
	if (!v->has_iprev || v->iprev.status == IPREV_TEMPERROR) {
		arena_clear(&v->iprev_arena);
		iprev_check(v->site->dns, &v->iprev_arena, &v->client,
		    deadline, &v->iprev);
	}
	if (!v->has_lists || v->lists.errors > 0) {
		arena_clear(&v->lists_arena);
		dnsbl_check(v->site->lists, v->site->dns, &v->lists_arena,
		    &v->client, deadline, &v->lists);
	}
	v->has_iprev = v->has_lists = true;
	r->iprev = &v->iprev;
	r->dnsbl = &v->lists;
}

static void
spf_end(struct verify *v, uint64_t deadline)
{
	struct verify_message *m = &v->message;
	struct verify_result *r = &m->result;

	if (!has_ip(v))
		return;
	if (v->helo.len > 0) {
		if (spf_is_due(&v->spf_helo)) {
			arena_clear(&v->spf_helo_arena);
			spf_make(v, &v->spf_helo, &v->spf_helo_arena,
			    BYTES(""), deadline);
		}
		r->spf_helo = &v->spf_helo.result;
	}
	if (m->mail_from.len == 0) {
		r->spf_mail = r->spf_helo;
		return;
	}
	if (spf_is_due(&m->spf))
		spf_make(v, &m->spf, &m->arena, m->mail_from, deadline);
	r->spf_mail = &m->spf.result;
}

const struct verify_result *
verify_end(struct verify *v)
{
	struct verify_message *m = &v->message;
	struct verify_result *r = &m->result;
	uint64_t begin = clock_mono_ms();
	uint64_t deadline = begin + v->site->settings->dns_deadline_ms;

	if (m->ended)
		return r;
	m->ended = true;
	verify_eoh(v);
	r->client = v->client;
	r->helo = v->helo;
	r->mail_from = m->mail_from;
	client_end(v, deadline);
	spf_end(v, deadline);
	dkim_verify_finish(m->dkim, &m->arena, deadline, &m->dkim_results);
	r->dkim = &m->dkim_results;
	arc_finish(m->arc, &m->arena, deadline, &m->arc_result);
	r->arc = &m->arc_result;
	verify_policy(v, deadline);
	r->wait_ms = (unsigned)(clock_mono_ms() - begin);
	r->authentication_results = verify_authentication_results(v);
	return r;
}
