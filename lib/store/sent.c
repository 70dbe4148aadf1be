/* sent - collects the recipients of sent mail */
#include <config.h>

#include <string.h>

#include "base/encode.h"
#include "mail/address.h"
#include "mail/header.h"
#include "commit/database.h"
#include "segment/tables.h"
#include "directory/account.h"
#include "evidence/correspondent.h"
#include "store/mailbox-private.h"
#include "store/sent.h"
#include "store/store.h"
#include "store/stored_message-private.h"
#include "store/todo.h"

/* Limits of one slice. */
#define SLICE_MESSAGES	100
#define SLICE_NAMES	1000
/* Bytes read of the header of a message; the rest is ignored. */
#define HEADER_MAX	(256 * 1024)

/* ---- the page row ---- */

static uint64_t
sent_interest(const struct page_change *c)
{
	if (c->mb->use != USE_SENT)
		return 0;
	return c->after->present & ~c->before->present;
}

const struct page_row sent_page_row = {
	.name = "sent",
	.todo = TODO_SENT,
	.interest = sent_interest
};

/* ---- reading ---- */

struct sent_name {
	struct bytes address;		/* canonical; in the slice's arena */
	int64_t time;
};

/* The data of a slice, which is read outside the committer. */
struct slice {
	struct store *s;
	uint64_t account;
	struct todo todo;
	struct arena a;
	struct buf messages;		/* own: struct message */
	struct buf names;		/* own: struct sent_name */
	uint32_t next;			/* UID to continue with */
	bool is_end;
};

static int
message_step(void *arg, const struct message *m, struct err *err)
{
	struct slice *sl = arg;

	if (m->uid > sl->todo.last)
		return 1;
	if (sl->messages.len == SLICE_MESSAGES * sizeof(*m)) {
		sl->is_end = false;
		return 1;
	}
	buf_add(&sl->messages, m, sizeof(*m));
	return 0;
}

/* Returns 1 if the record was found, 0 if not, -1 on error. */
static int
slice_begin(struct slice *sl, uint32_t mbox, struct err *err)
{
	struct kv_snap snap;
	int rc;

	if (store_snap(sl->s, &snap, err) == -1)
		return -1;
	rc = todo_range_get(&snap.reader, sl->account, TODO_SENT, mbox,
	    &sl->todo, err);
	sl->is_end = true;
	if (rc == 1 && message_each(&snap.reader, sl->account, mbox,
	    sl->todo.first, message_step, sl, err) == -1)
		rc = -1;
	kv_snap_end(&snap);
	return rc;
}

static int
body_header(struct slice *sl, uint64_t body, struct buf *out,
    struct err *err)
{
	struct body_ref ref;
	struct kv_snap snap;
	int rc;

	if (store_snap(sl->s, &snap, err) == -1)
		return -1;
	rc = body_ref_get(&snap.reader, sl->account, body, &ref, err);
	kv_snap_end(&snap);
	if (rc != 1)
		return rc;
	return body_read(sl->s, sl->account, body, 0,
	    ref.header_len < HEADER_MAX ? ref.header_len : HEADER_MAX, out,
	    err) == -1 ? -1 : 1;
}

static void
name_add(struct arena *a, const struct address_entry *e,
    struct correspondent_name *names, size_t *n)
{
	struct mail_address addr = { e->localpart, e->domain };
	struct buf text = BUF_INIT;

	if (*n == SLICE_NAMES || e->kind != ADDRESS_MAILBOX ||
	    e->localpart.len == 0 || e->domain.len == 0 ||
	    !utf8_is_valid(e->localpart) || !utf8_is_valid(e->domain) ||
	    bytes_index(e->localpart, '\0') >= 0)
		return;
	address_print(&text, &addr);
	names[*n].address = correspondent_canonical(a, buf_view(&text));
	names[(*n)++].count = 1;
	buf_free(&text);
}

static bool
is_recipients(struct bytes name)
{
	return bytes_ieq_str(name, "to") || bytes_ieq_str(name, "cc") ||
	    bytes_ieq_str(name, "bcc");
}

/* Adds the recipients in a header, each once. */
static void
header_names(struct slice *sl, struct arena *a, struct bytes header,
    int64_t time)
{
	struct correspondent_name *names = arena_array(a, SLICE_NAMES,
	    sizeof(*names));
	struct header_iter it = header_iter_of(header);
	const struct address_entry *e;
	struct sent_name name;
	struct header_field f;
	size_t n = 0;

	while (header_next(&it, &f))
		if (is_recipients(f.name))
			for (e = address_list_parse(a, f.value);
			    e != NULL; e = e->next)
				name_add(a, e, names, &n);
	n = correspondent_names_merge(names, n);
	for (size_t i = 0; i < n; i++) {
		name.address = bytes_dup(&sl->a, names[i].address);
		name.time = time;
		buf_add(&sl->names, &name, sizeof(name));
	}
}

/* Skips a message that cannot be read, for example because it was purged. */
static int
message_names(struct slice *sl, const struct message *m, struct err *err)
{
	struct buf header = BUF_INIT;
	struct arena a;
	int rc;

	arena_init(&a);
	rc = body_header(sl, m->body, &header, err);
	if (rc == 1)
		header_names(sl, &a, buf_view(&header), m->internal_date);
	buf_free(&header);
	arena_clear(&a);
	return rc == -1 && err->kind == ERR_TEMP ? -1 : 0;
}

