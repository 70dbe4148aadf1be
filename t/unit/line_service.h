/*
 * line_service - a small service of lines and its server, for tests of lib/net
 *
 * Commands are lines:
 *
 *	echo TEXT	TEXT
 *	big N		N bytes by a pump
 *	block N		N bytes by conn_write()
 *	take N		reads N bytes as they come, answers how many
 *	watch		woken by line_wake_all(): "woken"
 *	hold		CONN_WAIT; resumed by a thread of a job pool: "held"
 *	again N		yields N times
 *	user K		conn_set_user()
 *	gate		waits until line_gate_open(), then "through"
 *	starttls	"go", then the handshake
 *	who		"UID of PID" on a Unix socket, else the address
 *	tls		"plain", or the version and the name of the client
 *	quit		"bye", closes
 *
 * Everything else is answered by "what?".
 */
#ifndef UNIT_LINE_SERVICE_H
#define UNIT_LINE_SERVICE_H

#include <pthread.h>

#include "net/jobpool.h"
#include "net/server.h"

struct rig {
	struct server *srv;
	struct service service;
	struct server_config config;
	struct tls_context *tls;	/* own */
	struct jobpool *jobs;		/* own */
	pthread_t thread;
	char dir[64];
	char path[96];			/* the Unix socket */
	char tcp[64], tcp_tls[64];	/* where the TCP listeners are */
	int result;
};

/* A service and a configuration to change before rig_start(). */
void rig_init(struct rig *r);
/* With certificates: STARTTLS, and a third listener with TLS. */
void rig_init_tls(struct rig *r, enum tls_client client);
void rig_start(struct rig *r);
/* Calls server_stop(), waits for the end, and checks that nothing is left. */
void rig_stop(struct rig *r);

/* Connects over TCP and reads the greeting.  Failure fails the test. */
int rig_dial(struct rig *r);
int rig_dial_at(const char *where);
void say(int fd, const char *text);
/* Reads all n bytes within ms.  Returns 0, or -1. */
int read_full(int fd, void *p, size_t n, unsigned ms, struct err *err);
/* Fails the test unless the next bytes, within 5 s, are text. */
void expect(int fd, const char *text);
void expect_eof(int fd);
/* Waits until the server has n connections. */
void rig_await_connections(struct rig *r, int n);
/* Waits until no worker is busy and nothing is queued. */
void rig_await_rest(struct rig *r);

void line_wake_all(void);
/* How many connections watch. */
int line_watchers(void);
void line_gate_open(void);
void line_gate_shut(void);
/* How many callbacks wait in "gate" now. */
int line_in_gate(void);
/* How often the service's close() was called since rig_start(). */
int line_closed(void);

/* Writes NAME.crt and NAME.key, signed by ca (NULL: by itself). */
void cert_write(const char *dir, const char *name, const char *ca);

#endif
