/*
 * request_client - sends requests to the process that owns the store
 *
 * A blocking client of the store protocol (proto/request.h) for programs that
 * send one request at a time: the command line tool, or a thread of the milter.
 *
 *	c = request_client_new("unix:/run/postern/admin", 5000);
 *	request_begin(c, REQUEST_ACCOUNT_LIST, &w);
 *	request_put_str(&w, FIELD_NAME, "x");
 *	if (request_send(c, &w, err) == -1)
 *		return -1;
 *	while ((rc = request_next_frame(c, &m, err)) == 1)
 *		... m is a ROW or DATA frame ...
 *	... rc 0: m is the DONE frame; -1: err says why ...
 *	request_client_free(&c);
 *
 * It connects at the first request, and again if the connection was lost
 * between requests (for example because the server was restarted).  If the
 * connection is lost during a request, the error is ERR_TEMP, and the request
 * may or may not have been carried out.  Only one thread may use a client at a
 * time.
 */
#ifndef NET_REQUEST_CLIENT_H
#define NET_REQUEST_CLIENT_H

#include "base/err.h"
#include "proto/request.h"

struct request_client;

/*
 * where: as for dial_connect(); copied.  timeout_ms: how long to wait for each
 * frame of an answer.
 */
struct request_client *request_client_new(const char *where,
    unsigned timeout_ms);
void request_client_free(struct request_client **c);

/* Begins a request.  Add its fields with request_put_*(). */
void request_begin(struct request_client *c, uint16_t op,
    struct request_writer *w);
/* Returns 0, or -1: ERR_SYNTAX if a field is wrong, ERR_TEMP if the server
   cannot be reached. */
int request_send(struct request_client *c, struct request_writer *w,
    struct err *err);

/*
 * For REQUEST_DATA_IN: send data after the request, in pieces of any size, and
 * then the end.
 */
int request_data(struct request_client *c, struct bytes data,
    struct err *err);
int request_data_end(struct request_client *c, struct err *err);

/*
 * Gets the next frame of the answer, which is valid until the next call for
 * this client.  Returns 1 for a ROW or DATA frame, 0 for DONE, -1 for an ERROR
 * frame or if there is no answer.
 */
int request_next_frame(struct request_client *c, struct request_frame *m,
    struct err *err);

/* For requests without rows: sends the request and waits for DONE.  Returns 0
   or -1. */
int request_finish(struct request_client *c, struct request_writer *w,
    struct request_frame *m, struct err *err);

#endif
