/* imap_parse_append - parses the arguments of APPEND, message by message. */
#include <config.h>

#include <string.h>

#include "proto/imap_args.h"
#include "proto/imap_parse-private.h"

int
imap_parse_append_mailbox(struct imap_cursor *c, struct bytes *mailbox,
    struct err *err)
{
	if (imap_parse_space(c, err) == -1)
		return -1;
	return imap_parse_mailbox(c, mailbox, err);
}

static int
parse_options(struct imap_cursor *c, struct imap_append *out,
    struct err *err)
{
	if (imap_peek(c) == '(' &&
	    (imap_parse_flag_list(c, &out->flags, err) == -1 ||
	    imap_parse_space(c, err) == -1))
		return -1;
	if (imap_peek(c) != '"')
		return 0;
	out->has_date = true;
	if (imap_parse_datetime(c, &out->date, err) == -1)
		return -1;
	return imap_parse_space(c, err);
}

int
imap_parse_append_next(struct imap_cursor *c, struct imap_append *out,
    bool streamed, struct err *err)
{
	memset(out, 0, sizeof(*out));
	out->streamed = streamed;
	if (imap_parse_space(c, err) == -1 ||
	    parse_options(c, out, err) == -1)
		return -1;
	if (imap_peek(c) != '{' && imap_peek(c) != '~')
		return imap_unexpected(c, "the message as a literal", err);
	if (!streamed) {
		if (imap_parse_literal(c, &out->data, &out->binary, err) == -1)
			return -1;
		out->size = out->data.len;
		if (!imap_at_end(c) && imap_peek(c) != ' ')
			return imap_unexpected(c, "the end of the command",
			    err);
		return 0;
	}
	if (imap_parse_literal_head(c, &out->size, &out->binary, err) == -1)
		return -1;
	if (c->pos != c->in.len)
		return imap_unexpected(c, "nothing after the literal's size",
		    err);
	return 0;
}
