/*
 * message - the structure of a message
 *
 * The parser makes one pass over the lines.  It collects all bytes of header
 * lines, up to the limits.  Of body lines it keeps only the first bytes of
 * those that begin with "--" while a multipart is open.  It looks for a
 * boundary from the innermost open multipart outwards, so that a parent's
 * boundary ends its children (RFC 2046 5.1.2).  A line is a boundary if it is
 * "--", the boundary, optionally "--", and then only white space: otherwise a
 * line of dashes under a heading could be one.
 */
#include <config.h>

#include <string.h>

#include "mail/chars.h"
#include "mail/message-private.h"

/* "--", a boundary, "--". */
#define LINE_MAX_KEPT	(MAIL_BOUNDARY_MAX + 4)

/* An open multipart. */
struct level {
	struct mail_part *part;
	struct bytes boundary;
};

/* A position in the message. */
struct place {
	uint64_t offset, lines;
};

struct mail_parser {
	struct arena *a;
	struct mail_limits limits;
	struct mail_part *root;
	struct mail_part *part;		/* the innermost open part */
	unsigned parts;
	bool in_header;			/* in the header of part */

	struct level *levels;		/* limits.depth_max + 1 of them */
	unsigned level_count;

	struct place line;		/* where the current line begins */
	unsigned line_end_len;		/* of the previous line; 0 to 2 */
	uint64_t line_len;		/* of the current line, so far */
	char kept[LINE_MAX_KEPT];	/* its first bytes, if needed */
	size_t kept_len;
	bool rest_is_space;		/* nothing else follows them */
	char last;			/* its last byte so far */

	char *header;			/* collected lines of the header */
	size_t header_len, header_cap;
	size_t header_line;		/* where the current line begins */
	bool header_full;
	size_t headers_left;		/* what remains of headers_max */
};

static const struct mail_limits limits_default = {
	MAIL_DEPTH_MAX, MAIL_PARTS_MAX, MAIL_PART_HEADER_MAX, MAIL_HEADERS_MAX
};

/* ---- beginning and ending parts -------------------------------------- */

/* Makes a part whose header begins at `at'.  NULL parent: the root. */
static struct mail_part *
part_new(struct mail_parser *p, struct mail_part *parent, struct place at)
{
	struct mail_part *part = arena_zalloc(p->a, sizeof(*part));

	part->parent = parent;
	part->header_offset = at.offset;
	p->parts++;
	if (parent == NULL)
		return part;
	part->depth = parent->depth + 1;
	if (parent->last_child == NULL)
		parent->first_child = part;
	else
		parent->last_child->next = part;
	parent->last_child = part;
	return part;
}

static void
part_begin(struct mail_parser *p, struct mail_part *parent, struct place at)
{
	p->part = part_new(p, parent, at);
	if (parent == NULL || !mail_part_is(parent, "multipart", NULL))
		p->part->envelope = arena_zalloc(p->a,
		    sizeof(*p->part->envelope));
	p->in_header = true;
	p->header_len = p->header_line = 0;
	p->header_full = false;
}

/* Until the body ends, body_lines holds the line number where it begins. */
static void
part_body_begin(struct mail_part *part, struct place at)
{
	part->header_len = at.offset - part->header_offset;
	part->body_offset = at.offset;
	part->body_lines = at.lines;
}

/*
 * Ends the innermost part.  Moves *end to the beginning of its body if that is
 * later: a blank line directly before a boundary belongs to the header, and a
 * message part must not end before the part in it.
 */
static void
part_end(struct mail_parser *p, struct place *end)
{
	struct mail_part *part = p->part, *child;

	if (end->offset < part->body_offset) {
		end->offset = part->body_offset;
		end->lines = part->body_lines;
	}
	part->body_len = end->offset - part->body_offset;
	part->body_lines = end->lines - part->body_lines;
	if (mail_part_is(part, "multipart", NULL) &&
	    part->first_child == NULL) {
		child = part_new(p, part, *end);
		child->body_offset = end->offset;
		message_part_make_text(p->a, child);
	}
	p->part = part->parent;
}

/* ---- what a header says about the body -------------------------------- */

/* The boundary of a multipart to look for; empty if it is unusable. */
static struct bytes
boundary_of(const struct mail_part *part)
{
	struct bytes b = param_find(part->params, "boundary");

	/* RFC 2046 5.1.1: it does not end with white space. */
	while (b.len > 0 && (b.data[b.len - 1] == ' ' ||
	    b.data[b.len - 1] == '\t'))
		b.len--;
	if (b.len > MAIL_BOUNDARY_MAX)
		b.len = 0;
	return b;
}

