/* The folder of private keys, and signing with these keys. */
#include <config.h>

#include <sys/stat.h>

#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "auth/dkim_sign.h"
#include "t/unit/dkim_lab.h"

#define ED	DKIM_ED25519_SHA256

static char dir[64];
static struct lab lab;

static int
setup(void **state)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/postern-test.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	lab_init(&lab);
	return 0;
}

static int
teardown(void **state)
{
	char command[128];

	lab_clear(&lab);
	(void)snprintf(command, sizeof(command), "rm -r '%s'", dir);
	return system(command);
}

static int
key_make(const char *in, const char *domain, const char *selector,
    enum dkim_algorithm algorithm, struct err *err)
{
	struct dkim_key_place place = { in, domain, selector, NULL };

	return dkim_key_create(&place, algorithm, DKIM_ACTIVE, LAB_NOW, err);
}

static void
create(const char *domain, const char *selector, enum dkim_state state)
{
	struct dkim_key_place place = { dir, domain, selector, NULL };
	struct err err = ERR_INIT;

	if (dkim_key_create(&place, ED, state, LAB_NOW, &err) == -1)
		fail_msg("%s", err.text);
}

static const char *
path_of(const char *domain, const char *selector)
{
	return arena_printf(&lab.arena, "%s/%s/%s.key", dir, domain,
	    selector);
}

/* The keys of the domain as "a=active b=retired". */
static const char *
seen(struct dkim_keys *keys, const char *domain)
{
	struct dkim_keyset *set;
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;
	const char *text;

	if (dkim_keys_get(keys, bytes_of(domain), &set, &err) == -1)
		fail_msg("%s", err.text);
	for (size_t i = 0; set != NULL && i < set->n; i++)
		buf_printf(&b, "%s%s=%s", i == 0 ? "" : " ",
		    set->keys[i].selector,
		    dkim_state_name(set->keys[i].state));
	if (err.kind != ERR_NONE)
		buf_str(&b, "!");
	dkim_keyset_free(&set);
	text = arena_strdup(&lab.arena, buf_cstr(&b));
	buf_free(&b);
	return text;
}

static void
state_is(const char *domain, const char *selector, enum dkim_state state)
{
	struct err err = ERR_INIT;

	assert_int_equal(dkim_key_set_state(&(struct dkim_key_place){ dir,
	    domain, selector, NULL }, state, LAB_NOW + 1, &err), 0);
}

static void
changes_are_seen_at_once(void **state)
{
	struct dkim_keys *keys = dkim_keys_new(dir);
	struct err err = ERR_INIT;

	assert_string_equal(seen(keys, "a.example"), "");
	create("a.example", "one", DKIM_ACTIVE);
	assert_string_equal(seen(keys, "a.example"), "one=active");
	create("a.example", "two", DKIM_PENDING);
	assert_string_equal(seen(keys, "A.Example"),
	    "one=active two=pending");
	for (int i = 0; i < 20; i++) {
		state_is("a.example", "two", DKIM_ACTIVE);
		assert_string_equal(seen(keys, "a.example"),
		    "one=active two=active");
		state_is("a.example", "two", DKIM_RETIRED);
		assert_string_equal(seen(keys, "a.example"),
		    "one=active two=retired");
	}
	assert_int_equal(dkim_key_remove(dir, "a.example", "one", &err), 0);
	assert_string_equal(seen(keys, "a.example"), "two=retired");
	assert_int_equal(dkim_key_remove(dir, "a.example", "two", &err), 0);
	assert_string_equal(seen(keys, "a.example"), "");
	dkim_keys_free(&keys);
}

/* A folder with an old modification time is read once, and again when it
   changes. */
