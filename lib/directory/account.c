/* account - reads and writes rows of accounts, and numbers their batches. */
#include <config.h>

#include "base/encode.h"
#include "kv/key.h"
#include "segment/tables.h"
#include "directory/account.h"

/* Reads the row of a live or dead account.  Returns 1 if found, 0 if not, -1
   on error. */
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
		return err_set(err, ERR_INTERNAL,
		    "damaged key in table account");
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

/* log_seq comes right after the version byte, so the rest is not decoded. */
static int
log_seq_raise(struct batch *b, uint64_t account, struct buf *row,
    struct err *err)
{
	struct key k;
	int rc;

	key_account(&k, account);
	rc = reader_get(batch_reader(b), T_ACCOUNT, key_bytes(&k), row, err);
	if (rc <= 0)
		return rc;
	if (row->len < 9)
		return err_set(err, ERR_INTERNAL, "the row of account "
		    "%016llx is damaged", (unsigned long long)account);
	be64_put(row->data + 1, be64_get(row->data + 1) + 1);
	batch_put(b, T_ACCOUNT, key_bytes(&k), buf_view(row));
	return 0;
}

int
account_seal(struct batch *b, const uint64_t *accounts, size_t n,
    struct err *err)
{
	struct buf row = BUF_INIT;
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = log_seq_raise(b, accounts[i], &row, err);
	buf_free(&row);
	return rc;
}
