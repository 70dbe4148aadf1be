/*
 * request_judge - requests of the milter about recipients and messages
 *
 * A message is accepted if its recipient can receive it.  Accounts do not yet
 * keep a history to judge by, and the answer says so.
 */
#include <config.h>

#include "proto/judge.h"
#include "imapd/recipient.h"
#include "imapd/request_call.h"

/* A recipient, and what is known about it. */
struct lookup {
	struct bytes recipient;
	struct recipient_check check;
	/* out, in addition to check */
	bool is_found, is_ours;
	struct address addr;		/* if found */
};

/* Finds the status of an address for mail from outside. */
static int
lookup_run(struct request_call *c, const struct reader *r, struct lookup *l,
    struct err *err)
{
	int rc;

	recipient_nobody(&l->check);
	rc = recipient_resolve(c->imapd, r, l->recipient, c->arena, &l->addr,
	    err);
	if (rc == -1 && err->kind == ERR_SYNTAX)
		rc = 0;
	l->is_found = l->is_ours = rc == 1;
	if (rc == 1)
		rc = recipient_status(c->imapd, r, &l->addr, &l->check, err);
	else if (rc == 0 && (rc = recipient_is_ours(r, l->recipient,
	    c->arena, err)) != -1)
		l->is_ours = rc == 1;
	return rc == -1 ? -1 : 0;
}

/* The reply for a recipient that cannot receive the message. */
static struct judge_reply
reply_of(const struct recipient_check *check)
{
	return (struct judge_reply){
		.code = (unsigned)check->reply.code,
		.enhanced = check->reply.enhanced,
		.text = check->reply.text,
		.setting = check->setting
	};
}

/* ---- judge ---- */

/* What is the same for all recipients of a message. */
struct judgement {
	struct request_call *c;
	const struct judge_question *q;
	struct origin origin;
	bool is_counted;		/* for the limits of accounts */
	struct addr client;
};

static int
answer_put(struct judgement *j, const struct lookup *l, struct err *err)
{
	struct request_call *c = j->c;
	const char *status = recipient_status_name(l->check.status);
	struct judge_answer answer = {
		.verdict = JUDGE_ACCEPT,
		.reason = "no-history",
		.explanation = arena_printf(c->arena, "the recipient is %s, "
		    "and client " BYTES_FMT " is not judged: the account "
		    "keeps no history", status,
		    BYTES_ARG(j->origin.client_ip))
	};
	struct request_writer w;

	if (l->check.status != RECIPIENT_KNOWN) {
		answer.verdict = JUDGE_REJECT;
		answer.reason = status;
		answer.reply = reply_of(&l->check);
	}
	request_answer_begin(c, &w, FRAME_ROW);
	judge_answer_put(&w, &answer);
	return request_frame_end(&w, err);
}

static int
recipient_judge(struct judgement *j, const struct reader *r,
    struct bytes recipient, struct err *err)
{
	struct lookup l = {
		.recipient = recipient,
		.check.size = j->q->size
	};

	if (j->is_counted) {
		l.check.client = &j->client;
		l.check.token = j->origin.token;
	}
	if (lookup_run(j->c, r, &l, err) == -1)
		return -1;
	return answer_put(j, &l, err);
}

static int
judge_run(struct request_call *c, struct err *err)
{
	struct judge_question q;
	struct judgement j = { .c = c, .q = &q };
	struct kv_snap snap;
	int rc = 0;

	if (judge_question_get(&c->request, buf_view(&c->data), c->arena, &q,
	    err) == -1 || origin_decode(q.origin, &j.origin, err) == -1)
		return -1;
	j.is_counted = origin_is_sealed(&j.origin) &&
	    recipient_client(c->imapd, j.origin.client_ip,
	    j.origin.auth_user, &j.client);
	if (store_snap(c->imapd->store, &snap, err) == -1)
		return -1;
	for (size_t i = 0; i < q.nrecipients && rc == 0; i++)
		rc = recipient_judge(&j, &snap.reader, q.recipients[i], err);
	kv_snap_end(&snap);
	return rc == -1 ? -1 : request_answer_done(c, err);
}

/* ---- recipient-check ---- */

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
recipient_look_up(struct request_call *c, struct lookup *l, struct err *err)
{
	struct kv_snap snap;
	int rc;

	if (store_snap(c->imapd->store, &snap, err) == -1)
		return -1;
	rc = lookup_run(c, &snap.reader, l, err);
	kv_snap_end(&snap);
	return rc;
}

static int
recipient_check_run(struct request_call *c, struct err *err)
{
	struct lookup l = {
		.recipient = request_bytes(&c->request, FIELD_ADDRESS),
		.check.size = request_u64(&c->request, FIELD_SIZE, 0)
	};
	struct request_writer w;
	struct judge_reply reply;
	struct addr client;

	if (recipient_client(c->imapd, request_bytes(&c->request,
	    FIELD_CLIENT_IP), BYTES(""), &client))
		l.check.client = &client;
	if (recipient_look_up(c, &l, err) == -1)
		return -1;
	request_answer_begin(c, &w, FRAME_DONE);
	request_put_str(&w, FIELD_STATUS, recipient_status_name(
	    l.check.status));
	request_put_bool(&w, FIELD_OURS, l.is_ours);
	if (l.is_found)
		request_put_str(&w, FIELD_KIND, how_name(&l.addr));
	if (l.is_ours && l.check.status != RECIPIENT_KNOWN) {
		reply = reply_of(&l.check);
		judge_reply_put(&w, &reply);
	}
	return request_frame_end(&w, err);
}

const struct request_handler judge_requests[] = {
	{ REQUEST_JUDGE,		judge_run },
	{ REQUEST_RECIPIENT_CHECK,	recipient_check_run },
	{ 0, NULL }
};
