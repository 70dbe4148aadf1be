/*
 * config_check - settings that do not go together
 *
 * Each value is right by itself (else it would not have loaded); here they
 * are compared with each other, with the files and users they name and with
 * Postfix's settings.
 */
#ifndef COMMAND_CONFIG_CHECK_H
#define COMMAND_CONFIG_CHECK_H

#include <stdbool.h>

#include "base/arena.h"
#include "config/settings.h"

/*
 * What Postfix, the milter and imapd add to a message in all: so much less
 * than message-size-max Postfix may take.
 */
#define HEADER_ADDED_MAX	(64u * 1024)

struct config_finding {
	struct config_finding *next;
	bool is_error;			/* else a warning */
	const char *setting;		/* the name of the one to change */
	struct conf_pos where;		/* line 0: it isn't in the file */
	const char *text;
};

/* The findings in order, or NULL.  They live in the arena. */
struct config_finding *config_check(const struct settings *s,
    struct arena *a);

#endif
