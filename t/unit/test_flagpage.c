/* Flag pages: records, damage, and a model that keeps each flag by itself. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/encode.h"
#include "store/flagpage.h"
#include "store/stored_message.h"

static const struct {
	const char *title;
	uint64_t mask;			/* slots touched */
	uint64_t modseq;
	uint32_t system;
	int keyword;			/* -1: no keyword */
	size_t size;			/* of the resulting record */
} growth_rows[] = {
	{ "one message, no flags", 1, 1, 0, -1, 38 },
	{ "a second, one later: width 1", 2, 2, 0, -1, 40 },
	{ "a flag", 2, 3, FLAG_SEEN, -1, 48 },
	{ "another flag", 1, 4, FLAG_DRAFT, -1, 56 },
	{ "a keyword", 1, 5, 0, 255, 66 },
	{ "the last slot: width 2", (uint64_t)1 << 63, 1000, 0, -1, 70 },
	{ "width 4", (uint64_t)1 << 62, 100000, 0, -1, 80 },
	{ "width 8", (uint64_t)1 << 61, (uint64_t)1 << 40, 0, -1, 104 },
	{ "all at once: width 0", UINT64_MAX, (uint64_t)1 << 50, 0, -1, 64 },
};

static void
records_are_small(void **state)
{
	struct flagpage p, q;
	struct buf r = BUF_INIT;
	struct err err = ERR_INIT;

	flagpage_init(&p);
	for (size_t i = 0; i < sizeof(growth_rows) / sizeof(*growth_rows);
	    i++) {
		struct msgflags f = { .system = growth_rows[i].system };

		if (growth_rows[i].keyword >= 0)
			msgflags_set_keyword(&f,
			    (unsigned)growth_rows[i].keyword);
		p.present |= growth_rows[i].mask;
		flagpage_add(&p, growth_rows[i].mask, &f);
		flagpage_touch(&p, growth_rows[i].mask,
		    growth_rows[i].modseq);
		flagpage_encode(&p, &r);
		if (r.len != growth_rows[i].size)
			fail_msg("%s: %zu bytes", growth_rows[i].title, r.len);
		assert_int_equal(flagpage_decode(&q, buf_view(&r), &err), 0);
		assert_true(q.top == growth_rows[i].modseq);
		assert_true(q.present == p.present);
		assert_true(flagpage_record_top(buf_view(&r)) == q.top);
		assert_true(flagpage_record_present(buf_view(&r)) ==
		    q.present);
		assert_memory_equal(p.modseq, q.modseq, sizeof(p.modseq));
	}
	buf_free(&r);
}

/* ---- differing ---- */

static const struct {
	const char *title;
	uint32_t has;			/* system flags of slot 0 */
	int has_keyword;
	int how;
	uint32_t system;
	int keyword;
	bool differs;
} differ_rows[] = {
	{ "set none on none", 0, -1, FLAGS_SET, 0, -1, false },
	{ "set the same", FLAG_SEEN, -1, FLAGS_SET, FLAG_SEEN, -1, false },
	{ "set takes one away", FLAG_SEEN | FLAG_DRAFT, -1, FLAGS_SET,
	    FLAG_SEEN, -1, true },
	{ "set takes a keyword away", 0, 7, FLAGS_SET, 0, -1, true },
	{ "set adds", 0, -1, FLAGS_SET, FLAG_SEEN, -1, true },
	{ "set the same keyword", 0, 7, FLAGS_SET, 0, 7, false },
	{ "set another keyword", 0, 7, FLAGS_SET, 0, 8, true },
	{ "add what is there", FLAG_SEEN, 3, FLAGS_ADD, FLAG_SEEN, 3, false },
	{ "add keeps others", FLAG_SEEN | FLAG_DRAFT, 3, FLAGS_ADD, FLAG_SEEN,
	    -1, false },
	{ "add one of two", FLAG_SEEN, -1, FLAGS_ADD,
	    FLAG_SEEN | FLAG_DELETED, -1, true },
	{ "add a keyword", FLAG_SEEN, -1, FLAGS_ADD, 0, 255, true },
	{ "remove what is not there", FLAG_SEEN, -1, FLAGS_REMOVE,
	    FLAG_DELETED, 9, false },
	{ "remove", FLAG_SEEN, -1, FLAGS_REMOVE, FLAG_SEEN, -1, true },
	{ "remove a keyword", 0, 64, FLAGS_REMOVE, 0, 64, true },
};

