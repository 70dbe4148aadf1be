/*
 * A message on its way in: dots removed, filtered, parsed and written as it
 * comes.  When it cannot be taken, the rest is read and dropped, since the
 * client counts on one reply at its end.
 */
#include <config.h>

#include <stdlib.h>

#include "imapd/lmtp.h"

/* Memory kept for the next piece. */
#define PIECE_KEPT	4096
/* A piece without its dots may be longer by what the last one held back. */
#define DOT_MORE	4

/* Where the filter lets the message through to. */
static int
intake_sink(void *arg, struct bytes piece, struct err *err)
{
	struct lmtp_intake *in = arg;

	mail_parser_feed(in->parser, piece.data, piece.len);
	return incoming_write(in->incoming, piece, err);
}

struct lmtp_intake *
lmtp_intake_new(const struct imapd *d)
{
	struct lmtp_intake *in = calloc(1, sizeof(*in));

	if (in == NULL)
		fatal("out of memory for a message");
	arena_init(&in->arena);
	in->incoming = incoming_new(d->store);
	in->parser = mail_parser_new(&in->arena,
	    d->store->config.mail_limits);
	lmtp_filter_init(&in->filter, &in->arena, intake_sink, in);
	return in;
}

void
lmtp_intake_free(struct lmtp_intake **inp)
{
	struct lmtp_intake *in = *inp;

	*inp = NULL;
	if (in == NULL)
		return;
	incoming_free(&in->incoming);
	buf_free(&in->piece);
	arena_clear(&in->arena);
	free(in);
}

static bool
is_refused(const struct lmtp_intake *in)
{
	return in->err.kind != ERR_NONE;
}

void
lmtp_intake_plain(struct lmtp_intake *in, struct bytes piece)
{
	if (is_refused(in))
		return;
	/* What is kept of a refused message is of no use. */
	if (lmtp_filter_feed(&in->filter, piece, &in->err) == -1)
		incoming_reset(in->incoming);
}

int
lmtp_intake_dots(struct lmtp_intake *in, struct bytes piece, size_t *used)
{
	int rc;

	buf_clear(&in->piece);
	(void)buf_reserve(&in->piece, piece.len + DOT_MORE);
	rc = dot_feed(&in->dot, piece, used, &in->piece);
	/*
	 * A bare LF may be a line's end to others, and a dot behind it the
	 * end of the message.  The MTA never sends one.
	 */
	if (in->dot.bare_lf && !is_refused(in)) {
		err_set(&in->err, ERR_SYNTAX,
		    "the message has an LF without CR");
		incoming_reset(in->incoming);
	}
	lmtp_intake_plain(in, buf_view(&in->piece));
	/* The next piece may be long in coming. */
	if (in->piece.cap > PIECE_KEPT)
		buf_free(&in->piece);
	return rc;
}
