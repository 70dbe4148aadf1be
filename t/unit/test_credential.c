/*
 * Credentials and their secrets.  The whole store is checked after every test.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/encode.h"
#include "kv/row.h"
#include "segment/tables.h"
#include "directory/account.h"
#include "directory/credential.h"
#include "directory/site_secret.h"
#include "store/account_life.h"
#include "store_fixture.h"

/* So many old rows that their conversion takes more than two transactions. */
#define OLD_ROWS	1100

static uint32_t
add(struct fixture *f, const char *label, const char *hash)
{
	struct secret s;
	struct credential_new c = { .label = label, .secrets = &s,
	    .nsecrets = 1 };
	struct err err = ERR_INIT;
	uint32_t id;

	must(secret_of_password(bytes_of(hash), &s, &err));
	must(credential_add(&f->s->db, f->account, &c, &id, &err));
	return id;
}

static struct secret_list
secrets(struct fixture *f, uint32_t login, enum secret_kind kind,
    uint32_t protocols)
{
	struct credential_query q = { f->account, login, kind, protocols };
	struct secret_list list = SECRET_LIST_INIT;
	struct err err = ERR_INIT;

	must(credential_secrets(kv_latest(f->s->db.kv), &q, &list, &err));
	return list;
}

struct listing {
	const struct reader *r;
	uint64_t account;
	struct buf text;
};

static int
list_step(void *arg, const struct credential *c, struct err *err)
{
	struct listing *l = arg;
	struct secret s;
	int rc = credential_secret(l->r, l->account, c, SECRET_PASSWORD, &s,
	    err);

	if (rc == -1)
		return -1;
	assert_int_equal(c->kind, c->label[0] == '\0' ? CREDENTIAL_MAIN :
	    CREDENTIAL_ADDITIONAL);
	assert_int_equal(c->login, CREDENTIAL_LOGIN);
	assert_true(c->protocols == PROTOCOL_ANY);
	buf_printf(&l->text, "%u:%s:" BYTES_FMT " ", c->id, c->label,
	    BYTES_ARG(rc == 1 ? secret_value(&s) : BYTES("-")));
	return 0;
}

/* "1:label:hash ", in the fixture's arena. */
static const char *
list(struct fixture *f)
{
	struct listing l = { .account = f->account, .text = BUF_INIT };
	struct err err = ERR_INIT;
	struct kv_snap snap;
	const char *text;

	must(store_snap(f->s, &snap, &err));
	l.r = &snap.reader;
	must(credential_each(l.r, f->account, list_step, &l, &err));
	kv_snap_end(&snap);
	text = arena_strdup(&f->a, buf_cstr(&l.text));
	buf_free(&l.text);
	return text;
}

static void
main_ones_are_replaced_and_others_added(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	uint32_t id;

	assert_int_equal(add(f, "", "h1"), 1);
	assert_int_equal(add(f, "phone", "h2"), 2);
	assert_int_equal(add(f, "", "h3"), 3);
	id = add(f, "tablet", "h4");
	must(credential_remove(&f->s->db, f->account, id, &err));
	assert_int_equal(credential_remove(&f->s->db, f->account, id, &err),
	    -1);
	assert_int_equal(err.code, ERR_CODE_NOT_FOUND);
	assert_int_equal(add(f, "new", "h5"), 5);
	assert_string_equal(list(f), "2:phone:h2 3::h3 5:new:h5 ");
	assert_int_equal(fixture_rows(f, T_SECRET), 3);
	must(account_delete(f->s, f->account, &err));
	assert_int_equal(fixture_rows(f, T_SECRET), 0);
	assert_int_equal(fixture_rows(f, T_CREDENTIAL), 0);
}

static int
used_step(void *arg, const struct credential *c, struct err *err)
{
	if (c->last_used != 0)
		*(uint32_t *)arg = c->id;
	return 0;
}

