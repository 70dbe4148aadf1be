#include <config.h>

#include <sys/un.h>

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <grp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "auth/dnsbl.h"
#include "base/encode.h"
#include "ctl/check.h"
#include "ctl/main_cf.h"
#include "ctl/program.h"
#include "net/addr.h"
#include "net/dns.h"

struct check {
	const struct settings *s;
	struct arena *a;
	struct check_finding *first, **tail;
};

__attribute__((format(printf, 4, 5)))
static void
finding(struct check *k, bool is_error, const char *setting,
    const char *fmt, ...)
{
	struct check_finding *f = arena_zalloc(k->a, sizeof(*f));
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
check_readable(struct check *k, const char *setting, const char *path)
{
	if (*path != '\0' && access(path, R_OK) == -1)
		finding(k, true, setting, "%s: cannot read '%s': %s",
		    setting, path, strerror(errno));
}

static void
check_files(struct check *k)
{
	const struct settings *s = k->s;

	check_readable(k, "tls-cert", s->tls_cert);
	check_readable(k, "tls-key", s->tls_key);
	if (access(s->origin_key_file, F_OK) == 0)
		check_readable(k, "origin-key-file", s->origin_key_file);
	if (*s->tls_cert == '\0' && *s->tls_key != '\0')
		finding(k, true, "tls-key",
		    "tls-key is set and tls-cert is not: there is no TLS");
	if (*s->tls_cert == '\0' && s->imaps_listen.n > 0)
		finding(k, false, "imaps-listen", "tls-cert is not set: "
		    "there is no TLS, and nothing is opened for "
		    "imaps-listen");
	if (access(s->state_dir, F_OK) == 0 &&
	    access(s->state_dir, X_OK) == -1)
		finding(k, false, "state-dir",
		    "state-dir: cannot search '%s': %s", s->state_dir,
		    strerror(errno));
}

static void
check_user(struct check *k, const char *setting, const char *name)
{
	if (*name != '\0' && getpwnam(name) == NULL)
		finding(k, settings_where(k->s, setting).line > 0, setting,
		    "%s: there is no user '%s'", setting, name);
}

/* Users matter only where the programs start as root. */
static void
check_users(struct check *k)
{
	const struct settings *s = k->s;

	if (geteuid() != 0)
		return;
	check_user(k, "imapd-user", s->imapd_user);
	check_user(k, "milter-user", s->milter_user);
	check_user(k, "admin-user", s->admin_user);
	if (*s->mta_socket_group != '\0' &&
	    getgrnam(s->mta_socket_group) == NULL)
		finding(k, true, "mta-socket-group",
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
check_listeners(struct check *k)
{
	struct listener l[LISTENERS_MAX];
	size_t n = all_listeners(k->s, l);
	struct sockaddr_un sun;

	for (size_t i = 0; i < n; i++) {
		if (l[i].addr->path != NULL &&
		    strlen(l[i].addr->path) >= sizeof(sun.sun_path))
			finding(k, true, l[i].setting, "%s: the socket path "
			    "'%s' is longer than %zu bytes", l[i].setting,
			    l[i].addr->path, sizeof(sun.sun_path) - 1);
		for (size_t j = 0; j < i; j++)
			if (same_place(l[i].addr, l[j].addr))
				finding(k, true, l[i].setting,
				    "%s: '%s' is taken by %s ('%s')",
				    l[i].setting, l[i].addr->text,
				    l[j].setting, l[j].addr->text);
	}
}

/* Unix sockets are on this host, so both ends can be compared. */
static void
check_client(struct check *k, const char *setting,
    const struct settings_addr *to, const char *server,
    const struct settings_addrs *addrs)
{
	for (size_t i = 0; i < addrs->n; i++)
		if (same_place(to, &addrs->v[i]))
			return;
	if (to->path != NULL)
		finding(k, false, setting, "%s: '%s' is no address of %s",
		    setting, to->text, server);
}

static void
check_together(struct check *k)
{
	const struct settings *s = k->s;

	check_client(k, "milter-imapd", &s->milter_imapd,
	    "store-milter-listen", &s->store_milter_listen);
	check_client(k, "ctl-imapd", &s->ctl_imapd, "store-admin-listen",
	    &s->store_admin_listen);
	if (s->body_memory_max > s->message_size_max)
		finding(k, false, "body-memory-max", "body-memory-max is "
		    "larger than message-size-max: nothing is ever spooled");
	if (s->log_level > LOG_LEVEL_TRACE)
		finding(k, false, "log-level", "log-level: passwords%s are "
		    "logged", s->log_level == LOG_LEVEL_TRACEDATA ?
		    " and messages" : "");
}

/* Lists of networks, each word of them. */
static void
check_networks(struct check *k)
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
				finding(k, true, rows[i].name, "%s: %s",
				    rows[i].name, err.text);
}

/* A value of Postfix's, or NULL when it can't be had. */
static const char *
postconf(struct check *k, const char *name)
{
	const char *argv[8] = { "postconf" };
	struct buf out = BUF_INIT;
	const char *value = NULL;
	size_t n = 1;

	if (*k->s->postfix_config_dir != '\0') {
		argv[n++] = "-c";
		argv[n++] = k->s->postfix_config_dir;
	}
	argv[n++] = "-hx";
	argv[n++] = name;
	if (program_output(argv, 4096, &out) == 0) {
		struct bytes b = bytes_trim(buf_view(&out));

		value = bytes_cstr(k->a, b);
	}
	buf_free(&out);
	/* A Postfix that isn't installed, as localserve's. */
	if (value == NULL && *k->s->postfix_config_dir != '\0')
		value = main_cf_value(k->a, k->s->postfix_config_dir, name);
	return value;
}

/* postconf(5): a number and s, m, h, d or w; d when there is none. */
static bool
postfix_time_ms(const char *text, uint64_t *ms)
{
	static const struct {
		char unit;
		uint64_t ms;
	} units[] = {
		{ 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 },
		{ 'd', 86400000 }, { 'w', 604800000 }, { '\0', 86400000 }
	};
	size_t n = strspn(text, "0123456789");

	if (decimal_parse(bytes_make(text, n), 1u << 30, ms) == -1)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (text[n] == units[i].unit) {
			*ms *= units[i].ms;
			return true;
		}
	return false;
}

static void
check_postfix_size(struct check *k, const char *text)
{
	uint64_t limit, ours = k->s->message_size_max;

	if (decimal_parse(bytes_of(text), UINT64_MAX, &limit) == -1)
		return;
	if (limit == 0)
		finding(k, true, "message-size-max", "Postfix takes messages "
		    "of any size (message_size_limit is 0), and "
		    "message-size-max is %" PRIu64 ": larger ones would be "
		    "bounced after they were accepted", ours);
	else if (limit + CHECK_HEADER_ROOM > ours)
		finding(k, true, "message-size-max", "message-size-max is %"
		    PRIu64 ", and has to be at least %u more than Postfix's "
		    "message_size_limit, which is %" PRIu64, ours,
		    CHECK_HEADER_ROOM, limit);
}

/* Parameters of Postfix's that ours depend on. */
static void
check_postfix_lines(struct check *k)
{
	bool hide = k->s->hide_unknown_recipients;
	const struct {
		const char *name, *want;
		bool matters;
		bool is_error;
		const char *setting, *otherwise;
	} rows[] = {
		{ "milter_default_action", "tempfail", true, false,
		    "milter-listen", "while postern-milter is away, messages "
		    "are not deferred but let through unseen, or refused" },
		{ "smtpd_forbid_bare_newline", "reject", true, false,
		    "milter-listen", "a bare LF may hide a second message "
		    "from us (SMTP smuggling)" },
		{ "smtpd_reject_unlisted_recipient", "no", hide, true,
		    "hide-unknown-recipients", "Postfix tells which "
		    "recipients exist before we can hide it" }
	};
	const char *value;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		value = rows[i].matters ? postconf(k, rows[i].name) : NULL;
		/* One that this Postfix does not know has no value. */
		if (value != NULL && *value != '\0' &&
		    strcmp(value, rows[i].want) != 0)
			finding(k, rows[i].is_error, rows[i].setting,
			    "Postfix's %s is '%s', not '%s': %s",
			    rows[i].name, value, rows[i].want,
			    rows[i].otherwise);
	}
	if (hide && (value = postconf(k, "smtpd_recipient_restrictions")) !=
	    NULL && strstr(value, ":access") != NULL)
		finding(k, true, "hide-unknown-recipients",
		    "Postfix asks the map 'access' about recipients "
		    "(smtpd_recipient_restrictions), which tells which of "
		    "them exist");
}

/*
 * An answer that comes later than Postfix waits counts as none, and Postfix
 * defers the rest of the connection without asking again.  The slowest is to
 * RCPT: it may be slowed down, and needs SPF and the store.
 */
static void
check_postfix_wait(struct check *k)
{
	const struct settings *s = k->s;
	uint64_t wait = s->slow_delay_ms + s->dns_command_deadline_ms +
	    s->milter_imapd_timeout_ms;
	const char *text = postconf(k, "milter_command_timeout");
	uint64_t ms;

	if (s->special_localparts)
		wait += s->special_timeout_ms;
	if (text == NULL || !postfix_time_ms(text, &ms) || ms > wait)
		return;
	finding(k, false, "milter-imapd-timeout", "Postfix's "
	    "milter_command_timeout is %s, and slow-delay, "
	    "dns-command-deadline%s milter-imapd-timeout together are %"
	    PRIu64 "s: it would not wait for our answer", text,
	    s->special_localparts ? ", special-timeout and" : " and",
	    wait / 1000);
}

static void
check_postfix(struct check *k)
{
	const char *names[] = { "maximal_queue_lifetime",
	    "bounce_queue_lifetime" };
	const char *text = postconf(k, "message_size_limit");
	uint64_t ms;

	if (text == NULL) {
		if (*k->s->postfix_config_dir != '\0')
			finding(k, true, "postfix-config-dir",
			    "postfix-config-dir: postconf cannot read "
			    "Postfix's settings in '%s'",
			    k->s->postfix_config_dir);
		return;
	}
	check_postfix_size(k, text);
	check_postfix_lines(k);
	check_postfix_wait(k);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if ((text = postconf(k, names[i])) != NULL &&
		    postfix_time_ms(text, &ms) &&
		    ms > k->s->delivered_keep_ms)
			finding(k, true, "delivered-keep", "delivered-keep "
			    "is shorter than Postfix's %s, which is %s: a "
			    "late retry would be stored twice", names[i],
			    text);
}

/* A wrong resolver, trust anchor, line of dns-data or DNS list. */
static void
check_dns(struct check *k)
{
	struct err err = ERR_INIT;
	struct dns *dns = NULL;
	struct dnsbl *lists = NULL;

	if (dns_new(k->s, &dns, &err) == -1)
		finding(k, true, *k->s->dns_data != '\0' ? "dns-data" :
		    *k->s->trust_anchor != '\0' ? "trust-anchor" :
		    "resolver", "%s", err.text);
	if (dnsbl_new(k->s, &lists, &err) == -1)
		finding(k, true, "dnsbl-zones", "%s", err.text);
	if (*k->s->dns_data != '\0')
		finding(k, false, "dns-data", "dns-data: the DNS is not asked, "
		    "'%s' takes its place", k->s->dns_data);
	dnsbl_free(&lists);
	dns_free(&dns);
}

struct check_finding *
check_settings(const struct settings *s, struct arena *a)
{
	struct check k = { s, a, NULL, NULL };

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
