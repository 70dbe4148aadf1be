/*
 * imap_watched - a watched mailbox: its view, and what changed in it
 *
 * A session may watch several mailboxes.  Each has its own view, watcher and
 * pending changes.  How changes are sent is not decided here.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "imapd/imap.h"
#include "imapd/imapd.h"

int
imap_watched_begin(struct imap_session *s, struct imap_watched *w,
    uint32_t id, struct arena *a, struct mailbox *row, struct err *err)
{
	w->id = id;
	watch_add(imap_session_store(s), &w->watcher, s->account, id);
	w->view = view_get(imap_session_store(s), &w->watcher, a, row, err);
	return w->view == NULL ? -1 : 0;
}

void
imap_watched_end(struct imap_session *s, struct imap_watched *w)
{
	imap_watched_forget(w);
	watch_remove(imap_session_store(s), &w->watcher);
	view_unref(&w->view);
	free(w->own_modseqs);
	w->own_modseqs = NULL;
	w->nown = 0;
}

void
imap_watched_own(struct imap_watched *w, const uint64_t *modseqs, size_t n)
{
	uint64_t *p;

	if (n == 0)
		return;
	p = realloc(w->own_modseqs, (w->nown + n) * sizeof(*p));
	if (p == NULL)
		fatal("out of memory for %zu modseqs", n);
	memcpy(p + w->nown, modseqs, n * sizeof(*p));
	w->own_modseqs = p;
	w->nown += n;
}

int
imap_watched_take(struct imap_session *s, struct imap_watched *w,
    bool expunge_ok, struct arena *a, struct err *err)
{
	struct imap_pending *p = arena_zalloc(a, sizeof(*p));
	struct view_sync ask = {
		.watcher = &w->watcher,
		.old = w->view,
		.with_expunges = expunge_ok,
		.own_modseqs = w->own_modseqs,
		.nown = w->nown
	};

	if (view_sync(imap_session_store(s), &ask, a, &p->delta, err) == -1)
		return -1;
	p->old = w->view;
	w->view = p->delta.view;
	w->pending = p;
	free(w->own_modseqs);
	w->own_modseqs = NULL;
	w->nown = 0;
	return 0;
}

void
imap_watched_forget(struct imap_watched *w)
{
	if (w->pending != NULL)
		view_unref(&w->pending->old);
	w->pending = NULL;
}
