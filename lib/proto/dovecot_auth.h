/*
 * dovecot_auth - the Dovecot auth protocol, which MTAs use for SASL
 *
 * Lines end with LF.  Words are separated by tabs, and control characters in
 * them are escaped with \001.  Read lines with line.h (LINE_LF,
 * DOVECOT_LINE_MAX).  The server may send its greeting at once.  The client
 * sends VERSION and CPID, then requests with ids of its choice, of which many
 * may be outstanding.
 *
 *	S VERSION 1 2 | MECH PLAIN plaintext | SPID 7 | CUID 1 | COOKIE hex
 *	S DONE
 *	C VERSION 1 2 | CPID 12 | AUTH 1 PLAIN service=smtp resp=BASE64
 *	S OK 1 user=you@localhost
 *
 * The last data of a mechanism must be sent as a CONT too, because SMTP cannot
 * send data with a success reply.  The client answers it with an empty CONT.
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
	DOVECOT_OTHER		/* unknown: ignore it */
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
	bool secured;			/* the client's connection is
					   encrypted, or local */
	bool has_response;		/* AUTH with resp= */
	struct bytes response;		/* AUTH, CONT: in base64 */
};

/*
 * Parses one line without its LF.  Results are borrowed from the line or are
 * in the arena.  Returns 0, or -1 with ERR_SYNTAX: end the connection.
 */
int dovecot_command_parse(struct bytes line, struct arena *arena,
    struct dovecot_command *out, struct err *err);

struct dovecot_mechanism {
	const char *name;
	const char *flags;	/* "plaintext", "dictionary active", … */
};

/* Writes the greeting, from VERSION to DONE.  n must not be 0. */
void dovecot_write_greeting(struct buf *out,
    const struct dovecot_mechanism *mechanisms, size_t n, uint32_t pid,
    uint32_t connection, const uint8_t cookie[DOVECOT_COOKIE_LEN]);
void dovecot_write_ok(struct buf *out, uint32_t id, struct bytes user);
/*
 * user and reason may be empty.  The MTA shows the reason to the client and
 * logs it.  Do not use this for temporary failures: Postfix replies 535 even
 * to a FAIL with "temp" or "code=temp_fail", and 454 only when the connection
 * ends without an answer.
 */
void dovecot_write_fail(struct buf *out, uint32_t id, struct bytes user,
    struct bytes reason);
/* Writes a challenge, which is given as plain bytes, in base64. */
void dovecot_write_cont(struct buf *out, uint32_t id, struct bytes challenge);

#endif
