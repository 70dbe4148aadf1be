/*
 * received - parses a relay's Received field for the client's address and HELO
 * name.
 */
#include <config.h>

#include "mail/chars.h"
#include "milter/received.h"

/* Returns the next word from *pos; a comment counts as one word. */
static struct bytes
word_next(struct bytes b, size_t *pos)
{
	size_t i = *pos, start;

	while (i < b.len && char_is_space(b.data[i]))
		i++;
	start = i;
	if (i < b.len && b.data[i] == '(')
		i += char_comment_length(b.data + i, b.len - i);
	else
		while (i < b.len && !char_is_space(b.data[i]) &&
		    b.data[i] != '(')
			i++;
	*pos = i;
	return bytes_make(b.data + start, i - start);
}

/* Parses "192.0.2.1" or "IPv6:2001:db8::1". */
static bool
literal_parse(struct bytes b, struct addr *out)
{
	if (b.len > 5 && bytes_ieq_str(bytes_make(b.data, 5), "IPv6:"))
		b = bytes_from(b, 5);
	return addr_parse(b, out) == 0;
}

/* Finds the first "[...]" that is an address. */
static bool
bracketed_find(struct bytes b, struct addr *out)
{
	ptrdiff_t open, close;

	while ((open = bytes_index(b, '[')) >= 0) {
		b = bytes_from(b, (size_t)open + 1);
		if ((close = bytes_index(b, ']')) < 0)
			return false;
		if (literal_parse(bytes_make(b.data, (size_t)close), out))
			return true;
	}
	return false;
}

/* Finds an address in brackets, or one that is the whole comment, perhaps after
   "user@". */
static bool
comment_find(struct bytes comment, struct addr *out)
{
	struct bytes inside = bytes_from(comment, 1);
	ptrdiff_t at;

	if (inside.len > 0 && inside.data[inside.len - 1] == ')')
		inside.len--;
	if (bracketed_find(inside, out))
		return true;
	if ((at = bytes_index(inside, '@')) >= 0)
		inside = bytes_from(inside, (size_t)at + 1);
	return literal_parse(bytes_trim(inside), out);
}

bool
received_parse(struct bytes value, struct received *out)
{
	struct bytes word;
	bool found = false;
	struct addr a;
	size_t pos = 0;

	memset(out, 0, sizeof(*out));
	if (!bytes_ieq_str(word_next(value, &pos), "from"))
		return false;
	out->helo = word_next(value, &pos);
	if (out->helo.len > 0 && out->helo.data[0] == '(')
		return false;
	while ((word = word_next(value, &pos)).len > 0 &&
	    !bytes_ieq_str(word, "by")) {
		if (word.data[0] == '(' && comment_find(word, &a)) {
			out->client = a;
			found = true;
		}
	}
	return found || bracketed_find(out->helo, &out->client);
}
