#include <config.h>

#include <string.h>

#include "base/encode.h"
#include "kv/key.h"
#include "segment/tables.h"
#include "store/mailbox_key.h"
#include "store/message_row.h"
#include "store/uidset.h"

/* A range of at most so many records is read one by one; a scan costs about
   as much as that. */
#define FEW	4

static struct uid_range every_uid = { 1, UINT32_MAX };
const struct uid_set uidset_all = { &every_uid, 1 };

void
uidset_add(struct buf *ranges, uint32_t uid)
{
	struct uid_range range = { uid, uid };
	struct uid_range *last;

	if (ranges->len > 0) {
		last = (struct uid_range *)(void *)(ranges->data +
		    ranges->len - sizeof(*last));
		if (last->last + 1 == uid) {
			last->last = uid;
			return;
		}
	}
	buf_add(ranges, &range, sizeof(range));
}

void
uidset_add_mask(struct buf *ranges, uint32_t page, uint64_t mask)
{
	for (; mask != 0; mask &= mask - 1)
		uidset_add(ranges, PAGE_UID(page, __builtin_ctzll(mask)));
}

void
uidset_take(const struct buf *ranges, struct arena *a, struct uid_set *out)
{
	out->n = ranges->len / sizeof(*out->range);
	out->range = arena_array(a, out->n, sizeof(*out->range));
	if (out->n > 0)
		memcpy(out->range, ranges->data, ranges->len);
}

struct uid_set
uidset_view(const struct buf *ranges)
{
	struct uid_set set = {
		(struct uid_range *)(void *)ranges->data,
		ranges->len / sizeof(struct uid_range)
	};

	return set;
}

uint64_t
uidset_count(const struct uid_set *set)
{
	uint64_t n = 0;

	for (size_t i = 0; i < set->n; i++)
		n += (uint64_t)set->range[i].last - set->range[i].first + 1;
	return n;
}

