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

static void
intake_refuse(struct lmtp_intake *in)
{
	in->is_refused = true;
	/* What is kept of it is of no use. */
	incoming_reset(in->incoming);
}

void
lmtp_intake_plain(struct lmtp_intake *in, struct bytes piece)
{
	if (!in->is_refused &&
	    lmtp_filter_feed(&in->filter, piece, &in->err) == -1)
		intake_refuse(in);
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
	if (in->dot.bare_lf && !in->is_refused) {
		err_set(&in->err, ERR_SYNTAX,
		    "the message has an LF without CR");
		intake_refuse(in);
	}
	lmtp_intake_plain(in, buf_view(&in->piece));
	/* The next piece may be long in coming. */
	if (in->piece.cap > PIECE_KEPT)
		buf_free(&in->piece);
	return rc;
}
