/*
 * config - the milter's configuration, read at start and on SIGHUP
 *
 * A configuration never changes; SIGHUP replaces it with a new one.  Sessions
 * may still use the old one, so it stays in memory: a few kilobytes for each
 * reload.
 */
#ifndef MILTER_CONFIG_H
#define MILTER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "config/settings.h"
#include "net/addr.h"
#include "auth/keyfile.h"
#include "auth/verify.h"

struct networks {
	struct cidr *v;
	size_t n;
};

struct config {
	struct arena arena;
	struct settings *settings;	/* own; never changed once in force */
	struct keyfile *origin_keys;	/* own; NULL until config_read_keys() */
	struct verify_site *site;	/* own; NULL until config_open_site() */
	struct networks own, relays, exempt;
	const struct config *older;	/* the one that this one replaced */
};

/*
 * Makes a configuration.  Takes ownership of settings, even on error.  Returns
 * 0, or -1 if a network is invalid.
 */
int config_new(struct settings *settings, struct config **out,
    struct err *err);
/* Reads origin-key-file, or creates it.  0 or -1. */
int config_read_keys(struct config *c, struct err *err);
/* Makes c->site; call it after config_read_keys().  Borrows dns.  0 or -1. */
int config_open_site(struct config *c, struct dns *dns, struct err *err);
/* Returns the configuration in force; NULL before config_replace(). */
const struct config *config_current(void);
/* Puts c in force; c keeps the old one.  Only for the main thread. */
void config_replace(struct config *c);
/* Frees a configuration that was never in force. */
void config_free(struct config **c);

/* Is the address in one of the networks? */
bool networks_have(const struct networks *n, const struct addr *a);

/* Is the word in the list?  Ignores case. */
bool list_has(const struct settings_list *list, struct bytes word);

/* Is the address, or its "@domain", in the list (exempt-senders)? */
bool list_has_sender(const struct settings_list *list, struct bytes address);

#endif
