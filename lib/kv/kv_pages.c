/*
 * kv_pages - reads the leaf pages of a table's file without Berkeley DB.
 *
 * Berkeley DB's own salvage does not do.  Measured with Berkeley DB 5.3.28 on a
 * table of 5,000 records on 4 KB pages with DB_CHKSUM and one damaged page in
 * the middle: DB->verify with DB_SALVAGE meets that page's checksum, panics
 * (DB_RUNRECOVERY) and ends there with about 800 of the 5,000 records written.
 * DB_AGGRESSIVE changes nothing (about 860).  With three damaged pages about
 * 300 records come out.  It also knows nothing of our rows.
 */
#include <config.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kv/kv-private.h"
#include "kv/kv_pages.h"

/*
 * A page of Berkeley DB 5.3, in the byte order of the machine:
 *
 *	 0 u32 log file, u32 offset: position in the log of the last change
 *	 8 u32 page number
 *	12 u32 previous page, u32 next page (of the level; of a long item)
 *	20 u16 number of entries; on a page of a long item: references
 *	22 u16 lowest offset in use; on a page of a long item: bytes on it
 *	24 u8 level, u8 type
 *	28 u32 checksum of the page, computed with zeroes in this field
 *	32 u16 offset of each entry; or the bytes of a long item
 *
 * Entries of a leaf are key, value, key, value, each u16 length, u8 type
 * (| 0x80 if deleted), bytes.  A long item (type 3) has an unused u16, the u8
 * type, an unused u8, u32 first page, u32 length.  Page 0 describes the file
 * and holds nothing that we do not know.
 */
#define PAGE_LSN	0
#define PAGE_NUMBER	8
#define PAGE_PREV	12
#define PAGE_NEXT	16
#define PAGE_ENTRIES	20
#define PAGE_USED	22
#define PAGE_TYPE	25
#define PAGE_SUM	28
#define PAGE_HEAD	32

#define TYPE_LEAF	5
#define TYPE_LONG	7

#define ITEM_HEAD	3
#define ITEM_PLAIN	1
#define ITEM_LONG	3
#define ITEM_LONG_SIZE	12

/* No value is this long: the longest, a piece of a body, is 1 MB. */
#define VALUE_MAX	(4 * 1024 * 1024)
#define PIECE_PAGES	256

/* Length of the start of a key; padded with zeroes, which keeps the order. */
#define START_LEN	24

struct leaf {
	uint8_t first[START_LEN], last[START_LEN];
	uint64_t lsn;
	uint32_t page;
	/* Some of its keys may be on another leaf as well. */
	bool overlaps;
};

struct pages_table {
	int fd;				/* own; -1: not loaded */
	struct leaf *leaf;		/* own; sorted by first */
	size_t n, cap;
	/* For each leaf: which leaf up to it has the largest last key. */
	uint32_t *reach;		/* own */
	struct kv_pages_stat stat;
};

struct kv_pages {
	char *home;			/* own */
	struct reader reader;
	const struct table_info *tables;	/* borrowed */
	unsigned table_count;
	struct pages_table table[KV_TABLES_MAX];
};

/* ---- integers on a page ---- */

static uint16_t
u16_at(const uint8_t *page, size_t at)
{
	uint16_t v;

	memcpy(&v, page + at, sizeof(v));
	return v;
}

static uint32_t
u32_at(const uint8_t *page, size_t at)
{
	uint32_t v;

	memcpy(&v, page + at, sizeof(v));
	return v;
}

/* Berkeley DB's checksum: h * 33 + byte for each byte. */
static uint32_t
page_sum(const uint8_t *page)
{
	uint32_t h = 0;

	for (size_t i = 0; i < PAGE_SUM; i++)
		h = h * 33 + page[i];
	for (size_t i = 0; i < sizeof(h); i++)
		h *= 33;
	for (size_t i = PAGE_HEAD; i < KV_PAGE_SIZE; i++)
		h = h * 33 + page[i];
	return h;
}

static bool
page_is_whole(const uint8_t *page, uint32_t number)
{
	return u32_at(page, PAGE_NUMBER) == number &&
	    u32_at(page, PAGE_SUM) == page_sum(page);
}

static uint64_t
page_lsn(const uint8_t *page)
{
	return (uint64_t)u32_at(page, PAGE_LSN) << 32 |
	    u32_at(page, PAGE_LSN + 4);
}

