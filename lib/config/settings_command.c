/* settings_command - the settings of postern and postern-localserve. */
#include <config.h>

#include "config/settings_table-private.h"

const struct settings_option settings_command[] = {
	ADDR("ctl-imapd", ctl_imapd, "unix:store-admin", CTL,
	    GROUP("The postern command"),
	    HELP("Address at which the command connects to the store; one "
	    "of store-admin-listen.")),
	DURATION("ctl-timeout", ctl_timeout_ms, "5min", CTL,
	    RANGE(SEC, DAY),
	    HELP("How long the command waits for each part of a reply.")),
	PATH("postfix-config-dir", postfix_config_dir, "", CTL,
	    HELP("Folder with Postfix's main.cf, for postern config check. "
	    "Empty: Postfix's own default.")),
	STRING("localserve-postfix-user", localserve_postfix_user, "uucp", CTL,
	    HELP("User that the private Postfix of postern localserve runs "
	    "as. localserve does not create users, so this must be an "
	    "existing one; any will do.")),
	STRING("localserve-postfix-group", localserve_postfix_group, "games",
	    CTL,
	    HELP("Group of that Postfix's mail drop: any existing group "
	    "except the primary group of localserve-postfix-user.")),

	{ .name = NULL }
};
