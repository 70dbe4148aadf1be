/*
 * request_submission - requests about mail that accounts send
 *
 * The milter asks whether an account may send with these addresses and to this
 * many recipients.  Administrators ask to whom an account has sent.
 */
#include <config.h>

#include <inttypes.h>
#include <string.h>

#include "proto/judge.h"
#include "directory/address_map.h"
#include "directory/login_name.h"
#include "evidence/correspondent.h"
#include "evidence/submission.h"
#include "imapd/request_call.h"

/*
 * Finds the account named in the request.  Returns 1 if found, 0 if not, -1 on
 * error.
 */
static int
sender_find(struct request_call *c, const struct reader *r, struct account *acc,
    struct err *err)
{
	return account_by_login(r, request_str(&c->request, FIELD_ACCOUNT),
	    acc, err);
}

static int
no_account(struct request_call *c, struct err *err)
{
	struct request_writer w;

	request_answer_begin(c, &w, FRAME_DONE);
	request_put_str(&w, FIELD_STATUS, "no-account");
	judge_reply_put(&w, &(struct judge_reply){ 550, "5.7.1",
	    "your login is not an account of this server", NULL });
	return request_frame_end(&w, err);
}

/* ---- sender-check ---- */

/* Sets *bad to the first address that the account may not use, or NULL. */
static int
senders_check(struct request_call *c, const struct reader *r, uint64_t account,
    const struct request_value **bad, struct err *err)
{
	struct address_site site = c->imapd->site;
	int rc = 1;

	site.postmaster = imapd_settings(c->imapd)->postmaster_account;
	*bad = NULL;
	do {
		*bad = request_next_value(&c->request, FIELD_ADDRESS, *bad);
		/* The empty address belongs to no account; reports use it. */
		if (*bad != NULL && (*bad)->bytes.len > 0)
			rc = address_may_send(r, &site, (*bad)->bytes,
			    account, err);
	} while (*bad != NULL && rc == 1);
	return rc == -1 ? -1 : 0;
}

static int
sender_check_run(struct request_call *c, struct err *err)
{
	const struct request_value *bad = NULL;
	struct request_writer w;
	struct account acc;
	struct kv_snap snap;
	int rc;

	if (store_snap(c->imapd->store, &snap, err) == -1)
		return -1;
	rc = sender_find(c, &snap.reader, &acc, err);
	if (rc == 1 && senders_check(c, &snap.reader, acc.id, &bad,
	    err) == -1)
		rc = -1;
	kv_snap_end(&snap);
	if (rc != 1)
		return rc == -1 ? -1 : no_account(c, err);
	request_answer_begin(c, &w, FRAME_DONE);
	request_put_str(&w, FIELD_STATUS, bad == NULL ? "ok" : "not-yours");
	if (bad != NULL) {
		request_put_text(&w, FIELD_ADDRESS, bad->bytes);
		judge_reply_put(&w, &(struct judge_reply){ 550, "5.7.1",
		    arena_printf(c->arena, "your account may not send as <"
		    BYTES_FMT ">", BYTES_ARG(bad->bytes)), NULL });
	}
	return request_frame_end(&w, err);
}

/* ---- submission-record ---- */

static const struct bytes *
recipients_of(struct request_call *c, size_t *n)
{
	struct bytes *v = arena_array(c->arena, c->request.n, sizeof(*v));
	const struct request_value *at = NULL;

	*n = 0;
	while ((at = request_next_value(&c->request, FIELD_RECIPIENT,
	    at)) != NULL)
		v[(*n)++] = at->bytes;
	return v;
}

static uint64_t
site_limit(uint64_t setting)
{
	return setting == 0 ? SUBMISSION_NO_LIMIT : setting;
}

