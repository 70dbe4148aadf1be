/*
 * login_lookup - finds the account for a user name, and its secrets
 *
 * Implements the callbacks of login/authenticate.h.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "directory/account.h"
#include "directory/address_map.h"
#include "directory/credential.h"
#include "directory/login_name.h"
#include "directory/site_secret.h"
#include "imapd/login_lookup.h"

/*
 * Finds the account by login name, else by address.  An alias belongs to no
 * account, and neither does an address that only the site's catch-all accepts.
 */
static int
account_find(struct imapd *d, const struct reader *r, const char *user,
    struct account *acc, struct err *err)
{
	struct address_site site = d->site;
	struct address addr;
	struct arena a;
	int rc;

	if ((rc = account_by_login(r, user, acc, err)) != 0)
		return rc;
	site.catch_all = "";
	site.postmaster = "";
	arena_init(&a);
	rc = address_resolve(r, &site, bytes_of(user), &a, &addr, err);
	if (rc == -1 && err->kind == ERR_SYNTAX)
		rc = 0;
	if (rc == 1 && (addr.kind != ADDRESS_ACCOUNT ||
	    addr.canonical[0] == '@'))
		rc = 0;
	if (rc == 1)
		rc = account_get(r, addr.account, acc, err);
	arena_clear(&a);
	return rc;
}

/* Returns 1 if found, 0 if not, -1 on error. */
static int
login_read(struct imapd *d, const struct reader *r, const char *user,
    const struct auth_query *q, struct auth_account *out, struct err *err)
{
	struct account acc;
	int rc;

	if ((rc = account_find(d, r, user, &acc, err)) != 1)
		return rc;
	out->id = acc.id;
	out->is_disabled = acc.disabled;
	(void)snprintf(out->login, sizeof(out->login), "%s", acc.login);
	if (q->kind == SECRET_NONE)
		return 1;
	return credential_secrets(r, &(struct credential_query){
	    .account = acc.id, .login = CREDENTIAL_LOGIN, .kind = q->kind,
	    .protocols = q->protocol }, &out->secrets, err) == -1 ? -1 : 1;
}

static int
login_lookup(void *arg, const struct auth_query *q, struct auth_account *out,
    struct err *err)
{
	struct imapd *d = arg;
	char user[AUTH_LOGIN_MAX + 1];
	struct err ignored = ERR_INIT;
	struct kv_snap snap;
	int rc;

	if (q->user.len == 0 || q->user.len > AUTH_LOGIN_MAX ||
	    memchr(q->user.data, '\0', q->user.len) != NULL)
		return 0;
	memcpy(user, q->user.data, q->user.len);
	user[q->user.len] = '\0';
	if (login_canonical(q->user, out->login, &ignored) == -1)
		out->login[0] = '\0';
	if (store_snap(d->store, &snap, err) == -1)
		return -1;
	rc = login_read(d, &snap.reader, user, q, out, err);
	kv_snap_end(&snap);
	return rc;
}

static void
login_used(void *arg, uint64_t account, uint32_t login, uint32_t credential)
{
	struct imapd *d = arg;

	credential_used(&d->store->db, account, login, credential);
}

int
login_auth_new(struct imapd *d, struct auth **out, struct err *err)
{
	const struct settings *s = imapd_settings(d);
	struct auth_config c = {
		.lookup = login_lookup,
		.used = login_used,
		.arg = d,
		.params = {
			.time_cost = (uint32_t)s->argon2_time,
			.memory_kib = (uint32_t)(s->argon2_memory / 1024),
			.lanes = (uint32_t)s->argon2_parallelism,
		},
		.threads = (int)s->auth_threads,
		.queue_max = (int)s->auth_queue_max,
		.failure_delay_ms = (unsigned)s->auth_failure_delay_ms,
		.cache_s = (unsigned)(s->auth_cache_ms / 1000),
	};

	if (site_secret(&d->store->db, "login decoys", c.decoy_key, err) == -1)
		return -1;
	*out = auth_new(&c);
	explicit_bzero(c.decoy_key, sizeof(c.decoy_key));
	return 0;
}
