/*
 * imap_search_text - the keys that read the message text
 *
 * Texts are compared without regard to case (mail/fold.h), after encoded words
 * and body parts have been decoded to UTF-8.  A body is read in pieces, never
 * as a whole.
 */
#include <config.h>

#include "mail/decode.h"
#include "mail/header.h"
#include "mail/word.h"
#include "store/body.h"
#include "imapd/imap_search.h"
#include "imapd/imapd.h"

#define PIECE_SIZE		(64 * 1024)
/* The header is not searched beyond this; the parser stops here too. */
#define HEADER_READ_MAX		(1024 * 1024)

static int
read_range(const struct search_subject *x, uint64_t offset, uint64_t len,
    struct buf *out, struct err *err)
{
	if (len > HEADER_READ_MAX)
		len = HEADER_READ_MAX;
	return body_read(imap_session_store(x->s), x->s->account,
	    x->row->message.body, offset, (size_t)len, out, err);
}

/* ---- headers ---- */

/* field.len 0: search all fields, including their names. */
static bool
header_has(struct bytes block, struct bytes field,
    struct fold_search *search)
{
	struct header_iter it = header_iter_of(block);
	struct header_field f;
	struct buf line = BUF_INIT;
	bool found = false;

	while (!found && header_next(&it, &f)) {
		if (field.len > 0 && !bytes_ieq(f.name, field))
			continue;
		buf_clear(&line);
		if (field.len == 0) {
			buf_bytes(&line, f.name);
			buf_str(&line, ": ");
		}
		word_decode(&line, f.value);
		fold_search_reset(search);
		found = fold_search_feed(search, buf_view(&line)) ||
		    fold_search_finish(search);
	}
	buf_free(&line);
	return found;
}

int
search_header(const struct search_subject *x, struct bytes field,
    struct bytes text, bool *found, struct err *err)
{
	struct fold_search *search;
	struct buf block = BUF_INIT;
	int rc;

	rc = read_range(x, 0, parsed_header_len(x->pd), &block, err);
	if (rc != -1) {
		search = fold_search_new(text);
		*found = header_has(buf_view(&block), field, search);
		fold_search_free(&search);
	}
	buf_free(&block);
	return rc == -1 ? -1 : 0;
}

/* ---- bodies ---- */

/* Searches the decoded body of one text part, piece by piece. */
static int
part_has(const struct search_subject *x, const struct parsed_part *part,
    struct fold_search *search, bool *found, struct err *err)
{
	struct mail_decoder *d;
	struct buf raw = BUF_INIT, text = BUF_INIT;
	uint64_t done = 0;
	int rc = 0;

	d = mail_decoder_new(part->encoding, part->charset);
	fold_search_reset(search);
	while (rc == 0 && !*found && done < part->body_len) {
		buf_clear(&raw);
		buf_clear(&text);
		rc = body_read(imap_session_store(x->s), x->s->account,
		    x->row->message.body, part->body_offset + done,
		    part->body_len - done > PIECE_SIZE ? PIECE_SIZE :
		    (size_t)(part->body_len - done), &raw, err);
		if (rc == -1 || raw.len == 0)
			break;
		done += raw.len;
		mail_decoder_feed(d, buf_view(&raw), &text);
		*found = fold_search_feed(search, buf_view(&text));
	}
	buf_clear(&text);
	if (rc != -1 && !*found) {
		(void)mail_decoder_finish(d, &text);
		*found = fold_search_feed(search, buf_view(&text)) ||
		    fold_search_finish(search);
	}
	mail_decoder_free(&d);
	buf_free(&raw);
	buf_free(&text);
	return rc == -1 ? -1 : 0;
}

/* The headers of parts and of enclosed messages count as body. */
static int
part_header_has(const struct search_subject *x,
    const struct parsed_part *part, struct fold_search *search,
    bool *found, struct err *err)
{
	struct buf block = BUF_INIT;
	int rc;

	rc = read_range(x, part->header_offset, part->header_len, &block,
	    err);
	if (rc != -1)
		*found = header_has(buf_view(&block), BYTES(""), search);
	buf_free(&block);
	return rc == -1 ? -1 : 0;
}

int
search_body(const struct search_subject *x, struct bytes text,
    bool with_header, bool *found, struct err *err)
{
	struct fold_search *search = fold_search_new(text);
	struct parsed_part part;
	size_t pos = 0;
	bool first = true;
	int rc = 0;

	*found = text.len == 0;
	while (rc == 0 && !*found && parsed_part_next(x->pd, &pos, &part)) {
		if (!first || with_header)
			rc = part_header_has(x, &part, search, found, err);
		first = false;
		if (rc == 0 && !*found && part.kind == PARSED_KIND_TEXT)
			rc = part_has(x, &part, search, found, err);
	}
	fold_search_free(&search);
	return rc;
}
