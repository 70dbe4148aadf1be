/* imap_mailbox - CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE, STATUS. */
#include <config.h>

#include "imapd/imap.h"
#include "imapd/imapd.h"

/*
 * Returns the name as a C string, or NULL if it contains a NUL; then the caller
 * must reply.
 */
static char *
name_of(struct imap_command *cmd, struct bytes name)
{
	return bytes_cstr(&cmd->arena, name);
}

static enum special_use
use_of(unsigned bits)
{
	for (const struct imap_bit_name *n = imap_use_names; n->name != NULL;
	    n++)
		if (bits & n->bit)
			return special_use_parse(bytes_of(n->name));
	return USE_NONE;
}

enum cmd_result
cmd_create(struct imap_session *s, struct imap_command *cmd)
{
	struct imap_create args;
	struct err err = ERR_INIT;
	uint64_t object_id;
	char *name;

	if (imap_parse_create(&cmd->cursor, &args, &err) == -1)
		return cmd_fail(s, cmd, &err);
	/*
	 * RFC 3501 6.3.3: a trailing separator announces that children follow.
	 */
	if (args.mailbox.len > 1 &&
	    args.mailbox.data[args.mailbox.len - 1] == MAILBOX_SEPARATOR)
		args.mailbox.len--;
	if ((name = name_of(cmd, args.mailbox)) == NULL)
		return cmd_bad(cmd, "the mailbox name contains a NUL");
	if ((args.use & (args.use - 1)) != 0)
		return cmd_no(cmd, "USEATTR",
		    "a mailbox can have only one special use");
	if (mailbox_create(imap_session_store(s), s->account, name,
	    use_of(args.use), &object_id, &err) == -1)
		return cmd_fail(s, cmd, &err);
	return cmd_ok(cmd, "CREATE done");
}

/* A session that deletes its selected mailbox is unselected silently. */
static int
forget_deleted(struct imap_session *s, struct imap_command *cmd,
    struct err *err)
{
	struct kv_snap snap;
	struct mailbox row;
	int found;

	if (s->selected == NULL)
		return 0;
	if (store_snap(imap_session_store(s), &snap, err) == -1)
		return -1;
	found = mailbox_get(&snap.reader, s->account, s->selected->mailbox.id,
	    &cmd->arena, &row, err);
	kv_snap_end(&snap);
	if (found == 0)
		imap_unselect(s);
	return found == -1 ? -1 : 0;
}

enum cmd_result
cmd_delete(struct imap_session *s, struct imap_command *cmd)
{
	struct err err = ERR_INIT;
	struct bytes mailbox;
	char *name;

	if (imap_parse_one_mailbox(&cmd->cursor, &mailbox, &err) == -1)
		return cmd_fail(s, cmd, &err);
	if ((name = name_of(cmd, mailbox)) == NULL)
		return cmd_bad(cmd, "the mailbox name contains a NUL");
	if (mailbox_delete(imap_session_store(s), s->account, name,
	    &err) == -1 || forget_deleted(s, cmd, &err) == -1)
		return cmd_fail(s, cmd, &err);
	return cmd_ok(cmd, "DELETE done");
}

enum cmd_result
cmd_rename(struct imap_session *s, struct imap_command *cmd)
{
	struct imap_rename args;
	struct err err = ERR_INIT;
	char *from, *to;

	if (imap_parse_rename(&cmd->cursor, &args, &err) == -1)
		return cmd_fail(s, cmd, &err);
	from = name_of(cmd, args.from);
	to = name_of(cmd, args.to);
	if (from == NULL || to == NULL)
		return cmd_bad(cmd, "the mailbox name contains a NUL");
	if (mailbox_rename(imap_session_store(s), s->account, from, to,
	    &err) == -1)
		return cmd_fail(s, cmd, &err);
	return cmd_ok(cmd, "RENAME done");
}

