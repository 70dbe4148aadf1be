/*
 * check - settings that do not go together
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
#define CHECK_HEADER_ROOM	(64u * 1024)

struct check_finding {
	struct check_finding *next;
	bool is_error;			/* else a warning */
	const char *setting;		/* the name of the one to change */
	struct conf_pos where;		/* line 0: it isn't in the file */
	const char *text;
};

/* The findings in order, or NULL.  They live in the arena. */
struct check_finding *check_settings(const struct settings *s,
    struct arena *a);

#endif
