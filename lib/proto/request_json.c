/* request_json - converts fields of requests from text, from and to JSON. */
#include <config.h>

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/encode.h"
#include "proto/request_json.h"

/* How a number is written. */
enum form {
	FORM_NUMBER,
	FORM_ID,		/* 16 hexadecimal digits */
	FORM_LIMIT		/* UINT64_MAX is "none", 0 is "default" */
};

static enum form
form_of(uint16_t tag)
{
	switch (tag) {
	case FIELD_ACCOUNT_ID:
		return FORM_ID;
	case FIELD_QUOTA_BYTES:
	case FIELD_QUOTA_MESSAGES:
	case FIELD_RECIPIENTS_PER_DAY:
	case FIELD_FIRST_TIME_PER_DAY:
		return FORM_LIMIT;
	default:
		return FORM_NUMBER;
	}
}

/* ---- to JSON --------------------------------------------------------- */

static json_t *
number_json(uint16_t tag, uint64_t n)
{
	enum form form = form_of(tag);

	if (form == FORM_ID)
		return json_sprintf("%016" PRIx64, n);
	if (form == FORM_LIMIT && n == UINT64_MAX)
		return json_string("none");
	if (form == FORM_LIMIT && n == 0)
		return json_string("default");
	/* Too large for an integer of jansson. */
	if (n > INT64_MAX)
		return json_sprintf("%" PRIu64, n);
	return json_integer((json_int_t)n);
}

/* Returns NULL for a blob. */
static json_t *
value_json(const struct request_value *v)
{
	switch (request_tag_find(v->tag)->type) {
	case TYPE_U64:
		return number_json(v->tag, v->number);
	case TYPE_TIME:
		return json_integer((json_int_t)(int64_t)v->number);
	case TYPE_BOOL:
		return json_boolean(v->number != 0);
	case TYPE_TEXT:
		return json_stringn(v->bytes.data == NULL ? "" :
		    v->bytes.data, v->bytes.len);
	case TYPE_BLOB:
		break;
	}
	return NULL;
}

static const struct request_field *
fields_of(const struct request_frame *m)
{
	return m->kind == FRAME_REQUEST ? m->op->request :
	    m->kind == FRAME_ROW ? m->op->row : m->op->done;
}

/* jansson does not add a value that is NULL, so blobs are left out. */
json_t *
request_json(const struct request_frame *m)
{
	const struct request_field *f = fields_of(m);
	json_t *object = json_object(), *list;
	const struct request_value *v;
	const char *name;

	for (; f->tag != 0; f++) {
		name = request_tag_find(f->tag)->name;
		v = request_next_value(m, f->tag, NULL);
		if (f->use != FIELD_REPEATED) {
			if (v != NULL)
				(void)json_object_set_new(object, name,
				    value_json(v));
			continue;
		}
		list = json_array();
		for (; v != NULL; v = request_next_value(m, f->tag, v))
			(void)json_array_append_new(list, value_json(v));
		(void)json_object_set_new(object, name, list);
	}
	return object;
}

/* ---- from text ------------------------------------------------------- */

static const char *
expected(const struct request_tag_row *row)
{
	if (row->type == TYPE_BOOL)
		return "yes or no";
	if (row->type == TYPE_TEXT)
		return "text";
	if (row->type == TYPE_BLOB)
		return "no text";
	return form_of(row->tag) == FORM_ID ? "16 hexadecimal digits" :
	    form_of(row->tag) == FORM_LIMIT ? "a number, none or default" :
	    "a number";
}

static int
bool_parse(const char *text, bool *value)
{
	*value = strcasecmp(text, "yes") == 0 || strcasecmp(text, "on") == 0 ||
	    strcasecmp(text, "true") == 0;
	return *value || strcasecmp(text, "no") == 0 ||
	    strcasecmp(text, "off") == 0 || strcasecmp(text, "false") == 0 ?
	    0 : -1;
}

static int
id_parse(const char *text, uint64_t *n)
{
	if (strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16)
		return -1;
	*n = strtoull(text, NULL, 16);
	return 0;
}

