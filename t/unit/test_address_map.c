/*
 * Which account an address belongs to: look-up order, separators, case,
 * catch-alls, aliases, IDNA; and which changes of addresses and domains are
 * refused.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "directory/account.h"
#include "directory/address_map.h"
#include "store_fixture.h"
#include "directory/domain_settings.h"
#include "store/account_life.h"

static const struct address_site no_catch_all = {
	.hostname = "mx.example.org", .postmaster = "boss", .catch_all = ""
};
static const struct address_site catch_all = {
	.hostname = "mx.example.org", .postmaster = "boss",
	.catch_all = "one@example.org"
};

struct sites {
	struct fixture *f;
	uint64_t two, boss;
};

static int
setup(void **state)
{
	struct sites *t = calloc(1, sizeof(*t));
	struct err err = ERR_INIT;
	struct store *s;

	t->f = fixture_new(NULL);
	s = t->f->s;
	must(account_create(s, "two", &t->two, &err));
	must(account_create(s, "boss", &t->boss, &err));
	must(domain_create(&s->db, "Example.ORG", "+", false, &err));
	must(domain_create(&s->db, "case.example", "--", true, &err));
	must(domain_create(&s->db, "plain.example", "", false, &err));
	must(domain_create(&s->db, "b\xc3\xbc" "cher.example", "+", false, &err));
	must(domain_create(&s->db, "off.example", "+", false, &err));
	must(address_add(&s->db, "One@example.org", t->f->account, "inbox", &err));
	must(address_add(&s->db, "J\xc3\xb6rg@example.org", t->two, "J", &err));
	must(address_add(&s->db, "@plain.example", t->two, "All", &err));
	must(address_add(&s->db, "a+b@plain.example", t->f->account, "INBOX",
	    &err));
	must(address_add(&s->db, "Two@case.example", t->two, "INBOX", &err));
	must(address_add(&s->db, "x@b\xc3\xbc" "cher.example", t->two, "INBOX",
	    &err));
	must(address_add(&s->db, "x@off.example", t->two, "INBOX", &err));
	must(domain_set(&s->db, "off.example", "disabled", "yes", &err));
	must(alias_add(&s->db, "all@example.org", &err));
	must(alias_member(&s->db, "ALL@example.org", t->two, true, &err));
	must(alias_member(&s->db, "all@example.org", t->boss, true, &err));
	must(alias_add(&s->db, "empty@example.org", &err));
	*state = t;
	return 0;
}

static int
teardown(void **state)
{
	struct sites *t = *state;

	fixture_free(&t->f);
	free(t);
	return 0;
}

static int
resolve(struct sites *t, const struct address_site *site, const char *text,
    struct address *out)
{
	struct err err = ERR_INIT;
	struct kv_snap snap;
	int rc;

	must(store_snap(t->f->s, &snap, &err));
	rc = address_resolve(&snap.reader, site, bytes_of(text), &t->f->a,
	    out, &err);
	kv_snap_end(&snap);
	if (rc == -1 && err.kind != ERR_SYNTAX)
		fail_msg("%s: %s", text, err.text);
	return rc;
}

static void
test_resolve(void **state)
{
	static const struct {
		const char *address, *canonical;	/* NULL: not found */
		const char *mailbox;
	} rows[] = {
		{ "one@example.org", "one@example.org", "INBOX" },
		{ "ONE@EXAMPLE.org", "one@example.org", "INBOX" },
		{ "one+tag@example.org", "one@example.org", "INBOX" },
		{ "one+tag+more@example.org", "one@example.org", "INBOX" },
		{ "\"one\"@example.org", "one@example.org", "INBOX" },
		{ "+one@example.org", NULL, NULL },
		{ "other@example.org", NULL, NULL },
		{ "j\xc3\x96RG+x@example.org", "j\xc3\xb6rg@example.org",
		  "J" },
		{ "jo\xcc\x88rg@example.org", "j\xc3\xb6rg@example.org",
		  "J" },
		{ "Two@case.example", "Two@case.example", "INBOX" },
		{ "two@case.example", NULL, NULL },
		{ "Two--x@case.example", "Two@case.example", "INBOX" },
		{ "Two-x@case.example", NULL, NULL },
		{ "a+b@plain.example", "a+b@plain.example", "INBOX" },
		{ "anything@plain.example", "@plain.example", "All" },
		{ "a@plain.example", "@plain.example", "All" },
		{ "x@xn--bcher-kva.example", "x@xn--bcher-kva.example",
		  "INBOX" },
		{ "x@B\xc3\x9c" "CHER.example", "x@xn--bcher-kva.example",
		  "INBOX" },
		{ "x@off.example", NULL, NULL },
		{ "x@not.ours.example", NULL, NULL },
		{ "all@example.org", "all@example.org", "" },
		{ "all+x@example.org", "all@example.org", "" },
		{ "empty@example.org", NULL, NULL },
		{ "postmaster", "postmaster", "INBOX" },
		{ "PostMaster", "postmaster", "INBOX" },
		{ "postmaster@mx.example.org", "postmaster", "INBOX" },
		{ "postmaster@example.org", "postmaster", "INBOX" },
		{ "postmaster@off.example", NULL, NULL },
		{ "postmaster@not.ours.example", NULL, NULL },
		/* A catch-all comes before the postmaster. */
		{ "postmaster@plain.example", "@plain.example", "All" },
		{ "one@[127.0.0.1]", NULL, NULL },
	};
	struct sites *t = *state;
	struct address out;
	int rc;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		rc = resolve(t, &no_catch_all, rows[i].address, &out);
		if (rc == 1 ? rows[i].canonical == NULL ||
		    strcmp(out.canonical, rows[i].canonical) != 0 ||
		    strcmp(out.mailbox, rows[i].mailbox) != 0 :
		    rc != 0 || rows[i].canonical != NULL)
			fail_msg("%s: %s", rows[i].address,
			    rc == 1 ? out.canonical : "not found");
		/* With a catch-all for the site every address is found. */
		rc = resolve(t, &catch_all, rows[i].address, &out);
		assert_int_equal(rc, 1);
		if (rows[i].canonical == NULL)
			assert_string_equal(out.canonical,
			    "one@example.org");
		else
			assert_string_equal(out.canonical,
			    rows[i].canonical);
	}
	assert_int_equal(resolve(t, &no_catch_all, "all@example.org", &out),
	    1);
	assert_int_equal(out.nmembers, 2);
	assert_int_equal(resolve(t, &no_catch_all, "no address", &out), -1);
	assert_int_equal(resolve(t, &no_catch_all, "", &out), -1);
	assert_int_equal(resolve(t, &catch_all, "no address", &out), 1);
}

