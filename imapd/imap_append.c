/*
 * imap_append - APPEND
 *
 * A small message arrives as a literal within the command.  A large one is
 * streamed: the command up to "{n}" is parsed and checked first.  Then the
 * octets go to the parser and the store as they arrive.  After the end of the
 * line the message is committed.
 */
#include <config.h>

#include "mail/message.h"
#include "proto/parsed.h"
#include "store/incoming.h"
#include "imapd/imap.h"
#include "imapd/imapd.h"

struct imap_upload {
	struct incoming *incoming;	/* own */
	struct arena arena;		/* for the parser */
	struct mail_parser *parser;	/* in the arena */
	struct err err;			/* from the first failed write */
	uint64_t left;			/* octets still to read */
	struct imap_append args;	/* in the command's arena */
	const char *mailbox;		/* likewise */
};

void
imap_upload_free(struct imap_upload **u)
{
	if (*u == NULL)
		return;
	incoming_free(&(*u)->incoming);
	arena_clear(&(*u)->arena);
	free(*u);
	*u = NULL;
}

static int
parse_append(struct imap_command *cmd, bool streamed, const char **mailbox,
    struct imap_append *args, struct err *err)
{
	struct bytes name;

	if (imap_parse_append_mailbox(&cmd->cursor, &name, err) == -1 ||
	    imap_parse_append_next(&cmd->cursor, args, streamed, err) == -1)
		return -1;
	if ((*mailbox = bytes_cstr(&cmd->arena, name)) == NULL)
		return err_set(err, ERR_SYNTAX,
		    "the mailbox name contains a NUL");
	if (args->binary)
		return err_set(err, ERR_SYNTAX, "BINARY is not supported");
	return 0;
}

/* m has the text; args have the date and the flags. */
static enum cmd_result
append_message(struct imap_session *s, struct imap_command *cmd,
    const char *mailbox, const struct imap_append *args,
    struct message_new *m)
{
	struct message_added added;
	struct err err = ERR_INIT;

	if (args->has_date) {
		m->internal_date = args->date.seconds;
		m->internal_zone = (int16_t)args->date.zone_min;
	}
	m->system_flags = args->flags.system;
	m->keywords = args->flags.keywords;
	m->nkeywords = args->flags.n;
	if (message_append(imap_session_store(s), s->account, mailbox, m,
	    &added, &err) == -1) {
		/* RFC 3501 6.3.11 */
		if (err.code == ERR_CODE_NOT_FOUND)
			return cmd_no(cmd, "TRYCREATE", "no such mailbox");
		return cmd_fail(s, cmd, &err);
	}
	return cmd_ok_code(cmd, arena_printf(&cmd->arena, "APPENDUID %u %u",
	    added.uidvalidity, added.uid), "APPEND done");
}

enum cmd_result
cmd_append(struct imap_session *s, struct imap_command *cmd)
{
	struct imap_append args;
	struct message_new m = { .incoming = NULL };
	struct err err = ERR_INIT;
	const char *mailbox;

	if (parse_append(cmd, false, &mailbox, &args, &err) == -1 ||
	    imap_parse_end(&cmd->cursor, &err) == -1)
		return cmd_fail(s, cmd, &err);
	if (args.data.len == 0)
		return cmd_no(cmd, "CANNOT", "the message is empty");
	m.text = args.data;
	return append_message(s, cmd, mailbox, &args, &m);
}

/* ---- streamed ---- */

/* Replies instead of sending "+ ", and discards the literal. */
static enum conn_next
upload_refuse(struct imap_session *s, enum cmd_result r, bool *go_on)
{
	imap_set_phase(s, PHASE_DISCARD);
	if (!imap_collect_refuse(&s->collect)) {
		buf_str(imap_out(s), "* BYE the literal is too large "
		    "to skip\r\n");
		s->cmd->no_sync = true;
		(void)imap_command_result(s, r, go_on);
		*go_on = false;
		return CONN_CLOSE;
	}
	s->cmd->no_sync = true;
	return imap_command_result(s, r, go_on);
}

/* Checks that the mailbox exists before the client sends 50 MB for it. */
static int
check_mailbox(struct imap_session *s, struct imap_command *cmd,
    const char *name, struct err *err)
{
	struct kv_snap snap;
	struct mailbox row;
	int found;

	if (store_snap(imap_session_store(s), &snap, err) == -1)
		return -1;
	found = mailbox_by_name(&snap.reader, s->account, name, &cmd->arena,
	    &row, err);
	kv_snap_end(&snap);
	return found;
}