static void
the_last_use_is_noted(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	uint32_t id = 0;

	(void)add(f, "", "h1");
	(void)add(f, "phone", "h2");
	credential_used(&f->s->db, f->account, CREDENTIAL_LOGIN, 2);
	credential_used(&f->s->db, f->account, CREDENTIAL_LOGIN, 7);
	(void)add(f, "wait", "h3");
	must(credential_each(kv_latest(f->s->db.kv), f->account, used_step,
	    &id, &err));
	assert_int_equal(id, 2);
	assert_string_equal(list(f), "1::h1 2:phone:h2 3:wait:h3 ");
}

/* Makes one secret of each kind. */
static void
make_both(struct secret s[2])
{
	struct secret scram = { .kind = SECRET_SCRAM_SHA_256, .count = 5000 };
	char keys[64];
	struct err err = ERR_INIT;

	memset(keys, 0xa5, sizeof(keys));
	must(secret_of_password(BYTES("h"), &s[0], &err));
	must(secret_make(&scram, BYTES("salt\0salt"), bytes_make(keys,
	    sizeof(keys)), &s[1], &err));
}

static void
a_credential_has_secrets_of_several_kinds(void **state)
{
	struct fixture *f = *state;
	struct secret s[2];
	struct credential_new new = { .label = "", .secrets = s,
	    .nsecrets = 2 };
	struct secret_list list;
	struct err err = ERR_INIT;
	uint32_t id;

	make_both(s);
	must(credential_add(&f->s->db, f->account, &new, &id, &err));
	(void)add(f, "phone", "h2");
	list = secrets(f, CREDENTIAL_LOGIN, SECRET_SCRAM_SHA_256,
	    PROTOCOL_IMAP);
	assert_int_equal(list.n, 1);
	assert_int_equal(list.entries[0].credential, id);
	assert_memory_equal(&list.entries[0].secret, &s[1], sizeof(s[1]));
	secret_list_clear(&list);
	list = secrets(f, CREDENTIAL_LOGIN, SECRET_PASSWORD,
	    PROTOCOL_SUBMISSION);
	assert_int_equal(list.n, 2);
	secret_list_clear(&list);
	list = secrets(f, CREDENTIAL_LOGIN + 1, SECRET_PASSWORD,
	    PROTOCOL_SUBMISSION);
	assert_int_equal(list.n, 0);
	/* A new password replaces all secrets of the old one. */
	(void)add(f, "", "h3");
	assert_int_equal(fixture_rows(f, T_SECRET), 2);
}

/* No command sets this yet, but a row may have it. */
static void
a_credential_is_for_some_protocols(void **state)
{
	struct fixture *f = *state;
	struct credential c = { .kind = CREDENTIAL_MAIN,
	    .protocols = PROTOCOL_SUBMISSION };
	struct secret_list list;
	struct buf value = BUF_INIT;
	struct change change = { .table = T_CREDENTIAL };
	struct err err = ERR_INIT;
	struct key k;

	credential_key(&k, f->account, CREDENTIAL_LOGIN, add(f, "", "h"));
	credential_row_encode(&c, &value);
	change.key = key_bytes(&k);
	change.value = buf_view(&value);
	must(kv_apply(f->s->db.kv, &change, 1, &err));
	buf_free(&value);
	list = secrets(f, CREDENTIAL_LOGIN, SECRET_PASSWORD, PROTOCOL_IMAP);
	assert_int_equal(list.n, 0);
	list = secrets(f, CREDENTIAL_LOGIN, SECRET_PASSWORD,
	    PROTOCOL_SUBMISSION);
	assert_int_equal(list.n, 1);
	secret_list_clear(&list);
}

static void
only_so_many_are_tried(void **state)
{
	struct fixture *f = *state;
	struct secret_list list;

	for (int i = 0; i < SECRETS_MAX + 3; i++)
		(void)add(f, "more", "h");
	list = secrets(f, CREDENTIAL_LOGIN, SECRET_PASSWORD, PROTOCOL_ANY);
	assert_int_equal(list.n, SECRETS_MAX);
	secret_list_clear(&list);
	assert_null(list.entries);
}

