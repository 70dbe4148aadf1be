/* The sealed origin header and the file of its keys. */
#include <config.h>

#include <sys/stat.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

#include "auth/origin.h"

#define NOW	1800000000
#define DAY	86400

static const struct keyfile_key old_key = { 0x11111111, "old old old old" };
static const struct keyfile_key new_key = { 0x22222222, "new new new new" };

/* Makes an origin whose fields have n bytes each. */
static void
origin_fill(struct origin *o, struct arena *a, size_t n)
{
	char *s = arena_alloc(a, n);

	memset(o, 0, sizeof(*o));
	memset(s, 'x', n);
	origin_token_new(o->token, NOW);
	o->client_ip = BYTES("192.0.2.1");
	o->client_name = bytes_make(s, n);
	o->helo = bytes_make(s, n);
	o->mail_from = bytes_make(s, n);
	o->has_mail_from = true;
	o->auth_user = bytes_make(s, n);
	o->tls = bytes_make(s, n);
	o->queue_id = bytes_make(s, n);
	for (o->nfrom = 0; o->nfrom < ORIGIN_FROM_MAX; o->nfrom++)
		o->from[o->nfrom] = bytes_make(s, n);
	o->has_checks = true;
	o->spf = ORIGIN_PERMERROR;
	o->from_org_domain = bytes_make(s, n);
	for (o->ndkim = 0; o->ndkim < ORIGIN_DKIM_MAX; o->ndkim++)
		o->dkim[o->ndkim] = bytes_make(s,
		    n < ORIGIN_DOMAIN_MAX ? n : ORIGIN_DOMAIN_MAX);
	for (o->nnetworks = 0; o->nnetworks < ORIGIN_NETWORKS; o->nnetworks++)
		o->networks[o->nnetworks] = bytes_make(s, n < 48 ? n : 48);
	o->dnsbl = o->dnswl = bytes_make(s,
	    n < ORIGIN_LISTS_MAX ? n : ORIGIN_LISTS_MAX);
}

static void
origin_same(const struct origin *a, const struct origin *b)
{
	struct buf x = BUF_INIT, y = BUF_INIT;

	origin_encode(a, &x);
	origin_encode(b, &y);
	assert_true(bytes_eq(buf_view(&x), buf_view(&y)));
	buf_free(&x);
	buf_free(&y);
}

static int
opened(const struct keyfile *keys, struct arena *a,
    const struct bytes *values, size_t n, time_t now, unsigned age_max_s,
    struct origin *o, struct err *err)
{
	struct origin_lines lines = { values, n, now, age_max_s };

	return origin_open(keys, &lines, a, o, err);
}

/* Makes a key file with these keys. */
static struct keyfile *
keys_of(const struct keyfile_key *keys, size_t n)
{
	char path[] = "/tmp/test_origin.XXXXXX";
	struct keyfile *out;
	struct err err = ERR_INIT;
	FILE *f = fdopen(mkstemp(path), "w");

	assert_non_null(f);
	for (size_t i = 0; i < n; i++) {
		(void)fprintf(f, "%08x ", (unsigned)keys[i].id);
		for (size_t k = 0; k < KEYFILE_KEY_LEN; k++)
			(void)fprintf(f, "%02x", keys[i].bytes[k]);
		(void)fputc('\n', f);
	}
	assert_int_equal(fclose(f), 0);
	if (keyfile_open(path, 0600, &out, &err) == -1)
		fail_msg("%s", err.text);
	(void)unlink(path);
	return out;
}

