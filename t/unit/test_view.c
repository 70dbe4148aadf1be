/*
 * Views: several sessions change one mailbox at random.  For each, a model
 * client follows only what the session tells it (EXPUNGE, FETCH and EXISTS
 * replies).  After a sync the client's mailbox must equal the server's; while
 * expunges are not allowed, no sequence number may change.
 *
 * TEST_SEED and TEST_STEPS change the run.
 */
#include <config.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/background.h"
#include "store/view_sync.h"
#include "store_fixture.h"
#include "commit/committer.h"

#define SESSIONS	5
#define CLIENT_MAX	20000

/* What a client believes: UIDs and flags by sequence number - 1. */
struct client {
	uint32_t uid[CLIENT_MAX];
	uint32_t flags[CLIENT_MAX];
	uint32_t n;
};

struct session {
	struct fixture *f;
	struct watcher w;
	struct view *view;
	struct arena a;		/* for one step */
	uint64_t random;
	uint64_t own[64];
	size_t nown;
	struct client *client;
};

static uint64_t
random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static uint32_t
below(struct session *ss, uint32_t n)
{
	return (uint32_t)(random_next(&ss->random) >> 11) % n;
}

static uint32_t
env_number(const char *name, uint32_t otherwise)
{
	const char *value = getenv(name);

	return value == NULL ? otherwise : (uint32_t)strtoul(value, NULL, 10);
}

/* ---- the model client ---- */

/* The client gets FETCH (UID FLAGS) of a message as it is now. */
static void
client_fetch(struct session *ss, uint32_t seq)
{
	struct err err = ERR_INIT;
	struct kv_snap snap;
	struct flagpage p;
	struct msgflags flags;
	uint32_t uid = view_uid(ss->view, seq);

	assert_int_not_equal(uid, 0);
	must(store_snap(ss->f->s, &snap, &err));
	must(flagpage_read(&snap.reader, ss->w.account, ss->w.mbox,
	    UID_PAGE(uid), &p, &err));
	kv_snap_end(&snap);
	flagpage_get(&p, UID_SLOT(uid), &flags);
	ss->client->uid[seq - 1] = uid;
	ss->client->flags[seq - 1] = flags.system;
}

static void
client_expunge(struct client *c, uint32_t seq)
{
	assert_in_range(seq, 1, c->n);
	c->n--;
	memmove(c->uid + seq - 1, c->uid + seq,
	    (c->n - seq + 1) * sizeof(*c->uid));
	memmove(c->flags + seq - 1, c->flags + seq,
	    (c->n - seq + 1) * sizeof(*c->flags));
}

/* The view must show what the client believes, message by message. */
static void
client_agrees(struct session *ss)
{
	struct client *c = ss->client;

	assert_int_equal(c->n, ss->view->count);
	for (uint32_t seq = 1; seq <= c->n; seq++) {
		assert_int_equal(view_uid(ss->view, seq), c->uid[seq - 1]);
		assert_int_equal(view_seq(ss->view, c->uid[seq - 1]), seq);
	}
	assert_int_equal(view_uid(ss->view, c->n + 1), 0);
}

/* ---- sessions ---- */

static void
session_open(struct session *ss, struct fixture *f, uint32_t mbox,
    uint64_t seed)
{
	struct err err = ERR_INIT;
	struct mailbox row;

	memset(ss, 0, sizeof(*ss));
	ss->f = f;
	ss->random = seed;
	ss->client = calloc(1, sizeof(*ss->client));
	assert_non_null(ss->client);
	arena_init(&ss->a);
	watch_add(f->s, &ss->w, f->account, mbox);
	ss->view = view_get(f->s, &ss->w, &ss->a, &row, &err);
	assert_non_null(ss->view);
	ss->client->n = ss->view->count;
	for (uint32_t seq = 1; seq <= ss->client->n; seq++)
		client_fetch(ss, seq);
}

static void
session_close(struct session *ss)
{
	watch_remove(ss->f->s, &ss->w);
	view_unref(&ss->view);
	arena_clear(&ss->a);
	free(ss->client);
}

