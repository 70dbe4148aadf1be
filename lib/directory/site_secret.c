/*
 * site_secret - the site's random bytes, and the keys derived from them
 */
#include <config.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/random.h"
#include "commit/database.h"
#include "segment/tables.h"
#include "directory/site_secret.h"

struct secret_op {
	struct op op;
	uint8_t secret[SITE_SECRET_LEN];
};

static enum op_result
secret_run(struct batch *b, struct op *op)
{
	struct secret_op *o = (struct secret_op *)op;
	struct buf value = BUF_INIT;
	int rc;

	buf_reserve(&value, SITE_SECRET_LEN);
	rc = reader_get(batch_reader(b), T_META, BYTES(SITE_SECRET_ROW),
	    &value, &op->err);
	if (rc == 1 && value.len != SITE_SECRET_LEN)
		rc = err_set(&op->err, ERR_INTERNAL,
		    "damaged row '" SITE_SECRET_ROW "' in table meta");
	else if (rc == 1)
		memcpy(o->secret, value.data, SITE_SECRET_LEN);
	else if (rc == 0) {
		random_bytes(o->secret, SITE_SECRET_LEN);
		batch_put(b, T_META, BYTES(SITE_SECRET_ROW),
		    bytes_make(o->secret, SITE_SECRET_LEN));
	}
	buf_wipe(&value);
	return rc == -1 ? op_fail(op) : OP_DONE;
}

int
site_secret(struct database *db, const char *purpose,
    uint8_t out[SITE_SECRET_LEN], struct err *err)
{
	struct secret_op o = { .op = { .run = secret_run } };
	struct buf info = BUF_INIT;
	unsigned n = SITE_SECRET_LEN;
	int rc;

	rc = op_submit(db, &o.op, err);
	/* The key is as long as one block of HKDF. */
	buf_str(&info, purpose);
	buf_byte(&info, 1);
	if (rc == 0 && HMAC(EVP_sha256(), o.secret, SITE_SECRET_LEN,
	    (unsigned char *)info.data, info.len, out, &n) == NULL)
		fatal("cannot compute a keyed hash");
	buf_free(&info);
	explicit_bzero(o.secret, sizeof(o.secret));
	return rc == -1 ? err_wrap(err, "reading the site's secret") : 0;
}
