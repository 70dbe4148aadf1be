/* integrity_mailbox - checks the flag pages, messages and tombstones. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/number_set.h"
#include "segment/tables.h"
#include "store/mailbox_key.h"
#include "repair/integrity-private.h"

/* What a flag page said, and how many of its messages were found. */
struct page_note {
	uint32_t page;
	uint64_t present;
	uint64_t found;			/* messages found, a bit for each */
};

struct boxcheck {
	struct integrity_account *va;
	const struct mailbox *mb;
	struct page_note *pages;	/* own; sorted by page */
	size_t npages, pages_cap, at;
	uint32_t messages, unseen, deleted, tombstones;
	uint64_t bytes;
	uint32_t expunged_last;
	/* UIDs whose records are still needed by a todo record. */
	struct number_set *purged;	/* own; one for each todo */
	size_t npurged, purged_cap;
};

#define BOX_FAULT(c, fmt, ...)                                                 \
	integrity_account_fault(                                               \
	    (c)->va, "mailbox %u: " fmt, (c)->mb->id, ##__VA_ARGS__)

/* ---- flag pages ---- */

/* The largest UID of a page that is in mask, which must not be 0. */
static uint32_t
last_uid(uint32_t page, uint64_t mask)
{
	return PAGE_UID(page, 63 - __builtin_clzll(mask));
}

static void
check_page_marks(struct boxcheck *c, uint32_t page, const struct flagpage *p)
{
	uint64_t used = flagpage_used(p);

	if (p->top > c->mb->highestmodseq)
		BOX_FAULT(c, "page %u has modseq %llu, above its highest %llu",
		    page, (unsigned long long)p->top,
		    (unsigned long long)c->mb->highestmodseq);
	if (used != 0 && last_uid(page, used) >= c->mb->uidnext)
		BOX_FAULT(c, "UID %u is not below its UIDNEXT %u",
		    last_uid(page, used), c->mb->uidnext);
	if (page == 0 && (used & 1) != 0)
		BOX_FAULT(c, "there is a UID 0");
	for (unsigned i = 0; i < p->nkeywords; i++)
		if (p->keyword[i].index >= c->mb->nkeywords)
			BOX_FAULT(c, "page %u has keyword %u of %u", page,
			    p->keyword[i].index, c->mb->nkeywords);
}

static bool
key_fits(struct boxcheck *c, enum table t, struct bytes key, size_t n)
{
	if (key.len == n)
		return true;
	BOX_FAULT(c, "table %s has a key of %zu bytes", store_tables[t].name,
	    key.len);
	return false;
}

static int
check_page(void *arg, struct bytes key, struct bytes record, struct err *err)
{
	struct boxcheck *c = arg;
	struct err why = ERR_INIT;
	struct flagpage p;
	uint64_t seen, deleted;
	uint32_t page;

	if (!key_fits(c, T_FLAGS, key, 16))
		return 0;
	page = be32_get(key.data + 12);
	if (flagpage_decode(&p, record, &why) == -1) {
		BOX_FAULT(c, "page %u: %s", page, why.text);
		return 0;
	}
	check_page_marks(c, page, &p);
	seen = p.system[__builtin_ctz(FLAG_SEEN)];
	deleted = p.system[__builtin_ctz(FLAG_DELETED)];
	c->messages += (uint32_t)__builtin_popcountll(p.present);
	c->unseen += (uint32_t)__builtin_popcountll(p.present & ~seen);
	c->deleted += (uint32_t)__builtin_popcountll(p.present & deleted);
	c->pages = integrity_grow(c->pages, c->npages, &c->pages_cap,
	    sizeof(*c->pages));
	c->pages[c->npages++] = (struct page_note){ page, p.present, 0 };
	return 0;
}

/* ---- records that todo records still need ---- */

/* Notes the UIDs that a purge of expunged messages will remove. */
static int
note_expunged(struct boxcheck *c, const struct todo *todo, struct err *err)
{
	struct buf value = BUF_INIT, ranges = BUF_INIT;
	struct err why = ERR_INIT;
	struct key k;
	int rc;

	key_mailbox_u64(&k, c->va->acc.id, c->mb->id, todo->modseq);
	rc = reader_get(c->va->v->r, T_EXPUNGED, key_bytes(&k), &value, err);
	if (rc == 1 && tombstone_row_decode(buf_view(&value), &ranges,
	    &why) == 0) {
		c->purged = integrity_grow(c->purged, c->npurged,
		    &c->purged_cap, sizeof(*c->purged));
		/* The set takes over the buffer's memory. */
		c->purged[c->npurged++] = number_set_view(&ranges);
		ranges = (struct buf)BUF_INIT;
	}
	buf_free(&value);
	buf_free(&ranges);
	return rc == -1 ? -1 : 0;
}

static int
note_todos(struct boxcheck *c, struct err *err)
{
	for (size_t i = 0; i < c->va->ntodos; i++)
		if (c->va->todos[i].kind == TODO_EXPUNGED &&
		    c->va->todos[i].todo.mbox == c->mb->id &&
		    note_expunged(c, &c->va->todos[i].todo, err) == -1)
			return -1;
	return 0;
}

/* May the record of this message remain although the message is gone? */
static bool
is_left_over(const struct boxcheck *c, uint32_t uid)
{
	for (size_t i = 0; i < c->npurged; i++)
		if (number_set_has(&c->purged[i], uid))
			return true;
	for (size_t i = 0; i < c->va->ntodos; i++) {
		const struct integrity_todo *t = &c->va->todos[i];

		if (t->kind == TODO_COPY && t->todo.mbox == c->mb->id &&
		    uid >= t->todo.first && uid <= t->todo.last)
			return true;
	}
	return false;
}

/* ---- messages ---- */

static struct page_note *
page_of(struct boxcheck *c, uint32_t uid)
{
	while (c->at < c->npages && c->pages[c->at].page < UID_PAGE(uid))
		c->at++;
	if (c->at < c->npages && c->pages[c->at].page == UID_PAGE(uid))
		return &c->pages[c->at];
	return NULL;
}

static void
check_place(struct boxcheck *c, const struct message *m)
{
	struct page_note *n = page_of(c, m->uid);
	uint64_t bit = (uint64_t)1 << UID_SLOT(m->uid);

	if (n != NULL && (n->present & bit) != 0) {
		n->found |= bit;
		c->bytes += m->size;
		if (m->thread_id == 0 || m->email_id == 0)
			BOX_FAULT(c, "message %u has no object id", m->uid);
	} else if (!is_left_over(c, m->uid))
		BOX_FAULT(c, "message %u has a record but is not present, and "
		    "no todo record purges it", m->uid);
}

int
integrity_use(struct integrity_account *va, struct bytes key,
    struct bytes value, struct message *m)
{
	struct err why = ERR_INIT;
	uint32_t uid;

	if (key.len != 16) {
		integrity_account_fault(va, "table message has a key of %zu "
		    "bytes", key.len);
		return -1;
	}
	uid = be32_get(key.data + 12);
	if (message_row_decode(value, uid, m, &why) == -1) {
		integrity_account_fault(va, "mailbox %u: message %u: %s",
		    be32_get(key.data + 8), uid, why.text);
		return -1;
	}
	va->uses = integrity_grow(va->uses, va->nuses, &va->uses_cap,
	    sizeof(*va->uses));
	va->uses[va->nuses++] = (struct body_use){ m->body, m->size };
	return 0;
}

static int
check_message(void *arg, struct bytes key, struct bytes value,
    struct err *err)
{
	struct boxcheck *c = arg;
	struct message m;

	if (integrity_use(c->va, key, value, &m) == 0)
		check_place(c, &m);
	return 0;
}

static void
check_missing(struct boxcheck *c)
{
	for (size_t i = 0; i < c->npages; i++)
		for (uint64_t m = c->pages[i].present & ~c->pages[i].found;
		    m != 0; m &= m - 1)
			BOX_FAULT(c, "message %u has no record",
			    PAGE_UID(c->pages[i].page, __builtin_ctzll(m)));
}

/* ---- tombstones ---- */

static bool
is_present(const struct boxcheck *c, uint32_t uid)
{
	size_t low = 0, high = c->npages;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (c->pages[middle].page == UID_PAGE(uid))
			return c->pages[middle].present >> UID_SLOT(uid) & 1;
		if (c->pages[middle].page < UID_PAGE(uid))
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static void
check_range(struct boxcheck *c, struct number_range r)
{
	if (r.last >= c->mb->uidnext) {
		BOX_FAULT(c, "a tombstone has UID %u, not below its UIDNEXT "
		    "%u", r.last, c->mb->uidnext);
		return;
	}
	for (uint64_t uid = r.first; uid <= r.last; uid++)
		if (is_present(c, (uint32_t)uid)) {
			BOX_FAULT(c, "message %u is present but has a "
			    "tombstone", (uint32_t)uid);
			return;
		}
}

static int
check_tombstone(void *arg, struct bytes key, struct bytes value,
    struct err *err)
{
	struct boxcheck *c = arg;
	struct buf ranges = BUF_INIT;
	struct err why = ERR_INIT;
	struct number_set set;
	uint64_t modseq;

	c->tombstones++;
	if (!key_fits(c, T_EXPUNGED, key, 20))
		return 0;
	modseq = be64_get(key.data + 12);
	if (modseq > c->mb->highestmodseq || modseq <= c->mb->purged_modseq)
		BOX_FAULT(c, "a tombstone has modseq %llu, not between %llu "
		    "and %llu", (unsigned long long)modseq,
		    (unsigned long long)c->mb->purged_modseq,
		    (unsigned long long)c->mb->highestmodseq);
	if (tombstone_row_decode(value, &ranges, &why) == -1)
		BOX_FAULT(c, "tombstone %llu: %s", (unsigned long long)modseq,
		    why.text);
	else {
		set = number_set_view(&ranges);
		for (size_t i = 0; i < set.n; i++)
			check_range(c, set.range[i]);
	}
	buf_free(&ranges);
	return 0;
}

/* ---- the whole mailbox ---- */

static void
check_count(struct boxcheck *c, const char *what, uint64_t row,
    uint64_t counted)
{
	if (row != counted)
		BOX_FAULT(c, "its row counts %llu %s, but there are %llu",
		    (unsigned long long)row, what,
		    (unsigned long long)counted);
}

static int
check_parts(struct boxcheck *c, struct err *err)
{
	static const struct {
		enum table t;
		scan_fn *check;
	} rows[] = {
		{ T_FLAGS, check_page }, { T_MESSAGE, check_message },
		{ T_EXPUNGED, check_tombstone }
	};
	struct key prefix;

	if (note_todos(c, err) == -1)
		return -1;
	key_mailbox(&prefix, c->va->acc.id, c->mb->id);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (reader_scan(c->va->v->r, rows[i].t, BYTES(""),
		    key_bytes(&prefix), rows[i].check, c, err) == -1)
			return -1;
	check_missing(c);
	check_count(c, "messages", c->mb->messages, c->messages);
	check_count(c, "unseen messages", c->mb->unseen, c->unseen);
	check_count(c, "deleted messages", c->mb->deleted, c->deleted);
	check_count(c, "bytes", c->mb->bytes, c->bytes);
	check_count(c, "tombstones", c->mb->tombstones, c->tombstones);
	return 0;
}

int
integrity_mailbox(struct integrity_account *va, const struct mailbox *mb,
    struct err *err)
{
	struct boxcheck c = { .va = va, .mb = mb };
	int rc;

	if (mb->uidvalidity == 0 || mb->uidnext == 0)
		BOX_FAULT(&c, "its UIDVALIDITY or UIDNEXT is 0");
	if (mb->first_recent_uid > mb->uidnext)
		BOX_FAULT(&c, "its first recent UID %u is above its UIDNEXT "
		    "%u", mb->first_recent_uid, mb->uidnext);
	rc = check_parts(&c, err);
	for (size_t i = 0; i < c.npurged; i++)
		free(c.purged[i].range);
	free(c.purged);
	free(c.pages);
	return rc;
}
