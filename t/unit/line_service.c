/* line_service - a server that answers lines, for tests of lib/net. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/socket.h>

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "line_service.h"
#include "net/dial.h"

#define WAIT_MS	20000

struct line {
	struct conn *conn;
	struct line *next_watcher;
	bool watches;
	uint64_t big;			/* bytes still to be pumped */
	uint64_t take;			/* bytes still to be taken */
	uint64_t taken;
	uint64_t again;
	struct jobpool *jobs;
	size_t input_max;
};

/* Shared by the connections; under the lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_changed = PTHREAD_COND_INITIALIZER;
static struct line *watchers;
static bool gate_is_open;
static int nwatchers, in_gate, nclosed;

/* --- the service -------------------------------------------------------- */

static void
line_watch(struct line *l, bool on)
{
	struct line **p;

	pthread_mutex_lock(&lock);
	if (on && !l->watches) {
		l->next_watcher = watchers;
		watchers = l;
		nwatchers++;
	} else if (!on && l->watches) {
		for (p = &watchers; *p != l; p = &(*p)->next_watcher)
			;
		*p = l->next_watcher;
		nwatchers--;
	}
	l->watches = on;
	pthread_mutex_unlock(&lock);
}

void
line_wake_all(void)
{
	pthread_mutex_lock(&lock);
	for (struct line *l = watchers; l != NULL; l = l->next_watcher)
		conn_wake(l->conn);
	pthread_mutex_unlock(&lock);
}

static int
line_count(const int *n)
{
	int r;

	pthread_mutex_lock(&lock);
	r = *n;
	pthread_mutex_unlock(&lock);
	return r;
}

int
line_watchers(void)
{
	return line_count(&nwatchers);
}

int
line_in_gate(void)
{
	return line_count(&in_gate);
}

int
line_closed(void)
{
	return line_count(&nclosed);
}

static void
line_gate_set(bool open)
{
	pthread_mutex_lock(&lock);
	gate_is_open = open;
	pthread_cond_broadcast(&gate_changed);
	pthread_mutex_unlock(&lock);
}

void
line_gate_open(void)
{
	line_gate_set(true);
}

void
line_gate_shut(void)
{
	line_gate_set(false);
}

static void
line_pass_gate(void)
{
	pthread_mutex_lock(&lock);
	in_gate++;
	while (!gate_is_open)
		pthread_cond_wait(&gate_changed, &lock);
	in_gate--;
	pthread_mutex_unlock(&lock);
}

static void
line_put(struct conn *c, const char *text)
{
	(void)conn_write(c, text, strlen(text));
}

static enum conn_next
line_open(struct conn *c)
{
	const struct rig *r = conn_service_arg(c);
	struct line *l = calloc(1, sizeof(*l));

	assert(l != NULL);
	l->conn = c;
	l->jobs = r->jobs;
	l->input_max = r->service.input_max > 0 ? r->service.input_max :
	    65536;
	conn_set_data(c, l);
	line_put(c, "hello\n");
	return CONN_READ;
}

static void
line_close(struct conn *c)
{
	struct line *l = conn_data(c);

	if (l != NULL)
		line_watch(l, false);
	free(l);
	pthread_mutex_lock(&lock);
	nclosed++;
	pthread_mutex_unlock(&lock);
}

static enum conn_next
line_pump(struct conn *c)
{
	struct line *l = conn_data(c);
	char piece[8192];
	size_t n;

	memset(piece, 'x', sizeof(piece));
	while (l->big > 0) {
		if (conn_out_is_full(c) || conn_should_yield(c))
			return CONN_WRITE;
		n = l->big < sizeof(piece) ? (size_t)l->big : sizeof(piece);
		buf_add(conn_out(c), piece, n);
		l->big -= n;
	}
	return CONN_READ;
}

static void
line_block(struct conn *c, uint64_t n)
{
	char piece[1000];

	memset(piece, 'y', sizeof(piece));
	for (; n > sizeof(piece); n -= sizeof(piece))
		if (conn_write(c, piece, sizeof(piece)) == -1)
			return;
	(void)conn_write(c, piece, (size_t)n);
}

static enum conn_next
line_take(struct conn *c)
{
	struct line *l = conn_data(c);
	size_t n = conn_input(c).len;

	if (n > l->take)
		n = (size_t)l->take;
	conn_consume(c, n);
	l->take -= n;
	l->taken += n;
	if (l->take == 0)
		buf_printf(conn_out(c), "took %llu\n", (unsigned long long)l->taken);
	return CONN_READ;
}

