/*
 * authenticate - checks logins in a pool of threads, and delays refusals
 */
#include <config.h>

#include <sys/queue.h>

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/condition.h"
#include "base/encode.h"
#include "base/random.h"
#include "base/thread.h"
#include "net/jobpool.h"
#include "login/authenticate.h"

#define CACHE_MAX	4096
#define QUEUE_MS	7000

/*
 * A check in the pool; all its memory is in the arena.  The pool's job frees
 * it, or the teller if it is a refusal.
 */
struct check {
	struct check *next;		/* in the queue of refusals */
	TAILQ_ENTRY(check) waiting;	/* for a thread of the pool */
	uint64_t give_up_ms;		/* waits until then */
	bool is_given_up;		/* already answered: skip the job */
	struct auth *auth;		/* borrowed */
	struct arena arena;
	struct auth_request request;	/* its bytes in the arena */
	bool is_known;
	uint64_t due_ms;		/* when to report a refusal */
	struct auth_account account;
	struct auth_result result;
};

/*
 * Refusals wait in a queue until they are due; a separate thread, the teller,
 * then reports them.  They are few, because each needed a computation.  The
 * same thread gives up checks that no thread of the pool began in time.
 */
struct auth {
	struct auth_config config;
	struct jobpool *pool;		/* own */
	struct password_cache *cache;	/* own; NULL: none */
	unsigned failure_delay_ms;	/* atomic */

	pthread_t teller;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool is_stopping;
	struct check *first;		/* refusals, by due_ms */
	TAILQ_HEAD(, check) waiting;	/* by give_up_ms */
};

static void
check_free(struct check *c)
{
	struct bytes password = c->request.password;

	/* The bytes are in our arena, so we may drop the const. */
	if (password.len > 0)
		explicit_bzero((char *)(uintptr_t)password.data,
		    password.len);
	secret_list_clear(&c->account.secrets);
	arena_clear(&c->arena);
	free(c);
}

/* Reports the outcome, and ends the check. */
static void
check_tell(struct check *c)
{
	c->request.done(c->request.arg, &c->result);
	check_free(c);
}

/* Puts the check into the list of those that wait for a thread. */
static void
wait_begin(struct check *c)
{
	struct auth *auth = c->auth;

	pthread_mutex_lock(&auth->lock);
	c->give_up_ms = clock_mono_ms() + auth->config.queue_ms;
	if (TAILQ_EMPTY(&auth->waiting))
		pthread_cond_signal(&auth->changed);
	TAILQ_INSERT_TAIL(&auth->waiting, c, waiting);
	pthread_mutex_unlock(&auth->lock);
}

/* Ends the wait.  Returns false if the check was given up: then the caller must
   only free its memory. */
static bool
wait_end(struct check *c)
{
	struct auth *auth = c->auth;
	bool is_given_up;

	pthread_mutex_lock(&auth->lock);
	is_given_up = c->is_given_up;
	if (!is_given_up)
		TAILQ_REMOVE(&auth->waiting, c, waiting);
	pthread_mutex_unlock(&auth->lock);
	return !is_given_up;
}

/* Gives up a check.  Called with the lock held, but releases it, after which
   the job may free c. */
static void
teller_give_up(struct auth *auth, struct check *c)
{
	struct auth_result result = { .verdict = AUTH_TEMP };
	void (*done)(void *, const struct auth_result *) = c->request.done;
	void *arg = c->request.arg;

	(void)err_set(&result.err, ERR_TEMP, "too many logins were waiting "
	    "for %u ms (setting auth-threads)", auth->config.queue_ms);
	TAILQ_REMOVE(&auth->waiting, c, waiting);
	c->is_given_up = true;
	pthread_mutex_unlock(&auth->lock);
	done(arg, &result);
	pthread_mutex_lock(&auth->lock);
}

/* Waits until a refusal is due, a check must be given up, or a signal. */
static void
teller_wait(struct auth *auth)
{
	const struct check *waiting = TAILQ_FIRST(&auth->waiting);
	uint64_t until_ms = UINT64_MAX;

	if (auth->first != NULL)
		until_ms = auth->first->due_ms;
	if (waiting != NULL && waiting->give_up_ms < until_ms)
		until_ms = waiting->give_up_ms;
	if (until_ms == UINT64_MAX)
		pthread_cond_wait(&auth->changed, &auth->lock);
	else
		(void)condition_wait_until(&auth->changed, &auth->lock,
		    until_ms);
}