static int
number_parse(uint16_t tag, const char *text, uint64_t *n)
{
	enum form form = form_of(tag);

	if (form == FORM_ID)
		return id_parse(text, n);
	if (form == FORM_LIMIT && strcmp(text, "none") == 0) {
		*n = UINT64_MAX;
		return 0;
	}
	if (form == FORM_LIMIT && strcmp(text, "default") == 0) {
		*n = 0;
		return 0;
	}
	return decimal_parse(bytes_of(text), UINT64_MAX, n);
}

/* Returns 0, or -1 if the text is not a value of the tag's type. */
static int
put_text(struct request_writer *w, const struct request_tag_row *row,
    const char *text)
{
	uint64_t n;
	bool yes;

	switch (row->type) {
	case TYPE_TEXT:
		request_put_str(w, row->tag, text);
		return 0;
	case TYPE_U64:
		if (number_parse(row->tag, text, &n) == -1)
			return -1;
		request_put_u64(w, row->tag, n);
		return 0;
	case TYPE_TIME:
		if (decimal_parse(bytes_of(text), INT64_MAX, &n) == -1)
			return -1;
		request_put_time(w, row->tag, (int64_t)n);
		return 0;
	case TYPE_BOOL:
		if (bool_parse(text, &yes) == -1)
			return -1;
		request_put_bool(w, row->tag, yes);
		return 0;
	case TYPE_BLOB:
		break;
	}
	return -1;
}

int
request_put_argument(struct request_writer *w, uint16_t tag,
    const char *text, struct err *err)
{
	const struct request_tag_row *row = request_tag_find(tag);

	if (put_text(w, row, text) == -1)
		return err_set(err, ERR_SYNTAX, "%s: expected %s, found '%s'",
		    row->name, expected(row), text);
	return 0;
}

/* ---- from JSON ------------------------------------------------------- */

static int
put_value(struct request_writer *w, const struct request_tag_row *row,
    const json_t *value, struct err *err)
{
	json_int_t n = json_integer_value(value);

	if (json_is_string(value) && strlen(json_string_value(value)) ==
	    json_string_length(value))
		return request_put_argument(w, row->tag,
		    json_string_value(value), err);
	if (json_is_integer(value) && row->type == TYPE_TIME) {
		request_put_time(w, row->tag, n);
		return 0;
	}
	if (json_is_integer(value) && row->type == TYPE_U64 && n >= 0 &&
	    form_of(row->tag) != FORM_ID) {
		request_put_u64(w, row->tag, (uint64_t)n);
		return 0;
	}
	if (json_is_boolean(value) && row->type == TYPE_BOOL) {
		request_put_bool(w, row->tag, json_is_true(value));
		return 0;
	}
	return err_set(err, ERR_SYNTAX, "%s: expected %s", row->name,
	    expected(row));
}

static int
put_member(struct request_writer *w, const struct request_field *field,
    const json_t *value, struct err *err)
{
	const struct request_tag_row *row = request_tag_find(field->tag);
	const json_t *one;
	size_t i;

	if (json_is_null(value))
		return 0;
	if (field->use != FIELD_REPEATED || !json_is_array(value))
		return put_value(w, row, value, err);
	json_array_foreach(value, i, one)
		if (put_value(w, row, one, err) == -1)
			return -1;
	return 0;
}

static const struct request_field *
field_by_name(const struct request_field *fields, const char *name)
{
	for (; fields->tag != 0; fields++)
		if (strcmp(request_tag_find(fields->tag)->name, name) == 0)
			return fields;
	return NULL;
}

int
request_put_json(struct request_writer *w, const struct request_op *op,
    json_t *object, struct err *err)
{
	const struct request_field *field;
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value) {
		if ((field = field_by_name(op->request, name)) == NULL)
			return err_set(err, ERR_SYNTAX,
			    "%s has no field '%s'", op->name, name);
		if (put_member(w, field, value, err) == -1)
			return -1;
	}
	return 0;
}
