/*
 * request_json - the fields of a request or an answer as JSON
 *
 * The tables of proto/request_table.h say which fields there are, what they
 * are called and of which type they are, so programs that print answers, or
 * are given arguments, need no code for a single operation.
 *
 * A frame is an object.  Its members are named as the tags are; a field that
 * may come several times is an array.  Numbers and times (seconds since 1970)
 * are integers, ids of accounts strings of 16 hexadecimal digits, since they
 * fill 64 bits, limits integers, "none" or "default".  Blobs are left out.
 *
 *	{ "account": "jo", "quota-bytes": "none", "disabled": false }
 */
#ifndef PROTO_REQUEST_JSON_H
#define PROTO_REQUEST_JSON_H

#include <jansson.h>

#include "proto/request.h"

/*
 * A REQUEST, ROW or DONE of a known operation.  The caller's to
 * json_decref().
 */
json_t *request_json(const struct request_frame *m);

/*
 * Adds a field by its text, as people type it: digits, yes or no, and what
 * request_json() writes.  0, or -1 with ERR_SYNTAX: "label: expected ...".
 */
int request_put_argument(struct request_writer *w, uint16_t tag,
    const char *text, struct err *err);

/*
 * Adds the members of an object that are fields of the operation's request:
 * as request_json() writes them, or all as strings.  A member that is null
 * counts as absent.  Whether the fields that must be there are, is for
 * request_frame_end() to say.  0, or -1 with ERR_SYNTAX: a member is no field
 * or of another type.
 */
int request_put_json(struct request_writer *w, const struct request_op *op,
    json_t *object, struct err *err);

#endif
