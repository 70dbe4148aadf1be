/* correspondent - records of the addresses that an account has written to. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "mail/address.h"
#include "kv/key.h"
#include "kv/row.h"
#include "commit/database.h"
#include "segment/tables.h"
#include "directory/account.h"
#include "evidence/correspondent.h"

#define CORRESPONDENT_ROW_VERSION	1

/* ---- names ---- */

/* The canonical form of something that is not a valid address. */
static struct bytes
canonical_raw(struct arena *a, struct bytes address)
{
	char *s;

	if (address.len > CORRESPONDENT_ADDRESS_MAX) {
		/* Do not cut in the middle of a character. */
		address.len = CORRESPONDENT_ADDRESS_MAX;
		while (((unsigned char)address.data[address.len] & 0xc0) ==
		    0x80 && address.len > CORRESPONDENT_ADDRESS_MAX - 4)
			address.len--;
	}
	s = arena_memdup(a, address.data, address.len);
	for (size_t i = 0; i < address.len; i++)
		if (s[i] >= 'A' && s[i] <= 'Z')
			s[i] = (char)(s[i] + 'a' - 'A');
	return bytes_make(s, address.len);
}

struct bytes
correspondent_canonical(struct arena *a, struct bytes address)
{
	struct err ignored = ERR_INIT;
	struct mail_address parsed;
	struct bytes local;
	char *s;

	if (address_parse(a, address, &parsed, &ignored) == -1)
		return canonical_raw(a, address);
	local = address_localpart_fold(a, parsed.localpart);
	if (local.len + 1 + parsed.domain.len > CORRESPONDENT_ADDRESS_MAX)
		return canonical_raw(a, address);
	s = arena_alloc(a, local.len + 1 + parsed.domain.len);
	if (local.len > 0)
		memcpy(s, local.data, local.len);
	s[local.len] = '@';
	memcpy(s + local.len + 1, parsed.domain.data, parsed.domain.len);
	return bytes_make(s, local.len + 1 + parsed.domain.len);
}

static int
name_compare(const void *a, const void *b)
{
	return bytes_cmp(((const struct correspondent_name *)a)->address,
	    ((const struct correspondent_name *)b)->address);
}

size_t
correspondent_names_merge(struct correspondent_name *names, size_t n)
{
	size_t kept = 0;

	if (n > 0)
		qsort(names, n, sizeof(*names), name_compare);
	for (size_t i = 0; i < n; i++)
		if (kept > 0 && bytes_eq(names[kept - 1].address,
		    names[i].address))
			names[kept - 1].count += names[i].count;
		else
			names[kept++] = names[i];
	return kept;
}

/* ---- rows ---- */

int
correspondent_row_decode(struct bytes value, struct correspondent *out,
    struct err *err)
{
	struct row r;

	row_begin_version(&r, value, CORRESPONDENT_ROW_VERSION);
	out->first = (int64_t)row_u64(&r);
	out->last = (int64_t)row_u64(&r);
	out->submitted = row_u64(&r);
	out->sent = row_u64(&r);
	return row_end(&r, "recipient", err);
}

void
correspondent_row_encode(const struct correspondent *k, struct buf *out)
{
	row_put_u8(out, CORRESPONDENT_ROW_VERSION);
	row_put_u64(out, (uint64_t)k->first);
	row_put_u64(out, (uint64_t)k->last);
	row_put_u64(out, k->submitted);
	row_put_u64(out, k->sent);
}

int
correspondent_get(const struct reader *r, uint64_t account,
    struct bytes address, struct correspondent *out, struct err *err)
{
	struct buf value = BUF_INIT;
	struct key k;
	int rc;

	key_account_name(&k, account, address);
	rc = reader_get(r, T_RECIPIENT, key_bytes(&k), &value, err);
	if (rc == 1 &&
	    correspondent_row_decode(buf_view(&value), out, err) == -1)
		rc = -1;
	buf_free(&value);
	return rc;
}

struct correspondent_walk {
	int (*fn)(void *arg, struct bytes address,
	    const struct correspondent *k, struct err *err);
	void *arg;
};

static int
correspondent_step(void *arg, struct bytes key, struct bytes value,
    struct err *err)
{
	struct correspondent_walk *walk = arg;
	struct correspondent k;

	if (correspondent_row_decode(value, &k, err) == -1)
		return -1;
	return walk->fn(walk->arg, bytes_from(key, 8), &k, err);
}

int
correspondent_each(const struct reader *r, uint64_t account, struct bytes from,
    int (*fn)(void *arg, struct bytes address,
    const struct correspondent *k, struct err *err), void *arg,
    struct err *err)
{
	struct correspondent_walk walk = { fn, arg };
	struct key prefix, start;

	key_account(&prefix, account);
	key_account_name(&start, account, from);
	return reader_scan(r, T_RECIPIENT, key_bytes(&start),
	    key_bytes(&prefix), correspondent_step, &walk, err);
}

static void
correspondent_put(struct batch *b, uint64_t account, struct bytes address,
    const struct correspondent *k)
{
	struct buf value = BUF_INIT;
	struct key key;

	key_account_name(&key, account, address);
	correspondent_row_encode(k, &value);
	batch_put(b, T_RECIPIENT, key_bytes(&key), buf_view(&value));
	buf_free(&value);
}

int
correspondent_add(struct batch *b, uint64_t account, struct bytes address,
    const struct correspondent *more, struct err *err)
{
	struct correspondent k;
	int rc;

	rc = correspondent_get(batch_reader(b), account, address, &k, err);
	if (rc == -1)
		return -1;
	if (rc == 0)
		k = *more;
	else {
		k.submitted += more->submitted;
		k.sent += more->sent;
		k.first = more->first < k.first ? more->first : k.first;
		k.last = more->last > k.last ? more->last : k.last;
	}
	correspondent_put(b, account, address, &k);
	return 0;
}

/* ---- importing ---- */

struct import_op {
	struct op op;
	struct bytes address;		/* canonical */
	const struct correspondent *k;
};

static uint64_t
larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static enum op_result
import_run(struct batch *b, struct op *op)
{
	struct import_op *o = (struct import_op *)op;
	struct correspondent k, old;
	struct account acc;
	int rc;

	if (account_need(b, op->account, &acc, &op->err) == -1)
		return op_fail(op);
	rc = correspondent_get(batch_reader(b), op->account, o->address, &old,
	    &op->err);
	if (rc == -1)
		return op_fail(op);
	k = *o->k;
	if (rc == 1) {
		k.first = old.first < k.first ? old.first : k.first;
		k.last = old.last > k.last ? old.last : k.last;
		k.submitted = larger(old.submitted, k.submitted);
		k.sent = larger(old.sent, k.sent);
	}
	correspondent_put(b, op->account, o->address, &k);
	return OP_DONE;
}

int
correspondent_import(struct database *db, uint64_t account,
    struct bytes address, const struct correspondent *k, struct err *err)
{
	struct import_op o = {
		.op = { .run = import_run, .account = account,
		    .payload = CORRESPONDENT_ADDRESS_MAX },
		.k = k
	};
	struct arena a;
	int rc;

	arena_init(&a);
	o.address = correspondent_canonical(&a, address);
	rc = op_submit(db, &o.op, err);
	arena_clear(&a);
	return rc;
}
