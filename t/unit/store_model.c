/* store_model - the operations of the model and their comparison. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/encode.h"
#include "directory/account.h"
#include "store_model.h"
#include "store/body.h"

/* Names that operations choose from; some are parents of others. */
static const char *const names[] = {
	"INBOX", "Archive", "Trash", "Junk", "Sent", "Drafts", "Rejects",
	"a", "a/b", "a/b/c", "a/d", "b", "b/c", "c", "Z/y", "Z"
};
#define NAMES	(sizeof(names) / sizeof(*names))
#define DEFAULTS	7

/* Large enough that copies go in slices. */
#define GROWN	2300

static uint32_t
below(struct model *m, uint32_t n)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return (uint32_t)(m->random >> 11) % n;
}

static const char *
any_name(struct model *m)
{
	/* Prefer INBOX, which is large. */
	return below(m, 3) == 0 ? names[0] : names[below(m, NAMES)];
}

/* ---- mailboxes of the model ---- */

static struct model_box *
box_find(struct model *m, const char *name)
{
	for (int i = 0; i < MODEL_BOXES; i++)
		if (m->box[i].used && strcmp(m->box[i].name, name) == 0)
			return &m->box[i];
	return NULL;
}

static struct model_box *
box_new(struct model *m, const char *name)
{
	for (int i = 0; i < MODEL_BOXES; i++)
		if (!m->box[i].used) {
			struct model_box *box = &m->box[i];

			box->used = true;
			box->uidnext = 1;
			box->n = 0;
			snprintf(box->name, sizeof(box->name), "%s", name);
			return box;
		}
	fail_msg("the model has no room for mailboxes");
	return NULL;
}

static void
box_new_tree(struct model *m, const char *name)
{
	char parent[64];

	for (const char *p = strchr(name, '/'); p != NULL;
	    p = strchr(p + 1, '/')) {
		snprintf(parent, sizeof(parent), "%.*s", (int)(p - name),
		    name);
		if (box_find(m, parent) == NULL)
			box_new(m, parent);
	}
	if (box_find(m, name) == NULL)
		box_new(m, name);
}

static bool
is_below(const char *name, const char *parent)
{
	size_t len = strlen(parent);

	return strncmp(name, parent, len) == 0 && name[len] == '/';
}

static bool
has_children(struct model *m, const char *name)
{
	for (int i = 0; i < MODEL_BOXES; i++)
		if (m->box[i].used && is_below(m->box[i].name, name))
			return true;
	return false;
}

static uint32_t
used_messages(const struct model *m)
{
	uint32_t n = 0;

	for (int i = 0; i < MODEL_BOXES; i++)
		if (m->box[i].used)
			n += m->box[i].n;
	return n;
}

void
model_init(struct model *m, uint64_t account, uint64_t seed)
{
	memset(m, 0, sizeof(*m));
	m->account = account;
	m->random = seed;
	for (size_t i = 0; i < DEFAULTS; i++)
		box_new(m, names[i]);
}

/* ---- the same on both ---- */

static void
expect(const char *what, const char *on, int rc, const struct err *err,
    enum err_code code)
{
	if (rc == -1 ? err->code != code : code != ERR_CODE_NONE)
		fail_msg("%s %s: %s, expected code %d", what, on,
		    rc == -1 ? err->text : "done", code);
}

/* The id of the mailbox in the store, or 0 if there is none. */
static uint32_t
store_mailbox(struct model *m, struct store *s, const char *name)
{
	struct err err = ERR_INIT;
	struct mailbox *mb = malloc(sizeof(*mb));
	struct kv_snap snap;
	struct arena a;
	uint32_t id = 0;

	arena_init(&a);
	assert_int_equal(store_snap(s, &snap, &err), 0);
	if (mailbox_by_name(&snap.reader, m->account, name, &a, mb,
	    &err) == 1)
		id = mb->id;
	kv_snap_end(&snap);
	arena_clear(&a);
	free(mb);
	return id;
}

static size_t
message_text(uint32_t serial, char *out, size_t size)
{
	return (size_t)snprintf(out, size, "Message-ID: <%u@x>\r\n"
	    "Subject: number %u\r\n\r\n%u %u\r\n", serial, serial % 7,
	    serial, serial * 17);
}

