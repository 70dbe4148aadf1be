/*
 * message - the structure of a message, with byte offsets
 *
 * A push parser: bytes go in as they arrive, in pieces of any size, and a
 * tree of parts comes out (RFC 5322, 2045, 2046, 2231, 6532).  Every sequence
 * of bytes is a message; what cannot be understood is text/plain.
 *
 *	struct mail_parser *p = mail_parser_new(&arena, NULL);
 *	... mail_parser_feed(p, data, n) for each piece ...
 *	struct mail_part *root = mail_parser_finish(p);
 *
 * Lines end with CRLF or LF.  Each line is looked at once.  Memory depends on
 * the limits and not on the size of the message: beyond a limit, what is left
 * is the body of the part that was open, or header fields that are not looked
 * at; the offsets stay right.  Everything is in the arena, so a parser that
 * is no longer wanted is just forgotten.
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
/* RFC 2046 allows 70; a longer one than this is as good as none. */
#define MAIL_BOUNDARY_MAX	250

struct mail_limits {
	unsigned depth_max;	/* parts inside parts; the root has depth 0 */
	unsigned parts_max;	/* parts in all; at least 1 */
	size_t part_header_max;	/* bytes looked at in one header */
	size_t headers_max;	/* bytes looked at in all headers */
};

/* Fields in front of a message, as they stand, unfolded. */
struct mail_envelope {
	/* data is NULL when the field is absent. */
	struct bytes date, subject, in_reply_to, message_id, references;
	/* NULL when the field is absent or empty. */
	struct address_entry *from, *sender, *reply_to, *to, *cc, *bcc;
};

enum mail_encoding {
	MAIL_ENCODING_NONE,	/* 7bit, 8bit, binary */
	MAIL_ENCODING_BASE64,
	MAIL_ENCODING_QUOTED_PRINTABLE,
	MAIL_ENCODING_UNKNOWN
};

/*
 * A multipart part has one child or more (an empty one is made if it had
 * none).  A message/rfc822 or message/global part has exactly one child, the
 * message in it.  All other parts have none.
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
	 * It said multipart or message, but had no boundary or was over a
	 * limit, and was made text/plain.
	 */
	bool opaque;

	/* data is NULL when the field is absent. */
	struct bytes id, description, encoding, md5;
	struct bytes disposition, language, location;
	struct mail_param *disposition_params;

	/* Of the root, and of the child of a message part; else NULL. */
	struct mail_envelope *envelope;
};

struct mail_parser;

/* limits may be NULL for the defaults above; it is copied. */
struct mail_parser *mail_parser_new(struct arena *a,
    const struct mail_limits *limits);
void mail_parser_feed(struct mail_parser *p, const void *data, size_t len);

/* The end of the message.  Returns the root, which is in the arena. */
struct mail_part *mail_parser_finish(struct mail_parser *p);

/* All at once, with the default limits. */
struct mail_part *mail_parse(struct arena *a, struct bytes message);

/* Any case; subtype NULL means any. */
bool mail_part_is(const struct mail_part *part, const char *type,
    const char *subtype);
/* message/rfc822 or message/global, so that first_child is a message. */
bool mail_part_is_message(const struct mail_part *part);
enum mail_encoding mail_part_encoding(const struct mail_part *part);
enum mail_encoding mail_encoding_of(struct bytes name);
/* The charset parameter, or us-ascii. */
struct bytes mail_part_charset(const struct mail_part *part);

/* The part after this one in the order of the message, or NULL. */
struct mail_part *mail_part_walk(const struct mail_part *part);

#endif
