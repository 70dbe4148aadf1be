/* The store protocol: its tables, its frames, and what it refuses. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/encode.h"
#include "proto/request.h"

/* ---- the tables ------------------------------------------------------ */

static void
tags_are_consistent(void **state)
{
	for (const struct request_tag_row *t = request_tags; t->tag != 0; t++) {
		assert_ptr_equal(request_tag_find(t->tag), t);
		assert_non_null(t->name);
		assert_true(t->max < REQUEST_FRAME_MAX);
		assert_int_equal(t->max > 0,
		    t->type == TYPE_TEXT || t->type == TYPE_BLOB);
		for (const struct request_tag_row *u = t + 1; u->tag != 0; u++)
			assert_string_not_equal(t->name, u->name);
	}
	assert_null(request_tag_find(0));
	assert_null(request_tag_find(9999));
}

/* Each field has its own tag; all required fields together fit into a frame. */
static void
fields_check(const struct request_field *fields)
{
	size_t size = REQUEST_FRAME_HEAD, n = 0;
	const struct request_tag_row *row;

	for (const struct request_field *f = fields; f->tag != 0; f++) {
		assert_non_null(row = request_tag_find(f->tag));
		size += 6 + (row->max == 0 ? 8 : row->max);
		for (const struct request_field *g = f + 1; g->tag != 0; g++)
			assert_int_not_equal(f->tag, g->tag);
		n++;
	}
	assert_true(n < 64);
	assert_true(size < REQUEST_FRAME_MAX);
}

static void
operations_are_consistent(void **state)
{
	for (const struct request_op *op = request_ops; op->number != 0; op++) {
		assert_ptr_equal(request_op_find(op->number), op);
		for (const struct request_op *o = op + 1; o->number != 0; o++)
			assert_string_not_equal(op->name, o->name);
		assert_true(op->roles != 0);
		assert_int_equal(op->roles & ~(unsigned)(ROLE_MILTER |
		    ROLE_ROUTER | ROLE_WEB | ROLE_ADMIN), 0);
		assert_true(strlen(op->help) > 10);
		fields_check(op->request);
		fields_check(op->done);
		if (op->row != NULL)
			fields_check(op->row);
	}
	assert_null(request_op_find(0));
	assert_null(request_op_find(9999));
	assert_string_equal(request_role_name(ROLE_WEB), "web");
	assert_null(request_role_name(3));
	assert_string_equal(request_kind_name(FRAME_REQUEST), "request");
	assert_string_equal(request_kind_name(FRAME_DATA), "data");
	assert_string_equal(request_kind_name(0), "?");
	assert_string_equal(request_kind_name(6), "?");
	assert_string_equal(request_type_name(TYPE_BLOB), "blob");
}

