/*
 * What the milter asks about recipients.
 *
 * A message is accepted when its recipient can have it: accounts keep no
 * history to judge by yet.  The answer says so, and whom the address belongs
 * to.
 */
#include <config.h>

#include "imapd/recipient.h"
#include "imapd/request_call.h"

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
question_answer(struct request_call *c, struct question *q, struct err *err)
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
check_put(struct request_writer *w, const struct recipient_check *check)
{
	request_put_refusal(w, check->reply.code, check->reply.enhanced,
	    check->reply.text, check->setting);
}

/* Why this recipient cannot have the message: a verdict with its reply. */
static void
refusal_put(struct request_writer *w, const struct question *q)
{
	request_put_str(w, FIELD_VERDICT, "reject");
	request_put_str(w, FIELD_REASON, recipient_status_name(
	    q->check.status));
	check_put(w, &q->check);
}

static int
judge_run(struct request_call *c, struct err *err)
{
	struct question q = {
		.recipient = request_bytes(&c->request, FIELD_RECIPIENT),
		.check.size = request_u64(&c->request, FIELD_SIZE, 0)
	};
	struct request_writer w;
	struct addr client;
	struct origin o;

	if (origin_decode(request_bytes(&c->request, FIELD_ORIGIN), &o,
	    err) == -1)
		return -1;
	if (origin_is_sealed(&o) && recipient_client(c->imapd, o.client_ip,
	    o.auth_user, &client)) {
		q.check.client = &client;
		q.check.token = o.token;
	}
	if (question_answer(c, &q, err) == -1)
		return -1;
	request_answer_begin(c, &w, FRAME_DONE);
	if (q.check.status != RECIPIENT_KNOWN)
		refusal_put(&w, &q);
	else {
		request_put_str(&w, FIELD_VERDICT, "accept");
		request_put_str(&w, FIELD_REASON, "no-history");
	}
	request_put_cut(&w, FIELD_EXPLANATION, bytes_of(arena_printf(c->arena,
	    "recipient '" BYTES_FMT "' is %s", BYTES_ARG(q.recipient),
	    recipient_status_name(q.check.status))));
	request_put_cut(&w, FIELD_EXPLANATION, bytes_of(arena_printf(c->arena,
	    "client %.*s is not judged: the account keeps no history",
	    (int)o.client_ip.len, o.client_ip.len == 0 ? "" :
	    o.client_ip.data)));
	return request_frame_end(&w, err);
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
recipient_check_run(struct request_call *c, struct err *err)
{
	struct question q = {
		.recipient = request_bytes(&c->request, FIELD_ADDRESS),
		.check.size = request_u64(&c->request, FIELD_SIZE, 0)
	};
	struct request_writer w;
	struct addr client;

	if (recipient_client(c->imapd, request_bytes(&c->request,
	    FIELD_CLIENT_IP), BYTES(""), &client))
		q.check.client = &client;
	if (question_answer(c, &q, err) == -1)
		return -1;
	request_answer_begin(c, &w, FRAME_DONE);
	request_put_str(&w, FIELD_STATUS, recipient_status_name(
	    q.check.status));
	request_put_bool(&w, FIELD_OURS, q.is_ours);
	if (q.is_found)
		request_put_str(&w, FIELD_KIND, how_name(&q.addr));
	if (q.is_ours && q.check.status != RECIPIENT_KNOWN)
		check_put(&w, &q.check);
	return request_frame_end(&w, err);
}

const struct request_handler judge_requests[] = {
	{ REQUEST_JUDGE,		judge_run },
	{ REQUEST_RECIPIENT_CHECK,	recipient_check_run },
	{ 0, NULL }
};
