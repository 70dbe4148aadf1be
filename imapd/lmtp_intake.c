/*
 * lmtp_intake - filters, parses and stores a message as it arrives
 *
 * Dots are removed first.  If the message is refused, the rest is read
 * and discarded, because the client expects its reply at the end.
 */
#include <config.h>

#include <stdlib.h>

#include "imapd/lmtp.h"

/* Memory kept for the next piece. */
#define PIECE_KEPT	4096
/* Without its dots, a piece may be longer by what the last one held back. */
#define DOT_MORE	4

/* Receives the message from the filter. */
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
	/* The stored part of a refused message is useless. */
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
	 * To others, a bare LF may end a line, and a dot after it the message.
	 * The MTA never sends one.
	 */
	if (in->dot.bare_lf && !is_refused(in)) {
		err_set(&in->err, ERR_SYNTAX,
		    "the message contains an LF without a CR");
		incoming_reset(in->incoming);
	}
	lmtp_intake_plain(in, buf_view(&in->piece));
	/* The next piece may take long to arrive. */
	if (in->piece.cap > PIECE_KEPT)
		buf_free(&in->piece);
	return rc;
}
