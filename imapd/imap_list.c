/*
 * imap_list - LIST and LSUB
 *
 * RFC 3501 6.3.8 and 6.3.9, with RFC 5258 (LIST-EXTENDED), RFC 5819
 * (LIST-STATUS) and RFC 6154 (SPECIAL-USE).  All names are read at once, in
 * order.  The parents of a mailbox always exist.
 */
#include <config.h>

#include "imapd/imap.h"
#include "imapd/imap_match.h"
#include "imapd/imapd.h"

struct entry {
	struct bytes name;		/* in the arena */
	const struct mailbox *row;	/* NULL: only a subscription */
	bool subscribed;
	bool has_children;
	bool selected_below;	/* a descendant matches the selection */
};

struct listing {
	struct entry *entry;
	size_t n;
	struct imap_list args;
	struct bytes *patterns;		/* with the reference */
	size_t at;
	bool lsub;
};

static int
compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return bytes_cmp(x->name, y->name);
}

static struct entry *
find_entry(const struct listing *l, struct bytes name)
{
	struct entry key = { .name = name };

	return l->n == 0 ? NULL : bsearch(&key, l->entry, l->n, sizeof(key),
	    compare_entries);
}

/* Removes the last level.  Returns false if there is only one. */
static bool
parent_of(struct bytes *name)
{
	while (name->len > 0)
		if (name->data[--name->len] == MAILBOX_SEPARATOR)
			return true;
	return false;
}

/* Loads the mailboxes, and the subscribed names without a mailbox. */
static int
load_entries(struct imap_session *s, struct arena *a, struct listing *l,
    struct err *err)
{
	struct kv_snap snap;
	struct mailbox *rows;
	char **names;
	size_t nrows, nnames, n;
	struct entry *e;
	int rc;

	if (store_snap(imap_session_store(s), &snap, err) == -1)
		return -1;
	rc = mailbox_list(&snap.reader, s->account, a, &rows, &nrows, err);
	if (rc != -1)
		rc = subscription_list(&snap.reader, s->account, a, &names,
		    &nnames, err);
	kv_snap_end(&snap);
	if (rc == -1)
		return -1;
	l->entry = arena_array(a, nrows + nnames, sizeof(*l->entry));
	for (l->n = 0; l->n < nrows; l->n++) {
		l->entry[l->n].name = bytes_of(rows[l->n].name);
		l->entry[l->n].row = &rows[l->n];
	}
	qsort(l->entry, l->n, sizeof(*l->entry), compare_entries);
	for (size_t i = n = 0; i < nnames; i++) {
		if ((e = find_entry(l, bytes_of(names[i]))) != NULL)
			e->subscribed = true;
		else {
			l->entry[nrows + n].name = bytes_of(names[i]);
			l->entry[nrows + n++].subscribed = true;
		}
	}
	l->n += n;
	qsort(l->entry, l->n, sizeof(*l->entry), compare_entries);
	return 0;
}

static bool
is_selected(const struct listing *l, const struct entry *e)
{
	unsigned sel = l->args.selection;

	if (l->lsub)
		return e->subscribed;
	if (sel & IMAP_LIST_SUBSCRIBED) {
		if (!e->subscribed)
			return false;
	} else if (e->row == NULL)
		return false;
	return (sel & IMAP_LIST_SPECIAL_USE) == 0 || (e->row != NULL &&
	    special_use_name(e->row->use) != NULL);
}

/* Marks the parents of selected and of subscribed entries. */
static void
mark_parents(struct listing *l)
{
	struct entry *e, *parent;
	struct bytes name;

	for (size_t i = 0; i < l->n; i++) {
		e = &l->entry[i];
		name = e->name;
		while (parent_of(&name)) {
			if ((parent = find_entry(l, name)) == NULL)
				continue;
			parent->has_children |= e->row != NULL;
			parent->selected_below |= is_selected(l, e);
		}
	}
}

static bool
matches(const struct listing *l, struct bytes name)
{
	for (size_t i = 0; i < l->args.n; i++)
		if (imap_match(l->patterns[i], name, MAILBOX_SEPARATOR))
			return true;
	return false;
}

static void
attribute(struct buf *out, const char **sep, const char *name)
{
	buf_printf(out, "%s%s", *sep, name);
	*sep = " ";
}

static void
write_entry(struct imap_session *s, const struct listing *l,
    const struct entry *e, bool childinfo)
{
	struct buf *out = imap_out(s);
	const char *sep = "", *use;

	buf_str(out, l->lsub ? "* LSUB (" : "* LIST (");
	if (e->row == NULL)
		attribute(out, &sep, l->lsub || !l->args.extended ?
		    "\\Noselect" : "\\NonExistent");
	if (e->subscribed && ((l->args.selection | l->args.returns) &
	    IMAP_LIST_SUBSCRIBED))
		attribute(out, &sep, "\\Subscribed");
	if (!l->lsub && e->row != NULL)
		attribute(out, &sep, e->has_children ? "\\HasChildren" :
		    "\\HasNoChildren");
	/* RFC 6154 2: shown even if not requested. */
	if (!l->lsub && e->row != NULL &&
	    (use = special_use_name(e->row->use)) != NULL)
		attribute(out, &sep, use);
	buf_printf(out, ") \"%c\" ", MAILBOX_SEPARATOR);
	imap_write_mailbox(out, e->name);
	if (childinfo)
		buf_str(out, " (\"CHILDINFO\" (\"SUBSCRIBED\"))");
	buf_str(out, "\r\n");
	if ((l->args.returns & IMAP_LIST_STATUS) && e->row != NULL)
		imap_write_status(s, e->row, l->args.status_items);
}