static void
step_append(struct model *m, struct store *s)
{
	const char *name = any_name(m);
	struct model_box *box = box_find(m, name);
	bool deliver = below(m, 2) == 0;
	struct model_message one = { 0, below(m, 32), m->serial++ };
	enum err_code code = ERR_CODE_NONE;
	char text[200];
	struct message_new new = { .system_flags = one.flags };
	struct message_added added = { .uid = 0 };
	struct err err = ERR_INIT;
	int rc;

	if (box != NULL && box->n == MODEL_MESSAGES)
		return;
	if (box == NULL && !deliver)
		code = ERR_CODE_NOT_FOUND;
	else if (m->quota != 0 && used_messages(m) >= m->quota)
		code = ERR_CODE_OVER_QUOTA;
	new.text = bytes_make(text, message_text(one.serial, text,
	    sizeof(text)));
	if (s != NULL) {
		rc = deliver ? message_deliver(s, m->account, &name, 1, &new,
		    &added, &err) : message_append(s, m->account, name, &new,
		    &added, &err);
		expect("append", name, rc, &err, code);
	}
	if (code != ERR_CODE_NONE)
		return;
	if (box == NULL) {
		box_new_tree(m, name);
		box = box_find(m, name);
	}
	/* A copy that was undone may have left a gap in the UIDs. */
	if (s != NULL && added.uid > box->uidnext && m->quota != 0)
		box->uidnext = added.uid;
	one.uid = box->uidnext++;
	if (s != NULL)
		assert_int_equal(added.uid, one.uid);
	box->m[box->n++] = one;
}

static bool
in_range(const struct model_message *one, const struct number_range *range)
{
	return one->uid >= range->first && one->uid <= range->last;
}

static struct number_range
any_range(struct model *m, const struct model_box *box, bool all)
{
	struct number_range range = { 1, UINT32_MAX };

	if (all)
		return range;
	range.first = 1 + below(m, box->uidnext);
	range.last = range.first + below(m, 30);
	return range;
}

static void
step_store(struct model *m, struct store *s)
{
	struct model_box *box = box_find(m, any_name(m));
	struct number_range range;
	struct number_set set = { &range, 1 };
	struct flags_change change = { .how = (int)below(m, 3),
	    .system = below(m, 32) };
	struct err err = ERR_INIT;
	struct arena a;

	if (box == NULL)
		return;
	range = any_range(m, box, below(m, 4) == 0);
	arena_init(&a);
	if (s != NULL && message_store(s, m->account, store_mailbox(m, s,
	    box->name), &set, &change, &a, &err) == -1)
		fail_msg("store: %s", err.text);
	arena_clear(&a);
	for (uint32_t i = 0; i < box->n; i++) {
		uint32_t *flags = &box->m[i].flags;

		if (!in_range(&box->m[i], &range))
			continue;
		if (change.how == FLAGS_SET)
			*flags = change.system;
		else if (change.how == FLAGS_ADD)
			*flags |= change.system;
		else
			*flags &= ~change.system;
	}
}

static void
box_remove(struct model_box *box, const struct number_range *range,
    uint32_t flags)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < box->n; i++)
		if (!in_range(&box->m[i], range) ||
		    (box->m[i].flags & flags) != flags)
			box->m[kept++] = box->m[i];
	box->n = kept;
}

static void
step_expunge(struct model *m, struct store *s)
{
	struct model_box *box = box_find(m, any_name(m));
	struct number_range range;
	struct number_set set = { &range, 1 };
	struct err err = ERR_INIT;
	uint32_t before;
	uint64_t n = 0;

	if (box == NULL)
		return;
	range = any_range(m, box, below(m, 3) > 0);
	if (s != NULL && message_expunge(s, m->account, store_mailbox(m, s,
	    box->name), &set, &n, &err) == -1)
		fail_msg("expunge: %s", err.text);
	before = box->n;
	box_remove(box, &range, FLAG_DELETED);
	if (s != NULL)
		assert_int_equal(n, before - box->n);
}

static uint32_t
box_count(const struct model_box *box, const struct number_range *range)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < box->n; i++)
		n += in_range(&box->m[i], range);
	return n;
}

static void
box_copy(struct model_box *from, struct model_box *to,
    const struct number_range *range, bool move)
{
	struct number_range old = *range;
	uint32_t n = from->n;

	/* A copy onto itself takes only the messages from before it. */
	if (old.last >= from->uidnext)
		old.last = from->uidnext - 1;
	for (uint32_t i = 0; i < n; i++)
		if (in_range(&from->m[i], &old)) {
			to->m[to->n] = from->m[i];
			to->m[to->n++].uid = to->uidnext++;
		}
	if (move && old.first <= old.last)
		box_remove(from, &old, 0);
}

