/*
 * The message parser, and the parsed record and sections made from its tree.
 * The first byte chooses the pieces in which the rest is fed; the same bytes in
 * one piece must give the same record.  The bytes are also tried as a record,
 * as a body and as an SMTP address.
 */
#include <config.h>

#include <stdint.h>

#include "base/encode.h"
#include "mail/decode.h"
#include "mail/fold.h"
#include "proto/parsed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* So small that short inputs reach them. */
static const struct mail_limits limits = { 5, 12, 400, 800 };

static void
must(bool right)
{
	if (!right)
		abort();
}

/* Makes the record of the message, fed in pieces of step bytes. */
static void
encode(struct buf *out, const uint8_t *data, size_t size, size_t step,
    const struct mail_limits *l)
{
	struct mail_parser *p;
	struct arena a;
	size_t n;

	arena_init(&a);
	p = mail_parser_new(&a, l);
	for (size_t i = 0; i < size; i += n) {
		n = size - i < step ? size - i : step;
		mail_parser_feed(p, data + i, n);
	}
	parsed_encode(mail_parser_finish(p), out);
	arena_clear(&a);
}

/* Looks up sections of the record, which must be inside a message of that size,
   if it has one. */
static void
sections_try(struct parsed *pd, uint64_t size)
{
	uint32_t path[3];
	uint64_t offset, len;

	for (unsigned i = 0; i < 27 * 16; i++) {
		path[0] = i / 16 % 3 + 1;
		path[1] = i / 48 % 3 + 1;
		path[2] = i / 144 + 1;
		if (parsed_section(pd, path, i / 4 % 4, i % 4, &offset,
		    &len) == 0)
			must(offset <= size && len <= size - offset);
	}
}

static void
record_try(struct bytes record, uint64_t size, bool ours)
{
	struct parsed pd;
	struct parsed_part part;
	struct bytes id;
	struct err err;
	size_t pos = 0;
	uint32_t parts = 0;

	if (parsed_open(record, &pd, &err) == -1) {
		must(!ours);
		return;
	}
	while (parsed_part_next(&pd, &pos, &part))
		parts++;
	must(parts == pd.part_count);
	pos = 0;
	while (parsed_list_next(parsed_text(&pd, PARSED_REFERENCES), &pos,
	    &id))
		must(id.len > 0 || !ours);
	for (int i = 0; i < PARSED_ITEMS; i++)
		must(!ours || pd.item[i].len == 0 ||
		    memchr(pd.item[i].data, '\0', pd.item[i].len) == NULL ||
		    i >= PARSED_IN_REPLY_TO);
	if (!ours)
		return;
	for (int i = PARSED_FROM; i <= PARSED_TO_DISPLAY; i++)
		must(utf8_is_valid(pd.item[i]));
	sections_try(&pd, size);
}

/* Decoders and the search, with the body in pieces and whole. */
static void
body_try(const uint8_t *data, size_t size, size_t step)
{
	struct bytes all = bytes_make(data, size);
	struct buf whole = BUF_INIT, pieces = BUF_INIT;
	struct mail_decoder *d, *e;
	struct bytes charset = { (const char *)data, size > 9 ? 9 : size };

	for (int i = 0; i <= MAIL_ENCODING_UNKNOWN; i++) {
		d = mail_decoder_new(i, size % 2 ? BYTES("utf-8") : charset);
		e = mail_decoder_new(i, size % 2 ? BYTES("utf-8") : charset);
		buf_clear(&whole);
		buf_clear(&pieces);
		mail_decoder_feed(d, all, &whole);
		for (size_t at = 0; at < size; at += step)
			mail_decoder_feed(e, bytes_make(data + at,
			    size - at < step ? size - at : step), &pieces);
		must(mail_decoder_finish(d, &whole) ==
		    mail_decoder_finish(e, &pieces));
		if (size % 2)
			must(bytes_eq(buf_view(&whole), buf_view(&pieces)));
		mail_decoder_free(&d);
		mail_decoder_free(&e);
	}
	(void)fold_contains(buf_view(&whole), charset);
	buf_free(&whole);
	buf_free(&pieces);
}

/* An accepted address is printed, accepted again, and the same. */
static void
address_try(struct bytes text)
{
	struct mail_address addr, again;
	struct mail_date date;
	struct buf b = BUF_INIT;
	struct arena a;
	struct err err;

	arena_init(&a);
	(void)date_imap_parse(text, &date);
	if (address_parse(&a, text, &addr, &err) == 0) {
		address_print(&b, &addr);
		must(address_parse(&a, buf_view(&b), &again, &err) == 0);
		must(bytes_eq(addr.localpart, again.localpart));
		must(bytes_eq(addr.domain, again.domain));
		(void)address_localpart_fold(&a, addr.localpart);
	}
	buf_free(&b);
	arena_clear(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = BUF_INIT, pieces = BUF_INIT;
	size_t step;

	if (size == 0)
		return 0;
	record_try(bytes_make(data, size), 0, false);
	step = data[0] % 32 + 1;
	data++;
	size--;
	for (int i = 0; i < 2; i++) {
		buf_clear(&whole);
		buf_clear(&pieces);
		encode(&whole, data, size, size + 1, i ? &limits : NULL);
		encode(&pieces, data, size, step, i ? &limits : NULL);
		must(bytes_eq(buf_view(&whole), buf_view(&pieces)));
		record_try(buf_view(&whole), size, true);
	}
	body_try(data, size, step);
	address_try(bytes_make(data, size));
	buf_free(&whole);
	buf_free(&pieces);
	return 0;
}