static void
line_held(void *arg)
{
	conn_resume(arg);
}

static enum conn_next
line_hold(struct conn *c)
{
	struct line *l = conn_data(c);

	if (jobpool_submit(l->jobs, 1, line_held, c) == 0)
		return CONN_WAIT;
	line_put(c, "busy\n");
	return CONN_READ;
}

static void
line_tell_tls(struct conn *c)
{
	struct tls_info info;
	char name[64];

	if (!conn_tls_info(c, &info))
		line_put(c, "plain\n");
	else
		buf_printf(conn_out(c), "%s %s\n", info.version,
		    conn_tls_peer_name(c, name, sizeof(name)) ? name : "-");
}

static void
line_tell_peer(struct conn *c)
{
	const struct conn_facts *f = conn_facts(c);
	char peer[ADDR_TEXT_MAX];

	if (f->is_unix)
		buf_printf(conn_out(c), "%d of %d\n", (int)f->uid, (int)f->pid);
	else
		buf_printf(conn_out(c), "%s%s\n", addr_print(&f->peer, peer),
		    f->is_loopback ? " loopback" : "");
}

/* A command with a number. */
static enum conn_next
line_number(struct conn *c, struct bytes verb, uint64_t n)
{
	struct line *l = conn_data(c);

	if (bytes_eq_str(verb, "big")) {
		l->big = n;
		return line_pump(c);
	}
	if (bytes_eq_str(verb, "block"))
		line_block(c, n);
	else if (bytes_eq_str(verb, "user"))
		conn_set_user(c, n);
	else if (bytes_eq_str(verb, "take")) {
		l->take = n;
		l->taken = 0;
		return line_take(c);
	} else if (bytes_eq_str(verb, "again")) {
		l->again = n;
		return CONN_AGAIN;
	}
	return CONN_READ;
}

static enum conn_next
line_word(struct conn *c, struct bytes line)
{
	if (bytes_eq_str(line, "watch")) {
		line_watch(conn_data(c), true);
		line_put(c, "watching\n");
	} else if (bytes_eq_str(line, "hold")) {
		return line_hold(c);
	} else if (bytes_eq_str(line, "gate")) {
		line_pass_gate();
		line_put(c, "through\n");
	} else if (bytes_eq_str(line, "starttls") && conn_may_starttls(c)) {
		line_put(c, "go\n");
		conn_starttls(c);
	} else if (bytes_eq_str(line, "who")) {
		line_tell_peer(c);
	} else if (bytes_eq_str(line, "tls")) {
		line_tell_tls(c);
	} else if (bytes_eq_str(line, "quit")) {
		line_put(c, "bye\n");
		return CONN_CLOSE;
	} else {
		line_put(c, "what?\n");
	}
	return CONN_READ;
}

static enum conn_next
line_command(struct conn *c, struct bytes line)
{
	ptrdiff_t space = bytes_index(line, ' ');
	struct bytes verb, rest;
	uint64_t n;

	if (space < 0)
		return line_word(c, line);
	verb = bytes_make(line.data, (size_t)space);
	rest = bytes_make(line.data + space + 1, line.len - verb.len - 1);
	if (bytes_eq_str(verb, "echo")) {
		conn_write(c, rest.data, rest.len);
		line_put(c, "\n");
		return CONN_READ;
	}
	if (decimal_parse(rest, UINT32_MAX, &n) == -1)
		return line_word(c, line);
	return line_number(c, verb, n);
}

static enum conn_next
line_input(struct conn *c)
{
	struct line *l = conn_data(c);
	enum conn_next next = CONN_READ;
	struct bytes in;
	char copy[256];
	ptrdiff_t nl;

	if (l->again > 0 && --l->again > 0)
		return CONN_AGAIN;
	while (next == CONN_READ) {
		if (l->take > 0)
			(void)line_take(c);
		in = conn_input(c);
		if ((nl = bytes_index(in, '\n')) < 0)
			break;
		/*
		 * The command may read more input, so remove it before it runs.
		 */
		in.len = (size_t)nl < sizeof(copy) ? (size_t)nl : sizeof(copy);
		memcpy(copy, in.data, in.len);
		conn_consume(c, (size_t)nl + 1);
		next = line_command(c, bytes_make(copy, in.len));
	}
	if (next == CONN_READ && conn_input(c).len >= l->input_max) {
		line_put(c, "too long\n");
		return CONN_CLOSE;
	}
	return next;
}

static enum conn_next
line_resume(struct conn *c)
{
	line_put(c, "held\n");
	return CONN_READ;
}