static void
submission_refuse(struct request_call *c, struct request_writer *w,
    const struct submission *m)
{
	bool all = m->answer == SUBMISSION_OVER_RECIPIENTS;
	const char *setting = all ? "recipients-per-day" :
	    "first-time-recipients-per-day";

	judge_reply_put(w, &(struct judge_reply){ 451, "4.7.1",
	    arena_printf(c->arena, "your account may send to at most %" PRIu64
	    " %s in 24 hours; try again later, or ask for a higher limit "
	    "(setting %s of the account or of the server)", m->limit,
	    all ? "recipients" : "recipients it has not written to before",
	    setting), setting });
}

static int
submission_record_run(struct request_call *c, struct err *err)
{
	static const char *const words[] = { "ok", "over-recipients",
	    "over-first-time" };
	const struct settings *s = imapd_settings(c->imapd);
	struct submission m = {
		.queue_id = request_bytes(&c->request, FIELD_QUEUE_ID),
		.recipients_max = site_limit(s->recipients_per_day),
		.first_time_max = site_limit(s->first_time_recipients_per_day)
	};
	struct request_writer w;
	struct account acc;
	struct kv_snap snap;
	int rc;

	if (store_snap(c->imapd->store, &snap, err) == -1)
		return -1;
	rc = sender_find(c, &snap.reader, &acc, err);
	kv_snap_end(&snap);
	if (rc != 1)
		return rc == -1 ? -1 : no_account(c, err);
	m.account = acc.id;
	m.recipients = recipients_of(c, &m.nrecipients);
	if (submission_record(&c->imapd->store->db, &m, err) == -1)
		return -1;
	request_answer_begin(c, &w, FRAME_DONE);
	request_put_str(&w, FIELD_STATUS, words[m.answer]);
	request_put_u64(&w, FIELD_COUNT, m.count);
	request_put_u64(&w, FIELD_FIRST_TIME, m.first_time);
	if (m.answer != SUBMISSION_OK) {
		request_put_u64(&w, FIELD_LIMIT, m.limit);
		submission_refuse(c, &w, &m);
	}
	return request_frame_end(&w, err);
}

/* ---- recipient-list ---- */

struct listing {
	struct request_call *c;
	uint64_t account;
	struct request_slice slice;
};

static int
recipient_row(void *arg, struct bytes address,
    const struct correspondent *k, struct err *err)
{
	struct listing *l = arg;
	struct request_writer w;

	if (request_slice_is_over(l->c, &l->slice, address))
		return 1;
	request_answer_begin(l->c, &w, FRAME_ROW);
	request_put_cut(&w, FIELD_ADDRESS, address);
	request_put_time(&w, FIELD_CREATED, k->first);
	request_put_time(&w, FIELD_LAST_USED, k->last);
	request_put_u64(&w, FIELD_SUBMITTED, k->submitted);
	request_put_u64(&w, FIELD_SENT, k->sent);
	return request_frame_end(&w, err);
}

static int
recipient_rows(struct request_call *c, const struct reader *r, struct err *err)
{
	struct listing *l = c->state;
	int rc;

	rc = correspondent_each(r, l->account, l->slice.next, recipient_row,
	    l, err);
	return rc == 0 ? request_answer_done(c, err) : rc;
}

static int
recipient_list_more(struct request_call *c, struct err *err)
{
	struct listing *l = c->state;

	return request_slice_run(c, &l->slice, recipient_rows, err);
}

static int
recipient_list_run(struct request_call *c, struct err *err)
{
	struct listing *l = arena_zalloc(c->arena, sizeof(*l));

	l->c = c;
	if (request_find_account_id(c, &l->account, err) == -1)
		return -1;
	c->state = l;
	c->more = recipient_list_more;
	return recipient_list_more(c, err);
}

const struct request_handler submission_requests[] = {
	{ REQUEST_SENDER_CHECK,	sender_check_run },
	{ REQUEST_SUBMISSION_RECORD,	submission_record_run },
	{ REQUEST_RECIPIENT_LIST,	recipient_list_run },
	{ 0, NULL }
};