static void
data_is_bounded_by_its_operation(void **state)
{
	const struct {
		uint16_t op;
		size_t max;
	} rows[] = {
		{ REQUEST_IMPORT, REQUEST_IMPORT_MAX },
		{ REQUEST_JUDGE, REQUEST_FEATURES_MAX },
		{ REQUEST_MESSAGE_GET, 0 },
		{ REQUEST_STAT, 0 }
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(request_data_max(request_op_find(
		    rows[i].op)), rows[i].max);
}

/* ---- every frame there is -------------------------------------------- */

/* The value depends on the position, so that each differs. */
static void
field_put(struct request_writer *w, uint16_t tag, unsigned i)
{
	char text[32];

	switch (request_tag_find(tag)->type) {
	case TYPE_U64:
		request_put_u64(w, tag, 1000 + i);
		break;
	case TYPE_TIME:
		request_put_time(w, tag, -(int64_t)i);
		break;
	case TYPE_BOOL:
		request_put_bool(w, tag, i % 2);
		break;
	case TYPE_TEXT:
		(void)snprintf(text, sizeof(text), "text %u \xc3\xa9", i);
		request_put_str(w, tag, text);
		break;
	default:
		request_put_blob(w, tag, bytes_make("\0\xff", 2));
	}
}

static void
field_verify(const struct request_frame *m, uint16_t tag, unsigned i)
{
	char text[32];

	switch (request_tag_find(tag)->type) {
	case TYPE_U64:
		assert_true(request_u64(m, tag, 0) == 1000 + i);
		break;
	case TYPE_TIME:
		assert_true(request_time(m, tag, 77) == -(int64_t)i);
		break;
	case TYPE_BOOL:
		assert_int_equal(request_bool(m, tag), i % 2);
		break;
	case TYPE_TEXT:
		(void)snprintf(text, sizeof(text), "text %u \xc3\xa9", i);
		assert_string_equal(request_str(m, tag), text);
		break;
	default:
		assert_true(bytes_eq(request_bytes(m, tag),
		    bytes_make("\0\xff", 2)));
	}
}

/* Makes the frame without its i-th field (with all fields if i is n). */
static int
frame_without(const struct request_op *op, enum request_kind kind,
    const struct request_field *fields, unsigned without, bool twice,
    struct buf *out, struct err *err)
{
	struct request_writer w;

	request_frame_begin(&w, out, kind, op->number, 7);
	for (unsigned i = 0; fields[i].tag != 0; i++) {
		if (i != without || twice)
			field_put(&w, fields[i].tag, i);
		if (i == without && twice)
			field_put(&w, fields[i].tag, i);
	}
	return request_frame_end(&w, err);
}

static void
frame_try(const struct request_op *op, enum request_kind kind,
    const struct request_field *fields)
{
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	struct request_frame m;
	unsigned n = 0;
	struct arena a;
	int rc;

	arena_init(&a);
	while (fields[n].tag != 0)
		n++;
	assert_int_equal(frame_without(op, kind, fields, n, false, &out,
	    &err), 0);
	assert_int_equal(request_frame_parse(buf_view(&out), &a, &m, &err), 0);
	assert_int_equal(m.kind, kind);
	assert_ptr_equal(m.op, op);
	assert_int_equal(m.id, 7);
	assert_int_equal(m.n, n);
	for (unsigned i = 0; i < n; i++)
		field_verify(&m, fields[i].tag, i);
	for (unsigned i = 0; i < n; i++) {
		buf_clear(&out);
		rc = frame_without(op, kind, fields, i, false, &out, &err);
		assert_int_equal(rc, fields[i].use == FIELD_REQUIRED ? -1 : 0);
		if (rc == -1) {
			assert_int_equal(err.kind, ERR_SYNTAX);
			assert_non_null(strstr(err.text, op->name));
			assert_non_null(strstr(err.text,
			    request_tag_find(fields[i].tag)->name));
			assert_non_null(strstr(err.text, "is missing"));
			assert_int_equal(out.len, 0);
		}
		buf_clear(&out);
		rc = frame_without(op, kind, fields, i, true, &out, &err);
		assert_int_equal(rc, fields[i].use == FIELD_REPEATED ? 0 : -1);
		if (rc == -1)
			assert_non_null(strstr(err.text, "is repeated"));
	}
	buf_free(&out);
	arena_clear(&a);
}

static void
every_frame_goes_both_ways(void **state)
{
	for (const struct request_op *op = request_ops; op->number != 0; op++) {
		frame_try(op, FRAME_REQUEST, op->request);
		frame_try(op, FRAME_DONE, op->done);
		if (op->row != NULL)
			frame_try(op, FRAME_ROW, op->row);
	}
}

/* ---- what is refused ------------------------------------------------- */

/* Makes a frame whose fields are given as bytes. */
static void
raw_frame(struct buf *out, uint8_t kind, uint16_t op, const char *fields,
    size_t len)
{
	struct request_writer w;

	request_frame_begin(&w, out, kind, op, 9);
	buf_add(out, fields, len);
	be32_put(out->data + w.start, (uint32_t)(out->len - w.start - 4));
}

#define RAW(kind, op, fields, text) \
	{ kind, op, fields, sizeof(fields) - 1, text }
#define ACC	"\0\x1e\0\0\0\1x"	/* account = "x" */

static const struct {
	uint8_t kind;
	uint16_t op;
	const char *fields;
	size_t len;
	const char *text;
} bad_rows[] = {
	RAW(FRAME_REQUEST, 999, "", "unknown operation 999"),
	RAW(0, 4, "", "account-get: unexpected frame of kind 0"),
	RAW(6, 4, "", "account-get: unexpected frame of kind 6"),
	RAW(FRAME_ROW, 4, "", "account-get: unexpected frame of kind 2"),
	RAW(FRAME_DATA, 4, "", "account-get: unexpected frame of kind 5"),
	RAW(FRAME_REQUEST, 4, "", "account-get request: field 'account': "
	    "is missing"),
	RAW(FRAME_REQUEST, 4, ACC ACC, "account-get request: field "
	    "'account': is repeated"),
	RAW(FRAME_REQUEST, 4, ACC "\0\x0a\0\0\0\1x", "account-get request: "
	    "field 'name': is not allowed here"),
	RAW(FRAME_REQUEST, 4, ACC "\x27\x0f\0\0\0\1x", "account-get request: "
	    "field 9999: is not allowed here"),
	RAW(FRAME_REQUEST, 4, "\0\x1e\0\0\0\1\xff", "account-get request: "
	    "field 'account': is not UTF-8"),
	RAW(FRAME_REQUEST, 4, "\0\x1e\0\0\0\3a\0b", "account-get request: "
	    "field 'account': contains a NUL"),
	RAW(FRAME_REQUEST, 4, "\0\x1e\0\0\0\2x", "request: field of 2 bytes "
	    "at byte 6 is longer than its frame"),
	RAW(FRAME_REQUEST, 4, "\0\x1e\xff\xff\xff\xffx", "request: field of "
	    "4294967295 bytes at byte 6 is longer than its frame"),
	RAW(FRAME_REQUEST, 4, ACC "\0\x1e\0\0\0", "request: field cut short "
	    "at byte 7"),
	RAW(FRAME_REQUEST, 60, ACC "\0\x3c\0\0\0\1x" "\0\x47\0\0\0\1x",
	    "message-list request: field 'uid': is not 8 bytes"),
	RAW(FRAME_REQUEST, 10, "\0\x28\0\0\0\1x" "\0\x2a\0\0\0\1\2",
	    "domain-create request: field 'case-sensitive': is not one byte "
	    "0 or 1"),
	RAW(FRAME_ERROR, 999, "", "error frame error: field 'error-kind': "
	    "is missing"),
};

static void
bad_frames_are_named(void **state)
{
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	struct request_frame m;
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < sizeof(bad_rows) / sizeof(*bad_rows); i++) {
		buf_clear(&out);
		raw_frame(&out, bad_rows[i].kind, bad_rows[i].op,
		    bad_rows[i].fields, bad_rows[i].len);
		assert_int_equal(request_frame_parse(buf_view(&out), &a, &m,
		    &err), -1);
		assert_int_equal(err.kind, ERR_SYNTAX);
		assert_string_equal(err.text, bad_rows[i].text);
		assert_int_equal(m.id, 9);
		assert_int_equal(m.op_number, bad_rows[i].op);
	}
	arena_clear(&a);
	buf_free(&out);
}

