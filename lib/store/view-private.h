/*
 * view-private - making views
 */
#ifndef STORE_VIEW_PRIVATE_H
#define STORE_VIEW_PRIVATE_H

#include "store/view.h"

/* Appends a struct view_entry, unless it would be empty. */
void view_entry_add(struct buf *entries, uint32_t page, uint64_t present);
/* A view of these entries; counts what is before each. */
struct view *view_make(const struct buf *entries, const struct mailbox *row);
/* Presence bits of a page. */
uint64_t view_present(const struct view *v, uint32_t page);
#endif