static void
test_may_send(void **state)
{
	struct sites *t = *state;
	const struct {
		const char *address;
		uint64_t account;
		int may;
	} rows[] = {
		{ "one@example.org", t->f->account, 1 },
		{ "one+x@example.org", t->f->account, 1 },
		{ "one@example.org", t->two, 0 },
		{ "all@example.org", t->two, 1 },
		{ "all@example.org", t->f->account, 0 },
		{ "whoever@plain.example", t->two, 1 },
		{ "a+b@plain.example", t->two, 0 },
		{ "postmaster@example.org", t->boss, 1 },
		{ "x@else.example", t->f->account, 0 },
		{ "", t->f->account, 0 },
	};
	struct err err = ERR_INIT;
	struct kv_snap snap;

	must(store_snap(t->f->s, &snap, &err));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (address_may_send(&snap.reader, &catch_all,
		    bytes_of(rows[i].address), rows[i].account, &err) !=
		    rows[i].may)
			fail_msg("%s: %zu", rows[i].address, i);
	kv_snap_end(&snap);
}

static void
test_refusals(void **state)
{
	struct sites *t = *state;
	struct store *s = t->f->s;
	struct err err = ERR_INIT;
	uint64_t one = t->f->account;
	char text[400];

	assert_int_equal(address_add(&s->db, "a+b@example.org", one, "INBOX",
	    &err), -1);
	assert_int_equal(err.code, ERR_CODE_CANNOT);
	assert_int_equal(address_add(&s->db, "ONE@example.org", t->two, "INBOX",
	    &err), -1);
	assert_int_equal(err.code, ERR_CODE_EXISTS);
	assert_int_equal(address_add(&s->db, "@plain.example", one, "INBOX",
	    &err), -1);
	assert_int_equal(err.code, ERR_CODE_EXISTS);
	assert_int_equal(alias_add(&s->db, "one@example.org", &err), -1);
	assert_int_equal(err.code, ERR_CODE_EXISTS);
	assert_int_equal(address_add(&s->db, "x@nowhere.example", one, "INBOX",
	    &err), -1);
	assert_int_equal(err.code, ERR_CODE_NOT_FOUND);
	assert_int_equal(address_add(&s->db, "new@example.org", 12345, "INBOX",
	    &err), -1);
	assert_int_equal(err.code, ERR_CODE_NOT_FOUND);
	assert_int_equal(address_add(&s->db, "new@example.org", one, "a//b",
	    &err), -1);
	assert_int_equal(address_add(&s->db, "not an address", one, "INBOX",
	    &err), -1);
	assert_int_equal(err.kind, ERR_SYNTAX);
	assert_int_equal(address_remove(&s->db, "none@example.org", &err), -1);
	assert_int_equal(err.code, ERR_CODE_NOT_FOUND);
	assert_int_equal(alias_member(&s->db, "all@example.org", t->two, true,
	    &err), -1);
	assert_int_equal(err.code, ERR_CODE_EXISTS);
	assert_int_equal(alias_member(&s->db, "one@example.org", t->two, true,
	    &err), -1);
	assert_int_equal(err.code, ERR_CODE_CANNOT);
	memset(text, 'x', 319);
	memcpy(text + 319, "@example.org", 13);
	assert_int_equal(address_add(&s->db, text, one, "INBOX", &err), -1);
}