static void
an_old_folder_is_read_once(void **state)
{
	struct timespec old[2] = { { LAB_NOW, 5 }, { LAB_NOW, 5 } };
	const char *folder = arena_printf(&lab.arena, "%s/o.example", dir);
	struct dkim_keyset *one, *two;
	struct dkim_keys *keys = dkim_keys_new(dir);
	struct err err = ERR_INIT;

	create("o.example", "s", DKIM_ACTIVE);
	assert_int_equal(utimensat(AT_FDCWD, folder, old, 0), 0);
	assert_int_equal(dkim_keys_get(keys, BYTES("o.example"), &one, &err),
	    1);
	assert_int_equal(dkim_keys_get(keys, BYTES("o.example"), &two, &err),
	    1);
	assert_ptr_equal(one, two);
	dkim_keyset_free(&two);
	state_is("o.example", "s", DKIM_RETIRED);
	assert_int_equal(dkim_keys_get(keys, BYTES("o.example"), &two, &err),
	    1);
	assert_ptr_not_equal(one, two);
	/* A caller that holds the old set can go on using it. */
	assert_int_equal(one->keys[0].state, DKIM_ACTIVE);
	assert_int_equal(two->keys[0].state, DKIM_RETIRED);
	assert_int_equal(two->keys[0].created, LAB_NOW);
	assert_int_equal(two->keys[0].changed, LAB_NOW + 1);
	dkim_keyset_free(&one);
	dkim_keyset_free(&two);
	dkim_keys_free(&keys);
}

static void
keys_open_to_others_are_refused(void **state)
{
	struct timespec old[2] = { { LAB_NOW, 5 }, { LAB_NOW, 5 } };
	struct dkim_keys *keys = dkim_keys_new(dir);
	struct dkim_keyset *set;
	struct err err = ERR_INIT;
	static const mode_t modes[] = { 0640, 0604, 0601, 0660, 0777 };
	struct stat st;

	create("p.example", "good", DKIM_ACTIVE);
	create("p.example", "open", DKIM_ACTIVE);
	assert_int_equal(stat(path_of("p.example", "open"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(utimensat(AT_FDCWD, arena_printf(&lab.arena,
	    "%s/p.example", dir), old, 0), 0);
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		assert_int_equal(chmod(path_of("p.example", "open"),
		    modes[i]), 0);
		/* The fault is logged once. */
		assert_string_equal(seen(keys, "p.example"), i == 0 ?
		    "good=active!" : "good=active");
	}
	/*
	 * Once corrected, the key is used, although the folder has not changed.
	 */
	assert_int_equal(chmod(path_of("p.example", "open"), 0600), 0);
	assert_string_equal(seen(keys, "p.example"),
	    "good=active open=active");
	assert_int_equal(chmod(path_of("p.example", "open"), 0604), 0);
	assert_int_equal(dkim_keyset_read(dir, BYTES("p.example"), &set,
	    &err), 1);
	assert_int_equal(err.kind, ERR_REFUSED);
	assert_non_null(strstr(err.text, "0600"));
	dkim_keyset_free(&set);
	dkim_keys_free(&keys);
}

static void
other_files_are_told_from_keys(void **state)
{
	static const struct { const char *name, *text; bool bad; } rows[] = {
		{ "notes.txt", "hello", false },
		{ ".key", "hello", false },
		{ "a b.key", "hello", false },
		{ "empty.key", "", true },
		{ "text.key", "hello\n", true },
		{ "cert.key", "-----BEGIN CERTIFICATE-----\n"
		    "AAAA\n-----END CERTIFICATE-----\n", true },
		{ "state.key", "State: unheard-of\n", true },
	};
	struct dkim_keys *keys = dkim_keys_new(dir);
	struct err err = ERR_INIT;

	create("f.example", "s", DKIM_ACTIVE);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *path = arena_printf(&lab.arena, "%s/f.example/%s",
		    dir, rows[i].name);

		assert_int_equal(file_write(path, 0600,
		    bytes_of(rows[i].text), &err), 0);
		assert_string_equal(seen(keys, "f.example"),
		    rows[i].bad ? "s=active!" : "s=active");
		assert_int_equal(unlink(path), 0);
	}
	dkim_keys_free(&keys);
}

/* As opendkim-genkey writes it: without our lines at the top. */
static void
a_bare_key_is_active(void **state)
{
	struct dkim_keys *keys = dkim_keys_new(dir);
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;

	create("bare.example", "made", DKIM_PENDING);
	assert_int_equal(file_read(path_of("bare.example", "made"), 10000,
	    &text, &err), 0);
	assert_int_equal(file_write(path_of("bare.example", "bare"), 0600,
	    bytes_of(strstr(buf_cstr(&text), "-----BEGIN")), &err), 0);
	assert_string_equal(seen(keys, "bare.example"),
	    "bare=active made=pending");
	state_is("bare.example", "bare", DKIM_RETIRED);
	assert_string_equal(seen(keys, "bare.example"),
	    "bare=retired made=pending");
	buf_free(&text);
	dkim_keys_free(&keys);
}

static void
names_stay_inside_the_folder(void **state)
{
	static const char *const bad[] = {
		"", ".", "..", "../a.example", "a.example/..", "/etc", "a b",
		"a..b", "[192.0.2.1]", "a\nb"
	};
	struct dkim_keys *keys = dkim_keys_new(dir);
	struct err err = ERR_INIT;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_string_equal(seen(keys, bad[i]), "");
		assert_int_equal(key_make(dir, bad[i], "s", ED, &err), -1);
		assert_int_equal(key_make(dir, "ok.example", bad[i], ED, &err), -1);
	}
	create("again.example", "s", DKIM_ACTIVE);
	assert_int_equal(key_make(dir, "again.example", "s", ED, &err), -1);
	assert_int_equal(err.code, ERR_CODE_EXISTS);
	assert_int_equal(dkim_key_set_state(&(struct dkim_key_place){ dir,
	    "again.example", "other", NULL }, DKIM_ACTIVE, LAB_NOW, &err), -1);
	assert_int_equal(err.code, ERR_CODE_NOT_FOUND);
	dkim_keys_free(&keys);
}

