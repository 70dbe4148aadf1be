/* request - writes and parses the frames of the store protocol. */
#include <config.h>

#include <assert.h>
#include <string.h>

#include "base/encode.h"
#include "proto/request.h"

#define FIELD_HEAD	6	/* tag and length */

static const struct request_field error_fields[] = {
	{ FIELD_ERROR_KIND, FIELD_REQUIRED },
	{ FIELD_ERROR_CODE, FIELD_REQUIRED },
	{ FIELD_ERROR_TEXT, FIELD_REQUIRED },
	{ 0, 0 }
};

static const struct request_field data_fields[] = {
	{ FIELD_DATA_BYTES, FIELD_REQUIRED },
	{ 0, 0 }
};

const char *
request_kind_name(enum request_kind kind)
{
	static const char *const names[] = {
		"?", "request", "row", "done", "error", "data"
	};

	return kind >= FRAME_REQUEST && kind <= FRAME_DATA ? names[kind] :
	    names[0];
}

/* ---- writing --------------------------------------------------------- */

void
request_frame_begin(struct request_writer *w, struct buf *out,
    enum request_kind kind, uint16_t op, uint32_t id)
{
	char head[REQUEST_FRAME_HEAD];

	w->out = out;
	w->start = out->len;
	be32_put(head, 0);	/* set by request_frame_end() */
	head[4] = REQUEST_VERSION;
	head[5] = (char)kind;
	be16_put(head + 6, op);
	be32_put(head + 8, id);
	buf_add(out, head, sizeof(head));
}

static void
field_put(struct request_writer *w, uint16_t tag, enum request_type type,
    const void *p, size_t n)
{
	const struct request_tag_row *row = request_tag_find(tag);
	char head[FIELD_HEAD];

	assert(row != NULL && row->type == type);
	assert(n <= UINT32_MAX);
	be16_put(head, tag);
	be32_put(head + 2, (uint32_t)n);
	buf_add(w->out, head, sizeof(head));
	buf_add(w->out, p, n);
}

void
request_put_u64(struct request_writer *w, uint16_t tag, uint64_t v)
{
	char value[8];

	be64_put(value, v);
	field_put(w, tag, TYPE_U64, value, sizeof(value));
}

void
request_put_time(struct request_writer *w, uint16_t tag, int64_t seconds)
{
	char value[8];

	be64_put(value, (uint64_t)seconds);
	field_put(w, tag, TYPE_TIME, value, sizeof(value));
}

void
request_put_bool(struct request_writer *w, uint16_t tag, bool v)
{
	char value = v;

	field_put(w, tag, TYPE_BOOL, &value, 1);
}

void
request_put_text(struct request_writer *w, uint16_t tag, struct bytes v)
{
	field_put(w, tag, TYPE_TEXT, v.data, v.len);
}

void
request_put_str(struct request_writer *w, uint16_t tag, const char *v)
{
	request_put_text(w, tag, bytes_of(v));
}

void
request_put_blob(struct request_writer *w, uint16_t tag, struct bytes v)
{
	field_put(w, tag, TYPE_BLOB, v.data, v.len);
}

void
request_put_cut(struct request_writer *w, uint16_t tag, struct bytes v)
{
	size_t max = request_tag_find(tag)->max;
	ptrdiff_t nul = bytes_index(v, '\0');

	if (nul >= 0)
		v.len = (size_t)nul;
	if (v.len > max)
		v.len = max;
	v.len = utf8_valid_len(v);
	request_put_text(w, tag, v);
}

int
request_frame_end(struct request_writer *w, struct err *err)
{
	size_t len = w->out->len - w->start;
	struct request_frame m;
	struct bytes frame;
	struct arena a;
	int rc;

	if (len > REQUEST_FRAME_MAX) {
		w->out->len = w->start;
		return err_set(err, ERR_SYNTAX,
		    "frame of %zu bytes exceeds the limit of %d", len,
		    REQUEST_FRAME_MAX);
	}
	be32_put(w->out->data + w->start, (uint32_t)(len - 4));
	frame = bytes_make(w->out->data + w->start, len);
	arena_init(&a);
	rc = request_frame_parse(frame, &a, &m, err);
	arena_clear(&a);
	if (rc == -1)
		w->out->len = w->start;
	return rc;
}

void
request_put_error(struct buf *out, uint16_t op, uint32_t id,
    const struct err *what)
{
	struct request_writer w;

	request_frame_begin(&w, out, FRAME_ERROR, op, id);
	request_put_u64(&w, FIELD_ERROR_KIND, what->kind);
	request_put_u64(&w, FIELD_ERROR_CODE, what->code);
	request_put_cut(&w, FIELD_ERROR_TEXT, bytes_of(what->text));
	be32_put(out->data + w.start, (uint32_t)(out->len - w.start - 4));
}

