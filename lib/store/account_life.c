/* account_life - the operations that create and delete an account */
#include <config.h>

#include <string.h>

#include "base/random.h"
#include "commit/database.h"
#include "directory/account.h"
#include "directory/address_map.h"
#include "directory/credential.h"
#include "directory/login_name.h"
#include "store/account_life.h"
#include "store/mailbox-private.h"
#include "store/todo.h"

struct account_op {
	struct op op;
	struct store *s;
	uint64_t id;
	const char *login;	/* canonical */
	char login_old[LOGIN_MAX + 1];
};

static enum op_result
account_create_run(struct batch *b, struct op *op)
{
	struct account_op *o = (struct account_op *)op;
	struct account acc = {
		.id = o->id,
		.next_mailbox = 1,
		.next_body = 1,
		.next_credential = 1,
		.next_todo = 1,
		.created = batch_time(b),
		.sent_is_known = true,
		/* Clients may remember an earlier account with this name, so
		   begin with a uidvalidity that it cannot have used. */
		.next_uidvalidity = (uint32_t)batch_time(b)
	};

	if (login_check(b, o->login, o->id, &op->err) == -1)
		return op_fail(op);
	memcpy(acc.login, o->login, strlen(o->login) + 1);
	if (mailbox_make_defaults(o->s, b, &acc, &op->err) == -1)
		return op_fail(op);
	account_put(b, &acc);
	return OP_DONE;
}

int
account_create(struct store *s, const char *login, uint64_t *id,
    struct err *err)
{
	char canonical[LOGIN_MAX + 1];
	struct account_op o = { .op = { .run = account_create_run }, .s = s };

	if (login_canonical(bytes_of(login), canonical, err) == -1)
		return -1;
	do {
		o.id = random_u64();
	} while (o.id == 0);
	o.op.account = o.id;
	o.login = canonical;
	if (login_claim(&s->db, canonical, o.id, err) == -1 ||
	    op_submit(&s->db, &o.op, err) == -1)
		return err_wrap(err, "creating an account");
	*id = o.id;
	return 0;
}

/* ---- delete ---- */

/* Marks all mailboxes as dead, so that sessions find them gone. */
static int
mailboxes_bury(struct batch *b, uint64_t account, struct err *err)
{
	struct arena a;
	struct mailbox *list;
	size_t n;
	int rc;

	arena_init(&a);
	rc = mailbox_list(batch_reader(b), account, &a, &list, &n, err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		mailbox_bury(b, account, &list[i]);
	arena_clear(&a);
	return rc;
}

static enum op_result
account_delete_run(struct batch *b, struct op *op)
{
	struct account_op *o = (struct account_op *)op;
	struct account acc;
	struct todo todo = { .time = batch_time(b) };

	if (account_need(b, o->id, &acc, &op->err) == -1 ||
	    mailboxes_bury(b, o->id, &op->err) == -1 ||
	    credential_remove_all(b, o->id, &op->err) == -1)
		return op_fail(op);
	memcpy(o->login_old, acc.login, sizeof(acc.login));
	acc.dead = true;
	todo_put(b, o->id, TODO_ACCOUNT, acc.next_todo++, &todo);
	account_put(b, &acc);
	return OP_DONE;
}

int
account_delete(struct store *s, uint64_t id, struct err *err)
{
	struct account_op o = {
		.op = { .run = account_delete_run, .account = id },
		.s = s,
		.id = id
	};

	if (op_submit(&s->db, &o.op, err) == -1)
		return err_wrap(err, "deleting an account");
	if (login_release(&s->db, o.login_old, id, err) == -1 ||
	    address_forget_account(&s->db, id, err) == -1)
		return -1;
	return 0;
}