static void
sealed_lines_open(void **state)
{
	static const size_t lens[] = { 1, 10, 39, 40, 41, 255, 511, 512 };
	struct keyfile *keys = keys_of(&new_key, 1);
	struct bytes values[ORIGIN_LINES_MAX], reversed[ORIGIN_LINES_MAX];
	struct err err = ERR_INIT;
	struct origin o, p;
	struct arena a;
	int n;

	arena_init(&a);
	for (size_t i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
		origin_fill(&o, &a, lens[i]);
		n = origin_seal(keys, &o, &a, values, &err);
		assert_in_range(n, 1, ORIGIN_LINES_MAX);
		for (int k = 0; k < n; k++) {
			assert_in_range(values[k].len, 1, ORIGIN_LINE_MAX -
			    strlen(ORIGIN_HEADER ": "));
			assert_true(bytes_has_prefix(values[k], "v1 "));
			assert_null(memchr(values[k].data, '\n',
			    values[k].len));
			reversed[n - 1 - k] = values[k];
		}
		assert_int_equal(opened(keys, &a, values, (size_t)n,
		    NOW + 5, DAY, &p, &err), 0);
		origin_same(&o, &p);
		assert_int_equal(opened(keys, &a, reversed, (size_t)n,
		    NOW + 5, DAY, &p, &err), 0);
		origin_same(&o, &p);
		arena_clear(&a);
	}
	keyfile_free(&keys);
}

static void
empty_sender_is_not_no_sender(void **state)
{
	struct keyfile *keys = keys_of(&new_key, 1);
	struct bytes values[ORIGIN_LINES_MAX];
	struct err err = ERR_INIT;
	struct origin o, p;
	struct arena a;

	arena_init(&a);
	memset(&o, 0, sizeof(o));
	origin_token_new(o.token, NOW);
	for (int has = 0; has < 2; has++) {
		o.has_mail_from = has;
		assert_int_equal(origin_seal(keys, &o, &a, values, &err), 1);
		assert_int_equal(opened(keys, &a, values, 1, NOW, DAY,
		    &p, &err), 0);
		assert_int_equal(p.has_mail_from, has);
	}
	arena_clear(&a);
	keyfile_free(&keys);
}

static void
long_fields_are_left_out(void **state)
{
	struct keyfile *keys = keys_of(&new_key, 1);
	struct bytes values[ORIGIN_LINES_MAX];
	struct err err = ERR_INIT;
	struct origin o, p;
	struct arena a;

	arena_init(&a);
	origin_fill(&o, &a, ORIGIN_FIELD_MAX + 1);
	o.from_org_domain.len = o.dkim[0].len = ORIGIN_DOMAIN_MAX + 1;
	o.ndkim = 1;
	o.dnsbl.len = o.dnswl.len = ORIGIN_LISTS_MAX + 1;
	assert_int_equal(origin_seal(keys, &o, &a, values, &err), 1);
	assert_int_equal(opened(keys, &a, values, 1, NOW, DAY, &p,
	    &err), 0);
	assert_true(bytes_eq_str(p.client_ip, "192.0.2.1"));
	assert_int_equal(p.helo.len, 0);
	assert_int_equal(p.nfrom, 0);
	assert_true(p.has_checks);
	assert_int_equal(p.from_org_domain.len, 0);
	assert_int_equal(p.ndkim, 0);
	assert_int_equal(p.dnsbl.len + p.dnswl.len, 0);
	arena_clear(&a);
	keyfile_free(&keys);
}

