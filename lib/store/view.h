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

#include "store/mailbox.h"
#include "store/watch.h"

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

/*
 * SELECT: the mailbox and its messages, of one moment.  The hub's shared view
 * if it is at that moment, else a new one.  Call watch_add() before.  NULL:
 * ERR_REFUSED, ERR_CODE_NOT_FOUND when it is gone.
 */
struct view *view_get(struct store *s, struct watcher *w, struct arena *a,
    struct mailbox *row, struct err *err);
/* All flag pages, read by the reader that read the row. */
struct view *view_load(const struct reader *r, uint64_t account,
    const struct mailbox *row, struct err *err);
/* UID of the first message without \Seen, or 0; -1 on error. */
int view_first_unseen(struct store *s, struct watcher *w,
    const struct view *v, uint32_t *uid, struct err *err);
struct view *view_ref(struct view *v);
void view_unref(struct view **v);

/* Sequence number of uid, or 0. */
uint32_t view_seq(const struct view *v, uint32_t uid);
/* UID of the message with that sequence number, or 0. */
uint32_t view_uid(const struct view *v, uint32_t seq);
/* The first UID at or after uid, or 0. */
uint32_t view_next(const struct view *v, uint32_t uid);

/* A changed message, found by a sync. */
struct view_change {
	uint32_t uid;
	uint64_t modseq;
	struct msgflags flags;
};

/*
 * What happened between two states of a mailbox.  All arrays are in the
 * arena given, ascending by UID.
 */
struct view_delta {
	struct view_change *changed;	/* in both, flags changed */
	size_t nchanged;
	uint32_t *expunged;		/* in the old view, no longer there */
	size_t nexpunged;
	uint32_t exists;		/* count of the new view */
	uint32_t added;			/* how many new ones, at its end */
	struct view *view;		/* the new view; caller unrefs */
	bool same;			/* nothing happened: view is the old
					   one, row was not read */
	struct mailbox row;		/* as of the new view */
};

/*
 * Brings the session's view up to date: compares old with the mailbox as it
 * is now.  with_expunges false (RFC 3501 5.5, 7.4.1: a command that uses
 * sequence numbers is in progress): expunged messages stay in the new view
 * and are not reported; they come with a later sync: the view remembers them.
 * own_modseqs: changes of this session that its client knows already.
 * Sets w->view_modseq: what only the old view shows may be purged then.
 * A mailbox that is gone: -1, ERR_REFUSED, ERR_CODE_NOT_FOUND.
 */
int view_sync(struct store *s, struct watcher *w, const struct view *old,
    bool with_expunges, const uint64_t *own_modseqs, size_t nown,
    struct arena *a, struct view_delta *delta, struct err *err);

#endif
