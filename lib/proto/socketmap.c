/* socketmap - reads socketmap requests and writes replies. */
#include <config.h>

#include <string.h>

#include "proto/socketmap.h"

static const char *const words[] = {
	"OK", "NOTFOUND", "TEMP", "TIMEOUT", "PERM"
};

/*
 * Parses "LEN:BYTES,".  Returns 1 if complete, 0 if more input is needed, -1 on
 * error.  Only the length is parsed again when more input has arrived.
 */
static int
netstring_parse(struct bytes in, size_t max, struct bytes *out, size_t *used,
    struct err *err)
{
	size_t len = 0, i;

	for (i = 0; i < in.len && in.data[i] >= '0' && in.data[i] <= '9';
	    i++) {
		if (i > 0 && len == 0)
			return err_set(err, ERR_SYNTAX,
			    "netstring with a leading zero");
		len = len * 10 + (size_t)(in.data[i] - '0');
		if (len > max)
			return err_set(err, ERR_SYNTAX,
			    "netstring longer than %zu bytes", max);
	}
	if (i == in.len)
		return 0;
	if (i == 0 || in.data[i] != ':')
		return err_set(err, ERR_SYNTAX,
		    "expected the length of a netstring and ':'");
	i++;
	if (in.len - i <= len)
		return 0;
	if (in.data[i + len] != ',')
		return err_set(err, ERR_SYNTAX,
		    "expected ',' after a netstring of %zu bytes", len);
	*out = bytes_make(in.data + i, len);
	*used = i + len + 1;
	return 1;
}

static void
netstring_put(struct buf *out, struct bytes first, struct bytes second)
{
	buf_printf(out, "%zu:", first.len + 1 + second.len);
	buf_bytes(out, first);
	buf_byte(out, ' ');
	buf_bytes(out, second);
	buf_byte(out, ',');
}

int
socketmap_request_parse(struct bytes in, struct socketmap_request *out,
    size_t *used, struct err *err)
{
	struct bytes text;
	ptrdiff_t space;
	int rc;

	rc = netstring_parse(in, SOCKETMAP_REQUEST_MAX, &text, used, err);
	if (rc != 1)
		return rc;
	space = bytes_index(text, ' ');
	if (space <= 0 || (size_t)space + 1 == text.len)
		return err_set(err, ERR_SYNTAX,
		    "expected a map name, a space and a key");
	if (bytes_index(text, '\0') != -1)
		return err_set(err, ERR_SYNTAX, "request with a NUL");
	out->map = bytes_make(text.data, (size_t)space);
	out->key = bytes_from(text, (size_t)space + 1);
	return 1;
}

void
socketmap_reply(struct buf *out, enum socketmap_status status,
    struct bytes text)
{
	struct bytes word = bytes_of(words[status]);

	if (text.len > SOCKETMAP_REPLY_MAX - word.len - 1)
		text.len = SOCKETMAP_REPLY_MAX - word.len - 1;
	netstring_put(out, word, text);
}
