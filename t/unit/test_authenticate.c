/* Login checks: who may log in, what a check costs, when it is answered. */
#include <config.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "login/authenticate.h"

/* The accounts that these tests' look-up function knows. */
struct store {
	char alice[PASSWORD_HASH_LEN_MAX], app[PASSWORD_HASH_LEN_MAX];
	bool is_broken;
	int used[10];	/* successful logins with each credential */
};

static void
give(struct auth_account *out, uint32_t id, const char *hash)
{
	struct err err = ERR_INIT;
	struct secret s;

	assert_int_equal(secret_of_password(bytes_of(hash), &s, &err), 0);
	assert_true(secret_list_add(&out->secrets, 0, id, &s));
}

static int
lookup(void *arg, const struct auth_query *q, struct auth_account *out,
    struct err *err)
{
	struct store *s = arg;

	assert_true(q->kind == SECRET_PASSWORD || q->kind == SECRET_NONE);
	assert_int_equal(q->protocol, PROTOCOL_IMAP);
	if (s->is_broken)
		return err_set(err, ERR_TEMP, "broken");
	if (bytes_eq_str(q->user, "nobody"))
		return 0;
	out->id = 7;
	out->is_disabled = bytes_eq_str(q->user, "closed");
	(void)snprintf(out->login, sizeof(out->login), "Alice");
	if (bytes_eq_str(q->user, "nopassword"))
		return 1;
	give(out, 1, s->alice);
	give(out, 2, s->app);
	return 1;
}

static void
used(void *arg, uint64_t account, uint32_t login, uint32_t credential)
{
	struct store *s = arg;

	assert_true(account == 7);
	__atomic_add_fetch(&s->used[credential], 1, __ATOMIC_SEQ_CST);
}

static const struct password_params cheap = { 1, 64, 1 };

static void
hash_into(char out[PASSWORD_HASH_LEN_MAX], const char *password)
{
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;

	assert_int_equal(password_hash(&cheap, bytes_of(password), &b, &err),
	    0);
	(void)snprintf(out, PASSWORD_HASH_LEN_MAX, "%s", buf_cstr(&b));
	buf_free(&b);
}

/* Waits for the call of done(). */
struct wait {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	int told;
	struct auth_result result;
	uint64_t at_ms;
	pthread_t teller;	/* the thread that called done() */
};

#define WAIT_INIT { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, \
		    0, { 0 }, 0, 0 }

static void
done(void *arg, const struct auth_result *result)
{
	struct wait *w = arg;

	pthread_mutex_lock(&w->lock);
	w->told++;
	w->result = *result;
	w->at_ms = clock_mono_ms();
	w->teller = pthread_self();
	pthread_cond_signal(&w->cond);
	pthread_mutex_unlock(&w->lock);
}

static void
wait_for(struct wait *w, int told)
{
	pthread_mutex_lock(&w->lock);
	while (w->told < told)
		pthread_cond_wait(&w->cond, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

static enum auth_verdict
check(struct auth *auth, const char *user, const char *password,
    struct wait *w)
{
	int told = w->told;

	assert_int_equal(auth_check(auth, &(struct auth_request){
	    .user = bytes_of(user), .password = bytes_of(password),
	    .key = 1, .protocol = PROTOCOL_IMAP, .done = done, .arg = w }), 0);
	wait_for(w, told + 1);
	return w->result.verdict;
}

static struct auth *
auth_make(struct store *s, unsigned cache_s, unsigned delay_ms)
{
	struct auth_config c = { .lookup = lookup, .used = used, .arg = s,
	    .params = cheap, .threads = 2, .cache_s = cache_s,
	    .failure_delay_ms = delay_ms };

	memset(s, 0, sizeof(*s));
	hash_into(s->alice, "right");
	hash_into(s->app, "app");
	return auth_new(&c);
}

static const struct {
	const char *user, *password;
	enum auth_verdict verdict;
	uint64_t account;
	const char *login;
} rows[] = {
	{ "alice", "right", AUTH_OK, 7, "Alice" },
	{ "ALICE", "app", AUTH_OK, 7, "Alice" },
	{ "alice", "wrong", AUTH_WRONG, 0, "" },
	{ "alice", "", AUTH_WRONG, 0, "" },
	{ "nobody", "right", AUTH_WRONG, 0, "" },
	{ "nobody", "", AUTH_WRONG, 0, "" },
	{ "nopassword", "right", AUTH_WRONG, 0, "" },
	{ "closed", "right", AUTH_DISABLED, 7, "Alice" },
	{ "closed", "wrong", AUTH_WRONG, 0, "" },
};

static void
verdicts(void **state)
{
	struct wait w = WAIT_INIT;
	struct auth *auth;
	struct store s;

	for (unsigned cache_s = 0; cache_s <= 60; cache_s += 60) {
		auth = auth_make(&s, cache_s, 0);
		for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(*rows);
		    i++) {
			size_t n = i % (sizeof(rows) / sizeof(*rows));

			if (check(auth, rows[n].user, rows[n].password,
			    &w) != rows[n].verdict)
				fail_msg("row %zu: %d", n, w.result.verdict);
			assert_true(w.result.account == rows[n].account);
			assert_string_equal(w.result.login, rows[n].login);
			assert_int_equal(w.result.err.kind == ERR_NONE,
			    rows[n].verdict == AUTH_OK);
		}
		assert_int_equal(s.used[1], 2);
		assert_int_equal(s.used[2], 2);
		auth_free(&auth);
	}
}

/* How far the wall clock of this program has jumped; replaces libc's. */
static time_t jump_s;

time_t
time(time_t *out)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_sec += jump_s;
	if (out != NULL)
		*out = ts.tv_sec;
	return ts.tv_sec;
}

