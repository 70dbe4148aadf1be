/*
 * socketmap - the protocol for map look-ups of Postfix and Sendmail
 *
 * A request is a netstring with "MAP KEY".  A reply is a netstring with a
 * status word, a space and a text.
 *
 *	rc = socketmap_request_parse(buf_view(&in), &req, &used, err);
 *	if (rc == 1) {
 *		... look req.key up in req.map
 *		socketmap_reply(&out, SOCKETMAP_OK, value);
 *		buf_consume(&in, used);
 *	}
 *
 * If a request is not a netstring, end the connection.
 */
#ifndef PROTO_SOCKETMAP_H
#define PROTO_SOCKETMAP_H

#include "base/buf.h"
#include "base/err.h"

#define SOCKETMAP_REQUEST_MAX	10000	/* bytes; the limit of Postfix */
#define SOCKETMAP_REPLY_MAX	100000	/* bytes; the limit of Postfix */

enum socketmap_status {
	SOCKETMAP_OK,
	SOCKETMAP_NOTFOUND,
	SOCKETMAP_TEMP,
	SOCKETMAP_TIMEOUT,
	SOCKETMAP_PERM
};

struct socketmap_request {
	struct bytes map, key;	/* borrowed from the input; key has no NUL
				   and is not empty */
};

/* Returns 1 with a request of *used bytes, 0 if more input is needed, -1 with
   ERR_SYNTAX. */
int socketmap_request_parse(struct bytes in, struct socketmap_request *out,
    size_t *used, struct err *err);

/* text is the value if status is SOCKETMAP_OK, else the reason; it is cut at
   SOCKETMAP_REPLY_MAX. */
void socketmap_reply(struct buf *out, enum socketmap_status status,
    struct bytes text);

#endif
