/*
 * SASL mechanisms, step by step; and mechanisms that verify the user by
 * themselves (defined here), through the whole authentication.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/random.h"
#include "login/authenticate.h"
#include "login/sasl-private.h"

#define B(s)	{ s, sizeof(s) - 1 }

/* A dialogue: what the client sends, and the result. */
static const struct {
	const char *name, *mech;
	bool has_initial;
	struct bytes in[4];
	size_t nin;
	enum sasl_result end;
	const char *challenges, *user, *password;
} rows[] = {
	{ "PLAIN at once", "PLAIN", true, { B("\0al\0pw") }, 1,
	    SASL_PASSWORD, "", "al", "pw" },
	{ "PLAIN in two steps", "plain", false, { B("\0al\0pw") }, 1,
	    SASL_PASSWORD, "|", "al", "pw" },
	{ "PLAIN, for oneself", "PLAIN", true, { B("al\0al\0pw") }, 1,
	    SASL_PASSWORD, "", "al", "pw" },
	{ "PLAIN, for another", "PLAIN", true, { B("bo\0al\0pw") }, 1,
	    SASL_FAIL, "", NULL, NULL },
	{ "PLAIN, UTF-8", "PLAIN", true, { B("\0\xc3\xa4@x\0p\xff") }, 1,
	    SASL_PASSWORD, "", "\xc3\xa4@x", "p\xff" },
	{ "PLAIN, user not UTF-8", "PLAIN", true, { B("\0a\xff\0pw") }, 1,
	    SASL_FAIL, "", NULL, NULL },
	{ "PLAIN, four fields", "PLAIN", true, { B("\0al\0pw\0x") }, 1,
	    SASL_FAIL, "", NULL, NULL },
	{ "PLAIN, two fields", "PLAIN", true, { B("al\0pw") }, 1,
	    SASL_FAIL, "", NULL, NULL },
	{ "PLAIN, no user", "PLAIN", true, { B("\0\0pw") }, 1,
	    SASL_FAIL, "", NULL, NULL },
	{ "PLAIN, no password", "PLAIN", true, { B("\0al\0") }, 1,
	    SASL_FAIL, "", NULL, NULL },
	{ "PLAIN, empty", "PLAIN", true, { B("") }, 1,
	    SASL_FAIL, "", NULL, NULL },
	{ "LOGIN", "LOGIN", false, { B("al"), B("pw") }, 2,
	    SASL_PASSWORD, "Username:|Password:|", "al", "pw" },
	{ "LOGIN with initial response", "login", true, { B("al"), B("pw") },
	    2, SASL_PASSWORD, "Password:|", "al", "pw" },
	{ "LOGIN, no user", "LOGIN", false, { B("") }, 1,
	    SASL_FAIL, "Username:|", NULL, NULL },
	{ "LOGIN, NUL in password", "LOGIN", false, { B("al"), B("p\0w") },
	    2, SASL_FAIL, "Username:|Password:|", NULL, NULL },
};

/* The channel may carry passwords. */
static const struct sasl_channel mta = { .protocol = PROTOCOL_SUBMISSION,
    .is_private = true };

