/* credential - the passwords of accounts; see credential.h */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "kv/key.h"
#include "kv/row.h"
#include "commit/database.h"
#include "segment/tables.h"
#include "directory/account.h"
#include "directory/credential.h"

#define CREDENTIAL_ROW_VERSION	1
/* last_used is written when it is older than this. */
#define CREDENTIAL_USED_S	3600

/* ---- the row ---- */

int
credential_row_decode(struct bytes value, uint32_t id, struct credential *out,
    struct err *err)
{
	struct row r;

	row_begin_version(&r, value, CREDENTIAL_ROW_VERSION);
	out->id = id;
	out->created = (int64_t)row_u64(&r);
	out->last_used = (int64_t)row_u64(&r);
	row_string(&r, out->label, sizeof(out->label));
	row_string(&r, out->hash, sizeof(out->hash));
	return row_end(&r, "credential", err);
}

void
credential_row_encode(const struct credential *c, struct buf *out)
{
	row_put_u8(out, CREDENTIAL_ROW_VERSION);
	row_put_u64(out, (uint64_t)c->created);
	row_put_u64(out, (uint64_t)c->last_used);
	row_put_string(out, bytes_of(c->label));
	row_put_string(out, bytes_of(c->hash));
}

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

	if (key.len != 12)
		return err_set(err, ERR_INTERNAL,
		    "damaged key of a credential");
	if (credential_row_decode(value, be32_get(key.data + 8), &c,
	    err) == -1)
		return -1;
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

struct credential_op {
	struct op op;
	uint64_t account;
	const char *label;
	const char *hash;
	bool replace;		/* those with the same label go */
	uint32_t id;		/* in: to remove, out: the new one */
};

static void
credential_key(struct key *k, uint64_t account, uint32_t id)
{
	key_account(k, account);
	key_u32(k, id);
}

static void
credential_put(struct batch *b, uint64_t account, const struct credential *c)
{
	struct key k;
	struct buf value = BUF_INIT;

	credential_key(&k, account, c->id);
	credential_row_encode(c, &value);
	batch_put(b, T_CREDENTIAL, key_bytes(&k), buf_view(&value));
	buf_free(&value);
}

struct label_walk {
	const char *label;	/* NULL: any */
	struct buf ids;		/* of uint32_t */
};

static int
label_step(void *arg, const struct credential *c, struct err *err)
{
	struct label_walk *walk = arg;

	(void)err;
	if (walk->label == NULL || strcmp(c->label, walk->label) == 0)
		buf_add(&walk->ids, &c->id, sizeof(c->id));
	return 0;
}

int
credential_remove_all(struct batch *b, uint64_t account, const char *label,
    struct err *err)
{
	struct label_walk walk = { label, BUF_INIT };
	struct key k;
	uint32_t id;
	int rc;

	rc = credential_each(batch_reader(b), account, label_step, &walk,
	    err);
	for (size_t i = 0; rc == 0 && i < walk.ids.len; i += sizeof(id)) {
		memcpy(&id, walk.ids.data + i, sizeof(id));
		credential_key(&k, account, id);
		batch_del(b, T_CREDENTIAL, key_bytes(&k));
	}
	buf_free(&walk.ids);
	return rc;
}

static enum op_result
credential_add_run(struct batch *b, struct op *op)
{
	struct credential_op *o = (struct credential_op *)op;
	struct account acc;
	struct credential c = { .created = batch_time(b) };

	if (account_need(b, o->account, &acc, &op->err) == -1)
		return op_fail(op);
	if (o->replace && credential_remove_all(b, o->account, o->label,
	    &op->err) == -1)
		return op_fail(op);
	c.id = o->id = acc.next_credential++;
	memcpy(c.label, o->label, strlen(o->label) + 1);
	memcpy(c.hash, o->hash, strlen(o->hash) + 1);
	credential_put(b, o->account, &c);
	account_put(b, &acc);
	return OP_DONE;
}

static int
credential_submit(struct database *db, uint64_t account, const char *label,
    const char *hash, bool replace, uint32_t *id, struct err *err)
{
	struct credential_op o = {
		.op = { .run = credential_add_run, .account = account },
		.account = account,
		.label = label,
		.hash = hash,
		.replace = replace
	};
	struct credential *c;

	if (strlen(label) >= sizeof(c->label) ||
	    !utf8_is_valid(bytes_of(label)))
		return err_code(err, ERR_REFUSED, ERR_CODE_LIMIT,
		    "a label has less than %zu bytes", sizeof(c->label));
	if (strlen(hash) >= sizeof(c->hash))
		return err_code(err, ERR_REFUSED, ERR_CODE_LIMIT,
		    "a password hash has less than %zu bytes",
		    sizeof(c->hash));
	if (op_submit(db, &o.op, err) == -1)
		return -1;
	if (id != NULL)
		*id = o.id;
	return 0;
}

int
credential_add(struct database *db, uint64_t account, const char *label,
    const char *hash, uint32_t *id, struct err *err)
{
	return credential_submit(db, account, label, hash, false, id, err);
}

int
credential_set_main(struct database *db, uint64_t account, const char *hash,
    struct err *err)
{
	return credential_submit(db, account, "", hash, true, NULL, err);
}

/* 1, 0, -1. */
static int
credential_read(const struct reader *r, uint64_t account, uint32_t id,
    struct credential *out, struct err *err)
{
	struct key k;
	struct buf value = BUF_INIT;
	int rc;

	credential_key(&k, account, id);
	rc = reader_get(r, T_CREDENTIAL, key_bytes(&k), &value, err);
	if (rc == 1 && credential_row_decode(buf_view(&value), id, out,
	    err) == -1)
		rc = -1;
	buf_free(&value);
	return rc;
}

static enum op_result
credential_remove_run(struct batch *b, struct op *op)
{
	struct credential_op *o = (struct credential_op *)op;
	struct credential c;
	struct key k;
	int rc;

	rc = credential_read(batch_reader(b), o->account, o->id, &c,
	    &op->err);
	if (rc == -1)
		return op_fail(op);
	if (rc == 0)
		return op_refuse(op, ERR_CODE_NOT_FOUND,
		    "no such credential");
	credential_key(&k, o->account, o->id);
	batch_del(b, T_CREDENTIAL, key_bytes(&k));
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

	rc = credential_read(batch_reader(b), o->account, o->id, &c,
	    &op->err);
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
credential_used(struct database *db, uint64_t account, uint32_t id)
{
	struct credential_op *o = calloc(1, sizeof(*o));
	struct err ignored = ERR_INIT;

	if (o == NULL)
		return;
	o->op.run = credential_used_run;
	o->op.done = credential_used_done;
	o->op.account = account;
	o->account = account;
	o->id = id;
	if (op_submit(db, &o->op, &ignored) == -1)
		free(o);
}
