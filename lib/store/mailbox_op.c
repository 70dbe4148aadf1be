/* mailbox_op - operations: CREATE, DELETE, RENAME, SUBSCRIBE and \Recent */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "kv/key.h"
#include "commit/database.h"
#include "segment/tables.h"
#include "directory/account.h"
#include "store/mailbox_row.h"
#include "store/page_write.h"
#include "store/quota.h"
#include "store/store.h"
#include "store/stored_message-private.h"
#include "store/todo.h"

struct mailbox_op {
	struct op op;
	struct store *s;
	struct arena a;
	const char *name;	/* canonical */
	const char *to;		/* canonical; for rename */
	enum special_use use;
	uint32_t mbox;
	uint32_t first_recent_uid;
	uint64_t object_id;
	bool on;
};

static int
mailbox_submit(struct store *s, uint64_t account, struct mailbox_op *o,
    enum op_result (*run)(struct batch *b, struct op *op), struct err *err)
{
	int rc;

	o->s = s;
	o->op.run = run;
	o->op.account = account;
	arena_init(&o->a);
	rc = op_submit(&s->db, &o->op, err);
	arena_clear(&o->a);
	return rc;
}

static enum op_result
mailbox_create_run(struct batch *b, struct op *op)
{
	struct mailbox_op *o = (struct mailbox_op *)op;
	struct account acc;
	struct mailbox_maker mk = { o->s, b, &acc, &o->a };
	struct mailbox mb;

	if (account_need(b, op->account, &acc, &op->err) == -1 ||
	    mailbox_need_free(b, op->account, o->name, &o->a,
	    &op->err) == -1 || mailbox_make_tree(&mk, o->name, o->use,
	    &mb, &op->err) == -1)
		return op_fail(op);
	o->object_id = mb.object_id;
	account_put(b, &acc);
	return OP_DONE;
}

int
mailbox_create(struct store *s, uint64_t account, const char *name,
    enum special_use use, uint64_t *object_id, struct err *err)
{
	char canonical[MAILBOX_NAME_MAX + 1];
	struct mailbox_op o = { .name = canonical, .use = use };
	struct bytes given = bytes_of(name);

	/* RFC 3501 6.3.3: a separator at the end only announces children. */
	if (given.len > 1 && given.data[given.len - 1] == MAILBOX_SEPARATOR)
		given.len--;
	if (mailbox_name_canonical(given, canonical, err) == -1 ||
	    mailbox_submit(s, account, &o, mailbox_create_run, err) == -1)
		return -1;
	if (object_id != NULL)
		*object_id = o.object_id;
	return 0;
}

/* ---- delete ---- */

static int
stop_step(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	(void)arg;
	(void)key;
	(void)value;
	(void)err;
	return 1;
}

/* Returns 1 if there are mailboxes below it, 0 if not, -1 on error. */
static int
has_children(const struct reader *r, uint64_t account, const char *name,
    struct err *err)
{
	struct key k;

	key_account_name(&k, account, bytes_of(name));
	key_u8(&k, MAILBOX_SEPARATOR);
	return reader_scan(r, T_MAILBOX_NAME, BYTES(""), key_bytes(&k),
	    stop_step, NULL, err);
}

/* Deletes a mailbox: its messages no longer count, and are purged in the
   background. */
static int
mailbox_kill(struct store *s, struct batch *b, struct account *acc,
    struct mailbox *mb, struct err *err)
{
	struct todo todo = { .mbox = mb->id, .time = batch_time(b) };

	if (mailbox_died(s, b, acc, mb, err) == -1)
		return -1;
	account_discharge(acc, mb->bytes, mb->messages);
	mailbox_name_del(b, acc->id, mb->name);
	mailbox_bury(b, acc->id, mb);
	todo_put(b, acc->id, TODO_MAILBOX, acc->next_todo++, &todo);
	return 0;
}

static enum op_result
mailbox_delete_run(struct batch *b, struct op *op)
{
	struct mailbox_op *o = (struct mailbox_op *)op;
	struct account acc;
	struct mailbox mb;
	int rc;

	if (account_need(b, op->account, &acc, &op->err) == -1 ||
	    mailbox_need_named(b, op->account, o->name, &o->a, &mb,
	    &op->err) == -1 || (rc = has_children(batch_reader(b),
	    op->account, o->name, &op->err)) == -1)
		return op_fail(op);
	if (rc == 1)
		return op_refuse(op, ERR_CODE_IN_USE,
		    "mailbox '%s' has children", o->name);
	if (mailbox_is_reserved(o->s, op->account, mb.id))
		return OP_BUSY;
	if (mailbox_kill(o->s, b, &acc, &mb, &op->err) == -1)
		return op_fail(op);
	account_put(b, &acc);
	return OP_DONE;
}