/* A cached answer is given by the thread that asks. */
static void
the_cache_does_not_follow_a_clock_that_jumps(void **state)
{
	struct wait w = WAIT_INIT;
	struct store s;
	struct auth *auth = auth_make(&s, 60, 0);

	assert_int_equal(check(auth, "alice", "right", &w), AUTH_OK);
	assert_false(pthread_equal(w.teller, pthread_self()));
	for (int i = -1; i <= 1; i++) {
		jump_s = i * 86400;
		assert_int_equal(check(auth, "alice", "right", &w), AUTH_OK);
		assert_true(pthread_equal(w.teller, pthread_self()));
	}
	jump_s = 0;
	auth_free(&auth);
}

static void
a_changed_password_is_not_cached(void **state)
{
	struct wait w = WAIT_INIT;
	struct store s;
	struct auth *auth = auth_make(&s, 60, 0);

	assert_int_equal(check(auth, "alice", "right", &w), AUTH_OK);
	hash_into(s.alice, "new");
	assert_int_equal(check(auth, "alice", "right", &w), AUTH_WRONG);
	assert_int_equal(check(auth, "alice", "new", &w), AUTH_OK);
	auth_free(&auth);
}

static void
a_broken_store_is_nobodys_fault(void **state)
{
	struct wait w = WAIT_INIT;
	struct store s;
	struct auth *auth = auth_make(&s, 60, 100000);

	s.is_broken = true;
	assert_int_equal(check(auth, "alice", "right", &w), AUTH_TEMP);
	assert_string_equal(w.result.err.text, "broken");
	auth_free(&auth);
}

static void
refusals_wait(void **state)
{
	struct wait w = WAIT_INIT;
	struct store s;
	struct auth *auth = auth_make(&s, 60, 150);
	uint64_t start = clock_mono_ms();

	assert_int_equal(check(auth, "alice", "wrong", &w), AUTH_WRONG);
	assert_true(w.at_ms - start >= 150);
	start = clock_mono_ms();
	assert_int_equal(check(auth, "nobody", "wrong", &w), AUTH_WRONG);
	assert_true(w.at_ms - start >= 150);
	/* A mechanism that verifies by itself does not bypass the delay. */
	start = clock_mono_ms();
	assert_int_equal(auth_check(auth, &(struct auth_request){
	    .user = BYTES("alice"), .proof = AUTH_DISPROVEN, .key = 1,
	    .protocol = PROTOCOL_IMAP, .done = done, .arg = &w }), 0);
	wait_for(&w, 3);
	assert_int_equal(w.result.verdict, AUTH_WRONG);
	assert_true(w.at_ms - start >= 150);
	auth_set_failure_delay(auth, 1000000);
	assert_int_equal(check(auth, "alice", "right", &w), AUTH_OK);
	/* At the end the checks in progress are answered. */
	assert_int_equal(auth_check(auth, &(struct auth_request){
	    .user = BYTES("alice"), .password = BYTES("wrong"), .key = 1,
	    .protocol = PROTOCOL_IMAP,
	    .done = done, .arg = &w }), 0);
	auth_free(&auth);
	assert_int_equal(w.told, 5);
	assert_int_equal(w.result.verdict, AUTH_WRONG);
}

static void
a_full_queue_says_so(void **state)
{
	struct wait w = WAIT_INIT;
	struct auth_config c = { .lookup = lookup, .params = { 1, 4096, 1 },
	    .threads = 1, .queue_max = 4 };
	struct auth *auth;
	struct store s;
	int refused = 0;

	auth = auth_make(&s, 0, 0);
	auth_free(&auth);
	c.arg = &s;
	auth = auth_new(&c);
	for (int i = 0; i < 100; i++)
		if (auth_check(auth, &(struct auth_request){
		    .user = BYTES("nobody"), .password = BYTES("x"),
		    .key = (uint64_t)i, .protocol = PROTOCOL_IMAP,
		    .done = done, .arg = &w }) == -1)
			refused++;
	assert_in_range(refused, 1, 99);
	wait_for(&w, 100 - refused);
	auth_free(&auth);
	assert_int_equal(w.told, 100 - refused);
}