static void
step_copy(struct model *m, struct store *s)
{
	struct model_box *from = box_find(m, any_name(m)), *to;
	const char *target = any_name(m);
	bool all = below(m, 2) == 0, move = below(m, 3) == 0;
	struct number_range range;
	struct number_set set = { &range, 1 };
	enum err_code code = ERR_CODE_NONE;
	struct message_copied out;
	struct err err = ERR_INIT;
	struct arena a;
	uint32_t n;
	int rc;

	if (from == NULL)
		return;
	range = any_range(m, from, all);
	n = box_count(from, &range);
	to = box_find(m, target);
	if (to == NULL)
		code = ERR_CODE_NOT_FOUND;
	else if (to->n + n > MODEL_MESSAGES)
		return;
	else if (!move && n > 0 && m->quota != 0 &&
	    used_messages(m) + n > m->quota)
		code = ERR_CODE_OVER_QUOTA;
	arena_init(&a);
	if (s != NULL) {
		rc = message_copy(s, m->account, &(struct message_copy){
		    .mbox = store_mailbox(m, s, from->name), .uids = &set,
		    .target = target, .move = move }, &a, &out, &err);
		expect(move ? "move to" : "copy to", target, rc, &err, code);
	}
	if (code == ERR_CODE_NONE && n > 0) {
		if (s != NULL && m->quota != 0 &&
		    out.dest.range->first > to->uidnext)
			to->uidnext = out.dest.range->first;
		if (s != NULL)
			assert_int_equal(out.dest.range->first, to->uidnext);
		box_copy(from, to, &range, move);
	}
	arena_clear(&a);
}

void
model_grow(struct model *m, struct store *s)
{
	struct number_range range = { 1, UINT32_MAX };
	struct number_set set = { &range, 1 };
	struct model_box *inbox = box_find(m, "INBOX");
	struct message_copied out;
	struct err err = ERR_INIT;
	struct arena a;

	arena_init(&a);
	while (inbox->n > 0 && inbox->n <= GROWN &&
	    (m->quota == 0 || used_messages(m) + inbox->n <= m->quota)) {
		if (message_copy(s, m->account, &(struct message_copy){
		    .mbox = store_mailbox(m, s, "INBOX"), .uids = &set,
		    .target = "INBOX" }, &a, &out,
		    &err) == -1)
			fail_msg("grow: %s", err.text);
		if (out.dest.range->first > inbox->uidnext && m->quota != 0)
			inbox->uidnext = out.dest.range->first;
		assert_int_equal(out.dest.range->first, inbox->uidnext);
		box_copy(inbox, inbox, &range, false);
	}
	arena_clear(&a);
}

static void
step_create(struct model *m, struct store *s)
{
	const char *name = any_name(m);
	enum err_code code = box_find(m, name) == NULL ? ERR_CODE_NONE :
	    ERR_CODE_EXISTS;
	struct err err = ERR_INIT;
	uint64_t id;

	if (s != NULL)
		expect("create", name, mailbox_create(s, m->account, name,
		    USE_NONE, &id, &err), &err, code);
	if (code == ERR_CODE_NONE)
		box_new_tree(m, name);
}

static void
step_delete(struct model *m, struct store *s)
{
	const char *name = any_name(m);
	struct model_box *box = box_find(m, name);
	enum err_code code = ERR_CODE_NONE;
	struct err err = ERR_INIT;

	if (strcmp(name, "INBOX") == 0)
		code = ERR_CODE_CANNOT;
	else if (box == NULL)
		code = ERR_CODE_NOT_FOUND;
	else if (has_children(m, name))
		code = ERR_CODE_IN_USE;
	if (s != NULL)
		expect("delete", name, mailbox_delete(s, m->account, name,
		    &err), &err, code);
	if (code == ERR_CODE_NONE)
		box->used = false;
}

