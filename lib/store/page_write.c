/* page_write - writes flag pages, updates counts, and calls the page rows */
#include <config.h>

#include <assert.h>
#include <string.h>

#include "segment/tables.h"
#include "store/junk_flags.h"
#include "store/mailbox.h"
#include "store/mailbox_key.h"
#include "store/page_write.h"
#include "store/sent.h"
#include "store/store.h"

/* ---- the table ---- */

/* Called in this order: a row sees the adjustments of those before it. */
static const struct page_row *const page_rows[] = {
	&junk_page_row,
	&sent_page_row
};

#define NROWS	(sizeof(page_rows) / sizeof(*page_rows))

/* Returns the n-th row, or NULL. */
static const struct page_row *
row_at(const struct store *s, unsigned n)
{
	if (n < NROWS)
		return page_rows[n];
	return n == NROWS ? s->config.test_page_row : NULL;
}

/* ---- keywords ---- */

/* Looks up the keywords that the mailbox got since the last look-up. */
static void
keywords_look_up(struct page_writer *w)
{
	const struct page_row *row;
	const struct mailbox *mb = w->mb;

	for (unsigned r = 0; (row = row_at(w->s, r)) != NULL; r++)
		for (unsigned k = 0; row->keywords != NULL &&
		    row->keywords[k] != NULL; k++) {
			assert(k < PAGE_ROW_KEYWORDS);
			for (unsigned i = w->nkeywords; i < mb->nkeywords;
			    i++)
				if (bytes_ieq_str(bytes_of(mb->keywords[i]),
				    row->keywords[k]))
					w->keyword[r][k] = (int)i;
		}
	w->nkeywords = mb->nkeywords;
}

int
page_keyword(const struct page_change *c, unsigned n)
{
	return c->w->keyword[c->row][n];
}

int
page_keyword_make(const struct page_change *c, unsigned n, unsigned *index,
    struct err *err)
{
	struct page_writer *w = c->w;
	const char *name = row_at(w->s, c->row)->keywords[n];

	if (mailbox_keyword(w->s, w->a, w->mb, bytes_of(name), index,
	    err) == -1)
		return -1;
	keywords_look_up(w);
	return 0;
}

/* ---- one page ---- */

/* Adds the page's present messages to the counts (sign 1), or subtracts them
   (-1). */
static void
count_page(struct mailbox *mb, const struct flagpage *p, int sign)
{
	uint64_t seen = flagpage_system(p, FLAG_SEEN);
	uint64_t deleted = flagpage_system(p, FLAG_DELETED);

	mb->messages += (uint32_t)(sign * __builtin_popcountll(p->present));
	mb->unseen += (uint32_t)(sign *
	    __builtin_popcountll(p->present & ~seen));
	mb->deleted += (uint32_t)(sign *
	    __builtin_popcountll(p->present & deleted));
}

static void
flagpage_put(const struct page_writer *w, uint32_t page,
    const struct flagpage *p)
{
	struct buf value = BUF_INIT;
	struct key k;

	key_mailbox_u32(&k, w->acc->id, w->mb->id, page);
	flagpage_encode(p, &value);
	batch_put(w->b, T_FLAGS, key_bytes(&k), buf_view(&value));
	buf_free(&value);
}

static int
rows_adjust(struct page_writer *w, struct page_change *c, struct err *err)
{
	const struct page_row *row;
	uint64_t slots, changed;

	for (c->row = 0; (row = row_at(w->s, c->row)) != NULL; c->row++) {
		if (row->adjust == NULL)
			continue;
		slots = row->interest(c) & c->mask & c->after->present;
		changed = 0;
		if (slots != 0 && row->adjust(c, slots, &changed, err) == -1)
			return -1;
		assert((changed & ~slots) == 0);
		c->extra |= changed;
	}
	return 0;
}

/* Leaves slots over at_once_max to the todo record. */
static void
leave_to_todo(struct page_writer *w, const struct page_change *c,
    uint64_t slots)
{
	struct number_range *left = &w->left[c->row];
	uint32_t first = PAGE_UID(c->page, __builtin_ctzll(slots));
	uint32_t last = PAGE_UID(c->page, 63 - __builtin_clzll(slots));

	if (left->last == 0 || first < left->first)
		left->first = first;
	if (last > left->last)
		left->last = last;
}

