/*
 * watch - who looks at a mailbox, and what changed in it since
 *
 * For every mailbox that a session has selected there is a hub: the list of
 * its watchers, the ring of the last publications (so that a session finds
 * the changed pages without reading all), the newest shared view (view.h),
 * and the first UID nobody was told is \Recent.  The committer publishes into
 * it after each commit.
 */
#ifndef STORE_WATCH_H
#define STORE_WATCH_H

#include <stdbool.h>

#include "base/arena.h"

struct store;

#define WATCH_RING	128	/* publications kept */

struct hub;

/* A session's place in a hub; lives in the session, which may have any number
   of them, also several of one mailbox. */
struct watcher {
	struct hub *hub;		/* borrowed; NULL when not watching */
	/* Called by the committer thread, with the hub locked: must only
	   queue a wake-up (conn_wake()).  NULL while not in IDLE. */
	void (*notify)(void *arg);
	void *arg;
	struct watcher *next, *prev;
	uint64_t account;
	uint32_t mbox;
	/* Set by view_get(), view_sync() and watch_told(). */
	uint64_t told_modseq;		/* newer changes are news */
	uint64_t view_modseq;		/* the purge keeps what is newer;
					   UINT64_MAX: it has no view */
};

struct watch_table *watch_table_new(void);
void watch_table_free(struct watch_table **t);

void watch_add(struct store *s, struct watcher *w, uint64_t account,
    uint32_t mbox);
/* One that never has a view, and holds no purge back (NOTIFY of a mailbox that
   is not selected). */
void watch_add_news(struct store *s, struct watcher *w, uint64_t account,
    uint32_t mbox);
void watch_remove(struct store *s, struct watcher *w);
/* Without a view: the session has told all that happened up to modseq, as
   the mailbox's row says. */
void watch_told(struct watcher *w, uint64_t modseq);
/* Was anything published that the session has not told yet?  For those that
   are woken for one of several watchers. */
bool watch_has_news(const struct watcher *w);
/* Switches notification on or off (IDLE); on: fires at once if there is
   news. */
void watch_notify(struct watcher *w, void (*notify)(void *arg), void *arg);

/* The committer's publication (batch_touch()). */
void watch_publish(void *store, uint64_t account, uint32_t mbox,
    uint64_t modseq, const uint32_t *pages, size_t npages);

/* Newest published modseq of the hub's mailbox. */
uint64_t watch_modseq(const struct watcher *w);

/*
 * The pages changed after modseq `since', without repeats, into an array in
 * the arena.  0, or 1 when the ring does not reach back that far: read all.
 */
int watch_changed_pages(const struct watcher *w, uint64_t since,
    struct arena *a, uint32_t **pages, size_t *npages);

/*
 * \Recent (RFC 3501 2.3.2): gives this session the UIDs from the first one
 * nobody was told of up to uidnext; returns that first one.  The row's
 * first_recent_uid is raised later (mailbox_save_recent()).  peek: look, do
 * not take (EXAMINE, STATUS).
 */
uint32_t watch_claim_recent(struct watcher *w, uint32_t row_first_recent,
    uint32_t uidnext, bool peek);

/*
 * The smallest view_modseq of the sessions on a mailbox, UINT64_MAX when
 * there is none: what the purge may remove lies below.
 */
uint64_t watch_min_modseq(struct store *s, uint64_t account, uint32_t mbox);

#endif
