#include <config.h>

#include <string.h>

#include "directory/account.h"
#include "directory/address_map.h"
#include "directory/credential.h"
#include "directory/login_name.h"
#include "imapd/login.h"

/* Passwords that are tried for one user name. */
#define HASHES_MAX	32

struct hashes {
	struct arena *arena;
	struct bytes list[HASHES_MAX];
	uint32_t ids[HASHES_MAX];
	size_t n;
};

static int
hash_add(void *arg, const struct credential *c, struct err *err)
{
	struct hashes *h = arg;

	if (h->n == HASHES_MAX)
		return 1;
	h->ids[h->n] = c->id;
	h->list[h->n++] = bytes_dup(h->arena, bytes_of(c->hash));
	return 0;
}

/*
 * By login name, else by address.  An alias is nobody's, and what the site's
 * catch-all takes isn't either.
 */
static int
account_find(struct imapd *d, const struct reader *r, const char *user,
    struct arena *a, struct account *acc, struct err *err)
{
	struct address_site site = d->site;
	struct address addr;
	int rc;

	if ((rc = account_by_login(r, user, acc, err)) != 0)
		return rc;
	site.catch_all = "";
	site.postmaster = "";
	rc = address_resolve(r, &site, bytes_of(user), a, &addr, err);
	if (rc == -1 && err->kind == ERR_SYNTAX)
		return 0;
	if (rc != 1 || addr.kind != ADDRESS_ACCOUNT ||
	    addr.canonical[0] == '@')
		return rc == -1 ? -1 : 0;
	return account_get(r, addr.account, acc, err);
}

static int
account_read(struct imapd *d, const struct reader *r, const char *user,
    struct arena *a, struct auth_account *out, struct err *err)
{
	struct hashes h = { .arena = a };
	struct account acc;
	int rc;

	if ((rc = account_find(d, r, user, a, &acc, err)) != 1)
		return rc;
	if (credential_each(r, acc.id, hash_add, &h, err) == -1)
		return -1;
	out->id = acc.id;
	out->is_disabled = acc.disabled;
	(void)snprintf(out->login, sizeof(out->login), "%s", acc.login);
	out->hashes = arena_array(a, h.n, sizeof(*out->hashes));
	memcpy(out->hashes, h.list, h.n * sizeof(*out->hashes));
	out->ids = arena_array(a, h.n, sizeof(*out->ids));
	memcpy(out->ids, h.ids, h.n * sizeof(*out->ids));
	out->nhashes = h.n;
	return 1;
}

static int
login_lookup(void *arg, struct bytes user, struct arena *a,
    struct auth_account *out, struct err *err)
{
	struct imapd *d = arg;
	struct kv_snap snap;
	char *name;
	int rc;

	if (user.len == 0 || user.len > AUTH_LOGIN_MAX ||
	    (name = bytes_cstr(a, user)) == NULL)
		return 0;
	if (store_snap(d->store, &snap, err) == -1)
		return -1;
	rc = account_read(d, &snap.reader, name, a, out, err);
	kv_snap_end(&snap);
	return rc;
}

static void
login_used(void *arg, uint64_t account, uint32_t id)
{
	struct imapd *d = arg;

	credential_used(&d->store->db, account, id);
}

struct auth *
login_auth_new(struct imapd *d)
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

	return auth_new(&c);
}
