/* Fields of the store protocol as JSON and as text, made with its tables. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proto/request_json.h"

struct fixture {
	struct request_writer w;
	struct buf out;
	struct arena arena;
	struct request_frame m;
	struct err err;
};

static void
begin(struct fixture *f, enum request_kind kind, uint16_t op)
{
	memset(f, 0, sizeof(*f));
	buf_init(&f->out);
	arena_init(&f->arena);
	request_frame_begin(&f->w, &f->out, kind, op, 1);
}

static void
end(struct fixture *f)
{
	assert_int_equal(request_frame_end(&f->w, &f->err), 0);
	assert_int_equal(request_frame_parse(buf_view(&f->out), &f->arena,
	    &f->m, &f->err), 0);
}

static void
clear(struct fixture *f)
{
	buf_free(&f->out);
	arena_clear(&f->arena);
}

/* Compares the frame's object with a JSON text. */
static void
is_json(struct fixture *f, const char *want)
{
	json_t *got = request_json(&f->m);
	char *text = json_dumps(got, JSON_COMPACT);

	assert_string_equal(text, want);
	free(text);
	json_decref(got);
	clear(f);
}

static void
an_account_is_an_object(void **state)
{
	struct fixture f;

	begin(&f, FRAME_ROW, REQUEST_ACCOUNT_LIST);
	request_put_str(&f.w, FIELD_ACCOUNT, "j\"\xc3\xb6");
	request_put_u64(&f.w, FIELD_ACCOUNT_ID, 0xfedcba9876543210);
	request_put_bool(&f.w, FIELD_DISABLED, false);
	request_put_time(&f.w, FIELD_CREATED, -5);
	request_put_u64(&f.w, FIELD_QUOTA_BYTES, UINT64_MAX);
	request_put_u64(&f.w, FIELD_QUOTA_MESSAGES, 0);
	request_put_u64(&f.w, FIELD_USED_BYTES, 1u << 20);
	request_put_u64(&f.w, FIELD_USED_MESSAGES, UINT64_MAX);
	request_put_u64(&f.w, FIELD_RECIPIENTS_PER_DAY, 7);
	request_put_u64(&f.w, FIELD_FIRST_TIME_PER_DAY, 0);
	end(&f);
	is_json(&f, "{\"account\":\"j\\\"\xc3\xb6\","
	    "\"account-id\":\"fedcba9876543210\",\"disabled\":false,"
	    "\"created\":-5,\"quota-bytes\":\"none\","
	    "\"quota-messages\":\"default\",\"used-bytes\":1048576,"
	    "\"used-messages\":\"18446744073709551615\","
	    "\"recipients-per-day\":7,"
	    "\"first-time-recipients-per-day\":\"default\"}");
}

static void
repeated_fields_are_an_array(void **state)
{
	struct fixture f;

	begin(&f, FRAME_ROW, REQUEST_EXPORT);
	end(&f);
	is_json(&f, "{\"line\":[]}");
	begin(&f, FRAME_ROW, REQUEST_EXPORT);
	request_put_str(&f.w, FIELD_LINE, "a");
	request_put_str(&f.w, FIELD_LINE, "b");
	end(&f);
	is_json(&f, "{\"line\":[\"a\",\"b\"]}");
}

static void
blobs_and_absent_fields_are_left_out(void **state)
{
	struct fixture f;

	begin(&f, FRAME_REQUEST, REQUEST_DMARC_RECORD);
	request_put_blob(&f.w, FIELD_DMARC_ROW, BYTES("\xff"));
	end(&f);
	is_json(&f, "{\"dmarc-row\":[]}");
	begin(&f, FRAME_REQUEST, REQUEST_ADDRESS_LIST);
	end(&f);
	is_json(&f, "{}");
}

/* ---- from text ------------------------------------------------------- */

static const struct {
	uint16_t tag;
	const char *text;
	uint64_t number;		/* the value, unless it is a text */
	const char *error;		/* NULL: it is valid */
} arguments[] = {
	{ FIELD_LABEL, "", 0, NULL },
	{ FIELD_CREDENTIAL, "12", 12, NULL },
	{ FIELD_CREDENTIAL, "18446744073709551615", UINT64_MAX, NULL },
	{ FIELD_CREDENTIAL, "-1", 0,
	    "credential: expected a number, found '-1'" },
	{ FIELD_CREDENTIAL, "", 0, "credential: expected a number, found ''" },
	{ FIELD_DRY_RUN, "YES", 1, NULL },
	{ FIELD_DRY_RUN, "off", 0, NULL },
	{ FIELD_DRY_RUN, "2", 0, "dry-run: expected yes or no, found '2'" },
	{ FIELD_CREATED, "1700000000", 1700000000, NULL },
	{ FIELD_CREATED, "9223372036854775808", 0, "created: expected a "
	    "number, found '9223372036854775808'" },
	{ FIELD_ACCOUNT_ID, "fedcba9876543210", 0xfedcba9876543210, NULL },
	{ FIELD_ACCOUNT_ID, "fedcba987654321", 0, "account-id: expected 16 "
	    "hexadecimal digits, found 'fedcba987654321'" },
	{ FIELD_ACCOUNT_ID, "0xdcba9876543210", 0, "account-id: expected 16 "
	    "hexadecimal digits, found '0xdcba9876543210'" },
	{ FIELD_QUOTA_BYTES, "none", UINT64_MAX, NULL },
	{ FIELD_QUOTA_BYTES, "default", 0, NULL },
	{ FIELD_QUOTA_BYTES, "9", 9, NULL },
	{ FIELD_QUOTA_BYTES, "x", 0, "quota-bytes: expected a number, none or "
	    "default, found 'x'" },
	{ FIELD_HEADER, "x", 0, "header: expected no text, "
	    "found 'x'" }
};

