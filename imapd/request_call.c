/*
 * request_call - code shared by the handlers of requests: finding the handler
 * of an operation, writing answers and finding accounts
 */
#include <config.h>

#include "directory/login_name.h"
#include "imapd/request_call.h"

/* Rows of a long answer before other connections are served. */
#define SLICE_ROWS	1000

static const struct request_handler *const tables[] = {
	account_requests, domain_requests, address_requests,
	mailbox_requests, message_requests, admin_requests, export_requests,
	judge_requests, submission_requests, dmarc_requests,
	junk_requests
};

const struct request_handler *
request_handler_find(uint16_t op)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		for (const struct request_handler *h = tables[i]; h->op != 0;
		    h++)
			if (h->op == op)
				return h;
	return NULL;
}

void
request_answer_begin(struct request_call *c, struct request_writer *w,
    enum request_kind kind)
{
	request_frame_begin(w, c->out, kind, c->request.op_number,
	    c->request.id);
}

int
request_answer_done(struct request_call *c, struct err *err)
{
	struct request_writer w;

	request_answer_begin(c, &w, FRAME_DONE);
	return request_frame_end(&w, err);
}

int
request_account_named(const struct reader *r, const char *login,
    struct account *acc, struct err *err)
{
	switch (account_by_login(r, login, acc, err)) {
	case 1:
		return 0;
	case 0:
		return err_code(err, ERR_REFUSED, ERR_CODE_NOT_FOUND,
		    "there is no account '%s'", login);
	default:
		return -1;
	}
}

int
request_find_account(struct request_call *c, const struct reader *r,
    struct account *acc, struct err *err)
{
	return request_account_named(r, request_str(&c->request, FIELD_ACCOUNT),
	    acc, err);
}

int
request_account_id(struct request_call *c, const char *login, uint64_t *id,
    struct err *err)
{
	struct account acc;
	struct kv_snap snap;
	int rc;

	if (store_snap(c->imapd->store, &snap, err) == -1)
		return -1;
	rc = request_account_named(&snap.reader, login, &acc, err);
	kv_snap_end(&snap);
	if (rc == 0)
		*id = acc.id;
	return rc;
}

int
request_find_account_id(struct request_call *c, uint64_t *id, struct err *err)
{
	return request_account_id(c, request_str(&c->request, FIELD_ACCOUNT),
	    id, err);
}

bool
request_slice_is_over(struct request_call *c, struct request_slice *slice,
    struct bytes key)
{
	if (slice->left-- > 0)
		return false;
	slice->next = bytes_dup(c->arena, key);
	return true;
}

int
request_slice_run(struct request_call *c, struct request_slice *slice,
    int (*rows)(struct request_call *c, const struct reader *r,
    struct err *err),
    struct err *err)
{
	struct kv_snap snap;
	int rc;

	if (store_snap(c->imapd->store, &snap, err) == -1)
		return -1;
	slice->left = SLICE_ROWS;
	rc = rows(c, &snap.reader, err);
	kv_snap_end(&snap);
	return rc == 1 ? REQUEST_MORE : rc;
}
