/*
 * bench_server - what the server frame costs
 *
 *	bench_server [CONNECTIONS [SECONDS]]
 *
 * Prints resident bytes for each parked connection, in the clear and with
 * TLS, and answers a second at 1 and 32 connections.  The server is a child
 * process with the service of lines of the unit tests.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/resource.h>
#include <sys/wait.h>

#include <openssl/ssl.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "net/dial.h"
#include "unit/line_service.h"

#define CONNS_MAX	32

static struct rig rig;
static uint64_t connections = 5000, seconds = 3;

struct child {
	pid_t pid;
	int stop_fd;
	char tcp[64], tcp_tls[64];
};

static void
child_main(int from_parent, int to_parent)
{
	char c;

	rig_start(&rig);
	if (write(to_parent, rig.tcp, sizeof(rig.tcp)) != sizeof(rig.tcp) ||
	    write(to_parent, rig.tcp_tls, sizeof(rig.tcp_tls)) !=
	    sizeof(rig.tcp_tls))
		_exit(1);
	(void)!read(from_parent, &c, 1);
	rig_stop(&rig);
	_exit(0);
}

static void
child_start(struct child *ch)
{
	int down[2], up[2];

	rig_init_tls(&rig, TLS_CLIENT_NONE);
	rig.config.tick_ms = 1000;
	rig.config.workers_max = 32;
	assert_int_equal(pipe(down), 0);
	assert_int_equal(pipe(up), 0);
	ch->pid = fork();
	assert_true(ch->pid >= 0);
	if (ch->pid == 0) {
		(void)close(down[1]);
		child_main(down[0], up[1]);
	}
	(void)close(down[0]);
	(void)close(up[1]);
	ch->stop_fd = down[1];
	assert_int_equal(read(up[0], ch->tcp, sizeof(ch->tcp)),
	    sizeof(ch->tcp));
	assert_int_equal(read(up[0], ch->tcp_tls, sizeof(ch->tcp_tls)),
	    sizeof(ch->tcp_tls));
	(void)close(up[0]);
}

static void
child_stop(struct child *ch)
{
	int status;

	(void)close(ch->stop_fd);
	assert_int_equal(waitpid(ch->pid, &status, 0), ch->pid);
	assert_int_equal(status, 0);
}

static long
child_rss(const struct child *ch)
{
	char path[64], line[128];
	long kb = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)ch->pid);
	assert_non_null(f = fopen(path, "r"));
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "VmRSS: %ld", &kb) == 1)
			break;
	(void)fclose(f);
	return kb * 1024;
}

/* Sends one command over TLS; frees the client's object and keeps the
   connection. */
static void
tls_greet(SSL_CTX *ctx, int fd)
{
	SSL *ssl = SSL_new(ctx);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char got[16];
	int r;

	assert_int_equal(SSL_set_fd(ssl, fd), 1);
	SSL_set_connect_state(ssl);
	while ((r = SSL_do_handshake(ssl)) != 1) {
		assert_int_equal(SSL_get_error(ssl, r), SSL_ERROR_WANT_READ);
		(void)poll(&p, 1, 5000);
	}
	while ((r = SSL_read(ssl, got, sizeof(got))) <= 0)
		(void)poll(&p, 1, 5000);
	assert_int_equal(SSL_write(ssl, "echo x\n", 7), 7);
	while ((r = SSL_read(ssl, got, sizeof(got))) <= 0)
		(void)poll(&p, 1, 5000);
	SSL_set_quiet_shutdown(ssl, 1);
	SSL_free(ssl);
}

static void
measure_memory(bool tls)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int *fd = calloc(connections, sizeof(*fd));
	struct child ch;
	long before = 0, warm = 100;

	child_start(&ch);
	for (long i = 0; i < warm + (long)connections; i++) {
		int one = rig_dial_at(tls ? ch.tcp_tls : ch.tcp);

		if (tls) {
			tls_greet(ctx, one);
		} else {
			expect(one, "hello\n");
			say(one, "echo x\n");
			expect(one, "x\n");
		}
		if (i == warm - 1)
			before = child_rss(&ch);
		if (i >= warm)
			fd[i - warm] = one;
	}
	printf("%-6s %6.2f KB resident for each of %llu parked connections\n",
	    tls ? "TLS" : "plain", (double)(child_rss(&ch) - before) / 1024 /
	    (double)connections, (unsigned long long)connections);
	for (uint64_t i = 0; i < connections; i++)
		(void)close(fd[i]);
	free(fd);
	SSL_CTX_free(ctx);
	child_stop(&ch);
}

static void
measure_rate(const char *how, int n)
{
	struct pollfd p[CONNS_MAX];
	uint64_t end, answers = 0;
	struct rusage ru;
	struct child ch;
	double cpu;

	child_start(&ch);
	for (int i = 0; i < n; i++) {
		p[i].fd = rig_dial_at(strcmp(how, "unix") == 0 ? rig.path :
		    ch.tcp);
		p[i].events = POLLIN;
		expect(p[i].fd, "hello\n");
		say(p[i].fd, "echo x\n");
	}
	end = clock_mono_ms() + seconds * 1000;
	while (clock_mono_ms() < end) {
		(void)poll(p, (nfds_t)n, 1000);
		for (int i = 0; i < n; i++) {
			if (p[i].revents == 0)
				continue;
			expect(p[i].fd, "x\n");
			say(p[i].fd, "echo x\n");
			answers++;
		}
	}
	for (int i = 0; i < n; i++)
		(void)close(p[i].fd);
	child_stop(&ch);
	assert_int_equal(getrusage(RUSAGE_CHILDREN, &ru), 0);
	cpu = (double)ru.ru_utime.tv_sec + (double)ru.ru_stime.tv_sec +
	    (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6;
	printf("%-6s %2d connections: %llu answers/s (CPU of all children so "
	    "far %.2f s)\n", how, n, (unsigned long long)(answers / seconds),
	    cpu);
}

int
main(int argc, char **argv)
{
	struct rlimit r;

	if ((argc > 1 && decimal_parse(bytes_of(argv[1]), 500000,
	    &connections) == -1) || (argc > 2 &&
	    decimal_parse(bytes_of(argv[2]), 3600, &seconds) == -1) ||
	    connections == 0 || seconds == 0) {
		(void)fprintf(stderr,
		    "usage: bench_server [CONNECTIONS [SECONDS]]\n");
		return 2;
	}
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
	measure_memory(false);
	measure_memory(true);
	measure_rate("tcp", 1);
	measure_rate("tcp", CONNS_MAX);
	measure_rate("unix", 1);
	measure_rate("unix", CONNS_MAX);
	return 0;
}
