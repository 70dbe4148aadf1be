/*
 * config - makes a configuration from the settings and the files they name.
 */
#include <config.h>

#include <stdlib.h>

#include "mail/address.h"
#include "milter/config.h"

static const struct config *current;	/* atomic */

const struct config *
config_current(void)
{
	return __atomic_load_n(&current, __ATOMIC_ACQUIRE);
}

void
config_replace(struct config *c)
{
	c->older = current;
	__atomic_store_n(&current, c, __ATOMIC_RELEASE);
}

static int
networks_read(struct config *c, const char *name,
    const struct settings_list *list, struct networks *out, struct err *err)
{
	out->v = arena_array(&c->arena, list->n, sizeof(*out->v));
	for (size_t i = 0; i < list->n; i++)
		if (cidr_parse(bytes_of(list->v[i]), &out->v[out->n++],
		    err) == -1)
			return err_wrap(err, "setting %s", name);
	return 0;
}

int
config_new(struct settings *s, struct config **out, struct err *err)
{
	struct config *c = calloc(1, sizeof(*c));

	if (c == NULL)
		fatal("out of memory");
	arena_init(&c->arena);
	c->settings = s;
	if (networks_read(c, "own-networks", &s->own_networks, &c->own,
	    err) == -1 ||
	    networks_read(c, "trusted-relays", &s->trusted_relays, &c->relays,
	    err) == -1 ||
	    networks_read(c, "exempt-clients", &s->exempt_clients, &c->exempt,
	    err) == -1) {
		config_free(&c);
		return -1;
	}
	*out = c;
	return 0;
}

int
config_read_keys(struct config *c, struct err *err)
{
	return keyfile_open(c->settings->origin_key_file, 0640,
	    &c->origin_keys, err) == 0 ? 0 :
	    err_wrap(err, "setting origin-key-file");
}

int
config_open_site(struct config *c, struct dns *dns, struct err *err)
{
	/* Only the hosts of this site have that key. */
	const struct keyfile_key *key = keyfile_first(c->origin_keys);

	return verify_site_new(c->settings, dns,
	    bytes_make(key->bytes, sizeof(key->bytes)), &c->site, err);
}

void
config_free(struct config **cp)
{
	struct config *c = *cp;

	if (c == NULL)
		return;
	*cp = NULL;
	verify_site_free(&c->site);
	keyfile_free(&c->origin_keys);
	settings_free(c->settings);
	free(c->settings);
	arena_clear(&c->arena);
	free(c);
}

bool
networks_have(const struct networks *n, const struct addr *a)
{
	for (size_t i = 0; i < n->n; i++)
		if (cidr_has(&n->v[i], a))
			return true;
	return false;
}

bool
list_has(const struct settings_list *list, struct bytes word)
{
	for (size_t i = 0; i < list->n; i++)
		if (bytes_ieq_str(word, list->v[i]))
			return true;
	return false;
}

bool
list_has_sender(const struct settings_list *list, struct bytes address)
{
	ptrdiff_t at = address_at(address);

	return list_has(list, address) ||
	    (at >= 0 && list_has(list, bytes_from(address, (size_t)at)));
}