static void *
teller_run(void *arg)
{
	struct auth *auth = arg;
	struct check *c;

	pthread_mutex_lock(&auth->lock);
	while (!auth->is_stopping || auth->first != NULL) {
		c = TAILQ_FIRST(&auth->waiting);
		if (c != NULL && c->give_up_ms <= clock_mono_ms()) {
			teller_give_up(auth, c);
			continue;
		}
		c = auth->first;
		if (c == NULL || (!auth->is_stopping &&
		    c->due_ms > clock_mono_ms())) {
			teller_wait(auth);
			continue;
		}
		auth->first = c->next;
		pthread_mutex_unlock(&auth->lock);
		check_tell(c);
		pthread_mutex_lock(&auth->lock);
	}
	pthread_mutex_unlock(&auth->lock);
	return NULL;
}

/*
 * Puts a refusal into the queue.  Its place is near the end, because the delay
 * is the same for all, unless a computation took longer.
 */
static void
teller_add(struct auth *auth, struct check *c)
{
	struct check **at;

	pthread_mutex_lock(&auth->lock);
	for (at = &auth->first; *at != NULL; at = &(*at)->next)
		if ((*at)->due_ms > c->due_ms)
			break;
	c->next = *at;
	*at = c;
	pthread_cond_signal(&auth->changed);
	pthread_mutex_unlock(&auth->lock);
}

static void
teller_start(struct auth *auth)
{
	struct err err = ERR_INIT;

	condition_init(&auth->changed);
	pthread_mutex_init(&auth->lock, NULL);
	if (thread_start(&auth->teller, "login-refusals", teller_run, auth,
	    &err) == -1)
		fatal("%s", err.text);
}

struct auth *
auth_new(const struct auth_config *config)
{
	struct jobpool_config pool = { .threads = config->threads,
	    .queue_max = config->queue_max };
	struct auth *auth = calloc(1, sizeof(*auth));

	if (auth == NULL)
		fatal("out of memory for logins");
	auth->config = *config;
	if (auth->config.queue_ms == 0)
		auth->config.queue_ms = QUEUE_MS;
	TAILQ_INIT(&auth->waiting);
	auth_set_failure_delay(auth, config->failure_delay_ms);
	auth->pool = jobpool_new(&pool);
	if (config->cache_s > 0)
		auth->cache = password_cache_new(config->cache_max > 0 ?
		    config->cache_max : CACHE_MAX, config->cache_s);
	teller_start(auth);
	return auth;
}

void
auth_set_failure_delay(struct auth *auth, unsigned ms)
{
	__atomic_store_n(&auth->failure_delay_ms, ms, __ATOMIC_RELAXED);
}

void
auth_free(struct auth **auth)
{
	struct auth *a = *auth;

	*auth = NULL;
	if (a == NULL)
		return;
	jobpool_free(&a->pool);
	pthread_mutex_lock(&a->lock);
	a->is_stopping = true;
	pthread_cond_signal(&a->changed);
	pthread_mutex_unlock(&a->lock);
	pthread_join(a->teller, NULL);
	pthread_cond_destroy(&a->changed);
	pthread_mutex_destroy(&a->lock);
	password_cache_free(&a->cache);
	explicit_bzero(a, sizeof(*a));
	free(a);
}

static void
check_finish(struct check *c, enum auth_verdict verdict,
    const struct err *err)
{
	struct auth_result *r = &c->result;

	if (verdict == AUTH_OK && c->account.is_disabled) {
		verdict = AUTH_DISABLED;
		err_code(&r->err, ERR_REFUSED, ERR_CODE_DISABLED,
		    "the account is disabled");
	}
	r->verdict = verdict;
	if (err != NULL)
		r->err = *err;
	if (verdict == AUTH_OK || verdict == AUTH_DISABLED) {
		r->account = c->account.id;
		memcpy(r->login, c->account.login, sizeof(r->login));
	}
	if (verdict == AUTH_OK || verdict == AUTH_TEMP)
		check_tell(c);
	else
		teller_add(c->auth, c);
}

static void
check_used(const struct check *c, uint32_t login, uint32_t credential)
{
	const struct auth_config *config = &c->auth->config;

	if (config->used != NULL && !c->account.is_disabled)
		config->used(config->arg, c->account.id, login, credential);
}

