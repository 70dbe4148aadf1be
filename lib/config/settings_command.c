/*
 * postern and postern-localserve.
 */
#include <config.h>

#include "config/settings_table-private.h"

const struct settings_option settings_command[] = {
	ADDR("ctl-imapd", ctl_imapd, "unix:store-admin", CTL,
	    GROUP("The postern command"),
	    HELP("Where the command reaches the store: an address of "
	    "store-admin-listen.")),
	DURATION("ctl-timeout", ctl_timeout_ms, "5min", CTL,
	    RANGE(SEC, DAY),
	    HELP("How long the command waits for each piece of an "
	    "answer.")),
	PATH("postfix-config-dir", postfix_config_dir, "", CTL,
	    HELP("Folder of Postfix's main.cf, for postern config check. "
	    "Empty: Postfix's own default.")),
	STRING("localserve-postfix-user", localserve_postfix_user, "uucp", CTL,
	    HELP("User that the private Postfix of postern localserve runs "
	    "as. It makes no users: any that exists will do.")),
	STRING("localserve-postfix-group", localserve_postfix_group, "games",
	    CTL,
	    HELP("Group of that Postfix's mail drop. Any that exists and is "
	    "not the user's own.")),

	{ .name = NULL }
};