static void
row_check(size_t i)
{
	struct buf said = BUF_INIT, out = BUF_INIT;
	struct err err = ERR_INIT;
	enum sasl_result r = SASL_CONTINUE;
	struct sasl *sasl;
	struct arena a;
	size_t k = 0;

	arena_init(&a);
	assert_non_null(sasl_mechanism_find(bytes_of(rows[i].mech),
	    PROTOCOL_SUBMISSION));
	sasl = sasl_new(&a, sasl_mechanism_find(bytes_of(rows[i].mech),
	    PROTOCOL_SUBMISSION), &mta);
	if (!rows[i].has_initial) {
		r = sasl_step(sasl, NULL, &said, &err);
		buf_byte(&said, '|');
	}
	while (r == SASL_CONTINUE && k < rows[i].nin) {
		buf_clear(&out);
		r = sasl_step(sasl, &rows[i].in[k++], &out, &err);
		buf_bytes(&said, buf_view(&out));
		if (r == SASL_CONTINUE)
			buf_byte(&said, '|');
	}
	if (r != rows[i].end || k != rows[i].nin)
		fail_msg("%s: ended with %d after %zu", rows[i].name, r, k);
	if (strcmp(buf_cstr(&said), rows[i].challenges) != 0)
		fail_msg("%s: said '%s'", rows[i].name, said.data);
	if (r == SASL_PASSWORD) {
		assert_true(bytes_eq_str(sasl_user(sasl), rows[i].user));
		assert_true(bytes_eq_str(sasl_password(sasl),
		    rows[i].password));
		sasl_forget(sasl);
		assert_int_equal(sasl_password(sasl).len, 0);
	}
	/* After the end each step fails. */
	r = sasl_step(sasl, &rows[i].in[0], &out, &err);
	assert_int_equal(r, SASL_FAIL);
	assert_int_equal(err.kind, ERR_SYNTAX);
	buf_free(&said);
	buf_free(&out);
	arena_clear(&a);
}

static void
dialogues(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		row_check(i);
}

static void
mechanisms_are_listed(void **state)
{
	const struct sasl_mechanism *plain = sasl_mechanism_at(0);

	assert_string_equal(plain->name, "PLAIN");
	assert_true(plain->shows_password);
	assert_string_equal(sasl_mechanism_at(1)->name, "LOGIN");
	assert_null(sasl_mechanism_at(2));
	assert_ptr_equal(sasl_mechanism_find(BYTES("plain"), PROTOCOL_IMAP),
	    plain);
	assert_null(sasl_mechanism_find(BYTES("LOGIN"), PROTOCOL_IMAP));
	assert_null(sasl_mechanism_find(BYTES("CRAM-MD5"), PROTOCOL_IMAP));
	assert_null(sasl_mechanism_find(BYTES(""), PROTOCOL_SUBMISSION));
}