void
request_put_data(struct buf *out, uint16_t op, uint32_t id, struct bytes data)
{
	struct request_writer w;

	assert(data.len <= REQUEST_DATA_MAX);
	request_frame_begin(&w, out, FRAME_DATA, op, id);
	request_put_blob(&w, FIELD_DATA_BYTES, data);
	be32_put(out->data + w.start, (uint32_t)(out->len - w.start - 4));
}

/* ---- reading --------------------------------------------------------- */

int
request_frame_length(struct bytes in, size_t *len, struct err *err)
{
	uint32_t n;

	if (in.len < 4)
		return 0;
	n = be32_get(in.data);
	if (n < REQUEST_FRAME_HEAD - 4 || n > REQUEST_FRAME_MAX - 4)
		return err_set(err, ERR_SYNTAX,
		    "frame of length %u, expected %d to %d", n,
		    REQUEST_FRAME_HEAD - 4, REQUEST_FRAME_MAX - 4);
	if (in.len >= 5 && in.data[4] != REQUEST_VERSION)
		return err_set(err, ERR_SYNTAX,
		    "protocol version %d, expected %d",
		    (unsigned char)in.data[4], REQUEST_VERSION);
	*len = (size_t)n + 4;
	return in.len >= *len;
}

/* Returns the fields of a kind of frame of this operation, or NULL if the
   operation has no such frames. */
static const struct request_field *
fields_of(const struct request_op *op, enum request_kind kind)
{
	switch (kind) {
	case FRAME_REQUEST:
		return op->request;
	case FRAME_ROW:
		return op->row;
	case FRAME_DONE:
		return op->done;
	case FRAME_DATA:
		return op->flags == 0 ? NULL : data_fields;
	default:
		return NULL;
	}
}

/* Sets an error such as "account-set request: field 'name': why". */
static int
field_error(const struct request_frame *m, uint16_t tag, const char *why,
    struct err *err)
{
	const struct request_tag_row *row = request_tag_find(tag);
	const char *op = m->op == NULL ? "error frame" : m->op->name;

	if (row == NULL)
		return err_set(err, ERR_SYNTAX, "%s %s: field %u: %s", op,
		    request_kind_name(m->kind), tag, why);
	return err_set(err, ERR_SYNTAX, "%s %s: field '%s': %s", op,
	    request_kind_name(m->kind), row->name, why);
}

/* Returns what is wrong with a value, or NULL.  Sets its number. */
static const char *
value_check(const struct request_tag_row *row, struct request_value *v)
{
	struct bytes b = v->bytes;

	switch (row->type) {
	case TYPE_U64:
	case TYPE_TIME:
		if (b.len != 8)
			return "is not 8 bytes";
		v->number = be64_get(b.data);
		return NULL;
	case TYPE_BOOL:
		if (b.len != 1 || (unsigned char)b.data[0] > 1)
			return "is not one byte 0 or 1";
		v->number = (uint64_t)b.data[0];
		return NULL;
	case TYPE_TEXT:
		if (b.len > row->max)
			return "is too long";
		if (!utf8_is_valid(b))
			return "is not UTF-8";
		return bytes_index(b, '\0') != -1 ? "contains a NUL" : NULL;
	default:
		return b.len > row->max ? "is too long" : NULL;
	}
}

/* Returns the index of a tag in a list of fields, or -1. */
static int
field_index(const struct request_field *fields, uint16_t tag)
{
	for (int i = 0; fields[i].tag != 0; i++)
		if (fields[i].tag == tag)
			return i;
	return -1;
}

static int
value_accept(struct request_frame *m, const struct request_field *fields,
    uint64_t *seen, struct request_value *v, struct arena *arena,
    struct err *err)
{
	const struct request_tag_row *row;
	const char *why;
	int i = field_index(fields, v->tag);

	if (i == -1)
		return field_error(m, v->tag, "is not allowed here", err);
	if ((*seen >> i & 1) != 0 && fields[i].use != FIELD_REPEATED)
		return field_error(m, v->tag, "is repeated", err);
	*seen |= (uint64_t)1 << i;
	row = request_tag_find(v->tag);
	assert(row != NULL);
	if ((why = value_check(row, v)) != NULL)
		return field_error(m, v->tag, why, err);
	if (row->type == TYPE_TEXT)
		v->bytes.data = arena_memdup(arena, v->bytes.data,
		    v->bytes.len);
	return 0;
}

/* Returns the number of fields, or -1 if their lengths are wrong. */
static ptrdiff_t
fields_count(struct bytes in, struct err *err)
{
	size_t n = 0, pos = 0;
	uint32_t len;

	while (pos < in.len) {
		if (in.len - pos < FIELD_HEAD)
			return err_set(err, ERR_SYNTAX,
			    "field cut short at byte %zu", pos);
		len = be32_get(in.data + pos + 2);
		pos += FIELD_HEAD;
		if (len > in.len - pos)
			return err_set(err, ERR_SYNTAX,
			    "field of %u bytes at byte %zu is longer than its "
			    "frame", len, pos);
		pos += len;
		if (++n > REQUEST_FIELDS_MAX)
			return err_set(err, ERR_SYNTAX,
			    "more than %d fields", REQUEST_FIELDS_MAX);
	}
	return (ptrdiff_t)n;
}