static const struct {
	const char *title;
	unsigned kind;
	uint32_t count;
	size_t salt_len, value_len;
	bool is_right;
} bounds[] = {
	{ "a password", SECRET_PASSWORD, 0, 0, 1, true },
	{ "a long password", SECRET_PASSWORD, 0, 0, SECRET_VALUE_MAX, true },
	{ "no password", SECRET_PASSWORD, 0, 0, 0, false },
	{ "longer", SECRET_PASSWORD, 0, 0, SECRET_VALUE_MAX + 1, false },
	{ "with a count", SECRET_PASSWORD, 1, 0, 1, false },
	{ "with a salt", SECRET_PASSWORD, 0, 8, 1, false },
	{ "SCRAM", SECRET_SCRAM_SHA_256, 4096, 8, 64, true },
	{ "a low count", SECRET_SCRAM_SHA_256, 4095, 8, 64, false },
	{ "a high count", SECRET_SCRAM_SHA_256, 1000001, 8, 64, false },
	{ "a short salt", SECRET_SCRAM_SHA_256, 4096, 7, 64, false },
	{ "a long salt", SECRET_SCRAM_SHA_256, 4096, SECRET_SALT_MAX + 1, 64,
	    false },
	{ "a key too few", SECRET_SCRAM_SHA_256, 4096, 8, 32, false },
	{ "no kind", SECRET_NONE, 0, 0, 1, false },
	{ "a kind of later", 200, 0, 0, 1, false },
};

static void
secrets_are_bounded(void **state)
{
	static char bytes[SECRET_VALUE_MAX + 1];
	struct secret out;
	struct err err = ERR_INIT;

	memset(bytes, 'x', sizeof(bytes));
	for (size_t i = 0; i < sizeof(bounds) / sizeof(*bounds); i++) {
		struct secret parts = { .kind = bounds[i].kind,
		    .count = bounds[i].count };

		if ((secret_make(&parts, bytes_make(bytes,
		    bounds[i].salt_len), bytes_make(bytes,
		    bounds[i].value_len), &out, &err) == 0) !=
		    bounds[i].is_right)
			fail_msg("%s", bounds[i].title);
	}
	assert_int_equal(secret_of_password(BYTES("a\0b"), &out, &err), -1);
}

/* ---- format 3 ---- */

static void
old_put(struct fixture *f, struct kv *kv, uint32_t id, const char *label,
    const char *hash)
{
	struct change c = { .table = T_CREDENTIAL };
	struct buf value = BUF_INIT;
	struct err err = ERR_INIT;
	struct key k;

	key_account(&k, f->account);
	key_u32(&k, id);
	row_put_u8(&value, 1);
	row_put_u64(&value, 100 + id);
	row_put_u64(&value, 200);
	row_put_string(&value, bytes_of(label));
	row_put_string(&value, bytes_of(hash));
	c.key = key_bytes(&k);
	c.value = buf_view(&value);
	must(kv_apply(kv, &c, 1, &err));
	buf_free(&value);
}

/* Makes a store of the previous format with that many credentials. */
static void
make_old(struct fixture *f, struct kv *kv)
{
	struct change format = { T_META, BYTES("format"), BYTES("3"),
	    false };
	struct account acc = fixture_account(f);
	struct change c = { .table = T_ACCOUNT };
	struct buf value = BUF_INIT;
	struct err err = ERR_INIT;
	struct key k;

	acc.next_credential = OLD_ROWS + 2;
	account_row_encode(&acc, &value);
	key_account(&k, f->account);
	c.key = key_bytes(&k);
	c.value = buf_view(&value);
	must(kv_apply(kv, &c, 1, &err));
	buf_free(&value);
	for (uint32_t id = 1; id <= OLD_ROWS; id++)
		old_put(f, kv, id, id == 1 ? "" : "phone", "$6$salt$hash");
	must(kv_apply(kv, &format, 1, &err));
}

