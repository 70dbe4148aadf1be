/* imap_parse_fetch - parses the arguments of FETCH (RFC 3501 6.4.5). */
#include <config.h>

#include <string.h>

#include "proto/imap_parse-private.h"
#include "proto/imap_parse_fetch.h"

#define FAST	(IMAP_FETCH_FLAGS | IMAP_FETCH_INTERNALDATE | IMAP_FETCH_SIZE)

static const struct imap_bit_name item_names[] = {
	{ IMAP_FETCH_UID, "UID" },
	{ IMAP_FETCH_FLAGS, "FLAGS" },
	{ IMAP_FETCH_INTERNALDATE, "INTERNALDATE" },
	{ IMAP_FETCH_SIZE, "RFC822.SIZE" },
	{ IMAP_FETCH_ENVELOPE, "ENVELOPE" },
	{ IMAP_FETCH_BODY, "BODY" },
	{ IMAP_FETCH_BODYSTRUCTURE, "BODYSTRUCTURE" },
	{ IMAP_FETCH_MODSEQ, "MODSEQ" },
	{ IMAP_FETCH_EMAILID, "EMAILID" },
	{ IMAP_FETCH_THREADID, "THREADID" },
	{ IMAP_FETCH_SAVEDATE, "SAVEDATE" },
	{ 0, NULL }
};

static const struct imap_bit_name macro_names[] = {
	{ FAST, "FAST" },
	{ FAST | IMAP_FETCH_ENVELOPE, "ALL" },
	{ FAST | IMAP_FETCH_ENVELOPE | IMAP_FETCH_BODY, "FULL" },
	{ 0, NULL }
};

/* RFC 3501 6.4.5: each is short for a BODY section. */
static const struct rfc822_row {
	const char *name;
	struct imap_section section;
} rfc822_rows[] = {
	{ "RFC822", { .form = IMAP_FORM_RFC822,
	    .kind = IMAP_SECTION_ALL } },
	{ "RFC822.HEADER", { .form = IMAP_FORM_RFC822_HEADER,
	    .kind = IMAP_SECTION_HEADER, .peek = true } },
	{ "RFC822.TEXT", { .form = IMAP_FORM_RFC822_TEXT,
	    .kind = IMAP_SECTION_TEXT } },
};

static const struct text_row {
	const char *name;
	enum imap_section_kind kind;
} text_rows[] = {
	{ "HEADER", IMAP_SECTION_HEADER },
	{ "HEADER.FIELDS", IMAP_SECTION_FIELDS },
	{ "HEADER.FIELDS.NOT", IMAP_SECTION_FIELDS_NOT },
	{ "TEXT", IMAP_SECTION_TEXT },
	{ "MIME", IMAP_SECTION_MIME },
};

/* RFC 5322 3.6.8: printable ASCII except the colon. */
static bool
is_field_name(struct bytes name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] <= ' ' || name.data[i] > '~' ||
		    name.data[i] == ':')
			return false;
	return name.len > 0;
}

static int
parse_fields(struct imap_cursor *c, struct imap_section *out,
    struct err *err)
{
	struct bytes fields[IMAP_SECTION_FIELDS_MAX];
	size_t n = 0, start;

	if (imap_parse_space(c, err) == -1 || imap_expect(c, '(', err) == -1)
		return -1;
	do {
		if (n == IMAP_SECTION_FIELDS_MAX)
			return imap_too_many(IMAP_SECTION_FIELDS_MAX,
			    "header fields", err);
		start = c->pos;
		if (imap_parse_astring(c, &fields[n], err) == -1)
			return -1;
		if (!is_field_name(fields[n++])) {
			c->pos = start;
			return imap_unexpected(c, "the name of a header field",
			    err);
		}
	} while (imap_skip(c, ' '));
	out->fields = arena_array(c->arena, n, sizeof(*fields));
	memcpy(out->fields, fields, n * sizeof(*fields));
	out->nfields = n;
	return imap_expect(c, ')', err);
}

/* section-text; MIME needs a part. */
static int
parse_section_text(struct imap_cursor *c, struct imap_section *out,
    struct err *err)
{
	size_t start = c->pos;
	const char *word = imap_take_word(c, IMAP_NAME_MAX);

	for (size_t i = 0; i < sizeof(text_rows) / sizeof(*text_rows); i++) {
		if (strcmp(word, text_rows[i].name) != 0 ||
		    (text_rows[i].kind == IMAP_SECTION_MIME &&
		    out->depth == 0))
			continue;
		out->kind = text_rows[i].kind;
		if (out->kind == IMAP_SECTION_FIELDS ||
		    out->kind == IMAP_SECTION_FIELDS_NOT)
			return parse_fields(c, out, err);
		return 0;
	}
	c->pos = start;
	return imap_unexpected(c, out->depth > 0 ?
	    "a number, HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT, TEXT or MIME" :
	    "a number, HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT or TEXT", err);
}

/* section-spec: the text between the brackets, such as "1.2.HEADER". */
static int
parse_section(struct imap_cursor *c, struct imap_section *out,
    struct err *err)
{
	uint32_t path[IMAP_SECTION_DEPTH_MAX];
	bool dot = true;