static bool
may_have_children(const struct mail_parser *p, const struct mail_part *part)
{
	return part->depth < p->limits.depth_max &&
	    p->parts < p->limits.parts_max;
}

static void
part_make_opaque(struct mail_parser *p, struct mail_part *part)
{
	message_part_make_text(p->a, part);
	part->opaque = true;
}

static void
multipart_begin(struct mail_parser *p)
{
	struct bytes boundary = boundary_of(p->part);

	if (boundary.len == 0 || !may_have_children(p, p->part)) {
		part_make_opaque(p, p->part);
		return;
	}
	p->levels[p->level_count++] = (struct level){ p->part, boundary };
}

/* Ends the header of p->part; its body begins. */
static void
header_end(struct mail_parser *p, struct place body)
{
	struct mail_part *part = p->part, *parent = part->parent;

	part_body_begin(part, body);
	message_fields_parse(p->a, part,
	    bytes_make(p->header, p->header_len),
	    parent != NULL && mail_part_is(parent, "multipart", "digest"));
	p->headers_left -= p->header_len;
	p->in_header = false;
	if (mail_part_is(part, "multipart", NULL))
		multipart_begin(p);
	else if (mail_part_is_message(part) && may_have_children(p, part))
		part_begin(p, part, body);
	else if (mail_part_is_message(part))
		part_make_opaque(p, part);
}

/* Collects bytes of a header line, within the limits. */
static void
header_collect(struct mail_parser *p, const char *data, size_t len)
{
	size_t max = p->limits.part_header_max, cap;
	char *bigger;

	if (max > p->headers_left)
		max = p->headers_left;
	if (p->header_full || len > max - p->header_len) {
		/* Drop the line rather than keep half of it. */
		p->header_full = true;
		p->header_len = p->header_line;
		return;
	}
	if (p->header_cap - p->header_len < len) {
		for (cap = p->header_cap; cap - p->header_len < len;)
			cap = cap == 0 ? 4096 : cap * 2;
		bigger = arena_alloc(p->a, cap);
		if (p->header_len > 0)
			memcpy(bigger, p->header, p->header_len);
		p->header = bigger;
		p->header_cap = cap;
	}
	memcpy(p->header + p->header_len, data, len);
	p->header_len += len;
}

/* ---- boundaries ------------------------------------------------------ */

enum boundary { NO_BOUNDARY, BOUNDARY, LAST_BOUNDARY };

static bool
is_all_space(const char *p, size_t n)
{
	while (n > 0 && char_is_space(p[n - 1]))
		n--;
	return n == 0;
}

/* Is the current line this boundary? */
static enum boundary
boundary_match(const struct mail_parser *p, struct bytes boundary)
{
	const char *line = p->kept + 2;
	size_t len = p->kept_len - 2;

	if (len < boundary.len ||
	    memcmp(line, boundary.data, boundary.len) != 0)
		return NO_BOUNDARY;
	line += boundary.len;
	len -= boundary.len;
	if (is_all_space(line, len))
		return BOUNDARY;
	if (len >= 2 && line[0] == '-' && line[1] == '-' &&
	    is_all_space(line + 2, len - 2))
		return LAST_BOUNDARY;
	return NO_BOUNDARY;
}

/* Finds the innermost open multipart whose boundary is the current line. */
static enum boundary
boundary_find(const struct mail_parser *p, unsigned *level)
{
	enum boundary found;

	if (p->parts >= p->limits.parts_max || p->kept_len < 2 ||
	    p->kept[0] != '-' || p->kept[1] != '-' || !p->rest_is_space)
		return NO_BOUNDARY;
	for (unsigned i = p->level_count; i > 0; i--) {
		found = boundary_match(p, p->levels[i - 1].boundary);
		if (found != NO_BOUNDARY) {
			*level = i - 1;
			return found;
		}
	}
	return NO_BOUNDARY;
}

/*
 * The current line is the boundary of that level: ends the parts open in it.
 * The line end before it belongs to the boundary (RFC 2046 5.1.1).
 */
static void
boundary_take(struct mail_parser *p, enum boundary found, unsigned level,
    struct place next)
{
	struct mail_part *part = p->levels[level].part;
	struct place end = p->line;

	p->header_len = p->header_line;
	/* This repeats for a message part that has just begun. */
	while (p->in_header)
		header_end(p, p->line);
	end.offset -= p->line_end_len;
	end.lines -= p->line_end_len > 0;
	while (p->part != part)
		part_end(p, &end);
	if (found == LAST_BOUNDARY) {
		p->level_count = level;
		return;
	}
	p->level_count = level + 1;
	part_begin(p, part, next);
}

/* ---- lines ----------------------------------------------------------- */

