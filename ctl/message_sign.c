/* message_sign - puts DKIM-Signature fields in front of a message. */
#include <config.h>

#include <time.h>

#include "mail/header.h"
#include "ctl/message_sign.h"

/* The value is folded with LF; the message needs CRLF. */
static void
put_signature(struct buf *out, struct bytes value)
{
	buf_str(out, DKIM_SIGN_HEADER ":");
	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] == '\n')
			buf_byte(out, '\r');
		buf_byte(out, value.data[i]);
	}
	buf_str(out, "\r\n");
}

int
message_sign(struct command *c, const struct dkim_keyset *set,
    uint64_t expire_s, struct bytes *message)
{
	struct dkim_sign *s = dkim_sign_new();
	size_t len = header_length(*message);
	struct header_iter it = header_iter_of(bytes_make(message->data, len));
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	struct header_field f;
	struct bytes *values;
	int n;

	while (header_next(&it, &f))
		dkim_sign_header(s, f.name, f.value);
	dkim_sign_body(s, bytes_from(*message, len));
	n = dkim_sign_finish(s, &(struct dkim_signer){ set, time(NULL),
	    expire_s }, &c->arena, &values, &err);
	dkim_sign_free(&s);
	if (n == -1)
		return command_fail(&err);
	for (int i = 0; i < n; i++)
		put_signature(&out, values[i]);
	buf_bytes(&out, *message);
	*message = bytes_dup(&c->arena, buf_view(&out));
	buf_free(&out);
	return COMMAND_OK;
}
