/* TLS in the server frame, and reloading of contexts. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/socket.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "line_service.h"

#define WAIT_MS	20000

static struct rig rig;

/* A TLS client on a descriptor. */
struct client {
	SSL_CTX *ctx;		/* own */
	SSL *ssl;		/* own */
	int fd;			/* own */
};

static int
setup(void **state)
{
	rig_init_tls(&rig, TLS_CLIENT_NONE);
	return 0;
}

/*
 * Waits as SSL's result r demands.  Returns false at the end of the connection.
 */
static bool
client_wait(struct client *k, int r)
{
	struct pollfd p = { .fd = k->fd };

	switch (SSL_get_error(k->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		p.events = POLLIN;
		break;
	case SSL_ERROR_WANT_WRITE:
		p.events = POLLOUT;
		break;
	default:
		return false;
	}
	assert_int_equal(poll(&p, 1, WAIT_MS), 1);
	return true;
}

static void
client_init(struct client *k, int fd)
{
	memset(k, 0, sizeof(*k));
	k->fd = fd;
	k->ctx = SSL_CTX_new(TLS_client_method());
	assert_non_null(k->ctx);
}

/* Returns true if the handshake succeeded. */
static bool
client_handshake(struct client *k)
{
	int r;

	k->ssl = SSL_new(k->ctx);
	assert_non_null(k->ssl);
	assert_int_equal(SSL_set_fd(k->ssl, k->fd), 1);
	SSL_set_connect_state(k->ssl);
	while ((r = SSL_do_handshake(k->ssl)) != 1)
		if (!client_wait(k, r))
			return false;
	return true;
}

static void
client_close(struct client *k)
{
	SSL_free(k->ssl);
	SSL_CTX_free(k->ctx);
	(void)close(k->fd);
	ERR_clear_error();
}

static void
client_say_n(struct client *k, const void *p, size_t n)
{
	size_t sent;
	int r;

	while ((r = SSL_write_ex(k->ssl, p, n, &sent)) != 1)
		assert_true(client_wait(k, r));
	assert_int_equal(sent, n);
}

static void
client_say(struct client *k, const char *text)
{
	client_say_n(k, text, strlen(text));
}

/* Reads exactly n bytes.  Returns false if the connection ended before. */
static bool
client_get(struct client *k, char *p, size_t n)
{
	size_t got;
	int r;

	while (n > 0) {
		if ((r = SSL_read_ex(k->ssl, p, n, &got)) == 1) {
			p += got;
			n -= got;
		} else if (!client_wait(k, r)) {
			return false;
		}
	}
	return true;
}

static void
client_expect(struct client *k, const char *text)
{
	char got[256] = "";

	assert_true(strlen(text) < sizeof(got));
	assert_true(client_get(k, got, strlen(text)));
	assert_string_equal(got, text);
}

/* Connects to the listener with TLS. */
static void
client_open(struct client *k)
{
	client_init(k, rig_dial_at(rig.tcp_tls));
	assert_true(client_handshake(k));
	client_expect(k, "hello\n");
}

static void
starttls_goes_on_in_tls(void **state)
{
	struct client k;
	int fd;

	rig_start(&rig);
	fd = rig_dial(&rig);
	say(fd, "tls\nstarttls\n");
	expect(fd, "plain\ngo\n");
	client_init(&k, fd);
	assert_true(client_handshake(&k));
	client_say(&k, "tls\nstarttls\necho x\n");
	client_expect(&k, "TLSv1.3 -\nwhat?\nx\n");
	client_close(&k);
	rig_stop(&rig);
}

static void
starttls_forgets_what_came_in_the_clear(void **state)
{
	struct client k;
	int fd;

	rig_start(&rig);
	fd = rig_dial(&rig);
	say(fd, "starttls\necho injected\n");
	expect(fd, "go\n");
	client_init(&k, fd);
	assert_true(client_handshake(&k));
	client_say(&k, "echo real\nquit\n");
	client_expect(&k, "real\nbye\n");
	client_close(&k);
	rig_stop(&rig);
}

static void
listener_with_tls_greets_after_the_handshake(void **state)
{
	struct client k;

	rig_start(&rig);
	client_open(&k);
	client_say(&k, "tls\necho a\necho b\nquit\n");
	client_expect(&k, "TLSv1.3 -\na\nb\nbye\n");
	/* The connection ends with close_notify, not by truncation. */
	assert_false(client_get(&k, (char[1]){ 0 }, 1));
	assert_int_equal(SSL_get_shutdown(k.ssl) & SSL_RECEIVED_SHUTDOWN,
	    SSL_RECEIVED_SHUTDOWN);
	client_close(&k);
	rig_stop(&rig);
}

static void
versions_have_a_floor(void **state)
{
	static const struct {
		int version;
		const char *answer;	/* NULL: refused */
	} rows[] = {
		{ TLS1_1_VERSION, NULL },
		{ TLS1_2_VERSION, "TLSv1.2 -\n" },
		{ TLS1_3_VERSION, "TLSv1.3 -\n" },
	};
	struct client k;

	rig_start(&rig);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		client_init(&k, rig_dial_at(rig.tcp_tls));
		SSL_CTX_set_min_proto_version(k.ctx, rows[i].version);
		SSL_CTX_set_max_proto_version(k.ctx, rows[i].version);
		SSL_CTX_set_cipher_list(k.ctx, "ALL:@SECLEVEL=0");
		assert_int_equal(client_handshake(&k), rows[i].answer != NULL);
		if (rows[i].answer != NULL) {
			client_expect(&k, "hello\n");
			client_say(&k, "tls\n");
			client_expect(&k, rows[i].answer);
		}
		client_close(&k);
	}
	rig_await_connections(&rig, 0);
	rig_stop(&rig);
}