/* Holds a thread of the pool until the test lets it go. */
struct hurdle {
	struct store store;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool is_reached, is_open;
};

static int
hurdle_lookup(void *arg, const struct auth_query *q,
    struct auth_account *out, struct err *err)
{
	struct hurdle *h = arg;

	return lookup(&h->store, q, out, err);
}

static void
hurdle_used(void *arg, uint64_t account, uint32_t login, uint32_t credential)
{
	struct hurdle *h = arg;

	pthread_mutex_lock(&h->lock);
	h->is_reached = true;
	pthread_cond_broadcast(&h->cond);
	while (!h->is_open)
		pthread_cond_wait(&h->cond, &h->lock);
	pthread_mutex_unlock(&h->lock);
}

/* Each is answered by the answering thread while the pool's only thread is
   stuck. */
static void
a_long_wait_is_given_up(void **state)
{
	struct hurdle h = { .lock = PTHREAD_MUTEX_INITIALIZER,
	    .cond = PTHREAD_COND_INITIALIZER };
	struct auth_config c = { .lookup = hurdle_lookup,
	    .used = hurdle_used, .arg = &h, .params = cheap, .threads = 1,
	    .queue_ms = 1, .failure_delay_ms = 1000000 };
	struct wait stuck = WAIT_INIT, w = WAIT_INIT;
	struct auth_request q = { .user = BYTES("alice"),
	    .password = BYTES("right"), .key = 1,
	    .protocol = PROTOCOL_IMAP, .done = done,
	    .arg = &stuck };
	struct auth *auth;

	hash_into(h.store.alice, "right");
	hash_into(h.store.app, "app");
	auth = auth_new(&c);
	/* Repeat until the thread answers in time. */
	do {
		stuck.told = 0;
		assert_int_equal(auth_check(auth, &q), 0);
		pthread_mutex_lock(&h.lock);
		while (!h.is_reached && __atomic_load_n(&stuck.told,
		    __ATOMIC_SEQ_CST) == 0) {
			pthread_mutex_unlock(&h.lock);
			sched_yield();
			pthread_mutex_lock(&h.lock);
		}
		pthread_mutex_unlock(&h.lock);
	} while (!h.is_reached);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(check(auth, "alice", "right", &w),
		    AUTH_TEMP);
		assert_int_equal(w.result.err.kind, ERR_TEMP);
	}
	assert_int_equal(check(auth, "nobody", "wrong", &w), AUTH_TEMP);
	pthread_mutex_lock(&h.lock);
	h.is_open = true;
	pthread_cond_broadcast(&h.cond);
	pthread_mutex_unlock(&h.lock);
	wait_for(&stuck, 1);
	assert_int_equal(stuck.result.verdict, AUTH_OK);
	auth_free(&auth);
	assert_int_equal(w.told, 4);
}

struct hashed {
	struct wait wait;
	char text[PASSWORD_HASH_LEN_MAX];
};

static void
hash_done(void *arg, const char *hash, const struct err *err)
{
	struct hashed *h = arg;
	struct auth_result r = { .verdict = hash == NULL ? AUTH_WRONG :
	    AUTH_OK, .err = *err };

	if (hash != NULL)
		(void)snprintf(h->text, sizeof(h->text), "%s", hash);
	done(&h->wait, &r);
}

static void
new_passwords_are_hashed(void **state)
{
	struct hashed h = { WAIT_INIT, "" };
	char longer[PASSWORD_LEN_MAX + 1];
	struct store s;
	struct auth *auth = auth_make(&s, 0, 0);

	assert_int_equal(auth_hash(auth, &cheap, BYTES("new"), hash_done,
	    &h), 0);
	wait_for(&h.wait, 1);
	assert_true(password_verify(bytes_of(h.text), BYTES("new")));
	memset(longer, 'x', sizeof(longer));
	assert_int_equal(auth_hash(auth, &cheap, bytes_make(longer,
	    sizeof(longer)), hash_done, &h), 0);
	wait_for(&h.wait, 2);
	assert_int_equal(h.wait.result.err.code, ERR_CODE_LIMIT);
	auth_free(&auth);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts),
		cmocka_unit_test(the_cache_does_not_follow_a_clock_that_jumps),
		cmocka_unit_test(a_changed_password_is_not_cached),
		cmocka_unit_test(a_broken_store_is_nobodys_fault),
		cmocka_unit_test(refusals_wait),
		cmocka_unit_test(a_full_queue_says_so),
		cmocka_unit_test(a_long_wait_is_given_up),
		cmocka_unit_test(new_passwords_are_hashed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
