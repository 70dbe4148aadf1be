/* parsed_encode - writes the parsed record of a message; parsed.c reads it. */
#include <config.h>

#include "base/encode.h"
#include "mail/msgid.h"
#include "mail/word.h"
#include "proto/imap_structure.h"
#include "proto/parsed-private.h"
#include "proto/parsed.h"

static void
number_add(struct buf *out, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		buf_byte(out, (char)(v | 0x80));
	buf_byte(out, (char)v);
}

static void
string_add(struct buf *out, struct bytes s)
{
	number_add(out, s.len);
	buf_bytes(out, s);
}

/* ---- items ----------------------------------------------------------- */

static void
item_add(struct buf *out, struct bytes s)
{
	if (s.data == NULL) {
		number_add(out, 0);
		return;
	}
	number_add(out, s.len + 1);
	buf_bytes(out, s);
}

static void
item_add_envelope(struct buf *out, const struct mail_envelope *env,
    struct buf *scratch)
{
	buf_clear(scratch);
	imap_envelope_write(scratch, env);
	item_add(out, buf_view(scratch));
}

static void
item_add_structure(struct buf *out, const struct mail_part *root,
    bool extended, struct buf *scratch)
{
	buf_clear(scratch);
	imap_structure_write(scratch, root, extended);
	item_add(out, buf_view(scratch));
}

static void
item_add_decoded(struct buf *out, struct bytes raw, struct buf *scratch)
{
	buf_clear(scratch);
	(void)buf_cstr(scratch);
	word_decode(scratch, raw);
	item_add(out, raw.data == NULL ? raw : buf_view(scratch));
}

/* Writes "local@domain", or only the part that exists. */
static void
mailbox_print(struct buf *out, const struct address_entry *e)
{
	word_decode(out, e->localpart);
	if (e->domain.len > 0) {
		buf_byte(out, '@');
		word_decode(out, e->domain);
	}
}

static void
entry_print(struct buf *out, const struct address_entry *e)
{
	word_decode(out, e->name);
	if (e->kind == ADDRESS_GROUP) {
		buf_byte(out, ':');
		return;
	}
	if (e->name.len > 0)
		buf_str(out, " <");
	else
		buf_byte(out, '<');
	mailbox_print(out, e);
	buf_byte(out, '>');
}

static void
item_add_list(struct buf *out, const struct address_entry *e,
    struct buf *scratch)
{
	const char *between = "";

	if (e == NULL) {
		number_add(out, 0);
		return;
	}
	buf_clear(scratch);
	for (; e != NULL; e = e->next) {
		if (e->kind == ADDRESS_GROUP_END) {
			buf_byte(scratch, ';');
			continue;
		}
		buf_str(scratch, between);
		entry_print(scratch, e);
		between = e->kind == ADDRESS_GROUP ? " " : ", ";
	}
	item_add(out, buf_view(scratch));
}

/* Adds the mailbox that SORT uses; for a group that is its name. */
static void
item_add_sort(struct buf *out, const struct address_entry *e)
{
	struct buf b = BUF_INIT;

	if (e == NULL) {
		number_add(out, 0);
		return;
	}
	(void)buf_cstr(&b);
	word_decode(&b, e->kind == ADDRESS_GROUP ? e->name : e->localpart);
	item_add(out, buf_view(&b));
	buf_free(&b);
}

static void
item_add_display(struct buf *out, const struct address_entry *e)
{
	struct buf b = BUF_INIT;

	if (e == NULL) {
		number_add(out, 0);
		return;
	}
	(void)buf_cstr(&b);
	word_decode(&b, e->name);
	if (b.len == 0)
		mailbox_print(&b, e);
	item_add(out, buf_view(&b));
	buf_free(&b);
}

/* ---- message ids ----------------------------------------------------- */

static void
item_add_msgid(struct buf *out, struct bytes raw, struct buf *scratch)
{
	size_t pos = 0;

	if (msgid_next(raw, &pos, scratch))
		item_add(out, buf_view(scratch));
	else
		number_add(out, 0);
}

static size_t
msgid_count(struct bytes raw, struct buf *scratch)
{
	size_t n = 0, pos = 0;

	while (msgid_next(raw, &pos, scratch))
		n++;
	return n;
}