/* Tells the client what a sync found, as a server would. */
static void
session_tell(struct session *ss, struct view_delta *d)
{
	struct client *c = ss->client;
	uint32_t seq, added;

	/* FETCH with the sequence numbers from before. */
	for (size_t i = 0; i < d->nchanged; i++) {
		seq = view_seq(ss->view, d->changed[i].uid);
		assert_in_range(seq, 1, c->n);
		assert_int_equal(c->uid[seq - 1], d->changed[i].uid);
		c->flags[seq - 1] = d->changed[i].flags.system;
	}
	/* From the highest down, so that no number changes on the way. */
	for (size_t i = d->nexpunged; i > 0; i--) {
		seq = view_seq(ss->view, d->expunged[i - 1]);
		assert_int_equal(c->uid[seq - 1], d->expunged[i - 1]);
		client_expunge(c, seq);
	}
	assert_true(d->exists >= c->n);
	added = d->exists - c->n;
	assert_int_equal(added, d->added);
	view_unref(&ss->view);
	ss->view = d->view;
	for (; added > 0; added--)
		client_fetch(ss, ++c->n);
}

/* Syncs with expunges; own: the changes of the session itself. */
static int
sync_as(struct session *ss, const uint64_t *own, size_t nown,
    struct view_delta *d, struct err *err)
{
	struct view_sync ask = { .watcher = &ss->w, .old = ss->view,
	    .with_expunges = true, .own_modseqs = own, .nown = nown };

	return view_sync(ss->f->s, &ask, &ss->a, d, err);
}

static void
session_sync(struct session *ss, bool with_expunges)
{
	struct err err = ERR_INIT;
	struct view_sync ask = { .watcher = &ss->w, .old = ss->view,
	    .with_expunges = with_expunges, .own_modseqs = ss->own,
	    .nown = ss->nown };
	struct view_delta d;
	uint32_t before = ss->client->n;

	arena_clear(&ss->a);
	must(view_sync(ss->f->s, &ask, &ss->a, &d, &err));
	ss->nown = 0;
	if (!with_expunges)
		assert_int_equal(d.nexpunged, 0);
	session_tell(ss, &d);
	if (!with_expunges)
		assert_true(ss->client->n >= before);
	assert_true(ss->view->safe_modseq <= ss->view->modseq);
	if (with_expunges)
		assert_int_equal(ss->view->safe_modseq, ss->view->modseq);
	client_agrees(ss);
}

/* ---- the server, and whether the client agrees with it ---- */

struct truth {
	struct session *ss;
	uint32_t seq;
};

static int
truth_step(void *arg, uint32_t page, struct bytes record, struct err *err)
{
	struct truth *t = arg;
	struct client *c = t->ss->client;
	struct flagpage p;
	struct msgflags flags;

	if (flagpage_decode(&p, record, err) == -1)
		return -1;
	for (uint64_t m = p.present; m != 0; m &= m - 1) {
		unsigned slot = (unsigned)__builtin_ctzll(m);

		assert_in_range(t->seq, 0, c->n - 1);
		assert_int_equal(c->uid[t->seq], PAGE_UID(page, slot));
		flagpage_get(&p, slot, &flags);
		if (c->flags[t->seq] != flags.system)
			fail_msg("uid %u: client has %x, server %x",
			    c->uid[t->seq], c->flags[t->seq], flags.system);
		t->seq++;
	}
	return 0;
}

static void
session_check(struct session *ss)
{
	struct truth t = { ss, 0 };
	struct err err = ERR_INIT;
	struct kv_snap snap;

	must(store_snap(ss->f->s, &snap, &err));
	must(flagpage_each(&snap.reader, ss->w.account, ss->w.mbox, 0,
	    truth_step, &t, &err));
	kv_snap_end(&snap);
	assert_int_equal(t.seq, ss->client->n);
}

/* ---- what sessions do ---- */

/* A few ranges of UIDs that the client knows. */
static struct number_set
random_set(struct session *ss)
{
	struct client *c = ss->client;
	struct number_set set = { NULL, 0 };
	uint32_t at = 0, len;

	set.range = arena_array(&ss->a, 4, sizeof(*set.range));
	while (set.n < 4 && c->n > 0) {
		at += below(ss, c->n);
		len = below(ss, 20);
		if (at >= c->n)
			break;
		if (at + len >= c->n)
			len = c->n - 1 - at;
		set.range[set.n].first = c->uid[at];
		set.range[set.n++].last = c->uid[at + len];
		at += len + 1;
	}
	return set;
}

