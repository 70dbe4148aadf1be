/*
 * imap_search - one message against the keys of a SEARCH
 *
 * Keys differ in what they cost: flags and dates come with the chunk, header
 * items with the parsed record, texts with the body.  A message is judged
 * with the cheap ones first; only if they leave it open are the dear ones
 * read.
 */
#ifndef IMAPD_IMAP_SEARCH_H
#define IMAPD_IMAP_SEARCH_H

#include "mail/fold.h"
#include "proto/imap_parse_search.h"
#include "proto/parsed.h"
#include "imapd/imap_chunk.h"

enum match {
	MATCH_NO,
	MATCH_YES,
	MATCH_OPEN	/* needs more than was read so far */
};

/* What has been read of the message. */
enum search_level { LEVEL_ROW, LEVEL_PARSED, LEVEL_BODY };

struct search_subject {
	struct imap_session *s;
	const struct chunk_row *row;
	const struct parsed *pd;	/* from LEVEL_PARSED on */
	uint32_t seq;
	enum search_level level;
};

/*
 * Prepares the tree once: sets are resolved, texts brought to UTF-8, keyword
 * names to numbers.  0, or -1 (ERR_SYNTAX).
 */
int search_prepare(struct imap_session *s, struct imap_command *cmd,
    struct imap_search *search, struct err *err);

/* All keys of the list must match.  -1: the body cannot be read. */
int search_match(const struct search_subject *subject,
    const struct imap_search_key *keys, enum match *result, struct err *err);

/* imap_search_text.c: the dear ones. */
/* Does a header field with that name hold the text? */
int search_header(const struct search_subject *subject, struct bytes field,
    struct bytes text, bool *found, struct err *err);
/* BODY; with_header: TEXT. */
int search_body(const struct search_subject *subject, struct bytes text,
    bool with_header, bool *found, struct err *err);

#endif
