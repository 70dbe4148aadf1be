/*
 * smtp_command - command lines of SMTP (RFC 5321) and LMTP (RFC 2033)
 *
 * Read lines with line.h (LINE_CRLF, SMTP_LINE_MAX), then
 *
 *	if (smtp_command_parse(line, &cmd, &e) == -1 || ...
 *		smtp_reply(&out, e.code, e.enhanced, e.text);	// smtp_reply.h
 *	switch (cmd.verb) {
 *	case SMTP_MAIL:
 *		rc = smtp_parse_mail(cmd.args, extensions, &arena, &mail, &e);
 *
 * All functions return 0, or -1 with the reply to send in a struct smtp_error.
 * Results are borrowed from the line or are in the arena.  The server must
 * check the order of the commands.
 */
#ifndef PROTO_SMTP_COMMAND_H
#define PROTO_SMTP_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "mail/address.h"

/* A command line with CRLF: 512 bytes, and more for DSN, AUTH and SMTPUTF8. */
#define SMTP_LINE_MAX		4096
#define SMTP_NAME_MAX		255	/* host name in HELO */
#define SMTP_ENVID_MAX		100	/* RFC 3461 4.4, decoded */
#define SMTP_ORCPT_MAX		500	/* RFC 3461 4.2, encoded */
#define SMTP_PARAMS_MAX		16	/* in one command */
#define SMTP_XFORWARD_MAX	255	/* in one attribute, decoded */

enum smtp_verb {
	SMTP_UNKNOWN,
	SMTP_HELO, SMTP_EHLO, SMTP_LHLO,
	SMTP_MAIL, SMTP_RCPT, SMTP_DATA, SMTP_BDAT,
	SMTP_RSET, SMTP_NOOP, SMTP_VRFY, SMTP_EXPN, SMTP_HELP, SMTP_QUIT,
	SMTP_STARTTLS, SMTP_AUTH, SMTP_XFORWARD
};

struct smtp_error {
	int code;
	char enhanced[8];	/* RFC 3463: "5.5.4" */
	char text[160];
};

struct smtp_command {
	enum smtp_verb verb;
	struct bytes name;	/* as given, even if unknown */
	struct bytes args;	/* without surrounding blanks */
};

/* An unknown verb is not an error: it is returned as SMTP_UNKNOWN. */
int smtp_command_parse(struct bytes line, struct smtp_command *out,
    struct smtp_error *e);

/* The extensions that the server announced, whose parameters it accepts. */
enum smtp_extension {
	SMTP_EXT_SIZE = 1,
	SMTP_EXT_8BITMIME = 2,
	SMTP_EXT_BINARYMIME = 4,
	SMTP_EXT_SMTPUTF8 = 8,
	SMTP_EXT_DSN = 16,
	SMTP_EXT_AUTH = 32
};

struct smtp_path {
	bool null;			/* "<>" */
	struct bytes text;		/* between the brackets, without a
					   source route */
	struct mail_address address;	/* "<postmaster>" has no domain */
};

enum smtp_body { SMTP_BODY_7BIT, SMTP_BODY_8BITMIME, SMTP_BODY_BINARYMIME };
enum smtp_ret { SMTP_RET_NONE, SMTP_RET_FULL, SMTP_RET_HDRS };

struct smtp_mail {
	struct smtp_path from;
	bool has_size;
	uint64_t size;
	enum smtp_body body;
	bool smtputf8;
	enum smtp_ret ret;
	struct bytes envid;		/* decoded; data NULL: none */
	struct bytes auth;		/* decoded; "<>" is empty; NULL: none */
};

enum smtp_notify {
	SMTP_NOTIFY_NEVER = 1,
	SMTP_NOTIFY_SUCCESS = 2,
	SMTP_NOTIFY_FAILURE = 4,
	SMTP_NOTIFY_DELAY = 8
};

struct smtp_rcpt {
	struct smtp_path to;
	unsigned notify;		/* SMTP_NOTIFY_*; 0: not given */
	struct bytes orcpt_type;	/* "rfc822"; data NULL: none */
	struct bytes orcpt;		/* decoded */
};

/* The argument of HELO, EHLO and LHLO. */
int smtp_parse_hello(struct bytes args, struct bytes *name,
    struct smtp_error *e);
/* extensions: SMTP_EXT_*. */
int smtp_parse_mail(struct bytes args, unsigned extensions,
    struct arena *arena, struct smtp_mail *out, struct smtp_error *e);
/* smtputf8: MAIL had the parameter SMTPUTF8. */
int smtp_parse_rcpt(struct bytes args, unsigned extensions, bool smtputf8,
    struct arena *arena, struct smtp_rcpt *out, struct smtp_error *e);
/* RFC 3030 */
int smtp_parse_bdat(struct bytes args, uint64_t *size, bool *last,
    struct smtp_error *e);
/* DATA, RSET, QUIT, STARTTLS */
int smtp_parse_none(enum smtp_verb verb, struct bytes args,
    struct smtp_error *e);

/* The attributes of Postfix's XFORWARD; empty if unavailable. */
enum smtp_xforward_name {
	SMTP_XFORWARD_NAME,
	SMTP_XFORWARD_ADDR,
	SMTP_XFORWARD_PORT,
	SMTP_XFORWARD_PROTO,
	SMTP_XFORWARD_HELO,
	SMTP_XFORWARD_IDENT,		/* the queue id */
	SMTP_XFORWARD_SOURCE,
	SMTP_XFORWARD_COUNT
};

/* "NAME ADDR PORT …", for the reply to LHLO. */
extern const char smtp_xforward_names[];

struct smtp_xforward {
	struct bytes values[SMTP_XFORWARD_COUNT];
};

/*
 * Changes only the attributes in this command, so that a second command adds to
 * the first.  Values are copied to the arena.  On error out is unchanged.
 */
int smtp_parse_xforward(struct bytes args, struct arena *arena,
    struct smtp_xforward *out, struct smtp_error *e);

/* RFC 3461 4: appends the decoded text.  Returns 0, or -1 with nothing
   appended. */
int xtext_decode(struct buf *out, struct bytes in);
void xtext_encode(struct buf *out, struct bytes in);

#endif