/* Keeps the first bytes of a line that may be a boundary or blank. */
static void
line_keep(struct mail_parser *p, const char *data, size_t len)
{
	size_t n = sizeof(p->kept) - p->kept_len;

	if (!p->in_header && (p->level_count == 0 ||
	    (p->line_len == 0 ? data[0] : p->kept[0]) != '-')) {
		p->kept[0] = '\0';
		return;
	}
	if (n > len)
		n = len;
	memcpy(p->kept + p->kept_len, data, n);
	p->kept_len += n;
	if (p->rest_is_space && !is_all_space(data + n, len - n))
		p->rest_is_space = false;
}

static void
line_add(struct mail_parser *p, const char *data, size_t len)
{
	line_keep(p, data, len);
	if (p->in_header)
		header_collect(p, data, len);
	p->line_len += len;
	if (len > 1)
		p->last = data[len - 2];
}

/* Ends the line; end_len is the length of its line end. */
static void
line_finish(struct mail_parser *p, unsigned end_len)
{
	struct place next = p->line;
	enum boundary found;
	unsigned level;

	next.offset += p->line_len;
	next.lines += end_len > 0;
	if ((found = boundary_find(p, &level)) != NO_BOUNDARY)
		boundary_take(p, found, level, next);
	else if (p->in_header && end_len > 0 && p->line_len == end_len)
		header_end(p, next);
	p->line = next;
	p->line_end_len = end_len;
	p->line_len = 0;
	p->kept_len = 0;
	p->rest_is_space = true;
	p->last = '\0';
	p->header_line = p->header_len;
}

struct mail_parser *
mail_parser_new(struct arena *a, const struct mail_limits *limits)
{
	struct mail_parser *p = arena_zalloc(a, sizeof(*p));
	struct place start = { 0, 0 };

	p->a = a;
	p->limits = limits == NULL ? limits_default : *limits;
	p->levels = arena_array(a, (size_t)p->limits.depth_max + 1,
	    sizeof(*p->levels));
	p->headers_left = p->limits.headers_max;
	p->rest_is_space = true;
	part_begin(p, NULL, start);
	p->root = p->part;
	return p;
}

void
mail_parser_feed(struct mail_parser *p, const void *data, size_t len)
{
	const char *at = data, *nl;
	bool cr;
	size_t n;

	while (len > 0) {
		nl = memchr(at, '\n', len);
		n = nl == NULL ? len : (size_t)(nl - at) + 1;
		line_add(p, at, n);
		if (nl != NULL) {
			cr = p->last == '\r';
			line_finish(p, cr ? 2 : 1);
		} else {
			p->last = at[n - 1];
		}
		at += n;
		len -= n;
	}
}

struct mail_part *
mail_parser_finish(struct mail_parser *p)
{
	struct place end;

	if (p->line_len > 0)
		line_finish(p, 0);
	end = p->line;
	while (p->in_header)
		header_end(p, end);
	while (p->part != NULL)
		part_end(p, &end);
	return p->root;
}

/* ---- queries --------------------------------------------------------- */

bool
mail_part_is(const struct mail_part *part, const char *type,
    const char *subtype)
{
	return bytes_ieq_str(part->type, type) &&
	    (subtype == NULL || bytes_ieq_str(part->subtype, subtype));
}

bool
mail_part_is_message(const struct mail_part *part)
{
	return mail_part_is(part, "message", "rfc822") ||
	    mail_part_is(part, "message", "global");
}

static enum mail_encoding
mail_encoding_of(struct bytes name)
{
	static const struct {
		const char *name;
		enum mail_encoding encoding;
	} encodings[] = {
		{ "", MAIL_ENCODING_NONE },
		{ "7bit", MAIL_ENCODING_NONE },
		{ "8bit", MAIL_ENCODING_NONE },
		{ "binary", MAIL_ENCODING_NONE },
		{ "base64", MAIL_ENCODING_BASE64 },
		{ "quoted-printable", MAIL_ENCODING_QUOTED_PRINTABLE },
	};

	for (size_t i = 0; i < sizeof(encodings) / sizeof(*encodings); i++)
		if (bytes_ieq_str(name, encodings[i].name))
			return encodings[i].encoding;
	return MAIL_ENCODING_UNKNOWN;
}

enum mail_encoding
mail_part_encoding(const struct mail_part *part)
{
	return mail_encoding_of(part->encoding);
}

struct bytes
mail_part_charset(const struct mail_part *part)
{
	struct bytes charset = param_find(part->params, "charset");

	return charset.len == 0 ? BYTES("us-ascii") : charset;
}

struct mail_part *
mail_part_walk(const struct mail_part *part)
{
	if (part->first_child != NULL)
		return part->first_child;
	while (part != NULL && part->next == NULL)
		part = part->parent;
	return part == NULL ? NULL : part->next;
}
