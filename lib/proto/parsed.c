/* parsed - reads the parsed record of a message; parsed_encode.c writes it. */
#include <config.h>

#include "base/encode.h"
#include "proto/parsed-private.h"
#include "proto/parsed.h"

/* ---- pieces; all return 0, or -1 if the record is damaged -------------- */

static int
byte_get(struct bytes *in, uint8_t *out)
{
	if (in->len == 0)
		return -1;
	*out = (uint8_t)*in->data++;
	in->len--;
	return 0;
}

static int
number_get(struct bytes *in, uint64_t *out)
{
	uint64_t v = 0;
	uint8_t b;

	for (unsigned shift = 0; shift < 63; shift += 7) {
		if (byte_get(in, &b) == -1)
			return -1;
		v |= (uint64_t)(b & 0x7f) << shift;
		if (b < 0x80) {
			*out = v;
			return 0;
		}
	}
	return -1;
}

static int
take(struct bytes *in, uint64_t n, struct bytes *out)
{
	if (n > in->len)
		return -1;
	*out = bytes_make(in->data, (size_t)n);
	in->data += n;
	in->len -= (size_t)n;
	return 0;
}

static int
string_get(struct bytes *in, struct bytes *out)
{
	uint64_t n;

	return number_get(in, &n) == -1 ? -1 : take(in, n, out);
}

static int
item_get(struct bytes *in, struct bytes *out)
{
	uint64_t n;

	*out = bytes_make(NULL, 0);
	if (number_get(in, &n) == -1)
		return -1;
	return n == 0 ? 0 : take(in, n - 1, out);
}

static int
date_get(struct bytes *in, struct parsed *pd)
{
	struct bytes b;
	uint8_t has;

	if (byte_get(in, &has) == -1 || has > 1)
		return -1;
	pd->has_date = has == 1;
	if (has == 0)
		return 0;
	if (take(in, 10, &b) == -1)
		return -1;
	pd->date.seconds = (int64_t)be64_get(b.data);
	pd->date.zone_min = be16_get(b.data + 8) - PARSED_ZONE_BIAS;
	/* Dates after 9999 are never written, and sums might overflow. */
	if (pd->date.seconds > PARSED_SECONDS_MAX ||
	    pd->date.seconds < -PARSED_SECONDS_MAX)
		return -1;
	return pd->date.zone_min > -PARSED_ZONE_BIAS &&
	    pd->date.zone_min < PARSED_ZONE_BIAS ? 0 : -1;
}

static int
part_get(struct bytes *in, struct parsed_part *part)
{
	uint64_t depth;
	uint8_t kind;

	if (number_get(in, &depth) == -1 || depth > UINT32_MAX ||
	    byte_get(in, &kind) == -1 ||
	    kind / 16 > PARSED_KIND_OTHER ||
	    kind % 16 > MAIL_ENCODING_UNKNOWN ||
	    number_get(in, &part->header_offset) == -1 ||
	    number_get(in, &part->header_len) == -1 ||
	    number_get(in, &part->body_len) == -1 ||
	    number_get(in, &part->body_lines) == -1 ||
	    string_get(in, &part->type) == -1 ||
	    string_get(in, &part->subtype) == -1 ||
	    string_get(in, &part->charset) == -1)
		return -1;
	part->depth = (unsigned)depth;
	part->kind = kind / 16;
	part->encoding = kind % 16;
	/* Numbers are below 2^63, so one addition cannot wrap. */
	part->body_offset = part->header_offset + part->header_len;
	return part->body_offset + part->body_len < part->body_offset ? -1 : 0;
}

/* ---- the record ------------------------------------------------------ */

static bool
may_have_children(const struct parsed_part *part)
{
	return part->kind == PARSED_KIND_MULTIPART ||
	    part->kind == PARSED_KIND_MESSAGE;
}

static bool
list_is_good(struct bytes list)
{
	struct bytes id;

	while (list.len > 0)
		if (string_get(&list, &id) == -1)
			return false;
	return true;
}

/* Each part must be within the root, and below a part that can have parts. */
static int
parts_check(const struct parsed *pd)
{
	struct bytes in = pd->parts;
	struct parsed_part part, before, root;

	if (part_get(&in, &root) == -1 || root.depth != 0 ||
	    root.header_offset != 0)
		return -1;
	before = root;
	for (uint32_t i = 1; i < pd->part_count; i++) {
		if (part_get(&in, &part) == -1 || part.depth == 0 ||
		    part.depth > before.depth + may_have_children(&before) ||
		    part.body_offset + part.body_len >
		    root.body_offset + root.body_len)
			return -1;
		before = part;
	}
	return in.len == 0 ? 0 : -1;
}

