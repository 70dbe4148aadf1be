/* smtp_script - runs a script of SMTP replies and expected commands. */
#include <config.h>

#include <sys/socket.h>
#include <sys/un.h>

#include <assert.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "t/unit/smtp_script.h"

#define PATIENCE_MS	20000	/* a client that hangs fails the test */

struct peer {
	struct smtp_script *script;
	int fd;
	SSL *ssl;
	struct buf in;
};

static bool
peer_read(struct peer *p)
{
	struct pollfd pfd = { .fd = p->fd, .events = POLLIN };
	char piece[4096];
	ssize_t n;

	if ((p->ssl == NULL || SSL_pending(p->ssl) == 0) &&
	    poll(&pfd, 1, PATIENCE_MS) != 1)
		return false;
	n = p->ssl != NULL ? SSL_read(p->ssl, piece, sizeof(piece)) :
	    recv(p->fd, piece, sizeof(piece), 0);
	if (n <= 0)
		return false;
	buf_add(&p->in, piece, (size_t)n);
	return true;
}

static void
peer_write(struct peer *p, const char *text, size_t n)
{
	/* If the client has gone, that is no failure of the script. */
	if (p->ssl != NULL)
		(void)SSL_write(p->ssl, text, (int)n);
	else
		(void)send(p->fd, text, n, MSG_NOSIGNAL);
}

/* Reads a line with its CRLF; NULL on failure. */
static const char *
peer_line(struct peer *p, char *out, size_t size)
{
	const char *end;
	size_t n;

	while ((end = p->in.len < 2 ? NULL :
	    memmem(p->in.data, p->in.len, "\r\n", 2)) == NULL)
		if (!peer_read(p))
			return NULL;
	n = (size_t)(end - p->in.data);
	assert(n < size);
	memcpy(out, p->in.data, n);
	out[n] = '\0';
	buf_consume(&p->in, n + 2);
	return out;
}

static void
peer_message(struct peer *p)
{
	struct buf *m = &p->script->message;
	char line[70000];

	while (peer_line(p, line, sizeof(line)) != NULL &&
	    strcmp(line, ".") != 0)
		buf_printf(m, "%s\r\n", line);
}

static void
peer_tls(struct peer *p)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	char path[300];

	(void)snprintf(path, sizeof(path), "%s/server.crt",
	    p->script->tls_dir);
	SSL_CTX_use_certificate_chain_file(ctx, path);
	(void)snprintf(path, sizeof(path), "%s/server.key",
	    p->script->tls_dir);
	SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM);
	p->ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	SSL_set_fd(p->ssl, p->fd);
	(void)SSL_accept(p->ssl);
}

static void
send_line(struct peer *p, const char *text, unsigned times)
{
	struct buf b = BUF_INIT;

	while (times-- > 0)
		buf_printf(&b, "%s\r\n", text);
	peer_write(p, b.data, b.len);
	buf_free(&b);
}

/* Plays one row.  Returns false if the client does not follow it. */
static bool
play_row(struct peer *p, const char *row)
{
	const char *text = row[1] == '\0' ? row + 1 : row + 2;
	char line[8192];
	char *after;
	unsigned long times;

	switch (row[0]) {
	case 'S':
		send_line(p, text, 1);
		return true;
	case 's':
		peer_write(p, text, strlen(text));
		return true;
	case 'N':
		times = strtoul(text, &after, 10);
		send_line(p, after + 1, (unsigned)times);
		return true;
	case 'T':
		peer_tls(p);
		return true;
	case 'D':
		peer_message(p);
		return true;
	case 'W':
		while (peer_read(p))
			;
		return true;
	default:
		if (peer_line(p, line, sizeof(line)) == NULL)
			(void)snprintf(line, sizeof(line), "(nothing)");
		if (strcmp(line, text) == 0)
			return true;
		(void)snprintf(p->script->failure,
		    sizeof(p->script->failure),
		    "expected '%.150s', got '%.150s'", text, line);
		return false;
	}
}

static void *
play(void *arg)
{
	struct smtp_script *s = arg;
	struct pollfd pfd = { .fd = s->listener, .events = POLLIN };
	struct peer p = { .script = s };

	if (poll(&pfd, 1, PATIENCE_MS) != 1 ||
	    (p.fd = accept(s->listener, NULL, NULL)) == -1)
		return NULL;
	for (size_t i = 0; s->rows[i] != NULL; i++)
		if (!play_row(&p, s->rows[i]))
			break;
	if (p.ssl != NULL) {
		(void)SSL_shutdown(p.ssl);
		SSL_free(p.ssl);
	}
	(void)close(p.fd);
	buf_free(&p.in);
	return NULL;
}

void
smtp_script_start(const char *const *rows, const char *tls_dir,
    struct smtp_script *s)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	memset(s, 0, sizeof(*s));
	s->rows = rows;
	s->tls_dir = tls_dir;
	(void)snprintf(s->dir, sizeof(s->dir), "/tmp/smtp-script.XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%.90s/socket",
	    s->dir);
	(void)snprintf(s->where, sizeof(s->where), "unix:%s", sun.sun_path);
	s->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(s->listener, (struct sockaddr *)&sun,
	    sizeof(sun)), 0);
	assert_int_equal(listen(s->listener, 5), 0);
	assert_int_equal(pthread_create(&s->thread, NULL, play, s), 0);
}

void
smtp_script_end(struct smtp_script *s)
{
	(void)pthread_join(s->thread, NULL);
	(void)close(s->listener);
	(void)unlink(s->where + strlen("unix:"));
	(void)rmdir(s->dir);
	if (s->failure[0] != '\0')
		fail_msg("%s", s->failure);
}
