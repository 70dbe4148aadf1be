/*
 * extract - the features of a message
 *
 * One pass over header and parts.  Header fields are read with their encoded
 * words decoded, except fields that other filters, mail programs or we have
 * added: a verdict must not be learned from a verdict.  Of each text part the
 * text is decoded, converted to UTF-8, and HTML is split into text and tags.
 * Of other parts type and name count.
 *
 *	struct extract *x = extract_new(key);
 *	extract_message(x, message, features);
 *	extract_free(&x);
 *
 * Any bytes are a message.  Time and memory are bounded by the limits below,
 * whatever the size of the message.  An extractor serves one thread.
 */
#ifndef JUNK_EXTRACT_H
#define JUNK_EXTRACT_H

#include "base/buf.h"
#include "junk/feature.h"
#include "junk/keyed_hash.h"

/* The rest of a larger message or header is not looked at. */
#define EXTRACT_MESSAGE_MAX	(1024 * 1024)
#define EXTRACT_HEADER_MAX	(128 * 1024)
/* Of one part after its transfer encoding is undone. */
#define EXTRACT_PART_MAX	(64 * 1024)
/* Of all parts, without tags. */
#define EXTRACT_TEXT_MAX	(8 * 1024)
#define EXTRACT_DEPTH_MAX	8
#define EXTRACT_PARTS_MAX	100

/* Words of header and text together, and at most in the header. */
#define EXTRACT_WORDS_MAX	800
#define EXTRACT_HEADER_WORDS	400
/* Bytes of one header value. */
#define EXTRACT_VALUE_MAX	1500
/* Bytes of text whose 4-grams count, and of tags. */
#define EXTRACT_TEXT_GRAMS	2500
#define EXTRACT_MARKUP_MAX	1500

struct extract;

struct extract *extract_new(const unsigned char key[KEYED_HASH_KEY_SIZE]);
void extract_free(struct extract **x);

/* Replaces the contents of f.  The message has header and body. */
void extract_message(struct extract *x, struct bytes message,
    struct features *f);

#endif
