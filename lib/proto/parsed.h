/*
 * parsed - the structure and the main fields of a message in one record
 *
 * The record is made from the tree of parts when a message is delivered, and
 * is stored with the body.  It has the answers to FETCH ENVELOPE, BODY and
 * BODYSTRUCTURE, the offsets of BODY[...] sections, and the fields that
 * SEARCH, SORT and THREAD need most.
 *
 *	parsed_encode(root, &buf);
 *	...
 *	if (parsed_open(record, &pd, err) == -1)
 *		...			// damaged: make it anew
 *	send(parsed_text(&pd, PARSED_ENVELOPE));
 *
 * parsed_open() checks all lengths, so the other functions, which return
 * pieces of the record, cannot fail.  The format is in parsed-private.h.
 */
#ifndef PROTO_PARSED_H
#define PROTO_PARSED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "mail/date.h"
#include "mail/message.h"

/* A record of another version must be made anew from the body. */
#define PARSED_VERSION		1

/* A longer list loses the ids in its middle. */
#define PARSED_REFERENCES_MAX	200

enum parsed_item {
	PARSED_ENVELOPE,	/* ready to send */
	PARSED_BODY,
	PARSED_BODYSTRUCTURE,
	/*
	 * UTF-8 on one line.  Addresses are "Name <local@domain>, ...";
	 * groups have their name and members.
	 */
	PARSED_FROM,
	PARSED_TO,
	PARSED_CC,
	PARSED_BCC,
	PARSED_SENDER,
	PARSED_REPLY_TO,
	PARSED_SUBJECT,
	/* SORT: localpart of the first address (RFC 5256 3). */
	PARSED_FROM_MAILBOX,
	PARSED_TO_MAILBOX,
	PARSED_CC_MAILBOX,
	/* SORT=DISPLAY: name of the first address, or the address. */
	PARSED_FROM_DISPLAY,
	PARSED_TO_DISPLAY,
	/* The id without angle brackets; see mail/msgid.h. */
	PARSED_MESSAGE_ID,
	/* Lists of ids: parsed_list_next(). */
	PARSED_IN_REPLY_TO,
	PARSED_REFERENCES,
	PARSED_ITEMS
};

enum parsed_kind {
	PARSED_KIND_MULTIPART,
	PARSED_KIND_MESSAGE,	/* message/rfc822 or message/global */
	PARSED_KIND_TEXT,
	PARSED_KIND_OTHER
};

struct parsed_part {
	unsigned depth;
	enum parsed_kind kind;
	enum mail_encoding encoding;
	uint64_t header_offset, header_len;
	uint64_t body_offset, body_len, body_lines;
	struct bytes type, subtype;	/* lower case */
	struct bytes charset;		/* as written */
};

struct parsed {
	struct bytes item[PARSED_ITEMS];	/* borrowed from the record */
	bool has_date;
	struct mail_date date;		/* of the Date field */
	uint32_t part_count;
	struct bytes parts;		/* private to parsed.c */
};

/* Appends the record. */
void parsed_encode(const struct mail_part *root, struct buf *out);

/*
 * Opens a record, which is borrowed and must outlive pd.  Returns 0, or -1 with
 * ERR_SYNTAX if the record is damaged or has another version.
 */
int parsed_open(struct bytes record, struct parsed *pd, struct err *err);

/* Returns an item; data is NULL if the message has no such field. */
struct bytes parsed_text(const struct parsed *pd, enum parsed_item item);

/* Gets the next id of a list.  *pos begins at 0.  Returns false at the end. */
bool parsed_list_next(struct bytes list, size_t *pos, struct bytes *id);

/*
 * Gets the next part, in the order of the message, the root first.  *pos begins
 * at 0.  Returns false at the end.
 */
bool parsed_part_next(const struct parsed *pd, size_t *pos,
    struct parsed_part *part);

enum parsed_what {
	PARSED_WHOLE,		/* BODY[], BODY[1.2] */
	PARSED_HEADER,		/* BODY[HEADER], BODY[1.2.HEADER] */
	PARSED_TEXT,		/* BODY[TEXT], BODY[1.2.TEXT] */
	PARSED_MIME		/* BODY[1.2.MIME] */
};

/*
 * Finds a section in the message (RFC 3501 6.4.5).  path has count part
 * numbers, which begin at 1; count 0 is the message itself.  Returns 0, or -1
 * if the message has no such section.
 */
int parsed_section(const struct parsed *pd, const uint32_t *path,
    size_t count, enum parsed_what what, uint64_t *offset, uint64_t *len);

/* Returns the length of the message's header, including the blank line. */
uint64_t parsed_header_len(const struct parsed *pd);

#endif