static void
only_what_changes_differs(void **state)
{
	for (size_t i = 0; i < sizeof(differ_rows) / sizeof(*differ_rows);
	    i++) {
		struct msgflags has = { .system = differ_rows[i].has };
		struct msgflags f = { .system = differ_rows[i].system };
		struct flagpage p;

		flagpage_init(&p);
		if (differ_rows[i].has_keyword >= 0)
			msgflags_set_keyword(&has,
			    (unsigned)differ_rows[i].has_keyword);
		if (differ_rows[i].keyword >= 0)
			msgflags_set_keyword(&f,
			    (unsigned)differ_rows[i].keyword);
		flagpage_set(&p, 0, &has);
		flagpage_set(&p, 5, &has);
		if (flagpage_differing(&p, 1, &f, differ_rows[i].how) !=
		    (uint64_t)differ_rows[i].differs)
			fail_msg("%s", differ_rows[i].title);
		assert_true(flagpage_differing(&p, 0, &f,
		    differ_rows[i].how) == 0);
	}
}

/* ---- damage ---- */

static void
make_record(struct buf *r)
{
	struct msgflags f = { .system = FLAG_SEEN | FLAG_FLAGGED };
	struct flagpage p;

	flagpage_init(&p);
	msgflags_set_keyword(&f, 3);
	msgflags_set_keyword(&f, 200);
	p.present = 0x7;
	flagpage_touch(&p, 0x7, 10);
	flagpage_touch(&p, 0x2, 400);
	flagpage_add(&p, 0x3, &f);
	flagpage_encode(&p, r);
}

static const struct {
	const char *title;
	size_t at;
	uint8_t byte;
} damage_rows[] = {
	{ "version 0", 0, 0 }, { "version 2", 0, 2 }, { "width 3", 1, 3 },
	{ "width 4", 1, 4 }, { "width 255", 1, 255 },
	{ "an unknown system flag", 2, 0x80 }, { "one flag less", 3, 8 },
	{ "too many keywords", 4, 0xff }, { "one keyword more", 5, 3 },
	{ "a slot more", 13, 0x0f }, { "present but not used", 21, 0xff },
	{ "another top", 29, 7 }, { "base not 10", 37, 11 },
	{ "base out of range", 30, 0xff },
	{ "keywords twice", 65, 3 }, { "keyword 65283", 64, 0xff },
};

static void
damage_is_seen(void **state)
{
	struct buf r = BUF_INIT;
	struct flagpage p;
	struct err err = ERR_INIT;

	make_record(&r);
	assert_int_equal(flagpage_decode(&p, buf_view(&r), &err), 0);
	for (size_t n = 0; n < r.len; n++)
		assert_int_equal(flagpage_decode(&p, bytes_make(r.data, n),
		    &err), -1);
	for (size_t i = 0; i < sizeof(damage_rows) / sizeof(*damage_rows);
	    i++) {
		make_record(&r);
		r.data[damage_rows[i].at] = (char)damage_rows[i].byte;
		if (flagpage_decode(&p, buf_view(&r), &err) != -1)
			fail_msg("%s", damage_rows[i].title);
		assert_int_equal(err.kind, ERR_INTERNAL);
	}
	assert_true(flagpage_record_top(BYTES("x")) == 0);
	buf_byte(&r, 0);
	assert_int_equal(flagpage_decode(&p, buf_view(&r), &err), -1);
	buf_free(&r);
}

/* ---- the model ---- */

struct model {
	struct msgflags flags[PAGE_SLOTS];
	uint64_t modseq[PAGE_SLOTS];
	uint64_t present;
};

static uint64_t seed = 1;

