/*
 * $Junk and $NotJunk: what delivery, APPEND, COPY, MOVE and STORE make of
 * them, and what resetting an account does.  After every test the whole store
 * is verified.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "directory/account_settings.h"
#include "store/junk_reset.h"
#include "store/mailbox.h"
#include "store_fixture.h"

#define WORDS_MAX	10

static struct fixture *f;

static void
with_defaults(struct store_config *config)
{
	static const char *const expressions[JUNK_EXPRESSIONS] = {
		"^(junk|spam)",
		"^(inbox|introbox|neutral|postmaster|dmarc|tlsrpt|rejects)", ""
	};

	config->junk.is_on = true;
	for (unsigned i = 0; i < JUNK_EXPRESSIONS; i++)
		(void)snprintf(config->junk.expression[i],
		    sizeof(config->junk.expression[i]), "%s",
		    expressions[i]);
	config->mailboxes_max = 20000;
}

static void
make_mailbox(const char *name, enum special_use use)
{
	struct err err = ERR_INIT;

	must(mailbox_create(f->s, f->account, name, use, NULL, &err));
}

static int
setup(void **state)
{
	(void)state;
	f = fixture_new(with_defaults);
	make_mailbox("Spam", USE_NONE);
	make_mailbox("Lists/Work", USE_NONE);
	make_mailbox("Gesendet", USE_SENT);
	make_mailbox("Ungeliebt", USE_JUNK);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fixture_free(&f);
	return 0;
}

/* ---- flags as words ---- */