static void
domains_are_listed(void **state)
{
	const char *base = arena_printf(&lab.arena, "%s/list", dir), **names;
	struct err err = ERR_INIT;

	assert_int_equal(dkim_keys_domains(base, &lab.arena, &names, &err),
	    0);
	assert_null(names[0]);
	assert_int_equal(key_make(base, "b.example", "s", ED, &err), 0);
	assert_int_equal(key_make(base, "a.example", "s", ED, &err), 0);
	assert_int_equal(dkim_keys_domains(base, &lab.arena, &names, &err),
	    0);
	assert_string_equal(names[0], "a.example");
	assert_string_equal(names[1], "b.example");
	assert_null(names[2]);
}

static void
selectors_are_new(void **state)
{
	struct dkim_keyset *set;
	struct err err = ERR_INIT;
	const char *base;

	base = dkim_selector_choose(&lab.arena, NULL, LAB_NOW);
	assert_string_equal(base, "20260101");
	create("sel.example", "20260101-rsa", DKIM_ACTIVE);
	assert_int_equal(dkim_keyset_read(dir, BYTES("sel.example"), &set,
	    &err), 1);
	base = dkim_selector_choose(&lab.arena, set, LAB_NOW);
	assert_string_equal(base, "20260101b");
	dkim_keyset_free(&set);
	create("sel.example", "20260101b-ed25519", DKIM_ACTIVE);
	assert_int_equal(dkim_keyset_read(dir, BYTES("sel.example"), &set,
	    &err), 1);
	assert_string_equal(dkim_selector_choose(&lab.arena, set, LAB_NOW),
	    "20260101c");
	dkim_keyset_free(&set);
}