int
mailbox_delete(struct store *s, uint64_t account, const char *name,
    struct err *err)
{
	char canonical[MAILBOX_NAME_MAX + 1];
	struct mailbox_op o = { .name = canonical };

	if (mailbox_name_canonical(bytes_of(name), canonical, err) == -1)
		return -1;
	if (strcmp(canonical, "INBOX") == 0)
		return err_code(err, ERR_REFUSED, ERR_CODE_CANNOT,
		    "INBOX cannot be deleted");
	return mailbox_submit(s, account, &o, mailbox_delete_run, err);
}

/* ---- rename ---- */

struct renamed {
	char *name;
	uint32_t mbox;
};

struct rename_walk {
	struct arena *a;
	struct buf list;	/* of struct renamed */
};

static int
rename_step(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct rename_walk *walk = arg;
	struct renamed one;

	if (mailbox_name_row_decode(value, &one.mbox, err) == -1)
		return -1;
	one.name = bytes_cstr(walk->a,
	    bytes_make(key.data + 8, key.len - 8));
	if (one.name == NULL)
		return err_set(err, ERR_INTERNAL,
		    "damaged key in table mailbox-name");
	buf_add(&walk->list, &one, sizeof(one));
	return 0;
}

/* Renames one mailbox of the tree. */
static int
rename_one(struct batch *b, struct mailbox_op *o, const struct renamed *one,
    struct err *err)
{
	char canonical[MAILBOX_NAME_MAX + 1];
	struct mailbox mb;
	const char *to;

	to = arena_printf(&o->a, "%s%s", o->to, one->name + strlen(o->name));
	if (mailbox_name_canonical(bytes_of(to), canonical, err) == -1 ||
	    mailbox_need(b, o->op.account, one->mbox, &o->a, &mb, err) == -1)
		return -1;
	mailbox_name_del(b, o->op.account, one->name);
	memcpy(mb.name, canonical, strlen(canonical) + 1);
	mb.meaning_stamp = 0;
	mailbox_put(b, o->op.account, &mb);
	mailbox_name_put(b, o->op.account, canonical, mb.id);
	return 0;
}

/* Renames a mailbox and all mailboxes below it. */
static int
rename_tree(struct batch *b, struct mailbox_op *o, uint32_t mbox,
    struct err *err)
{
	struct rename_walk walk = { &o->a, BUF_INIT };
	struct renamed one = { arena_strdup(&o->a, o->name), mbox };
	struct key k;
	int rc;

	buf_add(&walk.list, &one, sizeof(one));
	key_account_name(&k, o->op.account, bytes_of(o->name));
	key_u8(&k, MAILBOX_SEPARATOR);
	rc = reader_scan(batch_reader(b), T_MAILBOX_NAME, BYTES(""),
	    key_bytes(&k), rename_step, &walk, err);
	for (size_t i = 0; rc == 0 && i < walk.list.len; i += sizeof(one)) {
		memcpy(&one, walk.list.data + i, sizeof(one));
		rc = rename_one(b, o, &one, err);
	}
	buf_free(&walk.list);
	return rc;
}

static enum op_result
mailbox_rename_run(struct batch *b, struct op *op)
{
	struct mailbox_op *o = (struct mailbox_op *)op;
	struct account acc;
	struct mailbox_maker mk = { o->s, b, &acc, &o->a };
	struct mailbox mb;

	if (account_need(b, op->account, &acc, &op->err) == -1 ||
	    mailbox_need_free(b, op->account, o->to, &o->a,
	    &op->err) == -1 || mailbox_need_named(b, op->account, o->name,
	    &o->a, &mb, &op->err) == -1 || mailbox_make_parents(&mk, o->to,
	    &op->err) == -1 ||
	    rename_tree(b, o, mb.id, &op->err) == -1)
		return op_fail(op);
	account_put(b, &acc);
	return OP_DONE;
}

