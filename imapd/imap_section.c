/* imap_section - finds the bytes that BODY[section]<partial> asks for. */
#include <config.h>

#include "mail/header.h"
#include "store/body.h"
#include "imapd/imap_fetch.h"
#include "imapd/imapd.h"

static enum parsed_what
what_of(enum imap_section_kind kind)
{
	switch (kind) {
	case IMAP_SECTION_ALL:
		return PARSED_WHOLE;
	case IMAP_SECTION_TEXT:
		return PARSED_TEXT;
	case IMAP_SECTION_MIME:
		return PARSED_MIME;
	case IMAP_SECTION_HEADER:
	case IMAP_SECTION_FIELDS:
	case IMAP_SECTION_FIELDS_NOT:
		break;
	}
	return PARSED_HEADER;
}

/* RFC 3501 6.4.5: count octets from offset on, fewer at the end. */
static void
cut_partial(const struct imap_section *section, uint64_t *offset,
    uint64_t *len)
{
	if (!section->has_partial)
		return;
	if (section->offset >= *len) {
		*len = 0;
		return;
	}
	*offset += section->offset;
	*len -= section->offset;
	if (*len > section->count)
		*len = section->count;
}

/* A larger header is cut; the parser stops here too. */
#define HEADER_READ_MAX	(1024 * 1024)

static int
select_fields(struct imap_session *s, const struct imap_section *section,
    const struct chunk_row *row, struct section_source *out, struct err *err)
{
	struct buf header = BUF_INIT;
	uint64_t offset = 0, len;
	size_t n;

	n = out->len > HEADER_READ_MAX ? HEADER_READ_MAX : (size_t)out->len;
	if (body_read(imap_session_store(s), s->account, row->message.body,
	    out->offset, n, &header, err) == -1) {
		buf_free(&header);
		return -1;
	}
	buf_clear(&out->text);
	header_select(&out->text, buf_view(&header), section->fields,
	    section->nfields, section->kind == IMAP_SECTION_FIELDS_NOT);
	buf_free(&header);
	len = out->text.len;
	cut_partial(section, &offset, &len);
	buf_consume(&out->text, (size_t)offset);
	out->text.len = (size_t)len;
	out->made = true;
	out->len = len;
	return 0;
}

int
section_find(struct imap_session *s, const struct imap_section *section,
    const struct chunk_row *row, const struct parsed *pd,
    struct section_source *out, struct err *err)
{
	out->made = false;
	out->exists = true;
	if (section->depth == 0 && section->kind == IMAP_SECTION_ALL) {
		out->offset = 0;
		out->len = row->message.size;
	} else if (parsed_section(pd, section->path, section->depth,
	    what_of(section->kind), &out->offset, &out->len) == -1) {
		out->exists = false;
		return 0;
	}
	if (section->kind == IMAP_SECTION_FIELDS ||
	    section->kind == IMAP_SECTION_FIELDS_NOT)
		return select_fields(s, section, row, out, err);
	cut_partial(section, &out->offset, &out->len);
	return 0;
}
