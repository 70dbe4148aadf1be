/*
 * fold - caseless text, for searching and sorting
 *
 * The key is that of i;unicode-casemap (RFC 5051): each character in title
 * case, then decomposed.  Keys compare as bytes.  Malformed UTF-8 stays as it
 * is.
 *
 * A search looks for one folded text in another that comes in pieces:
 *
 *	struct fold_search *s = fold_search_new(words);
 *	found = fold_search_feed(s, piece) for each piece, until true
 *	fold_search_free(&s);
 *
 * Takes linear time, and memory in proportion to the text looked for.
 */
#ifndef MAIL_FOLD_H
#define MAIL_FOLD_H

#include <stdbool.h>

#include "base/buf.h"

/* Does the folded text contain the folded needle?  Any text contains an empty
   one. */
bool fold_contains(struct bytes text, struct bytes needle);

struct fold_search;

struct fold_search *fold_search_new(struct bytes needle);
/* Returns true once the needle has been found, and from then on. */
bool fold_search_feed(struct fold_search *s, struct bytes piece);
/* Ends the text, including a last unfinished character. */
bool fold_search_finish(struct fold_search *s);
/* Starts with another text; no match spans the two. */
void fold_search_reset(struct fold_search *s);
void fold_search_free(struct fold_search **s);

#endif