enum conn_next
imap_upload_begin(struct imap_session *s, bool *go_on)
{
	struct imap_upload *u;
	struct imap_command *cmd;
	struct err err = ERR_INIT;
	enum cmd_result r;
	int found;

	if (s->cmd != NULL) {
		/* A second message (MULTIAPPEND). */
		return upload_refuse(s, cmd_bad(s->cmd,
		    "MULTIAPPEND is not supported"), go_on);
	}
	if ((cmd = imap_command_open(s, s->collect.len, &r)) == NULL)
		return upload_refuse(s, r, go_on);
	if ((u = calloc(1, sizeof(*u))) == NULL)
		fatal("out of memory");
	s->upload = u;
	arena_init(&u->arena);
	found = parse_append(cmd, true, &u->mailbox, &u->args, &err) == -1 ?
	    -1 : check_mailbox(s, cmd, u->mailbox, &err);
	if (found != 1) {
		imap_upload_free(&s->upload);
		return upload_refuse(s, found == -1 ?
		    cmd_fail(s, cmd, &err) :
		    cmd_no(cmd, "TRYCREATE", "no such mailbox"), go_on);
	}
	conn_consume(s->conn, s->collect.len);
	u->left = s->collect.literal_size;
	u->incoming = incoming_new(imap_session_store(s));
	u->parser = mail_parser_new(&u->arena,
	    imap_session_store(s)->config.mail_limits);
	if (s->collect.literal_sync)
		buf_str(imap_out(s), "+ go ahead\r\n");
	imap_set_phase(s, PHASE_UPLOAD);
	*go_on = true;
	return CONN_READ;
}

static enum cmd_result
upload_append(struct imap_session *s, struct imap_command *cmd)
{
	struct imap_upload *u = s->upload;
	struct message_new m = { .incoming = u->incoming };
	struct buf parsed = BUF_INIT;
	enum cmd_result r;

	parsed_encode(mail_parser_finish(u->parser), &parsed);
	m.parsed = buf_view(&parsed);
	r = append_message(s, cmd, u->mailbox, &u->args, &m);
	buf_free(&parsed);
	return r;
}

/* All octets and the end of the command have arrived. */
static enum conn_next
upload_end(struct imap_session *s, bool *go_on)
{
	struct imap_upload *u = s->upload;
	struct imap_command *cmd = s->cmd;
	enum cmd_result r;
	size_t len = s->collect.len;

	conn_consume(s->conn, len);
	imap_collect_next(s, IMAP_COLLECT_COMMAND);
	if (len > 2)
		r = cmd_bad(cmd, "expected the end of the command");
	else if (u->err.kind != ERR_NONE)
		r = cmd_fail(s, cmd, &u->err);
	else
		r = upload_append(s, cmd);
	imap_upload_free(&s->upload);
	return imap_command_result(s, r, go_on);
}

/* An error is reported after the end of the literal. */
static void
upload_write(struct imap_upload *u, struct bytes piece)
{
	if (u->err.kind != ERR_NONE)
		return;
	mail_parser_feed(u->parser, piece.data, piece.len);
	if (incoming_write(u->incoming, piece, &u->err) == -1)
		incoming_reset(u->incoming);
}

enum conn_next
imap_upload_input(struct imap_session *s, bool *go_on)
{
	struct imap_upload *u = s->upload;
	struct bytes in = conn_input(s->conn);
	struct err err = ERR_INIT;

	*go_on = false;
	if (u->left > 0) {
		if (in.len > u->left)
			in.len = (size_t)u->left;
		upload_write(u, in);
		conn_consume(s->conn, in.len);
		u->left -= in.len;
		if (u->left > 0)
			return CONN_READ;
		imap_collect_taken(&s->collect);
	}
	switch (imap_collect(&s->collect, conn_input(s->conn), &err)) {
	case IMAP_COLLECT_MORE:
		return CONN_READ;
	case IMAP_COLLECT_COMPLETE:
		return upload_end(s, go_on);
	case IMAP_COLLECT_STREAM:
	case IMAP_COLLECT_CONTINUE:
		imap_upload_free(&s->upload);
		return upload_refuse(s, cmd_bad(s->cmd,
		    "MULTIAPPEND is not supported"), go_on);
	case IMAP_COLLECT_ERROR:
		break;
	}
	imap_upload_free(&s->upload);
	return imap_collect_failed(s, &err, go_on);
}
