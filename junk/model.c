/*
 * model - five learners and a stack
 *
 * A slot has u, the sum of the steps that training made for its features, and
 * g, the sum of their squares.  Of a message with n distinct slots in group k:
 *
 *	x_k = 1 / sqrt(max(n, 32))
 *	s_k = 0.3 x_k sum(sign(u) u^2 / (5 + g)) / 512
 *	z   = sum of a_k 3 tanh(s_k / 3)
 *
 * u^2 / g is the square of the statistic of AdaGrad's dual averaging: a
 * feature that was always seen with the same label counts in proportion to
 * how often, one seen with both labels hardly.  tanh bounds what one group
 * can say.  a_k is learned by the same labels, much more slowly.
 *
 * Labels are wrong at times.  eps is how often a label contradicts a decided
 * score (|z| > 2), with a prior estimate of 1.5 in 300.  The more often, the
 * less a label that contradicts is believed (rho), and the lower the scores
 * become, and with them the threshold.
 *
 * Training (y is 1 for junk, 0 for ham; s is 1 or -1) changes a group only
 * while its own view t, mixed with the others', is on the right side by less
 * than 2:
 *
 *	t = 0.8 s_k + 0.08 sum of s_j
 *	e = y - sigmoid(t), times rho if s t < -1.5
 *	d = 4096 e x_k, rounded;  u += d,  g += d^2 / 512, rounded
 *	a_k += 0.01 (y - sigmoid(z)) clip(s_k, 4)	while s z < 4
 *
 * d fits 16 bits: |e| <= 1 and x_k <= 0.177.  Sums over slots are added in
 * the order of the features, so the same table and message always give the
 * same score.
 */
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/err.h"
#include "junk/model.h"

#define SLOTS_MIN	32	/* smaller groups count as one of that size */
#define GAIN		(0.3 / 512)
#define BOUND		3.0
#define DAMPING		5
#define STACK_ONE	65536.0

#define DECIDED		2.0	/* scores beyond it count for eps */
#define EPS_JUDGED	300.0
#define EPS_CONTRADICTED 1.5
#define EPS_MIN		0.005

#define THRESHOLD	3.5
#define THRESHOLD_MIN	1.6
#define UNSURE		-2.0

#define MARGIN		2.0	/* right by more is not trained */
#define STACK_MARGIN	4.0
#define DOUBTFUL	-1.5	/* wrong by more is doubted */
#define SHARED		0.2	/* how much a group sees of the others */
#define STACK_START	0.4
#define STACK_RATE	0.01
#define STACK_CLIP	4.0

/* The distinct slots of one group. */
struct group {
	size_t count;
	double x;		/* 1 / sqrt(count) */
	double logit;		/* s_k */
	uint32_t slot[FEATURE_GROUP_MAX];
	uint32_t prior_slot[FEATURE_GROUP_MAX];
};

struct model {
	uint64_t seen[TABLE_SLOTS / 64];	/* all zero between calls */
	struct group group[FEATURE_GROUPS];
};

struct model *
model_new(void)
{
	struct model *m = calloc(1, sizeof(*m));

	if (m == NULL)
		fatal("out of memory for %zu bytes", sizeof(*m));
	return m;
}

void
model_free(struct model **m)
{
	free(*m);
	*m = NULL;
}

double
model_weight(int sum, unsigned squares)
{
	double u = sum;

	return copysign(u * u, u) / (DAMPING + (double)squares);
}

/* ---- slots of a message ----------------------------------------------- */

static void
seen_clear(struct model *m, const struct group *g)
{
	for (size_t i = 0; i < g->count; i++)
		m->seen[g->slot[i] / 64] = 0;
}

/* Takes each slot once, where it is seen first. */
static void
group_slots(struct model *m, struct group *g, const struct feature_list *list,
    const struct table *t)
{
	size_t n = 0;

	for (size_t i = 0; i < list->count; i++) {
		uint32_t slot = table_slot(t->seed, list->hash[i]);
		uint64_t *word = &m->seen[slot / 64], bit = 1ull << slot % 64;

		__builtin_prefetch(&t->slots[slot]);
		g->slot[n] = slot;
		n += (*word & bit) == 0;
		*word |= bit;
	}
	g->count = n;
	seen_clear(m, g);
}

