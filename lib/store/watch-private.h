/*
 * watch-private - what view_sync.c sees of a hub
 */
#ifndef STORE_WATCH_PRIVATE_H
#define STORE_WATCH_PRIVATE_H

#include "store/view.h"
#include "store/watch.h"

/* The hub's newest view, referenced, or NULL. */
struct view *watch_view(const struct watcher *w);
/*
 * The session has this view now.  A shared one becomes the hub's if it is
 * newer than the hub's.
 */
void watch_set_view(struct watcher *w, struct view *v, bool shared);

#endif
