/* Sets of messages: as the client wrote them, as UIDs, and walked. */
#include <config.h>

#include "imapd/imap.h"

static void
add_range(struct uid_set *out, uint32_t first, uint32_t last)
{
	if (out->n > 0 && out->range[out->n - 1].last + 1 == first) {
		out->range[out->n - 1].last = last;
		return;
	}
	out->range[out->n].first = first;
	out->range[out->n++].last = last;
}

/*
 * A range of sequence numbers is a range of UIDs too: gaps between them hold
 * no message of the view, and messages that are not in the view are passed
 * over by whoever uses the set.  Only the tail has to be watched: a UID above
 * the view's last belongs to no message that the client knows.
 */
int
imap_resolve_set(struct imap_session *s, struct imap_command *cmd,
    struct imap_sequence_set *set, struct uid_set *out, struct err *err)
{
	const struct view *v = s->selected->mailbox.view;
	uint32_t first, last, max;

	if (set->saved)
		return err_set(err, ERR_SYNTAX, "no search result was saved");
	max = cmd->uid ? view_uid(v, v->count) : v->count;
	imap_sequence_set_resolve(set, max);
	out->range = arena_array(&cmd->arena, set->numbers.n,
	    sizeof(*out->range));
	out->n = 0;
	for (size_t i = 0; i < set->numbers.n; i++) {
		first = set->numbers.range[i].first;
		last = set->numbers.range[i].last;
		if (!cmd->uid) {
			if (last > v->count)
				return err_set(err, ERR_SYNTAX,
				    "there are only %u messages", v->count);
			first = view_uid(v, first);
			last = view_uid(v, last);
		} else {
			if (last > max)
				last = max;
			if (first > last)
				continue;
		}
		add_range(out, first, last);
	}
	return 0;
}

/* ---- walking ---- */

void
imap_walk_init(struct imap_walk *w, const struct uid_set *set)
{
	w->set = set;
	w->range = 0;
	w->next = set->n > 0 ? set->range[0].first : 0;
}

uint32_t
imap_walk_next(struct imap_walk *w, const struct view *v)
{
	const struct uid_range *r;
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