/* The same, with the slots that the same features have in the prior. */
static void
group_slots_prior(struct model *m, struct group *g,
    const struct model_view *v, enum feature_group k)
{
	const struct feature_list *list = &v->features->group[k];
	const struct feature_list *other = &v->prior_features->group[k];
	size_t n = 0;

	for (size_t i = 0; i < list->count && i < other->count; i++) {
		uint32_t slot = table_slot(v->table->seed, list->hash[i]);
		uint64_t *word = &m->seen[slot / 64], bit = 1ull << slot % 64;

		g->slot[n] = slot;
		g->prior_slot[n] = table_slot(v->prior->seed, other->hash[i]);
		__builtin_prefetch(&v->table->slots[slot]);
		__builtin_prefetch(&v->prior->slots[g->prior_slot[n]]);
		n += (*word & bit) == 0;
		*word |= bit;
	}
	g->count = n;
	seen_clear(m, g);
}

static inline double
slot_weight(const struct model_view *v, const struct group *g, size_t i)
{
	struct table_slot s = v->table->slots[g->slot[i]], p = { 0, 0 };

	if (v->prior != NULL)
		p = v->prior->slots[g->prior_slot[i]];
	return model_weight(s.sum + p.sum, (unsigned)s.squares + p.squares);
}

/* Four sums at a time run faster than one. */
static double
weights_sum(const struct model_view *v, const struct group *g)
{
	double a = 0, b = 0, c = 0, d = 0;
	size_t i = 0;

	for (; i + 4 <= g->count; i += 4) {
		a += slot_weight(v, g, i);
		b += slot_weight(v, g, i + 1);
		c += slot_weight(v, g, i + 2);
		d += slot_weight(v, g, i + 3);
	}
	for (; i < g->count; i++)
		a += slot_weight(v, g, i);
	return a + b + (c + d);
}

/* Fills the groups: slots, x and logit. */
static void
groups_fill(struct model *m, const struct model_view *v)
{
	for (int k = 0; k < FEATURE_GROUPS; k++) {
		struct group *g = &m->group[k];

		if (v->prior != NULL)
			group_slots_prior(m, g, v, k);
		else
			group_slots(m, g, &v->features->group[k], v->table);
		g->x = 1 / sqrt(g->count < SLOTS_MIN ? SLOTS_MIN :
		    (double)g->count);
		g->logit = GAIN * g->x * weights_sum(v, g);
	}
}

/* ---- judging ---------------------------------------------------------- */

static double
error_rate(const struct table_state *s)
{
	double eps = (EPS_CONTRADICTED + s->contradicted) /
	    (EPS_JUDGED + s->judged);

	return eps < EPS_MIN ? EPS_MIN : eps;
}

static double
threshold_of(double eps)
{
	double t = THRESHOLD - 0.45 * log(fmax(eps, 0.006) / 0.006);

	return t < THRESHOLD_MIN ? THRESHOLD_MIN : t;
}

static double
stack_weight(const struct table_state *s, int k)
{
	return s->stack[k] > 0 ? s->stack[k] / STACK_ONE : 0;
}

static double
part_of(const struct model *m, const struct table_state *s, int k)
{
	return stack_weight(s, k) * BOUND * tanh(m->group[k].logit / BOUND);
}

static double
score_of(const struct model *m, const struct table_state *s)
{
	double z = 0;

	for (int k = 0; k < FEATURE_GROUPS; k++)
		z += part_of(m, s, k);
	return z;
}

void
model_judge(struct model *m, const struct model_view *v,
    struct model_judgement *out)
{
	const struct table_state *s = &v->table->state;

	groups_fill(m, v);
	out->score = score_of(m, s);
	out->error_rate = error_rate(s);
	out->threshold = threshold_of(out->error_rate);
	for (int k = 0; k < FEATURE_GROUPS; k++) {
		out->part[k] = part_of(m, s, k);
		out->scale[k] = stack_weight(s, k) * GAIN * m->group[k].x;
	}
	out->verdict = out->score > out->threshold ? MODEL_JUNK :
	    out->score > UNSURE ? MODEL_UNSURE : MODEL_HAM;
}

const char *
model_verdict_name(enum model_verdict v)
{
	return v == MODEL_JUNK ? "junk" : v == MODEL_UNSURE ? "unsure" : "ham";
}

/* ---- training --------------------------------------------------------- */

static double
sigmoid(double t)
{
	return 1 / (1 + exp(-t));
}

static double
clamp(double v, double min, double max)
{
	return v < min ? min : v > max ? max : v;
}

