/*
 * What the milter asks about recipients.
 *
 * A message is accepted when its recipient can have it: accounts keep no
 * history to judge by yet.  The answer says so, and whom the address belongs
 * to.
 */
#include <config.h>

#include "imapd/ops.h"
#include "imapd/recipient.h"

/* One recipient, and what there is to say about it. */
struct question {
	struct bytes recipient;
	struct recipient_check check;
	/* out, beside check's */
	bool is_found, is_ours;
	struct address addr;		/* when it was found */
};

/* Status of an address as mail from outside would meet it. */
static int
question_answer(struct ops_call *c, struct question *q, struct err *err)
{
	const struct reader *r;
	struct kv_snap snap;
	int rc;

	recipient_nobody(&q->check);
	if (store_snap(c->imapd->store, &snap, err) == -1)
		return -1;
	r = &snap.reader;
	rc = recipient_resolve(c->imapd, r, q->recipient, c->arena, &q->addr,
	    err);
	if (rc == -1 && err->kind == ERR_SYNTAX)
		rc = 0;
	q->is_found = q->is_ours = rc == 1;
	if (rc == 1)
		rc = recipient_status(c->imapd, r, &q->addr, &q->check, err);
	else if (rc == 0 && (rc = recipient_is_ours(r, q->recipient,
	    c->arena, err)) != -1)
		q->is_ours = rc == 1;
	kv_snap_end(&snap);
	return rc == -1 ? -1 : 0;
}

static void
check_put(struct store_writer *w, const struct recipient_check *check)
{
	ops_put_refusal(w, check->reply.code, check->reply.enhanced,
	    check->reply.text, check->setting);
}

/* Why this recipient cannot have the message: a verdict with its reply. */
static void
refusal_put(struct store_writer *w, const struct question *q)
{
	store_put_str(w, STORE_VERDICT, "reject");
	store_put_str(w, STORE_REASON, recipient_status_name(
	    q->check.status));
	check_put(w, &q->check);
}

static int
judge_run(struct ops_call *c, struct err *err)
{
	struct question q = {
		.recipient = store_bytes(&c->request, STORE_RECIPIENT),
		.check.size = store_u64(&c->request, STORE_SIZE, 0)
	};
	struct store_writer w;
	struct addr client;
	struct origin o;

	if (origin_decode(store_bytes(&c->request, STORE_ORIGIN), &o,
	    err) == -1)
		return -1;
	if (origin_is_sealed(&o) && recipient_client(c->imapd, o.client_ip,
	    o.auth_user, &client)) {
		q.check.client = &client;
		q.check.token = o.token;
	}
	if (question_answer(c, &q, err) == -1)
		return -1;
	ops_begin(c, &w, STORE_DONE);
	if (q.check.status != RECIPIENT_KNOWN)
		refusal_put(&w, &q);
	else {
		store_put_str(&w, STORE_VERDICT, "accept");
		store_put_str(&w, STORE_REASON, "no-history");
	}
	ops_put_cut(&w, STORE_EXPLANATION, bytes_of(arena_printf(c->arena,
	    "recipient '" BYTES_FMT "' is %s", BYTES_ARG(q.recipient),
	    recipient_status_name(q.check.status))));
	ops_put_cut(&w, STORE_EXPLANATION, bytes_of(arena_printf(c->arena,
	    "client %.*s is not judged: the account keeps no history",
	    (int)o.client_ip.len, o.client_ip.len == 0 ? "" :
	    o.client_ip.data)));
	return store_frame_end(&w, err);
}

static const char *
how_name(const struct address *addr)
{
	switch (addr->how) {
	case ADDRESS_POSTMASTER:
		return "postmaster";
	case ADDRESS_CATCH_ALL:
	case ADDRESS_SITE_CATCH_ALL:
		return "catch-all";
	case ADDRESS_ITSELF:
		break;
	}
	return addr->kind == ADDRESS_ALIAS ? "alias" : "address";
}

static int
recipient_check_run(struct ops_call *c, struct err *err)
{
	struct question q = {
		.recipient = store_bytes(&c->request, STORE_ADDRESS),
		.check.size = store_u64(&c->request, STORE_SIZE, 0)
	};
	struct store_writer w;
	struct addr client;

	if (recipient_client(c->imapd, store_bytes(&c->request,
	    STORE_CLIENT_IP), BYTES(""), &client))
		q.check.client = &client;
	if (question_answer(c, &q, err) == -1)
		return -1;
	ops_begin(c, &w, STORE_DONE);
	store_put_str(&w, STORE_STATUS, recipient_status_name(
	    q.check.status));
	store_put_bool(&w, STORE_OURS, q.is_ours);
	if (q.is_found)
		store_put_str(&w, STORE_KIND, how_name(&q.addr));
	if (q.is_ours && q.check.status != RECIPIENT_KNOWN)
		check_put(&w, &q.check);
	return store_frame_end(&w, err);
}

const struct ops_handler ops_judge[] = {
	{ STORE_OP_JUDGE,		judge_run },
	{ STORE_OP_RECIPIENT_CHECK,	recipient_check_run },
	{ 0, NULL }
};
