/* request_junk - requests about the junk flags of an account. */
#include <config.h>

#include "directory/junk_meaning.h"
#include "store/junk_reset.h"
#include "store/mailbox_meaning.h"
#include "imapd/request_call.h"

/* Rows written before other connections are served. */
#define SLICE_ROWS	100

/* ---- test ---- */

struct junk_test {
	struct junk_settings settings;
	struct mailbox *list;		/* in the call's arena */
	size_t n, next;
};

static const char *
reason_name(const struct junk_verdict *v)
{
	switch (v->reason) {
	case JUNK_BY_USE:
		return "special-use";
	case JUNK_BY_OFF:
		return "off";
	case JUNK_BY_EXPRESSION:
		return junk_expression_name(v->decided);
	case JUNK_BY_REST:
		return "rest";
	case JUNK_BY_COST:
		return "too-costly";
	case JUNK_BY_NONE:
		break;
	}
	return "no-match";
}

static int
meaning_row(struct request_call *c, struct junk_rules *rules,
    const struct mailbox *mb, struct err *err)
{
	const struct junk_test *t = c->state;
	struct junk_verdict v;
	struct request_writer w;

	mailbox_meaning_ask(rules, mb->name, mb->use, &v);
	request_answer_begin(c, &w, FRAME_ROW);
	request_put_str(&w, FIELD_MAILBOX, mb->name);
	request_put_str(&w, FIELD_MEANING, junk_meaning_name(v.meaning));
	request_put_str(&w, FIELD_REASON, reason_name(&v));
	if (v.reason == JUNK_BY_EXPRESSION || v.reason == JUNK_BY_COST)
		request_put_str(&w, FIELD_EXPRESSION,
		    t->settings.expression[v.decided]);
	return request_frame_end(&w, err);
}

/* Compiles for each slice, because nothing would free the rules if the client
   disconnected between two. */
static int
test_more(struct request_call *c, struct err *err)
{
	struct junk_test *t = c->state;
	struct junk_rules *rules;
	int rc = 0;

	if (t->next == t->n)
		return request_answer_done(c, err);
	if (junk_rules_new(&t->settings, &rules, err) == -1)
		return -1;
	for (size_t i = 0; rc == 0 && i < SLICE_ROWS && t->next < t->n; i++)
		rc = meaning_row(c, rules, &t->list[t->next++], err);
	junk_rules_free(&rules);
	return rc == -1 ? -1 : REQUEST_MORE;
}

static int
test_run(struct request_call *c, struct err *err)
{
	struct junk_test *t = arena_alloc(c->arena, sizeof(*t));
	struct store *s = c->imapd->store;
	struct account acc;
	struct kv_snap snap;
	int rc;

	if (store_snap(s, &snap, err) == -1)
		return -1;
	rc = request_find_account(c, &snap.reader, &acc, err);
	if (rc == 0)
		rc = mailbox_list(&snap.reader, acc.id, c->arena, &t->list,
		    &t->n, err);
	kv_snap_end(&snap);
	if (rc == -1)
		return -1;
	junk_settings_of(&acc, &s->config.junk, &t->settings);
	t->next = 0;
	c->state = t;
	c->more = test_more;
	return test_more(c, err);
}

/* ---- reset ---- */

struct reset_state {
	struct junk_reset *reset;
	uint64_t changed;
};

static int
step_row(struct request_call *c, const struct junk_reset_step *step,
    struct err *err)
{
	struct request_writer w;

	request_answer_begin(c, &w, FRAME_ROW);
	request_put_str(&w, FIELD_MAILBOX, step->mailbox);
	request_put_str(&w, FIELD_MEANING, junk_meaning_name(step->meaning));
	request_put_u64(&w, FIELD_COUNT, step->changed);
	request_put_u64(&w, FIELD_MAILBOXES_LEFT, step->mailboxes_left);
	return request_frame_end(&w, err);
}

/* If the client disconnects, the rest is left to the next request. */
static int
reset_more(struct request_call *c, struct err *err)
{
	struct reset_state *r = c->state;
	struct junk_reset_step step;
	struct request_writer w;
	int rc;

	rc = junk_reset_next(r->reset, &step, err);
	if (rc == -1)
		return -1;
	if (rc == 1) {
		r->changed += step.changed;
		return step_row(c, &step, err) == -1 ? -1 : REQUEST_MORE;
	}
	request_answer_begin(c, &w, FRAME_DONE);
	request_put_u64(&w, FIELD_COUNT, r->changed);
	return request_frame_end(&w, err);
}

static int
reset_run(struct request_call *c, struct err *err)
{
	struct reset_state *r = arena_alloc(c->arena, sizeof(*r));
	uint64_t id;

	if (request_find_account_id(c, &id, err) == -1 ||
	    junk_reset_begin(c->imapd->store, id, c->arena, &r->reset,
	    err) == -1)
		return -1;
	r->changed = 0;
	c->state = r;
	c->more = reset_more;
	return reset_more(c, err);
}

const struct request_handler junk_requests[] = {
	{ REQUEST_JUNK_FLAGS_TEST,	test_run },
	{ REQUEST_JUNK_FLAGS_RESET,	reset_run },
	{ 0, NULL }
};
