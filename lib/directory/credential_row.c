/*
 * credential_row - encodes and decodes the rows of credentials and secrets
 */
#include <config.h>

#include <string.h>

#include "kv/row.h"
#include "directory/credential_row.h"

#define CREDENTIAL_ROW_VERSION	2
#define SECRET_ROW_VERSION	1

/* The longest hash of version 1, including its NUL. */
#define HASH_SIZE_V1	256

void
credential_key(struct key *k, uint64_t account, uint32_t login, uint32_t id)
{
	key_account(k, account);
	key_u32(k, login);
	key_u32(k, id);
}

void
secret_key(struct key *k, uint64_t account, uint32_t login, uint32_t id,
    enum secret_kind kind)
{
	credential_key(k, account, login, id);
	key_u8(k, (uint8_t)kind);
}

int
credential_row_decode(struct bytes value, struct credential *out,
    struct err *err)
{
	struct row r;
	uint8_t kind;

	row_begin_version(&r, value, CREDENTIAL_ROW_VERSION);
	kind = row_u8(&r);
	if (kind != CREDENTIAL_MAIN && kind != CREDENTIAL_ADDITIONAL)
		r.damaged = true;
	out->kind = kind;
	out->protocols = row_u32(&r);
	out->lookup = row_u64(&r);
	out->created = (int64_t)row_u64(&r);
	out->last_used = (int64_t)row_u64(&r);
	row_string(&r, out->label, sizeof(out->label));
	return row_end(&r, "credential", err);
}

void
credential_row_encode(const struct credential *c, struct buf *out)
{
	row_put_u8(out, CREDENTIAL_ROW_VERSION);
	row_put_u8(out, (uint8_t)c->kind);
	row_put_u32(out, c->protocols);
	row_put_u64(out, c->lookup);
	row_put_u64(out, (uint64_t)c->created);
	row_put_u64(out, (uint64_t)c->last_used);
	row_put_string(out, bytes_of(c->label));
}

int
credential_row_decode_v1(struct bytes value, struct credential *out,
    struct secret *secret, struct err *err)
{
	char hash[HASH_SIZE_V1];
	struct err why = ERR_INIT;
	struct row r;
	int rc;

	row_begin_version(&r, value, 1);
	memset(out, 0, sizeof(*out));
	out->login = CREDENTIAL_LOGIN;
	out->protocols = PROTOCOL_ANY;
	out->created = (int64_t)row_u64(&r);
	out->last_used = (int64_t)row_u64(&r);
	row_string(&r, out->label, sizeof(out->label));
	row_string(&r, hash, sizeof(hash));
	out->kind = out->label[0] == '\0' ? CREDENTIAL_MAIN :
	    CREDENTIAL_ADDITIONAL;
	rc = row_end(&r, "credential", err);
	if (rc == 0 && secret_of_password(bytes_of(hash), secret, &why) == -1)
		rc = err_set(err, ERR_INTERNAL,
		    "damaged row of a credential: %s", why.text);
	explicit_bzero(hash, sizeof(hash));
	return rc;
}

/* Reads a u16 length and as many bytes, borrowed from the value. */
static struct bytes
part(struct row *r)
{
	uint16_t len = row_u16(r);

	return row_take(r, len);
}

int
secret_row_decode(struct bytes value, unsigned kind, struct secret *out,
    struct err *err)
{
	struct secret parts = { .kind = kind };
	struct bytes salt, text;
	struct err why = ERR_INIT;
	struct row r;

	row_begin_version(&r, value, SECRET_ROW_VERSION);
	parts.count = row_u32(&r);
	salt = part(&r);
	text = part(&r);
	if (row_end(&r, "secret", err) == -1)
		return -1;
	if (secret_make(&parts, salt, text, out, &why) == -1)
		return err_set(err, ERR_INTERNAL, "damaged row of a secret: %s",
		    why.text);
	return 0;
}

void
secret_row_encode(const struct secret *s, struct buf *out)
{
	row_put_u8(out, SECRET_ROW_VERSION);
	row_put_u32(out, s->count);
	row_put_string(out, secret_salt(s));
	row_put_string(out, secret_value(s));
}
