/* view_sync - reads views, and brings them up to date */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "segment/tables.h"
#include "store/mailbox_key.h"
#include "store/store.h"
#include "store/view-private.h"
#include "store/view_sync.h"
#include "store/watch-private.h"

/*
 * A sync compares the old view with the flag pages of one snapshot, page by
 * page: either only the pages that changed, which the ring names, and those in
 * which the old view shows expunged messages; or all pages.
 *
 * The ring is used only if it has all changes that the snapshot has.  Between a
 * commit and its publication the snapshot is ahead of the ring; then all pages
 * are read.
 */

/* ---- SELECT ---- */

/* Returns 0, or -1: ERR_REFUSED, ERR_CODE_NOT_FOUND. */
static int
view_read_row(const struct reader *r, const struct watcher *w,
    struct arena *a, struct mailbox *row, struct err *err)
{
	int rc = mailbox_get(r, w->account, w->mbox, a, row, err);

	if (rc == 0)
		return err_code(err, ERR_REFUSED, ERR_CODE_NOT_FOUND,
		    "the mailbox no longer exists");
	return rc == 1 ? 0 : rc;
}

struct view *
view_get(struct store *s, struct watcher *w, struct arena *a,
    struct mailbox *row, struct err *err)
{
	struct kv_snap snap;
	struct view *v = NULL;

	if (store_snap(s, &snap, err) == -1)
		return NULL;
	if (view_read_row(&snap.reader, w, a, row, err) == 0) {
		v = watch_view(w);
		if (v != NULL && v->modseq != row->highestmodseq)
			view_unref(&v);
		if (v == NULL)
			v = view_load(&snap.reader, w->account, row, err);
	}
	kv_snap_end(&snap);
	if (v != NULL)
		watch_set_view(w, v, true);
	return v;
}

/* ---- UNSEEN ---- */

struct unseen_walk {
	const struct view *v;
	uint32_t uid;
};

static int
unseen_step(void *arg, uint32_t page, struct bytes record, struct err *err)
{
	struct unseen_walk *walk = arg;
	struct flagpage p;
	uint64_t unseen;

	if (flagpage_decode(&p, record, err) == -1)
		return -1;
	unseen = view_present(walk->v, page) &
	    ~p.system[__builtin_ctz(FLAG_SEEN)];
	if (unseen == 0)
		return 0;
	walk->uid = PAGE_UID(page, __builtin_ctzll(unseen));
	return 1;
}

int
view_first_unseen(struct store *s, struct watcher *w, const struct view *v,
    uint32_t *uid, struct err *err)
{
	struct unseen_walk walk = { v, 0 };
	struct kv_snap snap;
	int rc;

	if (store_snap(s, &snap, err) == -1)
		return -1;
	rc = flagpage_each(&snap.reader, w->account, w->mbox, 0, unseen_step,
	    &walk, err);
	kv_snap_end(&snap);
	*uid = walk.uid;
	return rc == -1 ? -1 : 0;
}

/* ---- syncs ---- */

struct sync {
	const struct view_sync *ask;
	const struct view *old;		/* ask->old */
	uint64_t modseq;	/* of the snapshot */
	/* out: */
	struct buf entries;	/* of the new view */
	struct buf changed;	/* of struct view_change */
	struct buf expunged;	/* of uint32_t */
	struct buf pending;	/* of uint32_t: pages */
	uint32_t next;		/* entries of old before it were copied */
};

static bool
is_own(const struct sync *sync, uint64_t modseq)
{
	for (size_t i = 0; i < sync->ask->nown; i++)
		if (sync->ask->own_modseqs[i] == modseq)
			return true;
	return false;
}

/* Adds the messages in both views whose flags another session changed. */
static int
page_changes(struct sync *sync, uint32_t page, uint64_t both,
    struct bytes record, struct err *err)
{
	struct view_change change;
	struct flagpage p;
	unsigned slot;