static void
records_are_cut_for_the_zone(void **state)
{
	struct dkim_key key = { .selector = "s", .algorithm = DKIM_RSA_SHA256,
	    .key = lab_key(4096) };
	struct buf line = BUF_INIT, text = BUF_INIT, joined = BUF_INIT;
	const char *p, *q;

	dkim_key_zone_line(&key, "z.example", &line);
	dkim_key_record(&key, &text);
	assert_true(bytes_has_prefix(buf_view(&line),
	    "s._domainkey.z.example. 3600 IN TXT \""));
	for (p = buf_cstr(&line); (p = strchr(p, '"')) != NULL; p = q + 1) {
		q = strchr(++p, '"');
		assert_non_null(q);
		assert_in_range(q - p, 1, 255);
		buf_add(&joined, p, (size_t)(q - p));
	}
	assert_string_equal(buf_cstr(&joined), buf_cstr(&text));
	buf_free(&line);
	buf_free(&text);
	buf_free(&joined);
	EVP_PKEY_free(key.key);
}

/* ---- signing --------------------------------------------------------- */

static void
publish(const struct dkim_keyset *set)
{
	for (size_t i = 0; i < set->n; i++)
		lab_publish(&lab, set->keys[i].selector, set->domain,
		    set->keys[i].key);
}

static void
sign_header(void *s, struct bytes name, struct bytes value)
{
	dkim_sign_header(s, name, value);
}

static void
sign_body(void *s, struct bytes piece)
{
	dkim_sign_body(s, piece);
}

/* The message with its signatures at its top; *n is -1 on error. */
static struct bytes
signed_by(const struct dkim_keyset *set, struct bytes message, int *n,
    struct arena *a)
{
	struct dkim_sign *s = dkim_sign_new();
	struct lab_sink sink = { s, sign_header, NULL, sign_body };
	struct err err = ERR_INIT;
	struct bytes *values, made;
	struct buf b = BUF_INIT;

	lab_feed(message, 11, &sink);
	*n = dkim_sign_finish(s, &(struct dkim_signer){ set,
	    time(NULL), 3600 }, a, &values, &err);
	for (int i = 0; i < *n; i++) {
		buf_str(&b, DKIM_SIGN_HEADER ":");
		buf_bytes(&b, values[i]);
		buf_str(&b, "\r\n");
	}
	buf_bytes(&b, message);
	made = bytes_dup(a, buf_view(&b));
	buf_free(&b);
	dkim_sign_free(&s);
	return made;
}

static const char letter[] =
    "From: a@sign.example\r\n"
    "To: b@example.net\r\n"
    "Subject: x\r\n\t y\r\n"
    "\r\n"
    "hello \r\n\r\n";

static void
all_active_keys_sign(void **state)
{
	struct dkim_keyset *set;
	struct dkim_results r;
	struct err err = ERR_INIT;
	struct bytes m;
	int n;

	create("sign.example", "a", DKIM_ACTIVE);
	create("sign.example", "b", DKIM_PENDING);
	create("sign.example", "c", DKIM_RETIRED);
	assert_int_equal(key_make(dir, "sign.example", "d", DKIM_RSA_SHA256, &err), 0);
	assert_int_equal(dkim_keyset_read(dir, BYTES("sign.example"), &set,
	    &err), 1);
	publish(set);
	m = signed_by(set, bytes_of(letter), &n, &lab.arena);
	assert_int_equal(n, 2);
	r = lab_verify(&lab, m, 5);
	assert_int_equal(r.n, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(r.v[i].result, DKIM_PASS);
		assert_true(bytes_eq_str(r.v[i].domain, "sign.example"));
	}
	assert_int_equal(r.v[0].bits, 256);
	assert_int_equal(r.v[1].bits, 2048);
	for (size_t i = 0; i < set->n; i++)
		set->keys[i].state = DKIM_PENDING;
	(void)signed_by(set, bytes_of(letter), &n, &lab.arena);
	assert_int_equal(n, 0);
	dkim_keyset_free(&set);
}

