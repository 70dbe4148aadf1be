/* flagpage - decodes, changes and encodes flag pages */
#include <config.h>

#include <string.h>

#include "base/encode.h"
#include "store/flagpage.h"

#define PAGE_VERSION	1

/* Offsets in a record. */
enum {
	AT_VERSION = 0,
	AT_WIDTH = 1,
	AT_WHICH = 2,
	AT_NKEYWORDS = 4,
	AT_USED = 6,
	AT_PRESENT = 14,
	AT_TOP = 22,
	AT_BASE = 30,
	HEAD_SIZE = 38,
	KEYWORD_SIZE = 10
};

/* ---- flags of one message ---- */

bool
msgflags_eq(const struct msgflags *a, const struct msgflags *b)
{
	return a->system == b->system &&
	    memcmp(a->keyword, b->keyword, sizeof(a->keyword)) == 0;
}

bool
msgflags_has_keyword(const struct msgflags *f, unsigned index)
{
	return index < KEYWORDS_MAX &&
	    (f->keyword[index / 64] >> index % 64 & 1) != 0;
}

void
msgflags_set_keyword(struct msgflags *f, unsigned index)
{
	if (index < KEYWORDS_MAX)
		f->keyword[index / 64] |= (uint64_t)1 << index % 64;
}

/* ---- bitmaps ---- */

uint64_t
flagpage_keyword(const struct flagpage *p, int index)
{
	for (unsigned i = 0; i < p->nkeywords; i++)
		if (p->keyword[i].index == index)
			return p->keyword[i].bitmap;
	return 0;
}

/* Returns the bitmap of a keyword; adds it in order if there is none. */
static uint64_t *
keyword_place(struct flagpage *p, unsigned index)
{
	unsigned i = 0;

	while (i < p->nkeywords && p->keyword[i].index < index)
		i++;
	if (i < p->nkeywords && p->keyword[i].index == index)
		return &p->keyword[i].bitmap;
	memmove(&p->keyword[i + 1], &p->keyword[i],
	    (p->nkeywords - i) * sizeof(p->keyword[0]));
	p->nkeywords++;
	p->keyword[i].index = (uint16_t)index;
	p->keyword[i].bitmap = 0;
	return &p->keyword[i].bitmap;
}

void
flagpage_init(struct flagpage *p)
{
	p->present = p->top = 0;
	p->nkeywords = 0;
	memset(p->system, 0, sizeof(p->system));
	memset(p->modseq, 0, sizeof(p->modseq));
}

void
flagpage_copy(struct flagpage *to, const struct flagpage *from)
{
	to->present = from->present;
	to->top = from->top;
	to->nkeywords = from->nkeywords;
	memcpy(to->system, from->system, sizeof(to->system));
	memcpy(to->modseq, from->modseq, sizeof(to->modseq));
	memcpy(to->keyword, from->keyword,
	    from->nkeywords * sizeof(to->keyword[0]));
}

void
flagpage_get(const struct flagpage *p, unsigned slot, struct msgflags *out)
{
	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i < FLAG_SYSTEM_COUNT; i++)
		out->system |= (uint32_t)(p->system[i] >> slot & 1) << i;
	for (unsigned i = 0; i < p->nkeywords; i++)
		if (p->keyword[i].bitmap >> slot & 1)
			msgflags_set_keyword(out, p->keyword[i].index);
}

void
flagpage_add(struct flagpage *p, uint64_t mask, const struct msgflags *flags)
{
	for (unsigned i = 0; i < FLAG_SYSTEM_COUNT; i++)
		if (flags->system >> i & 1)
			p->system[i] |= mask;
	for (unsigned w = 0; w < KEYWORDS_MAX / 64; w++)
		for (uint64_t m = flags->keyword[w]; m != 0; m &= m - 1)
			*keyword_place(p, w * 64 +
			    (unsigned)__builtin_ctzll(m)) |= mask;
}

void
flagpage_remove(struct flagpage *p, uint64_t mask,
    const struct msgflags *flags)
{
	for (unsigned i = 0; i < FLAG_SYSTEM_COUNT; i++)
		if (flags->system >> i & 1)
			p->system[i] &= ~mask;
	for (unsigned i = 0; i < p->nkeywords; i++)
		if (msgflags_has_keyword(flags, p->keyword[i].index))
			p->keyword[i].bitmap &= ~mask;
}

