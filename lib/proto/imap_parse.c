/* imap_parse - the cursor over an IMAP command, and its tokens. */
#include <config.h>

#include <string.h>

#include "base/encode.h"
#include "proto/imap_parse-private.h"
#include "proto/imap_utf7.h"

void
imap_cursor_init(struct imap_cursor *c, struct bytes in, struct arena *arena)
{
	c->in = in;
	c->pos = 0;
	c->arena = arena;
}

int
imap_peek(const struct imap_cursor *c)
{
	return c->pos < c->in.len ? (unsigned char)c->in.data[c->pos] : -1;
}

bool
imap_skip(struct imap_cursor *c, char ch)
{
	if (c->pos >= c->in.len || c->in.data[c->pos] != ch)
		return false;
	c->pos++;
	return true;
}

bool
imap_is_char(char ch, unsigned class)
{
	if (ch <= ' ' || ch == 0x7f)	/* 8-bit is negative or above */
		return false;
	switch (ch) {
	case '(': case ')': case '{': case '"': case '\\':
		return false;
	case '%': case '*':
		return (class & IMAP_CHAR_LIST) != 0;
	case ']':
		return (class & IMAP_CHAR_ATOM) == 0;
	case '+':
		return (class & IMAP_CHAR_TAG) == 0;
	default:
		return (unsigned char)ch < 0x80;
	}
}

struct bytes
imap_take_run(struct imap_cursor *c, unsigned class)
{
	size_t start = c->pos;

	while (c->pos < c->in.len && imap_is_char(c->in.data[c->pos], class))
		c->pos++;
	return bytes_make(c->in.data + start, c->pos - start);
}

static bool
is_word_char(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
	    (ch >= '0' && ch <= '9') || ch == '-' || ch == '.' || ch == '=' ||
	    ch == '_';
}

const char *
imap_take_word(struct imap_cursor *c, size_t len_max)
{
	size_t start = c->pos, len;
	char *word;

	while (c->pos < c->in.len && is_word_char(c->in.data[c->pos]))
		c->pos++;
	len = c->pos - start;
	if (len > len_max) {
		c->pos = start;
		return "";
	}
	word = arena_memdup(c->arena, c->in.data + start, len);
	for (size_t i = 0; i < len; i++)
		if (word[i] >= 'a' && word[i] <= 'z')
			word[i] = (char)(word[i] - 'a' + 'A');
	return word;
}

bool
imap_skip_word(struct imap_cursor *c, const char *word)
{
	size_t len = strlen(word);

	if (c->in.len - c->pos < len ||
	    !bytes_ieq_str(bytes_make(c->in.data + c->pos, len), word))
		return false;
	if (c->pos + len < c->in.len &&
	    is_word_char(c->in.data[c->pos + len]))
		return false;
	c->pos += len;
	return true;
}

int
imap_unexpected(const struct imap_cursor *c, const char *what,
    struct err *err)
{
	return err_set(err, ERR_SYNTAX, "expected %s at byte %zu", what,
	    c->pos);
}

int
imap_too_many(size_t max, const char *what, struct err *err)
{
	return err_code(err, ERR_REFUSED, ERR_CODE_LIMIT, "more than %zu %s",
	    max, what);
}

int
imap_expect(struct imap_cursor *c, char ch, struct err *err)
{
	char what[] = "'?'";

	if (imap_skip(c, ch))
		return 0;
	what[1] = ch;
	return imap_unexpected(c, what, err);
}

int
imap_parse_space(struct imap_cursor *c, struct err *err)
{
	return imap_skip(c, ' ') ? 0 : imap_unexpected(c, "a space", err);
}

bool
imap_at_end(const struct imap_cursor *c)
{
	return c->in.len - c->pos == 2 && c->in.data[c->pos] == '\r' &&
	    c->in.data[c->pos + 1] == '\n';
}

