/*
 * imap_parse_list - parses the arguments of LIST (RFC 3501 6.3.8, RFC 5258,
 * RFC 5819, RFC 6154) and LSUB.
 */
#include <config.h>

#include <string.h>

#include "proto/imap_args.h"
#include "proto/imap_parse-private.h"

static const struct imap_bit_name selection_names[] = {
	{ IMAP_LIST_SUBSCRIBED, "SUBSCRIBED" },
	{ IMAP_LIST_REMOTE, "REMOTE" },
	{ IMAP_LIST_RECURSIVEMATCH, "RECURSIVEMATCH" },
	{ IMAP_LIST_SPECIAL_USE, "SPECIAL-USE" },
	{ 0, NULL }
};

static const struct imap_bit_name return_names[] = {
	{ IMAP_LIST_SUBSCRIBED, "SUBSCRIBED" },
	{ IMAP_LIST_CHILDREN, "CHILDREN" },
	{ IMAP_LIST_SPECIAL_USE, "SPECIAL-USE" },
	{ IMAP_LIST_STATUS, "STATUS" },
	{ 0, NULL }
};

/* "(" [option *(SP option)] ")"; the option STATUS is followed by a list. */
static int
parse_options(struct imap_cursor *c, const struct imap_bit_name *names,
    const char *what, struct imap_list *out, unsigned *bits, struct err *err)
{
	unsigned bit;
	size_t start;

	out->extended = true;
	if (imap_expect(c, '(', err) == -1)
		return -1;
	if (imap_skip(c, ')'))
		return 0;
	do {
		start = c->pos;
		bit = imap_bit_of(names, imap_take_run(c, IMAP_CHAR_ATOM));
		if (bit == 0) {
			c->pos = start;
			return imap_unexpected(c, what, err);
		}
		*bits |= bit;
		if (bit == IMAP_LIST_STATUS && imap_parse_bit_list(c,
		    imap_status_names, "a status item", false,
		    &out->status_items, err) == -1)
			return -1;
	} while (imap_skip(c, ' '));
	return imap_expect(c, ')', err);
}

static int
parse_selection(struct imap_cursor *c, struct imap_list *out,
    struct err *err)
{
	size_t start = c->pos;

	if (parse_options(c, selection_names, "a selection option", out,
	    &out->selection, err) == -1)
		return -1;
	/* RFC 5258 3: RECURSIVEMATCH needs something to match recursively. */
	if ((out->selection & IMAP_LIST_RECURSIVEMATCH) != 0 &&
	    (out->selection & (IMAP_LIST_SUBSCRIBED |
	    IMAP_LIST_SPECIAL_USE)) == 0) {
		c->pos = start;
		return imap_unexpected(c, "SUBSCRIBED or SPECIAL-USE with "
		    "RECURSIVEMATCH", err);
	}
	return imap_parse_space(c, err);
}

static int
parse_patterns(struct imap_cursor *c, struct imap_list *out, struct err *err)
{
	struct bytes patterns[IMAP_LIST_PATTERNS_MAX];
	bool many = imap_skip(c, '(');

	out->extended |= many;
	do {
		if (out->n == IMAP_LIST_PATTERNS_MAX)
			return imap_too_many(IMAP_LIST_PATTERNS_MAX,
			    "patterns", err);
		if (imap_parse_list_mailbox(c, &patterns[out->n++],
		    err) == -1)
			return -1;
	} while (many && imap_skip(c, ' '));
	out->patterns = arena_array(c->arena, out->n, sizeof(*out->patterns));
	memcpy(out->patterns, patterns, out->n * sizeof(*patterns));
	return many ? imap_expect(c, ')', err) : 0;
}

int
imap_parse_list(struct imap_cursor *c, struct imap_list *out,
    struct err *err)
{
	memset(out, 0, sizeof(*out));
	if (imap_parse_space(c, err) == -1 ||
	    (imap_peek(c) == '(' && parse_selection(c, out, err) == -1) ||
	    imap_parse_mailbox(c, &out->reference, err) == -1 ||
	    imap_parse_space(c, err) == -1 ||
	    parse_patterns(c, out, err) == -1)
		return -1;
	if (imap_skip(c, ' ')) {
		if (!imap_skip_word(c, "RETURN"))
			return imap_unexpected(c, "RETURN", err);
		if (imap_parse_space(c, err) == -1 || parse_options(c,
		    return_names, "a return option", out, &out->returns,
		    err) == -1)
			return -1;
	}
	return imap_parse_end(c, err);
}

int
imap_parse_lsub(struct imap_cursor *c, struct imap_list *out,
    struct err *err)
{
	memset(out, 0, sizeof(*out));
	out->patterns = arena_array(c->arena, 1, sizeof(*out->patterns));
	out->n = 1;
	if (imap_parse_space(c, err) == -1 ||
	    imap_parse_mailbox(c, &out->reference, err) == -1 ||
	    imap_parse_space(c, err) == -1 ||
	    imap_parse_list_mailbox(c, out->patterns, err) == -1)
		return -1;
	return imap_parse_end(c, err);
}
