/* mailbox_row - encodes and decodes the rows of mailboxes and their names */
#include <config.h>

#include "kv/row.h"
#include "store/mailbox_row.h"

#define MAILBOX_ROW_VERSION		2
#define MAILBOX_NAME_ROW_VERSION	1
#define SUBSCRIPTION_ROW_VERSION	1

#define MAILBOX_DEAD	1

static void
keywords_decode(struct row *r, struct arena *a, struct mailbox *out)
{
	char name[KEYWORD_NAME_MAX + 1];
	unsigned n = row_u16(r);

	out->nkeywords = 0;
	out->keywords = NULL;
	if (n == 0)
		return;
	if (n > KEYWORDS_MAX) {
		r->damaged = true;
		return;
	}
	out->keywords = arena_array(a, n, sizeof(*out->keywords));
	for (; out->nkeywords < n; out->nkeywords++) {
		row_string(r, name, sizeof(name));
		out->keywords[out->nkeywords] = arena_strdup(a, name);
	}
}

int
mailbox_row_decode(struct bytes value, uint32_t id, struct arena *a,
    struct mailbox *out, struct err *err)
{
	struct row r;
	uint8_t version, flags, use, meaning;

	row_begin(&r, value);
	version = row_u8(&r);
	if (version == 0 || version > MAILBOX_ROW_VERSION)
		r.damaged = true;
	flags = row_u8(&r);
	use = row_u8(&r);
	out->id = id;
	out->dead = flags & MAILBOX_DEAD;
	out->use = use;
	out->subscribed = false;
	out->uidvalidity = row_u32(&r);
	out->uidnext = row_u32(&r);
	out->first_recent_uid = row_u32(&r);
	out->uid_reserved = row_u32(&r);
	out->highestmodseq = row_u64(&r);
	out->messages = row_u32(&r);
	out->unseen = row_u32(&r);
	out->deleted = row_u32(&r);
	out->bytes = row_u64(&r);
	out->purged_modseq = row_u64(&r);
	out->tombstones = row_u32(&r);
	out->object_id = row_u64(&r);
	row_string(&r, out->name, sizeof(out->name));
	keywords_decode(&r, a, out);
	meaning = version == 1 ? MEANS_NOTHING : row_u8(&r);
	out->meaning = meaning;
	out->meaning_stamp = version == 1 ? 0 : row_u64(&r);
	if (flags > MAILBOX_DEAD || use > USE_REJECTS || out->uidnext == 0 ||
	    meaning > MEANS_NOTJUNK)
		r.damaged = true;
	return row_end(&r, "mailbox", err);
}

void
mailbox_row_encode(const struct mailbox *mb, struct buf *out)
{
	row_put_u8(out, MAILBOX_ROW_VERSION);
	row_put_u8(out, mb->dead ? MAILBOX_DEAD : 0);
	row_put_u8(out, (uint8_t)mb->use);
	row_put_u32(out, mb->uidvalidity);
	row_put_u32(out, mb->uidnext);
	row_put_u32(out, mb->first_recent_uid);
	row_put_u32(out, mb->uid_reserved);
	row_put_u64(out, mb->highestmodseq);
	row_put_u32(out, mb->messages);
	row_put_u32(out, mb->unseen);
	row_put_u32(out, mb->deleted);
	row_put_u64(out, mb->bytes);
	row_put_u64(out, mb->purged_modseq);
	row_put_u32(out, mb->tombstones);
	row_put_u64(out, mb->object_id);
	row_put_string(out, bytes_of(mb->name));
	row_put_u16(out, (uint16_t)mb->nkeywords);
	for (unsigned i = 0; i < mb->nkeywords; i++)
		row_put_string(out, bytes_of(mb->keywords[i]));
	row_put_u8(out, (uint8_t)mb->meaning);
	row_put_u64(out, mb->meaning_stamp);
}

int
mailbox_name_row_decode(struct bytes value, uint32_t *mbox, struct err *err)
{
	struct row r;

	row_begin_version(&r, value, MAILBOX_NAME_ROW_VERSION);
	*mbox = row_u32(&r);
	return row_end(&r, "mailbox name", err);
}

void
mailbox_name_row_encode(uint32_t mbox, struct buf *out)
{
	row_put_u8(out, MAILBOX_NAME_ROW_VERSION);
	row_put_u32(out, mbox);
}

int
subscription_row_decode(struct bytes value, struct err *err)
{
	struct row r;

	row_begin_version(&r, value, SUBSCRIPTION_ROW_VERSION);
	return row_end(&r, "subscription", err);
}

void
subscription_row_encode(struct buf *out)
{
	row_put_u8(out, SUBSCRIPTION_ROW_VERSION);
}
