/* dkim_input - splits the input of the fuzz targets for signatures. */
#include <config.h>

#include "t/fuzz/dkim_input.h"

static enum dkim_key_status
on_lookup(void *ctx, struct arena *a, const char *name, uint64_t deadline_ms,
    struct bytes **txt, size_t *n, bool *secure)
{
	struct dkim_input *in = ctx;

	if (bytes_eq_str(in->record, "temp"))
		return DKIM_KEY_TEMP;
	*txt = &in->record;
	*n = 1;
	return DKIM_KEY_FOUND;
}

static struct bytes
wire_text(struct arena *a, struct bytes data)
{
	struct buf b = BUF_INIT;
	struct bytes made;

	for (size_t i = 0; i < data.len; i++) {
		if (data.data[i] == '\n')
			buf_byte(&b, '\r');
		if (data.data[i] != '\r')
			buf_byte(&b, data.data[i]);
	}
	made = bytes_dup(a, buf_view(&b));
	buf_free(&b);
	return made;
}

void
dkim_input_read(struct dkim_input *in, struct bytes data)
{
	ptrdiff_t at = bytes_index(data, '\n');

	arena_init(&in->arena);
	in->record = bytes_make(data.data, at < 0 ? data.len : (size_t)at);
	in->message = wire_text(&in->arena,
	    bytes_from(data, in->record.len + 1));
	in->keys = (struct dkim_key_source){ in, NULL, on_lookup };
}

void
dkim_input_message(struct dkim_input *in, struct bytes data)
{
	char *copy;
	size_t n = 0;

	arena_init(&in->arena);
	copy = arena_alloc(&in->arena, data.len + 1);
	for (size_t i = 0; i < data.len; i++)
		if (data.data[i] != '\0')
			copy[n++] = data.data[i];
	copy[n++] = '\n';
	in->message = wire_text(&in->arena, bytes_make(copy, n));
}