static enum conn_next
line_woken(struct conn *c)
{
	line_put(c, "woken\n");
	return CONN_READ;
}

static enum conn_next
line_timeout(struct conn *c)
{
	line_put(c, "timeout\n");
	return CONN_CLOSE;
}

static void
line_bye(struct conn *c)
{
	line_put(c, "stopping\n");
}

/* --- the rig -------------------------------------------------------------- */

void
rig_init(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	log_set_level(LOG_LEVEL_ERROR);
	(void)snprintf(r->dir, sizeof(r->dir), "/tmp/postern-net-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	(void)snprintf(r->path, sizeof(r->path), "%s/line", r->dir);
	r->service = (struct service){
		.name = "line", .class = CONN_INTERACTIVE, .arg = r,
		.too_many = "full: ", .open = line_open, .input = line_input,
		.pump = line_pump, .resume = line_resume, .wake = line_woken,
		.timeout = line_timeout, .bye = line_bye, .close = line_close
	};
	r->config = (struct server_config){
		.workers_max = 8, .tick_ms = 10, .no_signals = 1
	};
	line_gate_shut();
	pthread_mutex_lock(&lock);
	nclosed = 0;
	pthread_mutex_unlock(&lock);
}

void
rig_init_tls(struct rig *r, enum tls_client client)
{
	char crt[128], key[128], ca[128];
	struct tls_config config = {
		.cert_file = crt, .key_file = key, .client_ca_file = ca,
		.client = client
	};
	struct err err = ERR_INIT;

	rig_init(r);
	cert_write(r->dir, "ca", NULL);
	cert_write(r->dir, "server", "ca");
	cert_write(r->dir, "client", "ca");
	(void)snprintf(crt, sizeof(crt), "%s/server.crt", r->dir);
	(void)snprintf(key, sizeof(key), "%s/server.key", r->dir);
	(void)snprintf(ca, sizeof(ca), "%s/ca.crt", r->dir);
	if (tls_context_new(&config, &r->tls, &err) == -1)
		fail_msg("%s", err.text);
}

static void *
rig_main(void *arg)
{
	struct rig *r = arg;
	struct err err = ERR_INIT;

	r->result = server_run(r->srv, &err);
	return NULL;
}

static void
rig_listen(struct rig *r, struct listener *l)
{
	struct err err = ERR_INIT;

	l->service = &r->service;
	l->tls = r->tls;
	if (server_listen(r->srv, l, &err) == -1)
		fail_msg("%s", err.text);
}

/*
 * Listens on any port of 127.0.0.1; where receives the address.  The port must
 * be held meanwhile: with SO_REUSEADDR two sockets may have it as long as only
 * one of them listens.
 */
static void
rig_listen_tcp(struct rig *r, int implicit_tls, char *where, size_t size)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on,
	    sizeof(on)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	(void)snprintf(where, size, "127.0.0.1:%u", ntohs(sin.sin_port));
	rig_listen(r, &(struct listener){ .spec = { .where = where,
	    .setting = "line-listen" }, .implicit_tls = implicit_tls });
	(void)close(fd);
}

void
rig_start(struct rig *r)
{
	struct jobpool_config jobs = { .threads = 1 };

	r->jobs = jobpool_new(&jobs);
	r->srv = server_new(&r->config);
	rig_listen_tcp(r, 0, r->tcp, sizeof(r->tcp));
	rig_listen(r, &(struct listener){ .spec = { .where = r->path,
	    .setting = "line-listen" } });
	if (r->tls != NULL)
		rig_listen_tcp(r, 1, r->tcp_tls, sizeof(r->tcp_tls));
	assert_int_equal(pthread_create(&r->thread, NULL, rig_main, r), 0);
}

static void
rig_remove(const struct rig *r)
{
	static const char *const names[] = {
		"line", "ca.crt", "ca.key", "server.crt", "server.key",
		"client.crt", "client.key"
	};
	char path[160];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", r->dir, names[i]);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(r->dir), 0);
}

void
rig_stop(struct rig *r)
{
	struct server_stats stats;

	server_stop(r->srv);
	pthread_join(r->thread, NULL);
	assert_int_equal(r->result, 0);
	server_stats(r->srv, &stats);
	assert_int_equal(stats.connections, 0);
	assert_int_equal(stats.workers, 0);
	assert_int_equal(line_watchers(), 0);
	/* The server must have removed its socket. */
	assert_int_equal(access(r->path, F_OK), -1);
	server_free(&r->srv);
	jobpool_free(&r->jobs);
	tls_context_free(&r->tls);
	rig_remove(r);
}

