/* Sets of messages: as the client wrote them, as UIDs, and walked. */
#include <config.h>

#include "imapd/imap.h"

/*
 * A range of sequence numbers is a range of UIDs too: gaps between them hold
 * no message of the view, and messages that are not in the view are passed
 * over by whoever uses the set.  Only the tail has to be watched: a UID above
 * the view's last belongs to no message that the client knows.
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
		return err_set(err, ERR_SYNTAX, "there are only %u messages",
		    v->count);
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
		/* The range that could hold it: skip those before. */
		w->next = uid;
		while (w->range < w->set->n &&
		    w->set->range[w->range].last < uid)
			w->range++;
	}
	w->range = w->set->n;
	return 0;
}