/* Each text and blob at its limit and one byte above it, in some frame. */
static void
values_are_bounded(void **state)
{
	char *big = malloc(REQUEST_FRAME_MAX);
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	struct request_writer w;

	assert_non_null(big);
	memset(big, 'x', REQUEST_FRAME_MAX);
	for (int more = 0; more < 2; more++) {
		request_frame_begin(&w, &out, FRAME_REQUEST,
		    REQUEST_ACCOUNT_GET, 1);
		request_put_text(&w, FIELD_ACCOUNT,
		    bytes_make(big, REQUEST_LOGIN_MAX + (size_t)more));
		assert_int_equal(request_frame_end(&w, &err), -more);

		request_frame_begin(&w, &out, FRAME_REQUEST, REQUEST_JUDGE, 1);
		request_put_blob(&w, FIELD_ORIGIN, BYTES("x"));
		request_put_u64(&w, FIELD_SIZE, 1);
		request_put_blob(&w, FIELD_HEADER,
		    bytes_make(big, REQUEST_HEADER_MAX + (size_t)more));
		assert_int_equal(request_frame_end(&w, &err), -more);
	}
	assert_string_equal(err.text, "judge request: field 'header': is too "
	    "long");
	buf_clear(&out);
	request_frame_begin(&w, &out, FRAME_ROW, REQUEST_EXPORT, 1);
	for (int i = 0; i < 40; i++)
		request_put_text(&w, FIELD_LINE,
		    bytes_make(big, REQUEST_LINE_MAX));
	assert_int_equal(request_frame_end(&w, &err), -1);
	assert_int_equal(out.len, 0);
	request_frame_begin(&w, &out, FRAME_ROW, REQUEST_EXPORT, 1);
	for (int i = 0; i <= REQUEST_FIELDS_MAX; i++)
		request_put_str(&w, FIELD_LINE, "");
	assert_int_equal(request_frame_end(&w, &err), -1);
	assert_string_equal(err.text, "row: more than 4096 fields");
	buf_free(&out);
	free(big);
}

static void
repeated_fields_keep_their_order(void **state)
{
	static const char *const lines[] = { "a", "", "c" };
	const struct request_value *v = NULL;
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	struct request_frame m;
	struct request_writer w;
	struct arena a;

	arena_init(&a);
	request_frame_begin(&w, &out, FRAME_ROW, REQUEST_EXPORT, 1);
	for (int i = 0; i < 3; i++)
		request_put_str(&w, FIELD_LINE, lines[i]);
	assert_int_equal(request_frame_end(&w, &err), 0);
	assert_int_equal(request_frame_parse(buf_view(&out), &a, &m, &err), 0);
	for (int i = 0; i < 3; i++) {
		assert_non_null(v = request_next_value(&m, FIELD_LINE, v));
		assert_string_equal(v->bytes.data, lines[i]);
	}
	assert_null(request_next_value(&m, FIELD_LINE, v));
	assert_false(request_has(&m, FIELD_NAME));
	assert_null(request_str(&m, FIELD_NAME));
	assert_true(request_u64(&m, FIELD_COUNT, 5) == 5);
	arena_clear(&a);
	buf_free(&out);
}

