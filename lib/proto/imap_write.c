/* imap_write - writes the pieces of IMAP responses. */
#include <config.h>

#include "base/encode.h"
#include "proto/imap_parse-private.h"
#include "proto/imap_utf7.h"
#include "proto/imap_write.h"

void
imap_write_literal_head(struct buf *out, uint64_t size)
{
	buf_byte(out, '{');
	buf_decimal(out, size);
	buf_str(out, "}\r\n");
}

static bool
is_quotable(struct bytes s)
{
	if (s.len > IMAP_QUOTED_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] == '\r' || s.data[i] == '\n' ||
		    s.data[i] == '\0' || (unsigned char)s.data[i] > 0x7f)
			return false;
	return true;
}

/* Quoted if it is ASCII without CR, LF and NUL, and short; or a literal. */
static void
write_string(struct buf *out, struct bytes s)
{
	if (!is_quotable(s)) {
		imap_write_literal_head(out, s.len);
		buf_bytes(out, s);
		return;
	}
	buf_byte(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] == '"' || s.data[i] == '\\')
			buf_byte(out, '\\');
		buf_byte(out, s.data[i]);
	}
	buf_byte(out, '"');
}

void
imap_write_nstring(struct buf *out, struct bytes s)
{
	if (s.data == NULL)
		buf_str(out, "NIL");
	else
		write_string(out, s);
}

/* An atom where possible. */
static void
write_astring(struct buf *out, struct bytes s)
{
	bool atom = s.len > 0 && s.len <= IMAP_QUOTED_MAX &&
	    !bytes_ieq_str(s, "NIL");

	for (size_t i = 0; atom && i < s.len; i++)
		atom = imap_is_char(s.data[i], IMAP_CHAR_ASTRING);
	if (atom)
		buf_bytes(out, s);
	else
		write_string(out, s);
}

void
imap_write_mailbox(struct buf *out, struct bytes name)
{
	struct buf coded = BUF_INIT;

	if (imap_utf7_encode(&coded, name) == -1)
		for (size_t i = 0; i < name.len; i++)
			buf_byte(&coded, name.data[i] >= ' ' &&
			    name.data[i] <= '~' && name.data[i] != '&' ?
			    name.data[i] : '?');
	write_astring(out, buf_view(&coded));
	buf_free(&coded);
}

void
imap_write_bits(struct buf *out, const struct imap_bit_name *names,
    unsigned bits)
{
	const char *space = "";

	for (; names->name != NULL; names++)
		if ((bits & names->bit) != 0) {
			buf_str(out, space);
			buf_str(out, names->name);
			space = " ";
		}
}

void
imap_write_fetch_begin(struct buf *out, uint32_t seq)
{
	buf_str(out, "* ");
	buf_decimal(out, seq);
	buf_str(out, " FETCH (");
}

void
imap_write_number_set(struct buf *out, const struct number_set *set)
{
	const struct number_range *r;

	for (size_t i = 0; i < set->n; i++) {
		r = &set->range[i];
		if (i > 0)
			buf_byte(out, ',');
		buf_decimal(out, r->first);
		if (r->last != r->first) {
			buf_byte(out, ':');
			buf_decimal(out, r->last);
		}
	}
}

void
imap_write_datetime(struct buf *out, struct mail_date date)
{
	buf_byte(out, '"');
	date_imap_print(out, date);
	buf_byte(out, '"');
}

static void
section_text_write(struct buf *out, const struct imap_section *s)
{
	static const char *const names[] = {
		"", "HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT", "TEXT",
		"MIME"
	};

	for (size_t i = 0; i < s->depth; i++)
		buf_printf(out, "%s%u", i > 0 ? "." : "", s->path[i]);
	if (s->depth > 0 && s->kind != IMAP_SECTION_ALL)
		buf_byte(out, '.');
	buf_str(out, names[s->kind]);
	for (size_t i = 0; i < s->nfields; i++) {
		buf_str(out, i == 0 ? " (" : " ");
		write_astring(out, s->fields[i]);
	}
	if (s->nfields > 0)
		buf_byte(out, ')');
}

void
imap_write_section(struct buf *out, const struct imap_section *s)
{
	static const char *const names[] = {
		"BODY", "RFC822", "RFC822.HEADER", "RFC822.TEXT"
	};

	buf_str(out, names[s->form]);
	if (s->form != IMAP_FORM_BODY)
		return;
	buf_byte(out, '[');
	section_text_write(out, s);
	buf_byte(out, ']');
	if (s->has_partial)
		buf_printf(out, "<%u>", s->offset);
}
