/*
 * view - the messages of a mailbox as one session sees them
 *
 * A sorted array of (page, messages before it, 64 presence bits), read from
 * the flag pages: 16 bytes per 64 UIDs.  A view never changes; sessions at the
 * same modseq share one, which is reference counted.  A sync makes a new view.
 *
 * Sequence numbers begin at 1.  A UID is converted to a sequence number by a
 * binary search and a count of bits, and back by a binary search on `before'
 * and a search for the n-th bit.
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
	uint64_t modseq;	/* it has all changes up to this */
	/* The HIGHESTMODSEQ that the client may be told: modseq, or less while
	   expunged messages are still shown. */
	uint64_t safe_modseq;
	uint32_t *pending;	/* own: pages with such messages, ascending */
	uint32_t npending;
	uint32_t n;
	struct view_entry entry[];
};

/* Reads all flag pages.  r must be the reader that read the row. */
struct view *view_load(const struct reader *r, uint64_t account,
    const struct mailbox *row, struct err *err);
struct view *view_ref(struct view *v);
void view_unref(struct view **v);

/* Returns the sequence number of uid, or 0. */
uint32_t view_seq(const struct view *v, uint32_t uid);
/* Returns the UID of the message with that sequence number, or 0. */
uint32_t view_uid(const struct view *v, uint32_t seq);
/* Returns the first UID that is at least uid, or 0. */
uint32_t view_next(const struct view *v, uint32_t uid);

#endif
