/*
 * credential - reads, adds and removes the credentials of accounts
 *
 * The row of a credential and its secrets are always written and deleted in the
 * same operation, so there is no secret without a credential.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "commit/database.h"
#include "segment/tables.h"
#include "directory/account.h"
#include "directory/credential.h"

/* last_used is updated if it is older than this many seconds. */
#define CREDENTIAL_USED_S	3600

/* Longest row of a secret: salt, value and the other fields. */
#define SECRET_ROW_MAX		(SECRET_SALT_MAX + SECRET_VALUE_MAX + 16)

/* Number of old rows to convert in one transaction. */
#define CONVERT_SLICE		500

/* ---- reading ---- */

struct credential_walk {
	int (*fn)(void *arg, const struct credential *c, struct err *err);
	void *arg;
};

static int
credential_step(void *arg, struct bytes key, struct bytes value,
    struct err *err)
{
	struct credential_walk *walk = arg;
	struct credential c;

	if (key.len != CREDENTIAL_KEY_SIZE)
		return err_set(err, ERR_INTERNAL,
		    "damaged key in table credential");
	if (credential_row_decode(value, &c, err) == -1)
		return -1;
	c.login = be32_get(key.data + 8);
	c.id = be32_get(key.data + 12);
	return walk->fn(walk->arg, &c, err);
}

int
credential_each(const struct reader *r, uint64_t account,
    int (*fn)(void *arg, const struct credential *c, struct err *err),
    void *arg, struct err *err)
{
	struct credential_walk walk = { fn, arg };
	struct key k;

	key_account(&k, account);
	return reader_scan(r, T_CREDENTIAL, BYTES(""), key_bytes(&k),
	    credential_step, &walk, err);
}

/* Returns 1 if found, 0 if not, -1 on error. */
static int
credential_read(const struct reader *r, uint64_t account, uint32_t login,
    uint32_t id, struct credential *out, struct err *err)
{
	struct key k;
	struct buf value = BUF_INIT;
	int rc;

	credential_key(&k, account, login, id);
	rc = reader_get(r, T_CREDENTIAL, key_bytes(&k), &value, err);
	if (rc == 1 && credential_row_decode(buf_view(&value), out,
	    err) == -1)
		rc = -1;
	out->login = login;
	out->id = id;
	buf_free(&value);
	return rc;
}

int
credential_secret(const struct reader *r, uint64_t account,
    const struct credential *c, enum secret_kind kind, struct secret *out,
    struct err *err)
{
	struct key k;
	struct buf value = BUF_INIT;
	int rc;

	buf_reserve(&value, SECRET_ROW_MAX);
	secret_key(&k, account, c->login, c->id, kind);
	rc = reader_get(r, T_SECRET, key_bytes(&k), &value, err);
	if (rc == 1 && secret_row_decode(buf_view(&value), kind, out,
	    err) == -1)
		rc = -1;
	buf_wipe(&value);
	return rc;
}

struct secrets_walk {
	const struct reader *r;
	const struct credential_query *query;
	struct secret_list *list;
};

static int
secrets_step(void *arg, const struct credential *c, struct err *err)
{
	struct secrets_walk *walk = arg;
	const struct credential_query *q = walk->query;
	struct secret s;
	bool has_room = true;
	int rc;

	if (c->login != q->login || (c->protocols & q->protocols) == 0)
		return 0;
	rc = credential_secret(walk->r, q->account, c, q->kind, &s, err);
	if (rc == 1)
		has_room = secret_list_add(walk->list, c->login, c->id, &s);
	secret_wipe(&s);
	return rc == -1 ? -1 : !has_room;
}

int
credential_secrets(const struct reader *r,
    const struct credential_query *query, struct secret_list *list,
    struct err *err)
{
	struct secrets_walk walk = { r, query, list };

	return credential_each(r, query->account, secrets_step, &walk,
	    err) == -1 ? -1 : 0;
}

/* ---- writing, within an operation ---- */

static void
credential_put(struct batch *b, uint64_t account, const struct credential *c)
{
	struct key k;
	struct buf value = BUF_INIT;

	credential_key(&k, account, c->login, c->id);
	credential_row_encode(c, &value);
	batch_put(b, T_CREDENTIAL, key_bytes(&k), buf_view(&value));
	buf_free(&value);
}

static void
secret_put(struct batch *b, uint64_t account, const struct credential *c,
    const struct secret *s)
{
	struct key k;
	struct buf value = BUF_INIT;

	buf_reserve(&value, SECRET_ROW_MAX);
	secret_key(&k, account, c->login, c->id, s->kind);
	secret_row_encode(s, &value);
	batch_put(b, T_SECRET, key_bytes(&k), buf_view(&value));
	buf_wipe(&value);
}

struct keys {
	struct buf list;		/* of struct bytes */
	struct arena arena;
};

