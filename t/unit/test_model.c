/* The model: what it learns, and that untraining takes it back exactly. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <stdlib.h>

#include "junk/explain.h"
#include "junk/extract.h"
#include "junk/model.h"

static const unsigned char key[KEYED_HASH_KEY_SIZE] = "model";
static const unsigned char other_key[KEYED_HASH_KEY_SIZE] = "other";

struct world {
	struct model *model;
	struct table *table;
	struct extract *extract, *other_extract;
	struct features *f, *other_f;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->model = model_new();
	w->table = table_new(key);
	w->table->seed = 7;
	w->extract = extract_new(key);
	w->other_extract = extract_new(other_key);
	w->f = features_new(true);
	w->other_f = features_new(false);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	model_free(&w->model);
	table_free(&w->table);
	extract_free(&w->extract);
	extract_free(&w->other_extract);
	features_free(&w->f);
	features_free(&w->other_f);
	free(w);
	return 0;
}

static uint32_t
next(uint32_t *seed, uint32_t n)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % n;
}

/* The n-th message of that kind; some words are common to both kinds. */
static void
message_make(struct buf *b, unsigned n, bool junk)
{
	uint32_t seed = n * 2 + junk;

	buf_clear(b);
	buf_printf(b, "From: %s%u@%s\nSubject: %s %u\nContent-Type: text/html\n"
	    "\n<p class=%s>", junk ? "offer" : "friend", next(&seed, 50),
	    junk ? "shop.example" : "home.example",
	    junk ? "Win money" : "Lunch today", next(&seed, 100),
	    junk ? "big" : "small");
	for (int i = 0; i < 60; i++)
		buf_printf(b, "%c%u ", next(&seed, 3) == 0 ? 'x' :
		    junk ? 'j' : 'h', next(&seed, 40));
}

static struct model_view
view_of(struct world *w, struct table *t, unsigned n, bool junk)
{
	struct model_view v = { t, w->f, NULL, NULL };
	struct buf b = BUF_INIT;

	message_make(&b, n, junk);
	extract_message(w->extract, buf_view(&b), w->f);
	extract_message(w->other_extract, buf_view(&b), w->other_f);
	buf_free(&b);
	return v;
}

static double
judge(struct world *w, unsigned n, bool junk, enum model_verdict *verdict)
{
	struct model_view v = view_of(w, w->table, n, junk);
	struct model_judgement j;

	model_judge(w->model, &v, &j);
	if (verdict != NULL)
		*verdict = j.verdict;
	return j.score;
}

static struct model_record
train(struct world *w, struct table *t, unsigned n, bool junk, bool label)
{
	struct model_view v = view_of(w, t, n, junk);
	struct model_record r;

	model_train(w->model, &v, label, &r);
	return r;
}

static void
untrain(struct world *w, struct table *t, unsigned n, bool junk, bool label,
    const struct model_record *r)
{
	struct model_view v = view_of(w, t, n, junk);

	model_untrain(w->model, &v, label, r);
}

static struct table *
table_copy(const struct table *t)
{
	struct table *copy = table_new(t->key);

	copy->seed = t->seed;
	copy->state = t->state;
	memcpy(copy->slots, t->slots, TABLE_SLOTS * sizeof(*t->slots));
	return copy;
}

static void
tables_are_equal(const struct table *a, const struct table *b)
{
	assert_memory_equal(a->slots, b->slots,
	    TABLE_SLOTS * sizeof(*a->slots));
	assert_memory_equal(a->state.stack, b->state.stack,
	    sizeof(a->state.stack));
	assert_int_equal(a->state.judged, b->state.judged);
	assert_int_equal(a->state.contradicted, b->state.contradicted);
	assert_int_equal(a->state.junk, b->state.junk);
	assert_int_equal(a->state.ham, b->state.ham);
	assert_int_equal(a->state.dirty, b->state.dirty);
}

/* ---- learning --------------------------------------------------------- */

static void
a_new_table_is_unsure(void **state)
{
	enum model_verdict v;

	assert_true(judge(*state, 0, true, &v) == 0);
	assert_int_equal(v, MODEL_UNSURE);
}

static void
one_message_has_a_visible_effect(void **state)
{
	struct world *w = *state;

	(void)train(w, w->table, 0, true, true);
	assert_true(judge(w, 1, true, NULL) > 0.5);
}

static void
both_kinds_are_told_apart(void **state)
{
	struct world *w = *state;
	enum model_verdict v;

	for (unsigned i = 0; i < 40; i++)
		(void)train(w, w->table, i, i % 2, i % 2);
	for (unsigned i = 100; i < 120; i++) {
		(void)judge(w, i, true, &v);
		assert_int_equal(v, MODEL_JUNK);
		(void)judge(w, i, false, &v);
		assert_int_equal(v, MODEL_HAM);
	}
}