/* What a mechanism needs decides on which channels it is offered. */
static void
mechanisms_are_offered_where_they_work(void **state)
{
	static const struct {
		const char *name;
		struct sasl_mechanism m;
		/* Clear text; encrypted; with a channel binding; with a
		   certificate. */
		bool offered[4];
	} cases[] = {
		{ "shows nothing", { .protocols = PROTOCOL_IMAP,
		    .need = SASL_NEEDS_SECRET }, { true, true, true, true } },
		{ "elsewhere", { .protocols = PROTOCOL_SUBMISSION,
		    .need = SASL_NEEDS_SECRET }, { false } },
		{ "shows the password", { .protocols = PROTOCOL_IMAP,
		    .shows_password = true }, { false, true, false, false } },
		{ "binds", { .protocols = PROTOCOL_IMAP,
		    .need = SASL_NEEDS_SECRET, .binds_channel = true },
		    { false, false, true, false } },
		{ "certificate", { .protocols = PROTOCOL_IMAP,
		    .need = SASL_NEEDS_CERTIFICATE },
		    { false, false, false, true } },
	};
	const struct sasl_channel channels[4] = {
		{ .protocol = PROTOCOL_IMAP },
		{ .protocol = PROTOCOL_IMAP, .is_private = true },
		{ .protocol = PROTOCOL_IMAP, .binding = BYTES("x") },
		{ .protocol = PROTOCOL_IMAP, .certificate = BYTES("al") },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (size_t k = 0; k < 4; k++)
			if (sasl_is_offered(&cases[i].m, &channels[k]) !=
			    cases[i].offered[k])
				fail_msg("%s, %zu", cases[i].name, k);
}

static void
long_answers_are_refused(void **state)
{
	static char big[SASL_RESPONSE_MAX + 1];
	struct bytes in = { big, sizeof(big) };
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	struct sasl *sasl;
	struct arena a;

	memset(big, 'u', sizeof(big));
	arena_init(&a);
	sasl = sasl_new(&a, sasl_mechanism_at(0), &mta);
	assert_int_equal(sasl_step(sasl, &in, &out, &err), SASL_FAIL);
	in.len = SASL_USER_MAX + 1;
	sasl = sasl_new(&a, sasl_mechanism_at(1), &mta);
	assert_int_equal(sasl_step(sasl, &in, &out, &err), SASL_FAIL);
	arena_clear(&a);
	buf_free(&out);
}

/* ---- a mechanism that verifies by itself ---- */

#define KEY_LEN		32
#define NONCE_LEN	16
#define SALT_LEN	16
#define CHALLENGE_LEN	(SALT_LEN + 4 + NONCE_LEN)

/*
 * Similar to SCRAM: the client first sends "user" or "user NUL authzid", then
 * gets salt, count and nonce.  The proof is HMAC(StoredKey, nonce), and the
 * server's is HMAC(ServerKey, nonce).
 */
struct proof_state {
	uint8_t nonce[NONCE_LEN];
	bool is_proven;
};

static void
mac(const void *key, const void *nonce, uint8_t out[KEY_LEN])
{
	unsigned n = KEY_LEN;

	assert_non_null(HMAC(EVP_sha256(), key, KEY_LEN, nonce, NONCE_LEN,
	    out, &n));
}

static enum sasl_result
proof_names(struct sasl *sasl, struct bytes in, struct err *err)
{
	ptrdiff_t nul = bytes_index(in, '\0');
	struct bytes user = bytes_make(in.data, nul < 0 ? in.len :
	    (size_t)nul);

	if (sasl_take_user(sasl, user, bytes_from(in, user.len + 1),
	    err) == -1)
		return SASL_FAIL;
	return SASL_SECRETS;
}

static enum sasl_result
proof_secrets(struct sasl *sasl, struct buf *out, struct err *err)
{
	const struct secret *s = &sasl->secrets.entries[0].secret;
	struct proof_state *st = arena_zalloc(sasl->arena, sizeof(*st));
	uint32_t count = s->count;

	sasl->state = st;
	random_bytes(st->nonce, sizeof(st->nonce));
	buf_bytes(out, secret_salt(s));
	buf_add(out, &count, sizeof(count));
	buf_add(out, st->nonce, sizeof(st->nonce));
	return SASL_CONTINUE;
}

/* Any credential of the login is accepted. */
static enum sasl_result
proof_check(struct sasl *sasl, struct bytes in, struct buf *out)
{
	struct proof_state *st = sasl->state;
	uint8_t right[KEY_LEN];

	for (size_t i = 0; i < sasl->secrets.n; i++) {
		const struct secret_entry *e = &sasl->secrets.entries[i];

		mac(e->secret.value, st->nonce, right);
		if (!bytes_eq(in, bytes_make(right, sizeof(right))))
			continue;
		sasl->proof = e;
		st->is_proven = true;
		mac(e->secret.value + KEY_LEN, st->nonce, right);
		buf_add(out, right, sizeof(right));
		return SASL_CONTINUE;
	}
	return SASL_REFUSED;
}

static enum sasl_result
proof_step(struct sasl *sasl, const struct bytes *in, struct buf *out,
    struct err *err)
{
	struct proof_state *st = sasl->state;

	if (in == NULL)
		return SASL_CONTINUE;
	if (st == NULL)
		return proof_names(sasl, *in, err);
	return st->is_proven ? SASL_VERIFIED : proof_check(sasl, *in, out);
}

static const struct sasl_mechanism proof_mechanism = {
	.name = "TEST-PROOF", .protocols = PROTOCOL_IMAP,
	.need = SASL_NEEDS_SECRET, .secret = SECRET_SCRAM_SHA_256,
	.step = proof_step, .secrets = proof_secrets
};

/* Like EXTERNAL: the user is the one in the certificate. */
static enum sasl_result
certificate_step(struct sasl *sasl, const struct bytes *in, struct buf *out,
    struct err *err)
{
	if (in == NULL)
		return SASL_CONTINUE;
	return sasl_take_user(sasl, sasl->channel.certificate, *in,
	    err) == -1 ? SASL_FAIL : SASL_VERIFIED;
}

static const struct sasl_mechanism certificate_mechanism = {
	.name = "TEST-CERTIFICATE", .protocols = PROTOCOL_IMAP,
	.need = SASL_NEEDS_CERTIFICATE, .step = certificate_step
};

/* ---- accounts for it ---- */

struct accounts {
	bool is_broken;
	int used[10];
};

/* The two keys that a client derives from the password. */
static void
keys_of(const char *password, uint8_t keys[2 * KEY_LEN])
{
	memset(keys, 0, 2 * KEY_LEN);
	memcpy(keys, password, strlen(password));
	keys[KEY_LEN] = 1;
}

static void
give_secret(struct auth_account *out, uint32_t id, const char *password)
{
	struct secret parts = { .kind = SECRET_SCRAM_SHA_256, .count = 4096 };
	uint8_t keys[2 * KEY_LEN];
	struct err err = ERR_INIT;
	struct secret s;

	keys_of(password, keys);
	assert_int_equal(secret_make(&parts, BYTES("0123456789abcdef"),
	    bytes_make(keys, sizeof(keys)), &s, &err), 0);
	assert_true(secret_list_add(&out->secrets, 0, id, &s));
}

static int
lookup(void *arg, const struct auth_query *q, struct auth_account *out,
    struct err *err)
{
	const struct accounts *acc = arg;

	if (acc->is_broken)
		return err_set(err, ERR_TEMP, "broken");
	(void)snprintf(out->login, sizeof(out->login), BYTES_FMT,
	    BYTES_ARG(q->user));
	if (bytes_ieq_str(q->user, "nobody")) {
		(void)snprintf(out->login, sizeof(out->login), "nobody");
		return 0;
	}
	out->id = 7;
	out->is_disabled = bytes_eq_str(q->user, "closed");
	if (q->kind == SECRET_SCRAM_SHA_256 &&
	    !bytes_eq_str(q->user, "secretless")) {
		give_secret(out, 1, "right");
		give_secret(out, 2, "app");
	}
	return 1;
}

static void
used(void *arg, uint64_t account, uint32_t login, uint32_t credential)
{
	struct accounts *acc = arg;

	acc->used[credential]++;
}

/* ---- a service, for one exchange ---- */

/* What the client sees of the exchange, and its result. */
struct run {
	struct secret_list found;
	bool has_found, is_temporary;
	struct auth_result result;
	bool is_told;
	enum sasl_result end;		/* of the mechanism's last step */
	size_t lens[4];			/* of the challenges */
	size_t nlens;
	char salt[SALT_LEN];
	uint32_t count;
	bool server_is_right; /* the server proved that it knows the password */
};

static void
found(void *arg, struct secret_list *list, const struct err *err)
{
	struct run *run = arg;

	run->has_found = true;
	run->is_temporary = err != NULL;
	secret_list_move(&run->found, list);
}

static void
told(void *arg, const struct auth_result *result)
{
	struct run *run = arg;

	run->result = *result;
	__atomic_store_n(&run->is_told, true, __ATOMIC_RELEASE);
}

/* The client's response to the n-th challenge. */
static void
client_answer(struct run *run, const struct buf *challenge,
    const char *password, struct buf *answer)
{
	uint8_t keys[2 * KEY_LEN], proof[KEY_LEN];
	static uint8_t nonce[NONCE_LEN];

	run->lens[run->nlens++] = challenge->len;
	keys_of(password, keys);
	buf_clear(answer);
	if (run->nlens == 1) {
		assert_int_equal(challenge->len, CHALLENGE_LEN);
		memcpy(run->salt, challenge->data, SALT_LEN);
		memcpy(&run->count, challenge->data + SALT_LEN, 4);
		memcpy(nonce, challenge->data + SALT_LEN + 4, NONCE_LEN);
		mac(keys, nonce, proof);
		buf_add(answer, proof, sizeof(proof));
	} else {
		mac(keys + KEY_LEN, nonce, proof);
		run->server_is_right = bytes_eq(buf_view(challenge),
		    bytes_make(proof, sizeof(proof)));
	}
}

/* Runs the mechanism to its end, looking up what it asks for. */
static void
mechanism_run(struct auth *auth, struct sasl *sasl, struct bytes first,
    const char *password, struct run *run)
{
	struct buf answer = BUF_INIT, out = BUF_INIT;
	struct err err = ERR_INIT;
	struct bytes in = first;

	run->end = sasl_step(sasl, &in, &out, &err);
	for (;;) {
		if (run->end == SASL_SECRETS) {
			auth_find(auth, &(struct auth_search){
			    .user = sasl_user(sasl),
			    .kind = sasl_mechanism(sasl)->secret,
			    .protocol = PROTOCOL_IMAP, .found = found,
			    .arg = run });
			assert_true(run->has_found);
			if (run->is_temporary)
				break;
			run->end = sasl_secrets(sasl, &run->found, &out,
			    &err);
		} else if (run->end == SASL_CONTINUE) {
			client_answer(run, &out, password, &answer);
			buf_clear(&out);
			in = buf_view(&answer);
			run->end = sasl_step(sasl, &in, &out, &err);
		} else
			break;
	}
	buf_free(&answer);
	buf_free(&out);
}

static struct run
exchange(struct auth *auth, const struct sasl_mechanism *m,
    struct bytes first, const char *password)
{
	const struct sasl_channel channel = { .protocol = PROTOCOL_IMAP,
	    .certificate = BYTES("al") };
	struct auth_request request = { .protocol = PROTOCOL_IMAP,
	    .done = told };
	struct run run = { .found = SECRET_LIST_INIT };
	struct sasl *sasl;
	struct arena a;

	arena_init(&a);
	sasl = sasl_new(&a, m, &channel);
	mechanism_run(auth, sasl, first, password, &run);
	if (run.end == SASL_VERIFIED || run.end == SASL_REFUSED) {
		auth_request_sasl(&request, sasl, run.end);
		request.arg = &run;
		assert_int_equal(auth_check(auth, &request), 0);
		while (!__atomic_load_n(&run.is_told, __ATOMIC_ACQUIRE))
			continue;
	}
	sasl_forget(sasl);
	secret_list_clear(&run.found);
	arena_clear(&a);
	return run;
}

static struct auth *
auth_make(struct accounts *acc)
{
	struct auth_config c = { .lookup = lookup, .used = used, .arg = acc,
	    .params = { 1, 64, 1 }, .threads = 1, .decoy_key = "secret" };

	memset(acc, 0, sizeof(*acc));
	return auth_new(&c);
}

static const struct {
	const char *name;
	struct bytes first;
	const char *password;
	enum sasl_result end;
	enum auth_verdict verdict;
	int credential;			/* id of the credential used */
} exchanges[] = {
	{ "the password", B("al"), "right", SASL_VERIFIED, AUTH_OK, 1 },
	{ "another one", B("al"), "app", SASL_VERIFIED, AUTH_OK, 2 },
	{ "for oneself", B("al\0al"), "app", SASL_VERIFIED, AUTH_OK, 2 },
	{ "for another", B("al\0bo"), "app", SASL_FAIL, AUTH_OK, 0 },
	{ "a wrong one", B("al"), "wrong", SASL_REFUSED, AUTH_WRONG, 0 },
	{ "a closed account", B("closed"), "right", SASL_VERIFIED,
	    AUTH_DISABLED, 0 },
	{ "closed, a wrong one", B("closed"), "wrong", SASL_REFUSED,
	    AUTH_WRONG, 0 },
	{ "nobody", B("nobody"), "right", SASL_REFUSED, AUTH_WRONG, 0 },
	{ "no secret", B("secretless"), "right", SASL_REFUSED, AUTH_WRONG,
	    0 },
	{ "not UTF-8", B("a\xff"), "right", SASL_FAIL, AUTH_OK, 0 },
};

static void
a_mechanism_verifies_by_itself(void **state)
{
	struct accounts acc;
	struct auth *auth = auth_make(&acc);

	for (size_t i = 0; i < sizeof(exchanges) / sizeof(*exchanges); i++) {
		struct run run;

		memset(acc.used, 0, sizeof(acc.used));
		run = exchange(auth, &proof_mechanism, exchanges[i].first,
		    exchanges[i].password);
		if (run.end != exchanges[i].end)
			fail_msg("%s: ended with %d", exchanges[i].name,
			    run.end);
		if (run.is_told != (run.end != SASL_FAIL))
			fail_msg("%s: not told", exchanges[i].name);
		if (run.is_told && run.result.verdict != exchanges[i].verdict)
			fail_msg("%s: verdict %d", exchanges[i].name,
			    run.result.verdict);
		assert_int_equal(run.server_is_right,
		    run.end == SASL_VERIFIED);
		for (int k = 0; k < 3; k++)
			assert_int_equal(acc.used[k], k > 0 &&
			    k == exchanges[i].credential);
	}
	auth_free(&auth);
}

/* A client cannot tell an unknown name from a wrong password. */
static void
who_does_not_exist_looks_like_who_does(void **state)
{
	static const char *const names[] = { "nobody", "NoBody",
	    "secretless" };
	struct run al, run, again;
	struct accounts acc;
	struct auth *auth = auth_make(&acc);

	al = exchange(auth, &proof_mechanism, BYTES("al"), "wrong");
	for (size_t i = 0; i < 3; i++) {
		run = exchange(auth, &proof_mechanism, bytes_of(names[i]),
		    "wrong");
		assert_int_equal(run.nlens, al.nlens);
		assert_memory_equal(run.lens, al.lens, sizeof(al.lens));
		assert_int_equal(run.count, al.count);
		assert_int_equal(run.result.verdict, al.result.verdict);
		assert_int_equal(run.result.err.code, al.result.err.code);
		assert_true(run.result.account == 0);
		assert_string_equal(run.result.login, "");
	}
	/* An unknown name always gets the same salt, also after a restart. */
	run = exchange(auth, &proof_mechanism, BYTES("nobody"), "x");
	auth_free(&auth);
	auth = auth_make(&acc);
	again = exchange(auth, &proof_mechanism, BYTES("NOBODY"), "x");
	assert_memory_equal(run.salt, again.salt, SALT_LEN);
	again = exchange(auth, &proof_mechanism, BYTES("secretless"), "x");
	assert_memory_not_equal(run.salt, again.salt, SALT_LEN);
	auth_free(&auth);
}

static void
a_store_that_cannot_be_read_is_told(void **state)
{
	struct accounts acc;
	struct auth *auth = auth_make(&acc);
	struct run run;

	acc.is_broken = true;
	run = exchange(auth, &proof_mechanism, BYTES("al"), "right");
	assert_true(run.is_temporary);
	assert_int_equal(run.end, SASL_SECRETS);
	auth_free(&auth);
}

static void
a_certificate_is_enough(void **state)
{
	struct accounts acc;
	struct auth *auth = auth_make(&acc);
	struct run run;

	run = exchange(auth, &certificate_mechanism, BYTES(""), "");
	assert_int_equal(run.end, SASL_VERIFIED);
	assert_int_equal(run.result.verdict, AUTH_OK);
	assert_string_equal(run.result.login, "al");
	assert_int_equal(acc.used[0] + acc.used[1], 0);
	run = exchange(auth, &certificate_mechanism, BYTES("bo"), "");
	assert_int_equal(run.end, SASL_FAIL);
	auth_free(&auth);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dialogues),
		cmocka_unit_test(mechanisms_are_listed),
		cmocka_unit_test(mechanisms_are_offered_where_they_work),
		cmocka_unit_test(long_answers_are_refused),
		cmocka_unit_test(a_mechanism_verifies_by_itself),
		cmocka_unit_test(who_does_not_exist_looks_like_who_does),
		cmocka_unit_test(a_store_that_cannot_be_read_is_told),
		cmocka_unit_test(a_certificate_is_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
