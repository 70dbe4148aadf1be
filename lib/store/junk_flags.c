/* junk_flags - the row of page_write() that keeps $Junk and $NotJunk. */
#include <config.h>

#include "store/junk_flags.h"

/* Indexes of the row's keywords: ours, then those that stand for them. */
enum { JUNK, JUNK_OTHER, NOTJUNK, NOTJUNK_OTHER, NOTJUNK_OLD, WORDS };

static const char *const junk_words[] = {
	[JUNK] = "$Junk",
	[JUNK_OTHER] = "Junk",
	[NOTJUNK] = "$NotJunk",
	[NOTJUNK_OTHER] = "NonJunk",
	[NOTJUNK_OLD] = "NotJunk",
	[WORDS] = NULL
};

/* Half of the words. */
struct side {
	unsigned first, end;
};

static const struct side junk_side = { JUNK, NOTJUNK };
static const struct side notjunk_side = { NOTJUNK, WORDS };

/* Slots that have any keyword of that side. */
static uint64_t
slots_with(const struct page_change *c, const struct flagpage *p,
    const struct side *side)
{
	uint64_t slots = 0;

	for (unsigned n = side->first; n < side->end; n++)
		slots |= flagpage_keyword(p, page_keyword(c, n));
	return slots;
}

/* Slots where a keyword of that side was not set before, or no longer is. */
static uint64_t
slots_new(const struct page_change *c, const struct side *side)
{
	uint64_t slots = 0;

	for (unsigned n = side->first; n < side->end; n++)
		slots |= flagpage_keyword(c->after, page_keyword(c, n)) &
		    ~(flagpage_keyword(c->before, page_keyword(c, n)) &
		    c->before->present);
	return slots;
}

static uint64_t
slots_lost(const struct page_change *c, const struct side *side)
{
	uint64_t slots = 0;

	for (unsigned n = side->first; n < side->end; n++)
		slots |= flagpage_keyword(c->before, page_keyword(c, n)) &
		    ~flagpage_keyword(c->after, page_keyword(c, n));
	return slots & c->before->present;
}

static bool
is_coming(const struct page_change *c)
{
	return c->source == CHANGE_ADDED || c->source == CHANGE_COPIED;
}

static uint64_t
junk_interest(const struct page_change *c)
{
	if (is_coming(c)) {
		if (c->mb->meaning != MEANS_NOTHING)
			return c->after->present & ~c->before->present;
		return slots_with(c, c->after, &junk_side) |
		    slots_with(c, c->after, &notjunk_side);
	}
	if (c->source != CHANGE_STORED)
		return 0;
	return slots_new(c, &junk_side) | slots_lost(c, &junk_side) |
	    slots_new(c, &notjunk_side) | slots_lost(c, &notjunk_side);
}

static void
side_clear(const struct page_change *c, uint64_t slots,
    const struct side *side, uint64_t *changed)
{
	struct msgflags flags = { .system = 0 };

	for (unsigned n = side->first; n < side->end; n++)
		if (page_keyword(c, n) != KEYWORD_ABSENT)
			msgflags_set_keyword(&flags,
			    (unsigned)page_keyword(c, n));
	*changed |= flagpage_differing(c->after, slots, &flags, FLAGS_REMOVE);
	flagpage_remove(c->after, slots, &flags);
}

/* Sets our keyword of that side, if the mailbox has room for it. */
static int
side_set(const struct page_change *c, uint64_t slots, const struct side *side,
    uint64_t *changed, struct err *err)
{
	struct msgflags flags = { .system = 0 };
	unsigned index;

	if (slots == 0)
		return 0;
	if (page_keyword_make(c, side->first, &index, err) == -1) {
		if (err->code != ERR_CODE_LIMIT)
			return -1;
		err_clear(err);
		return 0;
	}
	msgflags_set_keyword(&flags, index);
	*changed |= flagpage_differing(c->after, slots, &flags, FLAGS_ADD);
	flagpage_add(c->after, slots, &flags);
	return 0;
}

/* One side goes, the other one gets our keyword. */
static int
side_wins(const struct page_change *c, uint64_t slots,
    const struct side *winner, const struct side *loser, uint64_t *changed,
    struct err *err)
{
	side_clear(c, slots, loser, changed);
	return side_set(c, slots, winner, changed, err);
}

/* By what the mailbox means. */
static int
mark_coming(const struct page_change *c, uint64_t slots, uint64_t *changed,
    struct err *err)
{
	if (c->mb->meaning == MEANS_JUNK)
		return side_wins(c, slots, &junk_side, &notjunk_side, changed,
		    err);
	if (c->mb->meaning == MEANS_NOTJUNK)
		return side_wins(c, slots, &notjunk_side, &junk_side, changed,
		    err);
	side_clear(c, slots, &junk_side, changed);
	side_clear(c, slots, &notjunk_side, changed);
	return 0;
}

/* Adds our keyword to any other of its side. */
static int
complete(const struct page_change *c, uint64_t slots, uint64_t *changed,
    struct err *err)
{
	if (side_set(c, slots & slots_with(c, c->after, &junk_side),
	    &junk_side, changed, err) == -1)
		return -1;
	return side_set(c, slots & slots_with(c, c->after, &notjunk_side),
	    &notjunk_side, changed, err);
}

/* By the keywords that are new, and those that went. */
static int
settle(const struct page_change *c, uint64_t slots, uint64_t *changed,
    struct err *err)
{
	uint64_t junk = slots_new(c, &junk_side) & slots;
	uint64_t notjunk = slots_new(c, &notjunk_side) & slots;
	uint64_t both = junk & notjunk;
	/* A STORE that replaces all flags has said which ones stay. */
	uint64_t may_lose = c->replaces ? 0 : slots;

	side_clear(c, may_lose & slots_lost(c, &junk_side) & ~junk,
	    &junk_side, changed);
	side_clear(c, may_lose & slots_lost(c, &notjunk_side) & ~notjunk,
	    &notjunk_side, changed);
	side_clear(c, both, &junk_side, changed);
	side_clear(c, both, &notjunk_side, changed);
	if (side_wins(c, junk & ~both, &junk_side, &notjunk_side, changed,
	    err) == -1)
		return -1;
	if (side_wins(c, notjunk & ~both, &notjunk_side, &junk_side, changed,
	    err) == -1)
		return -1;
	/* It may have named Junk alone where $Junk was set, too. */
	return c->replaces ? complete(c, slots, changed, err) : 0;
}

static int
junk_adjust(const struct page_change *c, uint64_t slots, uint64_t *changed,
    struct err *err)
{
	if (is_coming(c) && c->mb->meaning != MEANS_NOTHING)
		return mark_coming(c, slots, changed, err);
	return settle(c, slots, changed, err);
}

const struct page_row junk_page_row = {
	.name = "junk-flags",
	.keywords = junk_words,
	.interest = junk_interest,
	.adjust = junk_adjust
};
