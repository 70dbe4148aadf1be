/*
 * message_fields - the header fields that describe a part
 *
 * A table with a row for each field.  The first field with a name counts;
 * only of the address fields all count, because clients that write two To
 * fields mean both.
 */
#include <config.h>

#include <string.h>

#include "mail/chars.h"
#include "mail/header.h"
#include "mail/message-private.h"

enum field_kind {
	PART_TEXT,		/* struct bytes in the part */
	PART_TOKEN,		/* the same, without comments */
	PART_TYPE,
	PART_DISPOSITION,
	ENVELOPE_TEXT,		/* struct bytes in the envelope */
	ENVELOPE_LIST,		/* addresses */
	ENVELOPE_LISTS		/* addresses of all fields with that name */
};

#define PART(m)		offsetof(struct mail_part, m)
#define ENVELOPE(m)	offsetof(struct mail_envelope, m)

static const struct field_row {
	const char *name;
	enum field_kind kind;
	size_t offset;
} rows[] = {
	{ "bcc",			ENVELOPE_LISTS,	ENVELOPE(bcc) },
	{ "cc",				ENVELOPE_LISTS,	ENVELOPE(cc) },
	{ "content-description",	PART_TEXT,	PART(description) },
	{ "content-disposition",	PART_DISPOSITION, 0 },
	{ "content-id",			PART_TEXT,	PART(id) },
	{ "content-language",		PART_TEXT,	PART(language) },
	{ "content-location",		PART_TEXT,	PART(location) },
	{ "content-md5",		PART_TOKEN,	PART(md5) },
	{ "content-transfer-encoding",	PART_TOKEN,	PART(encoding) },
	{ "content-type",		PART_TYPE,	0 },
	{ "date",			ENVELOPE_TEXT,	ENVELOPE(date) },
	{ "from",			ENVELOPE_LIST,	ENVELOPE(from) },
	{ "in-reply-to",		ENVELOPE_TEXT,	ENVELOPE(in_reply_to) },
	{ "message-id",			ENVELOPE_TEXT,	ENVELOPE(message_id) },
	{ "references",			ENVELOPE_TEXT,	ENVELOPE(references) },
	{ "reply-to",			ENVELOPE_LIST,	ENVELOPE(reply_to) },
	{ "sender",			ENVELOPE_LIST,	ENVELOPE(sender) },
	{ "subject",			ENVELOPE_TEXT,	ENVELOPE(subject) },
	{ "to",				ENVELOPE_LISTS,	ENVELOPE(to) },
};

#define ROWS	(sizeof(rows) / sizeof(*rows))

static const struct field_row *
row_find(struct bytes name)
{
	for (size_t i = 0; i < ROWS; i++)
		if (bytes_ieq_str(name, rows[i].name))
			return &rows[i];
	return NULL;
}

/* RFC 2045 5.1: a token. */
static bool
is_token(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if ((unsigned char)b.data[i] <= ' ' ||
		    (unsigned char)b.data[i] >= 127 ||
		    char_is_in(b.data[i], "()<>@,;:\\\"/[]?="))
			return false;
	return b.len > 0;
}

/* Leaves the part without a type if the field is invalid. */
static void
type_parse(struct arena *a, struct mail_part *part, struct bytes value)
{
	struct mail_param *params;
	struct bytes v, type, subtype;
	ptrdiff_t slash;

	params = param_parse(a, value, &v);
	if ((slash = bytes_index(v, '/')) < 0)
		return;
	type = bytes_trim(bytes_make(v.data, (size_t)slash));
	subtype = bytes_trim(bytes_make(v.data + slash + 1,
	    v.len - (size_t)slash - 1));
	if (!is_token(type) || !is_token(subtype))
		return;
	part->type = type;
	part->subtype = subtype;
	part->params = params;
}

/* State while the fields of a block are read. */
struct fields {
	struct arena *a;
	struct mail_part *part;
	bool seen[ROWS];
	bool typed;				/* there was a Content-Type */
	struct address_entry *last[ROWS];	/* in each list */
	size_t entries;				/* in all lists */
};

static void
list_append(struct fields *fs, const struct field_row *row,
    struct address_entry **list, struct bytes value)
{
	struct address_entry **last = &fs->last[row - rows], *e;

	if (fs->entries >= ADDRESS_LIST_MAX)
		return;
	e = address_list_parse(fs->a, value);
	if (*last == NULL)
		*list = e;
	else
		(*last)->next = e;
	for (; e != NULL; e = e->next, fs->entries++)
		*last = e;
}

static void
field_take(struct fields *fs, const struct field_row *row,
    struct bytes value)
{
	char *part = (char *)fs->part, *env = (char *)fs->part->envelope;
	struct bytes *text = (struct bytes *)(void *)(part + row->offset);

	switch (row->kind) {
	case PART_TEXT:
		*text = header_unfold(fs->a, value);
		break;
	case PART_TOKEN:
		(void)param_parse(fs->a, value, text);
		break;
	case PART_TYPE:
		fs->typed = true;
		type_parse(fs->a, fs->part, value);
		return;
	case PART_DISPOSITION:
		text = &fs->part->disposition;
		fs->part->disposition_params = param_parse(fs->a, value, text);
		break;
	case ENVELOPE_TEXT:
		*(struct bytes *)(void *)(env + row->offset) =
		    header_unfold(fs->a, value);
		return;
	case ENVELOPE_LIST:
	case ENVELOPE_LISTS:
		list_append(fs, row, (struct address_entry **)(void *)
		    (env + row->offset), value);
		return;
	}
	if (text->len == 0)
		text->data = NULL;	/* treat empty as missing */
}

void
message_part_make_text(struct arena *a, struct mail_part *part)
{
	struct mail_param *p = arena_zalloc(a, sizeof(*p));

	p->name = BYTES("charset");
	p->value = BYTES("us-ascii");
	part->type = BYTES("text");
	part->subtype = BYTES("plain");
	part->params = p;
}

void
message_fields_parse(struct arena *a, struct mail_part *part,
    struct bytes block, bool digest)
{
	struct fields fs = { .a = a, .part = part };
	struct header_iter it = header_iter_of(block);
	const struct field_row *row;
	struct header_field f;

	while (header_next(&it, &f)) {
		if ((row = row_find(f.name)) == NULL ||
		    (part->envelope == NULL && row->kind >= ENVELOPE_TEXT))
			continue;
		if (fs.seen[row - rows] && row->kind != ENVELOPE_LISTS)
			continue;
		fs.seen[row - rows] = true;
		field_take(&fs, row, f.value);
	}
	if (part->type.len > 0)
		return;
	message_part_make_text(a, part);
	if (digest && !fs.typed) {
		part->type = BYTES("message");
		part->subtype = BYTES("rfc822");
		part->params = NULL;
	}
}
