/* Socketmap requests: what was read can be written again. */
#include <config.h>

#include <assert.h>
#include <stdint.h>

#include "proto/socketmap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_make(data, size);
	struct socketmap_request req;
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	size_t used, less;

	while (socketmap_request_parse(in, &req, &used, &err) == 1) {
		assert(used <= in.len);
		buf_clear(&out);
		buf_printf(&out, "%zu:", req.map.len + 1 + req.key.len);
		buf_bytes(&out, req.map);
		buf_byte(&out, ' ');
		buf_bytes(&out, req.key);
		buf_byte(&out, ',');
		assert(bytes_eq(buf_view(&out), bytes_make(in.data, used)));
		/* One byte less is incomplete, but not an error. */
		assert(socketmap_request_parse(bytes_make(in.data, used - 1),
		    &req, &less, &err) == 0);
		in = bytes_from(in, used);
	}
	buf_free(&out);
	return 0;
}
