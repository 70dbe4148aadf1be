/*
 * request_json - the fields of a request or an answer as JSON
 *
 * The tables of proto/request_table.h have the fields with their names and
 * types, so programs that print answers or read arguments need no code for
 * each operation.
 *
 * A frame is an object.  Its members have the names of the tags; a field that
 * may be repeated is an array.  Numbers and times (seconds since 1970) are
 * integers.  Ids of accounts are strings of 16 hexadecimal digits, because
 * they use all 64 bits.  Limits are integers, "none" or "default".  Blobs are
 * left out.
 *
 *	{ "account": "jo", "quota-bytes": "none", "disabled": false }
 */
#ifndef PROTO_REQUEST_JSON_H
#define PROTO_REQUEST_JSON_H

#include <jansson.h>

#include "proto/request.h"

/*
 * Returns a REQUEST, ROW or DONE of a known operation as an object, which the
 * caller must json_decref().
 */
json_t *request_json(const struct request_frame *m);

/*
 * Adds a field from text that a user typed: digits, yes or no, or any form that
 * request_json() writes.  Returns 0, or -1 with ERR_SYNTAX:
 * "label: expected ...".
 */
int request_put_argument(struct request_writer *w, uint16_t tag,
    const char *text, struct err *err);

/*
 * Adds the members of an object as fields of the operation's request.  They
 * must be as request_json() writes them, or strings.  A member that is null
 * counts as absent.  request_frame_end() checks that no required field is
 * missing.  Returns 0, or -1 with ERR_SYNTAX if a member is not a field of the
 * request or has the wrong type.
 */
int request_put_json(struct request_writer *w, const struct request_op *op,
    json_t *object, struct err *err);

#endif
