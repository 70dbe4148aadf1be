/*
 * imap_fetch - FETCH
 *
 * FETCH can stop at any position (message, section, octet): whenever the output
 * buffer is full it returns, and it continues when the client has read.  So a
 * message of 50 MB takes only one piece of 64 KB of memory.
 *
 * A FETCH that marks messages as \Seen first submits that change and then
 * reads, so that the flags it shows include the change.
 */
#include <config.h>

#include "store/body.h"
#include "imapd/imap_fetch.h"
#include "imapd/imapd.h"

/* One piece of a body. */
#define PIECE_SIZE	(64 * 1024)

struct fetch {
	struct imap_fetch args;
	struct number_set uids;
	struct imap_walk walk;
	unsigned what;			/* CHUNK_* */
	struct imap_chunk chunk;
	size_t at;			/* index of a row of the chunk */
	/* Within a message: */
	bool open;			/* "* n FETCH (" was written */
	size_t section;
	bool in_section;
	struct section_source source;
	uint64_t done;			/* octets of the section written */
	bool any_gone;
};

static void
fetch_drop(struct imap_session *s, struct imap_command *cmd)
{
	struct fetch *f = cmd->state;

	imap_chunk_free(&f->chunk);
	buf_free(&f->source.text);
}

static bool
section_is_plain(const struct imap_section *x)
{
	return x->depth == 0 && x->kind == IMAP_SECTION_ALL;
}

static unsigned
what_to_read(const struct imap_fetch *args)
{
	unsigned what = 0;

	if (args->items & (IMAP_FETCH_FLAGS | IMAP_FETCH_MODSEQ))
		what |= CHUNK_FLAGS;
	if (args->items & (IMAP_FETCH_INTERNALDATE | IMAP_FETCH_SIZE) ||
	    args->nsections > 0)
		what |= CHUNK_MESSAGE;
	if (args->items & (IMAP_FETCH_ENVELOPE | IMAP_FETCH_BODY |
	    IMAP_FETCH_BODYSTRUCTURE))
		what |= CHUNK_MESSAGE | CHUNK_PARSED;
	for (size_t i = 0; i < args->nsections; i++)
		if (!section_is_plain(&args->sections[i]))
			what |= CHUNK_PARSED;
	return what;
}

static void
item_begin(struct buf *out, bool *first, const char *name)
{
	if (!*first)
		buf_byte(out, ' ');
	*first = false;
	buf_str(out, name);
	buf_byte(out, ' ');
}

/* Writes all items except BODY[…]. */
static void
write_items(struct imap_session *s, const struct fetch *f,
    const struct chunk_row *row, const struct parsed *pd)
{
	struct buf *out = imap_out(s);
	unsigned items = f->args.items;
	bool first = true;

	if (items & IMAP_FETCH_UID) {
		item_begin(out, &first, "UID");
		buf_decimal(out, row->uid);
	}
	if (items & IMAP_FETCH_FLAGS) {
		item_begin(out, &first, "FLAGS");
		imap_write_msgflags(out, s->selected, row->uid, &row->flags);
	}
	if (items & IMAP_FETCH_INTERNALDATE) {
		item_begin(out, &first, "INTERNALDATE");
		imap_write_datetime(out, (struct mail_date){
		    row->message.internal_date, row->message.internal_zone });
	}
	if (items & IMAP_FETCH_SIZE) {
		item_begin(out, &first, "RFC822.SIZE");
		buf_decimal(out, row->message.size);
	}
	if (items & IMAP_FETCH_ENVELOPE) {
		item_begin(out, &first, "ENVELOPE");
		buf_bytes(out, parsed_text(pd, PARSED_ENVELOPE));
	}
	if (items & IMAP_FETCH_BODY) {
		item_begin(out, &first, "BODY");
		buf_bytes(out, parsed_text(pd, PARSED_BODY));
	}
	if (items & IMAP_FETCH_BODYSTRUCTURE) {
		item_begin(out, &first, "BODYSTRUCTURE");
		buf_bytes(out, parsed_text(pd, PARSED_BODYSTRUCTURE));
	}
	if (f->args.nsections > 0 && !first)
		buf_byte(out, ' ');
}

/* Writes "BODY[…] {n}" and prepares to write the octets. */
static int
section_begin(struct imap_session *s, struct fetch *f,
    const struct chunk_row *row, const struct parsed *pd, struct err *err)
{
	const struct imap_section *x = &f->args.sections[f->section];
	struct buf *out = imap_out(s);

	if (section_find(s, x, row, pd, &f->source, err) == -1)
		return -1;
	if (f->section > 0)
		buf_byte(out, ' ');
	imap_write_section(out, x);
	buf_byte(out, ' ');
	f->in_section = true;
	f->done = 0;
	if (!f->source.exists) {
		buf_str(out, "NIL");
		f->source.len = 0;
		return 0;
	}
	imap_write_literal_head(out, f->source.len);
	return 0;
}

/*
 * Returns 1 if the section is written, 0 if the client must read first, -1 on
 * error.
 */
