/* imap_parse_search - parses the keys of SEARCH (RFC 3501 6.4.4). */
#include <config.h>

#include <string.h>

#include "base/encode.h"
#include "proto/imap_parse-private.h"
#include "proto/imap_parse_search.h"

enum arg {
	ARG_NONE, ARG_TEXT, ARG_HEADER, ARG_KEYWORD, ARG_DATE, ARG_SIZE,
	ARG_SET, ARG_ONE_KEY, ARG_TWO_KEYS
};

static const struct key_row {
	const char *name;
	enum imap_search_op op;
	enum arg arg;
	unsigned flag;
	const char *field;
} rows[] = {
	{ "ALL", IMAP_SEARCH_ALL, ARG_NONE, 0, NULL },
	{ "ANSWERED", IMAP_SEARCH_FLAG, ARG_NONE, IMAP_FLAG_ANSWERED, NULL },
	{ "BCC", IMAP_SEARCH_HEADER, ARG_TEXT, 0, "Bcc" },
	{ "BEFORE", IMAP_SEARCH_BEFORE, ARG_DATE, 0, NULL },
	{ "BODY", IMAP_SEARCH_BODY, ARG_TEXT, 0, NULL },
	{ "CC", IMAP_SEARCH_HEADER, ARG_TEXT, 0, "Cc" },
	{ "DELETED", IMAP_SEARCH_FLAG, ARG_NONE, IMAP_FLAG_DELETED, NULL },
	{ "DRAFT", IMAP_SEARCH_FLAG, ARG_NONE, IMAP_FLAG_DRAFT, NULL },
	{ "FLAGGED", IMAP_SEARCH_FLAG, ARG_NONE, IMAP_FLAG_FLAGGED, NULL },
	{ "FROM", IMAP_SEARCH_HEADER, ARG_TEXT, 0, "From" },
	{ "HEADER", IMAP_SEARCH_HEADER, ARG_HEADER, 0, NULL },
	{ "KEYWORD", IMAP_SEARCH_KEYWORD, ARG_KEYWORD, 0, NULL },
	{ "LARGER", IMAP_SEARCH_LARGER, ARG_SIZE, 0, NULL },
	{ "NEW", IMAP_SEARCH_NEW, ARG_NONE, 0, NULL },
	{ "NOT", IMAP_SEARCH_NOT, ARG_ONE_KEY, 0, NULL },
	{ "OLD", IMAP_SEARCH_UNFLAG, ARG_NONE, IMAP_FLAG_RECENT, NULL },
	{ "ON", IMAP_SEARCH_ON, ARG_DATE, 0, NULL },
	{ "OR", IMAP_SEARCH_OR, ARG_TWO_KEYS, 0, NULL },
	{ "RECENT", IMAP_SEARCH_FLAG, ARG_NONE, IMAP_FLAG_RECENT, NULL },
	{ "SEEN", IMAP_SEARCH_FLAG, ARG_NONE, IMAP_FLAG_SEEN, NULL },
	{ "SENTBEFORE", IMAP_SEARCH_SENTBEFORE, ARG_DATE, 0, NULL },
	{ "SENTON", IMAP_SEARCH_SENTON, ARG_DATE, 0, NULL },
	{ "SENTSINCE", IMAP_SEARCH_SENTSINCE, ARG_DATE, 0, NULL },
	{ "SINCE", IMAP_SEARCH_SINCE, ARG_DATE, 0, NULL },
	{ "SMALLER", IMAP_SEARCH_SMALLER, ARG_SIZE, 0, NULL },
	{ "SUBJECT", IMAP_SEARCH_HEADER, ARG_TEXT, 0, "Subject" },
	{ "TEXT", IMAP_SEARCH_TEXT, ARG_TEXT, 0, NULL },
	{ "TO", IMAP_SEARCH_HEADER, ARG_TEXT, 0, "To" },
	{ "UID", IMAP_SEARCH_UID, ARG_SET, 0, NULL },
	{ "UNANSWERED", IMAP_SEARCH_UNFLAG, ARG_NONE, IMAP_FLAG_ANSWERED,
	    NULL },
	{ "UNDELETED", IMAP_SEARCH_UNFLAG, ARG_NONE, IMAP_FLAG_DELETED, NULL },
	{ "UNDRAFT", IMAP_SEARCH_UNFLAG, ARG_NONE, IMAP_FLAG_DRAFT, NULL },
	{ "UNFLAGGED", IMAP_SEARCH_UNFLAG, ARG_NONE, IMAP_FLAG_FLAGGED, NULL },
	{ "UNKEYWORD", IMAP_SEARCH_UNKEYWORD, ARG_KEYWORD, 0, NULL },
	{ "UNSEEN", IMAP_SEARCH_UNFLAG, ARG_NONE, IMAP_FLAG_SEEN, NULL },
};

static const struct imap_bit_name return_names[] = {
	{ IMAP_RETURN_MIN, "MIN" },
	{ IMAP_RETURN_MAX, "MAX" },
	{ IMAP_RETURN_ALL, "ALL" },
	{ IMAP_RETURN_COUNT, "COUNT" },
	{ IMAP_RETURN_SAVE, "SAVE" },
	{ 0, NULL }
};

