/*
 * authenticate - decides whether a user may log in
 *
 * All logins, from IMAP and from the MTA's SASL, are decided here: those with
 * a password that must be checked and those that a SASL mechanism has already
 * verified.  Callbacks of the program look up the account and its secrets.
 * Hashes are computed in a separate pool of threads, so that logins do not
 * delay mail.
 *
 *	struct auth_config config = { .lookup = find, .arg = store };
 *	auth = auth_new(&config);
 *	...
 *	if (auth_check(auth, &(struct auth_request){ .user = user,
 *	    .password = password, .protocol = PROTOCOL_IMAP,
 *	    .key = addr_hash(&peer), .done = login_done, .arg = c }) == -1)
 *		... too many at a time: temporary failure
 *	return CONN_WAIT;	// login_done() ends with conn_resume(c)
 *
 * Neither the answer nor its time reveals whether a user exists.  If the user
 * does not exist, a hash is computed all the same, or the mechanism gets a
 * decoy: a secret that looks like any other but matches no password.
 */
#ifndef LOGIN_AUTHENTICATE_H
#define LOGIN_AUTHENTICATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "login/password.h"
#include "login/sasl.h"

#define AUTH_LOGIN_MAX	320
#define AUTH_DECOY_KEY_LEN	32

/* A look-up of a user by the program. */
struct auth_query {
	struct bytes user;
	enum secret_kind kind;		/* SECRET_NONE: only the account */
	enum login_protocol protocol;	/* only credentials for it */
};

/* The answer to a look-up. */
struct auth_account {
	uint64_t id;
	bool is_disabled;
	/* Canonical, even if the user does not exist; or empty. */
	char login[AUTH_LOGIN_MAX + 1];
	struct secret_list secrets;	/* of that kind; any one may match */
};

enum auth_verdict {
	AUTH_OK,
	AUTH_WRONG,		/* no such user, or wrong password */
	AUTH_DISABLED,		/* right, but the account is disabled */
	AUTH_TEMP		/* the look-up failed, or took too long */
};

struct auth_result {
	enum auth_verdict verdict;
	uint64_t account;		/* unless AUTH_WRONG or AUTH_TEMP */
	char login[AUTH_LOGIN_MAX + 1];	/* canonical; else empty */
	struct err err;			/* the reason; only for the log */
};

struct auth_config {
	/* Returns 1 if found, 0 if not, -1 on error.  out is empty before the
	   call; its secrets are wiped later.  Called in any thread. */
	int (*lookup)(void *arg, const struct auth_query *query,
	    struct auth_account *out, struct err *err);
	/* Called with a credential that was right.  May be NULL.  Called in
	   any thread; must not block. */
	void (*used)(void *arg, uint64_t account, uint32_t login,
	    uint32_t credential);
	void *arg;			/* of both */
	struct password_params params;	/* for users that do not exist */
	/* Key for the decoys of users that do not exist.  It must not change
	   when the program restarts, or their salts would change and reveal
	   that they are decoys. */
	uint8_t decoy_key[AUTH_DECOY_KEY_LEN];
	int threads;			/* 0: processors - 1, at least 1 */
	int queue_max;			/* 0: 64 */
	unsigned queue_ms;		/* longest wait for a thread; 0: 7000,
					   as Postfix waits 10 s in total */
	unsigned failure_delay_ms;	/* see auth_set_failure_delay() */
	unsigned cache_s;		/* 0: do not cache right passwords */
	size_t cache_max;		/* 0: 4096 */
};

/* How the user is verified. */
enum auth_proof {
	AUTH_BY_PASSWORD,		/* the password must be checked */
	AUTH_PROVEN,			/* a mechanism verified the user */
	AUTH_DISPROVEN			/* a mechanism refused the user */
};

struct auth_request {
	struct bytes user;		/* copied */
	enum auth_proof proof;
	struct bytes password;		/* copied; the copy is wiped */
	bool has_credential;		/* AUTH_PROVEN: with this one */
	uint32_t login, credential;
	enum login_protocol protocol;
	uint64_t key;			/* each key has a share of the queue */
	/*
	 * Called exactly once, in any thread, possibly before auth_check()
	 * returns.  The result is valid during the call.
	 */
	void (*done)(void *arg, const struct auth_result *result);
	void *arg;
};

struct auth;

struct auth *auth_new(const struct auth_config *config);
/*
 * Sets the shortest time between a request and its refusal, which makes
 * guessing slow.  Applies to later requests.  Call it from any thread.
 */
void auth_set_failure_delay(struct auth *auth, unsigned ms);

/* Waits for the checks in progress; refusals are then reported at once. */
void auth_free(struct auth **auth);

/*
 * Starts a check.  Returns 0, or -1 without calling done if too many checks are
 * already waiting, in total or with this key.
 */
int auth_check(struct auth *auth, const struct auth_request *request);

/*
 * Fills in the outcome of an exchange; result is SASL_PASSWORD, SASL_VERIFIED
 * or SASL_REFUSED.
 */
void auth_request_sasl(struct auth_request *request, const struct sasl *sasl,
    enum sasl_result result);

/* A search for the secrets that SASL_SECRETS needs. */
struct auth_search {
	struct bytes user;
	enum secret_kind kind;		/* must have a salt */
	enum login_protocol protocol;
	/*
	 * Called exactly once, in any thread, possibly before auth_find()
	 * returns.  If err is NULL, the list has at least one secret: a decoy
	 * if the user does not exist or has none.  The list is wiped after the
	 * call, unless secret_list_move() took it over.
	 */
	void (*found)(void *arg, struct secret_list *list,
	    const struct err *err);
	void *arg;
};

/* Runs without waiting in the queue, because it computes no password hash. */
void auth_find(struct auth *auth, const struct auth_search *search);

/*
 * Hashes a new password in the same pool.  done is called once, in a thread
 * of the pool, with the hash, or with NULL and an error; both are valid during
 * the call.  Returns 0, or -1 without calling done if too many are waiting.
 */
int auth_hash(struct auth *auth, const struct password_params *params,
    struct bytes password, void (*done)(void *arg, const char *hash,
    const struct err *err), void *arg);

#endif
