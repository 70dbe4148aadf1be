/*
 * kv_pages - reads the files of a store without Berkeley DB
 *
 * For stores that Berkeley DB gives up on: it ends at the first page whose
 * checksum is wrong.  Here every page stands for itself: what is on a leaf
 * that is whole can be read, whatever happened to the pages that led to it.
 * Nothing is written, no log is read.
 *
 *	p = kv_pages_new(home, tables, count);
 *	kv_pages_load(p, T_MESSAGE, err);	// each table that is read
 *	reader_scan(kv_pages_reader(p), T_MESSAGE, ...);
 *	kv_pages_stat(p, T_MESSAGE)->damaged ...
 *
 * A scan passes over records that cannot be read; get says ERR_INTERNAL.
 * Keys come in order, unless pages contradict each other; then the page that
 * was changed last is believed.  Memory: 64 bytes for each leaf of 4 KB.
 */
#ifndef KV_KV_PAGES_H
#define KV_KV_PAGES_H

#include "kv/kv.h"

struct kv_pages;

/* The tables that the environment in home has; borrowed, as long as p. */
struct kv_pages *kv_pages_new(const char *home,
    const struct table_info *tables, unsigned table_count);
void kv_pages_free(struct kv_pages **p);

/* Looks at each page.  -1 when the file cannot be opened or read at all. */
int kv_pages_load(struct kv_pages *p, unsigned t, struct err *err);

struct kv_pages_stat {
	uint64_t pages;
	uint64_t damaged;	/* pages; an incomplete last one, too */
	uint64_t broken;	/* records that scans met and cannot be read */
};

const struct kv_pages_stat *kv_pages_stat(const struct kv_pages *p,
    unsigned t);

/* Of the tables that were loaded; others are empty.  Valid as long as p. */
const struct reader *kv_pages_reader(const struct kv_pages *p);

#endif
