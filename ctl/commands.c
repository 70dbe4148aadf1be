/*
 * The table of subcommands.  Nothing else says what there is: the help and
 * the look-up use it.
 */
#include <config.h>

#include "command/request_command.h"
#include "ctl/cmd_dkim.h"
#include "ctl/cmd_dmarc.h"
#include "ctl/cmd_send_test.h"
#include "localserve/localserve.h"

#define CALL(number, ...)						\
	&(const struct ctl_call){ .op = (number), __VA_ARGS__ }
#define TAGS(...)	.tags = { __VA_ARGS__ }
#define COLUMNS(...)	.columns = (const struct output_column[]){	\
	__VA_ARGS__, { NULL, NULL, OUTPUT_TEXT } }

#define ACCOUNT_COLUMNS							\
	{ "account", "Account", OUTPUT_TEXT },				\
	{ "account-id", "Id", OUTPUT_TEXT },				\
	{ "used-messages", "Messages", OUTPUT_NUMBER },			\
	{ "used-bytes", "Size", OUTPUT_SIZE },				\
	{ "quota-messages", "Most messages", OUTPUT_NUMBER },		\
	{ "quota-bytes", "Most bytes", OUTPUT_SIZE },			\
	{ "disabled", "Disabled", OUTPUT_TEXT },			\
	{ "created", "Created", OUTPUT_TIME }

#define MESSAGE_COLUMNS COLUMNS(					\
	{ "uid", "UID", OUTPUT_NUMBER },				\
	{ "internal-date", "Date", OUTPUT_TIME },			\
	{ "size", "Size", OUTPUT_SIZE },				\
	{ "flag", "Flags", OUTPUT_TEXT },				\
	{ "from", "From", OUTPUT_TEXT },				\
	{ "subject", "Subject", OUTPUT_TEXT })

