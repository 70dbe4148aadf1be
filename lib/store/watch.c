/* watch - the hubs of the mailboxes that sessions watch */
#include <config.h>

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/buf.h"
#include "store/store.h"
#include "store/watch-private.h"

/*
 * The table has a lock for finding hubs, and each hub has one for its members.
 * The table's lock is taken first, and held until the hub's lock is taken, so
 * that the hub cannot be freed in between: watch_remove() frees it with both
 * locks held.  A hub exists as long as it has a watcher.
 *
 * The ring reaches back to `floor': it has every change after that modseq.  A
 * new hub has no floor.  The first view that is read while the hub exists sets
 * it: any change that the view does not have is committed after the view's
 * snapshot, and is therefore published after the hub was made.  Later views do
 * not raise `modseq', because such a view may have a commit that is not
 * published yet, and the ring must not claim to have it.
 */

#define RING_FIRST	4

/* A publication of more pages means that all pages must be read. */
#define RING_PAGES_MAX	1024

struct publication {
	uint64_t modseq;
	uint32_t *pages;		/* own; NULL: all */
	size_t npages;
};

struct hub_key {
	uint64_t account;
	uint64_t mbox;			/* 64 bits to avoid padding, which
					   would be hashed */
};

struct hub {
	struct hub_key key;
	UT_hash_handle hh;
	pthread_mutex_t lock;
	struct watcher *watchers;
	struct publication *ring;	/* own; grows up to WATCH_RING */
	unsigned cap, first, count;	/* of the ring */
	uint64_t floor;			/* UINT64_MAX: unknown */
	uint64_t modseq;		/* newest published, at least floor */
	uint32_t first_recent;
	struct view *view;		/* own reference */
};

struct watch_table {
	pthread_mutex_t lock;
	struct hub *hubs;		/* own: uthash */
};

struct watch_table *
watch_table_new(void)
{
	struct watch_table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		fatal("out of memory");
	pthread_mutex_init(&t->lock, NULL);
	return t;
}

static void
hub_free(struct hub *hub)
{
	for (unsigned i = 0; i < hub->cap; i++)
		free(hub->ring[i].pages);
	free(hub->ring);
	view_unref(&hub->view);
	pthread_mutex_destroy(&hub->lock);
	free(hub);
}

void
watch_table_free(struct watch_table **t)
{
	struct hub *hub, *next;

	if (*t == NULL)
		return;
	HASH_ITER(hh, (*t)->hubs, hub, next) {
		HASH_DEL((*t)->hubs, hub);
		hub_free(hub);
	}
	pthread_mutex_destroy(&(*t)->lock);
	free(*t);
	*t = NULL;
}

/* The caller must hold the table's lock. */
static struct hub *
hub_find(struct watch_table *t, uint64_t account, uint32_t mbox)
{
	struct hub_key key = { account, mbox };
	struct hub *hub;

	HASH_FIND(hh, t->hubs, &key, sizeof(key), hub);
	return hub;
}

static struct hub *
hub_new(struct watch_table *t, uint64_t account, uint32_t mbox)
{
	struct hub *hub = calloc(1, sizeof(*hub));

	if (hub == NULL)
		fatal("out of memory");
	pthread_mutex_init(&hub->lock, NULL);
	hub->key.account = account;
	hub->key.mbox = mbox;
	hub->floor = UINT64_MAX;
	HASH_ADD(hh, t->hubs, key, sizeof(hub->key), hub);
	return hub;
}

static void
watcher_add(struct store *s, struct watcher *w, uint64_t account,
    uint32_t mbox, uint64_t view_modseq)
{
	struct watch_table *t = s->watches;
	struct hub *hub;

	w->notify = NULL;
	w->arg = NULL;
	w->prev = NULL;
	w->account = account;
	w->mbox = mbox;
	w->told_modseq = 0;
	w->view_modseq = view_modseq;
	pthread_mutex_lock(&t->lock);
	hub = hub_find(t, account, mbox);
	if (hub == NULL)
		hub = hub_new(t, account, mbox);
	pthread_mutex_lock(&hub->lock);
	w->hub = hub;
	w->next = hub->watchers;
	if (w->next != NULL)
		w->next->prev = w;
	hub->watchers = w;
	pthread_mutex_unlock(&hub->lock);
	pthread_mutex_unlock(&t->lock);
}