static int
key_step(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct keys *keys = arg;
	struct bytes copy = bytes_dup(&keys->arena, key);

	buf_add(&keys->list, &copy, sizeof(copy));
	return 0;
}

/* Deletes all rows whose key begins with the prefix, even damaged ones. */
static int
delete_all(struct batch *b, unsigned t, const struct key *prefix,
    struct err *err)
{
	struct keys keys = { .list = BUF_INIT };
	struct bytes key;
	int rc;

	arena_init(&keys.arena);
	rc = reader_scan(batch_reader(b), t, BYTES(""), key_bytes(prefix),
	    key_step, &keys, err);
	for (size_t i = 0; rc == 0 && i < keys.list.len; i += sizeof(key)) {
		memcpy(&key, keys.list.data + i, sizeof(key));
		batch_del(b, t, key);
	}
	buf_free(&keys.list);
	arena_clear(&keys.arena);
	return rc;
}

static int
credential_delete(struct batch *b, uint64_t account,
    const struct credential *c, struct err *err)
{
	struct key k;

	credential_key(&k, account, c->login, c->id);
	if (delete_all(b, T_SECRET, &k, err) == -1)
		return -1;
	batch_del(b, T_CREDENTIAL, key_bytes(&k));
	return 0;
}

int
credential_remove_all(struct batch *b, uint64_t account, struct err *err)
{
	struct key k;

	key_account(&k, account);
	return delete_all(b, T_SECRET, &k, err) == -1 ||
	    delete_all(b, T_CREDENTIAL, &k, err) == -1 ? -1 : 0;
}

/* ---- operations ---- */

struct credential_op {
	struct op op;
	uint64_t account;
	const struct credential_new *new;
	uint32_t login;
	uint32_t id;		/* in: the one to change; out: the new one */
};

/* A search for a credential by its kind or id. */
struct credential_find {
	uint32_t login, id;
	enum credential_kind kind;
	struct credential found;
};

static int
main_step(void *arg, const struct credential *c, struct err *err)
{
	struct credential_find *f = arg;

	if (c->login != f->login || c->kind != CREDENTIAL_MAIN)
		return 0;
	f->found = *c;
	return 1;
}

static int
id_step(void *arg, const struct credential *c, struct err *err)
{
	struct credential_find *f = arg;

	if (c->id != f->id)
		return 0;
	f->found = *c;
	return 1;
}

/* Deletes the main credential, if there is one. */
static int
main_delete(struct batch *b, uint64_t account, uint32_t login,
    struct err *err)
{
	struct credential_find f = { .login = login };
	int rc;

	while ((rc = credential_each(batch_reader(b), account, main_step, &f,
	    err)) == 1)
		if (credential_delete(b, account, &f.found, err) == -1)
			return -1;
	return rc;
}

static enum op_result
credential_add_run(struct batch *b, struct op *op)
{
	struct credential_op *o = (struct credential_op *)op;
	struct credential c = { .login = o->login, .kind = CREDENTIAL_MAIN,
	    .protocols = PROTOCOL_ANY, .created = batch_time(b) };
	const char *label = o->new->label;
	struct account acc;

	if (account_need(b, o->account, &acc, &op->err) == -1)
		return op_fail(op);
	if (label[0] != '\0')
		c.kind = CREDENTIAL_ADDITIONAL;
	else if (main_delete(b, o->account, o->login, &op->err) == -1)
		return op_fail(op);
	c.id = o->id = acc.next_credential++;
	memcpy(c.label, label, strlen(label) + 1);
	credential_put(b, o->account, &c);
	for (size_t i = 0; i < o->new->nsecrets; i++)
		secret_put(b, o->account, &c, &o->new->secrets[i]);
	account_put(b, &acc);
	return OP_DONE;
}

int
credential_add(struct database *db, uint64_t account,
    const struct credential_new *c, uint32_t *id, struct err *err)
{
	struct credential_op o = {
		.op = { .run = credential_add_run, .account = account },
		.account = account,
		.login = CREDENTIAL_LOGIN,
		.new = c
	};

	if (strlen(c->label) > CREDENTIAL_LABEL_MAX ||
	    !utf8_is_valid(bytes_of(c->label)))
		return err_code(err, ERR_REFUSED, ERR_CODE_LIMIT,
		    "a label must be UTF-8 of at most %d bytes",
		    CREDENTIAL_LABEL_MAX);
	if (op_submit(db, &o.op, err) == -1)
		return -1;
	*id = o.id;
	return 0;
}

static enum op_result
credential_remove_run(struct batch *b, struct op *op)
{
	struct credential_op *o = (struct credential_op *)op;
	struct credential_find f = { .id = o->id };
	int rc;

	rc = credential_each(batch_reader(b), o->account, id_step, &f,
	    &op->err);
	if (rc == 0)
		return op_refuse(op, ERR_CODE_NOT_FOUND,
		    "no such credential");
	if (rc == -1 || credential_delete(b, o->account, &f.found,
	    &op->err) == -1)
		return op_fail(op);
	return OP_DONE;
}

