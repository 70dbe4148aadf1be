/*
 * cmd_dkim_rotate - postern dkim rotate: replaces keys so that every message
 * can be verified at any time.
 *
 * The new key is created first, but signs only after its record is in the DNS.
 * The old record must stay until all mail signed with the old key has arrived.
 */
#include <config.h>

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "net/dns.h"
#include "auth/dkim_record.h"
#include "command/options.h"
#include "command/output.h"
#include "ctl/cmd_dkim.h"
#include "ctl/commands.h"
#include "ctl/resolver.h"

struct rotate {
	struct command *c;
	const char *domain;
	bool force;
	time_t now;
	struct dkim_key_source keys;
	bool made;			/* this run made the pending keys */
	bool waiting;			/* a record is not in the DNS yet */
};

static struct dkim_key_place
place_of(const struct rotate *r, const char *selector)
{
	return (struct dkim_key_place){ r->c->settings.dkim_dir, r->domain,
	    selector, dkim_owner(r->c) };
}

static int
set_state(struct rotate *r, const struct dkim_key *key,
    enum dkim_state state)
{
	struct dkim_key_place place = place_of(r, key->selector);
	struct err err = ERR_INIT;

	if (dkim_key_set_state(&place, state, r->now, &err) == -1)
		return command_fail(&err);
	return COMMAND_OK;
}

/* Removes keys that were retired so long ago that no mail needs them. */
static int
remove_old(struct rotate *r, const struct dkim_keyset *set)
{
	struct err err = ERR_INIT;

	for (size_t i = 0; i < set->n; i++) {
		const struct dkim_key *k = &set->keys[i];

		if (k->state != DKIM_RETIRED ||
		    k->changed + DKIM_RETIRED_S > r->now)
			continue;
		if (dkim_key_remove(r->c->settings.dkim_dir, r->domain,
		    k->selector, &err) == -1)
			return command_fail(&err);
		(void)printf("; removed %s; you can remove its record from "
		    "the DNS: %s._domainkey.%s\n", k->selector, k->selector,
		    r->domain);
	}
	return COMMAND_OK;
}

static bool
has_state(const struct dkim_keyset *set, enum dkim_state state,
    enum dkim_algorithm algorithm)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->keys[i].state == state &&
		    (algorithm == DKIM_ALGORITHM_UNKNOWN ||
		    set->keys[i].algorithm == algorithm))
			return true;
	return false;
}

/* Creates a pending key for each algorithm that has an active key. */
static int
make_pending(struct rotate *r, const struct dkim_keyset *set)
{
	static const enum dkim_algorithm kinds[] = {
		DKIM_RSA_SHA256, DKIM_ED25519_SHA256
	};
	struct arena *a = &r->c->arena;
	const char *base = dkim_selector_choose(a, set, r->now);
	struct dkim_key_place place;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < 2; i++) {
		place = place_of(r, dkim_selector_name(a, base, kinds[i]));
		if (has_state(set, DKIM_ACTIVE, kinds[i]) &&
		    dkim_key_create(&place, kinds[i], DKIM_PENDING, r->now,
		    &err) == -1)
			return command_fail(&err);
	}
	return COMMAND_OK;
}

/* Is this key's record in the DNS? */
static bool
is_seen(struct rotate *r, const struct dkim_key *key)
{
	struct arena *a = &r->c->arena;
	struct dkim_record there, ours = { .revoked = false };
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;
	bool same;

	if (r->force)
		return true;
	/* A query now would put a negative answer into caches. */
	if (r->made)
		return false;
	dkim_record_fetch(&r->keys, a, dkim_sig_key_name(a,
	    bytes_of(key->selector), bytes_of(r->domain)),
	    clock_mono_ms() + r->c->settings.dns_deadline_ms, &there);
	if (there.status != DKIM_KEY_FOUND)
		return false;
	dkim_key_record(key, &text);
	same = dkim_record_parse(a, buf_view(&text), &ours, &err) == 0 &&
	    ours.algorithm == there.algorithm &&
	    bytes_eq(ours.key, there.key);
	buf_free(&text);
	return same;
}

