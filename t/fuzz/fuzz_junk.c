/*
 * What the junk filter makes of any message: MIME, HTML, charsets, words.  The
 * first byte says in what pieces HTML is fed; the same bytes in one piece must
 * give the same text.  Features must be the same with and without their texts,
 * and by an extractor that has seen another message before.
 */
#include <config.h>

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "junk/explain.h"
#include "junk/extract.h"
#include "junk/html_text.h"
#include "junk/text_fold.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const unsigned char key[KEYED_HASH_KEY_SIZE] = "fuzz";

static struct {
	struct extract *extract;
	struct features *f, *readable;
	struct model *model;
	struct table *table;
} world;

static void
must(bool right)
{
	if (!right)
		abort();
}

static void
world_make(void)
{
	if (world.extract != NULL)
		return;
	world.extract = extract_new(key);
	world.f = features_new(false);
	world.readable = features_new(true);
	world.model = model_new();
	world.table = table_new(key);
	world.table->seed = 1;
}

static void
html_feed(struct bytes in, size_t step, struct buf *text, struct buf *markup)
{
	struct html_text h;
	struct bytes piece;

	html_text_init(&h, text, 300, markup, 300);
	for (; in.len > 0; in = bytes_from(in, piece.len)) {
		piece = bytes_make(in.data, in.len < step ? in.len : step);
		html_text_feed(&h, piece);
	}
	html_text_finish(&h);
	must(text->len <= 300 && markup->len <= 300);
}

static void
html_try(struct bytes in, size_t step)
{
	struct buf text = BUF_INIT, markup = BUF_INIT;
	struct buf text2 = BUF_INIT, markup2 = BUF_INIT;

	html_feed(in, in.len + 1, &text, &markup);
	html_feed(in, step, &text2, &markup2);
	must(bytes_eq(buf_view(&text), buf_view(&text2)));
	must(bytes_eq(buf_view(&markup), buf_view(&markup2)));
	buf_clear(&text2);
	text_fold(&text2, buf_view(&text));
	must(text2.len <= text.len);
	buf_free(&text);
	buf_free(&text2);
	buf_free(&markup);
	buf_free(&markup2);
}

static void
lists_compare(const struct features *a, const struct features *b)
{
	for (int g = 0; g < FEATURE_GROUPS; g++) {
		must(a->group[g].count == b->group[g].count);
		must(memcmp(a->group[g].hash, b->group[g].hash,
		    a->group[g].count * sizeof(uint32_t)) == 0);
		for (uint32_t i = 0; i < a->shown_count[g]; i++)
			must(a->shown[g][i].index < a->group[g].count &&
			    a->shown[g][i].offset + a->shown[g][i].len <=
			    a->text.len);
	}
}

/* To train and untrain leaves the score as it was. */
static void
model_try(bool junk)
{
	struct model_view v = { world.table, world.readable, NULL, NULL };
	struct model_judgement before, after;
	struct model_record r;
	struct explanation e;

	model_judge(world.model, &v, &before);
	must(isfinite(before.score));
	model_train(world.model, &v, junk, &r);
	model_judge(world.model, &v, &after);
	explain(&v, &after, &e);
	must(e.junk_count <= EXPLAIN_WORDS && e.ham_count <= EXPLAIN_WORDS);
	model_untrain(world.model, &v, junk, &r);
	model_judge(world.model, &v, &after);
	must(before.score == after.score);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes message;

	if (size == 0)
		return 0;
	world_make();
	message = bytes_make(data + 1, size - 1);
	extract_message(world.extract, message, world.f);
	html_try(message, data[0] % 32 + 1);
	extract_message(world.extract, BYTES("Subject: x\n\ny\n"),
	    world.readable);
	extract_message(world.extract, message, world.readable);
	lists_compare(world.readable, world.f);
	model_try(data[0] & 0x80);
	return 0;
}
