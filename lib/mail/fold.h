/*
 * fold - text without case, for searching and sorting
 *
 * The key is that of i;unicode-casemap (RFC 5051): each character in title
 * case, then decomposed.  Keys compare by their bytes.  Malformed UTF-8 stays
 * as it is.
 *
 * A search looks for one folded text in another that comes in pieces:
 *
 *	struct fold_search *s = fold_search_new(words);
 *	found = fold_search_feed(s, piece) for each piece, until true
 *	fold_search_free(&s);
 *
 * Linear time, memory by the length of the text looked for.
 */
#ifndef MAIL_FOLD_H
#define MAIL_FOLD_H

#include <stdbool.h>

#include "base/buf.h"

/* Appends the key of UTF-8 text. */
void fold_text(struct buf *out, struct bytes text);

/* Is needle, folded, in text, folded?  An empty one is in every text. */
bool fold_contains(struct bytes text, struct bytes needle);

struct fold_search;

struct fold_search *fold_search_new(struct bytes needle);
/* True as soon as it has been found, and from then on. */
bool fold_search_feed(struct fold_search *s, struct bytes piece);
/* The text is at its end (a last unfinished character is looked at). */
bool fold_search_finish(struct fold_search *s);
/* Ready for the next text; the last one and this don't touch. */
void fold_search_reset(struct fold_search *s);
void fold_search_free(struct fold_search **s);

#endif
