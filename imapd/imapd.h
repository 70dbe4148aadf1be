/*
 * imapd - what all services of postern-imapd share
 *
 * main() creates it before the server runs.  Each service finds it with
 * conn_service_arg() (or with imapd_of(), whatever its own argument is).
 * Nothing in it changes while the server runs except the settings, which SIGHUP
 * replaces with a new struct.  Always read them with imapd_settings(), once per
 * command.  Old settings are kept until the end.
 */
#ifndef IMAPD_IMAPD_H
#define IMAPD_IMAPD_H

#include "base/log.h"
#include "config/settings.h"
#include "mail/message.h"
#include "proto/imap_collect.h"
#include "net/server.h"
#include "login/authenticate.h"
#include "auth/origin.h"
#include "directory/address_map.h"
#include "store/store.h"
#include "store/stored_message.h"

struct imapd {
	const struct settings *settings;	/* own; imapd_settings() */
	struct store *store;			/* own */
	struct auth *auth;			/* own */
	struct server *server;			/* own */
	struct keyfile *origin_keys;		/* own; imapd_origin_keys() */
	struct tls_context *tls;		/* own; NULL: no certificate */
	struct address_site site;		/* borrowed: settings */
	struct imap_collect_limits imap_limits;
	struct imap_collect_limits stranger_limits;	/* before a login */
	struct mail_limits mail_limits;		/* also used by the store */
	const char *spool_dir;			/* own: for the store */
	int64_t started;			/* time(NULL) */
	struct log log;
	/*
	 * Does what SIGHUP does, after checking that the configuration can be
	 * read.  Returns 0, or -1 with what is wrong with it.  May be called
	 * from any thread.
	 */
	int (*reload)(struct imapd *d, struct err *err);
};

/* Returns the current settings.  Read them once per command. */
static inline const struct settings *
imapd_settings(const struct imapd *d)
{
	return __atomic_load_n(&d->settings, __ATOMIC_ACQUIRE);
}

/* The same for the origin keys, which SIGHUP also reads again. */
static inline const struct keyfile *
imapd_origin_keys(const struct imapd *d)
{
	return __atomic_load_n(&d->origin_keys, __ATOMIC_ACQUIRE);
}

/* Templates of the services; listeners.c fills in arg and limits. */
extern const struct service imap_service_template;	/* imap_session.c */
extern const struct service lmtp_service_template;	/* lmtp.c */
/* socketmap_service.c */
extern const struct service socketmap_service_template;
extern const struct service sasl_service_template;	/* auth_service.c */
extern const struct service request_service_template;	/* request_service.c */

#endif
