/*
 * header - the fields of a header block
 *
 * A block is the bytes of a header, with or without the blank line that ends
 * it; lines end with CRLF or LF.  Nothing here fails: a line that is no field
 * is a field without a name.  Time is linear in the length of the block.
 *
 *	struct header_iter it = header_iter_of(block);
 *	struct header_field f;
 *	while (header_next(&it, &f))
 *		... f.name, f.value ...
 */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

struct header_field {
	struct bytes name;	/* borrowed; empty: the line is no field */
	struct bytes value;	/* borrowed: behind the colon, still folded, no
				   line end at its end */
	struct bytes raw;	/* borrowed: all of it, with line ends */
	size_t offset;		/* of raw in the block */
};

struct header_iter {
	struct bytes block;	/* borrowed */
	size_t pos;
};

struct header_iter header_iter_of(struct bytes block);

/* False at the blank line or the end of the block. */
bool header_next(struct header_iter *it, struct header_field *f);

/* The first field of that name (any case). */
bool header_find(struct bytes block, const char *name,
    struct header_field *f);

/*
 * The value on one line: line ends go, the space behind them stays (RFC 5322
 * 2.2.3), white space at both ends goes.  A copy in the arena.
 */
struct bytes header_unfold(struct arena *a, struct bytes value);

/*
 * Appends the fields whose name is one of names (omit: is none of them) in
 * the order of the block, and the blank line if the block has one.
 * RFC 3501 6.4.5, HEADER.FIELDS and HEADER.FIELDS.NOT.
 */
void header_select(struct buf *out, struct bytes block,
    const struct bytes *names, size_t count, bool omit);

/* Where the blank line ends, so the length of the header; len without one. */
size_t header_length(struct bytes message);

#endif
