/*
 * watch - the sessions that watch a mailbox, and its latest changes
 *
 * Each mailbox that a session watches has a hub: the list of its watchers, a
 * ring of the latest publications (so that a session finds the changed pages
 * without reading all), the newest shared view (view.h), and the first UID that
 * no session was told is \Recent.  The committer publishes changes to it after
 * each commit.
 */
#ifndef STORE_WATCH_H
#define STORE_WATCH_H

#include <stdbool.h>

#include "base/arena.h"

struct store;

#define WATCH_RING	128	/* publications kept */

struct hub;

/* A session's entry in a hub.  It is part of the session, which may have any
   number of them, even several of one mailbox. */
struct watcher {
	struct hub *hub;		/* borrowed; NULL if not watching */
	/* Called by the committer thread, with the hub locked: must only
	   queue a wake-up (conn_wake()).  NULL unless in IDLE. */
	void (*notify)(void *arg);
	void *arg;
	struct watcher *next, *prev;
	uint64_t account;
	uint32_t mbox;
	/* Set by view_get(), view_sync() and watch_told(). */
	uint64_t told_modseq;		/* the client knows changes up to it */
	uint64_t view_modseq;		/* messages expunged later are kept;
					   UINT64_MAX: it has no view */
};

struct watch_table *watch_table_new(void);
void watch_table_free(struct watch_table **t);

void watch_add(struct store *s, struct watcher *w, uint64_t account,
    uint32_t mbox);
/* Adds a watcher that never has a view, and does not delay the purge (NOTIFY of
   a mailbox that is not selected). */
void watch_add_news(struct store *s, struct watcher *w, uint64_t account,
    uint32_t mbox);
void watch_remove(struct store *s, struct watcher *w);
/* For a watcher without a view: the client was told all changes up to modseq,
   which is that of the mailbox's row. */
void watch_told(struct watcher *w, uint64_t modseq);
/* Was anything published that the client was not told yet?  For sessions with
   several watchers, after a wake-up. */
bool watch_has_news(const struct watcher *w);
/* Sets the notification, or removes it if notify is NULL (IDLE).  Calls it at
   once if there are changes. */
void watch_notify(struct watcher *w, void (*notify)(void *arg), void *arg);

/* Called by the committer to publish changed pages (batch_touch()). */
void watch_publish(void *store, uint64_t account, uint32_t mbox,
    uint64_t modseq, const uint32_t *pages, size_t npages);

/* Returns the newest published modseq of the mailbox. */
uint64_t watch_modseq(const struct watcher *w);

/*
 * Gets the pages that changed after modseq `since', each once, as an array in
 * the arena.  Returns 0, or 1 if the ring does not reach back that far: read
 * all pages.
 */
int watch_changed_pages(const struct watcher *w, uint64_t since,
    struct arena *a, uint32_t **pages, size_t *npages);

/*
 * \Recent (RFC 3501 2.3.2): returns the first UID that is recent, and claims
 * the UIDs from it up to uidnext for this session, so that they are not recent
 * in others.  The row's first_recent_uid is raised later
 * (mailbox_save_recent()).  peek: only return it (EXAMINE, STATUS).
 */
uint32_t watch_claim_recent(struct watcher *w, uint32_t row_first_recent,
    uint32_t uidnext, bool peek);

/*
 * Returns the smallest view_modseq of a mailbox's watchers, or UINT64_MAX if
 * there are none.  The purge may delete messages that were expunged up to it.
 */
uint64_t watch_min_modseq(struct store *s, uint64_t account, uint32_t mbox);

#endif
