/*
 * socketmap - Postfix's and Sendmail's map look-ups as bytes
 *
 * A request is a netstring that holds "MAP KEY", a reply one that holds a
 * status word, a space and a text.
 *
 *	rc = socketmap_request_parse(buf_view(&in), &req, &used, err);
 *	if (rc == 1) {
 *		... look req.key up in req.map
 *		socketmap_reply(&out, SOCKETMAP_OK, value);
 *		buf_consume(&in, used);
 *	}
 *
 * A request that is no netstring is beyond repair: end the connection.
 */
#ifndef PROTO_SOCKETMAP_H
#define PROTO_SOCKETMAP_H

#include "base/buf.h"
#include "base/err.h"

#define SOCKETMAP_REQUEST_MAX	10000	/* as Postfix sends */
#define SOCKETMAP_REPLY_MAX	100000	/* as Postfix takes */

enum socketmap_status {
	SOCKETMAP_OK,
	SOCKETMAP_NOTFOUND,
	SOCKETMAP_TEMP,
	SOCKETMAP_TIMEOUT,
	SOCKETMAP_PERM
};

struct socketmap_request {
	struct bytes map, key;	/* borrowed from the input; key has no NUL
				   and isn't empty */
};

/* 1 done, 0 needs more, -1 ERR_SYNTAX.  Of the input *used bytes are it. */
int socketmap_request_parse(struct bytes in, struct socketmap_request *out,
    size_t *used, struct err *err);

/* text is the value or, but for OK, why not; cut at SOCKETMAP_REPLY_MAX. */
void socketmap_reply(struct buf *out, enum socketmap_status status,
    struct bytes text);

#endif
