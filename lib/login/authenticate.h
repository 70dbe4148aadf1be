/*
 * authenticate - is this the user's password?
 *
 * For all that takes passwords (IMAP's LOGIN and AUTHENTICATE, the MTA's
 * SASL).  Asks the program for the account's stored hashes, then
 * computes in a pool of threads of its own, so that logins neither block
 * mail nor each other beyond that pool.
 *
 *	struct auth_config config = { .lookup = find, .arg = store };
 *	auth = auth_new(&config);
 *	...
 *	if (auth_check(auth, &(struct auth_request){ .user = user,
 *	    .password = password, .key = addr_hash(&peer),
 *	    .done = login_done, .arg = c }) == -1)
 *		... too many at a time: temporary failure
 *	return CONN_WAIT;	// login_done() ends with conn_resume(c)
 *
 * Nobody can tell from the time an answer takes whether a user exists: for
 * one who does not, a hash is computed too.
 */
#ifndef LOGIN_AUTHENTICATE_H
#define LOGIN_AUTHENTICATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "login/password.h"

#define AUTH_LOGIN_MAX	320

/* What the program knows about a user. */
struct auth_account {
	uint64_t id;
	bool is_disabled;
	char login[AUTH_LOGIN_MAX + 1];	/* canonical */
	struct bytes *hashes;		/* in the arena; any one may match */
	uint32_t *ids;			/* of the hashes; NULL: none */
	size_t nhashes;
};

enum auth_verdict {
	AUTH_OK,
	AUTH_WRONG,		/* no such user, or not the password */
	AUTH_DISABLED,		/* the password is right, the account closed */
	AUTH_TEMP		/* could not be found out, or not in time */
};

struct auth_result {
	enum auth_verdict verdict;
	uint64_t account;		/* unless AUTH_WRONG or AUTH_TEMP */
	char login[AUTH_LOGIN_MAX + 1];	/* canonical; empty likewise */
	struct err err;			/* why; for the log alone */
};

struct auth_config {
	/* 1 found, 0 not, -1 error.  Called by the threads that check. */
	int (*lookup)(void *arg, struct bytes user, struct arena *a,
	    struct auth_account *out, struct err *err);
	/* This one was right.  May be NULL.  Any thread; do not block. */
	void (*used)(void *arg, uint64_t account, uint32_t id);
	void *arg;			/* of both */
	struct password_params params;	/* of a user who does not exist */
	int threads;			/* 0: processors - 1, at least 1 */
	int queue_max;			/* 0: 64 */
	unsigned queue_ms;		/* longest wait for a thread; 0: 7000,
					   since Postfix waits 10 s in all */
	unsigned failure_delay_ms;	/* see auth_set_failure_delay() */
	unsigned cache_s;		/* 0: no cache of right passwords */
	size_t cache_max;		/* 0: 4096 */
};

struct auth_request {
	struct bytes user, password;	/* copied */
	uint64_t key;			/* whose share of the queue */
	/*
	 * Called exactly once, in any thread, perhaps before auth_check()
	 * returns.  The result is valid during the call.
	 */
	void (*done)(void *arg, const struct auth_result *result);
	void *arg;
};

struct auth;

struct auth *auth_new(const struct auth_config *config);
/*
 * A refusal is told not before this time has gone by since the request, so
 * that guessing is slow.  For requests from now on; from any thread.
 */
void auth_set_failure_delay(struct auth *auth, unsigned ms);

/* Waits for the checks under way; refusals are told at once then. */
void auth_free(struct auth **auth);

/*
 * 0, or -1: too many checks are waiting already, in all or of this key; then
 * done is not called.
 */
int auth_check(struct auth *auth, const struct auth_request *request);

/*
 * Hashes a new password in the same pool.  done is called once, in a thread
 * of the pool, with the hash, or NULL and an error; both are valid during
 * the call.  0, or -1: too many are waiting, done is not called.
 */
int auth_hash(struct auth *auth, const struct password_params *params,
    struct bytes password, void (*done)(void *arg, const char *hash,
    const struct err *err), void *arg);

#endif