int
credential_remove(struct database *db, uint64_t account, uint32_t id,
    struct err *err)
{
	struct credential_op o = {
		.op = { .run = credential_remove_run, .account = account },
		.account = account,
		.id = id
	};

	return op_submit(db, &o.op, err);
}

static enum op_result
credential_used_run(struct batch *b, struct op *op)
{
	struct credential_op *o = (struct credential_op *)op;
	struct credential c;
	int rc;

	rc = credential_read(batch_reader(b), o->account, o->login, o->id,
	    &c, &op->err);
	if (rc == -1)
		return op_fail(op);
	if (rc == 1 && batch_time(b) - c.last_used >= CREDENTIAL_USED_S) {
		c.last_used = batch_time(b);
		credential_put(b, o->account, &c);
	}
	return OP_DONE;
}

static void
credential_used_done(struct op *op, bool committed)
{
	(void)committed;
	free(op);
}

void
credential_used(struct database *db, uint64_t account, uint32_t login,
    uint32_t id)
{
	struct credential_op *o = calloc(1, sizeof(*o));
	struct err ignored = ERR_INIT;

	if (o == NULL)
		return;
	o->op.run = credential_used_run;
	o->op.done = credential_used_done;
	o->op.account = account;
	o->account = account;
	o->login = login;
	o->id = id;
	if (op_submit(db, &o->op, &ignored) == -1)
		free(o);
}

/* ---- rows of version 1 ---- */

/* The changes that convert some old rows in one transaction. */
struct convert {
	struct arena arena;
	struct change *changes;		/* own; three for each row */
	size_t n, rows;
	char after[CREDENTIAL_KEY_SIZE_V1 + 1];	/* continue after it */
};

static void
convert_put(struct convert *cv, unsigned t, const struct key *k,
    struct buf *value)
{
	cv->changes[cv->n++] = (struct change){ t,
	    bytes_dup(&cv->arena, key_bytes(k)),
	    bytes_dup(&cv->arena, buf_view(value)), false };
	buf_wipe(value);
}

static int
convert_step(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct convert *cv = arg;
	struct credential c;
	struct secret secret;
	struct err ignored = ERR_INIT;
	struct buf row = BUF_INIT;
	struct key k;
	uint64_t account;

	if (key.len != CREDENTIAL_KEY_SIZE_V1 ||
	    credential_row_decode_v1(value, &c, &secret, &ignored) == -1)
		return 0;
	account = be64_get(key.data);
	c.id = be32_get(key.data + 8);
	cv->changes[cv->n++] = (struct change){ T_CREDENTIAL,
	    bytes_dup(&cv->arena, key), BYTES(""), true };
	credential_key(&k, account, c.login, c.id);
	credential_row_encode(&c, &row);
	convert_put(cv, T_CREDENTIAL, &k, &row);
	secret_key(&k, account, c.login, c.id, secret.kind);
	buf_reserve(&row, SECRET_ROW_MAX);
	secret_row_encode(&secret, &row);
	convert_put(cv, T_SECRET, &k, &row);
	secret_wipe(&secret);
	memcpy(cv->after, key.data, key.len);
	return ++cv->rows == CONVERT_SLICE;
}

static int
change_compare(const void *a, const void *b)
{
	const struct change *x = a, *y = b;

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	return bytes_cmp(x->key, y->key);
}

static void
convert_forget(struct convert *cv)
{
	/* The bytes are in our arena, so we may drop the const. */
	for (size_t i = 0; i < cv->n; i++)
		if (cv->changes[i].table == T_SECRET)
			explicit_bzero((char *)(uintptr_t)
			    cv->changes[i].value.data,
			    cv->changes[i].value.len);
	arena_clear(&cv->arena);
	cv->n = cv->rows = 0;
}

int
credential_convert(struct kv *kv, struct err *err)
{
	struct convert cv = { .n = 0 };
	struct bytes from = BYTES("");
	int rc;

	cv.changes = calloc(3 * CONVERT_SLICE, sizeof(*cv.changes));
	if (cv.changes == NULL)
		fatal("out of memory to convert credentials");
	arena_init(&cv.arena);
	do {
		rc = reader_scan(kv_latest(kv), T_CREDENTIAL, from,
		    BYTES(""), convert_step, &cv, err);
		qsort(cv.changes, cv.n, sizeof(*cv.changes), change_compare);
		if (rc != -1 && cv.n > 0 &&
		    kv_apply(kv, cv.changes, cv.n, err) == -1)
			rc = -1;
		convert_forget(&cv);
		from = bytes_make(cv.after, sizeof(cv.after));
	} while (rc == 1);
	free(cv.changes);
	return rc == -1 ? err_wrap(err, "converting credentials") : 0;
}
