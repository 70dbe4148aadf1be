/*
 * smtp_script - a server for tests that says what a script tells it to
 *
 *	static const char *const script[] = {
 *		"S 220 hello",
 *		"C EHLO me.example",
 *		...
 *		NULL
 *	};
 *	smtp_script_start(script, NULL, &server);
 *	... a client talks to server.where ...
 *	smtp_script_end(&server);		// fails if it said otherwise
 *
 * "S text" sends a line, "s text" the same without its CRLF; "C text" reads a
 * line that must be text; "T" begins TLS; "N 1000 text" sends the line so many
 * times; "D" reads up to the lone dot, keeping what came; "W" waits until the
 * client is gone.  Behind the last row it closes.
 */
#ifndef T_UNIT_SMTP_SCRIPT_H
#define T_UNIT_SMTP_SCRIPT_H

#include <pthread.h>

#include "base/buf.h"

struct smtp_script {
	char where[200];		/* "unix:/tmp/.../socket" */
	char dir[160];
	const char *const *rows;
	const char *tls_dir;		/* has server.crt and server.key */
	int listener;
	pthread_t thread;
	struct buf message;		/* of "D", own */
	char failure[400];		/* "" while all is as the script says */
};

/* tls_dir: see cert_write() of line_service.h; NULL when no row is "T". */
void smtp_script_start(const char *const *rows, const char *tls_dir,
    struct smtp_script *s);
/* Waits for its end.  message stays for the caller to buf_free(). */
void smtp_script_end(struct smtp_script *s);

#endif
