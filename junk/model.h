/*
 * model - judges features by what an account has trained, and trains them
 *
 * Five learners, one for each group of features, over one table of integers.
 * Each gives a log-odds from the statistics of its features; weights learned
 * on the way add them up.  model.c explains the formulas.
 *
 *	struct model *m = model_new();
 *	struct model_view view = { table, f, NULL, NULL };
 *
 *	model_judge(m, &view, &j);
 *	model_train(m, &view, true, &record);
 *	model_untrain(m, &view, true, &record);
 *	model_free(&m);
 *
 * The record has to be kept with the message: what a training added depends
 * on the state at that time and cannot be computed again.  To untrain the
 * message trained last restores the table bit by bit.  What others learned in
 * between to make up for a wrong label stays; then the table is dirty.
 *
 * A model is only working memory (216 KB), one for each thread.
 */
#ifndef JUNK_MODEL_H
#define JUNK_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "junk/feature.h"
#include "junk/table.h"

struct model;

/* A message, before an account's table and the site's prior. */
struct model_view {
	struct table *table;
	const struct features *features;	/* under the table's key */
	/* Both NULL, or a prior and the features under its key. */
	const struct table *prior;
	const struct features *prior_features;
};

enum model_verdict {
	MODEL_HAM,
	MODEL_UNSURE,
	MODEL_JUNK
};

struct model_judgement {
	enum model_verdict verdict;
	double score;			/* log-odds of junk */
	double threshold;		/* junk above it */
	double error_rate;		/* how often labels contradict */
	double part[FEATURE_GROUPS];	/* of the score */
	/* What one weight of the group adds to the score, by its slot. */
	double scale[FEATURE_GROUPS];
};

/* 21 bytes, kept for each trained message. */
#define MODEL_RECORD_SIZE	21

struct model_record {
	int16_t step[FEATURE_GROUPS];	/* of each slot of the group */
	int16_t stack[FEATURE_GROUPS];	/* of the group's weight */
	bool judged, contradicted;	/* what it counted as */
};

struct model *model_new(void);
void model_free(struct model **m);

void model_judge(struct model *m, const struct model_view *v,
    struct model_judgement *out);

void model_train(struct model *m, const struct model_view *v, bool junk,
    struct model_record *out);

/* Subtracts what the record says that training added. */
void model_untrain(struct model *m, const struct model_view *v, bool junk,
    const struct model_record *record);

void model_record_encode(const struct model_record *r,
    unsigned char out[MODEL_RECORD_SIZE]);
/* Returns 0, or -1 if unused bits are set. */
int model_record_decode(const unsigned char in[MODEL_RECORD_SIZE],
    struct model_record *out);

/* "ham", "unsure" or "junk". */
const char *model_verdict_name(enum model_verdict v);

/* Weight of a slot: positive for junk. */
double model_weight(int sum, unsigned squares);

#endif
