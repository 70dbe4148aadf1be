/*
 * charset - converts text in any charset to UTF-8
 *
 * Never fails: what cannot be converted becomes U+FFFD.  Text in an unknown
 * charset is taken as UTF-8 if it is well-formed UTF-8, and otherwise as
 * Windows-1252, the superset of Latin-1 that is nearly always meant.
 */
#ifndef MAIL_CHARSET_H
#define MAIL_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Longer names count as unknown. */
#define CHARSET_NAME_MAX	40

/* Appends the whole of text as UTF-8. */
void charset_to_utf8(struct buf *out, struct bytes charset,
    struct bytes text);

struct charset_converter;

/* For text that comes in pieces. */
struct charset_converter *charset_converter_new(struct bytes charset);
void charset_converter_feed(struct charset_converter *c, struct buf *out,
    struct bytes text);
/* Ends the text: an unfinished character becomes U+FFFD. */
void charset_converter_finish(struct charset_converter *c, struct buf *out);
void charset_converter_free(struct charset_converter **c);

#endif
