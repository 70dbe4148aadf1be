/*
 * What is negotiated with the MTA, and the beginning and end of a session.
 */
#include <config.h>

#include "milter/milter.h"
#include "milter/session.h"

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

void
session_message_clear(struct session *s)
{
	struct message *m = &s->message;

	if (s->verify != NULL)
		verify_reset(s->verify);
	spool_free(&m->spool);
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

/*
 * Header and body are not answered, to save the MTA the waiting.  Recipients
 * that the MTA refuses itself are shown, to be counted.
 */
static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps,
    unsigned long f2, unsigned long f3, unsigned long *pactions,
    unsigned long *psteps, unsigned long *pf2, unsigned long *pf3)
{
	/* So that nobody has to set milter_*_macros in main.cf. */
	static char connect_macros[] = "j {daemon_name} {daemon_port}";
	static char helo_macros[] = "{tls_version} {cipher}";
	static char mail_macros[] = "i {auth_type} {auth_authen}";
	static char rcpt_macros[] = "i {rcpt_mailer} {rcpt_host}";
	static char eom_macros[] = "i {msg_id}";
	const unsigned long wanted = SMFIP_NR_EOH | SMFIP_NR_HDR |
	    SMFIP_NR_BODY | SMFIP_HDR_LEADSPC | SMFIP_RCPT_REJ;
	const unsigned long changes = SMFIF_ADDHDRS | SMFIF_CHGHDRS;

	*pactions = actions & changes;
	*psteps = steps & wanted;
	*pf2 = *pf3 = 0;
	if (*psteps != wanted || *pactions != changes) {
		log_error(&milter.log, "this MTA's milter protocol is too "
		    "old: version 6 is needed");
		return SMFIS_REJECT;
	}
	(void)smfi_setsymlist(ctx, SMFIM_CONNECT, connect_macros);
	(void)smfi_setsymlist(ctx, SMFIM_HELO, helo_macros);
	(void)smfi_setsymlist(ctx, SMFIM_ENVFROM, mail_macros);
	(void)smfi_setsymlist(ctx, SMFIM_ENVRCPT, rcpt_macros);
	(void)smfi_setsymlist(ctx, SMFIM_EOM, eom_macros);
	return SMFIS_CONTINUE;
}

static sfsistat
on_abort(SMFICTX *ctx)
{
	struct session *s = session_of(ctx);

	if (s != NULL)
		session_message_clear(s);
	return SMFIS_CONTINUE;
}

static sfsistat
on_close(SMFICTX *ctx)
{
	struct session *s = session_of(ctx);

	if (s == NULL)
		return SMFIS_CONTINUE;
	(void)smfi_setpriv(ctx, NULL);
	limits_close(milter.limits, &s->client, s->lease);
	session_message_clear(s);
	verify_free(&s->verify);
	arena_clear(&s->arena);
	free(s);
	__atomic_sub_fetch(&milter.sessions, 1, __ATOMIC_RELAXED);
	return SMFIS_CONTINUE;
}

int
session_register(struct err *err)
{
	static char name[] = "postern-milter";
	struct smfiDesc desc = {
		.xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS |
		    SMFIF_SETSYMLIST,
		.xxfi_connect = connect_on_connect,
		.xxfi_helo = connect_on_helo,
		.xxfi_envfrom = envelope_on_mail,
		.xxfi_envrcpt = envelope_on_rcpt,
		.xxfi_header = content_on_header,
		.xxfi_eoh = content_on_eoh,
		.xxfi_body = content_on_body,
		.xxfi_eom = finish_on_eom,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
		.xxfi_unknown = connect_on_unknown,
		.xxfi_data = envelope_on_data,
		.xxfi_negotiate = on_negotiate,
	};

	if (smfi_register(desc) != MI_SUCCESS)
		return err_set(err, ERR_INTERNAL, "libmilter refuses the "
		    "filter: it is older than this program");
	return 0;
}
