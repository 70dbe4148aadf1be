/*
 * config_check-private - shared by config_check.c and check_postfix.c
 */
#ifndef COMMAND_CONFIG_CHECK_PRIVATE_H
#define COMMAND_CONFIG_CHECK_PRIVATE_H

#include "command/config_check.h"

struct config_check {
	const struct settings *s;
	struct arena *a;
	struct config_finding *first, **tail;
};

/* Adds a finding about a setting. */
void finding_add(struct config_check *k, bool is_error, const char *setting,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* check_postfix.c: checks the Postfix on this host, if there is one. */
void check_postfix(struct config_check *k);

#endif