static void
wrong_labels_lower_the_threshold(void **state)
{
	struct world *w = *state;
	struct model_view v;
	struct model_judgement j;

	for (unsigned i = 0; i < 200; i++)
		(void)train(w, w->table, i, i % 2, i % 10 == 0 ? i % 2 == 0 :
		    i % 2);
	v = view_of(w, w->table, 1000, true);
	model_judge(w->model, &v, &j);
	assert_true(j.error_rate > 0.03 && j.error_rate < 0.2);
	assert_true(j.threshold >= 1.6 && j.threshold < 3.3);
	assert_int_equal(j.verdict, MODEL_JUNK);
}

static void
the_same_training_gives_the_same_table(void **state)
{
	struct world *w = *state;
	struct table *again = table_copy(w->table);

	for (unsigned i = 0; i < 60; i++)
		(void)train(w, w->table, i, i % 2, i % 3 == 0);
	for (unsigned i = 0; i < 60; i++)
		(void)train(w, again, i, i % 2, i % 3 == 0);
	tables_are_equal(w->table, again);
	table_free(&again);
}

/* ---- untraining ------------------------------------------------------- */

static void
untraining_the_newest_is_exact(void **state)
{
	struct world *w = *state;
	struct model_record r;
	struct table *before;

	for (unsigned i = 0; i < 60; i++) {
		before = table_copy(w->table);
		r = train(w, w->table, i, i % 2, i % 5 == 0 ? i % 2 == 0 :
		    i % 2);
		untrain(w, w->table, i, i % 2, i % 5 == 0 ? i % 2 == 0 :
		    i % 2, &r);
		tables_are_equal(w->table, before);
		table_free(&before);
		(void)train(w, w->table, i, i % 2, i % 2);
	}
}

static void
untraining_all_backwards_leaves_nothing(void **state)
{
	struct world *w = *state;
	struct table *fresh = table_copy(w->table);
	struct model_record r[50];

	for (unsigned i = 0; i < 50; i++)
		r[i] = train(w, w->table, i, i % 2, i % 2);
	for (unsigned i = 50; i-- > 0;)
		untrain(w, w->table, i, i % 2, i % 2, &r[i]);
	tables_are_equal(w->table, fresh);
	table_free(&fresh);
}

/* A wrong label that is corrected at once is as if it had not been. */
static void
a_corrected_label_equals_a_right_one(void **state)
{
	struct world *w = *state;
	struct table *right = table_copy(w->table);
	struct model_record r;

	for (unsigned i = 0; i < 40; i++) {
		(void)train(w, right, i, i % 2, i % 2);
		if (i % 4 == 0) {
			r = train(w, w->table, i, i % 2, i % 2 == 0);
			untrain(w, w->table, i, i % 2, i % 2 == 0, &r);
		}
		(void)train(w, w->table, i, i % 2, i % 2);
	}
	tables_are_equal(w->table, right);
	table_free(&right);
}

static void
records_survive_their_encoding(void **state)
{
	const struct model_record r = {
		{ -725, 0, 725, 1, -1 }, { -2621, 2621, 0, 5, -5 }, true, true
	};
	unsigned char bytes[MODEL_RECORD_SIZE];
	struct model_record out;

	(void)state;
	memset(&out, 0, sizeof(out));
	model_record_encode(&r, bytes);
	assert_int_equal(model_record_decode(bytes, &out), 0);
	assert_memory_equal(r.step, out.step, sizeof(r.step));
	assert_memory_equal(r.stack, out.stack, sizeof(r.stack));
	assert_true(out.judged && out.contradicted);
	bytes[20] = 4;
	assert_int_equal(model_record_decode(bytes, &out), -1);
	bytes[20] = 2;		/* contradicted, but not judged */
	assert_int_equal(model_record_decode(bytes, &out), -1);
}

/* ---- limits ----------------------------------------------------------- */

static void
one_message_has_little_influence(void **state)
{
	struct world *w = *state;
	struct model_record r;

	for (unsigned i = 0; i < 100; i++) {
		r = train(w, w->table, i, i % 2, i % 3 == 0);
		for (int k = 0; k < FEATURE_GROUPS; k++)
			assert_true(abs(r.step[k]) <= 725);
	}
}

static void
a_tiny_message_again_and_again_does_not_saturate(void **state)
{
	struct world *w = *state;
	struct model_view v = { w->table, w->f, NULL, NULL };
	struct model_record r;

	extract_message(w->extract, BYTES("A: b\n\nc\n"), w->f);
	for (int i = 0; i < 20000; i++)
		model_train(w->model, &v, true, &r);
	assert_int_equal(w->table->state.saturated, 0);
	assert_false(w->table->state.dirty);
	/* Only somebody who keeps changing his mind gets there. */
	for (int i = 0; i < 20000; i++)
		model_train(w->model, &v, i % 2, &r);
	assert_true(w->table->state.dirty);
}