static void
checks_travel(void **state)
{
	struct keyfile *keys = keys_of(&new_key, 1);
	struct bytes values[ORIGIN_LINES_MAX];
	struct err err = ERR_INIT;
	struct origin o, p;
	struct arena a;

	arena_init(&a);
	memset(&o, 0, sizeof(o));
	origin_token_new(o.token, NOW);
	o.spf = ORIGIN_PASS;		/* needs has_checks */
	assert_int_equal(origin_seal(keys, &o, &a, values, &err), 1);
	assert_int_equal(opened(keys, &a, values, 1, NOW, DAY, &p,
	    &err), 0);
	assert_false(p.has_checks);
	assert_int_equal(p.spf, ORIGIN_UNCHECKED);
	o.has_checks = true;
	o.spf = ORIGIN_SOFTFAIL;
	o.spf_helo = ORIGIN_NONE;
	o.iprev = ORIGIN_TEMPERROR;
	o.dmarc = ORIGIN_FAIL;
	o.arc = ORIGIN_PASS;
	o.aligned = ORIGIN_ALIGNED_RELAXED;
	o.dmarc_wants = ORIGIN_DMARC_QUARANTINE;
	o.from_org_domain = BYTES("example.org");
	o.ndkim = 2;
	o.dkim[0] = BYTES("a.example.org");
	o.dkim[1] = BYTES("b.example.org");
	o.nnetworks = 1;
	o.networks[0] = BYTES("192.0.2.1/32");
	o.dnsbl = BYTES("bl.example, bl2.example");
	o.dnswl = BYTES("wl.example");
	assert_int_equal(origin_seal(keys, &o, &a, values, &err), 1);
	assert_int_equal(opened(keys, &a, values, 1, NOW, DAY, &p,
	    &err), 0);
	assert_int_equal(p.spf, ORIGIN_SOFTFAIL);
	assert_int_equal(p.spf_helo, ORIGIN_NONE);
	assert_int_equal(p.iprev, ORIGIN_TEMPERROR);
	assert_int_equal(p.dmarc, ORIGIN_FAIL);
	assert_int_equal(p.arc, ORIGIN_PASS);
	assert_int_equal(p.aligned, ORIGIN_ALIGNED_RELAXED);
	assert_int_equal(p.dmarc_wants, ORIGIN_DMARC_QUARANTINE);
	assert_true(bytes_eq_str(p.from_org_domain, "example.org"));
	assert_int_equal(p.ndkim, 2);
	assert_true(bytes_eq_str(p.dkim[1], "b.example.org"));
	assert_true(bytes_eq_str(p.networks[0], "192.0.2.1/32"));
	assert_true(bytes_eq_str(p.dnsbl, "bl.example, bl2.example"));
	assert_true(bytes_eq_str(p.dnswl, "wl.example"));
	arena_clear(&a);
	keyfile_free(&keys);
}

/* A header of an older version has fewer checks; one of a newer version has
   more, and other values. */
static void
checks_of_other_versions(void **state)
{
	static const char few[] = "0123456789abcdef" "\x09\0\1\2";
	static const char many[] = "0123456789abcdef"
	    "\x09\0\x0a\2\xff\1\1\1\xff\1\1\1\1";
	struct err err = ERR_INIT;
	struct origin p;

	assert_int_equal(origin_decode(bytes_make(few, sizeof(few) - 1), &p,
	    &err), 0);
	assert_true(p.has_checks);
	assert_int_equal(p.spf, ORIGIN_PASS);
	assert_int_equal(p.spf_helo, ORIGIN_UNCHECKED);
	assert_int_equal(origin_decode(bytes_make(many, sizeof(many) - 1), &p,
	    &err), 0);
	assert_int_equal(p.spf, ORIGIN_PASS);
	assert_int_equal(p.spf_helo, ORIGIN_UNCHECKED);
	assert_int_equal(p.iprev, ORIGIN_NONE);
	assert_int_equal(p.aligned, ORIGIN_ALIGNED_UNCHECKED);
	assert_int_equal(p.dmarc_wants, ORIGIN_DMARC_QUARANTINE);
}

/* Changes every byte of every line, and leaves out every line. */
static void
tampering_is_noticed(void **state)
{
	struct keyfile *keys = keys_of(&new_key, 1);
	struct bytes values[ORIGIN_LINES_MAX], copy[ORIGIN_LINES_MAX];
	struct err err = ERR_INIT;
	struct origin o, p;
	struct arena a, b;
	int n;

	arena_init(&a);
	arena_init(&b);
	origin_fill(&o, &a, 70);
	n = origin_seal(keys, &o, &a, values, &err);
	assert_true(n >= 2);
	for (int k = 0; k < n; k++)
		for (size_t at = 0; at < values[k].len; at++) {
			char *s = bytes_cstr(&b, values[k]);

			s[at] = s[at] == 'A' ? 'B' : 'A';
			memcpy(copy, values, sizeof(copy));
			copy[k] = bytes_make(s, values[k].len);
			assert_int_equal(opened(keys, &b, copy,
			    (size_t)n, NOW, DAY, &p, &err), -1);
			assert_int_equal(err.kind, ERR_REFUSED);
			arena_clear(&b);
		}
	assert_int_equal(opened(keys, &a, values, (size_t)n - 1, NOW,
	    DAY, &p, &err), -1);
	assert_int_equal(opened(keys, &a, values + 1, (size_t)n - 1,
	    NOW, DAY, &p, &err), -1);
	assert_int_equal(opened(keys, &a, NULL, 0, NOW, DAY, &p, &err),
	    -1);
	arena_clear(&a);
	keyfile_free(&keys);
}