static int
word_compare(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

/* Splits in place, in the arena; ends with NULL. */
static char **
words_of(const char *text)
{
	char **words = arena_array(&f->a, WORDS_MAX + 1, sizeof(*words));
	char *copy = arena_strdup(&f->a, text), *save = NULL;
	size_t n = 0;

	for (char *w = strtok_r(copy, " ", &save); w != NULL;
	    w = strtok_r(NULL, " ", &save)) {
		assert_true(n < WORDS_MAX);
		words[n++] = w;
	}
	words[n] = NULL;
	qsort(words, n, sizeof(*words), word_compare);
	return words;
}

static bool
same_words(const char *x, const char *y)
{
	char **a = words_of(x), **b = words_of(y);

	for (; *a != NULL && *b != NULL; a++, b++)
		if (strcmp(*a, *b) != 0)
			return false;
	return *a == NULL && *b == NULL;
}

static size_t
keywords_of(const char *text, struct bytes *out)
{
	char **words = words_of(text);
	size_t n = 0;

	for (; words[n] != NULL; n++)
		out[n] = bytes_of(words[n]);
	return n;
}

/* ---- operations ---- */

static uint32_t
append(const char *mailbox, const char *flags)
{
	char **words = words_of(flags);

	return fixture_append_text(f, mailbox, "Subject: x\r\n\r\nx\r\n", 0,
	    (const char *const *)words);
}

static uint32_t
deliver(const char *mailbox)
{
	struct message_delivery d = {
		.account = f->account,
		.mailboxes = &mailbox,
		.nmailboxes = 1,
		.message = { .text = BYTES("Subject: x\r\n\r\nx\r\n") },
		.added = arena_alloc(&f->a, sizeof(*d.added))
	};

	message_deliver_all(f->s, &d, 1);
	if (d.err.kind != ERR_NONE)
		fail_msg("%s", d.err.text);
	return d.added->uid;
}

static const char *
delivered(const char *mailbox)
{
	return fixture_flags(f, mailbox, deliver(mailbox));
}

static void
store(const char *mailbox, uint32_t first, uint32_t last, int how,
    const char *words)
{
	struct number_range range = { first, last };
	struct number_set set = { &range, 1 };
	struct bytes keywords[WORDS_MAX];
	struct flags_change change = { .how = how, .keywords = keywords };
	struct mailbox mb = fixture_mailbox(f, mailbox);
	struct err err = ERR_INIT;

	change.nkeywords = keywords_of(words, keywords);
	must(message_store(f->s, f->account, mb.id, &set, &change, &f->a,
	    &err));
}

/* The first UID in the target. */
static uint32_t
copy(const char *source, uint32_t first, uint32_t last, const char *target,
    bool move)
{
	struct number_range range = { first, last };
	struct number_set set = { &range, 1 };
	struct mailbox mb = fixture_mailbox(f, source);
	struct message_copy what = { .mbox = mb.id, .uids = &set,
	    .target = target, .move = move };
	struct message_copied out;
	struct err err = ERR_INIT;

	must(message_copy(f->s, f->account, &what, &f->a, &out, &err));
	assert_int_equal(out.dest.n, 1);
	return out.dest.range[0].first;
}

/* ---- what comes to a mailbox ---- */

enum what { DELIVER, APPEND, COPY, MOVE };

static const struct coming {
	enum what what;
	const char *source;		/* of COPY and MOVE */
	const char *target;
	const char *before, *after;
} comings[] = {
	{ DELIVER, NULL, "INBOX", "", "" },
	{ DELIVER, NULL, "Junk", "", "$Junk" },
	{ DELIVER, NULL, "Spam", "", "$Junk" },
	{ DELIVER, NULL, "Spam/New", "", "$Junk" },
	{ DELIVER, NULL, "Ungeliebt", "", "$Junk" },
	{ DELIVER, NULL, "Lists/Work", "", "$NotJunk" },
	{ DELIVER, NULL, "Archive", "", "$NotJunk" },
	{ DELIVER, NULL, "Rejects", "", "" },
	{ DELIVER, NULL, "Sent", "", "" },
	{ DELIVER, NULL, "Gesendet", "", "" },
	{ DELIVER, NULL, "Drafts", "", "" },
	{ DELIVER, NULL, "Trash", "", "" },
	/* No special use, but such a name. */
	{ DELIVER, NULL, "Trash/Old", "", "" },
	/* Overrides what the client says, except that it leaves the rest. */
	{ APPEND, NULL, "INBOX", "$Junk $Label", "$Label" },
	{ APPEND, NULL, "INBOX", "$NotJunk", "" },
	{ APPEND, NULL, "INBOX", "Junk NonJunk", "" },
	{ APPEND, NULL, "Junk", "$NotJunk $Label", "$Junk $Label" },
	{ APPEND, NULL, "Junk", "$Junk", "$Junk" },
	{ APPEND, NULL, "Junk", "Junk NonJunk NotJunk", "$Junk Junk" },
	{ APPEND, NULL, "Archive", "$Junk Junk", "$NotJunk" },
	{ APPEND, NULL, "Archive", "NonJunk", "$NotJunk NonJunk" },
	/* These mean nothing; Thunderbird's words still do. */
	{ APPEND, NULL, "Trash", "$Junk", "$Junk" },
	{ APPEND, NULL, "Trash", "Junk", "$Junk Junk" },
	{ APPEND, NULL, "Drafts", "NonJunk", "$NotJunk NonJunk" },
	{ APPEND, NULL, "Sent", "NotJunk", "$NotJunk NotJunk" },
	{ APPEND, NULL, "Trash", "$Junk $NotJunk", "" },
	{ APPEND, NULL, "Trash", "Junk $NotJunk $Label", "$Label" },
	{ APPEND, NULL, "Trash", "$Label", "$Label" },
	{ COPY, "INBOX", "Junk", "$Label", "$Junk $Label" },
	{ MOVE, "INBOX", "Junk", "$Label", "$Junk $Label" },
	{ COPY, "INBOX", "Archive", "", "$NotJunk" },
	{ MOVE, "INBOX", "Archive", "", "$NotJunk" },
	{ COPY, "INBOX", "INBOX", "", "" },
	{ COPY, "INBOX", "Trash", "$Label", "$Label" },
	{ MOVE, "Junk", "INBOX", "", "" },
	{ MOVE, "Junk", "Archive", "Junk", "$NotJunk" },
	{ MOVE, "Junk", "Trash", "", "$Junk" },
	{ COPY, "Junk", "Trash", "Junk", "$Junk Junk" },
	{ MOVE, "Archive", "Trash", "", "$NotJunk" },
	{ MOVE, "Archive", "Spam", "NonJunk", "$Junk" },
	{ MOVE, "Junk", "Junk", "", "$Junk" },
	{ MOVE, "Sent", "Archive", "", "$NotJunk" },
	{ MOVE, "Rejects", "INBOX", "", "" },
};

static void
coming_run(const struct coming *c, const char *before)
{
	uint32_t uid = 0;
	const char *flags;

	switch (c->what) {
	case DELIVER:
		uid = deliver(c->target);
		break;
	case APPEND:
		uid = append(c->target, before);
		break;
	case COPY:
	case MOVE:
		uid = append(c->source, before);
		uid = copy(c->source, uid, uid, c->target, c->what == MOVE);
	}
	flags = fixture_flags(f, c->target, uid);
	if (!same_words(flags, c->after))
		fail_msg("row %td, %s: '%s', expected '%s'", c - comings,
		    c->target, flags, c->after);
}

static void
test_coming(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(comings) / sizeof(*comings); i++)
		coming_run(&comings[i], comings[i].before);
}