static int
fields_parse(struct request_frame *m, const struct request_field *fields,
    struct bytes in, struct arena *arena, struct err *err)
{
	ptrdiff_t n = fields_count(in, err);
	struct request_value *v;
	uint64_t seen = 0;

	if (n == -1)
		return err_wrap(err, "%s", request_kind_name(m->kind));
	m->values = arena_array(arena, (size_t)n, sizeof(*m->values));
	while (in.len > 0) {
		v = &m->values[m->n++];
		v->tag = be16_get(in.data);
		v->bytes = bytes_make(in.data + FIELD_HEAD,
		    be32_get(in.data + 2));
		in = bytes_make(v->bytes.data + v->bytes.len,
		    in.len - FIELD_HEAD - v->bytes.len);
		if (value_accept(m, fields, &seen, v, arena, err) == -1)
			return -1;
	}
	for (int i = 0; fields[i].tag != 0; i++)
		if (fields[i].use == FIELD_REQUIRED && (seen >> i & 1) == 0)
			return field_error(m, fields[i].tag, "is missing",
			    err);
	return 0;
}

int
request_frame_parse(struct bytes frame, struct arena *arena,
    struct request_frame *out, struct err *err)
{
	const struct request_field *fields = error_fields;
	size_t len;

	memset(out, 0, sizeof(*out));
	if (frame.len >= REQUEST_FRAME_HEAD) {
		out->kind = (unsigned char)frame.data[5];
		out->op_number = be16_get(frame.data + 6);
		out->id = be32_get(frame.data + 8);
		out->op = request_op_find(out->op_number);
	}
	switch (request_frame_length(frame, &len, err)) {
	case 1:
		if (len == frame.len)
			break;
		/* FALLTHROUGH */
	case 0:
		return err_set(err, ERR_SYNTAX,
		    "frame does not have the length in its header");
	default:
		return -1;
	}
	/* An ERROR may have an operation that its receiver does not know. */
	if (out->kind != FRAME_ERROR) {
		if (out->op == NULL)
			return err_set(err, ERR_SYNTAX, "unknown operation %u",
			    out->op_number);
		fields = fields_of(out->op, out->kind);
		if (fields == NULL)
			return err_set(err, ERR_SYNTAX,
			    "%s: unexpected frame of kind %u", out->op->name,
			    out->kind);
	}
	return fields_parse(out, fields, bytes_make(frame.data +
	    REQUEST_FRAME_HEAD, frame.len - REQUEST_FRAME_HEAD), arena, err);
}

const struct request_value *
request_next_value(const struct request_frame *m, uint16_t tag,
    const struct request_value *prev)
{
	for (size_t i = prev == NULL ? 0 : (size_t)(prev - m->values) + 1;
	    i < m->n; i++)
		if (m->values[i].tag == tag)
			return &m->values[i];
	return NULL;
}

bool
request_has(const struct request_frame *m, uint16_t tag)
{
	return request_next_value(m, tag, NULL) != NULL;
}

uint64_t
request_u64(const struct request_frame *m, uint16_t tag, uint64_t otherwise)
{
	const struct request_value *v = request_next_value(m, tag, NULL);

	return v == NULL ? otherwise : v->number;
}

bool
request_bool(const struct request_frame *m, uint16_t tag)
{
	return request_u64(m, tag, 0) != 0;
}

int64_t
request_time(const struct request_frame *m, uint16_t tag, int64_t otherwise)
{
	return (int64_t)request_u64(m, tag, (uint64_t)otherwise);
}

struct bytes
request_bytes(const struct request_frame *m, uint16_t tag)
{
	const struct request_value *v = request_next_value(m, tag, NULL);

	return v == NULL ? bytes_make(NULL, 0) : v->bytes;
}

const char *
request_str(const struct request_frame *m, uint16_t tag)
{
	return request_bytes(m, tag).data;
}

int
request_error_get(const struct request_frame *m, struct err *err)
{
	uint64_t kind = request_u64(m, FIELD_ERROR_KIND, ERR_INTERNAL);
	uint64_t code = request_u64(m, FIELD_ERROR_CODE, ERR_CODE_NONE);
	const char *text = request_str(m, FIELD_ERROR_TEXT);

	if (kind == ERR_NONE || kind > ERR_INTERNAL)
		kind = ERR_INTERNAL;
	return err_code(err, (enum err_kind)kind,
	    code > ERR_CODE_BUSY ? ERR_CODE_NONE : (enum err_code)code, "%s",
	    text == NULL ? "" : text);
}