static void
arguments_have_the_types_of_their_tags(void **state)
{
	struct request_writer w;
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	uint64_t n;
	int rc;

	for (size_t i = 0; i < sizeof(arguments) / sizeof(*arguments); i++) {
		buf_clear(&out);
		request_frame_begin(&w, &out, FRAME_REQUEST,
		    REQUEST_ACCOUNT_LIST, 1);
		rc = request_put_argument(&w, arguments[i].tag,
		    arguments[i].text, &err);
		if (arguments[i].error != NULL) {
			assert_int_equal(rc, -1);
			assert_int_equal(err.kind, ERR_SYNTAX);
			assert_string_equal(err.text, arguments[i].error);
			assert_int_equal(out.len, REQUEST_FRAME_HEAD);
			continue;
		}
		assert_int_equal(rc, 0);
		n = 0;
		/* A tag and a length come before the value. */
		for (size_t k = REQUEST_FRAME_HEAD + 6; k < out.len; k++)
			n = n << 8 | (uint8_t)out.data[k];
		assert_int_equal(n, arguments[i].number);
	}
	buf_free(&out);
}

/* ---- from JSON ------------------------------------------------------- */

static void
put_samples(struct request_writer *w, const struct request_field *f)
{
	for (; f->tag != 0; f++)
		switch (request_tag_find(f->tag)->type) {
		case TYPE_U64:
			request_put_u64(w, f->tag, f->tag);
			break;
		case TYPE_TIME:
			request_put_time(w, f->tag, -1);
			break;
		case TYPE_BOOL:
			request_put_bool(w, f->tag, true);
			break;
		case TYPE_TEXT:
			request_put_str(w, f->tag, "a b");
			if (f->use == FIELD_REPEATED)
				request_put_str(w, f->tag, "c");
			break;
		case TYPE_BLOB:
			break;
		}
}

static bool
has_blobs(const struct request_field *f)
{
	for (; f->tag != 0; f++)
		if (request_tag_find(f->tag)->type == TYPE_BLOB)
			return true;
	return false;
}

static void
what_was_written_is_read(void **state)
{
	struct fixture f, again;
	json_t *object;

	for (const struct request_op *op = request_ops; op->number != 0;
	    op++) {
		if (has_blobs(op->request))
			continue;
		begin(&f, FRAME_REQUEST, op->number);
		put_samples(&f.w, op->request);
		end(&f);
		object = request_json(&f.m);
		begin(&again, FRAME_REQUEST, op->number);
		assert_int_equal(request_put_json(&again.w, op, object,
		    &again.err), 0);
		end(&again);
		assert_true(bytes_eq(buf_view(&f.out), buf_view(&again.out)));
		json_decref(object);
		clear(&f);
		clear(&again);
	}
}

static const struct {
	uint16_t op;
	const char *json, *error;
} objects[] = {
	{ REQUEST_ACCOUNT_GET, "{\"account\":null}", NULL },
	{ REQUEST_PASSWORD_REMOVE, "{\"credential\":\"3\"}", NULL },
	{ REQUEST_ALIAS_ADD, "{\"account\":\"one\"}", NULL },
	{ REQUEST_ALIAS_ADD, "{\"account\":[\"a\",\"b\"]}", NULL },
	{ REQUEST_ACCOUNT_GET, "{\"mailbox\":\"x\"}",
	    "account-get has no field 'mailbox'" },
	{ REQUEST_ACCOUNT_GET, "{\"account\":3}", "account: expected text" },
	{ REQUEST_ACCOUNT_GET, "{\"account\":\"a\\u0000b\"}",
	    "account: expected text" },
	{ REQUEST_ACCOUNT_GET, "{\"account\":[\"a\"]}",
	    "account: expected text" },
	{ REQUEST_ALIAS_ADD, "{\"account\":[\"a\",null]}",
	    "account: expected text" },
	{ REQUEST_PASSWORD_REMOVE, "{\"credential\":-3}",
	    "credential: expected a number" },
	{ REQUEST_PASSWORD_REMOVE, "{\"credential\":1.5}",
	    "credential: expected a number" },
	{ REQUEST_IMPORT, "{\"dry-run\":1}", "dry-run: expected yes or no" },
	{ REQUEST_JUDGE, "{\"header\":\"x\"}",
	    "header: expected no text, found 'x'" }
};

static void
objects_from_others_are_checked(void **state)
{
	const struct request_op *op;
	struct fixture f;
	json_t *object;
	int rc;

	for (size_t i = 0; i < sizeof(objects) / sizeof(*objects); i++) {
		op = request_op_find(objects[i].op);
		object = json_loads(objects[i].json, JSON_ALLOW_NUL, NULL);
		assert_non_null(object);
		begin(&f, FRAME_REQUEST, op->number);
		rc = request_put_json(&f.w, op, object, &f.err);
		assert_int_equal(rc, objects[i].error == NULL ? 0 : -1);
		if (rc == -1) {
			assert_string_equal(f.err.text, objects[i].error);
			assert_int_equal(f.err.kind, ERR_SYNTAX);
		}
		json_decref(object);
		clear(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_account_is_an_object),
		cmocka_unit_test(repeated_fields_are_an_array),
		cmocka_unit_test(blobs_and_absent_fields_are_left_out),
		cmocka_unit_test(arguments_have_the_types_of_their_tags),
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(objects_from_others_are_checked)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
