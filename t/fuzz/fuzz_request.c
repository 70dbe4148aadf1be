/* Frames of the store protocol: what was read can be written again. */
#include <config.h>

#include <assert.h>
#include <stdint.h>

#include "proto/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
value_put(struct request_writer *w, const struct request_value *v)
{
	switch (request_tag_find(v->tag)->type) {
	case TYPE_U64:
		request_put_u64(w, v->tag, v->number);
		break;
	case TYPE_TIME:
		request_put_time(w, v->tag, (int64_t)v->number);
		break;
	case TYPE_BOOL:
		request_put_bool(w, v->tag, v->number != 0);
		break;
	case TYPE_TEXT:
		assert(strlen(v->bytes.data) == v->bytes.len);
		request_put_str(w, v->tag, v->bytes.data);
		break;
	default:
		request_put_blob(w, v->tag, v->bytes);
	}
}

static void
frame_again(const struct request_frame *m, struct bytes frame)
{
	struct request_writer w;
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;

	request_frame_begin(&w, &out, m->kind, m->op_number, m->id);
	for (size_t i = 0; i < m->n; i++)
		value_put(&w, &m->values[i]);
	assert(request_frame_end(&w, &err) == 0);
	assert(bytes_eq(buf_view(&out), frame));
	if (m->kind == FRAME_ERROR)
		assert(request_error_get(m, &err) == -1);
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_make(data, size), frame;
	struct request_frame m;
	struct err err = ERR_INIT;
	struct arena a;
	size_t len;
	char *copy;

	arena_init(&a);
	while (request_frame_length(in, &len, &err) == 1) {
		assert(len <= in.len && len >= REQUEST_FRAME_HEAD);
		if ((copy = malloc(len)) == NULL)
			abort();
		memcpy(copy, in.data, len);
		frame = bytes_make(copy, len);
		if (request_frame_parse(frame, &a, &m, &err) == 0)
			frame_again(&m, frame);
		else
			assert(err.kind == ERR_SYNTAX);
		free(copy);
		arena_clear(&a);
		in = bytes_from(in, len);
	}
	return 0;
}