/* Retires the keys that the new key with the same algorithm replaces. */
static int
retire_others(struct rotate *r, const struct dkim_keyset *set,
    const struct dkim_key *new)
{
	char date[CLOCK_STAMP_SIZE];
	int status = COMMAND_OK;

	(void)clock_stamp((uint64_t)(r->now + DKIM_RETIRED_S) * 1000, date);
	for (size_t i = 0; i < set->n && status == COMMAND_OK; i++) {
		const struct dkim_key *k = &set->keys[i];

		if (k->state != DKIM_ACTIVE || k->algorithm != new->algorithm)
			continue;
		status = set_state(r, k, DKIM_RETIRED);
		if (status == COMMAND_OK)
			(void)printf("; retired %s; keep its record in the "
			    "DNS until %.10s\n", k->selector, date);
	}
	return status;
}

/* Activates each pending key, or prints its record if the DNS lacks it. */
static int
activate(struct rotate *r, const struct dkim_keyset *set)
{
	int status = COMMAND_OK;

	for (size_t i = 0; i < set->n && status == COMMAND_OK; i++) {
		const struct dkim_key *k = &set->keys[i];

		if (k->state != DKIM_PENDING)
			continue;
		if (!is_seen(r, k)) {
			r->waiting = true;
			dkim_print_record(k, r->domain);
			continue;
		}
		status = set_state(r, k, DKIM_ACTIVE);
		if (status == COMMAND_OK)
			(void)printf("; active %s\n", k->selector);
		if (status == COMMAND_OK)
			status = retire_others(r, set, k);
	}
	return status;
}

static int
rotate(struct rotate *r)
{
	struct dkim_keyset *set;
	int status = COMMAND_OK, rc;

	if ((rc = dkim_keys_of(r->c, r->domain, &set, &status)) == -1)
		return status;
	if (rc == 0)
		return command_failf("'%s' has no keys; create them with: "
		    "postern dkim gen %s", r->domain, r->domain);
	status = remove_old(r, set);
	if (status == COMMAND_OK && !has_state(set, DKIM_PENDING,
	    DKIM_ALGORITHM_UNKNOWN)) {
		status = make_pending(r, set);
		r->made = true;
	}
	dkim_keyset_free(&set);
	if (status != COMMAND_OK ||
	    dkim_keys_of(r->c, r->domain, &set, &status) == -1)
		return status;
	if (set != NULL)
		status = activate(r, set);
	dkim_keyset_free(&set);
	if (status == COMMAND_OK && r->waiting && r->made)
		dkim_print_next(r->domain);
	else if (status == COMMAND_OK && r->waiting)
		return command_failf("these records are not in the DNS; "
		    "--force activates the keys anyway");
	return status;
}

int
cmd_dkim_rotate(struct command *c, int argc, char **argv)
{
	struct rotate r = { .c = c, .now = time(NULL) };
	const char *dns_data = NULL;
	const struct command_option options[] = {
		OPTION_FLAG("force", &r.force),
		OPTION_VALUE("dns-data", &dns_data),
		OPTION_END
	};
	struct err err = ERR_INIT;
	struct bytes domain;
	struct dns *dns;
	int status;

	if (!options_take(c, options, &argc, argv, &status))
		return status;
	if (command_load(c) == -1)
		return COMMAND_FAILED;
	if (dkim_name_parse(&c->arena, bytes_of(argv[0]), &domain, &err) ==
	    -1)
		return command_fail(&err);
	r.domain = domain.data;
	if (resolver_open(c, dns_data, &dns, &status) == -1)
		return status;
	r.keys = dkim_key_source_dns(dns);
	status = rotate(&r);
	dns_free(&dns);
	return status == COMMAND_OK ? command_flush() : status;
}