static void
lines_of_two_messages_do_not_mix(void **state)
{
	struct keyfile *keys = keys_of(&new_key, 1);
	struct bytes one[ORIGIN_LINES_MAX], two[ORIGIN_LINES_MAX];
	struct err err = ERR_INIT;
	struct origin o, q, p;
	struct bytes mixed[ORIGIN_LINES_MAX];
	struct arena a;
	int n;

	arena_init(&a);
	origin_fill(&o, &a, 28);
	n = origin_seal(keys, &o, &a, one, &err);
	assert_int_equal(n, 2);
	origin_fill(&q, &a, 29);
	assert_int_equal(origin_seal(keys, &q, &a, two, &err), 2);
	mixed[0] = one[0];
	mixed[1] = two[1];
	assert_int_equal(opened(keys, &a, mixed, 2, NOW, DAY, &p, &err),
	    -1);
	/* The intact header is found among damaged ones. */
	mixed[2] = BYTES("v1 !!!!");
	mixed[3] = two[0];
	assert_int_equal(opened(keys, &a, mixed, 4, NOW, DAY, &p, &err),
	    0);
	origin_same(&q, &p);
	arena_clear(&a);
	keyfile_free(&keys);
}

static void
keys_may_change(void **state)
{
	struct keyfile_key both[2] = { new_key, old_key };
	struct keyfile *old = keys_of(&old_key, 1);
	struct keyfile *mixed = keys_of(both, 2);
	struct keyfile *new = keys_of(&new_key, 1);
	struct bytes values[ORIGIN_LINES_MAX];
	struct err err = ERR_INIT;
	struct origin o, p;
	struct arena a;
	int n;

	arena_init(&a);
	origin_fill(&o, &a, 9);
	n = origin_seal(old, &o, &a, values, &err);
	assert_int_equal(opened(mixed, &a, values, (size_t)n, NOW, DAY,
	    &p, &err), 0);
	assert_int_equal(opened(new, &a, values, (size_t)n, NOW, DAY,
	    &p, &err), -1);
	assert_non_null(strstr(err.text, "unknown key"));
	n = origin_seal(mixed, &o, &a, values, &err);
	assert_int_equal(opened(new, &a, values, (size_t)n, NOW, DAY,
	    &p, &err), 0);
	arena_clear(&a);
	keyfile_free(&old);
	keyfile_free(&mixed);
	keyfile_free(&new);
}

