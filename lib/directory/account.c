#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <uninorm.h>

#include "base/encode.h"
#include "base/random.h"
#include "kv/key.h"
#include "commit/op.h"
#include "directory/account-private.h"
#include "directory/account_row.h"
#include "directory/address_map-private.h"
#include "store/mailbox-private.h"
#include "store/purge.h"
#include "store/todo.h"

int
login_canonical(struct bytes login, char out[LOGIN_MAX + 1], struct err *err)
{
	uint8_t *folded;
	size_t len = 0;
	bool ok;

	if (login.len == 0 || login.len > LOGIN_MAX ||
	    !utf8_is_valid(login))
		return err_set(err, ERR_SYNTAX,
		    "a login is 1 to %d bytes of UTF-8", LOGIN_MAX);
	for (size_t i = 0; i < login.len; i++)
		if ((unsigned char)login.data[i] <= ' ' ||
		    login.data[i] == 0x7f)
			return err_set(err, ERR_SYNTAX,
			    "a login has no spaces and control characters");
	folded = u8_casefold((const uint8_t *)login.data, login.len, NULL,
	    UNINORM_NFC, NULL, &len);
	ok = folded != NULL && len <= LOGIN_MAX;
	if (ok) {
		memcpy(out, folded, len);
		out[len] = '\0';
	}
	free(folded);
	return ok ? 0 : err_set(err, ERR_SYNTAX, "the login is too long");
}

/* As stored, dead or alive: 1, 0, -1. */
static int
account_read(const struct reader *r, uint64_t id, struct account *out,
    struct err *err)
{
	struct key k;
	struct buf value = BUF_INIT;
	int rc;

	key_account(&k, id);
	rc = reader_get(r, T_ACCOUNT, key_bytes(&k), &value, err);
	if (rc == 1 && account_row_decode(buf_view(&value), id, out,
	    err) == -1)
		rc = -1;
	buf_free(&value);
	return rc;
}

int
account_get(const struct reader *r, uint64_t id, struct account *out,
    struct err *err)
{
	int rc = account_read(r, id, out, err);

	return rc == 1 && out->dead ? 0 : rc;
}

int
account_need(struct batch *b, uint64_t id, struct account *out,
    struct err *err)
{
	int rc = account_get(batch_reader(b), id, out, err);

	if (rc == 0)
		rc = err_code(err, ERR_REFUSED, ERR_CODE_NOT_FOUND,
		    "no such account");
	return rc == 1 ? 0 : rc;
}

/* What the login row says, true or not: 1, 0, -1. */
static int
login_read(const struct reader *r, const char *login, uint64_t *id,
    struct err *err)
{
	struct buf value = BUF_INIT;
	int rc;

	rc = reader_get(r, T_LOGIN, bytes_of(login), &value, err);
	if (rc == 1 && login_row_decode(buf_view(&value), id, err) == -1)
		rc = -1;
	buf_free(&value);
	return rc;
}

/* canonical is a login as it is stored. */
static int
login_find(const struct reader *r, const char *canonical, struct account *out,
    struct err *err)
{
	uint64_t id;
	int rc;

	rc = login_read(r, canonical, &id, err);
	if (rc == 1)
		rc = account_get(r, id, out, err);
	return rc == 1 && strcmp(out->login, canonical) != 0 ? 0 : rc;
}

int
account_by_login(const struct reader *r, const char *login,
    struct account *out, struct err *err)
{
	char canonical[LOGIN_MAX + 1];
	struct err ignored = ERR_INIT;

	if (login_canonical(bytes_of(login), canonical, &ignored) == -1)
		return 0;
	return login_find(r, canonical, out, err);
}

struct account_walk {
	int (*fn)(void *arg, const struct account *acc, struct err *err);
	void *arg;
};

static int
account_step(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct account_walk *walk = arg;
	struct account acc;

	if (key.len != 8)
		return err_set(err, ERR_INTERNAL, "damaged key of an account");
	if (account_row_decode(value, be64_get(key.data), &acc, err) == -1)
		return -1;
	return acc.dead ? 0 : walk->fn(walk->arg, &acc, err);
}

int
account_each(const struct reader *r,
    int (*fn)(void *arg, const struct account *acc, struct err *err),
    void *arg, struct err *err)
{
	struct account_walk walk = { fn, arg };

	return reader_scan(r, T_ACCOUNT, BYTES(""), BYTES(""), account_step,
	    &walk, err);
}

