/*
 * callbacks - negotiates with the MTA and registers the callbacks.
 */
#include <config.h>

#include "milter/callbacks.h"
#include "milter/connect.h"
#include "milter/content.h"
#include "milter/envelope.h"
#include "milter/finish.h"
#include "milter/session.h"

/*
 * Header and body get no reply, so that the MTA does not wait for one.  The MTA
 * also reports recipients that it refuses itself, so that we can count them.
 */
static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps,
    unsigned long f2, unsigned long f3, unsigned long *pactions,
    unsigned long *psteps, unsigned long *pf2, unsigned long *pf3)
{
	/* So that milter_*_macros need not be set in main.cf. */
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
		log_error(NULL, "this MTA's milter protocol is too "
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

	(void)smfi_setpriv(ctx, NULL);
	session_free(&s);
	return SMFIS_CONTINUE;
}

int
callbacks_register(struct err *err)
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
		return err_set(err, ERR_INTERNAL, "cannot register with "
		    "libmilter: it is older than this program");
	return 0;
}