int
imap_parse_end(struct imap_cursor *c, struct err *err)
{
	if (!imap_at_end(c))
		return imap_unexpected(c, "the end of the command", err);
	c->pos += 2;
	return 0;
}

int
imap_parse_head(struct imap_cursor *c, struct imap_head *head,
    struct err *err)
{
	head->uid = false;
	head->tag = imap_take_run(c, IMAP_CHAR_TAG);
	if (head->tag.len == 0 || head->tag.len > IMAP_TAG_MAX) {
		c->pos = 0;
		return imap_unexpected(c, "a tag", err);
	}
	if (imap_parse_space(c, err) == -1)
		return -1;
	head->name = imap_take_word(c, IMAP_NAME_MAX);
	if (strcmp(head->name, "UID") == 0) {
		if (imap_parse_space(c, err) == -1)
			return -1;
		head->uid = true;
		head->name = imap_take_word(c, IMAP_NAME_MAX);
	}
	if (head->name[0] == '\0')
		return imap_unexpected(c, "a command", err);
	if (imap_peek(c) != ' ' && !imap_at_end(c))
		return imap_unexpected(c, "a space or the end of the command",
		    err);
	return 0;
}

int
imap_parse_atom(struct imap_cursor *c, struct bytes *out, struct err *err)
{
	*out = imap_take_run(c, IMAP_CHAR_ATOM);
	return out->len > 0 ? 0 : imap_unexpected(c, "an atom", err);
}

/* Returns a copy without the backslashes. */
static struct bytes
quoted_unescape(struct arena *arena, const char *p, size_t n)
{
	char *copy = arena_alloc(arena, n);
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\\')
			i++;
		copy[len++] = p[i];
	}
	return bytes_make(copy, len);
}

/*
 * RFC 3501 allows only 7-bit characters here, but clients send UTF-8, which
 * RFC 9051 allows.
 */
static int
parse_quoted(struct imap_cursor *c, struct bytes *out, struct err *err)
{
	size_t start = ++c->pos;
	bool escaped = false;
	char ch;

	for (; c->pos < c->in.len && c->in.data[c->pos] != '"'; c->pos++) {
		ch = c->in.data[c->pos];
		if (ch == '\r' || ch == '\n' || ch == '\0')
			break;
		if (ch != '\\')
			continue;
		escaped = true;
		c->pos++;
		if (imap_peek(c) != '"' && imap_peek(c) != '\\')
			return imap_unexpected(c, "'\"' or '\\'", err);
	}
	if (imap_peek(c) != '"')
		return imap_unexpected(c, "'\"'", err);
	*out = bytes_make(c->in.data + start, c->pos - start);
	if (!utf8_is_valid(*out)) {
		c->pos = start;
		return imap_unexpected(c, "UTF-8 in quotes", err);
	}
	if (escaped)
		*out = quoted_unescape(c->arena, out->data, out->len);
	c->pos++;
	return 0;
}

static int
parse_digits(struct imap_cursor *c, uint64_t max, const char *what,
    uint64_t *out, struct err *err)
{
	size_t start = c->pos;

	while (c->pos < c->in.len && c->in.data[c->pos] >= '0' &&
	    c->in.data[c->pos] <= '9')
		c->pos++;
	if (decimal_parse(bytes_make(c->in.data + start, c->pos - start), max,
	    out) == 0)
		return 0;
	c->pos = start;
	return imap_unexpected(c, what, err);
}

int
imap_parse_literal_head(struct imap_cursor *c, uint64_t *size, bool *binary,
    struct err *err)
{
	if (binary != NULL)
		*binary = imap_skip(c, '~');
	if (imap_expect(c, '{', err) == -1 ||
	    parse_digits(c, UINT64_MAX, "the size of a literal", size,
	    err) == -1)
		return -1;
	(void)imap_skip(c, '+');
	if (imap_expect(c, '}', err) == -1)
		return -1;
	if (!imap_skip(c, '\r') || !imap_skip(c, '\n'))
		return imap_unexpected(c, "the end of the line", err);
	return 0;
}

