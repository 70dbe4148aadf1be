/* The integrity check: every fault of a store is found, and nothing else is
   reported. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/wait.h>

#include <fcntl.h>
#include <unistd.h>

#include "directory/account.h"
#include "directory/site_secret.h"
#include "store/background.h"
#include "store/stored_message.h"
#include "repair/integrity-private.h"
#include "store_sample.h"
#include "segment/tables.h"
#include "store/store_open.h"
#include "repair/integrity.h"

static char folder[64];

/* ---- reading and changing single records ---- */

static struct kv *
open_kv(void)
{
	char home[100];
	struct kv_config c = { .home = home, .tables = store_tables,
	    .table_count = TABLE_COUNT, .cache_size = 8 << 20,
	    .checkpoint_bytes = 8 << 20, .checkpoint_ms = 10000,
	    .readers_max = 10 };
	struct err err = ERR_INIT;
	struct kv *kv;

	snprintf(home, sizeof(home), "%s/" STORE_HOME, folder);
	if (kv_open(&c, &kv, &err) == -1)
		fail_msg("%s", err.text);
	return kv;
}

struct nth {
	int n;		/* index from the front; below 0: the last */
	bool found;
	struct buf key, value;
};

static int
take_nth(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct nth *w = arg;

	buf_clear(&w->key);
	buf_clear(&w->value);
	buf_bytes(&w->key, key);
	buf_bytes(&w->value, value);
	w->found = true;
	return w->n-- == 0;
}

static void
put(struct kv *kv, enum table t, struct bytes key, struct bytes value,
    bool is_delete)
{
	struct change c = { t, key, value, is_delete };
	struct err err = ERR_INIT;

	assert_int_equal(kv_apply(kv, &c, 1, &err), 0);
}

enum damage { REMOVE, FLIP, CUT, ADD, MOVE_KEY };

/*
 * REMOVE the record; FLIP bits of byte `at' of its value; CUT the value to `at'
 * bytes; ADD a copy with byte `at' of the key flipped; MOVE_KEY: the same, and
 * remove the original.
 */
