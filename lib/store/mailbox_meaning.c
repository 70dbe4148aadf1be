/* mailbox_meaning - computes what mailboxes mean, outside the committer. */
#include <config.h>

#include <string.h>

#include "commit/database.h"
#include "store/mailbox_meaning.h"

struct named_meaning {
	char name[MAILBOX_NAME_MAX + 1];
	enum special_use use;
	bool is_known;
	enum junk_meaning meaning;
};

/* ---- special uses ---- */

/* Is the first level of the name called like a default mailbox whose mail
   says nothing about its senders? */
static bool
is_silent_name(const char *name)
{
	static const char *const names[] = { "sent", "drafts", "trash" };
	struct bytes first = bytes_make(name,
	    strcspn(name, (const char[]){ MAILBOX_SEPARATOR, '\0' }));

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (bytes_ieq_str(first, names[i]))
			return true;
	return false;
}

void
mailbox_meaning_ask(struct junk_rules *rules, const char *name,
    enum special_use use, struct junk_verdict *out)
{
	*out = (struct junk_verdict){ .reason = JUNK_BY_USE };
	if (use == USE_JUNK)
		out->meaning = MEANS_JUNK;
	else if (use == USE_SENT || use == USE_DRAFTS || use == USE_TRASH ||
	    (use == USE_NONE && is_silent_name(name)))
		out->meaning = MEANS_NOTHING;
	else
		junk_rules_ask(rules, name, out);
}

/* ---- within an operation ---- */

static struct named_meaning *
named_find(const struct mailbox_meanings *m, const struct mailbox *mb)
{
	struct named_meaning *v =
	    (struct named_meaning *)(void *)m->names.data;

	for (size_t i = 0; i < m->names.len / sizeof(*v); i++)
		if (v[i].use == mb->use && strcmp(v[i].name, mb->name) == 0)
			return &v[i];
	return NULL;
}

static void
named_want(struct mailbox_meanings *m, const struct mailbox *mb)
{
	struct named_meaning new = { .use = mb->use };

	memcpy(new.name, mb->name, strlen(mb->name) + 1);
	buf_add(&m->names, &new, sizeof(new));
}

int
mailbox_meaning_need(struct mailbox_meanings *m, const struct store *s,
    const struct account *acc, struct mailbox *mb, struct err *err)
{
	uint64_t stamp = (uint64_t)s->junk_stamp << 32 | acc->junk.changes;
	const struct named_meaning *named;

	if (mb->meaning_stamp == stamp)
		return 0;
	if (m->stamp != stamp) {
		m->stamp = stamp;
		junk_settings_of(acc, &s->config.junk, &m->settings);
		buf_clear(&m->names);
	}
	named = named_find(m, mb);
	if (named != NULL && named->is_known) {
		mb->meaning = named->meaning;
		mb->meaning_stamp = stamp;
		return 0;
	}
	if (named == NULL)
		named_want(m, mb);
	m->is_missing = true;
	return err_set(err, ERR_TEMP, "what mailbox '%s' means is not known "
	    "yet", mb->name);
}

/* ---- in the caller's thread ---- */

/*
 * Expressions are checked when they are set.  One that PCRE2 does not take any
 * more, after an upgrade, must not make mail bounce.
 */
static void
rules_make(const struct store *s, struct mailbox_meanings *m,
    struct junk_rules **rules)
{
	struct err err = ERR_INIT;

	if (junk_rules_new(&m->settings, rules, &err) == 0)
		return;
	log_error(s->db.log, "junk flags are off for an account",
	    KV_ERR(&err));
	m->settings.is_on = false;
	(void)junk_rules_new(&m->settings, rules, &err);
}

void
mailbox_meanings_compute(const struct store *s, struct mailbox_meanings *m)
{
	struct named_meaning *v =
	    (struct named_meaning *)(void *)m->names.data;
	struct junk_verdict verdict;
	struct junk_rules *rules;

	rules_make(s, m, &rules);
	for (size_t i = 0; i < m->names.len / sizeof(*v); i++) {
		mailbox_meaning_ask(rules, v[i].name, v[i].use, &verdict);
		v[i].meaning = verdict.meaning;
		v[i].is_known = true;
	}
	junk_rules_free(&rules);
	m->is_missing = false;
}

int
mailbox_meanings_submit(struct store *s, struct op *op,
    struct mailbox_meanings *m, struct err *err)
{
	int rc;

	while ((rc = op_submit(&s->db, op, err)) == -1 && m->is_missing) {
		err_clear(err);
		err_clear(&op->err);
		mailbox_meanings_compute(s, m);
	}
	return rc;
}

void
mailbox_meanings_free(struct mailbox_meanings *m)
{
	buf_free(&m->names);
}
