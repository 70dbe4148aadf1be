/*
 * view - the messages of a mailbox as one session sees them
 *
 * A sorted array of (page, messages before it, 64 presence bits), read from
 * the flag pages: 16 bytes per 64 UIDs.  It never changes; sessions at the
 * same modseq share one (reference counted), a sync makes a new one.
 *
 * Sequence numbers count from 1.  uid -> seq: binary search and a count of
 * bits; seq -> uid: binary search on `before', then the n-th bit.
 */
#ifndef STORE_VIEW_H
#define STORE_VIEW_H

#include "store/flagpage_read.h"
#include "store/mailbox_row.h"

struct view_entry {
	uint32_t page;
	uint32_t before;	/* messages in earlier pages */
	uint64_t present;
};

struct view {
	unsigned refs;		/* atomic */
	uint32_t count;		/* messages */
	uint32_t uidnext;	/* of the mailbox when it was read */
	uint64_t modseq;	/* everything up to here is in it */
	/* The HIGHESTMODSEQ a client may be told: modseq, or less while
	   messages are shown that are gone already. */
	uint64_t safe_modseq;
	uint32_t *pending;	/* own: pages with such messages, ascending */
	uint32_t npending;
	uint32_t n;
	struct view_entry entry[];
};

/* All flag pages, read by the reader that read the row. */
struct view *view_load(const struct reader *r, uint64_t account,
    const struct mailbox *row, struct err *err);
struct view *view_ref(struct view *v);
void view_unref(struct view **v);

/* Sequence number of uid, or 0. */
uint32_t view_seq(const struct view *v, uint32_t uid);
/* UID of the message with that sequence number, or 0. */
uint32_t view_uid(const struct view *v, uint32_t seq);
/* The first UID at or after uid, or 0. */
uint32_t view_next(const struct view *v, uint32_t uid);

#endif
