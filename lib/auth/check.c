#include <config.h>

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auth/check.h"
#include "net/jobpool.h"

#define CACHE_MAX	4096

struct auth {
	struct auth_config config;
	struct jobpool *pool;		/* own */
	struct password_cache *cache;	/* own; NULL: none */
};

/* A check on its way through the pool; all its memory is the arena's. */
struct check {
	struct auth *auth;		/* borrowed */
	struct arena arena;
	char *user, *password;
	size_t user_len, password_len;
	bool is_known;
	struct auth_account account;
	void (*done)(void *arg, const struct auth_result *result);
	void *arg;
};

struct auth *
auth_new(const struct auth_config *config)
{
	struct jobpool_config pool = { .threads = config->threads,
	    .queue_max = config->queue_max };
	struct auth *auth = calloc(1, sizeof(*auth));

	if (auth == NULL)
		fatal("out of memory for logins");
	auth->config = *config;
	auth->pool = jobpool_new(&pool);
	if (config->cache_s > 0)
		auth->cache = password_cache_new(config->cache_max > 0 ?
		    config->cache_max : CACHE_MAX, config->cache_s);
	return auth;
}

void
auth_free(struct auth **auth)
{
	struct auth *a = *auth;

	*auth = NULL;
	if (a == NULL)
		return;
	jobpool_free(&a->pool);
	password_cache_free(&a->cache);
	free(a);
}

static void
check_free(struct check *c)
{
	if (c->password_len > 0)
		OPENSSL_cleanse(c->password, c->password_len);
	arena_clear(&c->arena);
	free(c);
}

static struct bytes
check_password(const struct check *c)
{
	return bytes_make(c->password, c->password_len);
}

/* Tells the outcome, once, and ends the check. */
static void
check_finish(struct check *c, enum auth_verdict verdict,
    const struct err *err)
{
	struct auth_result r;

	memset(&r, 0, sizeof(r));
	if (verdict == AUTH_OK && c->account.is_disabled)
		verdict = AUTH_DISABLED;
	r.verdict = verdict;
	if (err != NULL)
		r.err = *err;
	if (verdict == AUTH_OK || verdict == AUTH_DISABLED) {
		r.account = c->account.id;
		memcpy(r.login, c->account.login, sizeof(r.login));
	}
	c->done(c->arg, &r);
	check_free(c);
}

/* Is it one of those that were right a moment ago? */
static bool
check_is_cached(const struct check *c)
{
	struct password_cache *cache = c->auth->cache;

	if (cache == NULL)
		return false;
	for (size_t i = 0; i < c->account.nhashes; i++)
		if (password_cache_has(cache, bytes_of(c->account.login),
		    c->account.hashes[i], check_password(c), time(NULL)))
			return true;
	return false;
}

/* A job of the pool. */
static void
check_run(void *arg)
{
	struct check *c = arg;
	struct password_cache *cache = c->auth->cache;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < c->account.nhashes; i++) {
		if (!password_verify(c->account.hashes[i], check_password(c)))
			continue;
		if (cache != NULL)
			password_cache_add(cache, bytes_of(c->account.login),
			    c->account.hashes[i], check_password(c),
			    time(NULL));
		check_finish(c, AUTH_OK, NULL);
		return;
	}
	if (c->account.nhashes == 0)
		password_verify_nobody(&c->auth->config.params,
		    check_password(c));
	err_code(&err, ERR_REFUSED, ERR_CODE_AUTH, "%s",
	    !c->is_known ? "no such user" :
	    c->account.nhashes == 0 ? "the account has no password" :
	    "wrong password");
	check_finish(c, AUTH_WRONG, &err);
}

static struct check *
check_new(struct auth *auth, const struct auth_request *q)
{
	struct check *c = calloc(1, sizeof(*c));

	if (c == NULL)
		fatal("out of memory for a login");
	c->auth = auth;
	arena_init(&c->arena);
	c->user_len = q->user.len;
	c->user = arena_memdup(&c->arena, q->user.data, q->user.len);
	c->password_len = q->password.len;
	c->password = arena_memdup(&c->arena, q->password.data,
	    q->password.len);
	c->done = q->done;
	c->arg = q->arg;
	return c;
}

int
auth_check(struct auth *auth, const struct auth_request *request)
{
	struct check *c = check_new(auth, request);
	struct err err = ERR_INIT;
	int rc;

	rc = auth->config.lookup(auth->config.lookup_arg,
	    bytes_make(c->user, c->user_len), &c->arena, &c->account, &err);
	if (rc == -1) {
		check_finish(c, AUTH_TEMP, &err);
		return 0;
	}
	if ((c->is_known = rc == 1) == false)
		memset(&c->account, 0, sizeof(c->account));
	if (check_is_cached(c)) {
		check_finish(c, AUTH_OK, NULL);
		return 0;
	}
	if (jobpool_submit(auth->pool, request->key, check_run, c) == -1) {
		check_free(c);
		return -1;
	}
	return 0;
}