int
imap_parse_literal(struct imap_cursor *c, struct bytes *out, bool *binary,
    struct err *err)
{
	uint64_t size;
	size_t i;

	if (imap_parse_literal_head(c, &size, binary, err) == -1)
		return -1;
	if (size > c->in.len - c->pos)
		return imap_unexpected(c, "the whole literal", err);
	*out = bytes_make(c->in.data + c->pos, (size_t)size);
	if ((binary == NULL || !*binary) && size > 0 &&
	    memchr(out->data, '\0', out->len) != NULL) {
		i = (size_t)bytes_index(*out, '\0');
		c->pos += i;
		return imap_unexpected(c, "a literal without NUL", err);
	}
	c->pos += (size_t)size;
	return 0;
}

int
imap_parse_string(struct imap_cursor *c, struct bytes *out, struct err *err)
{
	if (imap_peek(c) == '"')
		return parse_quoted(c, out, err);
	if (imap_peek(c) == '{')
		return imap_parse_literal(c, out, NULL, err);
	return imap_unexpected(c, "a string", err);
}

int
imap_parse_nstring(struct imap_cursor *c, struct bytes *out, struct err *err)
{
	if (imap_skip_word(c, "NIL")) {
		*out = bytes_make(NULL, 0);
		return 0;
	}
	if (imap_peek(c) != '"' && imap_peek(c) != '{')
		return imap_unexpected(c, "a string or NIL", err);
	return imap_parse_string(c, out, err);
}

int
imap_parse_astring(struct imap_cursor *c, struct bytes *out, struct err *err)
{
	if (imap_peek(c) == '"' || imap_peek(c) == '{')
		return imap_parse_string(c, out, err);
	*out = imap_take_run(c, IMAP_CHAR_ASTRING);
	return out->len > 0 ? 0 :
	    imap_unexpected(c, "an atom or a string", err);
}

int
imap_parse_number(struct imap_cursor *c, uint32_t *out, struct err *err)
{
	uint64_t v;

	if (parse_digits(c, UINT32_MAX, "a number below 4294967296", &v,
	    err) == -1)
		return -1;
	*out = (uint32_t)v;
	return 0;
}

int
imap_parse_nz_number(struct imap_cursor *c, uint32_t *out, struct err *err)
{
	size_t start = c->pos;

	if (imap_parse_number(c, out, err) == -1)
		return -1;
	if (c->in.data[start] != '0')
		return 0;
	c->pos = start;
	return imap_unexpected(c, "a number from 1", err);
}

int
imap_parse_modseq(struct imap_cursor *c, uint64_t *out, struct err *err)
{
	return parse_digits(c, INT64_MAX, "a mod-sequence", out, err);
}

static int
mailbox_refuse(const char *why, struct err *err)
{
	return err_code(err, ERR_REFUSED, ERR_CODE_CANNOT, "mailbox name %s",
	    why);
}

static int
mailbox_decode(struct imap_cursor *c, struct bytes raw, struct bytes *out,
    struct err *err)
{
	struct buf name = BUF_INIT;
	int rc;

	/* Modified UTF-7 is at most 8 bytes for each 2 of UTF-8. */
	if (raw.len > 4 * IMAP_MAILBOX_NAME_MAX)
		return mailbox_refuse("is too long", err);
	rc = imap_utf7_decode(&name, raw);
	if (rc == 0)
		*out = bytes_dup(c->arena, buf_view(&name));
	buf_free(&name);
	if (rc == -1)
		return mailbox_refuse("is not valid modified UTF-7", err);
	if (out->len > IMAP_MAILBOX_NAME_MAX)
		return mailbox_refuse("is too long", err);
	for (size_t i = 0; i < out->len; i++)
		if ((unsigned char)out->data[i] < ' ' || out->data[i] == 0x7f)
			return mailbox_refuse("has a control character", err);
	return 0;
}

