/*
 * store_client - calls to the owner of the store
 *
 * A blocking client of the store protocol (proto/store_proto.h) for programs
 * that ask one thing at a time: the command line tool, a thread of the
 * milter.
 *
 *	c = store_client_new("unix:/run/postern/admin", 5000);
 *	store_call_begin(c, STORE_OP_ACCOUNT_LIST, &w);
 *	store_put_str(&w, STORE_NAME, "x");
 *	if (store_call_send(c, &w, err) == -1)
 *		return -1;
 *	while ((rc = store_call_next(c, &m, err)) == 1)
 *		... m is a ROW or DATA frame ...
 *	... rc 0: m is the DONE frame; -1: err says why ...
 *	store_client_free(&c);
 *
 * It connects at the first call, and again when the connection was lost
 * between calls (the other side was restarted).  A connection lost within a
 * call is ERR_TEMP: whether the call was carried out is not known.  Belongs
 * to one thread at a time.
 */
#ifndef NET_STORE_CLIENT_H
#define NET_STORE_CLIENT_H

#include "base/err.h"
#include "proto/store_proto.h"

struct store_client;

/*
 * where: as dial_connect() takes it; copied.  timeout_ms: how long to wait
 * for each frame of an answer.
 */
struct store_client *store_client_new(const char *where,
    unsigned timeout_ms);
void store_client_free(struct store_client **c);

/* A new call; fields follow by store_put_*(). */
void store_call_begin(struct store_client *c, uint16_t op,
    struct store_writer *w);
/* 0, or -1: a field is wrong, or nobody is there (ERR_TEMP). */
int store_call_send(struct store_client *c, struct store_writer *w,
    struct err *err);

/*
 * For STORE_OP_DATA_IN: pieces of any size behind the request, then the end.
 */
int store_call_data(struct store_client *c, struct bytes data,
    struct err *err);
int store_call_data_end(struct store_client *c, struct err *err);

/*
 * The next frame of the answer, valid until the next function of this client.
 * 1 a ROW or DATA frame, 0 DONE, -1 an ERROR frame or no answer.
 */
int store_call_next(struct store_client *c, struct store_message *m,
    struct err *err);

/* For calls without rows: send, then DONE.  0 or -1. */
int store_call_finish(struct store_client *c, struct store_writer *w,
    struct store_message *m, struct err *err);

#endif
