/*
 * Accounts and their credentials.  After every test the whole store is
 * verified.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "directory/account.h"
#include "store/background.h"
#include "store_fixture.h"
#include "directory/account_settings.h"
#include "directory/credential.h"
#include "directory/login_name.h"
#include "store/account_life.h"

static int
count_account(void *arg, const struct account *acc, struct err *err)
{
	(void)acc;
	(void)err;
	++*(int *)arg;
	return 0;
}

static void
test_account_delete(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct account acc;
	struct kv_snap snap;
	uint64_t id, other;
	int n = 0;

	assert_int_equal(account_create(f->s, "ONE", &id, &err), -1);
	assert_int_equal(err.code, ERR_CODE_EXISTS);
	must(account_create(f->s, "two", &other, &err));
	assert_int_equal(account_set(&f->s->db, other, "login", "One", &err), -1);
	assert_int_equal(err.code, ERR_CODE_EXISTS);
	must(account_set(&f->s->db, other, "login", "Zw\xc3\xb6lf", &err));
	for (int i = 0; i < 100; i++)
		fixture_append(f, "INBOX", i % 3 == 0 ? FLAG_SEEN : 0);
	must(account_delete(f->s, f->account, &err));
	must(store_snap(f->s, &snap, &err));
	assert_int_equal(account_get(&snap.reader, f->account, &acc, &err),
	    0);
	assert_int_equal(account_by_login(&snap.reader, "one", &acc, &err),
	    0);
	assert_int_equal(account_by_login(&snap.reader, "two", &acc, &err),
	    0);
	assert_int_equal(account_by_login(&snap.reader, "ZW\xc3\x96LF", &acc,
	    &err), 1);
	assert_int_equal(acc.id, other);
	must(account_each(&snap.reader, count_account, &n, &err));
	kv_snap_end(&snap);
	assert_int_equal(n, 1);
	background_drain(f->s);
	must(account_create(f->s, "one", &f->account, &err));
	assert_string_equal(fixture_uids(f, "INBOX"), "");
	assert_int_equal(account_delete(f->s, id, &err), -1);
}

static int
credential_text(void *arg, const struct credential *c, struct err *err)
{
	(void)err;
	buf_printf(arg, "%u:%s:%s ", c->id, c->label, c->hash);
	return 0;
}

static void
test_credentials(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct kv_snap snap;
	struct buf b = BUF_INIT;
	uint32_t id;

	must(credential_set_main(&f->s->db, f->account, "h1", &err));
	must(credential_add(&f->s->db, f->account, "phone", "h2", &id, &err));
	must(credential_set_main(&f->s->db, f->account, "h3", &err));
	must(credential_add(&f->s->db, f->account, "tablet", "h4", &id, &err));
	must(credential_remove(&f->s->db, f->account, id, &err));
	assert_int_equal(credential_remove(&f->s->db, f->account, id, &err), -1);
	assert_int_equal(err.code, ERR_CODE_NOT_FOUND);
	credential_used(&f->s->db, f->account, 2);
	must(credential_add(&f->s->db, f->account, "new", "h5", &id, &err));
	must(store_snap(f->s, &snap, &err));
	must(credential_each(&snap.reader, f->account, credential_text, &b,
	    &err));
	kv_snap_end(&snap);
	assert_string_equal(buf_cstr(&b), "2:phone:h2 3::h3 5:new:h5 ");
	buf_free(&b);
}

static void
what_is_wrong_with_a_setting_names_it(void **state)
{
	static const char *const names[] = { "Sent:snet", NULL };
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	uint64_t id;

	f->s->config.default_mailboxes = names;
	assert_int_equal(account_create(f->s, "two", &id, &err), -1);
	assert_non_null(strstr(err.text, "setting default-mailboxes"));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		FIXTURE_TEST(test_account_delete),
		FIXTURE_TEST(test_credentials),
		FIXTURE_TEST(what_is_wrong_with_a_setting_names_it),
	};

	return cmocka_run_group_tests_name("accounts", tests, NULL, NULL);
}