	if (both == 0 || flagpage_record_top(record) <= sync->old->modseq)
		return 0;
	if (flagpage_decode(&p, record, err) == -1)
		return -1;
	for (; both != 0; both &= both - 1) {
		slot = (unsigned)__builtin_ctzll(both);
		if (p.modseq[slot] <= sync->old->modseq ||
		    is_own(sync, p.modseq[slot]))
			continue;
		change.uid = PAGE_UID(page, slot);
		change.modseq = p.modseq[slot];
		flagpage_get(&p, slot, &change.flags);
		buf_add(&sync->changed, &change, sizeof(change));
	}
	return 0;
}

/* Copies the entries of the old view before a page. */
static void
copy_before(struct sync *sync, uint32_t page)
{
	const struct view *old = sync->old;
	uint32_t from = sync->next;

	while (sync->next < old->n && old->entry[sync->next].page < page)
		sync->next++;
	buf_add(&sync->entries, &old->entry[from],
	    (sync->next - from) * sizeof(*old->entry));
}

/* Compares a page with the old view; record is empty if there is none. */
static int
sync_page(struct sync *sync, uint32_t page, struct bytes record,
    struct err *err)
{
	const struct view *old = sync->old;
	uint64_t before = 0, now = 0, gone;
	uint32_t uid;

	copy_before(sync, page);
	if (sync->next < old->n && old->entry[sync->next].page == page)
		before = old->entry[sync->next++].present;
	if (record.len > 0 && flagpage_presence(record, &now, err) == -1)
		return -1;
	gone = before & ~now;
	view_entry_add(&sync->entries, page,
	    sync->ask->with_expunges ? now : now | gone);
	if (!sync->ask->with_expunges) {
		if (gone != 0)
			buf_add(&sync->pending, &page, sizeof(page));
		gone = 0;
	}
	for (; gone != 0; gone &= gone - 1) {
		uid = PAGE_UID(page, __builtin_ctzll(gone));
		buf_add(&sync->expunged, &uid, sizeof(uid));
	}
	return page_changes(sync, page, before & now, record, err);
}

/* ---- which pages ---- */

static int
sync_list(struct sync *sync, const struct reader *r, const struct watcher *w,
    const uint32_t *pages, size_t n, struct err *err)
{
	struct buf record = BUF_INIT;
	struct key k;
	int rc = 0;

	for (size_t i = 0; i < n && rc != -1; i++) {
		key_mailbox_u32(&k, w->account, w->mbox, pages[i]);
		rc = reader_get(r, T_FLAGS, key_bytes(&k), &record, err);
		if (rc == 0)
			buf_clear(&record);
		if (rc != -1)
			rc = sync_page(sync, pages[i], buf_view(&record),
			    err);
	}
	buf_free(&record);
	return rc == -1 ? -1 : 0;
}

static int
sync_step(void *arg, uint32_t page, struct bytes record, struct err *err)
{
	struct sync *sync = arg;

	/* Pages of the old view that no longer have a record. */
	while (sync->next < sync->old->n &&
	    sync->old->entry[sync->next].page < page)
		if (sync_page(sync, sync->old->entry[sync->next].page,
		    bytes_make(NULL, 0), err) == -1)
			return -1;
	return sync_page(sync, page, record, err);
}

static int
sync_all(struct sync *sync, const struct reader *r, const struct watcher *w,
    struct err *err)
{
	if (flagpage_each(r, w->account, w->mbox, 0, sync_step, sync,
	    err) == -1)
		return -1;
	while (sync->next < sync->old->n)
		if (sync_page(sync, sync->old->entry[sync->next].page,
		    bytes_make(NULL, 0), err) == -1)
			return -1;
	return 0;
}