void
account_put(struct batch *b, const struct account *acc)
{
	struct key k;
	struct buf value = BUF_INIT;

	key_account(&k, acc->id);
	account_row_encode(acc, &value);
	batch_put(b, T_ACCOUNT, key_bytes(&k), buf_view(&value));
	buf_free(&value);
}

/* ---- quota ---- */

static uint64_t
quota_effective(uint64_t own, uint64_t site)
{
	if (own != 0)
		return own;
	return site == 0 ? QUOTA_NONE : site;
}

void
account_quota(const struct store *s, const struct account *acc,
    uint64_t *bytes, uint64_t *messages)
{
	*bytes = quota_effective(acc->quota_bytes, s->config.quota_bytes);
	*messages = quota_effective(acc->quota_messages,
	    s->config.quota_messages);
}

int
account_has_room(const struct store *s, const struct account *acc,
    uint64_t bytes, uint64_t messages, struct err *err)
{
	uint64_t bytes_max, messages_max, bytes_held, messages_held;

	account_quota(s, acc, &bytes_max, &messages_max);
	mailbox_reserved_sum(s, acc->id, &bytes_held, &messages_held);
	bytes += bytes_held;
	messages += messages_held;
	if (bytes > bytes_max || acc->used_bytes > bytes_max - bytes)
		return err_code(err, ERR_REFUSED, ERR_CODE_OVER_QUOTA,
		    "the account is over its quota of bytes (setting "
		    "quota-bytes)");
	if (messages > messages_max ||
	    acc->used_messages > messages_max - messages)
		return err_code(err, ERR_REFUSED, ERR_CODE_OVER_QUOTA,
		    "the account is over its quota of messages (setting "
		    "quota-messages)");
	return 0;
}

int
account_charge(const struct store *s, struct account *acc, uint64_t bytes,
    uint64_t messages, struct err *err)
{
	if (account_has_room(s, acc, bytes, messages, err) == -1)
		return -1;
	acc->used_bytes += bytes;
	acc->used_messages += messages;
	return 0;
}

void
account_discharge(struct account *acc, uint64_t bytes, uint64_t messages)
{
	acc->used_bytes -= bytes < acc->used_bytes ? bytes : acc->used_bytes;
	acc->used_messages -= messages < acc->used_messages ? messages :
	    acc->used_messages;
}

/* ---- logins: a SITE operation of their own ---- */

struct login_op {
	struct op op;
	const char *login;
	uint64_t id;
};

/* The name is this id's from now on, once the account has that login. */
static enum op_result
login_claim_run(struct batch *b, struct op *op)
{
	struct login_op *o = (struct login_op *)op;
	struct account acc;
	struct buf value = BUF_INIT;
	int rc;

	rc = login_find(batch_reader(b), o->login, &acc, &op->err);
	if (rc == -1)
		return op_fail(op);
	if (rc == 1 && acc.id != o->id)
		return op_refuse(op, ERR_CODE_EXISTS,
		    "there is an account '%s' already", o->login);
	login_row_encode(o->id, &value);
	batch_put(b, T_LOGIN, bytes_of(o->login), buf_view(&value));
	buf_free(&value);
	return OP_DONE;
}

/* Deletes the row if it is still this id's. */
static enum op_result
login_free_run(struct batch *b, struct op *op)
{
	struct login_op *o = (struct login_op *)op;
	uint64_t id;
	int rc;

	rc = login_read(batch_reader(b), o->login, &id, &op->err);
	if (rc == -1)
		return op_fail(op);
	if (rc == 1 && id == o->id)
		batch_del(b, T_LOGIN, bytes_of(o->login));
	return OP_DONE;
}

static int
login_submit(struct store *s,
    enum op_result (*run)(struct batch *b, struct op *op), const char *login,
    uint64_t id, struct err *err)
{
	struct login_op o = { .op = { .run = run }, .login = login, .id = id };

	return op_submit(s, &o.op, err);
}

/* Within an operation: has nobody claimed the name since?  ERR_CODE_EXISTS. */
static int
login_check(struct batch *b, const char *login, uint64_t id, struct err *err)
{
	uint64_t owner;
	int rc;

	rc = login_read(batch_reader(b), login, &owner, err);
	if (rc != -1 && (rc == 0 || owner != id))
		return err_code(err, ERR_REFUSED, ERR_CODE_EXISTS,
		    "there is an account '%s' already", login);
	return rc == -1 ? -1 : 0;
}

/* ---- create ---- */

