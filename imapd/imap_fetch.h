/*
 * imap_fetch - the state of a running FETCH
 */
#ifndef IMAPD_IMAP_FETCH_H
#define IMAPD_IMAP_FETCH_H

#include "proto/parsed.h"
#include "imapd/imap_chunk.h"

/*
 * Where the bytes of a section come from: an interval of the message, or
 * text that was made (HEADER.FIELDS).
 */
struct section_source {
	bool exists;
	uint64_t offset, len;	/* of the message */
	bool made;
	struct buf text;	/* own, if made */
};

/*
 * Finds what a BODY[…] item asks for, its <partial> taken into account.
 * 0, or -1.
 */
int section_find(struct imap_session *s, const struct imap_section *section,
    const struct chunk_row *row, const struct parsed *pd,
    struct section_source *out, struct err *err);

#endif