	out->kind = IMAP_SECTION_ALL;
	out->depth = 0;
	while (dot && imap_peek(c) >= '0' && imap_peek(c) <= '9') {
		if (out->depth == IMAP_SECTION_DEPTH_MAX)
			return imap_too_many(IMAP_SECTION_DEPTH_MAX,
			    "numbers in a section", err);
		if (imap_parse_nz_number(c, &path[out->depth++], err) == -1)
			return -1;
		dot = imap_skip(c, '.');
	}
	if (out->depth > 0) {
		out->path = arena_array(c->arena, out->depth, sizeof(*path));
		memcpy(out->path, path, out->depth * sizeof(*path));
	}
	if (!dot || (out->depth == 0 &&
	    (imap_peek(c) == ']' || imap_peek(c) == -1)))
		return 0;
	return parse_section_text(c, out, err);
}

static int
parse_partial(struct imap_cursor *c, struct imap_section *out,
    struct err *err)
{
	if (!imap_skip(c, '<'))
		return 0;
	out->has_partial = true;
	if (imap_parse_number(c, &out->offset, err) == -1 ||
	    imap_expect(c, '.', err) == -1 ||
	    imap_parse_nz_number(c, &out->count, err) == -1)
		return -1;
	return imap_expect(c, '>', err);
}

struct sections {
	struct imap_section *list;
	size_t n, cap;
};

/* Adds a section, copied from init. */
static struct imap_section *
section_add(struct imap_cursor *c, struct sections *s,
    const struct imap_section *init, struct err *err)
{
	struct imap_section *grown;

	if (s->n == IMAP_FETCH_SECTIONS_MAX) {
		(void)imap_too_many(IMAP_FETCH_SECTIONS_MAX, "sections", err);
		return NULL;
	}
	if (s->n == s->cap) {
		s->cap = s->cap == 0 ? 2 : s->cap * 2;
		grown = arena_array(c->arena, s->cap, sizeof(*grown));
		if (s->n > 0)
			memcpy(grown, s->list, s->n * sizeof(*grown));
		s->list = grown;
	}
	s->list[s->n] = *init;
	return &s->list[s->n++];
}

/* Starts at the bracket after BODY or BODY.PEEK. */
static int
parse_body_section(struct imap_cursor *c, struct sections *s, bool peek,
    struct err *err)
{
	struct imap_section init = { .form = IMAP_FORM_BODY, .peek = peek };
	struct imap_section *section = section_add(c, s, &init, err);

	if (section == NULL || imap_expect(c, '[', err) == -1 ||
	    parse_section(c, section, err) == -1 ||
	    imap_expect(c, ']', err) == -1)
		return -1;
	return parse_partial(c, section, err);
}

static int
parse_item(struct imap_cursor *c, struct imap_fetch *out,
    struct sections *sections, struct err *err)
{
	size_t start = c->pos;
	const char *word = imap_take_word(c, IMAP_NAME_MAX);
	bool peek = strcmp(word, "BODY.PEEK") == 0;
	const struct rfc822_row *row;
	unsigned bit;

	if (peek || (strcmp(word, "BODY") == 0 && imap_peek(c) == '['))
		return parse_body_section(c, sections, peek, err);
	bit = imap_bit_of(item_names, bytes_of(word));
	if (bit != 0) {
		out->items |= bit;
		return 0;
	}
	for (size_t i = 0; i < sizeof(rfc822_rows) / sizeof(*rfc822_rows);
	    i++) {
		row = &rfc822_rows[i];
		if (strcmp(word, row->name) == 0)
			return section_add(c, sections, &row->section,
			    err) == NULL ? -1 : 0;
	}
	c->pos = start;
	return imap_unexpected(c, "a data item", err);
}

/* A macro, one item, or a list of items. */
static int
parse_items(struct imap_cursor *c, struct imap_fetch *out, struct err *err)
{
	struct sections sections = { NULL, 0, 0 };
	bool list = imap_skip(c, '(');
	size_t start = c->pos;

	if (!list) {
		out->items = imap_bit_of(macro_names,
		    bytes_of(imap_take_word(c, IMAP_NAME_MAX)));
		if (out->items != 0)
			return 0;
		c->pos = start;
	}
	do {
		if (parse_item(c, out, &sections, err) == -1)
			return -1;
	} while (list && imap_skip(c, ' '));
	out->sections = sections.list;
	out->nsections = sections.n;
	return list ? imap_expect(c, ')', err) : 0;
}

static int
parse_modifiers(struct imap_cursor *c, struct imap_fetch *out,
    struct err *err)
{
	if (imap_expect(c, '(', err) == -1)
		return -1;
	do {
		if (imap_skip_word(c, "VANISHED")) {
			out->vanished = true;
		} else if (imap_skip_word(c, "CHANGEDSINCE")) {
			out->has_changedsince = true;
			if (imap_parse_space(c, err) == -1 ||
			    imap_parse_modseq(c, &out->changedsince,
			    err) == -1)
				return -1;
		} else {
			return imap_unexpected(c, "CHANGEDSINCE or VANISHED",
			    err);
		}
	} while (imap_skip(c, ' '));
	if (out->vanished && !out->has_changedsince)
		return imap_unexpected(c, "CHANGEDSINCE with VANISHED", err);
	return imap_expect(c, ')', err);
}

int
imap_parse_fetch(struct imap_cursor *c, struct imap_fetch *out,
    struct err *err)
{
	memset(out, 0, sizeof(*out));
	if (imap_parse_space(c, err) == -1 ||
	    imap_parse_sequence_set(c, &out->set, err) == -1 ||
	    imap_parse_space(c, err) == -1 ||
	    parse_items(c, out, err) == -1 ||
	    (imap_skip(c, ' ') && parse_modifiers(c, out, err) == -1))
		return -1;
	return imap_parse_end(c, err);
}