/* All rows of a mailbox with one page, and across pages and slices. */
static void
test_many_at_once(void **state)
{
	static const unsigned sizes[] = { 100, 3000 };
	uint32_t first, target;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		first = append("INBOX", "");
		for (unsigned n = 1; n < sizes[i]; n++)
			append("INBOX", "");
		target = copy("INBOX", first, first + sizes[i] - 1, "Spam",
		    true);
		for (unsigned n = 0; n < sizes[i]; n++)
			assert_string_equal(fixture_flags(f, "Spam",
			    target + n), "$Junk");
		target = copy("Spam", target, target + sizes[i] - 1,
		    "Archive", true);
		for (unsigned n = 0; n < sizes[i]; n++)
			assert_string_equal(fixture_flags(f, "Archive",
			    target + n), "$NotJunk");
	}
}

/* RENAME of INBOX moves its messages into a mailbox of that name. */
static void
test_inbox_renamed(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	append("INBOX", "");
	must(mailbox_rename(f->s, f->account, "INBOX", "spam-of-old", &err));
	assert_string_equal(fixture_flags(f, "spam-of-old", 1), "$Junk");
}

/* ---- STORE ---- */

static const struct stored {
	const char *before;
	int how;
	const char *words, *after;
} stores[] = {
	{ "", FLAGS_ADD, "$Junk", "$Junk" },
	{ "$NotJunk", FLAGS_ADD, "$Junk", "$Junk" },
	{ "$Junk", FLAGS_ADD, "$NotJunk", "$NotJunk" },
	{ "$Junk", FLAGS_ADD, "$Label", "$Junk $Label" },
	{ "$Junk $Label", FLAGS_REMOVE, "$Label", "$Junk" },
	{ "$Junk", FLAGS_REMOVE, "$Junk", "" },
	{ "", FLAGS_ADD, "$Junk $NotJunk", "" },
	{ "", FLAGS_ADD, "Junk NonJunk $Label", "$Label" },
	{ "$NotJunk", FLAGS_ADD, "$Junk $NotJunk", "$Junk" },
	{ "$Junk", FLAGS_SET, "$NotJunk", "$NotJunk" },
	{ "$Junk", FLAGS_SET, "$Junk $NotJunk", "$NotJunk" },
	{ "", FLAGS_SET, "$Junk $NotJunk", "" },
	{ "$Junk", FLAGS_SET, "", "" },
	{ "$Junk", FLAGS_SET, "$Label", "$Label" },
	/* Thunderbird's words. */
	{ "", FLAGS_ADD, "Junk", "$Junk Junk" },
	{ "", FLAGS_ADD, "NonJunk", "$NotJunk NonJunk" },
	{ "", FLAGS_ADD, "NotJunk", "$NotJunk NotJunk" },
	{ "Junk", FLAGS_ADD, "NonJunk", "$NotJunk NonJunk" },
	{ "NonJunk NotJunk", FLAGS_ADD, "Junk", "$Junk Junk" },
	{ "NonJunk", FLAGS_ADD, "$Junk", "$Junk" },
	{ "Junk", FLAGS_ADD, "$NotJunk", "$NotJunk" },
	{ "Junk", FLAGS_REMOVE, "Junk", "" },
	{ "Junk", FLAGS_REMOVE, "$Junk", "" },
	{ "NonJunk NotJunk", FLAGS_REMOVE, "NonJunk", "" },
	{ "NonJunk", FLAGS_REMOVE, "$NotJunk", "" },
	{ "Junk", FLAGS_SET, "Junk", "$Junk Junk" },
	{ "Junk", FLAGS_SET, "$Junk", "$Junk" },
	{ "Junk", FLAGS_SET, "NonJunk", "$NotJunk NonJunk" },
	{ "Junk", FLAGS_SET, "$Label", "$Label" },
};

static void
test_stores(void **state)
{
	const char *flags;
	uint32_t uid;

	(void)state;
	/* Wherever the message is, what the client says now counts. */
	for (size_t i = 0; i < sizeof(stores) / sizeof(*stores); i++)
		for (unsigned in_junk = 0; in_junk < 2; in_junk++) {
			const char *mailbox = in_junk ? "Junk" : "Trash";

			uid = append(mailbox, "");
			store(mailbox, uid, uid, FLAGS_SET, "");
			store(mailbox, uid, uid, FLAGS_SET,
			    stores[i].before);
			store(mailbox, uid, uid, stores[i].how,
			    stores[i].words);
			flags = fixture_flags(f, mailbox, uid);
			if (!same_words(flags, stores[i].after))
				fail_msg("row %zu, %s: '%s', expected '%s'",
				    i, mailbox, flags, stores[i].after);
		}
}

