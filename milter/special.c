/*
 * special - finds the error that a localpart asks for.
 */
#include <config.h>

#include "mail/address.h"
#include "mail/chars.h"
#include "milter/special.h"

static bool
take_prefix(struct bytes *b, const char *word)
{
	size_t n = strlen(word);

	if (b->len < n || !bytes_ieq_str(bytes_make(b->data, n), word))
		return false;
	*b = bytes_from(*b, n);
	return true;
}

static bool
has_suffix(struct bytes b, const char *word)
{
	size_t n = strlen(word);

	return b.len >= n && bytes_ieq_str(bytes_from(b, b.len - n), word);
}

/* Returns the three digits at the end, with a separator or nothing before them,
   or 0. */
static unsigned
code_at_end(struct bytes b)
{
	unsigned code = 0;

	if (b.len < 3 ||
	    (b.len > 3 && !char_is_in(b.data[b.len - 4], "-.+")))
		return 0;
	for (size_t i = b.len - 3; i < b.len; i++) {
		if (!char_is_digit(b.data[i]))
			return 0;
		code = code * 10 + (unsigned)(b.data[i] - '0');
	}
	return code >= 400 && code <= 599 ? code : 0;
}

/* An address without a domain is a localpart. */
static struct bytes
localpart_of(struct bytes address)
{
	ptrdiff_t at = address_at(address);

	if (at >= 0)
		address.len = (size_t)at;
	return address;
}

bool
special_find(struct bytes address, struct special *out)
{
	struct bytes local = localpart_of(address);

	*out = (struct special){ .stage = SPECIAL_AT_DATA };
	if (take_prefix(&local, "mailfrom"))
		out->stage = SPECIAL_AT_MAIL;
	else if (take_prefix(&local, "rcptto"))
		out->stage = SPECIAL_AT_RCPT;
	if (has_suffix(local, "temperror"))
		out->code = 451;
	else if (has_suffix(local, "permerror"))
		out->code = 550;
	else if ((out->timeout = has_suffix(local, "timeout")))
		out->code = 451;
	else
		out->code = code_at_end(local);
	return out->code != 0;
}
