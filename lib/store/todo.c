/* todo - encodes, decodes and changes records of T_TODO */
#include <config.h>

#include <string.h>

#include "base/encode.h"
#include "kv/row.h"
#include "segment/tables.h"
#include "store/todo.h"

void
todo_key(struct key *k, uint64_t account, enum todo_kind kind,
    uint64_t number)
{
	key_account(k, account);
	key_u8(k, (uint8_t)kind);
	key_u64(k, number);
}

int
todo_key_parse(struct bytes key, uint64_t *account, enum todo_kind *kind,
    uint64_t *number)
{
	if (key.len != TODO_KEY_SIZE)
		return -1;
	*account = be64_get(key.data);
	*kind = (enum todo_kind)(uint8_t)key.data[8];
	*number = be64_get(key.data + 9);
	return 0;
}

bool
todo_is_range(enum todo_kind kind)
{
	return kind == TODO_SENT || kind >= TODO_RANGES;
}

static void
range_decode(struct row *r, struct todo *out)
{
	out->mbox = row_u32(r);
	out->first = row_u32(r);
	out->last = row_u32(r);
}

static void
range_encode(const struct todo *todo, struct buf *out)
{
	row_put_u32(out, todo->mbox);
	row_put_u32(out, todo->first);
	row_put_u32(out, todo->last);
}

int
todo_row_decode(enum todo_kind kind, struct bytes value, struct todo *out,
    struct err *err)
{
	struct row r;

	memset(out, 0, sizeof(*out));
	row_begin(&r, value);
	switch (kind) {
	case TODO_EXPUNGED:
		out->mbox = row_u32(&r);
		out->modseq = row_u64(&r);
		out->time = (int64_t)row_u64(&r);
		out->first = row_u32(&r);
		break;
	case TODO_MAILBOX:
		out->mbox = row_u32(&r);
		out->time = (int64_t)row_u64(&r);
		break;
	case TODO_ACCOUNT:
		out->time = (int64_t)row_u64(&r);
		break;
	case TODO_COPY:
		range_decode(&r, out);
		break;
	case TODO_BODY:
		out->body = row_u64(&r);
		out->chunks = row_u32(&r);
		break;
	default:
		if (todo_is_range(kind))
			range_decode(&r, out);
		else
			r.damaged = true;
	}
	return row_end(&r, "todo", err);
}

void
todo_row_encode(enum todo_kind kind, const struct todo *todo, struct buf *out)
{
	switch (kind) {
	case TODO_EXPUNGED:
		row_put_u32(out, todo->mbox);
		row_put_u64(out, todo->modseq);
		row_put_u64(out, (uint64_t)todo->time);
		row_put_u32(out, todo->first);
		break;
	case TODO_MAILBOX:
		row_put_u32(out, todo->mbox);
		row_put_u64(out, (uint64_t)todo->time);
		break;
	case TODO_ACCOUNT:
		row_put_u64(out, (uint64_t)todo->time);
		break;
	case TODO_BODY:
		row_put_u64(out, todo->body);
		row_put_u32(out, todo->chunks);
		break;
	default:	/* TODO_COPY and ranges */
		range_encode(todo, out);
	}
}

void
todo_update(struct batch *b, uint64_t account, enum todo_kind kind,
    uint64_t number, const struct todo *todo)
{
	struct buf value = BUF_INIT;
	struct key k;

	todo_key(&k, account, kind, number);
	todo_row_encode(kind, todo, &value);
	batch_put(b, T_TODO, key_bytes(&k), buf_view(&value));
	buf_free(&value);
}

void
todo_put(struct batch *b, uint64_t account, enum todo_kind kind,
    uint64_t number, const struct todo *todo)
{
	todo_update(b, account, kind, number, todo);
	batch_leave_work(b);
}

void
todo_del(struct batch *b, uint64_t account, enum todo_kind kind,
    uint64_t number)
{
	struct key k;

	todo_key(&k, account, kind, number);
	batch_del(b, T_TODO, key_bytes(&k));
}

/* ---- ranges ---- */

int
todo_range_get(const struct reader *r, uint64_t account, enum todo_kind kind,
    uint32_t mbox, struct todo *out, struct err *err)
{
	struct buf value = BUF_INIT;
	struct key k;
	int rc;

	todo_key(&k, account, kind, mbox);
	rc = reader_get(r, T_TODO, key_bytes(&k), &value, err);
	if (rc == 1 && todo_row_decode(kind, buf_view(&value), out,
	    err) == -1)
		rc = -1;
	buf_free(&value);
	return rc;
}

int
todo_range_add(struct batch *b, uint64_t account, enum todo_kind kind,
    const struct todo *more, struct err *err)
{
	struct todo todo;
	int rc;

	rc = todo_range_get(batch_reader(b), account, kind, more->mbox, &todo,
	    err);
	if (rc == -1)
		return -1;
	if (rc == 0)
		todo = *more;
	if (more->first < todo.first)
		todo.first = more->first;
	if (more->last > todo.last)
		todo.last = more->last;
	todo_put(b, account, kind, todo.mbox, &todo);
	return 0;
}