static void
age_is_limited(void **state)
{
	struct keyfile *keys = keys_of(&new_key, 1);
	struct bytes values[ORIGIN_LINES_MAX];
	struct err err = ERR_INIT;
	struct origin o, p;
	struct arena a;
	const struct {
		time_t now;
		int rc;
	} rows[] = {
		{ NOW, 0 }, { NOW + DAY, 0 }, { NOW + DAY + 1, -1 },
		{ NOW - 60, 0 }, { NOW - DAY - 1, -1 }
	};

	arena_init(&a);
	origin_fill(&o, &a, 1);
	assert_int_equal(origin_seal(keys, &o, &a, values, &err), 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(opened(keys, &a, values, 1, rows[i].now,
		    DAY, &p, &err), rows[i].rc);
	arena_clear(&a);
	keyfile_free(&keys);
}

static void
decode_takes_any_bytes(void **state)
{
	static const char unknown[] = "0123456789abcdef" "\xc8\0\2zz"
	    "\3\0\1h";
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;
	struct origin o, p;
	struct arena a;
	size_t whole = 0;

	arena_init(&a);
	origin_fill(&o, &a, 3);
	origin_encode(&o, &b);
	for (size_t n = 0; n <= b.len; n++)
		whole += origin_decode(bytes_make(b.data, n), &p, &err) == 0;
	/* It may end after the token and after each of its fields. */
	assert_int_equal(whole, 1 + 7 + ORIGIN_FROM_MAX + 1 + 1 +
	    ORIGIN_DKIM_MAX + ORIGIN_NETWORKS + 2);
	assert_int_equal(origin_decode(bytes_make(unknown,
	    sizeof(unknown) - 1), &p, &err), 0);
	assert_true(bytes_eq_str(p.helo, "h"));
	assert_true(origin_is_sealed(&p));
	assert_false(origin_is_sealed(&(struct origin){ .nfrom = 1 }));
	buf_free(&b);
	arena_clear(&a);
}

static const struct {
	const char *name, *text;
	mode_t mode;
	int rc;
	const char *says;
} file_rows[] = {
#define HEX64	"00112233445566778899aabbccddeeff" \
		"00112233445566778899AABBCCDDEEFF"
	{ "one key", "0000002a " HEX64 "\n", 0600, 0, "" },
	{ "for a group", "0000002a " HEX64 "\n", 0640, 0, "" },
	{ "comments", "# x\n\n0000002a " HEX64 " # y", 0600, 0, "" },
	{ "for everybody", "0000002a " HEX64 "\n", 0644, -1, "everyone" },
	{ "empty", "", 0600, -1, "no key" },
	{ "short key", "\n0000002a 0011\n", 0600, -1, ":2: expected" },
	{ "short id", "2a " HEX64 "\n", 0600, -1, ":1: expected" },
	{ "not hexadecimal", "0000002x " HEX64 "\n", 0600, -1, ":1: " },
};

static void
key_files(void **state)
{
	char path[] = "/tmp/test_origin.XXXXXX";
	struct err err = ERR_INIT;
	struct keyfile *keys;
	int fd;

	for (size_t i = 0; i < sizeof(file_rows) / sizeof(*file_rows); i++) {
		memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
		assert_true((fd = mkstemp(path)) >= 0);
		assert_int_equal(write(fd, file_rows[i].text,
		    strlen(file_rows[i].text)), strlen(file_rows[i].text));
		assert_int_equal(fchmod(fd, file_rows[i].mode), 0);
		assert_int_equal(close(fd), 0);
		if (keyfile_open(path, 0600, &keys, &err) != file_rows[i].rc)
			fail_msg("%s: %s", file_rows[i].name, err.text);
		if (file_rows[i].rc == 0)
			assert_int_equal(keyfile_first(keys)->id, 42);
		else
			assert_non_null(strstr(err.text, file_rows[i].says));
		keyfile_free(&keys);
		assert_int_equal(unlink(path), 0);
	}
}

static void
key_file_is_made_once(void **state)
{
	char dir[] = "/tmp/test_origin.XXXXXX", path[64];
	struct keyfile *one, *two;
	struct err err = ERR_INIT;
	struct stat st;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/key", dir);
	assert_int_equal(keyfile_open(path, 0640, &one, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(keyfile_open(path, 0640, &two, &err), 0);
	assert_memory_equal(keyfile_first(one), keyfile_first(two),
	    sizeof(struct keyfile_key));
	assert_null(keyfile_find(one, keyfile_first(one)->id + 1));
	keyfile_free(&one);
	keyfile_free(&two);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(keyfile_open(path, 0640, &one, &err), -1);
	assert_int_equal(err.kind, ERR_TEMP);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sealed_lines_open),
		cmocka_unit_test(empty_sender_is_not_no_sender),
		cmocka_unit_test(long_fields_are_left_out),
		cmocka_unit_test(checks_travel),
		cmocka_unit_test(checks_of_other_versions),
		cmocka_unit_test(tampering_is_noticed),
		cmocka_unit_test(lines_of_two_messages_do_not_mix),
		cmocka_unit_test(keys_may_change),
		cmocka_unit_test(age_is_limited),
		cmocka_unit_test(decode_takes_any_bytes),
		cmocka_unit_test(key_files),
		cmocka_unit_test(key_file_is_made_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
