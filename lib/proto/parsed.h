/*
 * parsed - what a message's structure boils down to, in one record
 *
 * Made once from the tree of parts, when a message is delivered; kept beside
 * the body.  It answers FETCH ENVELOPE, BODY, BODYSTRUCTURE, finds BODY[...]
 * sections, and holds what SEARCH, SORT and THREAD look at most.
 *
 *	parsed_encode(root, &buf);
 *	...
 *	if (parsed_open(record, &pd, err) == -1)
 *		...			// damaged: make it again
 *	send(parsed_text(&pd, PARSED_ENVELOPE));
 *
 * parsed_open() checks every length once; the accessors after it return
 * pieces of the record and cannot fail.  The format stands in parsed.c.
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

/* Records of another version are made again from the body. */
#define PARSED_VERSION		1

/* Of a longer list the first and the last ids are kept. */
#define PARSED_REFERENCES_MAX	200

enum parsed_item {
	PARSED_ENVELOPE,	/* ready to send */
	PARSED_BODY,
	PARSED_BODYSTRUCTURE,
	/*
	 * UTF-8 on one line.  Addresses are "Name <local@domain>, ...";
	 * groups give their name and members.
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
	/* SORT=DISPLAY: name of the first address, else the address. */
	PARSED_FROM_DISPLAY,
	PARSED_TO_DISPLAY,
	/* The id without angle brackets, see mail/msgid.h. */
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
	struct bytes item[PARSED_ITEMS];	/* borrowed: the record */
	bool has_date;
	struct mail_date date;		/* of the Date field */
	uint32_t part_count;
	struct bytes parts;		/* private to parsed.c */
};

/* Appends the record. */
void parsed_encode(const struct mail_part *root, struct buf *out);

/*
 * record is borrowed and must outlive pd.  0, or -1: ERR_SYNTAX for a
 * damaged record or one of another version.
 */
int parsed_open(struct bytes record, struct parsed *pd, struct err *err);

/* data is NULL when the message has no such field. */
struct bytes parsed_text(const struct parsed *pd, enum parsed_item item);

/* The next id of a list from *pos on; false at its end. */
bool parsed_list_next(struct bytes list, size_t *pos, struct bytes *id);

/*
 * The parts in the order of the message, the root first.  *pos begins at 0.
 * False at the end.
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
 * Where a section lies in the message (RFC 3501 6.4.5).  path holds count
 * part numbers from 1; count 0 is the message itself.  0, or -1 when the
 * message has no such section.
 */
int parsed_section(const struct parsed *pd, const uint32_t *path,
    size_t count, enum parsed_what what, uint64_t *offset, uint64_t *len);

/* Length of the message's header, with the blank line. */
uint64_t parsed_header_len(const struct parsed *pd);

#endif
