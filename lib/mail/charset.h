/*
 * charset - text in any charset to UTF-8
 *
 * Never fails: what cannot be converted becomes U+FFFD, and bytes in a
 * charset that nobody knows are UTF-8 if they are well-formed UTF-8, else
 * Windows-1252, the superset of Latin-1 that is nearly always meant.
 */
#ifndef MAIL_CHARSET_H
#define MAIL_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Longer names are unknown names. */
#define CHARSET_NAME_MAX	40

/* Appends the whole of text as UTF-8. */
void charset_to_utf8(struct buf *out, struct bytes charset,
    struct bytes text);

struct charset_converter;

/* For text that comes in pieces. */
struct charset_converter *charset_converter_new(struct bytes charset);
void charset_converter_feed(struct charset_converter *c, struct buf *out,
    struct bytes text);
/* The end: what was an unfinished character becomes U+FFFD. */
void charset_converter_finish(struct charset_converter *c, struct buf *out);
void charset_converter_free(struct charset_converter **c);

#endif
