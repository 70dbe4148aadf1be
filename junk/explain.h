/*
 * explain - the words that speak most for and against a verdict
 *
 * For the message at hand, whose features were extracted with their texts
 * kept (features_new(true)).  Only words and pairs of words can be shown;
 * what 4-grams add is in the parts of the judgement.
 *
 *	struct explanation e;
 *
 *	model_judge(m, &view, &judgement);
 *	explain(&view, &judgement, &e);
 *	for (size_t i = 0; i < e.junk_count; i++)
 *		... e.junk[i].text, e.junk[i].score ...
 *
 * Texts are borrowed from the features.  They come from the message: escape
 * them where they are shown.
 */
#ifndef JUNK_EXPLAIN_H
#define JUNK_EXPLAIN_H

#include "junk/model.h"

#define EXPLAIN_WORDS	8

struct explain_word {
	struct bytes text;	/* "subject: free money" */
	enum feature_group group;
	uint32_t slot;
	double score;		/* what it adds to the score */
};

/* Each strongest first; a word that occurs more than once counts once. */
struct explanation {
	struct explain_word junk[EXPLAIN_WORDS], ham[EXPLAIN_WORDS];
	size_t junk_count, ham_count;
};

void explain(const struct model_view *v, const struct model_judgement *j,
    struct explanation *out);

#endif