static void
model_rename(struct model *m, const char *from, const char *to)
{
	struct number_range all = { 1, UINT32_MAX };
	char name[64];

	if (strcmp(from, "INBOX") == 0) {
		box_new_tree(m, to);
		box_copy(box_find(m, from), box_find(m, to), &all, true);
		return;
	}
	if (strrchr(to, '/') != NULL) {
		snprintf(name, sizeof(name), "%.*s",
		    (int)(strrchr(to, '/') - to), to);
		box_new_tree(m, name);
	}
	for (int i = 0; i < MODEL_BOXES; i++) {
		struct model_box *box = &m->box[i];

		if (!box->used || (strcmp(box->name, from) != 0 &&
		    !is_below(box->name, from)))
			continue;
		snprintf(name, sizeof(name), "%s%s", to,
		    box->name + strlen(from));
		memcpy(box->name, name, sizeof(name));
	}
}

static void
step_rename(struct model *m, struct store *s)
{
	const char *from = any_name(m), *to = any_name(m);
	enum err_code code = ERR_CODE_NONE;
	struct err err = ERR_INIT;

	if (strcmp(from, to) != 0 && is_below(to, from) &&
	    strcmp(from, "INBOX") != 0)
		code = ERR_CODE_CANNOT;
	else if (box_find(m, to) != NULL)
		code = ERR_CODE_EXISTS;
	else if (box_find(m, from) == NULL)
		code = ERR_CODE_NOT_FOUND;
	if (s != NULL)
		expect("rename to", to, mailbox_rename(s, m->account, from,
		    to, &err), &err, code);
	if (code == ERR_CODE_NONE)
		model_rename(m, from, to);
}

void
model_step(struct model *m, struct store *s)
{
	static void (*const steps[])(struct model *m, struct store *s) = {
		step_append, step_append, step_append, step_append,
		step_append, step_store, step_store, step_expunge, step_copy,
		step_copy, step_copy, step_create, step_delete, step_rename
	};

	steps[below(m, sizeof(steps) / sizeof(*steps))](m, s);
}

static bool
box_equal(const struct model_box *x, const struct model_box *y)
{
	return x->used == y->used && x->n == y->n &&
	    x->uidnext == y->uidnext && strcmp(x->name, y->name) == 0 &&
	    memcmp(x->m, y->m, x->n * sizeof(*x->m)) == 0;
}

/* The messages of after up to the UID, those of before above it. */
static void
box_cut(const struct model_box *before, const struct model_box *after,
    uint32_t last, struct model_box *out)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < after->n && after->m[i].uid <= last; i++)
		out->m[n++] = after->m[i];
	for (uint32_t i = 0; i < before->n; i++)
		if (before->m[i].uid > last)
			out->m[n++] = before->m[i];
	out->n = n;
}

bool
model_cut(const struct model *before, const struct model *after,
    uint32_t last, struct model *out)
{
	const struct model_box *x, *y;
	int changed = -1;

	for (int i = 0; i < MODEL_BOXES; i++) {
		if (box_equal(&before->box[i], &after->box[i]))
			continue;
		if (changed != -1)
			return false;
		changed = i;
	}
	if (changed == -1)
		return false;
	x = &before->box[changed];
	y = &after->box[changed];
	if (!x->used || !y->used || x->uidnext != y->uidnext ||
	    y->n > x->n || strcmp(x->name, y->name) != 0)
		return false;
	*out = *after;
	box_cut(x, y, last, &out->box[changed]);
	return true;
}

/* ---- comparing ---- */

/* The UID that the next addition gets. */
static uint32_t
uid_next(const struct mailbox *mb)
{
	return mb->uid_reserved > mb->uidnext ? mb->uid_reserved :
	    mb->uidnext;
}

struct look {
	const struct model_box *box;
	uint32_t seen;
	const struct model *m;
	struct store *s;
	const struct reader *r;
	struct arena *a;
	const char *differs;
};

static int
look_page(void *arg, uint32_t page, struct bytes record, struct err *err)
{
	struct look *look = arg;
	const struct model_message *one;
	struct flagpage p;
	struct msgflags flags;

	if (flagpage_decode(&p, record, err) == -1)
		return -1;
	for (uint64_t bits = p.present; bits != 0; bits &= bits - 1) {
		unsigned slot = (unsigned)__builtin_ctzll(bits);

		flagpage_get(&p, slot, &flags);
		one = &look->box->m[look->seen];
		if (look->seen == look->box->n ||
		    one->uid != PAGE_UID(page, slot) ||
		    one->flags != flags.system) {
			look->differs = arena_printf(look->a,
			    "%s: uid %u flags %x, after %u of %u messages",
			    look->box->name, PAGE_UID(page, slot),
			    flags.system, look->seen, look->box->n);
			return 1;
		}
		look->seen++;
	}
	return 0;
}