int
imap_parse_mailbox(struct imap_cursor *c, struct bytes *out, struct err *err)
{
	struct bytes raw;

	if (imap_parse_astring(c, &raw, err) == -1 ||
	    mailbox_decode(c, raw, out, err) == -1)
		return -1;
	if (bytes_ieq_str(*out, "INBOX"))
		*out = BYTES("INBOX");
	return 0;
}

int
imap_parse_list_mailbox(struct imap_cursor *c, struct bytes *out,
    struct err *err)
{
	struct bytes raw;

	if (imap_peek(c) == '"' || imap_peek(c) == '{') {
		if (imap_parse_string(c, &raw, err) == -1)
			return -1;
	} else {
		raw = imap_take_run(c, IMAP_CHAR_LIST);
		if (raw.len == 0)
			return imap_unexpected(c, "a mailbox pattern", err);
	}
	return mailbox_decode(c, raw, out, err);
}

/* seq-number: nz-number or "*", which is returned as 0. */
static int
parse_seq_number(struct imap_cursor *c, uint32_t *out, struct err *err)
{
	*out = 0;
	if (imap_skip(c, '*'))
		return 0;
	if (imap_peek(c) < '1' || imap_peek(c) > '9')
		return imap_unexpected(c, "a number from 1 or '*'", err);
	return imap_parse_nz_number(c, out, err);
}

/* Returns the most ranges that the set at the cursor can have. */
static size_t
ranges_guess(const struct imap_cursor *c)
{
	size_t n = 1;

	for (size_t i = c->pos; i < c->in.len; i++) {
		if (c->in.data[i] == ',')
			n++;
		else if (!(c->in.data[i] >= '0' && c->in.data[i] <= '9') &&
		    c->in.data[i] != ':' && c->in.data[i] != '*')
			break;
	}
	return n;
}

int
imap_parse_sequence_set(struct imap_cursor *c, struct imap_sequence_set *set,
    struct err *err)
{
	struct number_set *numbers = &set->numbers;
	struct number_range *r;
	size_t max;

	memset(set, 0, sizeof(*set));
	if (imap_skip(c, '$')) {
		set->saved = true;
		return 0;
	}
	max = ranges_guess(c);
	if (max > IMAP_RANGES_MAX)
		return imap_too_many(IMAP_RANGES_MAX, "ranges in a set", err);
	numbers->range = arena_array(c->arena, max, sizeof(*numbers->range));
	do {
		r = &numbers->range[numbers->n++];
		if (parse_seq_number(c, &r->first, err) == -1)
			return -1;
		r->last = r->first;
		if (imap_skip(c, ':') &&
		    parse_seq_number(c, &r->last, err) == -1)
			return -1;
		set->has_star |= r->first == 0 || r->last == 0;
	} while (imap_skip(c, ','));
	return 0;
}

static bool
has_keyword(const struct imap_flags *flags, struct bytes name)
{
	for (size_t i = 0; i < flags->n; i++)
		if (bytes_ieq(flags->keywords[i], name))
			return true;
	return false;
}

static int
parse_flag(struct imap_cursor *c, struct imap_flags *out, struct err *err)
{
	size_t start = c->pos;
	struct bytes name;
	unsigned bit;

	if (imap_skip(c, '\\')) {
		name = imap_take_run(c, IMAP_CHAR_ATOM);
		bit = imap_bit_of(imap_flag_names,
		    bytes_make(c->in.data + start, name.len + 1));
		if (bit == 0 || bit == IMAP_FLAG_RECENT) {
			c->pos = start;
			return imap_unexpected(c, "a system flag that can be "
			    "set (\\Answered, \\Flagged, \\Deleted, \\Seen, "
			    "\\Draft)", err);
		}
		out->system |= bit;
		return 0;
	}
	name = imap_take_run(c, IMAP_CHAR_ATOM);
	if (name.len == 0)
		return imap_unexpected(c, "a flag", err);
	if (has_keyword(out, name))
		return 0;
	if (out->n == IMAP_KEYWORDS_MAX)
		return imap_too_many(IMAP_KEYWORDS_MAX, "keywords", err);
	out->keywords[out->n++] = name;
	return 0;
}

