/*
 * smtp_client - delivers messages to an SMTP or LMTP server
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
 *	if (rc == 1) {				// some recipients were accepted
 *		while (... a piece of the message ...)
 *			if (smtp_client_write(c, piece, err) == -1)
 *				break;
 *		rc = smtp_client_end(c, &envelope, replies, &overall, err);
 *	}
 *	smtp_client_close(&c);			// sends QUIT if possible
 *
 * What the server says is an answer, not an error, and is in the replies.  -1
 * means that there is no answer: the connection was lost or the server broke
 * the protocol, and the connection is of no further use.  If that happens
 * after the end of the message, it is unknown whether the server accepted it.
 *
 * Everything that the server sends is bounded (smtp_reply.h), and each stage
 * has a deadline for all of it.  Used by one thread at a time.
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
	SMTP_TLS_MAY,		/* if offered, otherwise in the clear */
	SMTP_TLS_MUST,		/* STARTTLS, or no message is sent */
	SMTP_TLS_WRAPPED	/* from the first byte (RFC 8314) */
};

/* The stages of a session; an error says in which it happened. */
enum smtp_stage {
	SMTP_STAGE_CONNECT,
	SMTP_STAGE_GREETING,
	SMTP_STAGE_EHLO,
	SMTP_STAGE_STARTTLS,
	SMTP_STAGE_AUTH,
	SMTP_STAGE_MAIL,	/* and RCPT, if they are sent together */
	SMTP_STAGE_RCPT,
	SMTP_STAGE_DATA,	/* until the server asks for the message */
	SMTP_STAGE_MESSAGE,	/* each piece of it */
	SMTP_STAGE_END,		/* the reply to its end */
	SMTP_STAGE_QUIT,
	SMTP_STAGE_COUNT
};

/* "connect", "EHLO", "end of message". */
const char *smtp_stage_name(enum smtp_stage stage);

struct smtp_client_config {
	bool lmtp;
	const char *helo;		/* our name in EHLO or HELO */
	enum smtp_client_tls tls;
	struct stream_tls tls_config;
	const char *login;		/* NULL: no AUTH */
	const char *password;
	bool auth_without_tls;
	/* Milliseconds for each stage; RFC 5321 4.5.3.2 by default. */
	uint32_t timeout_ms[SMTP_STAGE_COUNT];
	/*
	 * Called with each line that is sent ('C') or received ('S').
	 * Passwords are "***", messages are left out.  May be NULL.
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
 * Connects, greets, starts TLS and logs in, as config says.  config's strings
 * must live as long as the client.  Returns 0, or -1: ERR_TEMP if the server
 * cannot be reached or replied 4xx; ERR_REFUSED if it replied 5xx, its
 * certificate is not valid, or TLS or AUTH are not available.  The text names
 * the stage and includes the server's reply.
 */
int smtp_client_open(const char *where,
    const struct smtp_client_config *config, struct smtp_client **out,
    struct err *err);

/* The same over an existing connection, which the client then owns. */
int smtp_client_start(struct stream *stream,
    const struct smtp_client_config *config, struct smtp_client **out,
    struct err *err);

/*
 * Pretends to be another client (Postfix's XCLIENT), with attributes such as
 * "ADDR=192.0.2.1 NAME=mail.example".  The server greets again and gets helo
 * in EHLO.  Returns 0 or -1.
 */
int smtp_client_xclient(struct smtp_client *c, const char *attributes,
    const char *helo, struct err *err);

/* SMTP_EXT_* that the server announced, and its SIZE (0: no limit given). */
unsigned smtp_client_extensions(const struct smtp_client *c);
uint64_t smtp_client_size_max(const struct smtp_client *c);
const struct stream *smtp_client_stream(const struct smtp_client *c);

struct smtp_envelope {
	struct bytes from;		/* without <>; empty: bounce */
	const struct bytes *recipients;
	size_t nrecipients;
	uint64_t size;			/* of the message; 0: unknown */
	bool is_8bit;			/* it has bytes above 127 */
	bool is_utf8;			/* its header needs SMTPUTF8; addresses
					   are checked here */
};

/*
 * Sends MAIL, RCPT and DATA.  replies has one entry for each recipient; their
 * texts are valid as long as the client, or until the next call of
 * smtp_client_begin().  If no message is to be sent, *overall is the reply that
 * decided that: to MAIL, to DATA, or to the last RCPT.
 *
 * Returns 1 if some recipients were accepted: send the message.  Returns 0 if
 * no message is to be sent; each recipient's reply says why (it is that of MAIL
 * or DATA if these failed), and another message may follow.  Returns -1 if
 * there was no answer.  A message that cannot be sent to this server gets a
 * reply of ours: 552 5.3.4 larger than its SIZE, 553 5.6.7 needs SMTPUTF8, 501
 * 5.1.3 an address with characters that are not allowed.
 */
int smtp_client_begin(struct smtp_client *c, const struct smtp_envelope *e,
    struct smtp_reply *replies, struct smtp_reply *overall, struct err *err);

/*
 * Sends a piece of the message.  A lone CR or LF is sent as CRLF, so that no
 * server sees an end of the message where there is none (RFC 5321 2.3.8).
 * Returns 0 or -1.
 */
int smtp_client_write(struct smtp_client *c, struct bytes piece,
    struct err *err);

/*
 * Ends the message.  The replies of accepted recipients are replaced with the
 * final one; with LMTP each gets its own.  Returns 0, or -1 if it is unknown
 * whether the message was accepted.
 */
int smtp_client_end(struct smtp_client *c, const struct smtp_envelope *e,
    struct smtp_reply *replies, struct smtp_reply *overall, struct err *err);

/* Sends QUIT, unless a message is half sent, and frees the client. */
void smtp_client_close(struct smtp_client **c);

#endif
