/*
 * imapd - what all services of postern-imapd share
 *
 * Made by main.c before the server runs; each service finds it by
 * conn_service_arg().  Nothing here changes while the server runs, but for
 * settings, which SIGHUP replaces by a new struct (imapd_settings()).
 */
#ifndef IMAPD_IMAPD_H
#define IMAPD_IMAPD_H

#include "auth/check.h"
#include "auth/origin.h"
#include "base/log.h"
#include "base/settings.h"
#include "net/server.h"
#include "proto/imap_collect.h"
#include "store/address.h"
#include "store/message.h"
#include "store/store.h"

struct imapd {
	const struct settings *settings;	/* borrowed */
	struct store *store;			/* own */
	struct auth *auth;			/* own */
	struct server *server;			/* own */
	struct address_site site;		/* borrowed: settings */
	struct imap_collect_limits imap_limits;
	const char *spool_dir;			/* own: messages on their way */
	struct log log;
};

/* The IMAP service's rows for server_listen(): imap_session.c. */
extern const struct service imap_service_template;

#endif
