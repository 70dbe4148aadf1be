/* flagpage_read - reads rows of T_FLAGS, one or many */
#include <config.h>

#include <string.h>

#include "base/encode.h"
#include "segment/tables.h"
#include "store/flagpage_read.h"
#include "store/mailbox_key.h"

/* Up to this many records of a range are read one by one; a scan costs about
   as much. */
#define FEW	4

/* ---- one, and all ---- */

struct each_walk {
	int (*fn)(void *arg, uint32_t page, struct bytes record,
	    struct err *err);
	void *arg;
};

static int
each_step(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct each_walk *walk = arg;

	if (key.len != 16)
		return err_set(err, ERR_INTERNAL,
		    "damaged key of a flag page");
	return walk->fn(walk->arg, be32_get(key.data + 12), value, err);
}

int
flagpage_each(const struct reader *r, uint64_t account, uint32_t mbox,
    uint32_t page, int (*fn)(void *arg, uint32_t page, struct bytes record,
    struct err *err), void *arg, struct err *err)
{
	struct each_walk walk = { fn, arg };
	struct key first, prefix;

	key_mailbox_u32(&first, account, mbox, page);
	key_mailbox(&prefix, account, mbox);
	return reader_scan(r, T_FLAGS, key_bytes(&first), key_bytes(&prefix),
	    each_step, &walk, err);
}

int
flagpage_read(const struct reader *r, uint64_t account, uint32_t mbox,
    uint32_t page, struct flagpage *p, struct err *err)
{
	struct key k;
	struct buf value = BUF_INIT;
	int rc;

	key_mailbox_u32(&k, account, mbox, page);
	rc = reader_get(r, T_FLAGS, key_bytes(&k), &value, err);
	if (rc == 0)
		flagpage_init(p);
	else if (rc == 1 && flagpage_decode(p, buf_view(&value), err) == -1)
		rc = -1;
	buf_free(&value);
	return rc;
}

/* ---- those of a set ---- */

void
page_list_init(struct page_list *list, uint64_t account, uint32_t mbox,
    const struct number_set *set)
{
	memset(list, 0, sizeof(*list));
	list->account = account;
	list->mbox = mbox;
	list->set = set;
	buf_init(&list->refs);
	buf_init(&list->data);
}

void
page_list_free(struct page_list *list)
{
	buf_free(&list->refs);
	buf_free(&list->data);
}

struct bytes
page_list_record(const struct page_list *list, size_t i)
{
	return bytes_make(list->data.data + list->ref[i].offset,
	    list->ref[i].len);
}

/* Returns the slots of the page that a range covers. */
static uint64_t
range_mask(const struct number_range *range, uint32_t page)
{
	uint64_t mask = ~UINT64_C(0);

	if (UID_PAGE(range->first) == page)
		mask &= ~UINT64_C(0) << UID_SLOT(range->first);
	if (UID_PAGE(range->last) == page)
		mask &= ~UINT64_C(0) >> (63 - UID_SLOT(range->last));
	return mask;
}

static void
page_list_add(struct page_list *list, const struct number_range *range,
    uint32_t page, struct bytes record)
{
	struct page_ref ref = {
		page, range_mask(range, page), list->data.len, record.len
	};

	buf_bytes(&list->data, record);
	buf_add(&list->refs, &ref, sizeof(ref));
	list->ref = (struct page_ref *)(void *)list->refs.data;
	list->n++;
}

struct set_walk {
	struct page_list *list;
	const struct number_range *range;
	uint32_t last;		/* page */
	size_t max;
};

static int
set_step(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct set_walk *walk = arg;
	uint32_t page;

	if (key.len != 16)
		return err_set(err, ERR_INTERNAL,
		    "damaged key of a flag page");
	page = be32_get(key.data + 12);
	if (page > walk->last || walk->list->n == walk->max)
		return 1;
	page_list_add(walk->list, walk->range, page, value);
	return 0;
}

static int
range_scan(struct set_walk *walk, const struct reader *r, uint32_t first,
    struct err *err)
{
	const struct page_list *list = walk->list;
	struct key from, prefix;
	int rc;

	key_mailbox_u32(&from, list->account, list->mbox, first);
	key_mailbox(&prefix, list->account, list->mbox);
	rc = reader_scan(r, T_FLAGS, key_bytes(&from), key_bytes(&prefix),
	    set_step, walk, err);
	return rc == -1 ? -1 : 0;
}

static int
range_get(struct set_walk *walk, const struct reader *r, uint32_t first,
    struct err *err)
{
	struct page_list *list = walk->list;
	struct buf value = BUF_INIT;
	struct key k;
	int rc = 0;

	for (uint32_t page = first; rc != -1 && page <= walk->last &&
	    list->n < walk->max; page++) {
		key_mailbox_u32(&k, list->account, list->mbox, page);
		rc = reader_get(r, T_FLAGS, key_bytes(&k), &value, err);
		if (rc == 1)
			page_list_add(list, walk->range, page,
			    buf_view(&value));
	}
	buf_free(&value);
	return rc == -1 ? -1 : 0;
}

/* Adds the part of a range that is in the page read last.  Returns true if that
   was the whole range. */
static bool
range_join(struct page_list *list, const struct number_range *range)
{
	struct page_ref *last;

	if (list->n == 0)
		return false;
	last = &list->ref[list->n - 1];
	if (UID_PAGE(range->first) == last->page)
		last->mask |= range_mask(range, last->page);
	return UID_PAGE(range->last) <= last->page;
}

int
page_list_read(struct page_list *list, const struct reader *r,
    size_t max, struct err *err)
{
	const struct number_set *set = list->set;
	struct set_walk walk = { .list = list, .max = max };
	uint32_t from = list->next, first;
	int rc = 0;

	list->n = 0;
	buf_clear(&list->refs);
	buf_clear(&list->data);
	for (size_t i = number_set_find(set, PAGE_UID(from, 0));
	    i < set->n && rc == 0; i++) {
		walk.range = &set->range[i];
		walk.last = UID_PAGE(walk.range->last);
		if (range_join(list, walk.range))
			continue;
		if (list->n == max)
			break;
		first = UID_PAGE(walk.range->first);
		if (list->n > 0 && first <= list->ref[list->n - 1].page)
			first = list->ref[list->n - 1].page + 1;
		if (first < from)
			first = from;
		rc = walk.last - first < FEW ?
		    range_get(&walk, r, first, err) :
		    range_scan(&walk, r, first, err);
	}
	list->end = list->n < max;
	if (list->n > 0)
		list->next = list->ref[list->n - 1].page + 1;
	return rc;
}