static int
rows_note(struct page_writer *w, struct page_change *c, struct err *err)
{
	const struct page_row *row;
	uint64_t slots, *sum;

	for (c->row = 0; (row = row_at(w->s, c->row)) != NULL; c->row++) {
		if (row->note == NULL && row->todo == 0)
			continue;
		slots = row->interest(c) & c->mask;
		if (slots == 0)
			continue;
		sum = &w->now.slots[c->row];
		*sum += (uint64_t)__builtin_popcountll(slots);
		if (row->todo != 0 && (row->note == NULL ||
		    *sum > row->at_once_max))
			leave_to_todo(w, c, slots);
		else if (row->note(c, slots, err) == -1)
			return -1;
	}
	return 0;
}

int
page_write(struct page_writer *w, struct page_change *c, struct err *err)
{
	uint64_t shown;

	assert(c->mask != 0);
	if (w->nkeywords != w->mb->nkeywords)
		keywords_look_up(w);
	c->b = w->b;
	c->acc = w->acc;
	c->mb = w->mb;
	c->other = w->other;
	c->source = w->source;
	c->replaces = w->replaces;
	c->w = w;
	c->extra = 0;
	if (rows_adjust(w, c, err) == -1)
		return -1;
	count_page(w->mb, c->before, -1);
	count_page(w->mb, c->after, 1);
	/* Removed messages keep flags and modseq until they are purged. */
	shown = c->mask & c->after->present;
	flagpage_touch(c->after, shown & ~c->extra, w->modseq);
	flagpage_touch(c->after, c->extra, w->modseq + 1);
	if (rows_note(w, c, err) == -1)
		return -1;
	flagpage_put(w, c->page, c->after);
	batch_touch(w->b, w->acc->id, w->mb->id,
	    w->modseq + (c->extra != 0), c->page);
	w->any = true;
	w->any_extra = w->any_extra || c->extra != 0;
	return 0;
}

/* ---- a slice ---- */

void
page_writer_begin(struct page_writer *w)
{
	w->any = w->any_extra = false;
	w->modseq = w->mb->highestmodseq + 1;
	w->now = *w->tally;
	memset(w->left, 0, sizeof(w->left));
	for (unsigned r = 0; r < PAGE_ROWS_MAX; r++)
		for (unsigned k = 0; k < PAGE_ROW_KEYWORDS; k++)
			w->keyword[r][k] = KEYWORD_ABSENT;
	w->nkeywords = 0;
	keywords_look_up(w);
}

static int
leave_todo(struct page_writer *w, unsigned r, struct err *err)
{
	struct todo todo = { .mbox = w->mb->id, .first = w->left[r].first,
	    .last = w->left[r].last };

	return todo_range_add(w->b, w->acc->id, row_at(w->s, r)->todo, &todo,
	    err);
}

int
page_writer_end(struct page_writer *w, struct err *err)
{
	if (!w->any)
		return 0;
	w->mb->highestmodseq = w->modseq + w->any_extra;
	for (unsigned r = 0; row_at(w->s, r) != NULL; r++)
		if (w->left[r].last != 0 && leave_todo(w, r, err) == -1)
			return -1;
	*w->tally = w->now;
	return 0;
}

/* ---- messages and mailboxes ---- */

int
message_made(const struct store *s, const struct made_message *made,
    struct err *err)
{
	const struct page_row *row;

	for (unsigned r = 0; (row = row_at(s, r)) != NULL; r++)
		if (row->made != NULL && row->made(made, err) == -1)
			return -1;
	return 0;
}

int
mailbox_died(const struct store *s, struct batch *b,
    const struct account *acc, const struct mailbox *mb, struct err *err)
{
	const struct page_row *row;

	for (unsigned r = 0; (row = row_at(s, r)) != NULL; r++)
		if (row->died != NULL && row->died(b, acc, mb, err) == -1)
			return -1;
	return 0;
}

int
page_rows_wait(const struct store *s, const struct reader *r,
    uint64_t account, uint32_t mbox, struct err *err)
{
	const struct page_row *row;
	struct todo ignored;
	int rc = 0;

	for (unsigned n = 0; rc == 0 && (row = row_at(s, n)) != NULL; n++)
		if (row->todo != 0)
			rc = todo_range_get(r, account, row->todo, mbox,
			    &ignored, err);
	return rc;
}