static const struct row {
	const char *title;
	enum table t;
	int nth;
	enum damage damage;
	size_t at;
	uint8_t bits;
	const char *says;		/* part of the text of a fault */
} rows[] = {
	{ "unknown meta", T_META, 0, ADD, 0, 1, "unknown row" },
	{ "the site's secret", T_META, -1, CUT, 31, 0, "has 31 bytes" },
	{ "no login", T_LOGIN, 0, REMOVE, 0, 0, "does not refer to it" },
	{ "login of another", T_LOGIN, 0, FLIP, 3, 1, "does not refer to it" },
	{ "login cut", T_LOGIN, 0, CUT, 4, 0, "login 'you@localhost':" },
	{ "login in capitals", T_LOGIN, 0, ADD, 0, 0x20, "canonical form" },
	{ "no domain", T_DOMAIN, 0, REMOVE, 0, 0, "a domain that does not" },
	{ "domain cut", T_DOMAIN, 0, CUT, 1, 0, "domain '" },
	{ "domain in capitals", T_DOMAIN, 0, ADD, 0, 0x20, "lower case" },
	{ "address kind", T_ADDRESS, 0, FLIP, 1, 0x40, "address 'all@" },
	{ "address cut", T_ADDRESS, -1, CUT, 5, 0, "address 'you@" },
	{ "no DMARC sums", T_DMARC, 0, REMOVE, 0, 0, "has no sums" },
	{ "DMARC sums cut", T_DMARC, 0, CUT, 9, 0, "damaged row" },
	{ "DMARC rows", T_DMARC, 0, FLIP, 8, 4,
	    "has 2 rows, but its sums say 6" },
	{ "no DMARC row", T_DMARC, 1, REMOVE, 0, 0,
	    "has 1 rows, but its sums say 2" },
	{ "DMARC row cut", T_DMARC, 2, CUT, 3, 0, "damaged row" },
	{ "DMARC row's field", T_DMARC, 1, MOVE_KEY, 14, 1, "is missing" },
	{ "DMARC row's kind", T_DMARC, 1, ADD, 4, 8, "an invalid key" },
	{ "DMARC row's day", T_DMARC, 1, MOVE_KEY, 3, 1, "has no sums" },
	{ "no account", T_ACCOUNT, 0, REMOVE, 0, 0, "which does not exist" },
	{ "account version", T_ACCOUNT, 0, FLIP, 0, 2, "account" },
	{ "account bytes", T_ACCOUNT, 0, FLIP, 16, 1,
	    "bytes, but its mailboxes" },
	{ "account messages", T_ACCOUNT, 0, FLIP, 24, 1,
	    "messages, but its mailboxes" },
	{ "account next mailbox", T_ACCOUNT, 0, FLIP, 28, 0x0f,
	    "number that is not assigned yet" },
	{ "credential cut", T_CREDENTIAL, 0, CUT, 9, 0, "credential 1:" },
	{ "credential kind", T_CREDENTIAL, 0, FLIP, 1, 9, "credential 1:" },
	{ "credential key", T_CREDENTIAL, 0, MOVE_KEY, 14, 1,
	    "not assigned yet" },
	{ "credential of another login", T_CREDENTIAL, 0, ADD, 11, 1,
	    "of login 1, which does not exist" },
	{ "no secret", T_SECRET, 0, REMOVE, 0, 0, "has no secret" },
	{ "secret of nothing", T_SECRET, 0, ADD, 15, 2,
	    "secret of credential 3, which does not exist" },
	{ "secret cut", T_SECRET, 0, CUT, 9, 0, "secret of credential 1:" },
	{ "secret count", T_SECRET, 0, FLIP, 4, 1, "secret of credential 1:" },
	{ "secret kind", T_SECRET, 0, ADD, 16, 0x80, "unknown kind" },
	{ "secret of another kind", T_SECRET, 0, ADD, 16, 3, "needs a count" },
	{ "no mailbox", T_MAILBOX, 0, REMOVE, 0, 0,
	    "table message has records of mailbox 1" },
	{ "no mailbox, its name", T_MAILBOX, 0, REMOVE, 0, 0,
	    "which does not have it" },
	{ "mailbox version", T_MAILBOX, 0, FLIP, 0, 7, "mailbox 1:" },
	{ "mailbox dead", T_MAILBOX, 0, FLIP, 1, 1, "no todo record" },
	{ "uidnext", T_MAILBOX, 0, CUT, 40, 0, "mailbox 1:" },
	{ "uidnext too low", T_MAILBOX, 0, FLIP, 10, 0x64,
	    "not below its UIDNEXT" },
	{ "highestmodseq", T_MAILBOX, 0, FLIP, 26, 0x60, "its highest" },
	{ "messages", T_MAILBOX, 0, FLIP, 30, 1, "counts" },
	{ "unseen", T_MAILBOX, 0, FLIP, 34, 1, "unseen messages, but there" },
	{ "deleted", T_MAILBOX, 0, FLIP, 38, 1, "deleted messages, but" },
	{ "bytes", T_MAILBOX, 0, FLIP, 46, 1, "bytes, but there are" },
	{ "purged modseq", T_MAILBOX, 0, FLIP, 54, 0x90, "a tombstone has" },
	{ "tombstones", T_MAILBOX, 0, FLIP, 58, 1,
	    "tombstones, but there are" },
	{ "no name", T_MAILBOX_NAME, 0, REMOVE, 0, 0, "does not refer to it" },
	{ "another's name", T_MAILBOX_NAME, 0, FLIP, 4, 1,
	    "which does not have it" },
	{ "subscription", T_SUBSCRIPTION, 0, FLIP, 0, 4, "subscription '" },
	{ "no message", T_MESSAGE, 0, REMOVE, 0, 0, "has no record" },
	{ "message cut", T_MESSAGE, 0, CUT, 20, 0, "message" },
	{ "message size", T_MESSAGE, 0, FLIP, 16, 1, "its message" },
	{ "message too many", T_MESSAGE, 0, ADD, 13, 1, "no todo record" },
	{ "message of no body", T_MESSAGE, 0, FLIP, 5, 1, "does not exist" },
	{ "message key", T_MESSAGE, 0, ADD, 9, 1, "records of mailbox" },
	{ "no flags", T_FLAGS, 0, REMOVE, 0, 0, "no todo record" },
	{ "flags version", T_FLAGS, 0, FLIP, 0, 8, "page 0:" },
	{ "not present", T_FLAGS, 0, FLIP, 21, 2, "no todo record" },
	{ "seen", T_FLAGS, 0, FLIP, 2, 0x10, "damaged flag page" },
	{ "tombstone cut", T_EXPUNGED, 0, CUT, 5, 0, "tombstone" },
	{ "tombstone of the living", T_EXPUNGED, 0, FLIP, 4, 1,
	    "is present but has a tombstone" },
	{ "no tombstone", T_EXPUNGED, 0, REMOVE, 0, 0,
	    "tombstones, but there" },
	{ "tombstone to come", T_EXPUNGED, 0, ADD, 16, 1, "modseq" },
	{ "no reference row", T_BODY_REF, 0, REMOVE, 0, 0,
	    "it does not exist" },
	{ "reference count", T_BODY_REF, 0, FLIP, 4, 2, "reference count is" },
	{ "body length", T_BODY_REF, 0, FLIP, 12, 1, "bytes are there" },
	{ "checksum", T_BODY_REF, 0, FLIP, 14, 1, "checksum is wrong" },
	{ "header length", T_BODY_REF, 0, FLIP, 17, 0x7f, "damaged row" },
	{ "body to come", T_BODY_REF, -1, ADD, 9, 1, "not assigned yet" },
	{ "no location", T_BODY_LOC, 0, REMOVE, 0, 0, "no location" },
	{ "unknown location", T_BODY_LOC, 0, FLIP, 0, 9, "body" },
	{ "location of nothing", T_BODY_LOC, 0, ADD, 9, 1, "it has a loc" },
	{ "no chunk", T_BODY, 0, REMOVE, 0, 0, "0 of its" },
	{ "a bit of the body", T_BODY, 0, FLIP, 100, 1, "checksum is wrong" },
	{ "the body is short", T_BODY, 0, CUT, 100, 0, "bytes are there" },
	{ "a chunk of nothing", T_BODY, 0, ADD, 9, 1, "it has bytes" },
	{ "the last chunk", T_BODY, -1, REMOVE, 0, 0, "bytes are there" },
	{ "no record of a location", T_SEGMENT_REF, 0, REMOVE, 0, 0,
	    "its record in a segment does not exist" },
	{ "no record of a segment", T_SEGMENT_REF, 0, REMOVE, 0, 0,
	    "live records of" },
	{ "record cut", T_SEGMENT_REF, 0, CUT, 20, 0, "damaged row" },
	{ "record's count", T_SEGMENT_REF, 0, FLIP, 28, 2,
	    "locations should refer to it" },
	{ "record of another file", T_SEGMENT_REF, 0, FLIP, 1, 1,
	    "which does not exist" },
	{ "record at another place", T_SEGMENT_REF, 0, FLIP, 12, 1,
	    "has no record at byte" },
	{ "record behind the end", T_SEGMENT_REF, 0, FLIP, 7, 1,
	    "is past the end" },
	{ "record's length", T_SEGMENT_REF, 0, FLIP, 20, 1,
	    "another record is in its place" },
	{ "record's length and the body's", T_SEGMENT_REF, 0, FLIP, 20, 1,
	    "bytes are there" },
	{ "record's checksum", T_SEGMENT_REF, 0, FLIP, 24, 1,
	    "another record is in its place" },
	{ "record's checksum and the body's", T_SEGMENT_REF, 0, FLIP, 24, 1,
	    "checksum is wrong" },
	{ "record of nobody", T_SEGMENT_REF, 0, ADD, 0, 1, "0 do" },
	{ "record twice", T_SEGMENT_REF, 0, ADD, 0, 1, "it overlaps" },
	{ "record's key", T_SEGMENT_REF, 0, MOVE_KEY, 7, 1,
	    "its record in a segment does not exist" },
	{ "no segment", T_SEGMENT, 0, REMOVE, 0, 0, "which does not exist" },
	{ "segment cut", T_SEGMENT, 0, CUT, 8, 0, "damaged row" },
	{ "segment's end", T_SEGMENT, 0, FLIP, 8, 1, "segment 1" },
	{ "segment's bytes", T_SEGMENT, 0, FLIP, 16, 1, "live records of" },
	{ "segment's records", T_SEGMENT, 0, FLIP, 20, 1,
	    "live records of" },
	{ "segment without a file", T_SEGMENT, 0, ADD, 1, 1, "cannot open" },
	{ "prefix of a location", T_BODY_LOC, 100, FLIP, 4, 1,
	    "bytes are there" },
	{ "record of a location", T_BODY_LOC, 100, FLIP, 12, 1,
	    "its record in a segment does not exist" },
	{ "kind of a location", T_BODY_LOC, 100, FLIP, 0, 3, "damaged row" },
	{ "parsed cut", T_PARSED, 0, CUT, 12, 0, "its parsed record" },
	{ "parsed of nothing", T_PARSED, 0, ADD, 9, 1, "it has a parsed" },
	{ "origin of nothing", T_ORIGIN, 0, ADD, 9, 1, "it has an origin" },
	{ "token of no mailbox", T_DELIVERED, 0, ADD, 25, 1,
	    "not assigned yet" },
	{ "client of a token", T_DELIVERED, 0, FLIP, 1, 3,
	    "a delivery token" },
	{ "recipient cut", T_RECIPIENT, 0, CUT, 5, 0,
	    "recipient 'a@example.org'" },
	{ "recipient's times", T_RECIPIENT, 0, FLIP, 9, 0x80,
	    "after its last time" },
	{ "sums of submissions cut", T_SUBMISSION, 0, CUT, 5, 0,
	    "damaged row" },
	{ "sums of submissions", T_SUBMISSION, 0, FLIP, 16, 1,
	    "recipients of what it sent" },
	{ "number of submissions", T_SUBMISSION, 0, FLIP, 8, 2,
	    "not assigned yet" },
	{ "answer to nothing", T_SUBMISSION, 1, FLIP, 16, 0x40,
	    "which does not exist" },
	{ "answer cut", T_SUBMISSION, 1, CUT, 9, 0, "answer to 'one'" },
	{ "no submission", T_SUBMISSION, 4, REMOVE, 0, 0,
	    "which does not exist" },
	{ "sums before a submission", T_SUBMISSION, 5, FLIP, 8, 1,
	    "the one before it" },
	{ "refused submission cut", T_SUBMISSION, 6, CUT, 2, 0,
	    "damaged row" },
	{ "submission of a new kind", T_SUBMISSION, 6, ADD, 8, 0x40,
	    "unknown kind" },
	{ "thread cut", T_THREAD, 0, CUT, 3, 0, "thread record" },
	{ "no todo", T_TODO, 0, REMOVE, 0, 0, "no todo record" },
	{ "todo cut", T_TODO, 0, CUT, 3, 0, "todo record" },
	{ "todo to come", T_TODO, 0, ADD, 10, 1, "not assigned yet" },
	{ "records of nobody", T_THREAD, 0, ADD, 0, 1, "which does not exist" },
};