static int
slice_read(struct slice *sl, struct err *err)
{
	struct message m;

	for (size_t i = 0; i < sl->messages.len; i += sizeof(m)) {
		memcpy(&m, sl->messages.data + i, sizeof(m));
		if (sl->names.len >= SLICE_NAMES * sizeof(struct sent_name)) {
			sl->is_end = false;
			return 0;
		}
		if (message_names(sl, &m, err) == -1)
			return -1;
		sl->next = m.uid + 1;
	}
	return 0;
}

/* ---- writing ---- */

struct sent_op {
	struct op op;
	struct slice *sl;
};

static int
names_put(struct batch *b, struct slice *sl, struct err *err)
{
	struct correspondent more = { .sent = 1 };
	struct sent_name name;

	for (size_t i = 0; i < sl->names.len; i += sizeof(name)) {
		memcpy(&name, sl->names.data + i, sizeof(name));
		more.first = more.last = name.time;
		if (correspondent_add(b, sl->account, name.address, &more,
		    err) == -1)
			return -1;
	}
	return 0;
}

static enum op_result
sent_run(struct batch *b, struct op *op)
{
	struct slice *sl = ((struct sent_op *)op)->sl;
	uint32_t mbox = sl->todo.mbox;
	struct todo now;
	int rc;

	rc = todo_range_get(batch_reader(b), sl->account, TODO_SENT, mbox,
	    &now, &op->err);
	if (rc == -1)
		return op_fail(op);
	/* The account was deleted, or another slice did the same work. */
	if (rc == 0 || now.first != sl->todo.first)
		return OP_DONE;
	if (names_put(b, sl, &op->err) == -1)
		return op_fail(op);
	now.first = sl->is_end ? sl->todo.last + 1 : sl->next;
	if (now.first > now.last || now.first == 0)
		todo_del(b, sl->account, TODO_SENT, mbox);
	else
		todo_update(b, sl->account, TODO_SENT, mbox, &now);
	return OP_DONE;
}

int
sent_work(struct store *s, uint64_t account, uint64_t number, struct err *err)
{
	struct slice sl = { .s = s, .account = account };
	struct sent_op o = { .op = { .run = sent_run, .account = account,
	    .class = OP_BACKGROUND }, .sl = &sl };
	int rc;

	arena_init(&sl.a);
	rc = slice_begin(&sl, (uint32_t)number, err);
	if (rc == 1 && slice_read(&sl, err) == -1)
		rc = -1;
	o.op.payload = sl.names.len;
	if (rc == 1 && op_submit(&s->db, &o.op, err) == -1)
		rc = -1;
	buf_free(&sl.messages);
	buf_free(&sl.names);
	arena_clear(&sl.a);
	return rc;
}

/* ---- accounts older than this feature ---- */

struct begin_op {
	struct op op;
	struct arena a;
};

static enum op_result
begin_run(struct batch *b, struct op *op)
{
	struct begin_op *o = (struct begin_op *)op;
	struct mailbox *list;
	struct account acc;
	size_t n;

	arena_clear(&o->a);
	if (account_need(b, op->account, &acc, &op->err) == -1)
		return op_fail(op);
	if (acc.sent_is_known)
		return OP_DONE;
	if (mailbox_list(batch_reader(b), acc.id, &o->a, &list, &n,
	    &op->err) == -1)
		return op_fail(op);
	for (size_t i = 0; i < n; i++) {
		struct todo all = { .mbox = list[i].id, .first = 1,
		    .last = list[i].uidnext - 1 };

		if (list[i].use == USE_SENT && all.last > 0 &&
		    todo_range_add(b, acc.id, TODO_SENT, &all,
		    &op->err) == -1)
			return op_fail(op);
	}
	acc.sent_is_known = true;
	account_put(b, &acc);
	return OP_DONE;
}

static int
note_unread(void *arg, const struct account *acc, struct err *err)
{
	if (!acc->sent_is_known)
		buf_add(arg, &acc->id, sizeof(acc->id));
	return 0;
}

int
sent_begin(struct store *s, struct err *err)
{
	struct buf ids = BUF_INIT;
	struct begin_op o;
	struct kv_snap snap;
	int rc;

	if (store_snap(s, &snap, err) == -1)
		return -1;
	rc = account_each(&snap.reader, note_unread, &ids, err);
	kv_snap_end(&snap);
	for (size_t i = 0; rc != -1 && i < ids.len; i += sizeof(uint64_t)) {
		o = (struct begin_op){ .op = { .run = begin_run,
		    .class = OP_BACKGROUND } };
		memcpy(&o.op.account, ids.data + i, sizeof(uint64_t));
		arena_init(&o.a);
		rc = op_submit(&s->db, &o.op, err);
		arena_clear(&o.a);
		/* The account was deleted meanwhile. */
		if (rc == -1 && err->code == ERR_CODE_NOT_FOUND)
			rc = 0;
	}
	buf_free(&ids);
	return rc == -1 ? -1 : 0;
}
