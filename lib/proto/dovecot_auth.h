/*
 * dovecot_auth - the Dovecot auth protocol, as MTAs ask for SASL
 *
 * Lines end with LF, words in them are parted by tabs; a word that holds
 * control characters has them escaped with \001.  Read lines with line.h
 * (LINE_LF, DOVECOT_LINE_MAX).  The server may greet at once; the client says
 * VERSION and CPID, then asks with ids of its choice, many at a time.
 *
 *	S VERSION 1 2 | MECH PLAIN plaintext | SPID 7 | CUID 1 | COOKIE hex
 *	S DONE
 *	C VERSION 1 2 | CPID 12 | AUTH 1 PLAIN service=smtp resp=BASE64
 *	S OK 1 user=you@localhost
 *
 * A mechanism's last words to the client must be a CONT too: SMTP has no
 * place for data beside success.  The client answers it with an empty CONT.
 */
#ifndef PROTO_DOVECOT_AUTH_H
#define PROTO_DOVECOT_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define DOVECOT_LINE_MAX	16384
#define DOVECOT_WORDS_MAX	64	/* in one line */
#define DOVECOT_COOKIE_LEN	16

enum dovecot_command_kind {
	DOVECOT_VERSION,
	DOVECOT_CPID,
	DOVECOT_AUTH,
	DOVECOT_CONT,
	DOVECOT_CANCEL,
	DOVECOT_OTHER		/* to be ignored */
};

/* A line from the client. */
struct dovecot_command {
	enum dovecot_command_kind kind;
	uint32_t major, minor;		/* VERSION */
	uint32_t id;			/* AUTH, CONT, CANCEL; CPID's pid */
	struct bytes mechanism;		/* AUTH, as given */
	struct bytes service;
	struct bytes local_ip, remote_ip, local_port, remote_port;
	struct bytes local_name, session;
	bool secured;			/* the client's connection is safe */
	bool has_response;		/* AUTH with resp= */
	struct bytes response;		/* base64, of AUTH and CONT */
};

/*
 * One line without its LF.  Results are borrowed from it or in the arena.  0,
 * or -1 with ERR_SYNTAX: end the connection.
 */
int dovecot_command_parse(struct bytes line, struct arena *arena,
    struct dovecot_command *out, struct err *err);

struct dovecot_mechanism {
	const char *name;
	const char *flags;	/* "plaintext", "dictionary active", … */
};

/* The greeting, from VERSION to DONE.  There must be a mechanism. */
void dovecot_write_greeting(struct buf *out,
    const struct dovecot_mechanism *mechanisms, size_t n, uint32_t pid,
    uint32_t connection, const uint8_t cookie[DOVECOT_COOKIE_LEN]);
void dovecot_write_ok(struct buf *out, uint32_t id, struct bytes user);
/*
 * user and reason may be empty.  The reason is shown to the client and
 * logged by the MTA.  Not for what is temporary: Postfix says 535 to a FAIL
 * with "temp" or "code=temp_fail" as well, and 454 only when the connection
 * ends without an answer.
 */
void dovecot_write_fail(struct buf *out, uint32_t id, struct bytes user,
    struct bytes reason);
/* A challenge, not yet in base64. */
void dovecot_write_cont(struct buf *out, uint32_t id, struct bytes challenge);

#endif
