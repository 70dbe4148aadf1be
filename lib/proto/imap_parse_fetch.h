/*
 * imap_parse_fetch - the arguments of FETCH
 *
 * The macros ALL, FAST and FULL are replaced by their items.  See imap_parse.h
 * for results, memory and errors.
 */
#ifndef PROTO_IMAP_PARSE_FETCH_H
#define PROTO_IMAP_PARSE_FETCH_H

#include "proto/imap_parse.h"

#define IMAP_FETCH_SECTIONS_MAX	100	/* BODY[…] items in one FETCH */
#define IMAP_SECTION_DEPTH_MAX	100	/* numbers in "1.2.3" */
#define IMAP_SECTION_FIELDS_MAX	200	/* names in HEADER.FIELDS */

enum imap_fetch_item {
	IMAP_FETCH_UID = 1,
	IMAP_FETCH_FLAGS = 2,
	IMAP_FETCH_INTERNALDATE = 4,
	IMAP_FETCH_SIZE = 8,		/* RFC822.SIZE */
	IMAP_FETCH_ENVELOPE = 16,
	IMAP_FETCH_BODY = 32,		/* BODY, without a section */
	IMAP_FETCH_BODYSTRUCTURE = 64,
	IMAP_FETCH_MODSEQ = 128,	/* RFC 7162 */
	IMAP_FETCH_EMAILID = 256,	/* RFC 8474 */
	IMAP_FETCH_THREADID = 512,
	IMAP_FETCH_SAVEDATE = 1024	/* RFC 8514 */
};

enum imap_section_kind {
	IMAP_SECTION_ALL,		/* BODY[], BODY[1.2] */
	IMAP_SECTION_HEADER,
	IMAP_SECTION_FIELDS,		/* HEADER.FIELDS */
	IMAP_SECTION_FIELDS_NOT,
	IMAP_SECTION_TEXT,
	IMAP_SECTION_MIME		/* only with a path */
};

/* The name that the client used, which the response must use too. */
enum imap_section_form {
	IMAP_FORM_BODY,
	IMAP_FORM_RFC822,
	IMAP_FORM_RFC822_HEADER,
	IMAP_FORM_RFC822_TEXT
};

struct imap_section {
	enum imap_section_form form;
	enum imap_section_kind kind;
	bool peek;			/* does not set \Seen */
	uint32_t *path;			/* part numbers */
	size_t depth;
	struct bytes *fields;
	size_t nfields;
	bool has_partial;
	uint32_t offset, count;		/* count > 0 */
};

struct imap_fetch {
	struct imap_sequence_set set;
	unsigned items;			/* IMAP_FETCH_* */
	struct imap_section *sections;	/* in the order asked for */
	size_t nsections;
	bool has_changedsince;		/* RFC 7162 3.1.4.1 */
	uint64_t changedsince;
	bool vanished;			/* RFC 7162 3.2.6 */
};

int imap_parse_fetch(struct imap_cursor *c, struct imap_fetch *out,
    struct err *err);

#endif
