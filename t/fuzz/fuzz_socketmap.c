/* Socketmap requests and replies: what is read can be written again. */
#include <config.h>

#include <assert.h>
#include <stdint.h>

#include "proto/socketmap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_make(data, size), text;
	struct socketmap_request req;
	enum socketmap_status status;
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	size_t used, less;

	while (socketmap_request_parse(in, &req, &used, &err) == 1) {
		assert(used <= in.len);
		buf_clear(&out);
		socketmap_request(&out, req.map, req.key);
		assert(bytes_eq(buf_view(&out), bytes_make(in.data, used)));
		/* A byte less is not enough, and not an error. */
		assert(socketmap_request_parse(bytes_make(in.data, used - 1),
		    &req, &less, &err) == 0);
		in = bytes_from(in, used);
	}
	in = bytes_make(data, size);
	while (socketmap_reply_parse(in, &status, &text, &used, &err) == 1) {
		buf_clear(&out);
		socketmap_reply(&out, status, text);
		assert(bytes_eq(buf_view(&out), bytes_make(in.data, used)));
		in = bytes_from(in, used);
	}
	buf_free(&out);
	return 0;
}
