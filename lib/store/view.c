/* view - makes views, and looks up messages in them */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "store/view-private.h"

struct view *
view_ref(struct view *v)
{
	__atomic_add_fetch(&v->refs, 1, __ATOMIC_RELAXED);
	return v;
}

void
view_unref(struct view **v)
{
	struct view *old = *v;

	*v = NULL;
	if (old == NULL ||
	    __atomic_sub_fetch(&old->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	free(old->pending);
	free(old);
}

struct view *
view_make(const struct buf *entries, const struct mailbox *row)
{
	size_t n = entries->len / sizeof(struct view_entry);
	struct view *v = malloc(sizeof(*v) + entries->len);

	if (v == NULL)
		fatal("out of memory");
	memset(v, 0, sizeof(*v));
	v->refs = 1;
	v->n = (uint32_t)n;
	v->uidnext = row->uidnext;
	v->modseq = v->safe_modseq = row->highestmodseq;
	if (n > 0)
		memcpy(v->entry, entries->data, entries->len);
	for (size_t i = 0; i < n; i++) {
		v->entry[i].before = v->count;
		v->count += (uint32_t)
		    __builtin_popcountll(v->entry[i].present);
	}
	return v;
}

void
view_entry_add(struct buf *entries, uint32_t page, uint64_t present)
{
	struct view_entry e = { page, 0, present };

	if (present != 0)
		buf_add(entries, &e, sizeof(e));
}

static int
load_step(void *arg, uint32_t page, struct bytes record, struct err *err)
{
	uint64_t present;

	if (flagpage_presence(record, &present, err) == -1)
		return -1;
	view_entry_add(arg, page, present);
	return 0;
}

struct view *
view_load(const struct reader *r, uint64_t account,
    const struct mailbox *row, struct err *err)
{
	struct buf entries = BUF_INIT;
	struct view *v = NULL;

	if (flagpage_each(r, account, row->id, 0, load_step, &entries,
	    err) == 0)
		v = view_make(&entries, row);
	buf_free(&entries);
	return v;
}

/* ---- looking things up ---- */

/* Returns the index of the first entry whose page is at least this. */
static uint32_t
entry_at(const struct view *v, uint32_t page)
{
	uint32_t low = 0, high = v->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (v->entry[mid].page < page)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

uint64_t
view_present(const struct view *v, uint32_t page)
{
	uint32_t i = entry_at(v, page);

	return i < v->n && v->entry[i].page == page ? v->entry[i].present : 0;
}

uint32_t
view_seq(const struct view *v, uint32_t uid)
{
	uint32_t i = entry_at(v, UID_PAGE(uid));
	uint64_t bit = UINT64_C(1) << UID_SLOT(uid);
	const struct view_entry *e = &v->entry[i];

	if (i == v->n || e->page != UID_PAGE(uid) || !(e->present & bit))
		return 0;
	return e->before + 1 +
	    (uint32_t)__builtin_popcountll(e->present & (bit - 1));
}

uint32_t
view_uid(const struct view *v, uint32_t seq)
{
	uint32_t low = 0, high = v->n, mid, skip;
	uint64_t bits;

	if (seq == 0 || seq > v->count)
		return 0;
	/* Find the last entry with fewer than seq messages before it. */
	while (high - low > 1) {
		mid = low + (high - low) / 2;
		if (v->entry[mid].before < seq)
			low = mid;
		else
			high = mid;
	}
	bits = v->entry[low].present;
	for (skip = seq - v->entry[low].before - 1; skip > 0; skip--)
		bits &= bits - 1;
	return PAGE_UID(v->entry[low].page, __builtin_ctzll(bits));
}

uint32_t
view_next(const struct view *v, uint32_t uid)
{
	uint64_t bits;

	for (uint32_t i = entry_at(v, UID_PAGE(uid)); i < v->n; i++) {
		bits = v->entry[i].present;
		if (v->entry[i].page == UID_PAGE(uid))
			bits &= ~UINT64_C(0) << UID_SLOT(uid);
		if (bits != 0)
			return PAGE_UID(v->entry[i].page,
			    __builtin_ctzll(bits));
	}
	return 0;
}