static void
clear_slots(struct flagpage *p, uint64_t mask)
{
	for (unsigned i = 0; i < FLAG_SYSTEM_COUNT; i++)
		p->system[i] &= ~mask;
	for (unsigned i = 0; i < p->nkeywords; i++)
		p->keyword[i].bitmap &= ~mask;
}

void
flagpage_set(struct flagpage *p, unsigned slot, const struct msgflags *flags)
{
	clear_slots(p, (uint64_t)1 << slot);
	flagpage_add(p, (uint64_t)1 << slot, flags);
}

/* Returns the slots that have a flag they should not have, or lack one. */
static uint64_t
differing(uint64_t has, bool named, int how)
{
	if (named)
		return how == FLAGS_REMOVE ? has : ~has;
	return how == FLAGS_SET ? has : 0;
}

uint64_t
flagpage_differing(const struct flagpage *p, uint64_t mask,
    const struct msgflags *flags, int how)
{
	uint64_t slots = 0;

	for (unsigned i = 0; i < FLAG_SYSTEM_COUNT; i++)
		slots |= differing(p->system[i], flags->system >> i & 1, how);
	for (unsigned i = 0; i < p->nkeywords; i++)
		slots |= differing(p->keyword[i].bitmap,
		    msgflags_has_keyword(flags, p->keyword[i].index), how);
	/* Keywords that are not in the page. */
	for (unsigned w = 0; w < KEYWORDS_MAX / 64; w++)
		for (uint64_t m = flags->keyword[w]; m != 0; m &= m - 1)
			slots |= differing(flagpage_keyword(p, (int)w * 64 +
			    __builtin_ctzll(m)), true, how);
	return slots & mask;
}

void
flagpage_touch(struct flagpage *p, uint64_t mask, uint64_t modseq)
{
	for (uint64_t m = mask; m != 0; m &= m - 1)
		p->modseq[__builtin_ctzll(m)] = modseq;
	if (mask != 0 && modseq > p->top)
		p->top = modseq;
}

void
flagpage_forget(struct flagpage *p, uint64_t mask)
{
	p->present &= ~mask;
	clear_slots(p, mask);
	p->top = 0;
	for (unsigned i = 0; i < PAGE_SLOTS; i++) {
		if (mask >> i & 1)
			p->modseq[i] = 0;
		if (p->modseq[i] > p->top)
			p->top = p->modseq[i];
	}
}

uint64_t
flagpage_used(const struct flagpage *p)
{
	uint64_t used = 0;

	for (unsigned i = 0; i < PAGE_SLOTS; i++)
		used |= (uint64_t)(p->modseq[i] != 0) << i;
	return used;
}

/* ---- records ---- */

/* Returns the smallest width that is enough for delta. */
static unsigned
width_of(uint64_t delta)
{
	if (delta == 0)
		return 0;
	if (delta <= UINT8_MAX)
		return 1;
	if (delta <= UINT16_MAX)
		return 2;
	return delta <= UINT32_MAX ? 4 : 8;
}

static void
put_number(struct buf *b, uint64_t v, unsigned width)
{
	uint8_t be[8];

	be64_put(be, v);
	buf_add(b, be + 8 - width, width);
}

static uint64_t
get_number(const char *p, unsigned width)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < width; i++)
		v = v << 8 | (uint8_t)p[i];
	return v;
}

static uint64_t
smallest_modseq(const struct flagpage *p, uint64_t used)
{
	uint64_t base = UINT64_MAX;

	for (uint64_t m = used; m != 0; m &= m - 1)
		if (p->modseq[__builtin_ctzll(m)] < base)
			base = p->modseq[__builtin_ctzll(m)];
	return used == 0 ? 0 : base;
}

void
flagpage_encode(const struct flagpage *p, struct buf *record)
{
	uint64_t used = flagpage_used(p), base = smallest_modseq(p, used);
	unsigned width = width_of(p->top - base), which = 0, nkeywords = 0;

	for (unsigned i = 0; i < FLAG_SYSTEM_COUNT; i++)
		which |= (unsigned)(p->system[i] != 0) << i;
	for (unsigned i = 0; i < p->nkeywords; i++)
		nkeywords += p->keyword[i].bitmap != 0;
	buf_clear(record);
	put_number(record, PAGE_VERSION, 1);
	put_number(record, width, 1);
	put_number(record, which, 2);
	put_number(record, nkeywords, 2);
	put_number(record, used, 8);
	put_number(record, p->present, 8);
	put_number(record, p->top, 8);
	put_number(record, base, 8);
	for (unsigned i = 0; i < FLAG_SYSTEM_COUNT; i++)
		if (p->system[i] != 0)
			put_number(record, p->system[i], 8);
	for (unsigned i = 0; i < p->nkeywords; i++) {
		if (p->keyword[i].bitmap == 0)
			continue;
		put_number(record, p->keyword[i].index, 2);
		put_number(record, p->keyword[i].bitmap, 8);
	}
	for (uint64_t m = used; m != 0 && width > 0; m &= m - 1)
		put_number(record, p->modseq[__builtin_ctzll(m)] - base,
		    width);
}