static int
page_read(const struct pages_table *tab, uint32_t number, uint8_t *page)
{
	ssize_t n = pread(tab->fd, page, KV_PAGE_SIZE,
	    (off_t)number * KV_PAGE_SIZE);

	return n == KV_PAGE_SIZE && page_is_whole(page, number) ? 0 : -1;
}

/* ---- items ---- */

/* Reads the bytes of a long item, page by page. */
static int
long_read(const struct pages_table *tab, uint32_t number, uint32_t len,
    struct buf *out)
{
	uint8_t page[KV_PAGE_SIZE];
	uint32_t prev = 0;
	size_t n;

	if (len > VALUE_MAX)
		return -1;
	while (len > 0) {
		if (number == 0 || page_read(tab, number, page) == -1 ||
		    page[PAGE_TYPE] != TYPE_LONG ||
		    u32_at(page, PAGE_PREV) != prev)
			return -1;
		n = u16_at(page, PAGE_USED);
		if (n == 0 || n > KV_PAGE_SIZE - PAGE_HEAD || n > len)
			return -1;
		buf_add(out, page + PAGE_HEAD, n);
		len -= (uint32_t)n;
		prev = number;
		number = u32_at(page, PAGE_NEXT);
	}
	return number == 0 ? 0 : -1;
}

/* Replaces the contents of out with an entry of a leaf.  Returns 0, or -1 if
   it cannot be read. */
static int
item_read(const struct pages_table *tab, const uint8_t *page, unsigned entry,
    struct buf *out)
{
	size_t at = u16_at(page, PAGE_HEAD + entry * sizeof(uint16_t)), len;

	buf_clear(out);
	if (at < PAGE_HEAD || at > KV_PAGE_SIZE - ITEM_HEAD)
		return -1;
	if (page[at + 2] == ITEM_LONG && at <= KV_PAGE_SIZE - ITEM_LONG_SIZE)
		return long_read(tab, u32_at(page, at + 4),
		    u32_at(page, at + 8), out);
	len = u16_at(page, at);
	if (page[at + 2] != ITEM_PLAIN || len > KV_PAGE_SIZE - ITEM_HEAD - at)
		return -1;
	buf_add(out, page + at + ITEM_HEAD, len);
	return 0;
}

static unsigned
page_entries(const uint8_t *page)
{
	unsigned n = u16_at(page, PAGE_ENTRIES);
	unsigned max = (KV_PAGE_SIZE - PAGE_HEAD) / sizeof(uint16_t);

	return (n < max ? n : max) & ~1u;
}

static bool
item_is_deleted(const uint8_t *page, unsigned entry)
{
	size_t at = u16_at(page, PAGE_HEAD + entry * sizeof(uint16_t));

	return at <= KV_PAGE_SIZE - ITEM_HEAD && (page[at + 2] & 0x80) != 0;
}

/* ---- which leaf has which keys ---- */

static void
start_of(struct bytes key, uint8_t *start)
{
	memset(start, 0, START_LEN);
	if (key.len > 0)
		memcpy(start, key.data, key.len < START_LEN ? key.len :
		    START_LEN);
}

static void
leaf_note(struct pages_table *tab, const uint8_t *page, uint32_t number)
{
	struct leaf leaf = { .page = number, .lsn = page_lsn(page) };
	struct buf key = BUF_INIT;
	bool any = false;

	for (unsigned i = 0; i < page_entries(page); i += 2) {
		if (item_read(tab, page, i, &key) == -1)
			continue;
		start_of(buf_view(&key), leaf.last);
		if (!any)
			memcpy(leaf.first, leaf.last, START_LEN);
		any = true;
	}
	buf_free(&key);
	if (!any)
		return;
	if (tab->n == tab->cap) {
		tab->cap = tab->cap == 0 ? 64 : tab->cap * 2;
		tab->leaf = reallocarray(tab->leaf, tab->cap, sizeof(leaf));
		if (tab->leaf == NULL)
			fatal("out of memory");
	}
	tab->leaf[tab->n++] = leaf;
}

static int
compare_leaves(const void *a, const void *b)
{
	const struct leaf *one = a, *two = b;

	return memcmp(one->first, two->first, START_LEN);
}

