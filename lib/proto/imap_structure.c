/* imap_structure - writes ENVELOPE, BODY and BODYSTRUCTURE of a message. */
#include <config.h>

#include "proto/imap_structure.h"
#include "proto/imap_write.h"

/* ---- strings --------------------------------------------------------- */

/* NUL cannot be sent at all (RFC 3501 4.3), so it is left out. */
static void
text_write(struct buf *out, struct bytes s)
{
	struct buf clean = BUF_INIT;

	if (bytes_index(s, '\0') < 0) {
		imap_write_nstring(out, s);
		return;
	}
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] != '\0')
			buf_byte(&clean, s.data[i]);
	(void)buf_cstr(&clean);
	imap_write_nstring(out, buf_view(&clean));
	buf_free(&clean);
}

/* Writes NIL instead of an empty string. */
static void
name_write(struct buf *out, struct bytes s)
{
	if (s.len == 0)
		s.data = NULL;
	text_write(out, s);
}

/* ---- envelope -------------------------------------------------------- */

/*
 * A host of NIL means a group (RFC 3501 7.4.2), so an address without a
 * domain has an empty host.
 */
static void
address_write(struct buf *out, const struct address_entry *e)
{
	switch (e->kind) {
	case ADDRESS_GROUP:
		buf_str(out, "(NIL NIL ");
		text_write(out, e->name);
		buf_str(out, " NIL)");
		return;
	case ADDRESS_GROUP_END:
		buf_str(out, "(NIL NIL NIL NIL)");
		return;
	case ADDRESS_MAILBOX:
		break;
	}
	buf_byte(out, '(');
	name_write(out, e->name);
	buf_byte(out, ' ');
	name_write(out, e->route);
	buf_byte(out, ' ');
	text_write(out, e->localpart);
	buf_byte(out, ' ');
	text_write(out, e->domain);
	buf_byte(out, ')');
}

static void
list_write(struct buf *out, const struct address_entry *e)
{
	buf_byte(out, ' ');
	if (e == NULL) {
		buf_str(out, "NIL");
		return;
	}
	buf_byte(out, '(');
	for (; e != NULL; e = e->next)
		address_write(out, e);
	buf_byte(out, ')');
}

void
imap_envelope_write(struct buf *out, const struct mail_envelope *env)
{
	static const struct mail_envelope none;

	if (env == NULL)
		env = &none;
	buf_byte(out, '(');
	text_write(out, env->date);
	buf_byte(out, ' ');
	text_write(out, env->subject);
	list_write(out, env->from);
	list_write(out, env->sender == NULL ? env->from : env->sender);
	list_write(out, env->reply_to == NULL ? env->from : env->reply_to);
	list_write(out, env->to);
	list_write(out, env->cc);
	list_write(out, env->bcc);
	buf_byte(out, ' ');
	text_write(out, env->in_reply_to);
	buf_byte(out, ' ');
	text_write(out, env->message_id);
	buf_byte(out, ')');
}

/* ---- body structure -------------------------------------------------- */

static void
params_write(struct buf *out, const struct mail_param *p)
{
	char before = '(';

	buf_byte(out, ' ');
	if (p == NULL) {
		buf_str(out, "NIL");
		return;
	}
	for (; p != NULL; p = p->next) {
		buf_byte(out, before);
		text_write(out, p->name);
		buf_byte(out, ' ');
		text_write(out, p->value);
		before = ' ';
	}
	buf_byte(out, ')');
}

static void
disposition_write(struct buf *out, const struct mail_part *part)
{
	if (part->disposition.data == NULL) {
		buf_str(out, " NIL");
		return;
	}
	buf_str(out, " (");
	text_write(out, part->disposition);
	params_write(out, part->disposition_params);
	buf_byte(out, ')');
}

/* "de, en": one string, or several in parentheses. */
static void
language_write(struct buf *out, struct bytes text)
{
	struct bytes one;
	unsigned count = 0;
	ptrdiff_t comma;

	buf_byte(out, ' ');
	if (text.data == NULL || bytes_index(text, ',') < 0) {
		text_write(out, text);
		return;
	}
	buf_byte(out, '(');
	while (text.len > 0) {
		comma = bytes_index(text, ',');
		one = text;
		if (comma >= 0)
			one.len = (size_t)comma;
		text.data += one.len + (comma >= 0);
		text.len -= one.len + (comma >= 0);
		one = bytes_trim(one);
		if (one.len == 0)
			continue;
		if (count++ > 0)
			buf_byte(out, ' ');
		text_write(out, one);
	}
	buf_str(out, count == 0 ? "\"\")" : ")");
}

/* body-ext-mpart and the end of body-ext-1part. */
static void
extension_write(struct buf *out, const struct mail_part *part)
{
	disposition_write(out, part);
	language_write(out, part->language);
	buf_byte(out, ' ');
	text_write(out, part->location);
}

static void
multipart_write(struct buf *out, const struct mail_part *part, bool extended)
{
	const struct mail_part *child;

	buf_byte(out, '(');
	for (child = part->first_child; child != NULL; child = child->next)
		imap_structure_write(out, child, extended);
	buf_byte(out, ' ');
	text_write(out, part->subtype);
	if (extended) {
		params_write(out, part->params);
		extension_write(out, part);
	}
	buf_byte(out, ')');
}

/* body-fields: parameters, id, description, encoding, octets. */
static void
fields_write(struct buf *out, const struct mail_part *part)
{
	text_write(out, part->type);
	buf_byte(out, ' ');
	text_write(out, part->subtype);
	params_write(out, part->params);
	buf_byte(out, ' ');
	text_write(out, part->id);
	buf_byte(out, ' ');
	text_write(out, part->description);
	buf_byte(out, ' ');
	text_write(out, part->encoding.data == NULL ? BYTES("7bit") :
	    part->encoding);
	buf_printf(out, " %llu", (unsigned long long)part->body_len);
}

void
imap_structure_write(struct buf *out, const struct mail_part *part,
    bool extended)
{
	const struct mail_part *child = part->first_child;

	if (child != NULL && mail_part_is(part, "multipart", NULL)) {
		multipart_write(out, part, extended);
		return;
	}
	buf_byte(out, '(');
	fields_write(out, part);
	if (child != NULL && mail_part_is(part, "message", "rfc822")) {
		buf_byte(out, ' ');
		imap_envelope_write(out, child->envelope);
		buf_byte(out, ' ');
		imap_structure_write(out, child, extended);
		buf_printf(out, " %llu", (unsigned long long)part->body_lines);
	} else if (mail_part_is(part, "text", NULL)) {
		buf_printf(out, " %llu", (unsigned long long)part->body_lines);
	}
	if (extended) {
		buf_byte(out, ' ');
		text_write(out, part->md5);
		extension_write(out, part);
	}
	buf_byte(out, ')');
}