/* If there are too many ids, those in the middle are left out, as programs that
   make References do. */
static void
item_add_msgids(struct buf *out, struct bytes raw, struct buf *scratch)
{
	size_t count = msgid_count(raw, scratch), pos = 0, n = 0;
	struct buf list = BUF_INIT;

	for (; msgid_next(raw, &pos, scratch); n++)
		if (n < PARSED_REFERENCES_MAX / 2 ||
		    count - n <= PARSED_REFERENCES_MAX / 2)
			string_add(&list, buf_view(scratch));
	item_add(out, buf_view(&list));
	buf_free(&list);
}

/* ---- parts ----------------------------------------------------------- */

static enum parsed_kind
kind_of(const struct mail_part *part)
{
	if (mail_part_is(part, "multipart", NULL))
		return PARSED_KIND_MULTIPART;
	if (mail_part_is_message(part))
		return PARSED_KIND_MESSAGE;
	return mail_part_is(part, "text", NULL) ? PARSED_KIND_TEXT :
	    PARSED_KIND_OTHER;
}

static void
name_add(struct buf *out, struct bytes s, bool lower)
{
	char c;

	if (s.len > PARSED_NAME_MAX)
		s.len = PARSED_NAME_MAX;
	number_add(out, s.len);
	for (size_t i = 0; i < s.len; i++) {
		c = s.data[i];
		buf_byte(out, lower && c >= 'A' && c <= 'Z' ?
		    (char)(c + 32) : c);
	}
}

static void
part_add(struct buf *out, const struct mail_part *part)
{
	enum parsed_kind kind = kind_of(part);

	number_add(out, part->depth);
	buf_byte(out, (char)(kind * 16 + mail_part_encoding(part)));
	number_add(out, part->header_offset);
	number_add(out, part->header_len);
	number_add(out, part->body_len);
	number_add(out, part->body_lines);
	name_add(out, part->type, true);
	name_add(out, part->subtype, true);
	name_add(out, kind == PARSED_KIND_TEXT ? mail_part_charset(part) :
	    bytes_make(NULL, 0), false);
}

static void
parts_add(struct buf *out, const struct mail_part *root)
{
	const struct mail_part *part;
	uint64_t count = 0;

	for (part = root; part != NULL; part = mail_part_walk(part))
		count++;
	number_add(out, count);
	for (part = root; part != NULL; part = mail_part_walk(part))
		part_add(out, part);
}

static void
date_add(struct buf *out, struct bytes raw)
{
	struct mail_date date;
	char field[10];

	if (date_parse(raw, &date) == -1) {
		buf_byte(out, 0);
		return;
	}
	buf_byte(out, 1);
	be64_put(field, (uint64_t)date.seconds);
	be16_put(field + 8, (uint16_t)(date.zone_min + PARSED_ZONE_BIAS));
	buf_add(out, field, sizeof(field));
}

void
parsed_encode(const struct mail_part *root, struct buf *out)
{
	const struct mail_envelope *env = root->envelope;
	struct buf scratch = BUF_INIT;

	buf_byte(out, PARSED_VERSION);
	date_add(out, env->date);
	/* In the order of enum parsed_item. */
	item_add_envelope(out, env, &scratch);
	item_add_structure(out, root, false, &scratch);
	item_add_structure(out, root, true, &scratch);
	item_add_list(out, env->from, &scratch);
	item_add_list(out, env->to, &scratch);
	item_add_list(out, env->cc, &scratch);
	item_add_list(out, env->bcc, &scratch);
	item_add_list(out, env->sender, &scratch);
	item_add_list(out, env->reply_to, &scratch);
	item_add_decoded(out, env->subject, &scratch);
	item_add_sort(out, env->from);
	item_add_sort(out, env->to);
	item_add_sort(out, env->cc);
	item_add_display(out, env->from);
	item_add_display(out, env->to);
	item_add_msgid(out, env->message_id, &scratch);
	item_add_msgids(out, env->in_reply_to, &scratch);
	item_add_msgids(out, env->references, &scratch);
	parts_add(out, root);
	buf_free(&scratch);
}
