/*
 * imap_fetch - where FETCH finds the bytes of a section
 */
#ifndef IMAPD_IMAP_FETCH_H
#define IMAPD_IMAP_FETCH_H

#include "proto/parsed.h"
#include "imapd/imap_chunk.h"

/*
 * The bytes of a section: a range of the message, or generated text
 * (HEADER.FIELDS).
 */
struct section_source {
	bool exists;
	uint64_t offset, len;	/* of the message */
	bool made;
	struct buf text;	/* own, if generated */
};

/*
 * Finds the bytes that a BODY[…] item asks for, with its <partial> applied.
 * Returns 0, or -1 on error.
 */
int section_find(struct imap_session *s, const struct imap_section *section,
    const struct chunk_row *row, const struct parsed *pd,
    struct section_source *out, struct err *err);

#endif
