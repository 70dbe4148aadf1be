/*
 * The SMTP client against a server that sends the input as its replies, all at
 * once.  The first byte chooses SMTP or LMTP, and STARTTLS.
 */
#include <config.h>

#include <sys/socket.h>

#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#include "smtp/smtp_client.h"

#define RECIPIENTS	3
/* What fits into a socket's buffer if nobody reads. */
#define INPUT_MAX	60000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
transact(struct smtp_client *c)
{
	static const struct bytes recipients[RECIPIENTS] = {
		{ "a@b", 3 }, { "c@d", 3 }, { "e@f", 3 }
	};
	struct smtp_envelope e = { .from = BYTES("x@y"), .size = 1000,
	    .recipients = recipients, .nrecipients = RECIPIENTS };
	struct smtp_reply replies[RECIPIENTS], overall;
	struct err err = ERR_INIT;
	int rc;

	for (int i = 0; i < 3; i++) {
		rc = smtp_client_begin(c, &e, replies, &overall, &err);
		if (rc == 1)
			rc = smtp_client_write(c, BYTES("a\n.\r\n"), &err) ==
			    -1 ? -1 : smtp_client_end(c, &e, replies,
			    &overall, &err);
		if (rc == -1)
			return;
		for (size_t k = 0; k < RECIPIENTS; k++)
			assert(replies[k].code >= 200 &&
			    replies[k].code <= 599 &&
			    replies[k].text != NULL);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smtp_client_config config = SMTP_CLIENT_CONFIG;
	struct smtp_client *c;
	struct err err = ERR_INIT;
	int fds[2];

	if (size < 1 || size > INPUT_MAX)
		return 0;
	(void)signal(SIGPIPE, SIG_IGN);
	assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
	assert(write(fds[1], data + 1, size - 1) == (ssize_t)(size - 1));
	(void)shutdown(fds[1], SHUT_WR);
	config.lmtp = (data[0] & 1) != 0;
	config.tls = (data[0] & 2) != 0 ? SMTP_TLS_MAY : SMTP_TLS_NONE;
	config.login = (data[0] & 4) != 0 ? "me" : NULL;
	config.password = "secret";
	config.auth_without_tls = true;
	if (smtp_client_start(stream_adopt(fds[0]), &config, &c, &err) == 0) {
		transact(c);
		smtp_client_close(&c);
	}
	(void)close(fds[1]);
	return 0;
}
