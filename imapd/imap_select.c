/* imap_select - SELECT, EXAMINE, CLOSE, UNSELECT and the selected mailbox. */
#include <config.h>

#include "imapd/imap.h"
#include "imapd/imapd.h"

/* ---- \Recent ---- */

bool
imap_is_recent(const struct imap_selected *sel, uint32_t uid)
{
	struct number_set recent = number_set_view(&sel->recent);

	return number_set_has(&recent, uid);
}

/* Counts the messages of the view with a UID below uid. */
static uint32_t
count_below(const struct view *v, uint32_t uid)
{
	uint32_t next = view_next(v, uid);

	return next == 0 ? v->count : view_seq(v, next) - 1;
}

uint32_t
imap_count_recent(const struct imap_selected *sel)
{
	struct number_set recent = number_set_view(&sel->recent);
	const struct view *v = sel->mailbox.view;
	uint32_t n = 0;

	for (size_t i = 0; i < recent.n; i++)
		n += count_below(v, recent.range[i].last + 1) -
		    count_below(v, recent.range[i].first);
	return n;
}

/*
 * Claims the UIDs that no other session was told are \Recent.  The number of
 * ranges is limited: if there are too many, the two oldest are merged.  That
 * can only make messages between them \Recent that another session had claimed.
 */
void
imap_claim_recent(struct imap_session *s, const struct mailbox *row)
{
	struct imap_selected *sel = s->selected;
	uint32_t uidnext = sel->mailbox.view->uidnext, first;
	struct number_set recent;

	first = watch_claim_recent(&sel->mailbox.watcher,
	    row->first_recent_uid, uidnext, sel->read_only);
	if (first >= uidnext)
		return;
	sel->claimed_recent = !sel->read_only;
	number_set_add_range(&sel->recent,
	    (struct number_range){ first, uidnext - 1 });
	recent = number_set_view(&sel->recent);
	if (recent.n > RECENT_RANGES_MAX) {
		recent.range[1].first = recent.range[0].first;
		buf_consume(&sel->recent, sizeof(*recent.range));
	}
}

/* ---- flags ---- */

bool
imap_take_keywords(struct imap_selected *sel, const struct mailbox *row)
{
	if (row->nkeywords == sel->nkeywords)
		return false;
	arena_clear(&sel->names);
	sel->keywords = arena_array(&sel->names, row->nkeywords,
	    sizeof(*sel->keywords));
	for (unsigned i = 0; i < row->nkeywords; i++)
		sel->keywords[i] = arena_strdup(&sel->names,
		    row->keywords[i]);
	sel->nkeywords = row->nkeywords;
	return true;
}

void
imap_write_flags_lines(struct imap_session *s)
{
	struct imap_selected *sel = s->selected;
	struct buf *out = imap_out(s);
	struct buf words = BUF_INIT;

	buf_str(&words, "\\Answered \\Flagged \\Deleted \\Seen \\Draft");
	for (unsigned i = 0; i < sel->nkeywords; i++)
		buf_printf(&words, " %s", sel->keywords[i]);
	buf_str(out, "* FLAGS (");
	buf_bytes(out, buf_view(&words));
	buf_str(out, ")\r\n* OK [PERMANENTFLAGS (");
	if (!sel->read_only) {
		buf_bytes(out, buf_view(&words));
		if (sel->nkeywords < imap_settings(s)->keywords_max)
			buf_str(out, " \\*");
	}
	buf_str(out, ")] permanent flags\r\n");
	buf_free(&words);
}

int
imap_learn_keywords(struct imap_session *s, const struct reader *r,
    struct err *err)
{
	struct kv_snap snap;
	struct mailbox row;
	struct arena a;
	int found;

	if (r == NULL && store_snap(imap_session_store(s), &snap, err) == -1)
		return -1;
	arena_init(&a);
	found = mailbox_get(r == NULL ? &snap.reader : r, s->account,
	    s->selected->mailbox.id, &a, &row, err);
	if (found == 1 && imap_take_keywords(s->selected, &row))
		imap_write_flags_lines(s);
	arena_clear(&a);
	if (r == NULL)
		kv_snap_end(&snap);
	return found == -1 ? -1 : 0;
}

void
imap_write_msgflags(struct buf *out, const struct imap_selected *sel,
    uint32_t uid, const struct msgflags *flags)
{
	const char *sep = "";
	size_t start;

	buf_byte(out, '(');
	start = out->len;
	imap_write_bits(out, imap_flag_names, flags->system |
	    (imap_is_recent(sel, uid) ? IMAP_FLAG_RECENT : 0));
	if (out->len > start)
		sep = " ";
	for (unsigned i = 0; i < sel->nkeywords; i++)
		if (msgflags_has_keyword(flags, i)) {
			buf_str(out, sep);
			buf_str(out, sel->keywords[i]);
			sep = " ";
		}
	buf_byte(out, ')');
}

void
imap_write_flags_of(struct imap_session *s, const struct view *v,
    uint32_t uid, const struct msgflags *flags, bool with_uid)
{
	struct buf *out = imap_out(s);

	imap_write_fetch_begin(out, view_seq(v, uid));
	if (with_uid) {
		buf_str(out, "UID ");
		buf_decimal(out, uid);
		buf_byte(out, ' ');
	}
	buf_str(out, "FLAGS ");
	imap_write_msgflags(out, s->selected, uid, flags);
	buf_str(out, ")\r\n");
}

