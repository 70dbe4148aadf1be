/*
 * flagpage_read - flag pages of a mailbox: one, all, or those of a set
 */
#ifndef STORE_FLAGPAGE_READ_H
#define STORE_FLAGPAGE_READ_H

#include "base/number_set.h"
#include "kv/kv.h"
#include "store/flagpage.h"

/* Flag pages from `page' on: fn gets the page number and the record. */
int flagpage_each(const struct reader *r, uint64_t account, uint32_t mbox,
    uint32_t page, int (*fn)(void *arg, uint32_t page, struct bytes record,
    struct err *err), void *arg, struct err *err);

/* One page taken apart: 1, 0 when there is none (p is empty then), -1. */
int flagpage_read(const struct reader *r, uint64_t account, uint32_t mbox,
    uint32_t page, struct flagpage *p, struct err *err);

/*
 * Flag pages of a mailbox that hold UIDs of a set, at most max of them from
 * page `next' on.  Read at once, so that the caller may write meanwhile.
 */
struct page_ref {
	uint32_t page;
	uint64_t mask;			/* UIDs of the set */
	size_t offset, len;		/* of the record, in data */
};

struct page_list {
	struct page_ref *ref;		/* borrowed: refs */
	size_t n;
	uint32_t next;			/* go on from here */
	bool end;			/* there are no more */
	struct buf refs, data;		/* own */
};

void page_list_init(struct page_list *list);
void page_list_free(struct page_list *list);
int page_list_read(struct page_list *list, const struct reader *r,
    uint64_t account, uint32_t mbox, const struct number_set *set, size_t max,
    struct err *err);
struct bytes page_list_record(const struct page_list *list, size_t i);

#endif