static void
step_append(struct session *ss)
{
	char text[64];
	struct message_new m = { .system_flags = below(ss, 32) };
	struct message_added added;
	struct err err = ERR_INIT;
	int n = snprintf(text, sizeof(text), "Subject: %u\r\n\r\n",
	    below(ss, 1000000));

	if (ss->client->n + 50 > CLIENT_MAX)
		return;
	m.text = bytes_make(text, (size_t)n);
	must(message_append(ss->f->s, ss->w.account, "INBOX", &m, &added,
	    &err));
}

static uint32_t
flags_after(uint32_t flags, const struct flags_change *change)
{
	if (change->how == FLAGS_ADD)
		return flags | change->system;
	if (change->how == FLAGS_REMOVE)
		return flags & ~change->system;
	return change->system;
}

/* After a silent STORE the client believes that it did what was asked. */
static void
believe(struct session *ss, const struct number_set *set,
    const struct flags_change *change)
{
	struct client *c = ss->client;

	for (size_t i = 0; i < set->n; i++)
		for (uint32_t seq = 0; seq < c->n; seq++)
			if (c->uid[seq] >= set->range[i].first &&
			    c->uid[seq] <= set->range[i].last)
				c->flags[seq] = flags_after(c->flags[seq],
				    change);
}

/* FETCH replies for a set of UIDs. */
static void
tell_set(struct session *ss, const struct number_set *set)
{
	struct client *c = ss->client;

	for (size_t i = 0; i < set->n; i++)
		for (uint32_t seq = 1; seq <= c->n; seq++)
			if (c->uid[seq - 1] >= set->range[i].first &&
			    c->uid[seq - 1] <= set->range[i].last)
				client_fetch(ss, seq);
}

static void
step_store(struct session *ss)
{
	struct number_set set = random_set(ss);
	struct flags_change change = {
		.how = (int)below(ss, 3),
		.system = below(ss, 32),
		.known_modseq = ss->view->modseq
	};
	struct err err = ERR_INIT;
	bool silent = below(ss, 2) == 0;

	must(message_store(ss->f->s, ss->w.account, ss->w.mbox, &set, &change,
	    &ss->a, &err));
	assert_true(change.nmodseqs <= 1);
	if (change.nmodseqs == 1)
		ss->own[ss->nown++] = change.modseqs[0];
	if (silent) {
		believe(ss, &change.changed, &change);
		tell_set(ss, &change.overtaken);
	} else {
		tell_set(ss, &change.changed);
	}
	if (ss->nown == 64)
		session_sync(ss, true);
}

static void
step_expunge(struct session *ss)
{
	struct number_set set = random_set(ss);
	struct err err = ERR_INIT;
	uint64_t n;

	must(message_expunge(ss->f->s, ss->w.account, ss->w.mbox,
	    below(ss, 4) == 0 ? NULL : &set, &n, &err));
}

static void
step_copy(struct session *ss)
{
	struct number_set set = random_set(ss);
	struct message_copied out;
	struct err err = ERR_INIT;
	bool move = below(ss, 2) == 0;

	if (ss->client->n + 100 > CLIENT_MAX)
		return;
	must(message_copy(ss->f->s, ss->w.account, &(struct message_copy){
	    .mbox = ss->w.mbox, .uids = &set,
	    .target = below(ss, 3) == 0 ? "INBOX" : "Trash", .move = move },
	    &ss->a, &out, &err));
}

/* Moves a few messages back from the other mailbox. */
static void
step_return(struct session *ss, uint32_t trash)
{
	struct number_range range = { 1 + below(ss, 500), 0 };
	struct number_set set = { &range, 1 };
	struct message_copied out;
	struct err err = ERR_INIT;

	if (ss->client->n + 100 > CLIENT_MAX)
		return;
	range.last = range.first + below(ss, 10);
	must(message_copy(ss->f->s, ss->w.account, &(struct message_copy){
	    .mbox = trash, .uids = &set, .target = "INBOX", .move = true },
	    &ss->a, &out, &err));
}

static void
session_step(struct session *ss, uint32_t trash)
{
	arena_clear(&ss->a);
	switch (below(ss, 12)) {
	case 0:
	case 1:
	case 2:
		step_append(ss);
		break;
	case 3:
	case 4:
		step_store(ss);
		break;
	case 5:
		step_expunge(ss);
		break;
	case 6:
		step_copy(ss);
		break;
	case 7:
		step_return(ss, trash);
		break;
	case 8:
	case 9:
		session_sync(ss, false);
		break;
	default:
		session_sync(ss, true);
	}
}

/* ---- tests ---- */

