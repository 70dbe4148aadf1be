/* imap_set - message sets: converts them to UIDs, and iterates over them. */
#include <config.h>

#include "imapd/imap.h"

/*
 * A range of sequence numbers is also a range of UIDs: the gaps between hold no
 * message of the view, and users of the set skip messages that are not in the
 * view.  Only the end needs a check: a UID above the last one of the view does
 * not belong to a message that the client knows.
 */
int
imap_resolve_set(struct imap_session *s, struct imap_command *cmd,
    struct imap_sequence_set *set, struct number_set *out, struct err *err)
{
	const struct view *v = s->selected->mailbox.view;
	struct buf uids = BUF_INIT;
	struct number_range r;
	uint32_t max;

	if (set->saved)
		return err_set(err, ERR_SYNTAX, "no search result was saved");
	max = cmd->uid ? view_uid(v, v->count) : v->count;
	imap_sequence_set_resolve(set, max);
	if (!cmd->uid && number_set_last(&set->numbers) > max)
		return err_set(err, ERR_SYNTAX, "the mailbox has only %u "
		    "messages", v->count);
	for (size_t i = 0; i < set->numbers.n; i++) {
		r = set->numbers.range[i];
		if (!cmd->uid) {
			r.first = view_uid(v, r.first);
			r.last = view_uid(v, r.last);
		} else if (r.last > max)
			r.last = max;
		if (r.first <= r.last)
			number_set_add_range(&uids, r);
	}
	number_set_take(&uids, &cmd->arena, out);
	buf_free(&uids);
	return 0;
}

/* ---- walking ---- */

void
imap_walk_init(struct imap_walk *w, const struct number_set *set)
{
	w->set = set;
	w->range = 0;
	w->next = set->n > 0 ? set->range[0].first : 0;
}

uint32_t
imap_walk_next(struct imap_walk *w, const struct view *v)
{
	const struct number_range *r;
	uint32_t uid;

	while (w->range < w->set->n) {
		r = &w->set->range[w->range];
		uid = view_next(v, w->next < r->first ? r->first : w->next);
		if (uid == 0)
			break;
		if (uid <= r->last) {
			w->next = uid + 1;
			return uid;
		}
		/* Skip the ranges that end before this UID. */
		w->next = uid;
		while (w->range < w->set->n &&
		    w->set->range[w->range].last < uid)
			w->range++;
	}
	w->range = w->set->n;
	return 0;
}