static struct dkim_keyset *
sign_set(void)
{
	struct dkim_keyset *set;
	struct err err = ERR_INIT;

	create("one.example", "s", DKIM_ACTIVE);
	assert_int_equal(dkim_keyset_read(dir, BYTES("one.example"), &set,
	    &err), 1);
	publish(set);
	return set;
}

static void
fields_are_signed_once_more_than_present(void **state)
{
	static const char *const added[] = {
		"From: c@example.com", "To: x@example.com", "Cc: y@example",
		"Subject: z", "Date: now", "Message-ID: <2@x>",
		"Reply-To: e@example.com", "In-Reply-To: <3@x>",
		"References: <4@x>", "Content-Type: text/html",
		"MIME-Version: 1.0", "Content-Transfer-Encoding: 8bit"
	};
	struct dkim_keyset *set = sign_set();
	struct bytes m;
	int n;

	m = signed_by(set, bytes_of(letter), &n, &lab.arena);
	for (size_t i = 0; i < sizeof(added) / sizeof(*added); i++) {
		struct bytes forged = bytes_of(arena_printf(&lab.arena,
		    "%s\r\n" BYTES_FMT, added[i], BYTES_ARG(m)));

		assert_int_equal(lab_verify(&lab, forged, 9).v[0].result,
		    DKIM_FAIL);
	}
	/* Fields that are added in transit do not break it. */
	assert_int_equal(lab_verify(&lab, bytes_of(arena_printf(&lab.arena,
	    "Received: x\r\nList-Id: <l>\r\n" BYTES_FMT, BYTES_ARG(m))),
	    9).v[0].result, DKIM_PASS);
	dkim_keyset_free(&set);
}

static void
bodies_of_all_kinds_are_signed(void **state)
{
	static const char *const bodies[] = {
		"", "\r\n", "\r\n\r\n", " \r\n", "\t \r\n \r\n", "x\r\n",
		"x \t\r\n", " x\r\n", "x", "x ", "x  y\r\n\r\n z \r\n\r\n"
	};
	struct dkim_keyset *set;
	struct err err = ERR_INIT;
	struct bytes m;
	int n;

	assert_int_equal(dkim_keyset_read(dir, BYTES("one.example"), &set,
	    &err), 1);
	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		m = bytes_of(arena_printf(&lab.arena,
		    "From: a@one.example\r\n\r\n%s", bodies[i]));
		m = signed_by(set, m, &n, &lab.arena);
		if (lab_verify(&lab, m, 1).v[0].result != DKIM_PASS)
			fail_msg("body %zu", i);
	}
	dkim_keyset_free(&set);
}

static void
added_fields_are_signed(void **state)
{
	struct dkim_sign *s = dkim_sign_new();
	struct lab_sink sink = { s, sign_header, NULL, sign_body };
	struct dkim_keyset *set;
	struct err err = ERR_INIT;
	struct bytes *values;
	const char *head;

	assert_int_equal(dkim_keyset_read(dir, BYTES("one.example"), &set,
	    &err), 1);
	lab_feed(bytes_of(letter), 11, &sink);
	dkim_sign_header(s, BYTES("Date"), BYTES(" Thu, 1 Jan 2026"));
	assert_int_equal(dkim_sign_finish(s, &(struct dkim_signer){ set,
	    time(NULL), 0 }, &lab.arena,
	    &values, &err), 1);
	assert_null(strstr(values[0].data, "x="));
	head = arena_printf(&lab.arena, "DKIM-Signature:" BYTES_FMT "\r\n"
	    "Date: Thu, 1 Jan 2026\r\n%s", BYTES_ARG(values[0]), letter);
	assert_int_equal(lab_verify(&lab, bytes_of(head), 9).v[0].result,
	    DKIM_PASS);
	/* Signing again works, as is needed for a second From field. */
	assert_int_equal(dkim_sign_finish(s, &(struct dkim_signer){ set,
	    time(NULL), 0 }, &lab.arena,
	    &values, &err), 1);
	dkim_sign_free(&s);
	dkim_keyset_free(&set);
}

