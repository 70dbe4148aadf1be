/*
 * imap_sync - unsolicited responses, and IDLE
 *
 * At the end of commands and during IDLE, the view of the selected mailbox is
 * updated (store/view_sync.h).  The changes are sent in the order that keeps
 * sequence numbers right (RFC 3501 7.3, 7.4): changed flags with the old
 * numbers, then EXPUNGE from the highest number down, so that none renumbers
 * the next, then EXISTS and RECENT.  A long list of changes is sent in pieces:
 * the session switches to the new view at once, and the old view is kept until
 * all changes that use its numbers were sent.
 */
#include <config.h>

#include "imapd/imap.h"
#include "imapd/imapd.h"

/* Computes the changes, and sends the lines that must precede them. */
static int
sync_begin(struct imap_session *s, struct arena *a, bool expunge_ok,
    struct err *err)
{
	struct imap_selected *sel = s->selected;
	struct imap_watched *w = &sel->mailbox;

	if (imap_watched_take(s, w, expunge_ok, a, err) == -1)
		return -1;
	if (!w->pending->delta.same &&
	    imap_take_keywords(sel, &w->pending->delta.row))
		imap_write_flags_lines(s);
	return 0;
}

/* Sends the next lines.  Returns false if the client must read first. */
static bool
sync_write(struct imap_session *s, struct imap_pending *p, bool with_uid)
{
	const struct view_delta *d = &p->delta;
	const struct view_change *c;
	struct buf *out = imap_out(s);
	uint32_t uid;

	for (; p->changed < d->nchanged; p->changed++) {
		if (conn_out_is_full(s->conn))
			return false;
		c = &d->changed[p->changed];
		imap_write_flags_of(s, p->old, c->uid, &c->flags, with_uid);
	}
	for (; p->expunged < d->nexpunged; p->expunged++) {
		if (conn_out_is_full(s->conn))
			return false;
		uid = d->expunged[d->nexpunged - 1 - p->expunged];
		buf_str(out, "* ");
		buf_decimal(out, view_seq(p->old, uid));
		buf_str(out, " EXPUNGE\r\n");
	}
	return true;
}

static void
sync_end(struct imap_session *s, struct imap_watched *w)
{
	const struct view_delta *d = &w->pending->delta;

	if (d->added > 0) {
		imap_claim_recent(s, &d->row);
		buf_printf(imap_out(s), "* %u EXISTS\r\n* %u RECENT\r\n",
		    d->exists, imap_count_recent(s->selected));
	}
	imap_watched_forget(w);
}

enum cmd_result
imap_sync_run(struct imap_session *s, struct arena *a, bool expunge_ok,
    bool with_uid)
{
	struct imap_watched *w = &s->selected->mailbox;
	struct err err = ERR_INIT;

	if (w->pending == NULL && sync_begin(s, a, expunge_ok, &err) == -1) {
		log_warn(conn_log(s->conn), "selected mailbox is lost",
		    KV_ERR(&err));
		buf_str(imap_out(s), err.code == ERR_CODE_NOT_FOUND ?
		    "* BYE the selected mailbox was deleted\r\n" :
		    "* BYE the selected mailbox cannot be read\r\n");
		return CMD_CLOSE;
	}
	if (!sync_write(s, w->pending, with_uid))
		return CMD_FULL;
	sync_end(s, w);
	return CMD_DONE;
}

/* ---- IDLE (RFC 2177) ---- */

/* Called by the committer, which holds the lock of the watchers. */
static void
idle_notify(void *arg)
{
	conn_wake(arg);
}

static void
idle_stop(struct imap_session *s, struct imap_command *cmd)
{
	if (s->selected != NULL) {
		watch_notify(&s->selected->mailbox.watcher, NULL, NULL);
		imap_watched_forget(&s->selected->mailbox);
	}
	if (cmd->state != NULL)
		arena_clear(cmd->state);
}

static enum cmd_result
idle_line(struct imap_session *s, struct imap_command *cmd)
{
	idle_stop(s, cmd);
	cmd->drop = NULL;
	if (!bytes_ieq_str(cmd->line, "DONE"))
		return cmd_bad(cmd, "expected DONE");
	return cmd_ok(cmd, "IDLE done");
}

/*
 * The arena is cleared after each batch of changes, because an IDLE may last
 * for days.
 */
enum cmd_result
imap_idle_tell(struct imap_session *s, struct imap_command *cmd)
{
	struct arena *a = cmd->state;
	enum cmd_result r;

	r = imap_sync_run(s, a, true, false);
	if (r == CMD_DONE)
		arena_clear(a);
	return r;
}

enum cmd_result
cmd_idle(struct imap_session *s, struct imap_command *cmd)
{
	struct err err = ERR_INIT;
	struct arena *a;

	if (imap_parse_none(&cmd->cursor, &err) == -1)
		return cmd_fail(s, cmd, &err);
	a = arena_alloc(&cmd->arena, sizeof(*a));
	arena_init(a);
	cmd->state = a;
	cmd->on_line = idle_line;
	cmd->drop = idle_stop;
	buf_str(imap_out(s), "+ idling\r\n");
	if (s->selected != NULL)
		watch_notify(&s->selected->mailbox.watcher, idle_notify,
		    s->conn);
	return CMD_IDLE;
}