/* The password matched this secret. */
static void
check_right(struct check *c, const struct secret_entry *e)
{
	check_used(c, e->login, e->credential);
	check_finish(c, AUTH_OK, NULL);
}

static void
check_wrong(struct check *c, const char *why)
{
	struct err err = ERR_INIT;

	err_code(&err, ERR_REFUSED, ERR_CODE_AUTH, "%s", why);
	check_finish(c, AUTH_WRONG, &err);
}

/* The clock for the cache, which must not follow changes of the wall clock. */
static time_t
seconds(void)
{
	return (time_t)(clock_mono_ms() / 1000);
}

/* Ends the check and returns true if the cache has the password. */
static bool
check_by_cache(struct check *c)
{
	struct password_cache *cache = c->auth->cache;
	const struct secret_list *list = &c->account.secrets;

	if (cache == NULL)
		return false;
	for (size_t i = 0; i < list->n; i++)
		if (password_cache_has(cache, bytes_of(c->account.login),
		    secret_value(&list->entries[i].secret),
		    c->request.password, seconds())) {
			check_right(c, &list->entries[i]);
			return true;
		}
	return false;
}

/* Checks a password, as a job of the pool. */
static void
check_run(void *arg)
{
	struct check *c = arg;
	struct password_cache *cache = c->auth->cache;
	const struct secret_list *list = &c->account.secrets;

	if (!wait_end(c)) {
		check_free(c);
		return;
	}
	for (size_t i = 0; i < list->n; i++) {
		struct bytes hash = secret_value(&list->entries[i].secret);

		if (!password_verify(hash, c->request.password))
			continue;
		if (cache != NULL)
			password_cache_add(cache, bytes_of(c->account.login),
			    hash, c->request.password, seconds());
		check_right(c, &list->entries[i]);
		return;
	}
	if (list->n == 0)
		password_verify_nobody(&c->auth->config.params,
		    c->request.password);
	check_wrong(c, !c->is_known ? "no such user" : list->n == 0 ?
	    "the account has no password" : "wrong password");
}

static struct check *
check_new(struct auth *auth, const struct auth_request *q)
{
	struct check *c = calloc(1, sizeof(*c));

	if (c == NULL)
		fatal("out of memory for a login");
	c->auth = auth;
	arena_init(&c->arena);
	c->request = *q;
	c->request.user = bytes_dup(&c->arena, q->user);
	c->request.password = bytes_dup(&c->arena, q->password);
	c->due_ms = clock_mono_ms() + __atomic_load_n(
	    &auth->failure_delay_ms, __ATOMIC_RELAXED);
	return c;
}

/* Looks up an account.  Returns 1 if found, 0 if not, -1 on error. */
static int
account_find(struct auth *auth, const struct auth_query *q,
    struct auth_account *out, struct err *err)
{
	return auth->config.lookup(auth->config.arg, q, out, err);
}

/* A mechanism has verified or refused the user; check only the account. */
static void
check_proven(struct check *c)
{
	const struct auth_request *q = &c->request;

	if (q->proof == AUTH_DISPROVEN)
		check_wrong(c, "wrong password, or no such user");
	else if (!c->is_known)
		check_wrong(c, "no such user");
	else {
		if (q->has_credential)
			check_used(c, q->login, q->credential);
		check_finish(c, AUTH_OK, NULL);
	}
}

int
auth_check(struct auth *auth, const struct auth_request *request)
{
	struct check *c = check_new(auth, request);
	struct auth_query query = { c->request.user, SECRET_NONE,
	    request->protocol };
	struct err err = ERR_INIT;
	bool is_told;
	int rc;

	if (request->proof == AUTH_BY_PASSWORD)
		query.kind = SECRET_PASSWORD;
	rc = account_find(auth, &query, &c->account, &err);
	if (rc == -1) {
		check_finish(c, AUTH_TEMP, &err);
		return 0;
	}
	c->is_known = rc == 1;
	if (request->proof != AUTH_BY_PASSWORD) {
		check_proven(c);
		return 0;
	}
	if (!c->is_known)
		secret_list_clear(&c->account.secrets);
	if (check_by_cache(c))
		return 0;
	wait_begin(c);
	if (jobpool_submit(auth->pool, request->key, check_run, c) == 0)
		return 0;
	is_told = !wait_end(c);
	check_free(c);
	return is_told ? 0 : -1;
}