void
watch_add(struct store *s, struct watcher *w, uint64_t account, uint32_t mbox)
{
	watcher_add(s, w, account, mbox, 0);
}

void
watch_add_news(struct store *s, struct watcher *w, uint64_t account,
    uint32_t mbox)
{
	watcher_add(s, w, account, mbox, UINT64_MAX);
}

void
watch_remove(struct store *s, struct watcher *w)
{
	struct watch_table *t = s->watches;
	struct hub *hub = w->hub;
	bool empty;

	if (hub == NULL)
		return;
	pthread_mutex_lock(&t->lock);
	pthread_mutex_lock(&hub->lock);
	if (w->prev != NULL)
		w->prev->next = w->next;
	else
		hub->watchers = w->next;
	if (w->next != NULL)
		w->next->prev = w->prev;
	w->hub = NULL;
	empty = hub->watchers == NULL;
	if (empty)
		HASH_DEL(t->hubs, hub);
	pthread_mutex_unlock(&hub->lock);
	if (empty)
		hub_free(hub);
	pthread_mutex_unlock(&t->lock);
}

void
watch_notify(struct watcher *w, void (*notify)(void *arg), void *arg)
{
	struct hub *hub = w->hub;

	if (hub == NULL)
		return;
	pthread_mutex_lock(&hub->lock);
	w->notify = notify;
	w->arg = arg;
	if (notify != NULL && hub->modseq > w->told_modseq)
		notify(arg);
	pthread_mutex_unlock(&hub->lock);
}

void
watch_told(struct watcher *w, uint64_t modseq)
{
	pthread_mutex_lock(&w->hub->lock);
	if (w->told_modseq < modseq)
		w->told_modseq = modseq;
	pthread_mutex_unlock(&w->hub->lock);
}

bool
watch_has_news(const struct watcher *w)
{
	bool news;

	pthread_mutex_lock(&w->hub->lock);
	news = w->hub->modseq > w->told_modseq;
	pthread_mutex_unlock(&w->hub->lock);
	return news;
}

/* ---- publications ---- */

/* Makes the ring larger, before it wraps around.  A mailbox without changes has
   none. */
static void
ring_grow(struct hub *hub)
{
	unsigned cap = hub->cap == 0 ? RING_FIRST : hub->cap * 2;

	if (cap > WATCH_RING)
		cap = WATCH_RING;
	hub->ring = reallocarray(hub->ring, cap, sizeof(*hub->ring));
	if (hub->ring == NULL)
		fatal("out of memory");
	memset(hub->ring + hub->cap, 0,
	    (cap - hub->cap) * sizeof(*hub->ring));
	hub->cap = cap;
}

/* The caller must hold the hub's lock. */
static void
ring_add(struct hub *hub, uint64_t modseq, const uint32_t *pages,
    size_t npages)
{
	struct publication *p;

	if (hub->count == WATCH_RING) {
		p = &hub->ring[hub->first];
		if (hub->floor == UINT64_MAX || hub->floor < p->modseq)
			hub->floor = p->modseq;
		hub->first = (hub->first + 1) % WATCH_RING;
		hub->count--;
	} else if (hub->count == hub->cap) {
		ring_grow(hub);
	}
	p = &hub->ring[(hub->first + hub->count++) % WATCH_RING];
	free(p->pages);
	p->modseq = modseq;
	p->pages = NULL;
	p->npages = 0;
	if (npages == 0 || npages > RING_PAGES_MAX)
		return;
	p->pages = malloc(npages * sizeof(*pages));
	if (p->pages == NULL)
		return;
	memcpy(p->pages, pages, npages * sizeof(*pages));
	p->npages = npages;
}

void
watch_publish(void *store, uint64_t account, uint32_t mbox, uint64_t modseq,
    const uint32_t *pages, size_t npages)
{
	struct watch_table *t = ((struct store *)store)->watches;
	struct hub *hub;

	pthread_mutex_lock(&t->lock);
	hub = hub_find(t, account, mbox);
	if (hub != NULL)
		pthread_mutex_lock(&hub->lock);
	pthread_mutex_unlock(&t->lock);
	if (hub == NULL)
		return;
	ring_add(hub, modseq, pages, npages);
	if (hub->modseq < modseq)
		hub->modseq = modseq;
	for (struct watcher *w = hub->watchers; w != NULL; w = w->next)
		if (w->notify != NULL)
			w->notify(w->arg);
	pthread_mutex_unlock(&hub->lock);
}