/*
 * RFC 3501 6.3.9: with "%", LSUB shows the parent of a subscribed name as
 * \Noselect, even if the parent is not subscribed itself.
 */
static void
write_lsub_parent(struct imap_session *s, const struct listing *l,
    const struct entry *e)
{
	struct entry shown = *e;

	shown.row = NULL;
	write_entry(s, l, &shown, false);
}

static enum cmd_result
list_step(struct imap_session *s, struct imap_command *cmd)
{
	struct listing *l = cmd->state;
	const struct entry *e;
	enum cmd_result pause;
	bool childinfo;

	for (; l->at < l->n; l->at++) {
		if ((pause = imap_pause(s)) != CMD_DONE)
			return pause;
		e = &l->entry[l->at];
		childinfo = (l->args.selection & IMAP_LIST_RECURSIVEMATCH) &&
		    e->selected_below;
		if (!matches(l, e->name))
			continue;
		if (is_selected(l, e) || (childinfo && !l->lsub))
			write_entry(s, l, e, childinfo);
		else if (l->lsub && e->selected_below)
			write_lsub_parent(s, l, e);
	}
	return cmd_ok(cmd, l->lsub ? "LSUB done" : "LIST done");
}

/* Prepends the reference to the patterns. */
static void
join_patterns(struct arena *a, struct listing *l)
{
	struct buf b = BUF_INIT;

	l->patterns = arena_array(a, l->args.n, sizeof(*l->patterns));
	for (size_t i = 0; i < l->args.n; i++) {
		buf_clear(&b);
		buf_bytes(&b, l->args.reference);
		buf_bytes(&b, l->args.patterns[i]);
		l->patterns[i] = bytes_dup(a, buf_view(&b));
	}
	buf_free(&b);
}

/*
 * Adds the parents that LSUB shows although they are not subscribed.  There may
 * be many, so their names point into those of their children.
 */
static void
add_lsub_parents(struct listing *l, struct arena *a)
{
	struct entry *all;
	struct bytes name;
	size_t n = l->n, max = l->n;

	for (size_t i = 0; i < l->n; i++)
		for (name = l->entry[i].name; parent_of(&name);)
			max++;
	all = arena_array(a, max, sizeof(*all));
	if (n > 0)
		memcpy(all, l->entry, n * sizeof(*all));
	for (size_t i = 0; i < l->n; i++) {
		if (l->entry[i].row != NULL)
			continue;
		for (name = l->entry[i].name; parent_of(&name);)
			if (find_entry(l, name) == NULL)
				all[n++].name = name;
	}
	if (n > 0)
		qsort(all, n, sizeof(*all), compare_entries);
	l->n = 0;
	for (size_t i = 0; i < n; i++)
		if (l->n == 0 || !bytes_eq(all[l->n - 1].name, all[i].name))
			all[l->n++] = all[i];
	l->entry = all;
}

static enum cmd_result
run_listing(struct imap_session *s, struct imap_command *cmd,
    struct listing *l)
{
	struct err err = ERR_INIT;

	if (load_entries(s, &cmd->arena, l, &err) == -1)
		return cmd_fail(s, cmd, &err);
	if (l->lsub)
		add_lsub_parents(l, &cmd->arena);
	mark_parents(l);
	join_patterns(&cmd->arena, l);
	cmd->state = l;
	cmd->step = list_step;
	return list_step(s, cmd);
}

enum cmd_result
cmd_list(struct imap_session *s, struct imap_command *cmd)
{
	struct listing *l = arena_zalloc(&cmd->arena, sizeof(*l));
	struct err err = ERR_INIT;

	if (imap_parse_list(&cmd->cursor, &l->args, &err) == -1)
		return cmd_fail(s, cmd, &err);
	if (l->args.status_items & ~(unsigned)IMAP_STATUS_RFC3501)
		return cmd_bad(cmd, "the status item is not supported");
	/* RFC 3501 6.3.8: an empty pattern asks for the separator. */
	if (!l->args.extended && l->args.n == 1 &&
	    l->args.patterns[0].len == 0) {
		buf_printf(imap_out(s), "* LIST (\\Noselect) \"%c\" \"\"\r\n",
		    MAILBOX_SEPARATOR);
		return cmd_ok(cmd, "LIST done");
	}
	return run_listing(s, cmd, l);
}

enum cmd_result
cmd_lsub(struct imap_session *s, struct imap_command *cmd)
{
	struct listing *l = arena_zalloc(&cmd->arena, sizeof(*l));
	struct err err = ERR_INIT;

	if (imap_parse_lsub(&cmd->cursor, &l->args, &err) == -1)
		return cmd_fail(s, cmd, &err);
	l->lsub = true;
	return run_listing(s, cmd, l);
}
