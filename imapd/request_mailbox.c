/* request_mailbox - requests about mailboxes, for administration. */
#include <config.h>

#include "imapd/request_call.h"

static int
mailbox_row(struct request_call *c, const struct mailbox *mb, struct err *err)
{
	const char *use = special_use_name(mb->use);
	struct request_writer w;

	request_answer_begin(c, &w, FRAME_ROW);
	request_put_str(&w, FIELD_MAILBOX, mb->name);
	request_put_u64(&w, FIELD_MAILBOX_ID, mb->id);
	request_put_u64(&w, FIELD_UIDVALIDITY, mb->uidvalidity);
	request_put_u64(&w, FIELD_UIDNEXT, mb->uidnext);
	request_put_u64(&w, FIELD_MODSEQ, mb->highestmodseq);
	request_put_u64(&w, FIELD_MESSAGES, mb->messages);
	request_put_u64(&w, FIELD_UNSEEN, mb->unseen);
	request_put_u64(&w, FIELD_BYTES, mb->bytes);
	if (use != NULL)
		request_put_str(&w, FIELD_USE, use);
	request_put_bool(&w, FIELD_SUBSCRIBED, mb->subscribed);
	return request_frame_end(&w, err);
}

static int
mailbox_list_run(struct request_call *c, struct err *err)
{
	struct mailbox *list = NULL;
	struct account acc;
	struct kv_snap snap;
	size_t n = 0;
	int rc;

	if (store_snap(c->imapd->store, &snap, err) == -1)
		return -1;
	rc = request_find_account(c, &snap.reader, &acc, err);
	if (rc == 0)
		rc = mailbox_list(&snap.reader, acc.id, c->arena, &list, &n,
		    err);
	kv_snap_end(&snap);
	for (size_t i = 0; rc != -1 && i < n; i++)
		rc = mailbox_row(c, &list[i], err);
	return rc == -1 ? -1 : request_answer_done(c, err);
}

static int
mailbox_create_run(struct request_call *c, struct err *err)
{
	struct bytes use = request_bytes(&c->request, FIELD_USE);
	enum special_use u = USE_NONE;
	uint64_t account, object_id;

	if (use.len > 0 && (u = special_use_parse(use)) == USE_NONE)
		return err_set(err, ERR_SYNTAX, "'" BYTES_FMT "' is not a "
		    "special use, expected one such as \\Sent",
		    BYTES_ARG(use));
	if (request_find_account_id(c, &account, err) == -1 ||
	    mailbox_create(c->imapd->store, account, request_str(&c->request,
	    FIELD_MAILBOX), u, &object_id, err) == -1)
		return -1;
	return request_answer_done(c, err);
}

static int
mailbox_delete_run(struct request_call *c, struct err *err)
{
	uint64_t account;

	if (request_find_account_id(c, &account, err) == -1 ||
	    mailbox_delete(c->imapd->store, account, request_str(&c->request,
	    FIELD_MAILBOX), err) == -1)
		return -1;
	return request_answer_done(c, err);
}

static int
mailbox_rename_run(struct request_call *c, struct err *err)
{
	uint64_t account;

	if (request_find_account_id(c, &account, err) == -1 ||
	    mailbox_rename(c->imapd->store, account, request_str(&c->request,
	    FIELD_MAILBOX), request_str(&c->request, FIELD_NEW_MAILBOX),
	    err) == -1)
		return -1;
	return request_answer_done(c, err);
}

const struct request_handler mailbox_requests[] = {
	{ REQUEST_MAILBOX_LIST,	mailbox_list_run },
	{ REQUEST_MAILBOX_CREATE,	mailbox_create_run },
	{ REQUEST_MAILBOX_DELETE,	mailbox_delete_run },
	{ REQUEST_MAILBOX_RENAME,	mailbox_rename_run },
	{ 0, NULL }
};
