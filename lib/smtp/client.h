/*
 * client - hands messages to an SMTP or LMTP server
 *
 * RFC 5321, RFC 2033, with PIPELINING (RFC 2920), STARTTLS (RFC 3207), SIZE
 * (RFC 1870), 8BITMIME (RFC 6152), SMTPUTF8 (RFC 6531), AUTH PLAIN (RFC 4954)
 * and enhanced codes (RFC 2034).
 *
 *	struct smtp_client_config config = SMTP_CLIENT_CONFIG;
 *	config.helo = "mx.example.org";
 *	if (smtp_client_open("192.0.2.1:25", &config, &c, err) == -1)
 *		return -1;
 *	rc = smtp_client_begin(c, &envelope, replies, &overall, err);
 *	if (rc == 1) {				// some recipients are taken
 *		while (... a piece of the message ...)
 *			if (smtp_client_write(c, piece, err) == -1)
 *				break;
 *		rc = smtp_client_end(c, &envelope, replies, &overall, err);
 *	}
 *	smtp_client_close(&c);			// QUIT, if it still can
 *
 * What the server says is an answer, not an error: replies hold it.  -1
 * means that there is no answer: the connection was lost or made no sense,
 * and is of no further use.  Was it lost after the end of the message, then
 * whether the message was taken is not known.
 *
 * All that the server sends is bounded (smtp_reply.h), and each stage has a
 * deadline for the whole of it.  One thread at a time.
 */
#ifndef SMTP_CLIENT_H
#define SMTP_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "proto/smtp_command.h"
#include "proto/smtp_reply.h"
#include "net/stream.h"

enum smtp_client_tls {
	SMTP_TLS_NONE,
	SMTP_TLS_MAY,		/* when it is offered; else in the clear */
	SMTP_TLS_MUST,		/* by STARTTLS, else no message */
	SMTP_TLS_WRAPPED	/* from the first byte (RFC 8314) */
};

/* What goes on; an error says during which. */
enum smtp_stage {
	SMTP_STAGE_CONNECT,
	SMTP_STAGE_GREETING,
	SMTP_STAGE_EHLO,
	SMTP_STAGE_STARTTLS,
	SMTP_STAGE_AUTH,
	SMTP_STAGE_MAIL,	/* and RCPT, when they go together */
	SMTP_STAGE_RCPT,
	SMTP_STAGE_DATA,	/* until the server wants the message */
	SMTP_STAGE_MESSAGE,	/* each piece of it */
	SMTP_STAGE_END,		/* the answer to its end */
	SMTP_STAGE_QUIT,
	SMTP_STAGE_COUNT
};

/* "connect", "EHLO", "end of message". */
const char *smtp_stage_name(enum smtp_stage stage);

struct smtp_client_config {
	bool lmtp;
	const char *helo;		/* our name */
	enum smtp_client_tls tls;
	struct stream_tls tls_config;
	const char *login;		/* NULL: no AUTH */
	const char *password;
	bool auth_without_tls;
	/* Milliseconds for each stage; RFC 5321 4.5.3.2 by default. */
	uint32_t timeout_ms[SMTP_STAGE_COUNT];
	/*
	 * Told each line that is sent and received ('C' and 'S'), passwords
	 * as "***"; of messages nothing.  May be NULL.
	 */
	void (*trace)(void *arg, char side, struct bytes line);
	void *trace_arg;
};

#define SMTP_CLIENT_CONFIG {						\
	.helo = "localhost",						\
	.timeout_ms = { 30000, 300000, 300000, 60000, 60000, 300000,	\
	    300000, 120000, 180000, 600000, 5000 } }

struct smtp_client;

/*
 * Connects, greets, begins TLS and logs in, as config says.  config's strings
 * must live as long as the client.  0, or -1: ERR_TEMP nobody there, or a 4xx;
 * ERR_REFUSED a 5xx, a certificate that is not good, TLS or AUTH not to be
 * had.  The text names the stage and holds the server's words.
 */
int smtp_client_open(const char *where,
    const struct smtp_client_config *config, struct smtp_client **out,
    struct err *err);

/* The same over a connection that is there; the client owns it now. */
int smtp_client_start(struct stream *stream,
    const struct smtp_client_config *config, struct smtp_client **out,
    struct err *err);

/*
 * Pretends to be another client (Postfix's XCLIENT): attributes as
 * "ADDR=192.0.2.1 NAME=mail.example".  The server greets anew and is told
 * helo as EHLO.  0 or -1.
 */
int smtp_client_xclient(struct smtp_client *c, const char *attributes,
    const char *helo, struct err *err);

/* SMTP_EXT_* that the server announced, and its SIZE (0: no limit told). */
unsigned smtp_client_extensions(const struct smtp_client *c);
uint64_t smtp_client_size_max(const struct smtp_client *c);
const struct stream *smtp_client_stream(const struct smtp_client *c);

struct smtp_envelope {
	struct bytes from;		/* without <>; empty: bounce */
	const struct bytes *recipients;
	size_t nrecipients;
	uint64_t size;			/* of the message; 0: not known */
	bool is_8bit;			/* bytes above 127 in it */
	bool is_utf8;			/* SMTPUTF8 is needed for its header;
					   for addresses it is seen here */
};

/*
 * MAIL, RCPT and DATA.  replies has one entry for each recipient; their texts
 * live as long as the client, or until smtp_client_begin() is called again.
 * *overall is the answer that decided when no message is wanted: to MAIL, to
 * DATA, or the last of RCPT.
 *
 * 1 send the message: some recipients were taken; 0 no message is wanted, and
 * each recipient's reply says why (that of MAIL or DATA where those failed);
 * another message may follow; -1 no answer.  A message that cannot be sent to
 * this server gets a reply of our own: 552 5.3.4 larger than its SIZE, 553
 * 5.6.7 needs SMTPUTF8, 501 5.1.3 an address with line ends in it.
 */
int smtp_client_begin(struct smtp_client *c, const struct smtp_envelope *e,
    struct smtp_reply *replies, struct smtp_reply *overall, struct err *err);

/*
 * A piece of the message; a lone CR or LF goes as CRLF, so that no server
 * sees an end of the message where there is none (RFC 5321 2.3.8).  0 or -1.
 */
int smtp_client_write(struct smtp_client *c, struct bytes piece,
    struct err *err);

/*
 * The end.  replies of recipients that were taken are replaced by the final
 * one: by LMTP each its own.  0, or -1: not known whether it was taken.
 */
int smtp_client_end(struct smtp_client *c, const struct smtp_envelope *e,
    struct smtp_reply *replies, struct smtp_reply *overall, struct err *err);

/* Says QUIT if no message is half sent.  Takes the pointer's address. */
void smtp_client_close(struct smtp_client **c);

#endif