static int
old_step(void *arg, const struct credential *c, struct err *err)
{
	uint32_t *n = arg;

	assert_int_equal(c->id, ++*n);
	assert_int_equal(c->login, CREDENTIAL_LOGIN);
	assert_int_equal(c->kind, c->id == 1 ? CREDENTIAL_MAIN :
	    CREDENTIAL_ADDITIONAL);
	assert_string_equal(c->label, c->id == 1 ? "" : "phone");
	assert_int_equal(c->created, 100 + c->id);
	assert_int_equal(c->last_used, 200);
	assert_true(c->protocols == PROTOCOL_ANY);
	return 0;
}

static void
rows_of_format_3_are_converted(void **state)
{
	struct fixture *f = *state;
	struct secret_list list;
	struct err err = ERR_INIT;
	uint32_t n = 0;

	make_old(f, f->s->db.kv);
	fixture_reopen(f);
	must(credential_each(kv_latest(f->s->db.kv), f->account, old_step,
	    &n, &err));
	assert_int_equal(n, OLD_ROWS);
	assert_int_equal(fixture_rows(f, T_SECRET), OLD_ROWS);
	list = secrets(f, CREDENTIAL_LOGIN, SECRET_PASSWORD, PROTOCOL_IMAP);
	assert_true(bytes_eq_str(secret_value(&list.entries[0].secret),
	    "$6$salt$hash"));
	secret_list_clear(&list);
}

/* Stopped after some rows; and a damaged row stays and is reported. */
static void
an_interrupted_conversion_goes_on(void **state)
{
	struct fixture *f = *state;
	struct change format = { T_META, BYTES("format"), BYTES("3"),
	    false };
	struct change gone = { .table = T_CREDENTIAL, .is_delete = true };
	struct err err = ERR_INIT;
	struct key k;

	assert_int_equal(add(f, "", "new"), 1);
	assert_int_equal(add(f, "x", "new"), 2);
	old_put(f, f->s->db.kv, 2, "phone", "old");
	old_put(f, f->s->db.kv, 7, "damaged", "");
	must(kv_apply(f->s->db.kv, &format, 1, &err));
	fixture_reopen(f);
	assert_int_equal(fixture_rows(f, T_CREDENTIAL), 3);
	assert_int_equal(fixture_rows(f, T_SECRET), 2);
	key_account(&k, f->account);
	key_u32(&k, 7);
	gone.key = key_bytes(&k);
	must(kv_apply(f->s->db.kv, &gone, 1, &err));
	assert_string_equal(list(f), "1::new 2:phone:old ");
}

/* ---- the site ---- */

static void
the_site_has_a_secret_of_its_own(void **state)
{
	struct fixture *f = *state;
	uint8_t a[SITE_SECRET_LEN], b[SITE_SECRET_LEN];
	struct err err = ERR_INIT;

	must(site_secret(&f->s->db, "one", a, &err));
	must(site_secret(&f->s->db, "two", b, &err));
	assert_memory_not_equal(a, b, sizeof(a));
	fixture_reopen(f);
	must(site_secret(&f->s->db, "one", b, &err));
	assert_memory_equal(a, b, sizeof(a));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		FIXTURE_TEST(main_ones_are_replaced_and_others_added),
		FIXTURE_TEST(the_last_use_is_noted),
		FIXTURE_TEST(a_credential_has_secrets_of_several_kinds),
		FIXTURE_TEST(a_credential_is_for_some_protocols),
		FIXTURE_TEST(only_so_many_are_tried),
		cmocka_unit_test(secrets_are_bounded),
		FIXTURE_TEST(rows_of_format_3_are_converted),
		FIXTURE_TEST(an_interrupted_conversion_goes_on),
		FIXTURE_TEST(the_site_has_a_secret_of_its_own),
	};

	return cmocka_run_group_tests_name("credentials", tests, NULL, NULL);
}
