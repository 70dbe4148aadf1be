/*
 * view_sync - what a session sees of a mailbox, and how it catches up
 *
 * A session may watch any number of mailboxes, each with a watcher and a view
 * of its own:
 *
 *	watch_add(store, &w, account, mbox);
 *	view = view_get(store, &w, &arena, &row, &err);
 *	... view_sync(), the delta's view takes the place of the old one ...
 *	watch_remove(store, &w);
 *	view_unref(&view);
 */
#ifndef STORE_VIEW_SYNC_H
#define STORE_VIEW_SYNC_H

#include "store/mailbox.h"
#include "store/view.h"
#include "store/watch.h"

/*
 * SELECT: the mailbox and its messages, of one moment.  The hub's shared view
 * if it is at that moment, else a new one.  Call watch_add() before.  NULL:
 * ERR_REFUSED, ERR_CODE_NOT_FOUND when it is gone.
 */
struct view *view_get(struct store *s, struct watcher *w, struct arena *a,
    struct mailbox *row, struct err *err);
/* UID of the first message without \Seen, or 0; -1 on error. */
int view_first_unseen(struct store *s, struct watcher *w,
    const struct view *v, uint32_t *uid, struct err *err);

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

struct view_sync {
	struct watcher *watcher;
	const struct view *old;		/* what the session shows */
	/*
	 * False (RFC 3501 5.5, 7.4.1: a command that uses sequence numbers is
	 * in progress): expunged messages stay in the new view and are not
	 * reported.  They come with a later sync: the view remembers them.
	 */
	bool with_expunges;
	/* Changes of this session that its client knows already. */
	const uint64_t *own_modseqs;
	size_t nown;
};

/*
 * Brings a session's view of a mailbox up to date: compares the old one with
 * the mailbox as it is now.  What only the old one shows may be purged then.
 * 0, or -1; a mailbox that is gone: ERR_REFUSED, ERR_CODE_NOT_FOUND.
 */
int view_sync(struct store *s, const struct view_sync *ask, struct arena *a,
    struct view_delta *delta, struct err *err);

#endif