static const struct key_row *
row_find(const char *name)
{
	size_t low = 0, high = sizeof(rows) / sizeof(*rows), mid;
	int cmp;

	while (low < high) {
		mid = low + (high - low) / 2;
		cmp = strcmp(name, rows[mid].name);
		if (cmp == 0)
			return &rows[mid];
		if (cmp < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

static int parse_key(struct imap_cursor *c, struct imap_search *s,
    unsigned depth, struct imap_search_key **out, struct err *err);

/* key *(SP key), linked by next. */
static int
parse_keys(struct imap_cursor *c, struct imap_search *s, unsigned depth,
    struct imap_search_key **out, struct err *err)
{
	do {
		if (parse_key(c, s, depth, out, err) == -1)
			return -1;
		out = &(*out)->next;
	} while (imap_skip(c, ' '));
	return 0;
}

static int
parse_text(struct imap_cursor *c, struct imap_search *s, struct bytes *out,
    struct err *err)
{
	if (imap_parse_space(c, err) == -1 ||
	    imap_parse_astring(c, out, err) == -1)
		return -1;
	s->has_8bit |= !bytes_is_ascii(*out);
	return 0;
}

static int
parse_one_key(struct imap_cursor *c, struct imap_search *s, unsigned depth,
    struct imap_search_key **out, struct err *err)
{
	if (imap_parse_space(c, err) == -1)
		return -1;
	return parse_key(c, s, depth + 1, out, err);
}

static int
parse_arg(struct imap_cursor *c, struct imap_search *s, unsigned depth,
    const struct key_row *row, struct imap_search_key *key, struct err *err)
{
	switch (row->arg) {
	case ARG_NONE:
		return 0;
	case ARG_TEXT:
		return parse_text(c, s, &key->text, err);
	case ARG_HEADER:
		if (parse_text(c, s, &key->field, err) == -1)
			return -1;
		return parse_text(c, s, &key->text, err);
	case ARG_ONE_KEY:
		return parse_one_key(c, s, depth, &key->child, err);
	case ARG_TWO_KEYS:
		if (parse_one_key(c, s, depth, &key->child, err) == -1)
			return -1;
		return parse_one_key(c, s, depth, &key->child->next, err);
	default:
		break;
	}
	if (imap_parse_space(c, err) == -1)
		return -1;
	switch (row->arg) {
	case ARG_KEYWORD:
		return imap_parse_atom(c, &key->text, err);
	case ARG_DATE:
		return imap_parse_date(c, &key->day, err);
	case ARG_SIZE:
		return imap_parse_number(c, &key->size, err);
	default:
		return imap_parse_sequence_set(c, &key->set, err);
	}
}

static int
parse_named_key(struct imap_cursor *c, struct imap_search *s, unsigned depth,
    struct imap_search_key *key, struct err *err)
{
	const struct key_row *row;
	size_t start = c->pos;

	row = row_find(imap_take_word(c, IMAP_NAME_MAX));
	if (row == NULL) {
		c->pos = start;
		return imap_unexpected(c, "a search key", err);
	}
	key->op = row->op;
	key->flag = row->flag;
	if (row->field != NULL)
		key->field = bytes_of(row->field);
	return parse_arg(c, s, depth, row, key, err);
}

static int
parse_key(struct imap_cursor *c, struct imap_search *s, unsigned depth,
    struct imap_search_key **out, struct err *err)
{
	struct imap_search_key *key;
	int ch = imap_peek(c);

	if (depth > IMAP_SEARCH_DEPTH_MAX)
		return imap_too_many(IMAP_SEARCH_DEPTH_MAX,
		    "levels of search keys", err);
	if (++s->nkeys > IMAP_SEARCH_KEYS_MAX)
		return imap_too_many(IMAP_SEARCH_KEYS_MAX, "search keys", err);
	*out = key = arena_zalloc(c->arena, sizeof(*key));
	if (ch == '*' || ch == '$' || (ch >= '0' && ch <= '9')) {
		key->op = IMAP_SEARCH_SEQ;
		return imap_parse_sequence_set(c, &key->set, err);
	}
	if (!imap_skip(c, '('))
		return parse_named_key(c, s, depth, key, err);
	key->op = IMAP_SEARCH_AND;
	if (parse_keys(c, s, depth + 1, &key->child, err) == -1)
		return -1;
	return imap_expect(c, ')', err);
}

static int
parse_return(struct imap_cursor *c, struct imap_search *out, struct err *err)
{
	out->has_return = true;
	if (imap_parse_bit_list(c, return_names,
	    "MIN, MAX, ALL, COUNT or SAVE", true, &out->returns, err) == -1)
		return -1;
	if (out->returns == 0)
		out->returns = IMAP_RETURN_ALL;		/* RFC 4731 3.1 */
	return imap_parse_space(c, err);
}

int
imap_parse_search(struct imap_cursor *c, struct imap_search *out,
    struct err *err)
{
	memset(out, 0, sizeof(*out));
	if (imap_parse_space(c, err) == -1 || (imap_skip_word(c, "RETURN") &&
	    parse_return(c, out, err) == -1))
		return -1;
	if (imap_skip_word(c, "CHARSET") && (imap_parse_space(c, err) == -1 ||
	    imap_parse_astring(c, &out->charset, err) == -1 ||
	    imap_parse_space(c, err) == -1))
		return -1;
	if (parse_keys(c, out, 0, &out->keys, err) == -1)
		return -1;
	return imap_parse_end(c, err);
}
