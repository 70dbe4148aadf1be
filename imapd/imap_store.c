/*
 * imap_store - STORE, COPY, MOVE, EXPUNGE: the commands that change messages.
 */
#include <config.h>

#include "imapd/imap_chunk.h"
#include "imapd/imapd.h"

/* ---- STORE ---- */

struct flags_reply {
	struct number_set uids;
	struct imap_walk walk;
	struct imap_chunk chunk;
	size_t at;
};

static void
reply_drop(struct imap_session *s, struct imap_command *cmd)
{
	struct flags_reply *r = cmd->state;

	imap_chunk_free(&r->chunk);
}

/*
 * Sends the new flags of all messages in the set, changed or not (RFC 3501
 * 6.4.6).
 */
static enum cmd_result
reply_step(struct imap_session *s, struct imap_command *cmd)
{
	struct flags_reply *r = cmd->state;
	const struct chunk_row *row;
	struct err err = ERR_INIT;
	enum cmd_result pause;

	for (;;) {
		for (; r->at < r->chunk.n; r->at++) {
			if ((pause = imap_pause(s)) != CMD_DONE)
				return pause;
			row = &r->chunk.row[r->at];
			imap_write_flags_of(s, s->selected->mailbox.view,
			    row->uid, &row->flags, cmd->uid);
		}
		r->at = 0;
		if (imap_chunk_next(s, &r->walk, CHUNK_FLAGS, &r->chunk,
		    &err) == -1)
			return cmd_fail(s, cmd, &err);
		if (r->chunk.n == 0)
			return cmd_ok(cmd, "STORE done");
	}
}

static int
change_flags(struct imap_session *s, struct imap_command *cmd,
    const struct imap_store_flags *args, const struct number_set *uids,
    struct flags_change *change, struct err *err)
{
	static const int hows[] = {
		[IMAP_STORE_REPLACE] = FLAGS_SET,
		[IMAP_STORE_ADD] = FLAGS_ADD,
		[IMAP_STORE_REMOVE] = FLAGS_REMOVE,
	};

	memset(change, 0, sizeof(*change));
	change->how = hows[args->mode];
	change->system = args->flags.system;
	change->keywords = args->flags.keywords;
	change->nkeywords = args->flags.n;
	change->known_modseq = s->selected->mailbox.view->modseq;
	return message_store(imap_session_store(s), s->account,
	    s->selected->mailbox.id, uids, change, &cmd->arena, err);
}

enum cmd_result
cmd_store(struct imap_session *s, struct imap_command *cmd)
{
	struct flags_change change;
	struct flags_reply *r;
	struct imap_store_flags args;
	struct err err = ERR_INIT;

	if (imap_parse_store(&cmd->cursor, &args, &err) == -1)
		return cmd_fail(s, cmd, &err);
	if (args.has_unchangedsince)
		return cmd_bad(cmd, "CONDSTORE is not supported");
	r = arena_zalloc(&cmd->arena, sizeof(*r));
	if (imap_resolve_set(s, cmd, &args.set, &r->uids, &err) == -1)
		return cmd_fail(s, cmd, &err);
	if (r->uids.n == 0)
		return cmd_ok(cmd, "STORE done");
	if (change_flags(s, cmd, &args, &r->uids, &change, &err) == -1)
		return cmd_fail(s, cmd, &err);
	/* Changes by others are sent by the sync. */
	if (change.overtaken.n == 0 || !args.silent)
		imap_watched_own(&s->selected->mailbox, change.modseqs,
		    change.nmodseqs);
	if (args.silent)
		return cmd_ok(cmd, "STORE done");
	imap_walk_init(&r->walk, &r->uids);
	cmd->state = r;
	cmd->drop = reply_drop;
	cmd->step = reply_step;
	return reply_step(s, cmd);
}

/* ---- COPY and MOVE ---- */

/* RFC 4315 3. */
static const char *
copyuid(struct arena *a, const struct message_copied *c)
{
	struct buf b = BUF_INIT;
	const char *text;

	buf_printf(&b, "COPYUID %u ", c->uidvalidity);
	imap_write_number_set(&b, &c->source);
	buf_byte(&b, ' ');
	imap_write_number_set(&b, &c->dest);
	text = arena_strdup(a, buf_cstr(&b));
	buf_free(&b);
	return text;
}

static enum cmd_result
copy_or_move(struct imap_session *s, struct imap_command *cmd, bool move)
{
	struct message_copied done;
	struct imap_copy args;
	struct number_set uids;
	struct err err = ERR_INIT;
	const char *name;

	if (imap_parse_copy(&cmd->cursor, &args, &err) == -1 ||
	    imap_resolve_set(s, cmd, &args.set, &uids, &err) == -1)
		return cmd_fail(s, cmd, &err);
	if ((name = bytes_cstr(&cmd->arena, args.mailbox)) == NULL)
		return cmd_bad(cmd, "the mailbox name contains a NUL");
	if (message_copy(imap_session_store(s), s->account,
	    &(struct message_copy){ .mbox = s->selected->mailbox.id,
	    .uids = &uids, .target = name, .move = move }, &cmd->arena,
	    &done, &err) == -1) {
		/* RFC 3501 6.4.7 */
		if (err.code == ERR_CODE_NOT_FOUND)
			return cmd_no(cmd, "TRYCREATE", "no such mailbox");
		return cmd_fail(s, cmd, &err);
	}
	if (done.uidvalidity == 0)
		return cmd_ok(cmd, "no messages to copy");
	if (!move)
		return cmd_ok_code(cmd, copyuid(&cmd->arena, &done),
		    "COPY done");
	/* RFC 6851 4.3: before the EXPUNGE responses of the sync. */
	buf_printf(imap_out(s), "* OK [%s] moved\r\n",
	    copyuid(&cmd->arena, &done));
	return cmd_ok(cmd, "MOVE done");
}

enum cmd_result
cmd_copy(struct imap_session *s, struct imap_command *cmd)
{
	return copy_or_move(s, cmd, false);
}

enum cmd_result
cmd_move(struct imap_session *s, struct imap_command *cmd)
{
	return copy_or_move(s, cmd, true);
}

/* ---- EXPUNGE ---- */

enum cmd_result
cmd_expunge(struct imap_session *s, struct imap_command *cmd)
{
	struct number_set uids, *only = NULL;
	struct imap_sequence_set set;
	struct err err = ERR_INIT;
	uint64_t n;

	if (cmd->uid) {
		if (imap_parse_uid_expunge(&cmd->cursor, &set, &err) == -1 ||
		    imap_resolve_set(s, cmd, &set, &uids, &err) == -1)
			return cmd_fail(s, cmd, &err);
		only = &uids;
	} else if (imap_parse_none(&cmd->cursor, &err) == -1)
		return cmd_fail(s, cmd, &err);
	if ((only == NULL || only->n > 0) &&
	    message_expunge(imap_session_store(s), s->account,
	    s->selected->mailbox.id, only, &n, &err) == -1)
		return cmd_fail(s, cmd, &err);
	return cmd_ok(cmd, "EXPUNGE done");
}
