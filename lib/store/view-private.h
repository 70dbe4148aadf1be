/*
 * view-private - functions that make views
 */
#ifndef STORE_VIEW_PRIVATE_H
#define STORE_VIEW_PRIVATE_H

#include "store/view.h"

/* Appends a struct view_entry, unless present is 0. */
void view_entry_add(struct buf *entries, uint32_t page, uint64_t present);
/* Makes a view of these entries, and counts the messages before each. */
struct view *view_make(const struct buf *entries, const struct mailbox *row);
/* Returns the presence bits of a page. */
uint64_t view_present(const struct view *v, uint32_t page);
#endif
