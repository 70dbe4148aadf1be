/* explain - keeps the strongest words while it looks at all of them. */
#include <config.h>

#include <math.h>
#include <string.h>

#include "junk/explain.h"

static bool
is_listed(const struct explain_word *list, size_t count, uint32_t slot)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].slot == slot)
			return true;
	return false;
}

/* Puts the word where it belongs in a sorted list, or drops it. */
static void
list_add(struct explain_word *list, size_t *count,
    const struct explain_word *w)
{
	size_t i;

	if (is_listed(list, *count, w->slot))
		return;
	if (*count == EXPLAIN_WORDS &&
	    fabs(list[EXPLAIN_WORDS - 1].score) >= fabs(w->score))
		return;
	i = *count < EXPLAIN_WORDS ? (*count)++ : EXPLAIN_WORDS - 1;
	for (; i > 0 && fabs(list[i - 1].score) < fabs(w->score); i--)
		list[i] = list[i - 1];
	list[i] = *w;
}

static double
weight_of(const struct model_view *v, enum feature_group g, uint32_t index,
    uint32_t slot)
{
	const struct table_slot *s = &v->table->slots[slot], *p;

	if (v->prior == NULL)
		return model_weight(s->sum, s->squares);
	p = &v->prior->slots[table_slot(v->prior->seed,
	    v->prior_features->group[g].hash[index])];
	return model_weight(s->sum + p->sum,
	    (unsigned)s->squares + p->squares);
}

static void
group_explain(const struct model_view *v, const struct model_judgement *j,
    enum feature_group g, struct explanation *out)
{
	const struct features *f = v->features;

	for (uint32_t i = 0; i < f->shown_count[g]; i++) {
		const struct feature_text *t = &f->shown[g][i];
		struct explain_word w = {
			bytes_make(f->text.data + t->offset, t->len), g,
			table_slot(v->table->seed, f->group[g].hash[t->index]),
			0
		};

		w.score = j->scale[g] * weight_of(v, g, t->index, w.slot);
		if (w.score > 0)
			list_add(out->junk, &out->junk_count, &w);
		else if (w.score < 0)
			list_add(out->ham, &out->ham_count, &w);
	}
}

void
explain(const struct model_view *v, const struct model_judgement *j,
    struct explanation *out)
{
	memset(out, 0, sizeof(*out));
	for (int g = 0; g < FEATURE_GROUPS; g++)
		group_explain(v, j, g, out);
}