static uint64_t
rnd(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

static struct msgflags
random_flags(void)
{
	struct msgflags f = { .system = (uint32_t)rnd(32) };

	for (uint64_t n = rnd(4); n > 0; n--)
		msgflags_set_keyword(&f, rnd(2) ? (unsigned)rnd(4) * 85 :
		    (unsigned)rnd(KEYWORDS_MAX));
	return f;
}

static void
model_change(struct model *m, uint64_t mask, const struct msgflags *f,
    int how)
{
	for (unsigned i = 0; i < PAGE_SLOTS; i++) {
		if (!(mask >> i & 1))
			continue;
		if (how == FLAGS_SET)
			m->flags[i] = *f;
		else if (how == FLAGS_ADD)
			m->flags[i].system |= f->system;
		else
			m->flags[i].system &= ~f->system;
		for (size_t w = 0; how != FLAGS_SET && w < KEYWORDS_MAX / 64;
		    w++) {
			m->flags[i].keyword[w] |= f->keyword[w];
			if (how == FLAGS_REMOVE)
				m->flags[i].keyword[w] &= ~f->keyword[w];
		}
	}
}

static void
page_change(struct flagpage *p, uint64_t mask, const struct msgflags *f,
    int how)
{
	if (how == FLAGS_ADD)
		flagpage_add(p, mask, f);
	else if (how == FLAGS_REMOVE)
		flagpage_remove(p, mask, f);
	else
		for (unsigned i = 0; i < PAGE_SLOTS; i++)
			if (mask >> i & 1)
				flagpage_set(p, i, f);
}

static void
compare(const struct flagpage *p, const struct model *m)
{
	uint64_t used = 0;

	assert_true(p->present == m->present);
	for (unsigned i = 0; i < PAGE_SLOTS; i++) {
		struct msgflags f;

		flagpage_get(p, i, &f);
		assert_true(msgflags_eq(&f, &m->flags[i]));
		assert_true(p->modseq[i] == m->modseq[i]);
		assert_true(p->modseq[i] <= p->top);
		used |= (uint64_t)(m->modseq[i] != 0) << i;
	}
	assert_true(flagpage_used(p) == used);
}

static void
model_step(struct flagpage *p, struct model *m, uint64_t modseq)
{
	int how = (int)rnd(3);
	uint64_t mask = rnd(UINT64_MAX) & rnd(UINT64_MAX) & rnd(UINT64_MAX);
	struct msgflags f = random_flags();
	struct model before = *m;
	uint64_t differ = 0;

	if (rnd(20) == 0)
		mask = UINT64_MAX;
	if (rnd(15) == 0) {
		flagpage_forget(p, mask);
		model_change(m, mask, &(struct msgflags){ 0 }, FLAGS_SET);
		m->present &= ~mask;
		for (unsigned i = 0; i < PAGE_SLOTS; i++)
			if (mask >> i & 1)
				m->modseq[i] = 0;
		return;
	}
	model_change(m, mask, &f, how);
	for (unsigned i = 0; i < PAGE_SLOTS; i++)
		differ |= (uint64_t)!msgflags_eq(&before.flags[i],
		    &m->flags[i]) << i;
	assert_true(flagpage_differing(p, mask, &f, how) == differ);
	page_change(p, mask, &f, how);
	flagpage_touch(p, mask, modseq);
	for (unsigned i = 0; i < PAGE_SLOTS; i++)
		if (mask >> i & 1)
			m->modseq[i] = modseq;
	if (rnd(2))
		p->present = m->present |= mask;
	else
		p->present = m->present &= ~mask;
}

static void
pages_agree_with_a_model(void **state)
{
	struct buf r = BUF_INIT, again = BUF_INIT;
	struct err err = ERR_INIT;

	for (int round = 0; round < 60; round++) {
		struct model m = { .present = 0 };
		struct flagpage p, q;
		uint64_t modseq = 1;

		flagpage_init(&p);
		for (int step = 0; step < 100; step++) {
			modseq += 1 + rnd((uint64_t)1 << rnd(40));
			model_step(&p, &m, modseq);
			compare(&p, &m);
			flagpage_encode(&p, &r);
			if (flagpage_decode(&q, buf_view(&r), &err) == -1)
				fail_msg("%s", err.text);
			compare(&q, &m);
			flagpage_encode(&q, &again);
			assert_true(bytes_eq(buf_view(&r), buf_view(&again)));
			if (rnd(2))
				p = q;
		}
	}
	buf_free(&r);
	buf_free(&again);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_small),
		cmocka_unit_test(only_what_changes_differs),
		cmocka_unit_test(damage_is_seen),
		cmocka_unit_test(pages_agree_with_a_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