/* The session is told by a modseq that it does not take for its own. */
static void
test_client_is_told(void **state)
{
	struct number_range range = { 1, 1 };
	struct number_set set = { &range, 1 };
	struct bytes word = BYTES("NonJunk");
	struct flags_change change = { .how = FLAGS_ADD, .keywords = &word,
	    .nkeywords = 1 };
	struct err err = ERR_INIT;
	struct mailbox mb;

	(void)state;
	append("Junk", "");
	mb = fixture_mailbox(f, "Junk");
	must(message_store(f->s, f->account, mb.id, &set, &change, &f->a,
	    &err));
	assert_int_equal(change.nmodseqs, 1);
	mb = fixture_mailbox(f, "Junk");
	assert_int_equal(mb.highestmodseq, change.modseqs[0] + 1);
}

/* A mailbox with all the keywords it may have still takes mail. */
static void
test_no_room_for_keywords(void **state)
{
	struct err err = ERR_INIT;
	char name[8];
	uint32_t uid;

	(void)state;
	make_mailbox("Trash/full", USE_NONE);
	uid = append("Trash/full", "");
	for (unsigned i = 0; i < 20; i++) {
		(void)snprintf(name, sizeof(name), "k%u", i);
		store("Trash/full", uid, uid, FLAGS_SET, name);
	}
	must(mailbox_rename(f->s, f->account, "Trash/full", "Spam/full",
	    &err));
	uid = append("INBOX", "");
	uid = copy("INBOX", uid, uid, "Spam/full", true);
	assert_string_equal(fixture_flags(f, "Spam/full", uid), "");
	assert_string_equal(delivered("Spam/full"), "");
}

/* ---- settings and names change ---- */

static void
set(const char *name, const char *value)
{
	struct err err = ERR_INIT;

	must(account_set(&f->s->db, f->account, name, value, &err));
}

static void
test_settings_change(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_string_equal(delivered("Spam"), "$Junk");
	set("junk-flags-junk", "^work$");
	assert_string_equal(delivered("Spam"), "$NotJunk");
	set("junk-flags-junk", "");
	assert_string_equal(delivered("Spam"), "");
	set("junk-flags-junk", "default");
	assert_string_equal(delivered("Spam"), "$Junk");
	set("junk-flags", "no");
	assert_string_equal(delivered("Spam"), "");
	assert_string_equal(delivered("Archive"), "");
	/* Always junk. */
	assert_string_equal(delivered("Ungeliebt"), "$Junk");
	set("junk-flags", "default");
	assert_string_equal(delivered("Archive"), "$NotJunk");
	assert_int_equal(account_set(&f->s->db, f->account, "junk-flags-junk",
	    "(a", &err), -1);
	assert_int_equal(err.kind, ERR_SYNTAX);
	assert_non_null(strstr(err.text, "at offset 2"));
	err_clear(&err);
	assert_int_equal(account_set(&f->s->db, f->account, "junk-flags",
	    "maybe", &err), -1);
	/* The site's. */
	(void)snprintf(f->config.junk.expression[JUNK_EXPRESSION_JUNK], 16,
	    "^lists");
	fixture_reopen(f);
	assert_string_equal(delivered("Spam"), "$NotJunk");
	assert_string_equal(delivered("Lists/Work"), "$Junk");
}

/* PCRE2 took the expression before it was upgraded, say. */
static void
test_bad_expression(void **state)
{
	(void)state;
	(void)snprintf(f->config.junk.expression[JUNK_EXPRESSION_JUNK], 16,
	    "(spam");
	fixture_reopen(f);
	assert_string_equal(delivered("Spam"), "");
	assert_string_equal(delivered("Archive"), "");
	assert_string_equal(delivered("Ungeliebt"), "$Junk");
}

static void
test_names_change(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	make_mailbox("Misc/a", USE_NONE);
	assert_string_equal(delivered("Misc/a"), "$NotJunk");
	must(mailbox_rename(f->s, f->account, "Misc", "Spam/misc", &err));
	/* Renaming marks nothing by itself. */
	assert_string_equal(fixture_flags(f, "Spam/misc/a", 1), "$NotJunk");
	assert_string_equal(delivered("Spam/misc/a"), "$Junk");
	must(mailbox_rename(f->s, f->account, "Spam/misc", "Misc", &err));
	assert_string_equal(delivered("Misc/a"), "$NotJunk");
}