/* Compares the text of one message of the mailbox. */
static int
look_body(struct look *look, uint32_t mbox, struct err *err)
{
	const struct model_message *one;
	struct message msg;
	struct buf b = BUF_INIT;
	char text[200];
	size_t len;
	int rc;

	if (look->box->n == 0)
		return 0;
	one = &look->box->m[look->m->serial % look->box->n];
	rc = message_get(look->r, look->m->account, mbox, one->uid, &msg,
	    err);
	if (rc == 1)
		rc = body_read(look->s, look->m->account, msg.body, 0, 1000,
		    &b, err);
	len = message_text(one->serial, text, sizeof(text));
	if (rc == 0 && (b.len != len || memcmp(b.data, text, len) != 0))
		look->differs = arena_printf(look->a,
		    "%s: another text of uid %u", look->box->name, one->uid);
	buf_free(&b);
	return rc;
}

static int
look_box(struct look *look, const struct mailbox *mb, struct err *err)
{
	uint32_t unseen = 0, deleted = 0;

	look->box = box_find((struct model *)look->m, mb->name);
	look->seen = 0;
	if (look->box == NULL) {
		look->differs = arena_printf(look->a, "has mailbox %s",
		    mb->name);
		return 0;
	}
	if (flagpage_each(look->r, look->m->account, mb->id, 0, look_page,
	    look, err) == -1 || look->differs != NULL)
		return look->differs == NULL ? -1 : 0;
	for (uint32_t i = 0; i < look->box->n; i++) {
		unseen += !(look->box->m[i].flags & FLAG_SEEN);
		deleted += (look->box->m[i].flags & FLAG_DELETED) != 0;
	}
	if (look->seen != look->box->n || mb->messages != look->box->n ||
	    mb->unseen != unseen || mb->deleted != deleted ||
	    uid_next(mb) < look->box->uidnext)
		look->differs = arena_printf(look->a,
		    "%s: %u messages, not %u; or counts; uidnext %u, not %u",
		    mb->name, look->seen, look->box->n, mb->uidnext,
		    look->box->uidnext);
	return look_body(look, mb->id, err);
}

const char *
model_differs(const struct model *m, struct store *s, struct arena *a)
{
	struct err err = ERR_INIT;
	struct kv_snap snap;
	struct look look = { .m = m, .s = s, .a = a };
	struct mailbox *list;
	struct account acc;
	size_t n, boxes = 0;
	int rc;

	assert_int_equal(store_snap(s, &snap, &err), 0);
	look.r = &snap.reader;
	rc = mailbox_list(&snap.reader, m->account, a, &list, &n, &err);
	for (size_t i = 0; i < n && rc == 0 && look.differs == NULL; i++)
		rc = look_box(&look, &list[i], &err);
	if (rc == 0)
		rc = account_get(&snap.reader, m->account, &acc, &err);
	kv_snap_end(&snap);
	if (rc == -1)
		fail_msg("%s", err.text);
	for (int i = 0; i < MODEL_BOXES; i++)
		boxes += m->box[i].used;
	if (look.differs == NULL && boxes != n)
		look.differs = arena_printf(a, "%zu mailboxes, not %zu", n,
		    boxes);
	if (look.differs == NULL && acc.used_messages != used_messages(m))
		look.differs = arena_printf(a, "%llu messages used, not %u",
		    (unsigned long long)acc.used_messages, used_messages(m));
	return look.differs;
}

void
model_take_uidnext(struct model *m, struct store *s)
{
	struct err err = ERR_INIT;
	struct kv_snap snap;
	struct mailbox *list;
	struct model_box *box;
	struct arena a;
	uint32_t next;
	size_t n;

	arena_init(&a);
	assert_int_equal(store_snap(s, &snap, &err), 0);
	assert_int_equal(mailbox_list(&snap.reader, m->account, &a, &list, &n,
	    &err), 0);
	kv_snap_end(&snap);
	for (size_t i = 0; i < n; i++) {
		box = box_find(m, list[i].name);
		next = uid_next(&list[i]);
		if (box != NULL && box->uidnext < next)
			box->uidnext = next;
	}
	arena_clear(&a);
}