static void
saturation_makes_a_table_dirty(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < TABLE_SLOTS; i++)
		w->table->slots[i] = (struct table_slot){ -32768, 65535 };
	w->table->state.stack[0] = 0;
	(void)train(w, w->table, 0, true, false);
	assert_false(w->table->state.dirty);
	for (size_t i = 0; i < TABLE_SLOTS; i++)
		w->table->slots[i] = (struct table_slot){ 0, 65535 };
	(void)train(w, w->table, 0, true, true);
	assert_true(w->table->state.dirty);
	assert_true(w->table->state.saturated > 0);
	for (size_t i = 0; i < TABLE_SLOTS; i++)
		assert_int_equal(w->table->slots[i].squares, 65535);
}

static void
a_message_without_features_is_judged(void **state)
{
	struct world *w = *state;
	struct model_view v = { w->table, w->f, NULL, NULL };
	struct model_judgement j;
	struct model_record r;

	extract_message(w->extract, BYTES(""), w->f);
	model_train(w->model, &v, true, &r);
	model_judge(w->model, &v, &j);
	assert_true(j.score == 0);
}

/* ---- the prior -------------------------------------------------------- */

static void
prior_train(struct world *w, struct table *prior, bool other)
{
	for (unsigned i = 0; i < 60; i++) {
		struct model_view v = view_of(w, prior, i, i % 2);
		struct model_record r;

		if (other)
			v.features = w->other_f;
		model_train(w->model, &v, i % 2, &r);
	}
	table_make_prior(prior);
}

static void
a_prior_is_added_to_an_account(void **state)
{
	struct world *w = *state;
	struct table *prior = table_new(key);
	struct model_judgement j;
	struct model_record r;
	struct model_view v;

	prior_train(w, prior, false);
	v = view_of(w, w->table, 500, true);
	v.prior = prior;
	v.prior_features = w->f;
	model_judge(w->model, &v, &j);
	assert_true(j.score > 1);
	/* The account thinks otherwise, and is believed. */
	for (int i = 0; i < 60; i++)
		model_train(w->model, &v, false, &r);
	model_judge(w->model, &v, &j);
	assert_true(j.score < 0);
	table_free(&prior);
}

static void
a_prior_may_have_another_key(void **state)
{
	struct world *w = *state;
	struct table *prior = table_new(other_key);
	struct model_judgement j;
	struct model_view v;

	prior_train(w, prior, true);
	v = view_of(w, w->table, 500, true);
	v.prior = prior;
	v.prior_features = w->other_f;
	model_judge(w->model, &v, &j);
	assert_true(j.score > 1);
	v = view_of(w, w->table, 500, false);
	v.prior = prior;
	v.prior_features = w->other_f;
	model_judge(w->model, &v, &j);
	assert_true(j.score < -1);
	table_free(&prior);
}

/* ---- explanations ----------------------------------------------------- */

static bool
has_word(const struct explain_word *words, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (bytes_eq_str(words[i].text, text))
			return true;
	return false;
}

static void
list_is_sorted(const struct explain_word *words, size_t n, double sign)
{
	for (size_t i = 0; i < n; i++) {
		assert_true(sign * words[i].score > 0);
		assert_true(i == 0 ||
		    sign * words[i - 1].score >= sign * words[i].score);
		for (size_t k = 0; k < i; k++)
			assert_true(words[i].slot != words[k].slot);
	}
}

static void
the_strongest_words_are_named(void **state)
{
	struct world *w = *state;
	struct model_view v;
	struct model_judgement j;
	struct explanation e;
	double sum = 0;

	for (unsigned i = 0; i < 40; i++)
		(void)train(w, w->table, i, i % 2, i % 2);
	v = view_of(w, w->table, 700, true);
	model_judge(w->model, &v, &j);
	explain(&v, &j, &e);
	assert_int_equal(e.junk_count, EXPLAIN_WORDS);
	list_is_sorted(e.junk, e.junk_count, 1);
	list_is_sorted(e.ham, e.ham_count, -1);
	assert_true(has_word(e.junk, e.junk_count, "win money") ||
	    has_word(e.junk, e.junk_count, "subject: win money") ||
	    has_word(e.junk, e.junk_count, "from: shop.example"));
	for (int k = 0; k < FEATURE_GROUPS; k++)
		sum += j.part[k];
	assert_true(sum - j.score < 1e-9 && j.score - sum < 1e-9);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_table_is_unsure),
		TEST(one_message_has_a_visible_effect),
		TEST(both_kinds_are_told_apart),
		TEST(wrong_labels_lower_the_threshold),
		TEST(the_same_training_gives_the_same_table),
		TEST(untraining_the_newest_is_exact),
		TEST(untraining_all_backwards_leaves_nothing),
		TEST(a_corrected_label_equals_a_right_one),
		TEST(records_survive_their_encoding),
		TEST(one_message_has_little_influence),
		TEST(a_tiny_message_again_and_again_does_not_saturate),
		TEST(saturation_makes_a_table_dirty),
		TEST(a_message_without_features_is_judged),
		TEST(a_prior_is_added_to_an_account),
		TEST(a_prior_may_have_another_key),
		TEST(the_strongest_words_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