/* Adds d to u; times is 1 to train, -1 to untrain. */
static bool
slot_step(struct table_slot *s, int d, int times)
{
	int u = s->sum + times * d;
	int g = s->squares + times * ((d * d + 256) >> 9);

	s->sum = (int16_t)(u > INT16_MAX ? INT16_MAX :
	    u < INT16_MIN ? INT16_MIN : u);
	s->squares = (uint16_t)(g > UINT16_MAX ? UINT16_MAX : g < 0 ? 0 : g);
	return s->sum == u && s->squares == g;
}

static void
group_step(struct table *t, const struct group *g, int d, int times)
{
	uint64_t saturated = 0;

	if (d == 0)
		return;
	for (size_t i = 0; i < g->count; i++)
		saturated += !slot_step(&t->slots[g->slot[i]], d, times);
	t->state.saturated += saturated;
	t->state.dirty |= saturated > 0;
}

/* Counts whether the label contradicts the score. */
static void
label_count(struct table_state *s, double z, double sign,
    struct model_record *r)
{
	r->judged = fabs(z) > DECIDED;
	r->contradicted = r->judged && sign * z < 0;
	s->judged += r->judged;
	s->contradicted += r->contradicted;
}

/* The step of each slot of a group, by the logit that it sees. */
static int16_t
step_of(const struct group *g, double t, double sign, double rho)
{
	double e;

	if (g->count == 0 || sign * t >= MARGIN)
		return 0;
	e = (sign > 0) - sigmoid(t);
	if (sign * t < DOUBTFUL)
		e *= rho;
	return (int16_t)lrint(4096 * e * g->x);
}

static int16_t
stack_step(const struct group *g, double z, double sign)
{
	double e = (sign > 0) - sigmoid(z);

	if (sign * z >= STACK_MARGIN)
		return 0;
	return (int16_t)lrint(STACK_ONE * STACK_RATE * e *
	    clamp(g->logit, -STACK_CLIP, STACK_CLIP));
}

void
model_train(struct model *m, const struct model_view *v, bool junk,
    struct model_record *out)
{
	struct table_state *s = &v->table->state;
	double sign = junk ? 1 : -1, all = 0, z, rho;

	memset(out, 0, sizeof(*out));
	groups_fill(m, v);
	z = score_of(m, s);
	label_count(s, z, sign, out);
	rho = clamp(0.5 - 20 * (error_rate(s) - EPS_MIN), 0.1, 0.5);
	for (int k = 0; k < FEATURE_GROUPS; k++)
		all += m->group[k].logit;
	for (int k = 0; k < FEATURE_GROUPS; k++) {
		struct group *g = &m->group[k];

		out->step[k] = step_of(g, (1 - SHARED) * g->logit +
		    SHARED * STACK_START * all, sign, rho);
		out->stack[k] = stack_step(g, z, sign);
		group_step(v->table, g, out->step[k], 1);
		s->stack[k] += out->stack[k];
	}
	*(junk ? &s->junk : &s->ham) += 1;
}

static void
count_down(uint32_t *n, bool by_one)
{
	*n -= by_one && *n > 0;
}

void
model_untrain(struct model *m, const struct model_view *v, bool junk,
    const struct model_record *record)
{
	struct table_state *s = &v->table->state;

	groups_fill(m, v);
	for (int k = 0; k < FEATURE_GROUPS; k++) {
		group_step(v->table, &m->group[k], record->step[k], -1);
		s->stack[k] -= record->stack[k];
	}
	count_down(&s->judged, record->judged);
	count_down(&s->contradicted, record->contradicted);
	count_down(junk ? &s->junk : &s->ham, true);
}

/* ---- records ---------------------------------------------------------- */

void
model_record_encode(const struct model_record *r,
    unsigned char out[MODEL_RECORD_SIZE])
{
	for (int k = 0; k < FEATURE_GROUPS; k++) {
		be16_put(out + 2 * k, (uint16_t)r->step[k]);
		be16_put(out + 10 + 2 * k, (uint16_t)r->stack[k]);
	}
	out[20] = (unsigned char)(r->judged | r->contradicted << 1);
}

int
model_record_decode(const unsigned char in[MODEL_RECORD_SIZE],
    struct model_record *out)
{
	if (in[20] > 3 || in[20] == 2)
		return -1;
	for (int k = 0; k < FEATURE_GROUPS; k++) {
		out->step[k] = (int16_t)be16_get(in + 2 * k);
		out->stack[k] = (int16_t)be16_get(in + 10 + 2 * k);
	}
	out->judged = in[20] & 1;
	out->contradicted = in[20] & 2;
	return 0;
}