/* Records of all sizes: data buffered inside SSL must not be left waiting. */
static void
records_of_any_size_are_read_out(void **state)
{
	static char text[40000];
	struct client k;
	size_t len = 0;
	int n = 0;

	while (len + 8 < sizeof(text)) {
		memcpy(text + len, "echo #\n", 7);
		len += 7;
		n++;
	}
	rig_start(&rig);
	client_open(&k);
	for (size_t size = 1; size < 20000; size = size * 3 + 1) {
		size_t end = size < 100 ? 70 : len, piece;
		int answers = size < 100 ? 10 : n;

		for (size_t at = 0; at < end; at += piece) {
			piece = end - at < size ? end - at : size;
			client_say_n(&k, text + at, piece);
		}
		for (int i = 0; i < answers; i++)
			client_expect(&k, "#\n");
	}
	client_close(&k);
	rig_stop(&rig);
}

static void
much_goes_both_ways(void **state)
{
	static char piece[50000];
	struct client k;

	memset(piece, 'p', sizeof(piece));
	rig_start(&rig);
	client_open(&k);
	client_say(&k, "take 5000000\n");
	for (int i = 0; i < 100; i++)
		client_say_n(&k, piece, sizeof(piece));
	client_expect(&k, "took 5000000\n");
	client_say(&k, "big 5000000\nblock 5000000\necho done\n");
	for (int i = 0; i < 200; i++) {
		assert_true(client_get(&k, piece, sizeof(piece)));
		for (size_t b = 0; b < sizeof(piece); b++)
			assert_int_equal(piece[b], i < 100 ? 'x' : 'y');
	}
	client_expect(&k, "done\n");
	client_close(&k);
	rig_stop(&rig);
}

static void
parked_tls_connection_is_woken(void **state)
{
	struct client k;

	rig_start(&rig);
	client_open(&k);
	client_say(&k, "watch\n");
	client_expect(&k, "watching\n");
	for (int i = 0; i < 20; i++) {
		rig_await_rest(&rig);
		line_wake_all();
		client_expect(&k, "woken\n");
	}
	client_say(&k, "hold\n");
	client_expect(&k, "held\n");
	client_close(&k);
	rig_stop(&rig);
}

static void
what_is_not_tls_is_closed(void **state)
{
	int fd;

	rig_start(&rig);
	fd = rig_dial_at(rig.tcp_tls);
	say(fd, "EHLO client.example\r\n\r\n");
	rig_await_connections(&rig, 0);
	(void)close(fd);
	/* open() was never called, so close() was not either. */
	assert_int_equal(line_closed(), 0);
	rig_stop(&rig);
}

/* An OpenSSL error of one connection must not be attributed to another. */
static void
a_broken_record_ends_one_connection(void **state)
{
	static const char garbage[] = "this is no record of TLS";
	struct client good, bad;

	rig.config.workers_max = 1;
	rig_start(&rig);
	client_open(&good);
	client_open(&bad);
	assert_int_equal(write(bad.fd, garbage, sizeof(garbage)),
	    sizeof(garbage));
	rig_await_connections(&rig, 1);
	for (int i = 0; i < 3; i++) {
		client_say(&good, "echo still here\n");
		client_expect(&good, "still here\n");
		rig_await_rest(&rig);
	}
	client_close(&bad);
	client_close(&good);
	rig_stop(&rig);
}

static void
silence_in_the_handshake_ends(void **state)
{
	int fd;

	rig.service.login_ms = 50;
	rig_start(&rig);
	fd = rig_dial_at(rig.tcp_tls);
	rig_await_connections(&rig, 1);
	expect_eof(fd);
	rig_stop(&rig);
}

static void
stop_does_not_wait_for_a_handshake(void **state)
{
	int fd;

	rig_start(&rig);
	fd = rig_dial_at(rig.tcp_tls);
	rig_await_connections(&rig, 1);
	rig_stop(&rig);
	expect_eof(fd);
}

static const char *
in_dir(const char *name)
{
	static char path[4][160];
	static int at;

	at = (at + 1) % 4;
	(void)snprintf(path[at], sizeof(path[at]), "%s/%s", rig.dir, name);
	return path[at];
}

