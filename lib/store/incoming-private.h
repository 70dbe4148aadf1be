/* incoming-private - what becomes of it, for message_add.c */
#ifndef STORE_INCOMING_PRIVATE_H
#define STORE_INCOMING_PRIVATE_H

#include "segment/segment.h"
#include "store/incoming.h"

/*
 * No more is written.  1: it is a record of a segment, durable; 0: it is
 * *text, in one piece, until reset or freed; -1.  Can be called again.
 */
int incoming_settle(struct incoming *in, struct bytes *text,
    struct segment_record *rec, struct err *err);

/* An operation with its record is about to be submitted. */
void incoming_submitted(struct incoming *in);

#endif
