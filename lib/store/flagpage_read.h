/*
 * flagpage_read - reads one flag page of a mailbox, all, or those of a set
 */
#ifndef STORE_FLAGPAGE_READ_H
#define STORE_FLAGPAGE_READ_H

#include "base/number_set.h"
#include "kv/kv.h"
#include "store/flagpage.h"

/* Calls fn for each flag page, beginning with `page'. */
int flagpage_each(const struct reader *r, uint64_t account, uint32_t mbox,
    uint32_t page, int (*fn)(void *arg, uint32_t page, struct bytes record,
    struct err *err), void *arg, struct err *err);

/* Reads and decodes one page.  Returns 1 if found, 0 if not (p is then empty),
   -1 on error. */
int flagpage_read(const struct reader *r, uint64_t account, uint32_t mbox,
    uint32_t page, struct flagpage *p, struct err *err);

/*
 * Reads the flag pages of a mailbox that have UIDs of a set, some at a time.
 * The records are copied, so that the caller may write between the reads.
 *
 *	page_list_init(&list, account, mbox, &set);
 *	do {
 *		if (page_list_read(&list, reader, 64, err) == -1)
 *			...
 *		... list.n pages: list.ref[i], page_list_record(&list, i) ...
 *	} while (!list.end);
 *	page_list_free(&list);
 */
struct page_ref {
	uint32_t page;
	uint64_t mask;			/* slots of UIDs in the set */
	size_t offset, len;		/* of the record, in data */
};

struct page_list {
	uint64_t account;
	uint32_t mbox;
	const struct number_set *set;	/* borrowed */
	struct page_ref *ref;		/* borrowed: refs */
	size_t n;
	uint32_t next;			/* page to continue with */
	bool end;			/* there are no more */
	struct buf refs, data;		/* own */
};

void page_list_init(struct page_list *list, uint64_t account, uint32_t mbox,
    const struct number_set *set);
void page_list_free(struct page_list *list);
/* Reads at most max pages, beginning with `next'.  Returns 0 or -1. */
int page_list_read(struct page_list *list, const struct reader *r,
    size_t max, struct err *err);
struct bytes page_list_record(const struct page_list *list, size_t i);

#endif