bool
uidset_has(const struct uid_set *set, uint32_t uid)
{
	size_t low = 0, high = set->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (set->range[mid].last < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return low < set->n && set->range[low].first <= uid;
}

struct uid_set
uidset_from(const struct uid_set *set, uint32_t first, struct arena *a)
{
	struct uid_set from = { NULL, 0 };
	size_t i = 0;

	while (i < set->n && set->range[i].last < first)
		i++;
	if (i == set->n)
		return from;
	from.n = set->n - i;
	from.range = arena_array(a, from.n, sizeof(*from.range));
	memcpy(from.range, set->range + i, from.n * sizeof(*from.range));
	if (from.range[0].first < first)
		from.range[0].first = first;
	return from;
}

/* ---- flag pages ---- */

void
page_list_init(struct page_list *list)
{
	memset(list, 0, sizeof(*list));
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

/* Slots of the page that a range covers. */
static uint64_t
range_mask(const struct uid_range *range, uint32_t page)
{
	uint64_t mask = ~UINT64_C(0);

	if (UID_PAGE(range->first) == page)
		mask &= ~UINT64_C(0) << UID_SLOT(range->first);
	if (UID_PAGE(range->last) == page)
		mask &= ~UINT64_C(0) >> (63 - UID_SLOT(range->last));
	return mask;
}

static void
page_list_add(struct page_list *list, const struct uid_range *range,
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

struct page_walk {
	struct page_list *list;
	const struct uid_range *range;
	uint32_t last;		/* page */
	size_t max;
};

static int
page_step(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct page_walk *walk = arg;
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
range_scan(struct page_walk *walk, const struct reader *r, uint64_t account,
    uint32_t mbox, uint32_t first, struct err *err)
{
	struct key from, prefix;
	int rc;

	key_mailbox_u32(&from, account, mbox, first);
	key_mailbox(&prefix, account, mbox);
	rc = reader_scan(r, T_FLAGS, key_bytes(&from), key_bytes(&prefix),
	    page_step, walk, err);
	return rc == -1 ? -1 : 0;
}

static int
range_get(struct page_walk *walk, const struct reader *r, uint64_t account,
    uint32_t mbox, uint32_t first, struct err *err)
{
	struct buf value = BUF_INIT;
	struct key k;
	int rc = 0;

	for (uint32_t page = first; rc != -1 && page <= walk->last &&
	    walk->list->n < walk->max; page++) {
		key_mailbox_u32(&k, account, mbox, page);
		rc = reader_get(r, T_FLAGS, key_bytes(&k), &value, err);
		if (rc == 1)
			page_list_add(walk->list, walk->range, page,
			    buf_view(&value));
	}
	buf_free(&value);
	return rc == -1 ? -1 : 0;
}

/* The part of a range in the page that was read last; returns whether that
   was all of it. */
static bool
range_join(struct page_list *list, const struct uid_range *range)
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
    uint64_t account, uint32_t mbox, const struct uid_set *set, size_t max,
    struct err *err)
{
	struct page_walk walk = { .list = list, .max = max };
	uint32_t from = list->next, first;
	int rc = 0;

	list->n = 0;
	buf_clear(&list->refs);
	buf_clear(&list->data);
	for (size_t i = 0; i < set->n && rc == 0; i++) {
		walk.range = &set->range[i];
		walk.last = UID_PAGE(walk.range->last);
		if (walk.last < from || range_join(list, walk.range))
			continue;
		if (list->n == max)
			break;
		first = UID_PAGE(walk.range->first);
		if (list->n > 0 && first <= list->ref[list->n - 1].page)
			first = list->ref[list->n - 1].page + 1;
		if (first < from)
			first = from;
		rc = walk.last - first < FEW ?
		    range_get(&walk, r, account, mbox, first, err) :
		    range_scan(&walk, r, account, mbox, first, err);
	}
	list->end = list->n < max;
	if (list->n > 0)
		list->next = list->ref[list->n - 1].page + 1;
	return rc;
}

/* ---- messages ---- */

/* Gaps this small between ranges are read over. */
#define GAP	8

struct message_walk {
	struct uid_set part;	/* ranges read in one go */
	int (*fn)(void *arg, const struct message *m, struct err *err);
	void *arg;
	bool stopped;		/* by fn */
};

static uint32_t
part_last(const struct uid_set *part)
{
	return part->range[part->n - 1].last;
}

static int
message_step(void *arg, struct bytes key, struct bytes value,
    struct err *err)
{
	struct message_walk *walk = arg;
	struct message m;
	uint32_t uid;
	int rc;

	if (key.len != 16)
		return err_set(err, ERR_INTERNAL, "damaged key of a message");
	uid = be32_get(key.data + 12);
	if (uid > part_last(&walk->part))
		return 1;
	if (!uidset_has(&walk->part, uid))
		return 0;
	if (message_row_decode(value, uid, &m, err) == -1)
		return -1;
	rc = walk->fn(walk->arg, &m, err);
	walk->stopped = rc == 1;
	return rc;
}

static int
messages_get(struct message_walk *walk, const struct reader *r,
    uint64_t account, uint32_t mbox, struct err *err)
{
	struct message m;
	int rc;

	for (uint64_t uid = walk->part.range[0].first;
	    uid <= part_last(&walk->part); uid++) {
		if (!uidset_has(&walk->part, (uint32_t)uid))
			continue;
		rc = message_get(r, account, mbox, (uint32_t)uid, &m, err);
		if (rc == 1)
			rc = walk->fn(walk->arg, &m, err);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int
messages_scan(struct message_walk *walk, const struct reader *r,
    uint64_t account, uint32_t mbox, struct err *err)
{
	struct key from, prefix;
	int rc;

	key_mailbox(&prefix, account, mbox);
	key_mailbox_u32(&from, account, mbox, walk->part.range[0].first);
	rc = reader_scan(r, T_MESSAGE, key_bytes(&from), key_bytes(&prefix),
	    message_step, walk, err);
	return rc == -1 ? -1 : walk->stopped;
}

int
uidset_each_message(const struct reader *r, uint64_t account, uint32_t mbox,
    const struct uid_set *set,
    int (*fn)(void *arg, const struct message *m, struct err *err),
    void *arg, struct err *err)
{
	struct message_walk walk = { .fn = fn, .arg = arg };
	size_t n;
	int rc = 0;

	for (size_t i = 0; i < set->n && rc == 0; i += n) {
		for (n = 1; i + n < set->n && set->range[i + n].first -
		    set->range[i + n - 1].last <= GAP; n++)
			;
		walk.part.range = &set->range[i];
		walk.part.n = n;
		if (part_last(&walk.part) - set->range[i].first < FEW)
			rc = messages_get(&walk, r, account, mbox, err);
		else
			rc = messages_scan(&walk, r, account, mbox, err);
	}
	return rc;
}
