/* Accounts.  The whole store is verified after every test. */
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
		FIXTURE_TEST(what_is_wrong_with_a_setting_names_it),
	};

	return cmocka_run_group_tests_name("accounts", tests, NULL, NULL);
}
