/*
 * localserve_layout - the folder of localserve:
 *
 *	postern.conf	the user's settings, written once
 *	localserve.conf	localserve's settings, written at each start; included
 *	dns-data	the whole DNS of this mail system, written once
 *	lock		held while localserve runs
 *	tls/		certificate and key
 *	origin.key	encrypts what the milter passes to imapd
 *	dkim/		keys that sign mail, created by postern dkim gen
 *	state/		imapd's store
 *	run/		sockets, pid files
 *	postfix/	main.cf, master.cf
 *	spool/		Postfix's queue; spool/postern/ has our sockets for it
 */
#include <config.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "auth/keyfile.h"
#include "command/program.h"
#include "localserve/localserve.h"

/* Rarely used accounts that exist on Debian: localserve creates none. */
#define IMAPD_USER	"news"
#define MILTER_USER	"irc"

static const char conf_first[] =
    "# Settings of this mail system, for postern-imapd, postern-milter and\n"
    "# postern.  You can edit this file: localserve never overwrites it.\n"
    "# localserve's own settings are in localserve.conf, written at each\n"
    "# start.\n"
    "\n"
    "include \"" LS_CONF_OURS "\"\n";

static const char dns_data_first[] =
    "; The DNS of this mail system: other names do not exist, and no server\n"
    "; is queried.  These are lines of a zone file; all names are absolute.\n"
    "; You can edit this file: localserve never overwrites it.\n"
    "; postern-milter reads it again on SIGHUP.  'NAME TIMEOUT' and\n"
    "; 'NAME SERVFAIL' make queries for NAME fail.\n"
    "\n"
    "; loopback\n"
    "localhost                    IN A    127.0.0.1\n"
    "                             IN AAAA ::1\n"
    "                             IN MX   0 localhost\n"
    "                             IN TXT  \"v=spf1 ip4:127.0.0.0/8 ip6:::1 -all\"\n"
    "1.0.0.127.in-addr.arpa       IN PTR  localhost\n"
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa IN PTR localhost\n"
    "\n"
    "; a sender that passes all checks; to act as it, run\n"
    ";	postern send-test --ip 192.0.2.1 --name mail.test.example \\\n"
    ";	    --to you@localhost\n"
    "test.example                 IN MX   10 mail.test.example\n"
    "                             IN TXT  \"v=spf1 mx -all\"\n"
    "_dmarc.test.example          IN TXT  \"v=DMARC1; p=reject\"\n"
    "mail.test.example            IN A    192.0.2.1\n"
    "                             IN TXT  \"v=spf1 a -all\"\n"
    "1.2.0.192.in-addr.arpa       IN PTR  mail.test.example\n";

static const struct {
	const char *path;
	mode_t mode;
} folders[] = {
	{ LS_RUN, 0755 }, { LS_STATE, 0711 }, { "tls", 0755 },
	{ LS_POSTFIX, 0755 }, { LS_SPOOL, 0755 }, { LS_SOCKETS, 0750 }
};

static bool
has_postfix(struct localserve *ls, const char *root)
{
	return access(arena_printf(&ls->mem, "%s/usr/sbin/postfix", root),
	    X_OK) == 0;
}

static int
find_postfix(struct localserve *ls, struct err *err)
{
	const char *root = ls->opt.postfix, *ours = program_folder(&ls->mem);
	char *real;

	if (root == NULL) {
		root = arena_printf(&ls->mem, "%s/../postfix",
		    ours != NULL ? ours : ".");
		if (!has_postfix(ls, root))
			root = "/";
	}
	if ((real = realpath(root, NULL)) == NULL)
		return err_sys(err, ERR_REFUSED, "cannot find Postfix's "
		    "folder '%s' (use --postfix DIR for another)", root);
	ls->postfix = arena_strdup(&ls->mem, strcmp(real, "/") == 0 ? "" :
	    real);
	free(real);
	if (!has_postfix(ls, ls->postfix))
		return err_set(err, ERR_REFUSED, "there is no Postfix in '%s' "
		    "(unpack one with 'contrib/postfix-unpack.sh DIR' from the "
		    "sources, and use --postfix DIR)", root);
	if (!postfix_can_say(ls->postfix))
		return err_set(err, ERR_REFUSED, "Postfix cannot run from a "
		    "folder with this name: '%s'", ls->postfix);
	return 0;
}

static int
enter_dir(struct localserve *ls, struct err *err)
{
	char *real;

	if (file_mkdirs(ls->opt.dir, 0755, err) == -1)
		return -1;
	if ((real = realpath(ls->opt.dir, NULL)) == NULL ||
	    chdir(real) == -1) {
		err_sys(err, ERR_REFUSED, "cannot enter '%s'", ls->opt.dir);
		free(real);
		return -1;
	}
	ls->dir = arena_strdup(&ls->mem, real);
	free(real);
	if (!postfix_can_say(ls->dir))
		return err_set(err, ERR_REFUSED, "Postfix cannot work in a "
		    "folder with this name: '%s'", ls->dir);
	return 0;
}

int
layout_enter(struct localserve *ls, struct err *err)
{
	if (find_postfix(ls, err) == -1)
		return -1;
	return enter_dir(ls, err);
}

