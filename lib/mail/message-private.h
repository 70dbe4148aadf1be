/*
 * message-private - what the parser and message_fields.c share
 */
#ifndef MAIL_MESSAGE_PRIVATE_H
#define MAIL_MESSAGE_PRIVATE_H

#include "mail/message.h"

/*
 * Fills part (and its envelope, if it has one) from a header block.  digest: a
 * missing Content-Type means message/rfc822 (RFC 2046 5.1.5).
 */
void message_fields_parse(struct arena *a, struct mail_part *part,
    struct bytes block, bool digest);

/* Makes the part text/plain; charset=us-ascii. */
void message_part_make_text(struct arena *a, struct mail_part *part);

#endif