int
rig_dial_at(const char *where)
{
	struct err err = ERR_INIT;
	int fd = dial_connect(where, clock_mono_ms() + WAIT_MS, &err);

	if (fd == -1)
		fail_msg("%s", err.text);
	return fd;
}

int
rig_dial(struct rig *r)
{
	int fd = rig_dial_at(r->tcp);

	expect(fd, "hello\n");
	return fd;
}

void
say(int fd, const char *text)
{
	struct err err = ERR_INIT;

	if (dial_write(fd, text, strlen(text), clock_mono_ms() + WAIT_MS,
	    &err) == -1)
		fail_msg("%s", err.text);
}

int
read_full(int fd, void *p, size_t n, unsigned ms, struct err *err)
{
	uint64_t until = clock_mono_ms() + ms;
	char *at = p;
	ssize_t r;

	while (n > 0) {
		if ((r = dial_read(fd, at, n, until, err)) == -1)
			return -1;
		if (r == 0)
			return err_set(err, ERR_TEMP, "the other side closed");
		at += r;
		n -= (size_t)r;
	}
	return 0;
}

void
expect(int fd, const char *text)
{
	struct err err = ERR_INIT;
	char got[512] = "";
	size_t n = strlen(text);

	assert_true(n < sizeof(got));
	if (read_full(fd, got, n, WAIT_MS, &err) == -1)
		fail_msg("%s, waiting for '%s' after '%s'", err.text, text,
		    got);
	assert_string_equal(got, text);
}

void
expect_eof(int fd)
{
	struct err err = ERR_INIT;
	char c;

	assert_int_equal(dial_read(fd, &c, 1, clock_mono_ms() + WAIT_MS,
	    &err), 0);
	(void)close(fd);
}

void
rig_await_connections(struct rig *r, int n)
{
	uint64_t end = clock_mono_ms() + WAIT_MS;
	struct server_stats stats;

	do {
		server_stats(r->srv, &stats);
		if (stats.connections == n)
			return;
		(void)poll(NULL, 0, 1);
	} while (clock_mono_ms() < end);
	fail_msg("%d connections, not %d", stats.connections, n);
}

void
rig_await_rest(struct rig *r)
{
	uint64_t end = clock_mono_ms() + WAIT_MS;
	struct server_stats stats;

	do {
		server_stats(r->srv, &stats);
		if (stats.queued == 0 && stats.workers == stats.workers_idle)
			return;
		(void)poll(NULL, 0, 1);
	} while (clock_mono_ms() < end);
	fail_msg("the server does not come to rest");
}

/* --- certificates --------------------------------------------------------- */

static FILE *
cert_file(const char *dir, const char *name, const char *ext, const char *mode)
{
	char path[160];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s.%s", dir, name, ext);
	f = fopen(path, mode);
	assert_non_null(f);
	return f;
}

/* The X.509 extension that makes it a certificate authority. */
static void
cert_make_ca(X509 *x)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL,
	    NID_basic_constraints, "critical,CA:TRUE");

	assert_non_null(ext);
	assert_int_equal(X509_add_ext(x, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

void
cert_write(const char *dir, const char *name, const char *ca)
{
	EVP_PKEY *key = EVP_EC_gen("P-256"), *signer = key;
	X509 *x = X509_new(), *issuer = x;
	X509_NAME *subject = X509_get_subject_name(x);
	FILE *f;

	assert_non_null(key);
	if (ca != NULL) {
		f = cert_file(dir, ca, "key", "r");
		signer = PEM_read_PrivateKey(f, NULL, NULL, NULL);
		(void)fclose(f);
		f = cert_file(dir, ca, "crt", "r");
		issuer = PEM_read_X509(f, NULL, NULL, NULL);
		(void)fclose(f);
	}
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), (long)clock_mono_us());
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
	    (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(issuer));
	X509_set_pubkey(x, key);
	if (ca == NULL)
		cert_make_ca(x);
	assert_true(X509_sign(x, signer, EVP_sha256()) > 0);
	f = cert_file(dir, name, "crt", "w");
	assert_int_equal(PEM_write_X509(f, x), 1);
	assert_int_equal(fclose(f), 0);
	f = cert_file(dir, name, "key", "w");
	assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL,
	    NULL), 1);
	assert_int_equal(fclose(f), 0);
	if (ca != NULL) {
		X509_free(issuer);
		EVP_PKEY_free(signer);
	}
	X509_free(x);
	EVP_PKEY_free(key);
}
