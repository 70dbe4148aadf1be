/*
 * kv_pages - reads the files of a store without Berkeley DB
 *
 * For stores that Berkeley DB cannot open, because it stops at the first page
 * with a wrong checksum.  Here every page stands by itself: an intact leaf can
 * be read whatever happened to the pages that led to it.  Nothing is written
 * and no log is read.
 *
 *	p = kv_pages_new(home, tables, count);
 *	kv_pages_load(p, T_MESSAGE, err);	// each table that is read
 *	reader_scan(kv_pages_reader(p), T_MESSAGE, ...);
 *	kv_pages_stat(p, T_MESSAGE)->damaged ...
 *
 * A scan skips records that cannot be read; a get fails with ERR_INTERNAL.
 * Keys come in order.  If pages contradict each other, the page that was
 * changed last wins.  Uses 64 bytes of memory for each leaf of 4 KB.
 */
#ifndef KV_KV_PAGES_H
#define KV_KV_PAGES_H

#include "kv/kv.h"

struct kv_pages;

/* The tables of the environment in home are borrowed, as long as p. */
struct kv_pages *kv_pages_new(const char *home,
    const struct table_info *tables, unsigned table_count);
void kv_pages_free(struct kv_pages **p);

/* Reads each page.  Returns -1 if the file cannot be opened or read at all. */
int kv_pages_load(struct kv_pages *p, unsigned t, struct err *err);

struct kv_pages_stat {
	uint64_t pages;
	uint64_t damaged;	/* pages, including an incomplete last one */
	uint64_t broken;	/* records that scans met but could not read */
};

const struct kv_pages_stat *kv_pages_stat(const struct kv_pages *p,
    unsigned t);

/* Reads the loaded tables; others seem empty.  Valid as long as p. */
const struct reader *kv_pages_reader(const struct kv_pages *p);

#endif