static void
errors_travel(void **state)
{
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT, got = ERR_INIT;
	struct request_frame m;
	struct arena a;

	arena_init(&a);
	(void)err_code(&err, ERR_REFUSED, ERR_CODE_EXISTS, "account '%s' is "
	    "there already", "x");
	request_put_error(&out, 999, 5, &err);
	assert_int_equal(request_frame_parse(buf_view(&out), &a, &m, &got), 0);
	assert_int_equal(m.kind, FRAME_ERROR);
	assert_null(m.op);
	assert_int_equal(request_error_get(&m, &got), -1);
	assert_int_equal(got.kind, ERR_REFUSED);
	assert_int_equal(got.code, ERR_CODE_EXISTS);
	assert_string_equal(got.text, err.text);

	/* A text that is cut within a character, and one that is not UTF-8. */
	buf_clear(&out);
	memset(err.text, 'x', sizeof(err.text) - 1);
	err.text[sizeof(err.text) - 2] = (char)0xc3;
	err.text[sizeof(err.text) - 1] = '\0';
	request_put_error(&out, 1, 5, &err);
	assert_int_equal(request_frame_parse(buf_view(&out), &a, &m, &got), 0);
	assert_int_equal(strlen(request_str(&m, FIELD_ERROR_TEXT)), 998);

	/* Kinds and codes that only a newer peer knows. */
	buf_clear(&out);
	err.kind = 99;
	err.code = 99;
	request_put_error(&out, 1, 5, &err);
	assert_int_equal(request_frame_parse(buf_view(&out), &a, &m, &got), 0);
	(void)request_error_get(&m, &got);
	assert_int_equal(got.kind, ERR_INTERNAL);
	assert_int_equal(got.code, ERR_CODE_NONE);
	arena_clear(&a);
	buf_free(&out);
}

static void
frames_arrive_in_pieces(void **state)
{
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	struct request_frame m;
	size_t len = 0, first;
	struct arena a;

	arena_init(&a);
	request_put_data(&out, REQUEST_MESSAGE_GET, 3, BYTES("hello"));
	first = out.len;
	request_put_data(&out, REQUEST_MESSAGE_GET, 3, BYTES(""));
	for (size_t n = 0; n < first; n++)
		assert_int_equal(request_frame_length(bytes_make(out.data, n),
		    &len, &err), 0);
	for (size_t n = first; n <= out.len; n++) {
		assert_int_equal(request_frame_length(bytes_make(out.data, n),
		    &len, &err), 1);
		assert_int_equal(len, first);
	}
	assert_int_equal(request_frame_parse(bytes_make(out.data, first), &a,
	    &m, &err), 0);
	assert_true(bytes_eq_str(request_bytes(&m, FIELD_DATA_BYTES), "hello"));
	assert_int_equal(request_frame_parse(bytes_from(buf_view(&out), first),
	    &a, &m, &err), 0);
	assert_int_equal(request_bytes(&m, FIELD_DATA_BYTES).len, 0);
	assert_non_null(request_bytes(&m, FIELD_DATA_BYTES).data);
	/* Neither truncated nor followed by more bytes. */
	assert_int_equal(request_frame_parse(bytes_make(out.data, first - 1),
	    &a, &m, &err), -1);
	assert_int_equal(request_frame_parse(buf_view(&out), &a, &m, &err), -1);
	arena_clear(&a);
	buf_free(&out);
}

static void
lengths_are_bounded(void **state)
{
	static const struct {
		uint32_t length;
		char version;
		int rc;
	} lengths[] = {
		{ 0, 1, -1 }, { 7, 1, -1 }, { 8, 1, 0 }, { 8, 2, -1 },
		{ 8, 0, -1 }, { REQUEST_FRAME_MAX - 4, 1, 0 },
		{ REQUEST_FRAME_MAX - 3, 1, -1 }, { UINT32_MAX, 1, -1 },
	};
	struct err err = ERR_INIT;
	char head[5];
	size_t len;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		be32_put(head, lengths[i].length);
		head[4] = lengths[i].version;
		assert_int_equal(request_frame_length(bytes_make(head, 5), &len,
		    &err), lengths[i].rc);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_are_consistent),
		cmocka_unit_test(operations_are_consistent),
		cmocka_unit_test(data_is_bounded_by_its_operation),
		cmocka_unit_test(every_frame_goes_both_ways),
		cmocka_unit_test(bad_frames_are_named),
		cmocka_unit_test(values_are_bounded),
		cmocka_unit_test(repeated_fields_keep_their_order),
		cmocka_unit_test(errors_travel),
		cmocka_unit_test(frames_arrive_in_pieces),
		cmocka_unit_test(lengths_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