static int
section_write(struct imap_session *s, struct fetch *f,
    const struct chunk_row *row, struct err *err)
{
	struct buf *out = imap_out(s);
	size_t n, before;

	while (f->done < f->source.len) {
		if (conn_out_is_full(s->conn))
			return 0;
		if (f->source.made) {
			buf_bytes(out, buf_view(&f->source.text));
			f->done = f->source.len;
			break;
		}
		n = f->source.len - f->done > PIECE_SIZE ? PIECE_SIZE :
		    (size_t)(f->source.len - f->done);
		before = out->len;
		if (body_read(imap_session_store(s), s->account,
		    row->message.body, f->source.offset + f->done, n, out,
		    err) == -1)
			return -1;
		if (out->len - before != n)
			return err_set(err, ERR_INTERNAL,
			    "body %llu is shorter than its record says",
			    (unsigned long long)row->message.body);
		f->done += n;
	}
	return 1;
}

/*
 * Returns 1 if the message is written, 0 if the client must read first, -1 on
 * error.
 */
static int
fetch_message(struct imap_session *s, struct fetch *f, struct err *err)
{
	const struct chunk_row *row = &f->chunk.row[f->at];
	struct buf *out = imap_out(s);
	struct parsed pd;
	int r;

	memset(&pd, 0, sizeof(pd));
	if ((f->what & CHUNK_PARSED) &&
	    parsed_open(imap_chunk_record(&f->chunk, row), &pd, err) == -1)
		return -1;
	if (!f->open) {
		imap_write_fetch_begin(out,
		    view_seq(s->selected->mailbox.view, row->uid));
		write_items(s, f, row, &pd);
		f->open = true;
		f->section = 0;
		f->in_section = false;
	}
	for (; f->section < f->args.nsections; f->section++) {
		if (!f->in_section &&
		    section_begin(s, f, row, &pd, err) == -1)
			return -1;
		if ((r = section_write(s, f, row, err)) != 1)
			return r;
		f->in_section = false;
	}
	buf_str(out, ")\r\n");
	f->open = false;
	return 1;
}

/*
 * In the middle of a message NO cannot be sent, because the client expects the
 * announced octets.
 */
static enum cmd_result
fetch_failed(struct imap_session *s, struct imap_command *cmd,
    const struct err *err)
{
	const struct fetch *f = cmd->state;

	if (!f->open)
		return cmd_fail(s, cmd, err);
	log_error(conn_log(s->conn), "FETCH aborted within a message",
	    KV_ERR(err));
	return CMD_CLOSE;
}

static enum cmd_result
fetch_step(struct imap_session *s, struct imap_command *cmd)
{
	struct fetch *f = cmd->state;
	struct err err = ERR_INIT;
	enum cmd_result pause;
	int r;

	for (;;) {
		for (; f->at < f->chunk.n; f->at++) {
			if (!f->open &&
			    (pause = imap_pause(s)) != CMD_DONE)
				return pause;
			if (f->chunk.row[f->at].gone) {
				f->any_gone = true;
				continue;
			}
			if ((r = fetch_message(s, f, &err)) == -1)
				return fetch_failed(s, cmd, &err);
			if (r == 0)
				return CMD_FULL;
		}
		f->at = 0;
		if (imap_chunk_next(s, &f->walk, f->what, &f->chunk,
		    &err) == -1)
			return fetch_failed(s, cmd, &err);
		if (f->chunk.n == 0)
			break;
	}
	if (f->any_gone)
		return cmd_no(cmd, "EXPUNGEISSUED",
		    "some messages have been expunged");
	return cmd_ok(cmd, "FETCH done");
}

/* Marks the messages \Seen if one of the sections requires it. */
static int
mark_seen(struct imap_session *s, struct imap_command *cmd, struct fetch *f,
    struct err *err)
{
	struct flags_change change = { .how = FLAGS_ADD, .system = FLAG_SEEN };
	bool marks = false;

	for (size_t i = 0; i < f->args.nsections; i++)
		marks |= !f->args.sections[i].peek;
	if (!marks || s->selected->read_only || f->uids.n == 0)
		return 0;
	change.known_modseq = s->selected->mailbox.view->modseq;
	if (message_store(imap_session_store(s), s->account,
	    s->selected->mailbox.id, &f->uids, &change, &cmd->arena,
	    err) == -1)
		return -1;
	/* If FLAGS is requested, the response already shows the new flags. */
	if ((f->args.items & IMAP_FETCH_FLAGS) && change.overtaken.n == 0)
		imap_watched_own(&s->selected->mailbox, change.modseqs,
		    change.nmodseqs);
	return 0;
}

enum cmd_result
cmd_fetch(struct imap_session *s, struct imap_command *cmd)
{
	struct err err = ERR_INIT;
	struct fetch *f;

	f = arena_zalloc(&cmd->arena, sizeof(*f));
	if (imap_parse_fetch(&cmd->cursor, &f->args, &err) == -1)
		return cmd_fail(s, cmd, &err);
	if (f->args.has_changedsince || f->args.vanished ||
	    f->args.items > (IMAP_FETCH_BODYSTRUCTURE << 1) - 1)
		return cmd_bad(cmd, "FETCH extensions are not supported");
	if (cmd->uid)
		f->args.items |= IMAP_FETCH_UID;
	if (imap_resolve_set(s, cmd, &f->args.set, &f->uids, &err) == -1)
		return cmd_fail(s, cmd, &err);
	cmd->state = f;
	cmd->drop = fetch_drop;
	if (mark_seen(s, cmd, f, &err) == -1)
		return cmd_fail(s, cmd, &err);
	f->what = what_to_read(&f->args);
	imap_walk_init(&f->walk, &f->uids);
	cmd->step = fetch_step;
	return fetch_step(s, cmd);
}
