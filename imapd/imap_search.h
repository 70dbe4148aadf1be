/*
 * imap_search - matches one message against the keys of a SEARCH
 *
 * Keys differ in cost: flags and dates come with the chunk, header items with
 * the parsed record, texts with the body.  A message is tested with the cheap
 * keys first.  The expensive data is read only if they do not decide.
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
	MATCH_OPEN	/* needs data not read yet */
};

/* What has been read of the message. */
enum search_level { LEVEL_ROW, LEVEL_PARSED, LEVEL_BODY };

struct search_subject {
	struct imap_session *s;
	const struct chunk_row *row;
	const struct parsed *pd;	/* set from LEVEL_PARSED on */
	uint32_t seq;
	enum search_level level;
};

/*
 * Prepares the tree of keys: resolves sets, converts texts to UTF-8 and keyword
 * names to numbers.  Returns 0, or -1 with ERR_SYNTAX.
 */
int search_prepare(struct imap_session *s, struct imap_command *cmd,
    struct imap_search *search, struct err *err);

/*
 * *result tells whether all keys match.  Returns 0, or -1 if the body cannot be
 * read.
 */
int search_match(const struct search_subject *subject,
    const struct imap_search_key *keys, enum match *result, struct err *err);

/* imap_search_text.c: the expensive keys. */
/*
 * Sets *found if a header field with that name contains the text.  An empty
 * name means any field.  Returns 0, or -1 on error.
 */
int search_header(const struct search_subject *subject, struct bytes field,
    struct bytes text, bool *found, struct err *err);
/* The same for BODY, or with with_header for TEXT. */
int search_body(const struct search_subject *subject, struct bytes text,
    bool with_header, bool *found, struct err *err);

#endif
