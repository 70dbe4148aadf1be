/*
 * config_check - finds settings that contradict each other
 *
 * Each value by itself is valid, or it would not have been loaded.  Here the
 * values are compared with each other, with the files and users that they name
 * and with Postfix's settings.
 */
#ifndef COMMAND_CONFIG_CHECK_H
#define COMMAND_CONFIG_CHECK_H

#include <stdbool.h>

#include "base/arena.h"
#include "config/settings.h"

/*
 * The most bytes that Postfix, the milter and imapd together add to a message.
 * Postfix's size limit must be this much below message-size-max.
 */
#define HEADER_ADDED_MAX	(64u * 1024)

struct config_finding {
	struct config_finding *next;
	bool is_error;			/* else a warning */
	const char *setting;		/* name of the setting to change */
	struct conf_pos where;		/* line 0: it is not in the file */
	const char *text;
};

/* Returns the list of findings, allocated in the arena; NULL if none. */
struct config_finding *config_check(const struct settings *s,
    struct arena *a);

#endif
