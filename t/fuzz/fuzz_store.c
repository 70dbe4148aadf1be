/* Frames of the store protocol: what is read can be written again. */
#include <config.h>

#include <assert.h>
#include <stdint.h>

#include "proto/store_proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
value_put(struct store_writer *w, const struct store_value *v)
{
	switch (store_tag_find(v->tag)->type) {
	case STORE_U64:
		store_put_u64(w, v->tag, v->number);
		break;
	case STORE_TIME:
		store_put_time(w, v->tag, (int64_t)v->number);
		break;
	case STORE_BOOL:
		store_put_bool(w, v->tag, v->number != 0);
		break;
	case STORE_TEXT:
		assert(strlen(v->bytes.data) == v->bytes.len);
		store_put_str(w, v->tag, v->bytes.data);
		break;
	default:
		store_put_blob(w, v->tag, v->bytes);
	}
}

static void
frame_again(const struct store_message *m, struct bytes frame)
{
	struct store_writer w;
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;

	store_frame_begin(&w, &out, m->kind, m->op_number, m->id);
	for (size_t i = 0; i < m->n; i++)
		value_put(&w, &m->values[i]);
	assert(store_frame_end(&w, &err) == 0);
	assert(bytes_eq(buf_view(&out), frame));
	if (m->kind == STORE_ERROR)
		assert(store_error_get(m, &err) == -1);
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_make(data, size), frame;
	struct store_message m;
	struct err err = ERR_INIT;
	struct arena a;
	size_t len;
	char *copy;

	arena_init(&a);
	while (store_frame_length(in, &len, &err) == 1) {
		assert(len <= in.len && len >= STORE_FRAME_HEAD);
		if ((copy = malloc(len)) == NULL)
			abort();
		memcpy(copy, in.data, len);
		frame = bytes_make(copy, len);
		if (store_frame_parse(frame, &a, &m, &err) == 0)
			frame_again(&m, frame);
		else
			assert(err.kind == ERR_SYNTAX);
		free(copy);
		arena_clear(&a);
		in = bytes_from(in, len);
	}
	return 0;
}
