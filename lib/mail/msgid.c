/* msgid - finds message ids in a header value and normalizes them. */
#include <config.h>

#include "mail/chars.h"
#include "mail/msgid.h"

/*
 * Appends one character or quoted string of an id at p to out, without quotes
 * and backslashes.  Returns how many bytes it used.
 */
static size_t
piece_take(const char *p, size_t n, struct buf *out)
{
	size_t i;

	if (*p == '(')
		return char_comment_length(p, n);
	if (*p != '"') {
		if (!char_is_space(*p) && *p != '\0')
			buf_byte(out, *p);
		return 1;
	}
	for (i = 1; i < n && p[i] != '"'; i++) {
		if (p[i] == '\\' && i + 1 < n)
			i++;
		if (!char_is_space(p[i]) && p[i] != '\0')
			buf_byte(out, p[i]);
	}
	return i < n ? i + 1 : n;
}

bool
msgid_next(struct bytes text, size_t *pos, struct buf *out)
{
	bool open = false;

	buf_clear(out);
	while (*pos < text.len) {
		char c = text.data[*pos];

		if (c == '<') {
			/* A second '<': the first id was not closed. */
			open = true;
			buf_clear(out);
			++*pos;
		} else if (!open) {
			++*pos;
		} else if (c == '>') {
			open = false;
			++*pos;
			if (out->len > 0 && out->len <= MSGID_MAX)
				return true;
		} else {
			*pos += piece_take(text.data + *pos, text.len - *pos,
			    out);
		}
	}
	return false;
}