static int
damaged(struct err *err, const char *what)
{
	return err_set(err, ERR_INTERNAL, "damaged flag page: %s", what);
}

/* Do the counts in the head match the record's length? */
static bool
head_fits(struct bytes r)
{
	unsigned width = (uint8_t)r.data[AT_WIDTH];
	unsigned which = be16_get(r.data + AT_WHICH);
	size_t nkeywords = be16_get(r.data + AT_NKEYWORDS);

	if (which >> FLAG_SYSTEM_COUNT != 0 || nkeywords > KEYWORDS_MAX)
		return false;
	if (width != 0 && width != 1 && width != 2 && width != 4 && width != 8)
		return false;
	return r.len == HEAD_SIZE +
	    8 * (size_t)__builtin_popcount(which) + KEYWORD_SIZE * nkeywords +
	    width * (size_t)__builtin_popcountll(be64_get(r.data + AT_USED));
}

static bool
record_is_known(struct bytes r)
{
	return r.len >= HEAD_SIZE && r.data[AT_VERSION] == PAGE_VERSION;
}

/* Decodes the keywords at `at'.  Returns their end, or NULL if damaged. */
static const char *
decode_keywords(struct flagpage *p, const char *at, unsigned n)
{
	int last = -1;

	for (unsigned i = 0; i < n; i++, at += KEYWORD_SIZE) {
		p->keyword[i].index = be16_get(at);
		p->keyword[i].bitmap = be64_get(at + 2);
		if (p->keyword[i].index <= last ||
		    p->keyword[i].index >= KEYWORDS_MAX)
			return NULL;
		last = p->keyword[i].index;
	}
	p->nkeywords = n;
	return at;
}

static int
decode_modseqs(struct flagpage *p, const char *at, uint64_t used,
    uint64_t base, unsigned width, struct err *err)
{
	uint64_t top = 0, v;

	for (uint64_t m = used; m != 0; m &= m - 1, at += width) {
		if (__builtin_add_overflow(base, get_number(at, width), &v) ||
		    v == 0)
			return damaged(err, "modseq out of range");
		p->modseq[__builtin_ctzll(m)] = v;
		if (v > top)
			top = v;
	}
	if (top != p->top)
		return damaged(err, "wrong largest modseq");
	return 0;
}

int
flagpage_decode(struct flagpage *p, struct bytes r, struct err *err)
{
	const char *at;
	uint64_t used;
	unsigned which;

	flagpage_init(p);
	if (!record_is_known(r))
		return damaged(err, "unknown version");
	if (!head_fits(r))
		return damaged(err, "wrong length");
	which = be16_get(r.data + AT_WHICH);
	used = be64_get(r.data + AT_USED);
	p->present = be64_get(r.data + AT_PRESENT);
	p->top = be64_get(r.data + AT_TOP);
	if ((p->present & ~used) != 0)
		return damaged(err, "message in an unused slot");
	at = r.data + HEAD_SIZE;
	for (unsigned i = 0; i < FLAG_SYSTEM_COUNT; i++)
		if (which >> i & 1) {
			p->system[i] = be64_get(at);
			at += 8;
		}
	at = decode_keywords(p, at, be16_get(r.data + AT_NKEYWORDS));
	if (at == NULL)
		return damaged(err, "keywords out of order");
	return decode_modseqs(p, at, used, be64_get(r.data + AT_BASE),
	    (uint8_t)r.data[AT_WIDTH], err);
}

uint64_t
flagpage_record_top(struct bytes record)
{
	return record_is_known(record) ? be64_get(record.data + AT_TOP) : 0;
}

uint64_t
flagpage_record_present(struct bytes record)
{
	return record_is_known(record) ?
	    be64_get(record.data + AT_PRESENT) : 0;
}

int
flagpage_presence(struct bytes record, uint64_t *present, struct err *err)
{
	struct flagpage p;

	*present = flagpage_record_present(record);
	/* 0 may mean that the record is damaged. */
	return *present == 0 ? flagpage_decode(&p, record, err) : 0;
}