/* ---- selecting ---- */

void
imap_unselect(struct imap_session *s)
{
	struct imap_selected *sel = s->selected;
	struct number_set recent;

	if (sel == NULL)
		return;
	s->selected = NULL;
	imap_set_state(s, IN_AUTH);
	recent = number_set_view(&sel->recent);
	if (sel->claimed_recent)
		mailbox_save_recent(imap_session_store(s), s->account,
		    sel->mailbox.id, number_set_last(&recent) + 1);
	imap_watched_end(s, &sel->mailbox);
	buf_free(&sel->recent);
	arena_clear(&sel->names);
	free(sel);
}

static void
write_selected(struct imap_session *s, const struct mailbox *row)
{
	struct imap_selected *sel = s->selected;
	struct buf *out = imap_out(s);

	imap_write_flags_lines(s);
	buf_printf(out, "* %u EXISTS\r\n* %u RECENT\r\n",
	    sel->mailbox.view->count, imap_count_recent(sel));
	buf_printf(out, "* OK [UIDVALIDITY %u] UIDs are valid\r\n"
	    "* OK [UIDNEXT %u] next UID\r\n", row->uidvalidity,
	    sel->mailbox.view->uidnext);
}

static int
open_mailbox(struct imap_session *s, struct imap_command *cmd,
    const char *name, bool read_only, struct err *err)
{
	struct store *store = imap_session_store(s);
	struct imap_selected *sel;
	struct kv_snap snap;
	struct mailbox row;
	uint32_t unseen;
	int found;

	if (store_snap(store, &snap, err) == -1)
		return -1;
	found = mailbox_by_name(&snap.reader, s->account, name, &cmd->arena,
	    &row, err);
	kv_snap_end(&snap);
	if (found != 1)
		return found == 0 ? err_code(err, ERR_REFUSED,
		    ERR_CODE_NOT_FOUND, "no such mailbox") : -1;
	if ((sel = calloc(1, sizeof(*sel))) == NULL)
		fatal("out of memory");
	arena_init(&sel->names);
	sel->read_only = read_only;
	s->selected = sel;
	imap_set_state(s, IN_SELECTED);
	if (imap_watched_begin(s, &sel->mailbox, row.id, &cmd->arena, &row,
	    err) == -1)
		return -1;
	(void)imap_take_keywords(sel, &row);
	imap_claim_recent(s, &row);
	write_selected(s, &row);
	if (view_first_unseen(store, &sel->mailbox.watcher,
	    sel->mailbox.view, &unseen, err) == -1)
		return -1;
	if (unseen != 0)
		buf_printf(imap_out(s), "* OK [UNSEEN %u] first unseen\r\n",
		    view_seq(sel->mailbox.view, unseen));
	return 0;
}

static enum cmd_result
select_mailbox(struct imap_session *s, struct imap_command *cmd,
    bool read_only)
{
	struct imap_select args;
	struct err err = ERR_INIT;
	const char *name;

	if (imap_parse_select(&cmd->cursor, &args, &err) == -1)
		return cmd_fail(s, cmd, &err);
	if (args.condstore || args.has_qresync)
		return cmd_bad(cmd, "CONDSTORE and QRESYNC are not supported");
	/* RFC 3501 6.3.1: the old mailbox is closed even if SELECT fails. */
	imap_unselect(s);
	cmd->no_sync = true;
	name = bytes_cstr(&cmd->arena, args.mailbox);
	if (name == NULL)
		return cmd_bad(cmd, "the mailbox name contains a NUL");
	if (open_mailbox(s, cmd, name, read_only, &err) == -1) {
		imap_unselect(s);
		return cmd_fail(s, cmd, &err);
	}
	return read_only ? cmd_ok_code(cmd, "READ-ONLY", "EXAMINE done") :
	    cmd_ok_code(cmd, "READ-WRITE", "SELECT done");
}

enum cmd_result
cmd_select(struct imap_session *s, struct imap_command *cmd)
{
	return select_mailbox(s, cmd, false);
}

enum cmd_result
cmd_examine(struct imap_session *s, struct imap_command *cmd)
{
	return select_mailbox(s, cmd, true);
}

/* RFC 3501 6.4.2: removes \Deleted messages without EXPUNGE responses. */
enum cmd_result
cmd_close(struct imap_session *s, struct imap_command *cmd)
{
	struct err err = ERR_INIT;
	uint64_t n;

	if (imap_parse_none(&cmd->cursor, &err) == -1)
		return cmd_fail(s, cmd, &err);
	if (!s->selected->read_only &&
	    message_expunge(imap_session_store(s), s->account,
	    s->selected->mailbox.id, NULL, &n, &err) == -1)
		return cmd_fail(s, cmd, &err);
	imap_unselect(s);
	return cmd_ok(cmd, "CLOSE done");
}

enum cmd_result
cmd_unselect(struct imap_session *s, struct imap_command *cmd)
{
	struct err err = ERR_INIT;

	if (imap_parse_none(&cmd->cursor, &err) == -1)
		return cmd_fail(s, cmd, &err);
	imap_unselect(s);
	return cmd_ok(cmd, "UNSELECT done");
}
