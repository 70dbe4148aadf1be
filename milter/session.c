/*
 * session - creates and frees a session, and clears its message.
 */
#include <config.h>

#include "base/clock.h"
#include "milter/session.h"

static const struct session_shared *shared;
static unsigned count;			/* atomic */

void
session_init(const struct session_shared *s)
{
	shared = s;
}

bool
session_reserve(uint64_t max)
{
	if (__atomic_add_fetch(&count, 1, __ATOMIC_RELAXED) <= max)
		return true;
	__atomic_sub_fetch(&count, 1, __ATOMIC_RELAXED);
	return false;
}

unsigned
session_count(void)
{
	return __atomic_load_n(&count, __ATOMIC_ACQUIRE);
}

struct bytes
session_macro(SMFICTX *ctx, const char *name)
{
	char copy[64];
	const char *v;

	(void)snprintf(copy, sizeof(copy), "%s", name);
	v = smfi_getsymval(ctx, copy);
	return v == NULL ? BYTES("") : bytes_of(v);
}

bool
session_is_ours(const struct session *s)
{
	return s->is_authenticated || s->kind == SESSION_OWN ||
	    s->kind == SESSION_LOCAL;
}

bool
session_is_limited(const struct session *s)
{
	return !s->is_authenticated && s->kind == SESSION_OUTSIDE;
}

struct limits_client
session_limits_client(const struct session *s, struct arena *a)
{
	return (struct limits_client){
		.settings = s->config->settings,
		.addr = &s->client,
		.now_ms = clock_mono_ms(),
		.arena = a
	};
}

void
session_message_clear(struct session *s)
{
	struct message *m = &s->message;

	if (s->verify != NULL)
		verify_reset(s->verify);
	spool_free(&m->spool);
	EVP_MD_CTX_free(m->sha256);
	dkim_sign_free(&m->sign);
	buf_free(&m->header);
	arena_clear(&m->arena);
	memset(m, 0, sizeof(*m));
	arena_init(&m->arena);
}

void
session_verify(struct session *s)
{
	if (session_is_ours(s) || s->verify != NULL || s->is_refused)
		return;
	s->verify = verify_new(s->config->site, &s->client, s->authserv_id);
	if (s->helo.len > 0)
		verify_helo(s->verify, s->helo);
}

/* ---- begin and end ---- */

static enum session_kind
kind_of(SMFICTX *ctx, const struct session *s)
{
	const struct config *c = s->config;

	/* Postfix: mail from sendmail(1) and its own mail have no port. */
	if (bytes_eq_str(session_macro(ctx, "{daemon_port}"), "0") ||
	    (s->client.family != ADDR_IPV4 && s->client.family != ADDR_IPV6))
		return SESSION_LOCAL;
	if (networks_have(&c->own, &s->client))
		return SESSION_OWN;
	if (networks_have(&c->relays, &s->client))
		return SESSION_RELAY;
	if (networks_have(&c->exempt, &s->client))
		return SESSION_EXEMPT;
	return SESSION_OUTSIDE;
}

struct session *
session_new(SMFICTX *ctx, const char *name, const struct sockaddr *sa)
{
	struct session *s = calloc(1, sizeof(*s));
	char text[ADDR_TEXT_MAX];

	if (s == NULL)
		fatal("out of memory");
	s->log.cid = log_cid_next();
	s->shared = shared;
	s->config = config_current();
	arena_init(&s->arena);
	arena_init(&s->message.arena);
	if (sa != NULL)
		addr_from_sockaddr(&s->client, sa);
	s->client.port = 0;
	s->kind = kind_of(ctx, s);
	if (s->client.family == ADDR_IPV4 || s->client.family == ADDR_IPV6)
		s->client_ip = bytes_dup(&s->arena,
		    bytes_of(addr_print(&s->client, text)));
	/* "[192.0.2.1]" or "unknown": the client has no verified name. */
	if (name != NULL && name[0] != '[' && strcmp(name, "unknown") != 0)
		s->client_name = bytes_dup(&s->arena, bytes_of(name));
	s->authserv_id = bytes_of(s->config->settings->authserv_id);
	if (s->authserv_id.len == 0)
		s->authserv_id = bytes_dup(&s->arena,
		    session_macro(ctx, "j"));
	s->is_submission = list_has(&s->config->settings->submission_daemons,
	    session_macro(ctx, "{daemon_name}"));
	return s;
}

void
session_free(struct session **sp)
{
	struct session *s = *sp;

	if (s == NULL)
		return;
	*sp = NULL;
	limits_close(s->shared->limits, &s->client, s->lease);
	session_message_clear(s);
	verify_free(&s->verify);
	arena_clear(&s->arena);
	free(s);
	__atomic_sub_fetch(&count, 1, __ATOMIC_RELEASE);
}
