/*
 * incoming-private - the finished text of an incoming message, for
 * message_add.c
 */
#ifndef STORE_INCOMING_PRIVATE_H
#define STORE_INCOMING_PRIVATE_H

#include "segment/segment.h"
#include "store/incoming.h"

/*
 * Ends the writing.  Returns 1 if the text is a durable record of a segment, 0
 * if it is in *text, until reset or freed, -1 on error.  May be called again.
 */
int incoming_settle(struct incoming *in, struct bytes *text,
    struct segment_record *rec, struct err *err);

/* Call before submitting an operation that refers to the record. */
void incoming_submitted(struct incoming *in);

#endif