static void
what_is_too_much_is_not_signed(void **state)
{
	struct dkim_keyset *set;
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;
	int n;

	assert_int_equal(dkim_keyset_read(dir, BYTES("one.example"), &set,
	    &err), 1);
	for (int i = 0; i < 11; i++)
		buf_printf(&b, "To: %d@example.net\r\n", i);
	buf_str(&b, letter);
	(void)signed_by(set, buf_view(&b), &n, &lab.arena);
	assert_int_equal(n, -1);
	buf_clear(&b);
	for (int i = 0; i < 10000; i++)
		buf_printf(&b, "X-%d: x\r\n", i);
	buf_str(&b, letter);
	(void)signed_by(set, buf_view(&b), &n, &lab.arena);
	assert_int_equal(n, 1);
	buf_clear(&b);
	for (int i = 0; i <= DKIM_FIELDS_MAX; i++)
		buf_str(&b, "X: x\r\n");
	buf_str(&b, letter);
	(void)signed_by(set, buf_view(&b), &n, &lab.arena);
	assert_int_equal(n, -1);
	buf_free(&b);
	dkim_keyset_free(&set);
}

/* ---- rotation while signing ------------------------------------------ */

static struct dkim_keys *shared;
static bool over;
static unsigned signed_count, unsigned_count;

static void *
signer(void *arg)
{
	struct dkim_keyset *set;
	struct err err = ERR_INIT;
	struct arena a;
	int n;

	arena_init(&a);
	while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE)) {
		n = 0;
		if (dkim_keys_get(shared, BYTES("turn.example"), &set,
		    &err) == 1)
			(void)signed_by(set, bytes_of(letter), &n, &a);
		dkim_keyset_free(&set);
		arena_clear(&a);
		__atomic_add_fetch(n >= 1 ? &signed_count : &unsigned_count,
		    1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void
keys_turn_while_messages_are_signed(void **state)
{
	pthread_t threads[2];
	char old[16] = "k0", new[16];
	struct err err = ERR_INIT;

	shared = dkim_keys_new(dir);
	create("turn.example", old, DKIM_ACTIVE);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, signer,
		    NULL), 0);
	for (int i = 1; i <= 15; i++) {
		(void)snprintf(new, sizeof(new), "k%d", i);
		create("turn.example", new, DKIM_PENDING);
		state_is("turn.example", new, DKIM_ACTIVE);
		state_is("turn.example", old, DKIM_RETIRED);
		assert_int_equal(dkim_key_remove(dir, "turn.example", old,
		    &err), 0);
		memcpy(old, new, sizeof(old));
	}
	__atomic_store_n(&over, true, __ATOMIC_RELEASE);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(unsigned_count, 0);
	assert_true(signed_count > 0);
	assert_string_equal(seen(shared, "turn.example"), "k15=active");
	dkim_keys_free(&shared);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_are_seen_at_once),
		cmocka_unit_test(an_old_folder_is_read_once),
		cmocka_unit_test(keys_open_to_others_are_refused),
		cmocka_unit_test(other_files_are_told_from_keys),
		cmocka_unit_test(a_bare_key_is_active),
		cmocka_unit_test(names_stay_inside_the_folder),
		cmocka_unit_test(domains_are_listed),
		cmocka_unit_test(selectors_are_new),
		cmocka_unit_test(records_are_cut_for_the_zone),
		cmocka_unit_test(all_active_keys_sign),
		cmocka_unit_test(fields_are_signed_once_more_than_present),
		cmocka_unit_test(bodies_of_all_kinds_are_signed),
		cmocka_unit_test(added_fields_are_signed),
		cmocka_unit_test(what_is_too_much_is_not_signed),
		cmocka_unit_test(keys_turn_while_messages_are_signed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