static void
put_users(const struct localserve *ls, struct buf *out)
{
	if (ls->shared_uid)
		buf_str(out,
		    "# Root of a user namespace is an ordinary user outside.\n"
		    "# All programs run as that user, so only the socket\n"
		    "# decides the role of a connection to the store.\n"
		    "imapd-user = root\n"
		    "milter-user = root\n");
	else
		buf_str(out,
		    "imapd-user = " IMAPD_USER "\n"
		    "milter-user = " MILTER_USER "\n");
}

static int
write_ours(const struct localserve *ls, struct err *err)
{
	unsigned base = ls->opt.port_base;
	struct buf out = BUF_INIT;
	int rc;

	buf_str(&out, "# Written by postern localserve at each start.\n"
	    "hostname = localhost\n"
	    "state-dir = " LS_STATE "\n"
	    "run-dir = " LS_RUN "\n");
	put_users(ls, &out);
	buf_printf(&out,
	    "imap-listen = 127.0.0.1:%u\n"
	    "imaps-listen = 127.0.0.1:%u\n"
	    "lmtp-listen = unix:../" LS_SOCKETS "/lmtp",
	    base + 143, base + 993);
	if (ls->opt.lmtp_port != 0)
		buf_printf(&out, ", 127.0.0.1:%u", ls->opt.lmtp_port);
	buf_str(&out, "\n"
	    "socketmap-listen = unix:../" LS_SOCKETS "/map\n"
	    "auth-listen = unix:../" LS_SOCKETS "/auth\n"
	    "milter-listen = unix:../" LS_SOCKETS "/milter\n"
	    "# Only Postfix can search the folder of these sockets.\n"
	    "mta-socket-mode = 0666\n"
	    "tls-cert = " LS_CERT "\n"
	    "tls-key = " LS_KEY "\n"
	    "origin-key-file = " LS_ORIGIN_KEY "\n"
	    "dkim-dir = " LS_DKIM "\n"
	    "prelogin-per-ip-max = 0\n"
	    "special-localparts = yes\n"
	    "check-submission-senders = no\n"
	    "postfix-config-dir = " LS_POSTFIX "\n");
	if (!ls->opt.allow_outside)
		buf_str(&out, "catch-all-address = " LOCALSERVE_LOGIN "\n"
		    "dns-data = " LS_DNS_DATA "\n");
	rc = file_write(LS_CONF_OURS, 0644, buf_view(&out), err);
	buf_free(&out);
	return rc;
}

/* Writes a file that belongs to the user, unless it exists. */
static int
write_first(const char *path, const char *text, struct err *err)
{
	if (access(path, F_OK) == 0)
		return 0;
	return file_write(path, 0644, bytes_of(text), err);
}

int
layout_write(struct localserve *ls, struct err *err)
{
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (file_mkdirs(folders[i].path, folders[i].mode, err) == -1)
			return -1;
	if (cert_ensure(LS_CERT, LS_KEY, err) == -1 ||
	    write_ours(ls, err) == -1)
		return -1;
	if (write_first(LS_DNS_DATA, dns_data_first, err) == -1)
		return -1;
	return write_first(LS_CONF, conf_first, err);
}

static int
give(const char *path, uid_t uid, gid_t gid, struct err *err)
{
	if (chown(path, uid, gid) == -1)
		return err_sys(err, ERR_REFUSED, "cannot change the owner of "
		    "'%s'", path);
	return 0;
}

/* imapd and the milter read their files again on SIGHUP, without root. */
int
layout_own(const struct localserve *ls, struct err *err)
{
	struct keyfile *keys;

	if (keyfile_open(LS_ORIGIN_KEY, 0640, &keys, err) == -1)
		return -1;
	keyfile_free(&keys);
	if (give(LS_SOCKETS, (uid_t)-1, ls->postfix_gid, err) == -1)
		return -1;
	if (ls->shared_uid)
		return 0;
	if (give(LS_STATE, ls->imapd_uid, ls->imapd_gid, err) == -1 ||
	    give(LS_RUN, ls->imapd_uid, ls->imapd_gid, err) == -1 ||
	    give(LS_KEY, ls->imapd_uid, ls->imapd_gid, err) == -1)
		return -1;
	return give(LS_ORIGIN_KEY, ls->milter_uid, ls->imapd_gid, err);
}

static int
port_check(unsigned port, uint64_t deadline_ms, struct err *err)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd, one = 1, rc;

	for (;;) {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd == -1)
			return err_sys(err, ERR_TEMP, "cannot create a socket");
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		rc = bind(fd, (struct sockaddr *)&sin, sizeof(sin));
		if (rc == 0)
			rc = listen(fd, 1);
		if (rc == -1)
			err_sys(err, ERR_REFUSED, "cannot use port %u of "
			    "127.0.0.1 (use --port-base N for others)", port);
		close(fd);
		if (rc == 0 || clock_mono_ms() >= deadline_ms)
			return rc;
		poll(NULL, 0, 20);
	}
}

int
layout_check_ports(const struct localserve *ls, int wait_ms, struct err *err)
{
	static const unsigned offsets[] = { 25, 465, 587, 143, 993 };
	uint64_t deadline = clock_mono_ms() + (uint64_t)wait_ms;

	for (size_t i = 0; i < sizeof(offsets) / sizeof(*offsets); i++)
		if (port_check(ls->opt.port_base + offsets[i], deadline,
		    err) == -1)
			return -1;
	if (ls->opt.lmtp_port != 0)
		return port_check(ls->opt.lmtp_port, deadline, err);
	return 0;
}