/* The expressions are not asked again for each message. */
static void
test_meaning_is_kept(void **state)
{
	struct mailbox mb;
	uint64_t stamp;

	(void)state;
	mb = fixture_mailbox(f, "Spam");
	assert_int_equal(mb.meaning_stamp, 0);
	deliver("Spam");
	mb = fixture_mailbox(f, "Spam");
	assert_int_equal(mb.meaning, MEANS_JUNK);
	stamp = mb.meaning_stamp;
	assert_int_not_equal(stamp, 0);
	fixture_reopen(f);
	deliver("Spam");
	mb = fixture_mailbox(f, "Spam");
	assert_int_equal(mb.meaning_stamp, stamp);
	set("junk-flags", "yes");
	deliver("Spam");
	mb = fixture_mailbox(f, "Spam");
	assert_int_not_equal(mb.meaning_stamp, stamp);
}

/* ---- reset ---- */

struct reset {
	unsigned steps;
	uint64_t changed;
};

/* At most max steps. */
static struct reset
reset(unsigned max)
{
	struct reset total = { 0, 0 };
	struct junk_reset_step step;
	struct err err = ERR_INIT;
	struct junk_reset *r;
	struct arena a;
	int rc = 1;

	arena_init(&a);
	must(junk_reset_begin(f->s, f->account, &a, &r, &err));
	while (total.steps < max &&
	    (rc = junk_reset_next(r, &step, &err)) == 1) {
		total.steps++;
		total.changed += step.changed;
	}
	must(rc);
	assert_true(rc == 1 || step.mailboxes_left == 0);
	arena_clear(&a);
	return total;
}

static void
test_reset(void **state)
{
	struct reset r;

	(void)state;
	append("Spam", "");
	append("Spam", "$Label");
	store("Spam", 2, 2, FLAGS_SET, "NonJunk $Label");
	append("Archive", "");
	append("INBOX", "");
	store("INBOX", 1, 1, FLAGS_SET, "Junk");
	append("Trash", "$Junk");
	r = reset(UINT32_MAX);
	assert_int_equal(r.changed, 2);
	assert_string_equal(fixture_flags(f, "Spam", 1), "$Junk");
	assert_true(same_words(fixture_flags(f, "Spam", 2),
	    "$Junk $Label"));
	assert_string_equal(fixture_flags(f, "Archive", 1), "$NotJunk");
	assert_string_equal(fixture_flags(f, "INBOX", 1), "");
	assert_string_equal(fixture_flags(f, "Trash", 1), "$Junk");
	set("junk-flags-junk", "^archive");
	r = reset(UINT32_MAX);
	assert_int_equal(r.changed, 3);
	assert_string_equal(fixture_flags(f, "Archive", 1), "$Junk");
	assert_string_equal(fixture_flags(f, "Spam", 1), "$NotJunk");
	/* Nothing is left to do. */
	assert_int_equal(reset(UINT32_MAX).changed, 0);
}

/* One that ends halfway, after each step, and the next one. */
static void
test_reset_goes_on(void **state)
{
	unsigned steps;

	(void)state;
	append("Archive", "");
	append("Spam", "");
	steps = reset(UINT32_MAX).steps;
	for (unsigned n = 0; n <= steps; n++) {
		set("junk-flags-junk", n % 2 == 0 ? "^archive" : "^spam");
		reset(n);
		reset(UINT32_MAX);
		assert_string_equal(fixture_flags(f, "Archive", 1),
		    n % 2 == 0 ? "$Junk" : "$NotJunk");
		assert_string_equal(fixture_flags(f, "Spam", 1),
		    n % 2 == 0 ? "$NotJunk" : "$Junk");
	}
}

static void
test_many_mailboxes(void **state)
{
	char name[64];
	struct reset r;

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		(void)snprintf(name, sizeof(name), "%s%u",
		    i % 2 == 0 ? "spam" : "list", i);
		make_mailbox(name, USE_NONE);
	}
	/* A bomb for each of them. */
	set("junk-flags-neutral", "^(.*)*[^0-9]$");
	deliver("list9999");
	r = reset(UINT32_MAX);
	assert_true(r.steps >= 10000);
	assert_int_equal(fixture_mailbox(f, "spam9998").meaning, MEANS_JUNK);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		TEST(test_coming),
		TEST(test_many_at_once),
		TEST(test_inbox_renamed),
		TEST(test_stores),
		TEST(test_client_is_told),
		TEST(test_no_room_for_keywords),
		TEST(test_settings_change),
		TEST(test_bad_expression),
		TEST(test_names_change),
		TEST(test_meaning_is_kept),
		TEST(test_reset),
		TEST(test_reset_goes_on),
		TEST(test_many_mailboxes),
	};

	return cmocka_run_group_tests_name("junk_flags", tests, NULL, NULL);
}