const struct ctl_command ctl_commands[] = {
	{ "account add", cmd_account_add, 1, 1, "[--stdin] ACCOUNT",
	  "makes an account; with --stdin its password is read too",
	  CTL_STDIN, NULL },
	{ "account remove", cmd_call, 1, 1, "[--yes] ACCOUNT",
	  "deletes an account with its addresses, passwords and mail",
	  CTL_YES, CALL(REQUEST_ACCOUNT_DELETE, TAGS(FIELD_ACCOUNT),
	  .question = "Delete account '%s' with all its mail?") },
	{ "account list", cmd_call, 0, 0, "",
	  "lists the accounts, what they use and their limits", 0,
	  CALL(REQUEST_ACCOUNT_LIST, COLUMNS(ACCOUNT_COLUMNS)) },
	{ "account show", cmd_call, 1, 1, "ACCOUNT",
	  "shows one account", 0,
	  CALL(REQUEST_ACCOUNT_GET, TAGS(FIELD_ACCOUNT), COLUMNS(
		ACCOUNT_COLUMNS,
		{ "recipients-per-day", "Recipients a day", OUTPUT_NUMBER },
		{ "first-time-recipients-per-day", "New ones a day",
		    OUTPUT_NUMBER },
		{ "recipients-today", "Recipients today", OUTPUT_NUMBER },
		{ "first-time-recipients-today", "New ones today",
		    OUTPUT_NUMBER })) },
	{ "account set", cmd_account_set, 2, -1, "ACCOUNT NAME=VALUE ...",
	  "changes login, disabled, quota-bytes, quota-messages, "
	  "recipients-per-day or first-time-recipients-per-day", 0, NULL },
	{ "account recipients", cmd_call, 1, 1, "ACCOUNT",
	  "lists whom an account has sent mail to", 0,
	  CALL(REQUEST_RECIPIENT_LIST, TAGS(FIELD_ACCOUNT), COLUMNS(
		{ "address", "Address", OUTPUT_TEXT },
		{ "created", "First", OUTPUT_TIME },
		{ "last-used", "Last", OUTPUT_TIME },
		{ "submitted", "Submitted", OUTPUT_NUMBER },
		{ "sent", "In sent mail", OUTPUT_NUMBER })) },

	{ "domain add", cmd_domain_add, 1, -1, "DOMAIN [NAME=VALUE ...]",
	  "makes a domain one of ours; takes separator and case-sensitive",
	  0, NULL },
	{ "domain remove", cmd_call, 1, 1, "DOMAIN",
	  "removes a domain that has no addresses left", 0,
	  CALL(REQUEST_DOMAIN_DELETE, TAGS(FIELD_DOMAIN)) },
	{ "domain list", cmd_call, 0, 0, "", "lists our domains", 0,
	  CALL(REQUEST_DOMAIN_LIST, COLUMNS(
		{ "domain", "Domain", OUTPUT_TEXT },
		{ "separator", "Separator", OUTPUT_TEXT },
		{ "case-sensitive", "Case-sensitive", OUTPUT_TEXT },
		{ "disabled", "Disabled", OUTPUT_TEXT })) },
	{ "domain set", cmd_domain_set, 2, -1, "DOMAIN NAME=VALUE ...",
	  "changes separator, case-sensitive or disabled", 0, NULL },

	{ "address add", cmd_call, 2, 3, "ADDRESS ACCOUNT [MAILBOX]",
	  "gives an address, or a catch-all @DOMAIN, to an account", 0,
	  CALL(REQUEST_ADDRESS_ADD, TAGS(FIELD_ADDRESS, FIELD_ACCOUNT,
	  FIELD_MAILBOX)) },
	{ "address remove", cmd_call, 1, 1, "ADDRESS",
	  "takes an address away from its account", 0,
	  CALL(REQUEST_ADDRESS_REMOVE, TAGS(FIELD_ADDRESS)) },
	{ "address list", cmd_by_owner, 0, 1, "[ACCOUNT | @DOMAIN]",
	  "lists addresses and the mailboxes they deliver to", 0,
	  CALL(REQUEST_ADDRESS_LIST, TAGS(FIELD_ACCOUNT), COLUMNS(
		{ "address", "Address", OUTPUT_TEXT },
		{ "account", "Account", OUTPUT_TEXT },
		{ "mailbox", "Mailbox", OUTPUT_TEXT })) },

	{ "alias add", cmd_call, 2, -1, "ADDRESS ACCOUNT ...",
	  "makes an address that stands for several accounts", 0,
	  CALL(REQUEST_ALIAS_ADD, TAGS(FIELD_ADDRESS, FIELD_ACCOUNT)) },
	{ "alias remove", cmd_call, 1, 1, "ADDRESS", "removes an alias", 0,
	  CALL(REQUEST_ALIAS_REMOVE, TAGS(FIELD_ADDRESS)) },
	{ "alias list", cmd_by_owner, 0, 1, "[@DOMAIN]",
	  "lists aliases and how many members they have", 0,
	  CALL(REQUEST_ALIAS_LIST, TAGS(FIELD_DOMAIN), COLUMNS(
		{ "address", "Alias", OUTPUT_TEXT },
		{ "count", "Members", OUTPUT_NUMBER })) },
	{ "alias show", cmd_call, 1, 1, "ADDRESS",
	  "lists the members of an alias", 0,
	  CALL(REQUEST_ALIAS_GET, TAGS(FIELD_ADDRESS), COLUMNS(
		{ "account", "Account", OUTPUT_TEXT })) },
	{ "alias join", cmd_call, 2, 2, "ADDRESS ACCOUNT",
	  "adds an account to an alias", 0,
	  CALL(REQUEST_ALIAS_MEMBER_ADD, TAGS(FIELD_ADDRESS,
	  FIELD_ACCOUNT)) },
	{ "alias leave", cmd_call, 2, 2, "ADDRESS ACCOUNT",
	  "takes an account out of an alias", 0,
	  CALL(REQUEST_ALIAS_MEMBER_REMOVE, TAGS(FIELD_ADDRESS,
	  FIELD_ACCOUNT)) },

	{ "password set", cmd_password_set, 1, 2,
	  "[--stdin] ACCOUNT [LABEL]",
	  "replaces the login password; with a label, adds one beside it",
	  CTL_STDIN, NULL },
	{ "password list", cmd_call, 1, 1, "ACCOUNT",
	  "lists the passwords of an account, without the secrets", 0,
	  CALL(REQUEST_PASSWORD_LIST, TAGS(FIELD_ACCOUNT), COLUMNS(
		{ "credential", "Number", OUTPUT_NUMBER },
		{ "label", "Label", OUTPUT_TEXT },
		{ "kind", "Kind", OUTPUT_TEXT },
		{ "created", "Created", OUTPUT_TIME },
		{ "last-used", "Last used", OUTPUT_TIME })) },
	{ "password remove", cmd_call, 2, 2, "ACCOUNT NUMBER",
	  "removes one password of an account", 0,
	  CALL(REQUEST_PASSWORD_REMOVE, TAGS(FIELD_ACCOUNT,
	  FIELD_CREDENTIAL)) },

	{ "mailbox list", cmd_call, 1, 1, "ACCOUNT",
	  "lists the mailboxes of an account", 0,
	  CALL(REQUEST_MAILBOX_LIST, TAGS(FIELD_ACCOUNT), COLUMNS(
		{ "mailbox", "Mailbox", OUTPUT_TEXT },
		{ "messages", "Messages", OUTPUT_NUMBER },
		{ "unseen", "Unseen", OUTPUT_NUMBER },
		{ "bytes", "Size", OUTPUT_SIZE },
		{ "uidnext", "UIDNEXT", OUTPUT_NUMBER },
		{ "use", "Use", OUTPUT_TEXT },
		{ "subscribed", "Subscribed", OUTPUT_TEXT })) },
	{ "mailbox add", cmd_call, 2, 3, "ACCOUNT MAILBOX [USE]",
	  "makes a mailbox; USE is a special use such as \\Sent", 0,
	  CALL(REQUEST_MAILBOX_CREATE, TAGS(FIELD_ACCOUNT, FIELD_MAILBOX,
	  FIELD_USE)) },
	{ "mailbox remove", cmd_call, 2, 2, "[--yes] ACCOUNT MAILBOX",
	  "deletes a mailbox with its messages", CTL_YES,
	  CALL(REQUEST_MAILBOX_DELETE, TAGS(FIELD_ACCOUNT, FIELD_MAILBOX),
	  .question = "Delete mailbox '%s' with its messages?") },
	{ "mailbox rename", cmd_call, 3, 3, "ACCOUNT MAILBOX NEW-NAME",
	  "renames a mailbox and those below it", 0,
	  CALL(REQUEST_MAILBOX_RENAME, TAGS(FIELD_ACCOUNT, FIELD_MAILBOX,
	  FIELD_NEW_MAILBOX)) },

	{ "message list", cmd_call, 2, 4,
	  "ACCOUNT MAILBOX [FROM-UID [COUNT]]",
	  "lists messages of a mailbox", 0,
	  CALL(REQUEST_MESSAGE_LIST, TAGS(FIELD_ACCOUNT, FIELD_MAILBOX,
	  FIELD_UID, FIELD_LIMIT), MESSAGE_COLUMNS) },
	{ "message get", cmd_message_get, 3, 3, "ACCOUNT MAILBOX UID",
	  "prints a message as it is stored; with --json its fields", 0,
	  NULL },

	{ "stat", cmd_stat, 0, 0, "", "shows counters of the server", 0,
	  NULL },
	{ "log-level", cmd_call, 0, 1, "[LEVEL]",
	  "shows or changes what postern-imapd logs, until it is restarted",
	  0, CALL(REQUEST_LOG_LEVEL, TAGS(FIELD_LEVEL), COLUMNS(
		{ "level", "Level", OUTPUT_TEXT })) },
	{ "reload", cmd_call, 0, 0, "",
	  "makes postern-imapd read its configuration and certificates", 0,
	  CALL(REQUEST_RELOAD) },

	{ "backup", cmd_backup, 1, 1, "FOLDER",
	  "copies the running store into a folder, consistently", 0, NULL },
	{ "verify", cmd_verify, 0, 1, "[FOLDER]",
	  "checks the store of a stopped server, or a backup, throughout", 0,
	  NULL },
	{ "export", cmd_export, 0, 1, "[--recipients] [ACCOUNT]",
	  "prints domains, accounts, addresses and passwords as text",
	  CTL_RECIPIENTS, NULL },
	{ "import", cmd_import, 0, 1, "[--dry-run] [FILE]",
	  "takes what export printed", CTL_DRY_RUN, NULL },

	{ "dkim gen", cmd_dkim_gen, 0, CTL_OWN_OPTIONS,
	  "[--selector NAME] [--type rsa|ed25519|both] [--pending] [DOMAIN]",
	  "makes keys that sign mail of a domain, and prints their DNS "
	  "records", 0, NULL },
	{ "dkim list", cmd_dkim_list, 0, 1, "[DOMAIN]",
	  "lists the keys that sign mail", 0, NULL },
	{ "dkim rotate", cmd_dkim_rotate, 1, CTL_OWN_OPTIONS,
	  "[--force] [--dns-data FILE] DOMAIN",
	  "goes over to new keys, in two steps", 0, NULL },
	{ "dkim check", cmd_dkim_check, 1, CTL_OWN_OPTIONS,
	  "[--dns-data FILE] FILE",
	  "verifies the signatures of a message", 0, NULL },
	{ "dkim sign", cmd_dkim_sign, 1, 1, "FILE",
	  "prints a message signed with the keys of its From", 0, NULL },

	{ "config check", cmd_config_check, 0, 0, "",
	  "says what is wrong with the configuration file", 0, NULL },
	{ "config defaults", cmd_config_defaults, 0, 0, "",
	  "prints a commented file with all settings and their defaults", 0,
	  NULL },
	{ "config diff", cmd_config_diff, 0, 0, "",
	  "prints the settings that differ from their defaults", 0, NULL },
	{ "config get", cmd_config_get, 0, -1, "[NAME ...]",
	  "prints settings as they are in force", 0, NULL },
	{ "config manual", cmd_config_manual, 0, 0, "",
	  "prints the list of settings of postern.conf(5), in mdoc", 0,
	  NULL },
	{ "dnsbl check", cmd_dnsbl_check, 0, CTL_OWN_OPTIONS,
	  "[--dns-data FILE] IP [ZONE ...]",
	  "says which DNS lists have an address, and whether they are well",
	  0, NULL },
	{ "spf check", cmd_spf_check, 0, CTL_OWN_OPTIONS,
	  "--ip IP [--from ADDRESS] [--helo NAME] [--dns-data FILE]",
	  "says what SPF makes of a client and a sender, and why", 0, NULL },
	{ "dmarc check", cmd_dmarc_check, 0, CTL_OWN_OPTIONS,
	  "[--from ADDRESS] [--helo NAME] [--dns-data FILE] --ip IP FILE",
	  "says what SPF, DKIM, ARC and DMARC make of a message", 0, NULL },
	{ "dmarc data", cmd_dmarc_data, 0, CTL_OWN_OPTIONS, "[--day DAY]",
	  "lists what was counted for reports to domains with a policy", 0,
	  CALL(REQUEST_DMARC_DATA, TAGS(FIELD_DAY), COLUMNS(
		{ "day", "Day", OUTPUT_TEXT },
		{ "count", "Messages", OUTPUT_NUMBER },
		{ "from-domain", "From", OUTPUT_TEXT },
		{ "source-ip", "Client", OUTPUT_TEXT },
		{ "disposition", "Disposition", OUTPUT_TEXT },
		{ "dkim-aligned", "DKIM", OUTPUT_TEXT },
		{ "spf-aligned", "SPF", OUTPUT_TEXT },
		{ "override", "Override", OUTPUT_TEXT },
		{ "spf", "SPF result", OUTPUT_TEXT },
		{ "dkim", "Signatures", OUTPUT_TEXT })) },
	{ "localserve", cmd_localserve, 0, CTL_OWN_OPTIONS, "[OPTION ...]",
	  "runs a private, complete mail path on loopback; --help lists the "
	  "options", 0, NULL },
	{ "send-test", cmd_send_test, 0, CTL_OWN_OPTIONS,
	  "--to ADDRESS [OPTION ...]",
	  "sends a message to a test system as anybody; --help lists the "
	  "options", 0, NULL },
	{ "version", cmd_version, 0, 0, "", "prints the version", 0, NULL },
	{ "help", cmd_help, 0, 2, "[COMMAND]",
	  "prints the commands, or those that begin so", 0, NULL },
	{ NULL, NULL, 0, 0, NULL, NULL, 0, NULL }
};
