/* listeners - opens the sockets of postern-imapd and sets up their services. */
#include <config.h>

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "net/privileges.h"
#include "imapd/listeners.h"
#include "imapd/request_service.h"

enum listener_tls { TLS_NEVER, TLS_MAY, TLS_ALWAYS };
enum listener_owner { OWNER_MTA, OWNER_MILTER, OWNER_ADMIN };

/* A kind of listener.  Its service is a copy of the template. */
struct listener_kind {
	const char *setting;
	size_t addrs;			/* offset in struct settings */
	size_t idle_ms;			/* likewise */
	const struct service *template;
	enum listener_tls tls;
	enum listener_owner owner;
};

#define OFF(field)	offsetof(struct settings, field)

static const struct listener_kind kinds[] = {
	{ "imap-listen", OFF(imap_listen), OFF(imap_idle_timeout_ms),
	    &imap_service_template, TLS_MAY, OWNER_MTA },
	{ "imaps-listen", OFF(imaps_listen), OFF(imap_idle_timeout_ms),
	    &imap_service_template, TLS_ALWAYS, OWNER_MTA },
	{ "lmtp-listen", OFF(lmtp_listen), OFF(lmtp_timeout_ms),
	    &lmtp_service_template, TLS_NEVER, OWNER_MTA },
	{ "socketmap-listen", OFF(socketmap_listen), OFF(service_timeout_ms),
	    &socketmap_service_template, TLS_NEVER, OWNER_MTA },
	{ "auth-listen", OFF(auth_listen), OFF(service_timeout_ms),
	    &sasl_service_template, TLS_NEVER, OWNER_MTA },
	{ "store-milter-listen", OFF(store_milter_listen),
	    OFF(service_timeout_ms), &request_service_template, TLS_NEVER,
	    OWNER_MILTER },
	{ "store-admin-listen", OFF(store_admin_listen),
	    OFF(service_timeout_ms), &request_service_template, TLS_NEVER,
	    OWNER_ADMIN },
};

#define KINDS	(sizeof(kinds) / sizeof(*kinds))

/* These live as long as the server. */
static struct service services[KINDS];
static struct request_listener request_listeners[KINDS];

static const void *
setting_at(const struct settings *s, size_t offset)
{
	return (const char *)s + offset;
}

/*
 * Finds the user that may use a store socket.  Programs not started as root all
 * run as the same user.
 */
static int
kind_user(const struct imapd *d, const struct listener_kind *kind, bool as_root,
    struct request_listener *sd, struct listen_spec *spec, struct err *err)
{
	const struct settings *s = imapd_settings(d);
	const char *name = kind->owner == OWNER_MILTER ? s->milter_user :
	    s->admin_user;
	struct privileges_user user;

	sd->uid = geteuid();
	sd->root_too = kind->owner == OWNER_ADMIN;
	spec->mode = 0600;
	if (!as_root)
		return 0;
	if (privileges_find(name, kind->owner == OWNER_MILTER ?
	    "milter-user" : "admin-user", &user, err) == -1)
		return -1;
	sd->uid = user.uid;
	spec->user = name;
	return 0;
}

static int
kind_prepare(struct imapd *d, size_t n, bool as_root,
    struct listen_spec *spec, struct err *err)
{
	const struct settings *s = imapd_settings(d);
	const struct listener_kind *kind = &kinds[n];
	struct service *sv = &services[n];

	memset(spec, 0, sizeof(*spec));
	spec->setting = kind->setting;
	spec->backlog = (int)s->listen_backlog;
	*sv = *kind->template;
	sv->arg = d;
	sv->idle_ms = (int)*(const uint64_t *)setting_at(s, kind->idle_ms);
	sv->login_ms = (int)s->prelogin_timeout_ms;
	sv->write_ms = (int)s->write_timeout_ms;
	if (kind->template == &imap_service_template) {
		sv->strangers_max = (int)s->prelogin_per_ip_max;
		sv->strangers_setting = "prelogin-per-ip-max";
	}
	if (kind->owner == OWNER_MTA) {
		spec->mode = (mode_t)s->mta_socket_mode;
		spec->group = *s->mta_socket_group != '\0' ?
		    s->mta_socket_group : NULL;
		return 0;
	}
	request_listeners[n].imapd = d;
	request_listeners[n].role = kind->owner == OWNER_MILTER ?
	    ROLE_MILTER : ROLE_ADMIN;
	sv->arg = &request_listeners[n];
	return kind_user(d, kind, as_root, &request_listeners[n], spec, err);
}

static int
kind_open(struct imapd *d, size_t n, bool as_root, struct err *err)
{
	const struct settings *s = imapd_settings(d);
	const struct listener_kind *kind = &kinds[n];
	const struct settings_addrs *addrs = setting_at(s, kind->addrs);
	struct listener l;

	if (kind->tls == TLS_ALWAYS && d->tls == NULL)
		return 0;
	memset(&l, 0, sizeof(l));
	if (kind_prepare(d, n, as_root, &l.spec, err) == -1)
		return -1;
	l.service = &services[n];
	l.tls = kind->tls == TLS_NEVER ? NULL : d->tls;
	l.implicit_tls = kind->tls == TLS_ALWAYS;
	for (size_t i = 0; i < addrs->n; i++) {
		l.spec.where = addrs->v[i].text;
		if (kind->owner != OWNER_MTA && addrs->v[i].path == NULL)
			return err_set(err, ERR_REFUSED,
			    "'%s' (setting %s) is not a Unix socket, and "
			    "others do not identify the peer", addrs->v[i].text,
			    kind->setting);
		if (server_listen(d->server, &l, err) == -1)
			return -1;
		log_info(&d->log, "listening", KV_STR("at", l.spec.where),
		    KV_STR("service", l.service->name));
	}
	return 0;
}

/* Logs it if roles cannot be told apart by user. */
static void
roles_compare(const struct imapd *d)
{
	const struct request_listener *one = NULL;

	for (size_t i = 0; i < KINDS; i++) {
		if (kinds[i].owner == OWNER_MTA)
			continue;
		if (one != NULL && one->uid == request_listeners[i].uid) {
			log_info(&d->log, "store roles are those of the "
			    "sockets: the programs share one user",
			    KV_UINT("uid", one->uid));
			return;
		}
		one = &request_listeners[i];
	}
}

int
listeners_open(struct imapd *d, bool as_root, struct err *err)
{
	for (size_t i = 0; i < KINDS; i++)
		if (kind_open(d, i, as_root, err) == -1)
			return -1;
	roles_compare(d);
	return 0;
}