static void
keep_short(struct store_config *config)
{
	config->purge_delay_s = 3600;
	config->tombstones_max = 20;
}

static void
test_interleaved(void **state)
{
	struct fixture *f = fixture_new(keep_short);
	struct session ss[SESSIONS];
	uint32_t steps = env_number("TEST_STEPS", 3000);
	uint64_t random = env_number("TEST_SEED", 20261121);
	uint32_t mbox = fixture_mailbox(f, "INBOX").id;
	uint32_t trash = fixture_mailbox(f, "Trash").id;

	(void)state;
	for (int i = 0; i < 70; i++)
		fixture_append(f, "INBOX", 0);
	for (int i = 0; i < SESSIONS; i++)
		session_open(&ss[i], f, mbox, random_next(&random));
	for (uint32_t i = 0; i < steps; i++) {
		/* The last two pause at times, so that the ring overflows. */
		uint32_t who = (uint32_t)(random_next(&random) %
		    (i / 200 % 2 == 0 ? SESSIONS : SESSIONS - 2));

		session_step(&ss[who], trash);
		if (i % 50 == 0) {
			session_sync(&ss[who], true);
			session_check(&ss[who]);
		}
		if (i % 500 == 0)
			background_drain(f->s);
	}
	for (int i = 0; i < SESSIONS; i++) {
		session_sync(&ss[i], true);
		session_check(&ss[i]);
		session_close(&ss[i]);
	}
	background_drain(f->s);
	fixture_free(&f);
}

struct runner {
	struct session ss;
	uint32_t steps, trash;
};

static void *
runner_main(void *arg)
{
	struct runner *r = arg;

	for (uint32_t i = 0; i < r->steps; i++)
		session_step(&r->ss, r->trash);
	return NULL;
}

static void
test_threads(void **state)
{
	struct fixture *f = fixture_new(keep_short);
	struct runner r[SESSIONS];
	pthread_t thread[SESSIONS];
	uint64_t random = env_number("TEST_SEED", 20261121);

	(void)state;
	for (int i = 0; i < 70; i++)
		fixture_append(f, "INBOX", 0);
	for (int i = 0; i < SESSIONS; i++) {
		session_open(&r[i].ss, f, fixture_mailbox(f, "INBOX").id,
		    random_next(&random));
		r[i].steps = env_number("TEST_STEPS", 2000) / SESSIONS;
		r[i].trash = fixture_mailbox(f, "Trash").id;
	}
	for (int i = 0; i < SESSIONS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, runner_main,
		    &r[i]), 0);
	for (int i = 0; i < SESSIONS; i++)
		pthread_join(thread[i], NULL);
	for (int i = 0; i < SESSIONS; i++) {
		session_sync(&r[i].ss, true);
		session_check(&r[i].ss);
	}
	/* All are at the same point, so they share one view. */
	assert_ptr_equal(r[0].ss.view, r[SESSIONS - 1].ss.view);
	for (int i = 0; i < SESSIONS; i++)
		session_close(&r[i].ss);
	fixture_free(&f);
}

static void
count_notice(void *arg)
{
	++*(int *)arg;
}

static void
test_notify(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct session ss;
	struct mailbox mb = fixture_mailbox(f, "INBOX");
	int notices = 0;

	(void)state;
	session_open(&ss, f, mb.id, 1);
	watch_notify(&ss.w, count_notice, &notices);
	assert_int_equal(notices, 0);
	fixture_append(f, "INBOX", 0);
	assert_int_equal(notices, 1);
	fixture_append(f, "Sent", 0);
	assert_int_equal(notices, 1);
	watch_notify(&ss.w, NULL, NULL);
	fixture_append(f, "INBOX", 0);
	assert_int_equal(notices, 1);
	/* It is called at once if there is news already. */
	watch_notify(&ss.w, count_notice, &notices);
	assert_int_equal(notices, 2);
	session_sync(&ss, true);
	watch_notify(&ss.w, count_notice, &notices);
	assert_int_equal(notices, 2);
	session_close(&ss);
	fixture_free(&f);
}

