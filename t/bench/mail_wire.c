/* mail_wire - connections, and IMAP commands and responses on them. */
#include <config.h>

#include <sys/socket.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "bench/mail.h"
#include "bench/mail_wire.h"

/* A server that is silent for this many seconds has failed. */
#define SILENCE_S	120
#define READ_SIZE	65536
/* Connections come from several addresses: one has 28,000 ports. */
#define PER_ADDRESS	10000

/* ---- bytes ---- */

static void
wire_connect(struct wire *w, int port)
{
	static unsigned opened;
	struct sockaddr_in from = { .sin_family = AF_INET };
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct timeval silence = { .tv_sec = SILENCE_S };
	int on = 1;

	from.sin_addr.s_addr =
	    htonl(INADDR_LOOPBACK + opened++ / PER_ADDRESS);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons((uint16_t)port);
	w->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (w->fd == -1 ||
	    setsockopt(w->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on,
	    sizeof(on)) == -1 ||
	    bind(w->fd, (struct sockaddr *)&from, sizeof(from)) == -1 ||
	    connect(w->fd, (struct sockaddr *)&to, sizeof(to)) == -1 ||
	    setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &on,
	    sizeof(on)) == -1 ||
	    setsockopt(w->fd, SOL_SOCKET, SO_RCVTIMEO, &silence,
	    sizeof(silence)) == -1)
		fatal("cannot connect to port %d: %s", port,
		    strerror(errno));
}

static void
wire_handshake(struct wire *w)
{
	static SSL_CTX *context;

	if (context == NULL) {
		context = SSL_CTX_new(TLS_client_method());
		SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS |
		    SSL_MODE_AUTO_RETRY);
	}
	w->ssl = SSL_new(context);
	if (w->ssl == NULL || SSL_set_fd(w->ssl, w->fd) != 1 ||
	    SSL_connect(w->ssl) != 1)
		fatal("the TLS handshake failed");
}

void
wire_open(struct wire *w, int port, bool tls)
{
	memset(w, 0, sizeof(*w));
	wire_connect(w, port);
	if (tls)
		wire_handshake(w);
}

void
wire_close(struct wire *w)
{
	SSL_free(w->ssl);
	w->ssl = NULL;
	close(w->fd);
	buf_free(&w->in);
}

void
wire_send(struct wire *w, const void *data, size_t n)
{
	const char *p = data;
	size_t sent;
	ssize_t r;

	while (n > 0) {
		if (w->ssl != NULL) {
			if (SSL_write_ex(w->ssl, p, n, &sent) != 1)
				fatal("cannot send with TLS");
		} else {
			r = send(w->fd, p, n, MSG_NOSIGNAL);
			if (r == -1)
				fatal("cannot send: %s", strerror(errno));
			sent = (size_t)r;
		}
		p += sent;
		n -= sent;
	}
}

static void
wire_fill(struct wire *w)
{
	size_t got = 0;
	ssize_t n;
	char *room;

	if (w->off > 0) {
		buf_consume(&w->in, w->off);
		w->off = 0;
	}
	room = buf_reserve(&w->in, READ_SIZE);
	if (w->ssl != NULL) {
		if (SSL_read_ex(w->ssl, room, READ_SIZE, &got) != 1)
			fatal("the server closed a connection with TLS");
	} else {
		n = recv(w->fd, room, READ_SIZE, 0);
		if (n <= 0)
			fatal("the server %s", n == 0 ?
			    "closed a connection" : "is silent");
		got = (size_t)n;
	}
	w->in.len += got;
	w->bytes += got;
}

struct bytes
wire_line(struct wire *w)
{
	size_t looked = 0, have;
	const char *begin, *end;

	for (;;) {
		begin = w->in.data == NULL ? NULL : w->in.data + w->off;
		have = w->in.len - w->off;
		end = have == looked ? NULL :
		    memchr(begin + looked, '\n', have - looked);
		if (end != NULL)
			break;
		looked = have;
		wire_fill(w);
	}
	w->off += (size_t)(end - begin) + 1;
	return bytes_make(begin, (size_t)(end - begin) -
	    (end > begin && end[-1] == '\r'));
}

static void
wire_skip(struct wire *w, uint64_t n)
{
	size_t have;

	while (n > 0) {
		have = w->in.len - w->off;
		if (have == 0) {
			wire_fill(w);
			continue;
		}
		if (have > n)
			have = (size_t)n;
		w->off += have;
		n -= have;
	}
}

/* ---- IMAP ---- */

/* The length of the literal that the line announces, or 0. */
static uint64_t
literal_of(struct bytes line)
{
	size_t i = line.len;
	uint64_t n = 0, unit = 1;

	if (i < 3 || line.data[--i] != '}')
		return 0;
	while (i > 0 && line.data[i - 1] >= '0' && line.data[i - 1] <= '9') {
		n += (uint64_t)(line.data[--i] - '0') * unit;
		unit *= 10;
	}
	return i > 0 && line.data[i - 1] == '{' ? n : 0;
}

