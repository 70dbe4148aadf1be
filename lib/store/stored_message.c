/* stored_message - reads and writes rows of messages, UIDs and flags */
#include <config.h>

#include <string.h>

#include "base/encode.h"
#include "segment/tables.h"
#include "store/mailbox_key.h"
#include "store/stored_message-private.h"

int
message_get(const struct reader *r, uint64_t account, uint32_t mbox,
    uint32_t uid, struct message *out, struct err *err)
{
	struct key k;
	struct buf value = BUF_INIT;
	int rc;

	key_mailbox_u32(&k, account, mbox, uid);
	rc = reader_get(r, T_MESSAGE, key_bytes(&k), &value, err);
	if (rc == 1 && message_row_decode(buf_view(&value), uid, out,
	    err) == -1)
		rc = -1;
	buf_free(&value);
	return rc;
}

void
message_put(struct batch *b, uint64_t account, uint32_t mbox,
    const struct message *m)
{
	struct key k;
	struct buf value = BUF_INIT;

	key_mailbox_u32(&k, account, mbox, m->uid);
	message_row_encode(m, &value);
	batch_put(b, T_MESSAGE, key_bytes(&k), buf_view(&value));
	buf_free(&value);
}

struct message_walk {
	int (*fn)(void *arg, const struct message *m, struct err *err);
	void *arg;
};

static int
message_step(void *arg, struct bytes key, struct bytes value,
    struct err *err)
{
	struct message_walk *walk = arg;
	struct message m;

	if (key.len != 16)
		return err_set(err, ERR_INTERNAL, "damaged key of a message");
	if (message_row_decode(value, be32_get(key.data + 12), &m, err) == -1)
		return -1;
	return walk->fn(walk->arg, &m, err);
}

int
message_each(const struct reader *r, uint64_t account, uint32_t mbox,
    uint32_t from, int (*fn)(void *arg, const struct message *m,
    struct err *err), void *arg, struct err *err)
{
	struct message_walk walk = { fn, arg };
	struct key first, prefix;

	key_mailbox_u32(&first, account, mbox, from);
	key_mailbox(&prefix, account, mbox);
	return reader_scan(r, T_MESSAGE, key_bytes(&first),
	    key_bytes(&prefix), message_step, &walk, err);
}

/* ---- messages of a set ---- */

/* Up to this many records of a range are read one by one; a scan costs about
   as much. */
#define FEW	4
/* Records in gaps up to this size between ranges are read and ignored. */
#define GAP	8

struct set_walk {
	struct number_set part;	/* ranges read in one go */
	int (*fn)(void *arg, const struct message *m, struct err *err);
	void *arg;
	bool stopped;		/* by fn */
};

static uint32_t
part_last(const struct number_set *part)
{
	return part->range[part->n - 1].last;
}

static int
set_step(void *arg, struct bytes key, struct bytes value,
    struct err *err)
{
	struct set_walk *walk = arg;
	struct message m;
	uint32_t uid;
	int rc;

	if (key.len != 16)
		return err_set(err, ERR_INTERNAL, "damaged key of a message");
	uid = be32_get(key.data + 12);
	if (uid > part_last(&walk->part))
		return 1;
	if (!number_set_has(&walk->part, uid))
		return 0;
	if (message_row_decode(value, uid, &m, err) == -1)
		return -1;
	rc = walk->fn(walk->arg, &m, err);
	walk->stopped = rc == 1;
	return rc;
}

static int
messages_get(struct set_walk *walk, const struct reader *r,
    uint64_t account, uint32_t mbox, struct err *err)
{
	struct message m;
	int rc;

	for (uint64_t uid = walk->part.range[0].first;
	    uid <= part_last(&walk->part); uid++) {
		if (!number_set_has(&walk->part, (uint32_t)uid))
			continue;
		rc = message_get(r, account, mbox, (uint32_t)uid, &m, err);
		if (rc == 1)
			rc = walk->fn(walk->arg, &m, err);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int
messages_scan(struct set_walk *walk, const struct reader *r,
    uint64_t account, uint32_t mbox, struct err *err)
{
	struct key from, prefix;
	int rc;

	key_mailbox(&prefix, account, mbox);
	key_mailbox_u32(&from, account, mbox, walk->part.range[0].first);
	rc = reader_scan(r, T_MESSAGE, key_bytes(&from), key_bytes(&prefix),
	    set_step, walk, err);
	return rc == -1 ? -1 : walk->stopped;
}

int
message_each_in(const struct reader *r, uint64_t account, uint32_t mbox,
    const struct number_set *set,
    int (*fn)(void *arg, const struct message *m, struct err *err),
    void *arg, struct err *err)
{
	struct set_walk walk = { .fn = fn, .arg = arg };
	size_t n;
	int rc = 0;

	for (size_t i = 0; i < set->n && rc == 0; i += n) {
		for (n = 1; i + n < set->n && set->range[i + n].first -
		    set->range[i + n - 1].last <= GAP; n++)
			;
		walk.part.range = &set->range[i];
		walk.part.n = n;
		if (part_last(&walk.part) - set->range[i].first < FEW)
			rc = messages_get(&walk, r, account, mbox, err);
		else
			rc = messages_scan(&walk, r, account, mbox, err);
	}
	return rc;
}

/* ---- additions ---- */

int
mailbox_next_uid(struct mailbox *mb, uint32_t *uid, struct err *err)
{
	if (mb->uid_reserved > mb->uidnext)
		mb->uidnext = mb->uid_reserved;
	mb->uid_reserved = 0;
	if (mb->uidnext == UINT32_MAX)
		return err_code(err, ERR_REFUSED, ERR_CODE_LIMIT,
		    "mailbox '%s' has no UIDs left", mb->name);
	*uid = mb->uidnext++;
	return 0;
}

/* Returns the index of a keyword, or -1 if the mailbox does not have it. */
static int
keyword_find(const struct mailbox *mb, struct bytes keyword)
{
	for (unsigned i = 0; i < mb->nkeywords; i++)
		if (bytes_ieq_str(keyword, mb->keywords[i]))
			return (int)i;
	return -1;
}

int
mailbox_flags(struct store *s, struct arena *a, struct mailbox *mb,
    const struct named_flags *named, struct msgflags *flags, struct err *err)
{
	unsigned index;
	int found;

	memset(flags, 0, sizeof(*flags));
	flags->system = named->system & FLAG_SYSTEM_ALL;
	for (size_t i = 0; i < named->nkeywords; i++) {
		found = keyword_find(mb, named->keywords[i]);
		if (found == -1 && !named->make)
			continue;
		index = (unsigned)found;
		if (found == -1 && mailbox_keyword(s, a, mb,
		    named->keywords[i], &index, err) == -1)
			return -1;
		msgflags_set_keyword(flags, index);
	}
	return 0;
}

/* ---- bodies' references ---- */
