/* login_name - reads, claims and releases login names. */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <uninorm.h>

#include "base/encode.h"
#include "commit/database.h"
#include "segment/tables.h"
#include "directory/account.h"
#include "directory/login_name.h"

int
login_canonical(struct bytes login, char out[LOGIN_MAX + 1], struct err *err)
{
	uint8_t *folded;
	size_t len = 0;
	bool ok;

	if (login.len == 0 || login.len > LOGIN_MAX ||
	    !utf8_is_valid(login))
		return err_set(err, ERR_SYNTAX,
		    "a login must be 1 to %d bytes of UTF-8", LOGIN_MAX);
	for (size_t i = 0; i < login.len; i++)
		if ((unsigned char)login.data[i] <= ' ' ||
		    login.data[i] == 0x7f)
			return err_set(err, ERR_SYNTAX,
			    "a login must not contain spaces or control "
			    "characters");
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

/* Reads the login row, valid or not.  Returns 1 if found, 0 if not, -1. */
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

/* Finds the live account of a login in canonical form. */
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

struct login_op {
	struct op op;
	const char *login;
	uint64_t id;
};

/* Gives the name to the account; it holds once the account has that login. */
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
		    "account '%s' already exists", o->login);
	login_row_encode(o->id, &value);
	batch_put(b, T_LOGIN, bytes_of(o->login), buf_view(&value));
	buf_free(&value);
	return OP_DONE;
}

/* Deletes the row if it still belongs to this account. */
static enum op_result
login_release_run(struct batch *b, struct op *op)
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
login_submit(struct database *db,
    enum op_result (*run)(struct batch *b, struct op *op), const char *login,
    uint64_t id, struct err *err)
{
	struct login_op o = { .op = { .run = run }, .login = login, .id = id };

	return op_submit(db, &o.op, err);
}

int
login_claim(struct database *db, const char *login, uint64_t id,
    struct err *err)
{
	return login_submit(db, login_claim_run, login, id, err);
}

int
login_release(struct database *db, const char *login, uint64_t id,
    struct err *err)
{
	return login_submit(db, login_release_run, login, id, err);
}

int
login_check(struct batch *b, const char *login, uint64_t id, struct err *err)
{
	uint64_t owner;
	int rc;

	rc = login_read(batch_reader(b), login, &owner, err);
	if (rc != -1 && (rc == 0 || owner != id))
		return err_code(err, ERR_REFUSED, ERR_CODE_EXISTS,
		    "account '%s' already exists", login);
	return rc == -1 ? -1 : 0;
}