static int
record_read(struct bytes in, struct parsed *pd)
{
	uint64_t count;

	if (date_get(&in, pd) == -1)
		return -1;
	for (unsigned i = 0; i < PARSED_ITEMS; i++)
		if (item_get(&in, &pd->item[i]) == -1)
			return -1;
	if (number_get(&in, &count) == -1 || count == 0 || count > in.len)
		return -1;
	pd->part_count = (uint32_t)count;
	pd->parts = in;
	return parts_check(pd) == 0 &&
	    list_is_good(pd->item[PARSED_IN_REPLY_TO]) &&
	    list_is_good(pd->item[PARSED_REFERENCES]) ? 0 : -1;
}

int
parsed_open(struct bytes record, struct parsed *pd, struct err *err)
{
	uint8_t version;

	if (byte_get(&record, &version) == -1 || version != PARSED_VERSION)
		return err_set(err, ERR_SYNTAX,
		    "the parsed record has no version or an unknown one");
	if (record.len > UINT32_MAX || record_read(record, pd) == -1)
		return err_set(err, ERR_SYNTAX,
		    "the parsed record is damaged");
	return 0;
}

struct bytes
parsed_text(const struct parsed *pd, enum parsed_item item)
{
	return pd->item[item];
}

bool
parsed_list_next(struct bytes list, size_t *pos, struct bytes *id)
{
	struct bytes in;

	if (*pos >= list.len)
		return false;
	in = bytes_make(list.data + *pos, list.len - *pos);
	if (string_get(&in, id) == -1)
		return false;
	*pos = list.len - in.len;
	return true;
}

bool
parsed_part_next(const struct parsed *pd, size_t *pos,
    struct parsed_part *part)
{
	struct bytes in = bytes_make(pd->parts.data + *pos,
	    pd->parts.len - *pos);

	if (in.len == 0 || part_get(&in, part) == -1)
		return false;
	*pos = pd->parts.len - in.len;
	return true;
}

/* ---- sections (RFC 3501 6.4.5) --------------------------------------- */

/* A part, and the offset of the part after it in the table. */
struct place {
	struct parsed_part part;
	size_t next;
};

static void
root_find(const struct parsed *pd, struct place *at)
{
	at->next = 0;
	(void)parsed_part_next(pd, &at->next, &at->part);
}

/* Moves *at from a part to its n-th child, from 1.  Returns 0 or -1. */
static int
child_find(const struct parsed *pd, struct place *at, uint32_t n)
{
	unsigned depth = at->part.depth + 1;
	struct place to = *at;

	while (parsed_part_next(pd, &to.next, &to.part) &&
	    to.part.depth >= depth) {
		if (to.part.depth == depth && --n == 0) {
			*at = to;
			return 0;
		}
	}
	return -1;
}

/*
 * Moves *at from a message to its part n.  A message that is not multipart has
 * one part, number 1, which is its body.
 */
static int
message_step(const struct parsed *pd, struct place *at, uint32_t n)
{
	if (at->part.kind == PARSED_KIND_MULTIPART)
		return child_find(pd, at, n);
	return n == 1 ? 0 : -1;
}

/* Moves *at from a part to its part n. */
static int
part_step(const struct parsed *pd, struct place *at, uint32_t n)
{
	if (at->part.kind != PARSED_KIND_MESSAGE)
		return child_find(pd, at, n);
	return child_find(pd, at, 1) == -1 ? -1 : message_step(pd, at, n);
}

static int
path_find(const struct parsed *pd, const uint32_t *path, size_t count,
    struct place *at)
{
	root_find(pd, at);
	for (size_t i = 0; i < count; i++) {
		if (path[i] == 0 || (i == 0 ?
		    message_step(pd, at, path[i]) :
		    part_step(pd, at, path[i])) == -1)
			return -1;
	}
	return 0;
}

int
parsed_section(const struct parsed *pd, const uint32_t *path, size_t count,
    enum parsed_what what, uint64_t *offset, uint64_t *len)
{
	struct place at;
	bool header;

	if (path_find(pd, path, count, &at) == -1 ||
	    (count == 0 && what == PARSED_MIME))
		return -1;
	if (count == 0 && what == PARSED_WHOLE) {
		*offset = 0;
		*len = at.part.body_offset + at.part.body_len;
		return 0;
	}
	/* HEADER and TEXT of a part are those of the message in it. */
	if (count > 0 && (what == PARSED_HEADER || what == PARSED_TEXT) &&
	    (at.part.kind != PARSED_KIND_MESSAGE ||
	    child_find(pd, &at, 1) == -1))
		return -1;
	header = what == PARSED_HEADER || what == PARSED_MIME;
	*offset = header ? at.part.header_offset : at.part.body_offset;
	*len = header ? at.part.header_len : at.part.body_len;
	return 0;
}

uint64_t
parsed_header_len(const struct parsed *pd)
{
	struct place at;

	root_find(pd, &at);
	return at.part.header_len;
}