struct account_op {
	struct op op;
	struct store *s;
	uint64_t id;
	const char *login;	/* canonical */
	const char *name;	/* account_set() */
	const char *value;
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
		/* An account of that name may have been here before, and
		   clients remember: begin where it cannot have been. */
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
	if (login_submit(s, login_claim_run, canonical, o.id, err) == -1 ||
	    op_submit(s, &o.op, err) == -1)
		return err_wrap(err, "creating an account");
	*id = o.id;
	return 0;
}

/* ---- delete ---- */

/* Sessions look, and find their mailbox gone. */
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
	    credential_remove_all(b, o->id, NULL, &op->err) == -1)
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

	if (op_submit(s, &o.op, err) == -1)
		return err_wrap(err, "deleting an account");
	if (login_submit(s, login_free_run, o.login_old, id, err) == -1 ||
	    address_forget_account(s, id, err) == -1)
		return -1;
	purge_wake(s);
	return 0;
}

/* ---- settings ---- */

static int
limit_parse(const char *value, uint64_t *out, struct err *err)
{
	if (strcmp(value, "none") == 0)
		*out = QUOTA_NONE;
	else if (strcmp(value, "default") == 0)
		*out = 0;
	else if (decimal_parse(bytes_of(value), QUOTA_NONE - 1, out) == -1)
		return err_set(err, ERR_SYNTAX,
		    "'%s' is not a number, 'none' or 'default'", value);
	return 0;
}

static int
yes_parse(const char *value, bool *out, struct err *err)
{
	*out = strcmp(value, "yes") == 0;
	if (!*out && strcmp(value, "no") != 0)
		return err_set(err, ERR_SYNTAX, "'%s' is not 'yes' or 'no'",
		    value);
	return 0;
}

/* The account's limit of that name, or NULL. */
static uint64_t *
limit_named(struct account *acc, const char *name)
{
	if (strcmp(name, "quota-bytes") == 0)
		return &acc->quota_bytes;
	if (strcmp(name, "quota-messages") == 0)
		return &acc->quota_messages;
	if (strcmp(name, "recipients-per-day") == 0)
		return &acc->recipients_per_day;
	if (strcmp(name, "first-time-recipients-per-day") == 0)
		return &acc->first_time_per_day;
	return NULL;
}

static enum op_result
account_set_run(struct batch *b, struct op *op)
{
	struct account_op *o = (struct account_op *)op;
	struct account acc;
	uint64_t *limit;
	int rc;

	if (account_need(b, o->id, &acc, &op->err) == -1)
		return op_fail(op);
	if ((limit = limit_named(&acc, o->name)) != NULL)
		rc = limit_parse(o->value, limit, &op->err);
	else if (strcmp(o->name, "disabled") == 0)
		rc = yes_parse(o->value, &acc.disabled, &op->err);
	else
		rc = err_code(&op->err, ERR_REFUSED, ERR_CODE_NOT_FOUND,
		    "an account has no setting '%s'", o->name);
	if (rc == -1)
		return op_fail(op);
	account_put(b, &acc);
	return OP_DONE;
}

static enum op_result
account_rename_run(struct batch *b, struct op *op)
{
	struct account_op *o = (struct account_op *)op;
	struct account acc;

	if (account_need(b, o->id, &acc, &op->err) == -1 ||
	    login_check(b, o->login, o->id, &op->err) == -1)
		return op_fail(op);
	memcpy(o->login_old, acc.login, sizeof(acc.login));
	memcpy(acc.login, o->login, strlen(o->login) + 1);
	account_put(b, &acc);
	return OP_DONE;
}

static int
account_rename(struct store *s, uint64_t id, const char *login,
    struct err *err)
{
	char canonical[LOGIN_MAX + 1];
	struct account_op o = {
		.op = { .run = account_rename_run, .account = id },
		.id = id,
		.login = canonical
	};

	if (login_canonical(bytes_of(login), canonical, err) == -1 ||
	    login_submit(s, login_claim_run, canonical, id, err) == -1 ||
	    op_submit(s, &o.op, err) == -1)
		return -1;
	if (strcmp(o.login_old, canonical) == 0)
		return 0;
	return login_submit(s, login_free_run, o.login_old, id, err);
}

int
account_set(struct store *s, uint64_t id, const char *name, const char *value,
    struct err *err)
{
	struct account_op o = {
		.op = { .run = account_set_run, .account = id },
		.id = id,
		.name = name,
		.value = value
	};

	if (strcmp(name, "login") == 0)
		return account_rename(s, id, value, err);
	return op_submit(s, &o.op, err);
}