/* RFC 3501 6.3.5: the messages are moved, INBOX and its children stay. */
static int
inbox_rename(struct store *s, uint64_t account, const char *to,
    struct err *err)
{
	struct kv_snap snap;
	struct mailbox inbox;
	struct arena a;
	int rc;

	arena_init(&a);
	rc = store_snap(s, &snap, err);
	if (rc == 0) {
		rc = mailbox_find(&snap.reader, account, "INBOX", &a, &inbox,
		    err);
		kv_snap_end(&snap);
		if (rc == 0)
			rc = err_code(err, ERR_REFUSED, ERR_CODE_NOT_FOUND,
			    "no INBOX");
	}
	arena_clear(&a);
	return rc == -1 ? -1 :
	    message_move_to_new(s, account, inbox.id, to, err);
}

static bool
is_below(const char *name, const char *parent)
{
	size_t len = strlen(parent);

	return strncmp(name, parent, len) == 0 &&
	    name[len] == MAILBOX_SEPARATOR;
}

int
mailbox_rename(struct store *s, uint64_t account, const char *from,
    const char *to, struct err *err)
{
	char from_name[MAILBOX_NAME_MAX + 1], to_name[MAILBOX_NAME_MAX + 1];
	struct mailbox_op o = { .name = from_name, .to = to_name };

	if (mailbox_name_canonical(bytes_of(from), from_name, err) == -1 ||
	    mailbox_name_canonical(bytes_of(to), to_name, err) == -1)
		return -1;
	if (strcmp(from_name, "INBOX") == 0)
		return inbox_rename(s, account, to_name, err);
	if (is_below(to_name, from_name))
		return err_code(err, ERR_REFUSED, ERR_CODE_CANNOT,
		    "mailbox '%s' cannot be moved below itself", from_name);
	return mailbox_submit(s, account, &o, mailbox_rename_run, err);
}

/* ---- subscriptions ---- */

static enum op_result
mailbox_subscribe_run(struct batch *b, struct op *op)
{
	struct mailbox_op *o = (struct mailbox_op *)op;
	struct account acc;
	struct key k;

	if (account_need(b, op->account, &acc, &op->err) == -1)
		return op_fail(op);
	if (o->on) {
		if (subscription_add(o->s, b, op->account, o->name,
		    &op->err) == -1)
			return op_fail(op);
	} else {
		key_account_name(&k, op->account, bytes_of(o->name));
		batch_del(b, T_SUBSCRIPTION, key_bytes(&k));
	}
	return OP_DONE;
}

int
mailbox_subscribe(struct store *s, uint64_t account, const char *name,
    bool on, struct err *err)
{
	char canonical[MAILBOX_NAME_MAX + 1];
	struct mailbox_op o = { .name = canonical, .on = on };

	if (mailbox_name_canonical(bytes_of(name), canonical, err) == -1)
		return -1;
	return mailbox_submit(s, account, &o, mailbox_subscribe_run, err);
}

/* ---- \Recent ---- */

static enum op_result
save_recent_run(struct batch *b, struct op *op)
{
	struct mailbox_op *o = (struct mailbox_op *)op;
	struct mailbox mb;
	int rc;

	arena_clear(&o->a);
	rc = mailbox_get(batch_reader(b), op->account, o->mbox, &o->a, &mb,
	    &op->err);
	if (rc == -1)
		return op_fail(op);
	if (rc == 1 && o->first_recent_uid > mb.uidnext)
		o->first_recent_uid = mb.uidnext;
	if (rc == 1 && mb.first_recent_uid < o->first_recent_uid) {
		mb.first_recent_uid = o->first_recent_uid;
		mailbox_put(b, op->account, &mb);
	}
	return OP_DONE;
}

static void
save_recent_done(struct op *op, bool committed)
{
	struct mailbox_op *o = (struct mailbox_op *)op;

	(void)committed;
	arena_clear(&o->a);
	free(o);
}

void
mailbox_save_recent(struct store *s, uint64_t account, uint32_t mbox,
    uint32_t first_recent_uid)
{
	struct mailbox_op *o = calloc(1, sizeof(*o));
	struct err ignored = ERR_INIT;

	if (o == NULL)
		return;
	arena_init(&o->a);
	o->op.run = save_recent_run;
	o->op.done = save_recent_done;
	o->op.account = account;
	o->mbox = mbox;
	o->first_recent_uid = first_recent_uid;
	if (op_submit(&s->db, &o->op, &ignored) == -1)
		save_recent_done(&o->op, false);
}
