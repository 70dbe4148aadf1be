/*
 * authenticate - may this user log in?
 *
 * Every login passes here, of IMAP and of the MTA's SASL, whether a password
 * is to be checked or a SASL mechanism has verified the user by itself.  The
 * program is asked for the account and its secrets; what takes a processor's
 * time is done in a pool of threads of its own, so that logins neither block
 * mail nor each other beyond that pool.
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
 * Nobody can tell from an answer or its time whether a user exists: for one
 * who does not, a hash is computed too, or the mechanism is given a secret
 * that looks like any other and that nobody knows the password of.
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

/* Whom the program is asked about. */
struct auth_query {
	struct bytes user;
	enum secret_kind kind;		/* SECRET_NONE: the account alone */
	enum login_protocol protocol;	/* credentials that are for it */
};

/* What the program knows about a user. */
struct auth_account {
	uint64_t id;
	bool is_disabled;
	/* Canonical; that of a user who does not exist too, or empty. */
	char login[AUTH_LOGIN_MAX + 1];
	struct secret_list secrets;	/* of that kind; any one may match */
};

enum auth_verdict {
	AUTH_OK,
	AUTH_WRONG,		/* no such user, or not the password */
	AUTH_DISABLED,		/* right, but the account is closed */
	AUTH_TEMP		/* could not be found out, or not in time */
};

struct auth_result {
	enum auth_verdict verdict;
	uint64_t account;		/* unless AUTH_WRONG or AUTH_TEMP */
	char login[AUTH_LOGIN_MAX + 1];	/* canonical; empty likewise */
	struct err err;			/* why; for the log alone */
};

struct auth_config {
	/* 1 found, 0 not, -1 error; out is empty before, and cleared by
	   authenticate.  Called by the threads that check. */
	int (*lookup)(void *arg, const struct auth_query *query,
	    struct auth_account *out, struct err *err);
	/* This one was right.  May be NULL.  Any thread; do not block. */
	void (*used)(void *arg, uint64_t account, uint32_t login,
	    uint32_t credential);
	void *arg;			/* of both */
	struct password_params params;	/* of a user who does not exist */
	/* Makes the decoys of users who do not exist: the same with each
	   start, or their salts would change and give them away. */
	uint8_t decoy_key[AUTH_DECOY_KEY_LEN];
	int threads;			/* 0: processors - 1, at least 1 */
	int queue_max;			/* 0: 64 */
	unsigned queue_ms;		/* longest wait for a thread; 0: 7000,
					   since Postfix waits 10 s in all */
	unsigned failure_delay_ms;	/* see auth_set_failure_delay() */
	unsigned cache_s;		/* 0: no cache of right passwords */
	size_t cache_max;		/* 0: 4096 */
};

/* What speaks for the user. */
enum auth_proof {
	AUTH_BY_PASSWORD,		/* the password, to be checked */
	AUTH_PROVEN,			/* a mechanism verified it */
	AUTH_DISPROVEN			/* a mechanism found it wrong */
};

struct auth_request {
	struct bytes user;		/* copied */
	enum auth_proof proof;
	struct bytes password;		/* copied, and wiped */
	bool has_credential;		/* AUTH_PROVEN: by this one */
	uint32_t login, credential;
	enum login_protocol protocol;
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

/* Fills in what an exchange came to: PASSWORD, VERIFIED or REFUSED. */
void auth_request_sasl(struct auth_request *request, const struct sasl *sasl,
    enum sasl_result result);

/* For SASL_SECRETS. */
struct auth_search {
	struct bytes user;
	enum secret_kind kind;		/* one with a salt */
	enum login_protocol protocol;
	/*
	 * Called exactly once, in any thread, perhaps before auth_find()
	 * returns.  err NULL: the list has one secret at least
	 * (secret_list_move() takes it over, else it is wiped), which of a
	 * user who does not exist, or has none, is a decoy.
	 */
	void (*found)(void *arg, struct secret_list *list,
	    const struct err *err);
	void *arg;
};

/* Does not wait in the queue: nothing costs a processor's time here. */
void auth_find(struct auth *auth, const struct auth_search *search);

/*
 * Hashes a new password in the same pool.  done is called once, in a thread
 * of the pool, with the hash, or NULL and an error; both are valid during
 * the call.  0, or -1: too many are waiting, done is not called.
 */
int auth_hash(struct auth *auth, const struct password_params *params,
    struct bytes password, void (*done)(void *arg, const char *hash,
    const struct err *err), void *arg);

#endif