static void
client_certificate_gives_a_name(void **state)
{
	struct tls_config config = {
		.cert_file = in_dir("server.crt"),
		.key_file = in_dir("server.key"),
		.client_ca_file = in_dir("ca.crt"),
		.client = TLS_CLIENT_REQUIRED
	};
	struct err err = ERR_INIT;
	struct client k;
	char c;

	if (tls_context_reload(rig.tls, &config, &err) == -1)
		fail_msg("%s", err.text);
	rig_start(&rig);
	client_init(&k, rig_dial_at(rig.tcp_tls));
	assert_int_equal(SSL_CTX_use_certificate_file(k.ctx,
	    in_dir("client.crt"), SSL_FILETYPE_PEM), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey_file(k.ctx,
	    in_dir("client.key"), SSL_FILETYPE_PEM), 1);
	assert_true(client_handshake(&k));
	client_expect(&k, "hello\n");
	client_say(&k, "tls\n");
	client_expect(&k, "TLSv1.3 client\n");
	client_close(&k);
	/* With TLS 1.3 the client learns of it at its first read. */
	client_init(&k, rig_dial_at(rig.tcp_tls));
	if (client_handshake(&k))
		assert_false(client_get(&k, &c, 1));
	client_close(&k);
	/* A certificate that another authority signed (here itself). */
	cert_write(rig.dir, "client", NULL);
	client_init(&k, rig_dial_at(rig.tcp_tls));
	assert_int_equal(SSL_CTX_use_certificate_file(k.ctx,
	    in_dir("client.crt"), SSL_FILETYPE_PEM), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey_file(k.ctx,
	    in_dir("client.key"), SSL_FILETYPE_PEM), 1);
	if (client_handshake(&k))
		assert_false(client_get(&k, &c, 1));
	client_close(&k);
	rig_stop(&rig);
}

/* Returns the serial number of the server's certificate. */
static long
client_serial(struct client *k)
{
	X509 *x = SSL_get1_peer_certificate(k->ssl);
	long serial;

	assert_non_null(x);
	serial = ASN1_INTEGER_get(X509_get0_serialNumber(x));
	X509_free(x);
	return serial;
}

static void
reload_leaves_connections_alone(void **state)
{
	struct tls_config config = {
		.cert_file = in_dir("server.crt"),
		.key_file = in_dir("server.key")
	};
	struct err err = ERR_INIT;
	struct client old, fresh, later;
	FILE *f;

	rig_start(&rig);
	client_open(&old);
	cert_write(rig.dir, "server", "ca");
	assert_int_equal(tls_context_reload(rig.tls, &config, &err), 0);
	client_open(&fresh);
	assert_int_not_equal(client_serial(&old), client_serial(&fresh));
	client_say(&old, "echo still\n");
	client_expect(&old, "still\n");
	/* With a broken certificate the old one stays in use. */
	f = fopen(config.cert_file, "w");
	assert_non_null(f);
	assert_true(fputs("nothing of use\n", f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(tls_context_reload(rig.tls, &config, &err), -1);
	assert_non_null(strstr(err.text, config.cert_file));
	client_open(&later);
	assert_int_equal(client_serial(&later), client_serial(&fresh));
	client_close(&old);
	client_close(&fresh);
	client_close(&later);
	rig_stop(&rig);
}

static void
errors_of_certificates_name_the_file(void **state)
{
	const struct {
		const char *cert, *key, *says;
	} rows[] = {
		{ "missing.crt", "server.key", "missing.crt" },
		{ "server.crt", "missing.key", "missing.key" },
		{ "server.key", "server.key", "no TLS certificate in" },
		{ "server.crt", "server.crt", "no usable TLS key in" },
		{ "server.crt", "client.key", "mismatch" },
	};
	struct tls_config config = { 0 };
	struct tls_context *tls = NULL;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		config.cert_file = in_dir(rows[i].cert);
		config.key_file = in_dir(rows[i].key);
		assert_int_equal(tls_context_new(&config, &tls, &err), -1);
		if (strstr(err.text, rows[i].says) == NULL)
			fail_msg("'%s' does not say '%s'", err.text,
			    rows[i].says);
	}
	rig_start(&rig);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f)	cmocka_unit_test_setup(f, setup)
		T(starttls_goes_on_in_tls),
		T(starttls_forgets_what_came_in_the_clear),
		T(listener_with_tls_greets_after_the_handshake),
		T(versions_have_a_floor),
		T(records_of_any_size_are_read_out),
		T(much_goes_both_ways),
		T(parked_tls_connection_is_woken),
		T(what_is_not_tls_is_closed),
		T(a_broken_record_ends_one_connection),
		T(silence_in_the_handshake_ends),
		T(stop_does_not_wait_for_a_handshake),
		T(client_certificate_gives_a_name),
		T(reload_leaves_connections_alone),
		T(errors_of_certificates_name_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
