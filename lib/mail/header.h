/*
 * header - the fields of a header block
 *
 * A block is the bytes of a header, with or without the blank line that ends
 * it; lines end with CRLF or LF.  Nothing here fails: a line that is not a
 * field becomes a field without a name.  Takes linear time.
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
	struct bytes name;	/* borrowed; empty if it is not a field */
	struct bytes value;	/* borrowed: after the colon, still folded,
				   without its final line end */
	struct bytes raw;	/* borrowed: the whole, with line ends */
	size_t offset;		/* of raw in the block */
};

struct header_iter {
	struct bytes block;	/* borrowed */
	size_t pos;
};

struct header_iter header_iter_of(struct bytes block);

/* Returns false at the blank line or the end of the block. */
bool header_next(struct header_iter *it, struct header_field *f);

/* Finds the first field with that name (in any case). */
bool header_find(struct bytes block, const char *name,
    struct header_field *f);

/*
 * Returns the value on one line, as a copy in the arena: without line ends, but
 * with the white space after them (RFC 5322 2.2.3), and without white space at
 * both ends.
 */
struct bytes header_unfold(struct arena *a, struct bytes value);

/*
 * Appends the fields whose name is one of names (with omit: is none of them),
 * in the order of the block, and the blank line if the block has one.
 * RFC 3501 6.4.5, HEADER.FIELDS and HEADER.FIELDS.NOT.
 */
void header_select(struct buf *out, struct bytes block,
    const struct bytes *names, size_t count, bool omit);

/* Length of the header with its blank line; message.len if it has none. */
size_t header_length(struct bytes message);

#endif
