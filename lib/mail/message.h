/*
 * message - the structure of a message, with byte offsets
 *
 * A push parser: it takes bytes as they arrive, in pieces of any size, and
 * makes a tree of parts (RFC 5322, 2045, 2046, 2231, 6532).  Any sequence of
 * bytes is a message; what cannot be parsed is text/plain.
 *
 *	struct mail_parser *p = mail_parser_new(&arena, NULL);
 *	... mail_parser_feed(p, data, n) for each piece ...
 *	struct mail_part *root = mail_parser_finish(p);
 *
 * Lines end with CRLF or LF.  Each line is looked at once.  Memory depends on
 * the limits, not on the size of the message: beyond a limit the rest becomes
 * the body of the open part, or header fields that are ignored; offsets stay
 * right.  Everything is in the arena, so a parser can be abandoned without
 * freeing it.
 */
#ifndef MAIL_MESSAGE_H
#define MAIL_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "mail/address.h"
#include "mail/param.h"

#define MAIL_DEPTH_MAX		100
#define MAIL_PARTS_MAX		10000
#define MAIL_PART_HEADER_MAX	(256 * 1024)
#define MAIL_HEADERS_MAX	(1024 * 1024)
/* RFC 2046 allows 70; a longer boundary than this is ignored. */
#define MAIL_BOUNDARY_MAX	250

struct mail_limits {
	unsigned depth_max;	/* nesting of parts; the root has depth 0 */
	unsigned parts_max;	/* number of parts; at least 1 */
	size_t part_header_max;	/* bytes parsed in one header */
	size_t headers_max;	/* bytes parsed in all headers */
};

/* Header fields of a message, as written but unfolded. */
struct mail_envelope {
	/* data is NULL if the field is missing. */
	struct bytes date, subject, in_reply_to, message_id, references;
	/* NULL if the field is missing or empty. */
	struct address_entry *from, *sender, *reply_to, *to, *cc, *bcc;
};

enum mail_encoding {
	MAIL_ENCODING_NONE,	/* 7bit, 8bit, binary */
	MAIL_ENCODING_BASE64,
	MAIL_ENCODING_QUOTED_PRINTABLE,
	MAIL_ENCODING_UNKNOWN
};

/*
 * A multipart has at least one child (an empty one is made if it had none).  A
 * message/rfc822 or message/global part has exactly one child, the message in
 * it.  Other parts have none.
 */
struct mail_part {
	struct mail_part *parent, *first_child, *last_child, *next;
	unsigned depth;

	uint64_t header_offset;
	uint64_t header_len;	/* with the blank line, if there is one */
	uint64_t body_offset;	/* header_offset + header_len */
	uint64_t body_len;	/* without the line end before a boundary */
	uint64_t body_lines;	/* line ends in the body */

	/* As written; text/plain; charset=us-ascii if missing or unusable. */
	struct bytes type, subtype;
	struct mail_param *params;
	/*
	 * It was a multipart or message, but had no boundary or was over a
	 * limit, so it was made text/plain.
	 */
	bool opaque;

	/* data is NULL if the field is missing. */
	struct bytes id, description, encoding, md5;
	struct bytes disposition, language, location;
	struct mail_param *disposition_params;

	/* Set in the root and in the child of a message part; else NULL. */
	struct mail_envelope *envelope;
};

struct mail_parser;

/* limits is copied; NULL means the defaults above. */
struct mail_parser *mail_parser_new(struct arena *a,
    const struct mail_limits *limits);
void mail_parser_feed(struct mail_parser *p, const void *data, size_t len);

/* Ends the message.  Returns the root, which is in the arena. */
struct mail_part *mail_parser_finish(struct mail_parser *p);

/* Ignores case.  subtype NULL matches any. */
bool mail_part_is(const struct mail_part *part, const char *type,
    const char *subtype);
/* Is it message/rfc822 or message/global, so that first_child is a message? */
bool mail_part_is_message(const struct mail_part *part);
enum mail_encoding mail_part_encoding(const struct mail_part *part);
/* Returns the charset parameter, or us-ascii. */
struct bytes mail_part_charset(const struct mail_part *part);

/* Returns the next part in the order of the message, or NULL. */
struct mail_part *mail_part_walk(const struct mail_part *part);

#endif
