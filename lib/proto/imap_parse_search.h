/*
 * imap_parse_search - the arguments of SEARCH as a tree
 *
 * Keys of one level are linked by next and must all match.  The whole search
 * is such a list, and so are the children of AND.  See imap_parse.h for
 * results, memory and errors.
 */
#ifndef PROTO_IMAP_PARSE_SEARCH_H
#define PROTO_IMAP_PARSE_SEARCH_H

#include "proto/imap_parse.h"

#define IMAP_SEARCH_DEPTH_MAX	32	/* parentheses, NOT and OR */
#define IMAP_SEARCH_KEYS_MAX	1000

enum imap_search_op {
	IMAP_SEARCH_AND,		/* children; parentheses */
	IMAP_SEARCH_OR,			/* two children */
	IMAP_SEARCH_NOT,		/* one child */
	IMAP_SEARCH_ALL,
	IMAP_SEARCH_SEQ,		/* set */
	IMAP_SEARCH_UID,		/* set */
	IMAP_SEARCH_FLAG,		/* flag is set (\Recent too) */
	IMAP_SEARCH_UNFLAG,		/* flag is not set */
	IMAP_SEARCH_KEYWORD,		/* text */
	IMAP_SEARCH_UNKEYWORD,
	IMAP_SEARCH_NEW,		/* \Recent and not \Seen */
	IMAP_SEARCH_BEFORE,		/* day, of the internal date */
	IMAP_SEARCH_ON,
	IMAP_SEARCH_SINCE,
	IMAP_SEARCH_SENTBEFORE,		/* day, of the Date field */
	IMAP_SEARCH_SENTON,
	IMAP_SEARCH_SENTSINCE,
	IMAP_SEARCH_LARGER,		/* size */
	IMAP_SEARCH_SMALLER,
	IMAP_SEARCH_HEADER,		/* field (any case) and text; also BCC,
					   CC, FROM, SUBJECT, TO */
	IMAP_SEARCH_BODY,		/* text */
	IMAP_SEARCH_TEXT
};

struct imap_search_key {
	enum imap_search_op op;
	struct imap_search_key *next;
	struct imap_search_key *child;
	struct imap_sequence_set set;
	unsigned flag;			/* one IMAP_FLAG_* */
	int64_t day;			/* since 1970-01-01 */
	uint32_t size;
	struct bytes field;
	struct bytes text;		/* in the charset; may be empty */
};

enum imap_search_return {		/* RFC 4731, 5182 */
	IMAP_RETURN_MIN = 1,
	IMAP_RETURN_MAX = 2,
	IMAP_RETURN_ALL = 4,
	IMAP_RETURN_COUNT = 8,
	IMAP_RETURN_SAVE = 16
};

struct imap_search {
	bool has_return;
	unsigned returns;		/* IMAP_RETURN_*; ALL for "()" */
	struct bytes charset;		/* as given, or empty */
	bool has_8bit;			/* some text is not ASCII */
	struct imap_search_key *keys;	/* at least one */
	size_t nkeys;			/* in the whole tree */
};

int imap_parse_search(struct imap_cursor *c, struct imap_search *out,
    struct err *err);

#endif