static void
leaves_sort(struct pages_table *tab)
{
	size_t far = 0;

	if (tab->n == 0)
		return;
	qsort(tab->leaf, tab->n, sizeof(*tab->leaf), compare_leaves);
	if ((tab->reach = reallocarray(NULL, tab->n,
	    sizeof(*tab->reach))) == NULL)
		fatal("out of memory");
	for (size_t i = 0; i < tab->n; i++) {
		if (i > 0 && memcmp(tab->leaf[far].last, tab->leaf[i].first,
		    START_LEN) >= 0)
			tab->leaf[i].overlaps = tab->leaf[far].overlaps =
			    tab->leaf[i - 1].overlaps = true;
		if (memcmp(tab->leaf[i].last, tab->leaf[far].last,
		    START_LEN) > 0)
			far = i;
		tab->reach[i] = (uint32_t)far;
	}
}

/* Finds the first leaf whose last key is not before start. */
static size_t
leaf_from(const struct pages_table *tab, const uint8_t *start)
{
	size_t low = 0, high = tab->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (memcmp(tab->leaf[tab->reach[middle]].last, start,
		    START_LEN) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* ---- loading ---- */

static int
pages_look(struct pages_table *tab, uint8_t *piece, struct err *err)
{
	uint32_t number = 0;
	ssize_t n;

	do {
		n = pread(tab->fd, piece, PIECE_PAGES * KV_PAGE_SIZE,
		    (off_t)number * KV_PAGE_SIZE);
		/* The disk cannot read a sector: read page by page. */
		if (n == -1 && errno == EIO) {
			n = pread(tab->fd, piece, KV_PAGE_SIZE,
			    (off_t)number * KV_PAGE_SIZE);
			if (n == -1 && errno == EIO) {
				memset(piece, 0, KV_PAGE_SIZE);
				n = KV_PAGE_SIZE;
			}
		}
		if (n == -1)
			return err_sys(err, ERR_TEMP, "cannot read");
		for (ssize_t at = 0; at < n; at += KV_PAGE_SIZE, number++) {
			tab->stat.pages++;
			if (number == 0)
				continue;
			if (n - at < KV_PAGE_SIZE ||
			    !page_is_whole(piece + at, number))
				tab->stat.damaged++;
			else if (piece[at + PAGE_TYPE] == TYPE_LEAF)
				leaf_note(tab, piece + at, number);
		}
	} while (n > 0 && n % KV_PAGE_SIZE == 0 && number < UINT32_MAX -
	    PIECE_PAGES);
	return 0;
}

int
kv_pages_load(struct kv_pages *p, unsigned t, struct err *err)
{
	struct pages_table *tab = &p->table[t];
	uint8_t *piece = malloc(PIECE_PAGES * KV_PAGE_SIZE);
	char *path = NULL;
	int rc;

	if (piece == NULL || asprintf(&path, "%s/" KV_DATA "/%s.db", p->home,
	    p->tables[t].name) == -1)
		fatal("out of memory");
	if ((tab->fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		rc = err_sys(err, ERR_REFUSED, "cannot open '%s'", path);
	else if ((rc = pages_look(tab, piece, err)) == -1)
		rc = err_wrap(err, "'%s'", path);
	/* There is not even a first page. */
	if (rc == 0 && tab->stat.pages == 0)
		tab->stat.damaged++;
	leaves_sort(tab);
	free(path);
	free(piece);
	return rc;
}

void
kv_pages_free(struct kv_pages **pp)
{
	struct kv_pages *p = *pp;

	if (p == NULL)
		return;
	for (unsigned t = 0; t < p->table_count; t++) {
		if (p->table[t].fd != -1)
			close(p->table[t].fd);
		free(p->table[t].leaf);
		free(p->table[t].reach);
	}
	free(p->home);
	free(p);
	*pp = NULL;
}

const struct kv_pages_stat *
kv_pages_stat(const struct kv_pages *p, unsigned t)
{
	return &p->table[t].stat;
}

const struct reader *
kv_pages_reader(const struct kv_pages *p)
{
	return &p->reader;
}

/* ---- reading ---- */

/* Finds the most recently changed leaf that has the key, and its entry. */
static const struct leaf *
key_find(const struct pages_table *tab, struct bytes key, uint8_t *best,
    unsigned *entry)
{
	uint8_t start[START_LEN], page[KV_PAGE_SIZE];
	const struct leaf *found = NULL;
	struct buf item = BUF_INIT;

	start_of(key, start);
	for (size_t i = leaf_from(tab, start); i < tab->n; i++) {
		const struct leaf *leaf = &tab->leaf[i];

		if (memcmp(leaf->first, start, START_LEN) > 0)
			break;
		if (memcmp(leaf->last, start, START_LEN) < 0 ||
		    (found != NULL && leaf->lsn <= found->lsn) ||
		    page_read(tab, leaf->page, page) == -1)
			continue;
		for (unsigned e = 0; e < page_entries(page); e += 2)
			if (!item_is_deleted(page, e + 1) &&
			    item_read(tab, page, e, &item) == 0 &&
			    bytes_cmp(buf_view(&item), key) == 0) {
				memcpy(best, page, KV_PAGE_SIZE);
				found = leaf;
				*entry = e;
				break;
			}
	}
	buf_free(&item);
	return found;
}

static int
pages_get(const struct reader *r, unsigned t, struct bytes key,
    struct buf *value, struct err *err)
{
	const struct kv_pages *p = r->impl;
	const struct pages_table *tab = &p->table[t];
	uint8_t page[KV_PAGE_SIZE];
	unsigned entry;

	buf_clear(value);
	if (key_find(tab, key, page, &entry) == NULL)
		return 0;
	if (item_read(tab, page, entry + 1, value) == -1)
		return err_set(err, ERR_INTERNAL, "a record of table '%s' is "
		    "damaged", p->tables[t].name);
	return 1;
}

struct pages_scan {
	struct pages_table *tab;
	struct bytes from, prefix;
	scan_fn *fn;
	void *arg;
	struct buf key, value;		/* own */
};

static bool
is_wanted(const struct pages_scan *s, const struct leaf *leaf)
{
	struct bytes key = buf_view(&s->key);
	uint8_t page[KV_PAGE_SIZE];
	unsigned entry;

	if (bytes_cmp(key, s->from) < 0 || key.len < s->prefix.len ||
	    (s->prefix.len > 0 &&
	    memcmp(key.data, s->prefix.data, s->prefix.len) != 0))
		return false;
	return !leaf->overlaps || key_find(s->tab, key, page, &entry) == leaf;
}

static int
scan_leaf(struct pages_scan *s, const struct leaf *leaf, struct err *err)
{
	uint8_t page[KV_PAGE_SIZE];
	int rc = 0;

	if (page_read(s->tab, leaf->page, page) == -1)
		return 0;
	for (unsigned e = 0; rc == 0 && e < page_entries(page); e += 2) {
		if (item_is_deleted(page, e + 1))
			continue;
		if (item_read(s->tab, page, e, &s->key) == -1) {
			s->tab->stat.broken++;
			continue;
		}
		if (!is_wanted(s, leaf))
			continue;
		if (item_read(s->tab, page, e + 1, &s->value) == -1) {
			s->tab->stat.broken++;
			continue;
		}
		rc = s->fn(s->arg, buf_view(&s->key), buf_view(&s->value),
		    err);
	}
	return rc;
}

static int
pages_scan(const struct reader *r, unsigned t, struct bytes from,
    struct bytes prefix, scan_fn *fn, void *arg, struct err *err)
{
	struct kv_pages *p = r->impl;
	struct pages_scan s = { .tab = &p->table[t], .from = from,
	    .prefix = prefix, .fn = fn, .arg = arg };
	size_t n = prefix.len < START_LEN ? prefix.len : START_LEN;
	uint8_t start[START_LEN];
	int rc = 0;

	if (bytes_cmp(from, prefix) < 0)
		s.from = prefix;
	start_of(s.from, start);
	for (size_t i = leaf_from(s.tab, start); i < s.tab->n && rc == 0; i++) {
		const struct leaf *leaf = &s.tab->leaf[i];

		if (n > 0 && memcmp(leaf->first, prefix.data, n) > 0)
			break;
		if (memcmp(leaf->last, start, START_LEN) >= 0)
			rc = scan_leaf(&s, leaf, err);
	}
	buf_free(&s.key);
	buf_free(&s.value);
	return rc;
}

static const struct reader_ops kv_pages_ops = { pages_get, pages_scan };

struct kv_pages *
kv_pages_new(const char *home, const struct table_info *tables,
    unsigned table_count)
{
	struct kv_pages *p = calloc(1, sizeof(*p));

	if (p == NULL || (p->home = strdup(home)) == NULL)
		fatal("out of memory");
	assert(table_count <= KV_TABLES_MAX);
	p->tables = tables;
	p->table_count = table_count;
	for (unsigned t = 0; t < p->table_count; t++)
		p->table[t].fd = -1;
	p->reader.ops = &kv_pages_ops;
	p->reader.impl = p;
	return p;
}