static void
test_domains(void **state)
{
	struct sites *t = *state;
	struct store *s = t->f->s;
	struct err err = ERR_INIT;
	struct address out;

	assert_int_equal(domain_create(&s->db, "EXAMPLE.org", "+", false, &err),
	    -1);
	assert_int_equal(err.code, ERR_CODE_EXISTS);
	assert_int_equal(domain_create(&s->db, "a b.example", "+", false, &err),
	    -1);
	assert_int_equal(domain_delete(&s->db, "example.org", &err), -1);
	assert_int_equal(err.code, ERR_CODE_IN_USE);
	/* "a+b@plain.example" would become unreachable. */
	assert_int_equal(domain_set(&s->db, "plain.example", "separator", "+",
	    &err), -1);
	assert_int_equal(err.code, ERR_CODE_IN_USE);
	must(domain_set(&s->db, "plain.example", "separator", "#", &err));
	assert_int_equal(resolve(t, &no_catch_all, "a+b#c@plain.example",
	    &out), 1);
	assert_string_equal(out.canonical, "a+b@plain.example");
	assert_int_equal(domain_set(&s->db, "case.example", "case-sensitive", "no",
	    &err), -1);
	assert_int_equal(err.code, ERR_CODE_IN_USE);
	assert_int_equal(domain_set(&s->db, "case.example", "colour", "no", &err),
	    -1);
	assert_int_equal(domain_set(&s->db, "case.example", "disabled", "maybe",
	    &err), -1);
	assert_int_equal(err.kind, ERR_SYNTAX);
	must(address_remove(&s->db, "Two@case.example", &err));
	must(domain_set(&s->db, "case.example", "case-sensitive", "no", &err));
	must(domain_delete(&s->db, "case.example", &err));
	assert_int_equal(domain_delete(&s->db, "case.example", &err), -1);
	assert_int_equal(err.code, ERR_CODE_NOT_FOUND);
}

static void
test_account_goes(void **state)
{
	struct sites *t = *state;
	struct store *s = t->f->s;
	struct err err = ERR_INIT;
	struct address out;
	struct kv_snap snap;

	must(account_delete(s, t->two, &err));
	assert_int_equal(resolve(t, &no_catch_all, "x@plain.example", &out),
	    0);
	assert_int_equal(resolve(t, &no_catch_all, "all@example.org", &out),
	    1);
	assert_int_equal(out.nmembers, 1);
	must(store_snap(s, &snap, &err));
	assert_int_equal(address_get(&snap.reader, "@plain.example",
	    &t->f->a, &out, &err), 0);
	kv_snap_end(&snap);
	must(address_add(&s->db, "@plain.example", t->boss, "INBOX", &err));
	must(domain_delete(&s->db, "off.example", &err));
}

int
main(void)
{
#define ROW(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	static const struct CMUnitTest tests[] = {
		ROW(test_resolve),
		ROW(test_may_send),
		ROW(test_refusals),
		ROW(test_domains),
		ROW(test_account_goes),
	};

	return cmocka_run_group_tests_name("address_store", tests, NULL,
	    NULL);
}
