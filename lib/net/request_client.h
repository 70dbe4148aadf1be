/*
 * request_client - calls to the owner of the store
 *
 * A blocking client of the store protocol (proto/request.h) for programs
 * that ask one thing at a time: the command line tool, a thread of the
 * milter.
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
 * It connects at the first call, and again when the connection was lost
 * between calls (the other side was restarted).  A connection lost within a
 * call is ERR_TEMP: whether the call was carried out is not known.  Belongs
 * to one thread at a time.
 */
#ifndef NET_REQUEST_CLIENT_H
#define NET_REQUEST_CLIENT_H

#include "base/err.h"
#include "proto/request.h"

struct request_client;

/*
 * where: as dial_connect() takes it; copied.  timeout_ms: how long to wait
 * for each frame of an answer.
 */
struct request_client *request_client_new(const char *where,
    unsigned timeout_ms);
void request_client_free(struct request_client **c);

/* A new call; fields follow by store_put_*(). */
void request_begin(struct request_client *c, uint16_t op,
    struct request_writer *w);
/* 0, or -1: a field is wrong, or nobody is there (ERR_TEMP). */
int request_send(struct request_client *c, struct request_writer *w,
    struct err *err);

/*
 * For REQUEST_DATA_IN: pieces of any size behind the request, then the end.
 */
int request_data(struct request_client *c, struct bytes data,
    struct err *err);
int request_data_end(struct request_client *c, struct err *err);

/*
 * The next frame of the answer, valid until the next function of this client.
 * 1 a ROW or DATA frame, 0 DONE, -1 an ERROR frame or no answer.
 */
int request_next_frame(struct request_client *c, struct request_frame *m,
    struct err *err);

/* For calls without rows: send, then DONE.  0 or -1. */
int request_finish(struct request_client *c, struct request_writer *w,
    struct request_frame *m, struct err *err);

#endif
