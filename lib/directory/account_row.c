/* account_row - encodes and decodes the rows of accounts and logins. */
#include <config.h>

#include <string.h>

#include "kv/row.h"
#include "directory/account_row.h"

#define LOGIN_ROW_VERSION	2

enum {
	ACCOUNT_DISABLED = 1 << 0,
	ACCOUNT_DEAD = 1 << 1,
	ACCOUNT_SENT_KNOWN = 1 << 2,
	ACCOUNT_FLAGS = (1 << 3) - 1
};

static void
junk_decode(struct row *r, struct account_junk *out)
{
	uint8_t on, own;

	memset(out, 0, sizeof(*out));
	out->changes = row_u32(r);
	on = row_u8(r);
	own = row_u8(r);
	if (on > JUNK_FLAGS_YES || own >= 1 << JUNK_EXPRESSIONS)
		r->damaged = true;
	else
		out->on = on;
	for (unsigned i = 0; i < JUNK_EXPRESSIONS; i++) {
		out->is_own[i] = own >> i & 1;
		if (out->is_own[i])
			row_string(r, out->expression[i],
			    sizeof(out->expression[i]));
	}
}

static void
junk_encode(const struct account_junk *junk, struct buf *out)
{
	uint8_t own = 0;

	for (unsigned i = 0; i < JUNK_EXPRESSIONS; i++)
		own |= (uint8_t)(junk->is_own[i] << i);
	row_put_u32(out, junk->changes);
	row_put_u8(out, (uint8_t)junk->on);
	row_put_u8(out, own);
	for (unsigned i = 0; i < JUNK_EXPRESSIONS; i++)
		if (junk->is_own[i])
			row_put_string(out, bytes_of(junk->expression[i]));
}

int
account_row_decode(struct bytes value, uint64_t id, struct account *out,
    struct err *err)
{
	struct row r;
	uint8_t version, flags;

	row_begin(&r, value);
	version = row_u8(&r);
	if (version == 0 || version > ACCOUNT_ROW_VERSION)
		r.damaged = true;
	out->id = id;
	out->log_seq = row_u64(&r);
	out->used_bytes = row_u64(&r);
	out->used_messages = row_u64(&r);
	out->next_mailbox = row_u32(&r);
	out->next_body = row_u64(&r);
	out->next_uidvalidity = row_u32(&r);
	out->next_credential = row_u32(&r);
	out->next_todo = row_u64(&r);
	out->quota_bytes = row_u64(&r);
	out->quota_messages = row_u64(&r);
	flags = row_u8(&r);
	out->disabled = flags & ACCOUNT_DISABLED;
	out->dead = flags & ACCOUNT_DEAD;
	out->sent_is_known = flags & ACCOUNT_SENT_KNOWN;
	out->created = (int64_t)row_u64(&r);
	row_string(&r, out->login, sizeof(out->login));
	out->recipients_per_day = version == 1 ? 0 : row_u64(&r);
	out->first_time_per_day = version == 1 ? 0 : row_u64(&r);
	if (version < 3)
		memset(&out->junk, 0, sizeof(out->junk));
	else
		junk_decode(&r, &out->junk);
	if ((flags & ~ACCOUNT_FLAGS) != 0)
		r.damaged = true;
	return row_end(&r, "account", err);
}

void
account_row_encode(const struct account *acc, struct buf *out)
{
	row_put_u8(out, ACCOUNT_ROW_VERSION);
	row_put_u64(out, acc->log_seq);
	row_put_u64(out, acc->used_bytes);
	row_put_u64(out, acc->used_messages);
	row_put_u32(out, acc->next_mailbox);
	row_put_u64(out, acc->next_body);
	row_put_u32(out, acc->next_uidvalidity);
	row_put_u32(out, acc->next_credential);
	row_put_u64(out, acc->next_todo);
	row_put_u64(out, acc->quota_bytes);
	row_put_u64(out, acc->quota_messages);
	row_put_u8(out, (acc->disabled ? ACCOUNT_DISABLED : 0) |
	    (acc->dead ? ACCOUNT_DEAD : 0) |
	    (acc->sent_is_known ? ACCOUNT_SENT_KNOWN : 0));
	row_put_u64(out, (uint64_t)acc->created);
	row_put_string(out, bytes_of(acc->login));
	row_put_u64(out, acc->recipients_per_day);
	row_put_u64(out, acc->first_time_per_day);
	junk_encode(&acc->junk, out);
}

int
login_row_decode(struct bytes value, uint64_t *account, struct err *err)
{
	struct row r;
	uint8_t version;

	row_begin(&r, value);
	version = row_u8(&r);
	if (version == 0 || version > LOGIN_ROW_VERSION)
		r.damaged = true;
	*account = row_u64(&r);
	/* Accounts have one login. */
	if (version != 1 && row_u32(&r) != 0)
		r.damaged = true;
	return row_end(&r, "login", err);
}

void
login_row_encode(uint64_t account, struct buf *out)
{
	row_put_u8(out, LOGIN_ROW_VERSION);
	row_put_u64(out, account);
	row_put_u32(out, 0);
}
