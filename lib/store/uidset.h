/*
 * uidset - ascending ranges of UIDs (struct uid_set), and their flag pages
 *
 * A set is gathered in a buf of struct uid_range, and taken into an arena at
 * the end.
 */
#ifndef STORE_UIDSET_H
#define STORE_UIDSET_H

#include "store/stored_message.h"

/* Appends a UID larger than those before. */
void uidset_add(struct buf *ranges, uint32_t uid);
/* Appends the UIDs of a page's slots. */
void uidset_add_mask(struct buf *ranges, uint32_t page, uint64_t mask);
/* A copy in the arena. */
void uidset_take(const struct buf *ranges, struct arena *a,
    struct uid_set *out);
/* The ranges as they lie in the buf. */
struct uid_set uidset_view(const struct buf *ranges);
uint64_t uidset_count(const struct uid_set *set);
bool uidset_has(const struct uid_set *set, uint32_t uid);
/* The UIDs of a set from `first' on; its ranges are in the arena. */
struct uid_set uidset_from(const struct uid_set *set, uint32_t first,
    struct arena *a);

/* Every UID there can be. */
extern const struct uid_set uidset_all;

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
    uint64_t account, uint32_t mbox, const struct uid_set *set, size_t max,
    struct err *err);
struct bytes page_list_record(const struct page_list *list, size_t i);

/*
 * Calls fn for each message record of the set, in order of UID; UIDs that
 * have none are passed over, and what lies between ranges is not read.  fn
 * returns 0 to go on, 1 to stop, -1.  0 at the end, 1 when fn stopped it, -1.
 */
int uidset_each_message(const struct reader *r, uint64_t account,
    uint32_t mbox, const struct uid_set *set,
    int (*fn)(void *arg, const struct message *m, struct err *err),
    void *arg, struct err *err);

#endif
