/*
 * watch-private - access to the view of a hub, for view_sync.c
 */
#ifndef STORE_WATCH_PRIVATE_H
#define STORE_WATCH_PRIVATE_H

#include "store/view.h"
#include "store/watch.h"

/* Returns a reference to the hub's newest view, or NULL. */
struct view *watch_view(const struct watcher *w);
/*
 * Records that the session now has this view.  A shared view replaces the hub's
 * view if it is newer.
 */
void watch_set_view(struct watcher *w, struct view *v, bool shared);

#endif