/* A sync reports what is new, and only that. */
static void
test_only_new(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct session ss, other;
	struct mailbox mb = fixture_mailbox(f, "INBOX");
	struct flags_change change = { .how = FLAGS_ADD };
	struct err err = ERR_INIT;
	struct view_delta d;

	(void)state;
	for (int i = 0; i < 3; i++)
		fixture_append(f, "INBOX", 0);
	session_open(&ss, f, mb.id, 1);
	session_open(&other, f, mb.id, 1);
	for (uint32_t uid = 1; uid <= 3; uid++) {
		struct number_range range = { uid, uid };
		struct number_set one = { &range, 1 };

		change.system = FLAG_SEEN;
		must(message_store(f->s, f->account, mb.id, &one, &change,
		    &ss.a, &err));
		must(sync_as(&ss, NULL, 0, &d, &err));
		assert_int_equal(d.nchanged, 1);
		assert_int_equal(d.changed[0].uid, uid);
		assert_int_equal(d.changed[0].modseq, change.modseqs[0]);
		assert_false(d.same);
		session_tell(&ss, &d);
		/* A session's own change is not reported to it. */
		change.system = FLAG_DRAFT;
		must(message_store(f->s, f->account, mb.id, &one, &change,
		    &ss.a, &err));
		must(sync_as(&ss, change.modseqs, 1, &d, &err));
		assert_int_equal(d.nchanged, 0);
		session_tell(&ss, &d);
		must(sync_as(&ss, NULL, 0, &d, &err));
		assert_true(d.same);
		session_tell(&ss, &d);
	}
	session_sync(&other, true);
	assert_ptr_equal(ss.view, other.view);
	session_close(&ss);
	session_close(&other);
	fixture_free(&f);
}

static void
test_recent(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct session one, two;
	struct mailbox mb = fixture_mailbox(f, "INBOX");

	(void)state;
	for (int i = 0; i < 8; i++)
		fixture_append(f, "INBOX", 0);
	session_open(&one, f, mb.id, 1);
	session_open(&two, f, mb.id, 2);
	assert_int_equal(watch_claim_recent(&one.w, 1, 4, true), 1);
	assert_int_equal(watch_claim_recent(&one.w, 1, 4, false), 1);
	assert_int_equal(watch_claim_recent(&two.w, 1, 4, false), 4);
	assert_int_equal(watch_claim_recent(&two.w, 1, 6, false), 4);
	assert_int_equal(watch_claim_recent(&two.w, 9, 9, true), 9);
	mailbox_save_recent(f->s, f->account, mb.id, 9);
	mailbox_save_recent(f->s, f->account, mb.id, 4);
	fixture_append(f, "INBOX", 0);
	assert_int_equal(fixture_mailbox(f, "INBOX").first_recent_uid, 9);
	session_close(&one);
	session_close(&two);
	fixture_free(&f);
}

/* A message that a session still shows is not purged before the session has
   synced. */
static void
test_purge_waits(void **state)
{
	struct fixture *f = fixture_new(keep_short);
	struct session ss;
	struct mailbox mb = fixture_mailbox(f, "INBOX");
	struct err err = ERR_INIT;
	struct kv_snap snap;
	struct message m;
	uint64_t n;
	int rc;

	(void)state;
	fixture_append(f, "INBOX", FLAG_DELETED);
	session_open(&ss, f, mb.id, 1);
	must(message_expunge(f->s, f->account, mb.id, NULL, &n, &err));
	session_sync(&ss, false);
	for (int i = 0; i < 2; i++) {
		background_drain(f->s);
		must(store_snap(f->s, &snap, &err));
		rc = message_get(&snap.reader, f->account, mb.id, 1, &m,
		    &err);
		kv_snap_end(&snap);
		assert_int_equal(rc, i == 0);
		session_sync(&ss, true);
	}
	session_close(&ss);
	fixture_free(&f);
}

/* Messages that wait for a session cost the committer nothing, however many
   they are. */
static void
test_purge_waits_quietly(void **state)
{
	struct fixture *f = fixture_new(keep_short);
	struct mailbox mb = fixture_mailbox(f, "INBOX");
	struct committer_stats before, after;
	struct err err = ERR_INIT;
	struct session ss;
	uint64_t n;

	(void)state;
	fixture_append(f, "INBOX", 0);
	session_open(&ss, f, mb.id, 1);
	for (int i = 0; i < 50; i++) {
		fixture_append(f, "INBOX", FLAG_DELETED);
		must(message_expunge(f->s, f->account, mb.id, NULL, &n,
		    &err));
	}
	background_drain(f->s);
	committer_get_stats(f->s->db.committer, &before);
	background_drain(f->s);
	committer_get_stats(f->s->db.committer, &after);
	assert_int_equal(after.slices, before.slices);
	session_sync(&ss, true);
	session_close(&ss);
	fixture_free(&f);
}