/* Damages the record or, if undo is set, repairs it. */
static void
change_record(struct kv *kv, const struct row *r, struct nth *w, bool undo)
{
	struct bytes key = buf_view(&w->key), value = buf_view(&w->value);
	struct buf other = BUF_INIT;

	if (r->damage == ADD || r->damage == MOVE_KEY) {
		buf_bytes(&other, key);
		other.data[r->at] = (char)(other.data[r->at] ^ r->bits);
		put(kv, r->t, buf_view(&other), value, undo);
		if (r->damage == MOVE_KEY)
			put(kv, r->t, key, value, !undo);
	} else if (undo || r->damage == REMOVE)
		put(kv, r->t, key, value, !undo);
	else {
		buf_bytes(&other, value);
		assert_true(r->at < other.len);
		if (r->damage == CUT)
			other.len = r->at;
		else
			other.data[r->at] = (char)(other.data[r->at] ^
			    r->bits);
		put(kv, r->t, key, buf_view(&other), false);
	}
	buf_free(&other);
}

/* ---- listening ---- */

struct listener {
	const char *wants;
	bool heard;
	int64_t faults;
	struct buf all;
};

static void
listen_to(void *arg, const char *fault)
{
	struct listener *l = arg;

	l->faults++;
	if (l->wants != NULL && strstr(fault, l->wants) != NULL)
		l->heard = true;
	if (l->all.len < 2000)
		buf_printf(&l->all, "%s; ", fault);
}

