/* incoming - keeps a message while it arrives, in a spool or a segment */
#include <config.h>

#include <stdlib.h>

#include "base/spool.h"
#include "commit/disk_space.h"
#include "store/incoming-private.h"
#include "store/store.h"

struct incoming {
	struct store *s;		/* borrowed */
	struct spool *spool;		/* own; up to segment_min */
	struct segment_writer *w;	/* own; NULL: text is in the spool */
	struct segment_record rec;
	uint64_t size;
	bool failed;
	bool settled;			/* rec is complete and durable */
	bool submitted;			/* an operation may refer to it */
};

struct incoming *
incoming_new(struct store *s)
{
	const struct store_config *c = &s->config;
	struct incoming *in = calloc(1, sizeof(*in));

	if (in == NULL)
		fatal("out of memory for a message");
	in->s = s;
	in->spool = spool_new(c->spool_dir == NULL ? c->dir : c->spool_dir,
	    c->body_memory_max, c->message_size_max);
	return in;
}

/* Is there disk space for more of a large message?  The committer checks too,
   but only after its bytes have filled the disk. */
static int
check_space(struct incoming *in, struct err *err)
{
	if (!disk_space_is_low(in->s->db.space))
		return 0;
	return err_code(err, ERR_TEMP, ERR_CODE_FULL, "the store's disk is "
	    "full");
}

/* The message is large: moves the text received so far to a segment. */
static int
segment_start(struct incoming *in, struct err *err)
{
	struct bytes text;

	if (check_space(in, err) == -1 ||
	    spool_view(in->spool, &text, err) == -1 ||
	    segment_open(in->s->segments, &in->w, err) == -1)
		return -1;
	segment_begin(in->w, 0);
	if (segment_write(in->w, text, err) == -1)
		return -1;
	spool_reset(in->spool);
	return 0;
}

static int
take(struct incoming *in, struct bytes piece, struct err *err)
{
	const struct store_config *c = &in->s->config;

	if (piece.len > c->message_size_max - in->size)
		return err_code(err, ERR_REFUSED, ERR_CODE_TOO_LARGE,
		    "the message is larger than %llu bytes (setting "
		    "message-size-max)",
		    (unsigned long long)c->message_size_max);
	if (in->w == NULL && piece.len + in->size > c->segment_min &&
	    segment_start(in, err) == -1)
		return -1;
	if (in->w != NULL)
		return check_space(in, err) == -1 ? -1 :
		    segment_write(in->w, piece, err);
	return spool_write(in->spool, piece, err);
}

int
incoming_write(struct incoming *in, struct bytes piece, struct err *err)
{
	if (in->failed || in->settled)
		return err_set(err, ERR_INTERNAL,
		    "the message accepts no more data");
	if (take(in, piece, err) == -1) {
		in->failed = true;
		return -1;
	}
	in->size += piece.len;
	return 0;
}

uint64_t
incoming_size(const struct incoming *in)
{
	return in->size;
}

int
incoming_settle(struct incoming *in, struct bytes *text,
    struct segment_record *rec, struct err *err)
{
	if (in->failed)
		return err_set(err, ERR_INTERNAL, "the message is incomplete");
	if (in->w == NULL)
		return spool_view(in->spool, text, err) == -1 ? -1 : 0;
	if (!in->settled) {
		if (segment_end(in->w, &in->rec, err) == -1) {
			in->failed = true;
			return -1;
		}
		segment_sync(in->w);
		in->settled = true;
	}
	*rec = in->rec;
	return 1;
}

void
incoming_submitted(struct incoming *in)
{
	in->submitted = true;
}

void
incoming_reset(struct incoming *in)
{
	spool_reset(in->spool);
	segment_close(&in->w, in->submitted);
	in->size = 0;
	in->failed = in->settled = in->submitted = false;
}

void
incoming_free(struct incoming **inp)
{
	struct incoming *in = *inp;

	if (in == NULL)
		return;
	incoming_reset(in);
	spool_free(&in->spool);
	free(in);
	*inp = NULL;
}