/* The first number in the line. */
static unsigned
number_in(struct bytes line)
{
	unsigned n = 0;
	size_t i = 0;

	while (i < line.len && (line.data[i] < '0' || line.data[i] > '9'))
		i++;
	for (; i < line.len && line.data[i] >= '0' && line.data[i] <= '9';
	    i++)
		n = n * 10 + (unsigned)(line.data[i] - '0');
	return n;
}

static bool
ends_with(struct bytes line, const char *end)
{
	size_t n = strlen(end);

	return line.len >= n && memcmp(line.data + line.len - n, end, n) == 0;
}

static void
count_hits(struct bytes line, struct imap_seen *seen)
{
	for (size_t i = 0; i + 1 < line.len; i++)
		seen->hits += line.data[i] == ' ' &&
		    line.data[i + 1] >= '0' && line.data[i + 1] <= '9';
}

static void
count_line(struct bytes line, struct imap_seen *seen)
{
	const char *at;

	if (bytes_has_prefix(line, "* SEARCH"))
		count_hits(line, seen);
	else if (bytes_has_prefix(line, "* STATUS")) {
		at = memmem(line.data, line.len, "(MESSAGES", 9);
		if (at != NULL)
			seen->messages = number_in(bytes_make(at,
			    line.len - (size_t)(at - line.data)));
	} else if (line.len > 3 && line.data[2] >= '0' &&
	    line.data[2] <= '9') {
		if (ends_with(line, " EXISTS"))
			seen->exists = number_in(line);
		else if (ends_with(line, " EXPUNGE"))
			seen->expunges++;
		else if (memmem(line.data, line.len > 24 ? 24 : line.len,
		    " FETCH ", 7) != NULL)
			seen->fetches++;
	}
}

/* Reads one response: evaluates its first line and skips its literals. */
static void
read_response(struct wire *w, struct bytes line, struct imap_seen *seen)
{
	uint64_t n;

	count_line(line, seen);
	while ((n = literal_of(line)) > 0) {
		wire_skip(w, n);
		seen->literal_bytes += n;
		line = wire_line(w);
	}
}

static void
vbegin(struct wire *w, const char *fmt, va_list ap)
{
	struct buf line = BUF_INIT;

	buf_printf(&line, "t%u ", ++w->tag);
	buf_vprintf(&line, fmt, ap);
	buf_str(&line, "\r\n");
	wire_send(w, line.data, line.len);
	buf_free(&line);
}

void
imap_begin(struct wire *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vbegin(w, fmt, ap);
	va_end(ap);
}

/* Reads up to the tagged response and returns it without its tag; counts
   untagged ones. */
static struct bytes
read_answer(struct wire *w, unsigned tag, struct imap_seen *seen)
{
	struct buf start = BUF_INIT;
	struct bytes line;

	buf_printf(&start, "t%u ", tag);
	for (;;) {
		line = wire_line(w);
		if (bytes_has_prefix(line, buf_cstr(&start)))
			break;
		if (line.len == 0 || line.data[0] != '*')
			fatal("the server said '" BYTES_FMT "'",
			    BYTES_ARG(line));
		read_response(w, line, seen);
	}
	line = bytes_from(line, start.len);
	buf_free(&start);
	return line;
}

struct imap_seen
imap_end(struct wire *w, unsigned tag)
{
	struct imap_seen seen = { 0 };
	struct bytes answer = read_answer(w, tag, &seen);

	if (!bytes_has_prefix(answer, "OK"))
		fatal("the server answered '" BYTES_FMT "'",
		    BYTES_ARG(answer));
	return seen;
}

struct imap_seen
imap_command(struct wire *w, const char *fmt, ...)
{
	uint64_t start = clock_mono_us();
	struct imap_seen seen;
	va_list ap;

	va_start(ap, fmt);
	vbegin(w, fmt, ap);
	va_end(ap);
	seen = imap_end(w, w->tag);
	seen.us = clock_mono_us() - start;
	return seen;
}

void
imap_try(struct wire *w, const char *command)
{
	struct imap_seen seen = { 0 };

	imap_begin(w, "%s", command);
	(void)read_answer(w, w->tag, &seen);
}

void
imap_login(struct wire *w, unsigned n, bool tls)
{
	wire_open(w, tls ? options.imaps : options.imap, tls);
	if (!bytes_has_prefix(wire_line(w), "* OK"))
		fatal("the server does not greet with OK");
	imap_command(w, "LOGIN u%04u@%s %s", n, options.domain,
	    options.password);
}

void
imap_append_begin(struct wire *w, const char *mailbox, struct bytes text)
{
	struct buf all = BUF_INIT;

	buf_printf(&all, "t%u APPEND %s {%zu+}\r\n", ++w->tag, mailbox,
	    text.len);
	buf_bytes(&all, text);
	buf_str(&all, "\r\n");
	wire_send(w, all.data, all.len);
	buf_free(&all);
}

void
imap_idle(struct wire *w)
{
	struct bytes line;

	imap_begin(w, "IDLE");
	do
		line = wire_line(w);
	while (line.len > 0 && line.data[0] == '*');
	if (line.len == 0 || line.data[0] != '+')
		fatal("the server answered IDLE with '" BYTES_FMT "'",
		    BYTES_ARG(line));
	/* No buffer is kept for an idle session. */
	if (w->off == w->in.len) {
		buf_free(&w->in);
		w->off = 0;
	}
}