static int64_t
verify(struct listener *l)
{
	struct store_config config = sample_config(folder);
	struct err err = ERR_INIT;
	int64_t n;

	n = integrity_check(&config, NULL, listen_to, NULL, l, &err);
	if (n == -1)
		fail_msg("%s", err.text);
	assert_int_equal(n, l->faults);
	return n;
}

/* Checks the records of the open store. */
static void
check(struct kv *kv, struct listener *l)
{
	struct integrity v = { .kv = kv, .report = listen_to, .arg = l };
	struct err err = ERR_INIT;
	char home[100];

	snprintf(home, sizeof(home), "%s/" STORE_HOME, folder);
	v.home = home;
	if (integrity_contents(&v, &err) == -1)
		fail_msg("%s", err.text);
}

static void
damage_is_found(struct kv *kv, const struct row *r)
{
	struct listener l = { .wants = r->says };
	struct nth w = { .n = r->nth };
	struct err err = ERR_INIT;

	assert_true(reader_scan(kv_latest(kv), r->t, BYTES(""), BYTES(""),
	    take_nth, &w, &err) >= 0);
	if (!w.found)
		fail_msg("%s: no such record", r->title);
	change_record(kv, r, &w, false);
	check(kv, &l);
	if (!l.heard)
		fail_msg("%s: heard %s", r->title, buf_cstr(&l.all));
	change_record(kv, r, &w, true);
	buf_free(&w.key);
	buf_free(&w.value);
	buf_free(&l.all);
}