uint64_t
watch_modseq(const struct watcher *w)
{
	uint64_t modseq;

	pthread_mutex_lock(&w->hub->lock);
	modseq = w->hub->modseq;
	pthread_mutex_unlock(&w->hub->lock);
	return modseq;
}

static int
page_compare(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return a < b ? -1 : a > b;
}

/* Returns 0, or 1 if all pages must be read.  The caller must hold the hub's
   lock. */
static int
ring_collect(const struct hub *hub, uint64_t since, struct buf *pages)
{
	const struct publication *p;

	if (hub->floor == UINT64_MAX || since < hub->floor)
		return 1;
	for (unsigned i = 0; i < hub->count; i++) {
		p = &hub->ring[(hub->first + i) % WATCH_RING];
		if (p->modseq <= since)
			continue;
		if (p->pages == NULL)
			return 1;
		buf_add(pages, p->pages, p->npages * sizeof(*p->pages));
	}
	return 0;
}

int
watch_changed_pages(const struct watcher *w, uint64_t since, struct arena *a,
    uint32_t **pages, size_t *npages)
{
	struct buf list = BUF_INIT;
	size_t n, kept = 0;
	int rc;

	pthread_mutex_lock(&w->hub->lock);
	rc = ring_collect(w->hub, since, &list);
	pthread_mutex_unlock(&w->hub->lock);
	n = list.len / sizeof(**pages);
	*pages = arena_array(a, n, sizeof(**pages));
	if (n > 0) {
		memcpy(*pages, list.data, list.len);
		qsort(*pages, n, sizeof(**pages), page_compare);
	}
	for (size_t i = 0; i < n; i++)
		if (i == 0 || (*pages)[i] != (*pages)[kept - 1])
			(*pages)[kept++] = (*pages)[i];
	*npages = kept;
	buf_free(&list);
	return rc;
}

/* ---- views ---- */

struct view *
watch_view(const struct watcher *w)
{
	struct view *v = NULL;

	pthread_mutex_lock(&w->hub->lock);
	if (w->hub->view != NULL)
		v = view_ref(w->hub->view);
	pthread_mutex_unlock(&w->hub->lock);
	return v;
}

void
watch_set_view(struct watcher *w, struct view *v, bool shared)
{
	struct hub *hub = w->hub;

	pthread_mutex_lock(&hub->lock);
	w->view_modseq = w->told_modseq = v->safe_modseq;
	if (hub->floor == UINT64_MAX) {
		hub->floor = v->modseq;
		if (hub->modseq < v->modseq)
			hub->modseq = v->modseq;
	}
	if (shared && (hub->view == NULL || hub->view->modseq < v->modseq)) {
		view_unref(&hub->view);
		hub->view = view_ref(v);
	}
	pthread_mutex_unlock(&hub->lock);
}

/* ---- \Recent, purge ---- */

uint32_t
watch_claim_recent(struct watcher *w, uint32_t row_first_recent,
    uint32_t uidnext, bool peek)
{
	struct hub *hub = w->hub;
	uint32_t first;

	pthread_mutex_lock(&hub->lock);
	if (hub->first_recent < row_first_recent)
		hub->first_recent = row_first_recent;
	first = hub->first_recent;
	if (!peek && hub->first_recent < uidnext)
		hub->first_recent = uidnext;
	pthread_mutex_unlock(&hub->lock);
	return first;
}

uint64_t
watch_min_modseq(struct store *s, uint64_t account, uint32_t mbox)
{
	struct watch_table *t = s->watches;
	uint64_t min = UINT64_MAX;
	struct hub *hub;

	pthread_mutex_lock(&t->lock);
	hub = hub_find(t, account, mbox);
	if (hub != NULL)
		pthread_mutex_lock(&hub->lock);
	pthread_mutex_unlock(&t->lock);
	if (hub == NULL)
		return min;
	for (const struct watcher *w = hub->watchers; w != NULL; w = w->next)
		if (w->view_modseq < min)
			min = w->view_modseq;
	pthread_mutex_unlock(&hub->lock);
	return min;
}