/* Returns the most flags that this line can have, but not over the limit. */
static size_t
flags_guess(const struct imap_cursor *c)
{
	size_t n = 1;

	for (size_t i = c->pos; i < c->in.len && n < IMAP_KEYWORDS_MAX &&
	    c->in.data[i] != '\r'; i++)
		n += c->in.data[i] == ' ';
	return n;
}

int
imap_parse_flags_bare(struct imap_cursor *c, struct imap_flags *out,
    struct err *err)
{
	memset(out, 0, sizeof(*out));
	out->keywords = arena_array(c->arena, flags_guess(c),
	    sizeof(*out->keywords));
	do {
		if (parse_flag(c, out, err) == -1)
			return -1;
	} while (imap_skip(c, ' '));
	return 0;
}

int
imap_parse_flag_list(struct imap_cursor *c, struct imap_flags *out,
    struct err *err)
{
	memset(out, 0, sizeof(*out));
	if (imap_expect(c, '(', err) == -1)
		return -1;
	if (imap_skip(c, ')'))
		return 0;
	if (imap_parse_flags_bare(c, out, err) == -1)
		return -1;
	return imap_expect(c, ')', err);
}

int
imap_parse_bit_list(struct imap_cursor *c, const struct imap_bit_name *names,
    const char *what, bool may_be_empty, unsigned *bits, struct err *err)
{
	size_t start;
	unsigned bit;

	if (imap_parse_space(c, err) == -1 || imap_expect(c, '(', err) == -1)
		return -1;
	*bits = 0;
	if (may_be_empty && imap_skip(c, ')'))
		return 0;
	do {
		start = c->pos;
		(void)imap_skip(c, '\\');
		(void)imap_take_run(c, IMAP_CHAR_ATOM);
		bit = imap_bit_of(names,
		    bytes_make(c->in.data + start, c->pos - start));
		if (bit == 0) {
			c->pos = start;
			return imap_unexpected(c, what, err);
		}
		*bits |= bit;
	} while (imap_skip(c, ' '));
	return imap_expect(c, ')', err);
}

/* Takes the text between quotes at the cursor, which has no escapes. */
static int
take_quoted(struct imap_cursor *c, struct bytes *out)
{
	struct bytes rest = bytes_from(c->in, c->pos + 1);
	ptrdiff_t end = bytes_index(rest, '"');

	if (end == -1)
		return -1;
	*out = bytes_make(rest.data, (size_t)end);
	c->pos += out->len + 2;
	return 0;
}

int
imap_parse_date(struct imap_cursor *c, int64_t *day, struct err *err)
{
	size_t start = c->pos;
	struct bytes text;

	if (imap_peek(c) != '"')
		text = imap_take_run(c, IMAP_CHAR_ATOM);
	else if (take_quoted(c, &text) == -1)
		return imap_unexpected(c, "a date in quotes", err);
	if (date_imap_day_parse(text, day) == 0)
		return 0;
	c->pos = start;
	return imap_unexpected(c, "a date such as 1-Feb-1994", err);
}

int
imap_parse_datetime(struct imap_cursor *c, struct mail_date *out,
    struct err *err)
{
	size_t start = c->pos;
	struct bytes text;

	if (imap_peek(c) == '"' && take_quoted(c, &text) == 0 &&
	    date_imap_parse(text, out) == 0)
		return 0;
	c->pos = start;
	return imap_unexpected(c,
	    "a date and time such as \"17-Jul-1996 02:44:25 -0700\"", err);
}