void
auth_request_sasl(struct auth_request *request, const struct sasl *sasl,
    enum sasl_result result)
{
	const struct secret_entry *e = sasl_proof(sasl);

	request->user = sasl_user(sasl);
	request->password = sasl_password(sasl);
	request->proof = result == SASL_PASSWORD ? AUTH_BY_PASSWORD :
	    result == SASL_VERIFIED ? AUTH_PROVEN : AUTH_DISPROVEN;
	request->has_credential = e != NULL;
	if (e != NULL) {
		request->login = e->login;
		request->credential = e->credential;
	}
}

/* ---- secrets for mechanisms ---- */

/*
 * Makes a decoy.  Its salt and count are always the same for a name and a kind,
 * as if the user existed; no password matches its value.
 */
static void
decoy_make(const struct auth *auth, const struct secret_kind_info *k,
    struct bytes name, struct secret *out)
{
	uint8_t mac[EVP_MAX_MD_SIZE];
	unsigned n = sizeof(mac);
	struct buf b = BUF_INIT;

	buf_byte(&b, (char)k->kind);
	buf_bytes(&b, name);
	if (HMAC(EVP_sha512(), auth->config.decoy_key, AUTH_DECOY_KEY_LEN,
	    (unsigned char *)b.data, b.len, mac, &n) == NULL)
		fatal("cannot compute a keyed hash");
	buf_free(&b);
	memset(out, 0, sizeof(*out));
	out->kind = k->kind;
	out->count = k->decoy_count;
	out->salt_len = k->decoy_salt_len;
	memcpy(out->salt, mac, out->salt_len);
	out->value_len = k->value_max;
	random_bytes(out->value, out->value_len);
}

/* Returns the name for a decoy: "Al" and "al" must get the same one. */
static struct bytes
decoy_name(const struct auth_account *acc, const struct auth_query *q)
{
	return acc->login[0] != '\0' ? bytes_of(acc->login) : q->user;
}

void
auth_find(struct auth *auth, const struct auth_search *search)
{
	const struct secret_kind_info *k = secret_kind_info(search->kind);
	struct auth_query query = { search->user, search->kind,
	    search->protocol };
	struct auth_account acc = { .id = 0 };
	struct err err = ERR_INIT;
	struct secret decoy;
	int rc;

	assert(k != NULL && k->decoy_salt_len > 0);
	rc = account_find(auth, &query, &acc, &err);
	/* Made even if it is not needed, so that the time is the same. */
	decoy_make(auth, k, decoy_name(&acc, &query), &decoy);
	if (rc == 0)
		secret_list_clear(&acc.secrets);
	if (rc != -1 && acc.secrets.n == 0)
		(void)secret_list_add(&acc.secrets, 0, 0, &decoy);
	search->found(search->arg, &acc.secrets, rc == -1 ? &err : NULL);
	secret_list_clear(&acc.secrets);
}

/* ---- new passwords ---- */

/* A password to hash, as a job of the pool. */
struct hashing {
	struct password_params params;
	char password[PASSWORD_LEN_MAX];
	size_t len;
	void (*done)(void *arg, const char *hash, const struct err *err);
	void *arg;
};

static void
hashing_run(void *arg)
{
	struct hashing *h = arg;
	struct buf hash = BUF_INIT;
	struct err err = ERR_INIT;
	int rc;

	rc = password_hash(&h->params, bytes_make(h->password, h->len),
	    &hash, &err);
	h->done(h->arg, rc == 0 ? buf_cstr(&hash) : NULL, &err);
	buf_wipe(&hash);
	explicit_bzero(h->password, sizeof(h->password));
	free(h);
}

int
auth_hash(struct auth *auth, const struct password_params *params,
    struct bytes password, void (*done)(void *arg, const char *hash,
    const struct err *err), void *arg)
{
	struct hashing *h = calloc(1, sizeof(*h));

	if (h == NULL)
		fatal("out of memory for a password");
	h->params = *params;
	/* Keep len even if it is too long, so that password_hash() refuses
	   it. */
	h->len = password.len;
	memcpy(h->password, password.data, password.len <
	    sizeof(h->password) ? password.len : sizeof(h->password));
	h->done = done;
	h->arg = arg;
	if (jobpool_submit(auth->pool, (uint64_t)(uintptr_t)arg,
	    hashing_run, h) == 0)
		return 0;
	explicit_bzero(h->password, sizeof(h->password));
	free(h);
	return -1;
}