static void
every_damage_is_found(void **state)
{
	struct listener clean = { .wants = NULL };
	struct kv *kv = open_kv();

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		damage_is_found(kv, &rows[i]);
	check(kv, &clean);
	if (clean.faults != 0)
		fail_msg("afterwards: %s", buf_cstr(&clean.all));
	kv_close(&kv);
}

static void
a_whole_store_has_no_faults(void **state)
{
	assert_int_equal(sample_verify(folder), 0);
}

static void
a_purged_store_has_no_faults(void **state)
{
	struct store *s = sample_open(folder);

	background_drain(s);
	store_close(&s);
	assert_int_equal(sample_verify(folder), 0);
}

static void
a_backup_has_no_faults(void **state)
{
	struct store *s = sample_open(folder);
	struct err err = ERR_INIT;
	char copy[100];

	snprintf(copy, sizeof(copy), "%s/copy", folder);
	if (store_backup(s, copy, NULL, NULL, &err) == -1)
		fail_msg("%s", err.text);
	assert_int_equal(store_backup(s, copy, NULL, NULL, &err), -1);
	store_close(&s);
	assert_int_equal(sample_verify(copy), 0);
	s = sample_open(copy);
	store_close(&s);
	assert_int_equal(sample_verify(copy), 0);
}

/* ---- opening ---- */

static void
an_open_store_is_refused(void **state)
{
	struct store_config config = sample_config(folder);
	struct store *s = sample_open(folder), *again;
	struct err err = ERR_INIT;

	assert_int_equal(store_open(&config, NULL, &again, &err), -1);
	assert_int_equal(err.kind, ERR_REFUSED);
	assert_int_equal(integrity_check(&config, NULL, listen_to, NULL, NULL,
	    &err), -1);
	assert_int_equal(err.kind, ERR_REFUSED);
	store_close(&s);
}

static void
a_newer_format_is_refused(void **state)
{
	struct store_config config = sample_config(folder);
	struct kv *kv = open_kv();
	struct err err = ERR_INIT;
	struct store *s;
	char next[16], now[16];

	snprintf(next, sizeof(next), "%d", STORE_FORMAT + 1);
	snprintf(now, sizeof(now), "%d", STORE_FORMAT);
	put(kv, T_META, BYTES("format"), bytes_of(next), false);
	kv_close(&kv);
	assert_int_equal(store_open(&config, NULL, &s, &err), -1);
	assert_int_equal(err.kind, ERR_REFUSED);
	assert_non_null(strstr(err.text, "newer"));
	kv = open_kv();
	put(kv, T_META, BYTES("format"), BYTES("x"), false);
	kv_close(&kv);
	assert_int_equal(store_open(&config, NULL, &s, &err), -1);
	kv = open_kv();
	put(kv, T_META, BYTES("format"), bytes_of(now), false);
	kv_close(&kv);
}

static void
no_store_is_no_store(void **state)
{
	struct store_config config;
	struct err err = ERR_INIT;
	char name[100];

	snprintf(name, sizeof(name), "%s/nothing", folder);
	config = sample_config(name);
	assert_int_equal(integrity_check(&config, NULL, listen_to, NULL, NULL,
	    &err), -1);
	assert_int_equal(access(name, F_OK), -1);
}

static void
a_torn_page_is_found(void **state)
{
	struct listener l = { .wants = "table message" };
	char path[120];
	int fd;

	snprintf(path, sizeof(path), "%s/" STORE_HOME "/data/message.db",
	    folder);
	fd = open(path, O_WRONLY);
	assert_int_not_equal(fd, -1);
	assert_int_equal(pwrite(fd, "torn", 4, 4096 + 2000), 4);
	close(fd);
	assert_true(verify(&l) > 0);
	assert_true(l.heard);
	buf_free(&l.all);
}

static int
setup(void **state)
{
	uint8_t key[SITE_SECRET_LEN];
	struct err err = ERR_INIT;
	struct store *s;

	snprintf(folder, sizeof(folder), "%s", sample_folder());
	s = sample_open(folder);
	sample_fill(s);
	assert_int_equal(site_secret(&s->db, "test", key, &err), 0);
	store_close(&s);
	return 0;
}

static int
teardown(void **state)
{
	sample_remove(folder);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_store_has_no_faults),
		cmocka_unit_test(every_damage_is_found),
		cmocka_unit_test(an_open_store_is_refused),
		cmocka_unit_test(a_newer_format_is_refused),
		cmocka_unit_test(no_store_is_no_store),
		cmocka_unit_test(a_backup_has_no_faults),
		cmocka_unit_test(a_purged_store_has_no_faults),
		cmocka_unit_test(a_torn_page_is_found),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
