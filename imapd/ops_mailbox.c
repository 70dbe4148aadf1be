/* Mailboxes, for administration. */
#include <config.h>

#include "imapd/ops.h"

static int
mailbox_row(struct ops_call *c, const struct mailbox *mb, struct err *err)
{
	const char *use = special_use_name(mb->use);
	struct store_writer w;

	ops_begin(c, &w, STORE_ROW);
	store_put_str(&w, STORE_MAILBOX, mb->name);
	store_put_u64(&w, STORE_MAILBOX_ID, mb->id);
	store_put_u64(&w, STORE_UIDVALIDITY, mb->uidvalidity);
	store_put_u64(&w, STORE_UIDNEXT, mb->uidnext);
	store_put_u64(&w, STORE_MODSEQ, mb->highestmodseq);
	store_put_u64(&w, STORE_MESSAGES, mb->messages);
	store_put_u64(&w, STORE_UNSEEN, mb->unseen);
	store_put_u64(&w, STORE_BYTES, mb->bytes);
	if (use != NULL)
		store_put_str(&w, STORE_USE, use);
	store_put_bool(&w, STORE_SUBSCRIBED, mb->subscribed);
	return store_frame_end(&w, err);
}

static int
mailbox_list_run(struct ops_call *c, struct err *err)
{
	struct mailbox *list = NULL;
	struct account acc;
	struct kv_snap snap;
	size_t n = 0;
	int rc;

	if (store_snap(c->imapd->store, &snap, err) == -1)
		return -1;
	rc = ops_find_account(c, &snap.reader, &acc, err);
	if (rc == 0)
		rc = mailbox_list(&snap.reader, acc.id, c->arena, &list, &n,
		    err);
	kv_snap_end(&snap);
	for (size_t i = 0; rc != -1 && i < n; i++)
		rc = mailbox_row(c, &list[i], err);
	return rc == -1 ? -1 : ops_done(c, err);
}

static int
mailbox_create_run(struct ops_call *c, struct err *err)
{
	struct bytes use = store_bytes(&c->request, STORE_USE);
	enum special_use u = USE_NONE;
	uint64_t account, object_id;

	if (use.len > 0 && (u = special_use_parse(use)) == USE_NONE)
		return err_set(err, ERR_SYNTAX, "'" BYTES_FMT "' is no "
		    "special use, expected one such as \\Sent",
		    BYTES_ARG(use));
	if (ops_find_account_id(c, &account, err) == -1 ||
	    mailbox_create(c->imapd->store, account, store_str(&c->request,
	    STORE_MAILBOX), u, &object_id, err) == -1)
		return -1;
	return ops_done(c, err);
}

static int
mailbox_delete_run(struct ops_call *c, struct err *err)
{
	uint64_t account;

	if (ops_find_account_id(c, &account, err) == -1 ||
	    mailbox_delete(c->imapd->store, account, store_str(&c->request,
	    STORE_MAILBOX), err) == -1)
		return -1;
	return ops_done(c, err);
}

static int
mailbox_rename_run(struct ops_call *c, struct err *err)
{
	uint64_t account;

	if (ops_find_account_id(c, &account, err) == -1 ||
	    mailbox_rename(c->imapd->store, account, store_str(&c->request,
	    STORE_MAILBOX), store_str(&c->request, STORE_NEW_MAILBOX),
	    err) == -1)
		return -1;
	return ops_done(c, err);
}

const struct ops_handler ops_mailbox[] = {
	{ STORE_OP_MAILBOX_LIST,	mailbox_list_run },
	{ STORE_OP_MAILBOX_CREATE,	mailbox_create_run },
	{ STORE_OP_MAILBOX_DELETE,	mailbox_delete_run },
	{ STORE_OP_MAILBOX_RENAME,	mailbox_rename_run },
	{ 0, NULL }
};