/* One session with two views that also watches a third mailbox. */
static void
test_several_mailboxes(void **state)
{
	struct fixture *f = fixture_new(keep_short);
	struct session inbox, sent;
	struct watcher news;
	struct err err = ERR_INIT;
	struct kv_snap snap;
	struct message m;
	uint64_t n;
	int notices = 0;

	(void)state;
	fixture_append(f, "Junk", FLAG_DELETED);
	session_open(&inbox, f, fixture_mailbox(f, "INBOX").id, 1);
	session_open(&sent, f, fixture_mailbox(f, "Sent").id, 2);
	watch_add_news(f->s, &news, f->account, fixture_mailbox(f,
	    "Junk").id);
	watch_told(&news, fixture_mailbox(f, "Junk").highestmodseq);
	watch_notify(&inbox.w, count_notice, &notices);
	watch_notify(&sent.w, count_notice, &notices);
	watch_notify(&news, count_notice, &notices);
	assert_int_equal(notices, 0);
	fixture_append(f, "Sent", 0);
	assert_int_equal(notices, 1);
	assert_true(watch_has_news(&sent.w));
	assert_false(watch_has_news(&inbox.w) || watch_has_news(&news));
	session_sync(&sent, true);
	assert_false(watch_has_news(&sent.w));
	assert_int_equal(sent.view->count, 1);
	assert_int_equal(inbox.view->count, 0);
	/* A session that shows nothing does not hold back a purge. */
	must(message_expunge(f->s, f->account, fixture_mailbox(f, "Junk").id,
	    NULL, &n, &err));
	assert_int_equal(notices, 2);
	assert_true(watch_has_news(&news));
	background_drain(f->s);
	must(store_snap(f->s, &snap, &err));
	assert_int_equal(message_get(&snap.reader, f->account, news.mbox, 1,
	    &m, &err), 0);
	kv_snap_end(&snap);
	watch_told(&news, fixture_mailbox(f, "Junk").highestmodseq);
	assert_false(watch_has_news(&news));
	watch_notify(&news, count_notice, &notices);
	assert_int_equal(notices, 2);
	watch_remove(f->s, &news);
	session_close(&inbox);
	session_close(&sent);
	fixture_free(&f);
}

static void
test_gone(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct session ss;
	struct err err = ERR_INIT;
	struct view_delta d;
	uint64_t id;
	int notices = 0;

	(void)state;
	must(mailbox_create(f->s, f->account, "x", USE_NONE, &id, &err));
	session_open(&ss, f, fixture_mailbox(f, "x").id, 1);
	watch_notify(&ss.w, count_notice, &notices);
	must(mailbox_delete(f->s, f->account, "x", &err));
	assert_int_equal(notices, 1);
	assert_int_equal(sync_as(&ss, NULL, 0, &d, &err), -1);
	assert_int_equal(err.code, ERR_CODE_NOT_FOUND);
	session_close(&ss);
	background_drain(f->s);
	fixture_free(&f);
}

static void
test_first_unseen(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct session ss;
	struct mailbox mb = fixture_mailbox(f, "INBOX");
	struct err err = ERR_INIT;
	uint32_t uid;

	(void)state;
	for (int i = 0; i < 130; i++)
		fixture_append(f, "INBOX", FLAG_SEEN);
	session_open(&ss, f, mb.id, 1);
	must(view_first_unseen(f->s, &ss.w, ss.view, &uid, &err));
	assert_int_equal(uid, 0);
	fixture_append(f, "INBOX", 0);
	session_sync(&ss, true);
	must(view_first_unseen(f->s, &ss.w, ss.view, &uid, &err));
	assert_int_equal(uid, 131);
	assert_int_equal(view_next(ss.view, 131), 131);
	assert_int_equal(view_next(ss.view, 132), 0);
	assert_int_equal(view_next(ss.view, 1), 1);
	session_close(&ss);
	fixture_free(&f);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interleaved),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_notify),
		cmocka_unit_test(test_only_new),
		cmocka_unit_test(test_recent),
		cmocka_unit_test(test_purge_waits),
		cmocka_unit_test(test_purge_waits_quietly),
		cmocka_unit_test(test_several_mailboxes),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_first_unseen),
	};

	return cmocka_run_group_tests_name("views", tests, NULL, NULL);
}
