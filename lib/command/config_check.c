/*
 * config_check - compares settings with each other, and checks the files,
 * users, networks and lists that they name.
 */
#include <config.h>

#include <sys/un.h>

#include <errno.h>
#include <pwd.h>
#include <grp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "net/addr.h"
#include "net/dns.h"
#include "auth/dnsbl.h"
#include "command/config_check-private.h"

void
finding_add(struct config_check *k, bool is_error, const char *setting,
    const char *fmt, ...)
{
	struct config_finding *f = arena_zalloc(k->a, sizeof(*f));
	va_list ap;

	f->is_error = is_error;
	f->setting = setting;
	f->where = settings_where(k->s, setting);
	va_start(ap, fmt);
	f->text = arena_vprintf(k->a, fmt, ap);
	va_end(ap);
	*k->tail = f;
	k->tail = &f->next;
}

static void
check_readable(struct config_check *k, const char *setting, const char *path)
{
	if (*path != '\0' && access(path, R_OK) == -1)
		finding_add(k, true, setting, "%s: cannot read '%s': %s",
		    setting, path, strerror(errno));
}

static void
check_files(struct config_check *k)
{
	const struct settings *s = k->s;

	check_readable(k, "tls-cert", s->tls_cert);
	check_readable(k, "tls-key", s->tls_key);
	if (access(s->origin_key_file, F_OK) == 0)
		check_readable(k, "origin-key-file", s->origin_key_file);
	if (*s->tls_cert == '\0' && *s->tls_key != '\0')
		finding_add(k, true, "tls-key",
		    "tls-key is set but tls-cert is not: TLS is off");
	if (*s->tls_cert == '\0' && s->imaps_listen.n > 0)
		finding_add(k, false, "imaps-listen", "tls-cert is not set: "
		    "TLS is off, and imaps-listen is ignored");
	if (access(s->state_dir, F_OK) == 0 &&
	    access(s->state_dir, X_OK) == -1)
		finding_add(k, false, "state-dir",
		    "state-dir: cannot search '%s': %s", s->state_dir,
		    strerror(errno));
}

static void
check_user(struct config_check *k, const char *setting, const char *name)
{
	if (*name != '\0' && getpwnam(name) == NULL)
		finding_add(k, settings_where(k->s, setting).line > 0, setting,
		    "%s: there is no user '%s'", setting, name);
}

/* The users matter only if the programs are started as root. */
static void
check_users(struct config_check *k)
{
	const struct settings *s = k->s;

	if (geteuid() != 0)
		return;
	check_user(k, "imapd-user", s->imapd_user);
	check_user(k, "milter-user", s->milter_user);
	check_user(k, "admin-user", s->admin_user);
	if (*s->mta_socket_group != '\0' &&
	    getgrnam(s->mta_socket_group) == NULL)
		finding_add(k, true, "mta-socket-group",
		    "mta-socket-group: there is no group '%s'",
		    s->mta_socket_group);
}

/* All addresses that the suite listens on. */
struct listener {
	const char *setting;
	const struct settings_addr *addr;
};

#define LISTENERS_MAX	256

static size_t
add_listeners(struct listener *l, size_t n, const char *setting,
    const struct settings_addrs *addrs)
{
	for (size_t i = 0; i < addrs->n && n < LISTENERS_MAX; i++) {
		l[n].setting = setting;
		l[n++].addr = &addrs->v[i];
	}
	return n;
}

static size_t
all_listeners(const struct settings *s, struct listener *l)
{
	size_t n = 0;

	n = add_listeners(l, n, "imap-listen", &s->imap_listen);
	n = add_listeners(l, n, "imaps-listen", &s->imaps_listen);
	n = add_listeners(l, n, "lmtp-listen", &s->lmtp_listen);
	n = add_listeners(l, n, "socketmap-listen", &s->socketmap_listen);
	n = add_listeners(l, n, "auth-listen", &s->auth_listen);
	n = add_listeners(l, n, "store-milter-listen",
	    &s->store_milter_listen);
	n = add_listeners(l, n, "store-admin-listen", &s->store_admin_listen);
	if (n < LISTENERS_MAX) {
		l[n].setting = "milter-listen";
		l[n++].addr = &s->milter_listen;
	}
	return n;
}

