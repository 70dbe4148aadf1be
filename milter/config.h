/*
 * config - what sessions go by, read at start and at SIGHUP
 *
 * A configuration does not change; SIGHUP puts another one in its place.
 * Sessions may hold the old one: it stays in memory, a few kilobytes each
 * time somebody reloads.
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
	struct settings *settings;	/* own; not changed once in force */
	struct keyfile *origin_keys;	/* own; NULL until config_read_keys() */
	struct verify_site *site;	/* own; NULL until config_open_site() */
	struct networks own, relays, exempt;
	const struct config *older;	/* that this one replaced */
};

/* Owns settings from now on, on error too.  0, or -1: a network is wrong. */
int config_new(struct settings *settings, struct config **out,
    struct err *err);
/* Reads origin-key-file, or makes it.  0 or -1. */
int config_read_keys(struct config *c, struct err *err);
/* After the keys: what verifications share; dns is borrowed.  0 or -1. */
int config_open_site(struct config *c, struct dns *dns, struct err *err);
/* The one in force; NULL before the first config_replace(). */
const struct config *config_current(void);
/* Puts c in force, which keeps the one before.  For the main thread. */
void config_replace(struct config *c);
/* Of one that was never in force. */
void config_free(struct config **c);

/* Is the address in one of the networks? */
bool networks_have(const struct networks *n, const struct addr *a);

/* Does a word of the list match it, in any case? */
bool list_has(const struct settings_list *list, struct bytes word);

/* exempt-senders: addresses and "@domain". */
bool list_has_sender(const struct settings_list *list, struct bytes address);

#endif
