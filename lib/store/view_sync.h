/*
 * view_sync - reads a session's view of a mailbox, and brings it up to date
 *
 * A session may watch any number of mailboxes, each with its own watcher and
 * view:
 *
 *	watch_add(store, &w, account, mbox);
 *	view = view_get(store, &w, &arena, &row, &err);
 *	... view_sync(), then replace the view by that of the delta ...
 *	watch_remove(store, &w);
 *	view_unref(&view);
 */
#ifndef STORE_VIEW_SYNC_H
#define STORE_VIEW_SYNC_H

#include "store/mailbox.h"
#include "store/view.h"
#include "store/watch.h"

/*
 * SELECT: reads a mailbox and its messages in one snapshot.  Returns the hub's
 * shared view if it has the same modseq, otherwise a new one; or NULL with
 * ERR_REFUSED and ERR_CODE_NOT_FOUND if the mailbox no longer exists.  Call
 * watch_add() first.
 */
struct view *view_get(struct store *s, struct watcher *w, struct arena *a,
    struct mailbox *row, struct err *err);
/* Finds the UID of the first message without \Seen, or 0.  Returns 0, or -1 on
   error. */
int view_first_unseen(struct store *s, struct watcher *w,
    const struct view *v, uint32_t *uid, struct err *err);

/* A changed message, found by a sync. */
struct view_change {
	uint32_t uid;
	uint64_t modseq;
	struct msgflags flags;
};

/*
 * The differences between two states of a mailbox.  All arrays are in the
 * caller's arena, in order of UID.
 */
struct view_delta {
	struct view_change *changed;	/* in both views, flags changed */
	size_t nchanged;
	uint32_t *expunged;		/* only in the old view */
	size_t nexpunged;
	uint32_t exists;		/* count of the new view */
	uint32_t added;			/* number of new ones, at its end */
	struct view *view;		/* the new view; caller unrefs */
	bool same;			/* no differences: view is the old one,
					   row was not read */
	struct mailbox row;		/* as of the new view */
};

struct view_sync {
	struct watcher *watcher;
	const struct view *old;		/* the view that the session shows */
	/*
	 * False while a command that uses sequence numbers is in progress (RFC
	 * 3501 5.5, 7.4.1): expunged messages then stay in the new view, which
	 * remembers them, and a later sync reports them.
	 */
	bool with_expunges;
	/* Changes by this session that its client already knows. */
	const uint64_t *own_modseqs;
	size_t nown;
};

/*
 * Brings a session's view of a mailbox up to date, by comparing it with the
 * current mailbox.  Afterwards messages that only the old view has may be
 * purged.  Returns 0, or -1; ERR_REFUSED and ERR_CODE_NOT_FOUND if the mailbox
 * no longer exists.
 */
int view_sync(struct store *s, const struct view_sync *ask, struct arena *a,
    struct view_delta *delta, struct err *err);

#endif