static bool
same_place(const struct settings_addr *a, const struct settings_addr *b)
{
	if (a->path != NULL || b->path != NULL)
		return a->path != NULL && b->path != NULL &&
		    strcmp(a->path, b->path) == 0;
	if (a->port != b->port || a->port == 0)
		return false;
	return strcmp(a->host, b->host) == 0 || strcmp(a->host, "*") == 0 ||
	    strcmp(b->host, "*") == 0;
}

static void
check_listeners(struct config_check *k)
{
	struct listener l[LISTENERS_MAX];
	size_t n = all_listeners(k->s, l);
	struct sockaddr_un sun;

	for (size_t i = 0; i < n; i++) {
		if (l[i].addr->path != NULL &&
		    strlen(l[i].addr->path) >= sizeof(sun.sun_path))
			finding_add(k, true, l[i].setting,
			    "%s: the socket path "
			    "'%s' is longer than %zu bytes", l[i].setting,
			    l[i].addr->path, sizeof(sun.sun_path) - 1);
		for (size_t j = 0; j < i; j++)
			if (same_place(l[i].addr, l[j].addr))
				finding_add(k, true, l[i].setting,
				    "%s: '%s' is already used by %s ('%s')",
				    l[i].setting, l[i].addr->text,
				    l[j].setting, l[j].addr->text);
	}
}

/* A Unix socket is on this host, so both ends can be compared. */
static void
check_client(struct config_check *k, const char *setting,
    const struct settings_addr *to, const char *server,
    const struct settings_addrs *addrs)
{
	for (size_t i = 0; i < addrs->n; i++)
		if (same_place(to, &addrs->v[i]))
			return;
	if (to->path != NULL)
		finding_add(k, false, setting, "%s: '%s' is not an address of "
		    "%s", setting, to->text, server);
}

static void
check_together(struct config_check *k)
{
	const struct settings *s = k->s;

	check_client(k, "milter-imapd", &s->milter_imapd,
	    "store-milter-listen", &s->store_milter_listen);
	check_client(k, "ctl-imapd", &s->ctl_imapd, "store-admin-listen",
	    &s->store_admin_listen);
	if (s->body_memory_max > s->message_size_max)
		finding_add(k, false, "body-memory-max", "body-memory-max is "
		    "larger than message-size-max: nothing is ever spooled");
	if (s->log_level > LOG_LEVEL_TRACE)
		finding_add(k, false, "log-level", "log-level: passwords%s are "
		    "logged", s->log_level == LOG_LEVEL_TRACEDATA ?
		    " and messages" : "");
}

/* Checks each word of the lists of networks. */
static void
check_networks(struct config_check *k)
{
	const struct {
		const char *name;
		const struct settings_list *list;
	} rows[] = {
		{ "own-networks", &k->s->own_networks },
		{ "trusted-relays", &k->s->trusted_relays },
		{ "exempt-clients", &k->s->exempt_clients }
	};
	struct err err = ERR_INIT;
	struct cidr net;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (size_t n = 0; n < rows[i].list->n; n++)
			if (cidr_parse(bytes_of(rows[i].list->v[n]), &net,
			    &err) == -1)
				finding_add(k, true, rows[i].name, "%s: %s",
				    rows[i].name, err.text);
}

/* Checks the resolver, the trust anchor, dns-data and the DNS lists. */
static void
check_dns(struct config_check *k)
{
	struct err err = ERR_INIT;
	struct dns *dns = NULL;
	struct dnsbl *lists = NULL;

	if (dns_new(k->s, &dns, &err) == -1)
		finding_add(k, true, *k->s->dns_data != '\0' ? "dns-data" :
		    *k->s->trust_anchor != '\0' ? "trust-anchor" :
		    "resolver", "%s", err.text);
	if (dnsbl_new(k->s, &lists, &err) == -1)
		finding_add(k, true, "dnsbl-zones", "%s", err.text);
	if (*k->s->dns_data != '\0')
		finding_add(k, false, "dns-data", "dns-data: the DNS is not "
		    "queried, '%s' replaces it", k->s->dns_data);
	dnsbl_free(&lists);
	dns_free(&dns);
}

struct config_finding *
config_check(const struct settings *s, struct arena *a)
{
	struct config_check k = { s, a, NULL, NULL };

	k.tail = &k.first;
	check_files(&k);
	check_users(&k);
	check_listeners(&k);
	check_together(&k);
	check_networks(&k);
	check_dns(&k);
	check_postfix(&k);
	return k.first;
}