/* Merges changed and pending pages into one ascending list. */
static uint32_t *
merge_pages(struct arena *a, const uint32_t *x, size_t nx, const uint32_t *y,
    size_t ny, size_t *n)
{
	uint32_t *pages = arena_array(a, nx + ny, sizeof(*pages));
	size_t i = 0, j = 0;

	*n = 0;
	while (i < nx || j < ny) {
		uint32_t page;

		if (j == ny || (i < nx && x[i] < y[j]))
			page = x[i++];
		else
			page = y[j++];
		if (*n == 0 || pages[*n - 1] != page)
			pages[(*n)++] = page;
	}
	return pages;
}

static int
sync_read(struct sync *sync, const struct reader *r, const struct watcher *w,
    struct arena *a, struct err *err)
{
	uint32_t *pages;
	size_t n;

	if (watch_modseq(w) < sync->modseq ||
	    watch_changed_pages(w, sync->old->modseq, a, &pages, &n) == 1)
		return sync_all(sync, r, w, err);
	pages = merge_pages(a, pages, n, sync->old->pending,
	    sync->old->npending, &n);
	if (n > sync->old->n / 4 + 16)
		return sync_all(sync, r, w, err);
	if (sync_list(sync, r, w, pages, n, err) == -1)
		return -1;
	copy_before(sync, UINT32_MAX);
	return 0;
}

/* ---- the new view ---- */

static void
take_pending(struct view *v, const struct view *old,
    const struct buf *pending)
{
	v->npending = (uint32_t)(pending->len / sizeof(*v->pending));
	if (v->npending == 0)
		return;
	v->pending = malloc(pending->len);
	if (v->pending == NULL)
		fatal("out of memory");
	memcpy(v->pending, pending->data, pending->len);
	v->safe_modseq = old->safe_modseq;
}

static void *
take(struct arena *a, const struct buf *from, size_t size, size_t *n)
{
	*n = from->len / size;
	return arena_memdup(a, from->data == NULL ? "" : from->data,
	    from->len);
}

static void
sync_finish(struct sync *sync, struct watcher *w, struct arena *a,
    struct view_delta *delta)
{
	struct view *shared = watch_view(w);

	delta->changed = take(a, &sync->changed, sizeof(*delta->changed),
	    &delta->nchanged);
	delta->expunged = take(a, &sync->expunged, sizeof(*delta->expunged),
	    &delta->nexpunged);
	if (shared != NULL && sync->pending.len == 0 &&
	    shared->modseq == delta->row.highestmodseq) {
		delta->view = shared;
	} else {
		view_unref(&shared);
		delta->view = view_make(&sync->entries, &delta->row);
		take_pending(delta->view, sync->old, &sync->pending);
	}
	delta->exists = delta->view->count;
	delta->added = delta->view->count + (uint32_t)delta->nexpunged -
	    sync->old->count;
	watch_set_view(w, delta->view, sync->pending.len == 0);
}

static void
sync_free(struct sync *sync)
{
	buf_free(&sync->entries);
	buf_free(&sync->changed);
	buf_free(&sync->expunged);
	buf_free(&sync->pending);
}

int
view_sync(struct store *s, const struct view_sync *ask, struct arena *a,
    struct view_delta *delta, struct err *err)
{
	struct sync sync = { .ask = ask, .old = ask->old };
	struct watcher *w = ask->watcher;
	struct kv_snap snap;
	int rc;

	memset(delta, 0, sizeof(*delta));
	if (watch_modseq(w) <= ask->old->modseq &&
	    (ask->old->npending == 0 || !ask->with_expunges)) {
		delta->same = true;
		delta->exists = ask->old->count;
		delta->view = view_ref((struct view *)ask->old);
		return 0;
	}
	if (store_snap(s, &snap, err) == -1)
		return -1;
	rc = view_read_row(&snap.reader, w, a, &delta->row, err);
	if (rc == 0) {
		sync.modseq = delta->row.highestmodseq;
		rc = sync_read(&sync, &snap.reader, w, a, err);
	}
	kv_snap_end(&snap);
	if (rc == 0)
		sync_finish(&sync, w, a, delta);
	sync_free(&sync);
	return rc;
}