static enum cmd_result
subscribe(struct imap_session *s, struct imap_command *cmd, bool on)
{
	struct err err = ERR_INIT;
	struct bytes mailbox;
	char *name;

	if (imap_parse_one_mailbox(&cmd->cursor, &mailbox, &err) == -1)
		return cmd_fail(s, cmd, &err);
	if ((name = name_of(cmd, mailbox)) == NULL)
		return cmd_bad(cmd, "the mailbox name contains a NUL");
	if (mailbox_subscribe(imap_session_store(s), s->account, name, on,
	    &err) == -1)
		return cmd_fail(s, cmd, &err);
	return cmd_ok(cmd, on ? "SUBSCRIBE done" : "UNSUBSCRIBE done");
}

enum cmd_result
cmd_subscribe(struct imap_session *s, struct imap_command *cmd)
{
	return subscribe(s, cmd, true);
}

enum cmd_result
cmd_unsubscribe(struct imap_session *s, struct imap_command *cmd)
{
	return subscribe(s, cmd, false);
}

/* ---- STATUS ---- */

/*
 * Counts the messages that no session has been told of.  Watches the mailbox
 * for a moment, because the row does not yet have what sessions have claimed.
 */
static uint32_t
count_recent(struct imap_session *s, const struct mailbox *row)
{
	struct imap_watched w = { .view = NULL };
	struct mailbox now;
	struct arena a;
	struct err err;
	uint32_t first, n = 0;

	arena_init(&a);
	if (imap_watched_begin(s, &w, row->id, &a, &now, &err) == 0) {
		first = watch_claim_recent(&w.watcher, now.first_recent_uid,
		    w.view->uidnext, true);
		first = first == 0 ? 0 : view_next(w.view, first);
		n = first == 0 ? 0 :
		    w.view->count - view_seq(w.view, first) + 1;
	}
	imap_watched_end(s, &w);
	arena_clear(&a);
	return n;
}

void
imap_write_status(struct imap_session *s, const struct mailbox *row,
    unsigned items)
{
	struct buf *out = imap_out(s);
	const struct {
		unsigned item;
		const char *name;
		uint64_t value;
	} rows[] = {
		{ IMAP_STATUS_MESSAGES, "MESSAGES", row->messages },
		{ IMAP_STATUS_RECENT, "RECENT",
		    items & IMAP_STATUS_RECENT ? count_recent(s, row) : 0 },
		{ IMAP_STATUS_UIDNEXT, "UIDNEXT", row->uidnext },
		{ IMAP_STATUS_UIDVALIDITY, "UIDVALIDITY", row->uidvalidity },
		{ IMAP_STATUS_UNSEEN, "UNSEEN", row->unseen },
	};
	const char *sep = "";

	buf_str(out, "* STATUS ");
	imap_write_mailbox(out, bytes_of(row->name));
	buf_str(out, " (");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (items & rows[i].item) {
			buf_printf(out, "%s%s %llu", sep, rows[i].name,
			    (unsigned long long)rows[i].value);
			sep = " ";
		}
	buf_str(out, ")\r\n");
}

enum cmd_result
cmd_status(struct imap_session *s, struct imap_command *cmd)
{
	struct imap_status args;
	struct err err = ERR_INIT;
	struct kv_snap snap;
	struct mailbox row;
	char *name;
	int found;

	if (imap_parse_status(&cmd->cursor, &args, &err) == -1)
		return cmd_fail(s, cmd, &err);
	if (args.items & ~(unsigned)IMAP_STATUS_RFC3501)
		return cmd_bad(cmd, "the status item is not supported");
	if ((name = name_of(cmd, args.mailbox)) == NULL)
		return cmd_bad(cmd, "the mailbox name contains a NUL");
	if (store_snap(imap_session_store(s), &snap, &err) == -1)
		return cmd_fail(s, cmd, &err);
	found = mailbox_by_name(&snap.reader, s->account, name, &cmd->arena,
	    &row, &err);
	kv_snap_end(&snap);
	if (found == -1)
		return cmd_fail(s, cmd, &err);
	if (found == 0)
		return cmd_no(cmd, "NONEXISTENT", "no such mailbox");
	imap_write_status(s, &row, args.items);
	return cmd_ok(cmd, "STATUS done");
}
