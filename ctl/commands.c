/*
 * commands - the table of subcommands, which the help and the lookup of
 * commands use.
 */
#include <config.h>

#include "command/program.h"
#include "command/request_command.h"
#include "ctl/commands.h"

/* These may be followed by OPTIONS, and by CALL or PROGRAM. */
#define ROW(w, f, min, max, a, h, ...)					\
	{ .words = (w), .run = (f), .args_min = (min),			\
	  .args_max = (max), .args = (a), .help = (h), __VA_ARGS__ }
#define OPTIONS(bits)	.options = (bits)
#define CALL(number, ...)						\
	.request = &(const struct request_command){			\
	    .op = (number), __VA_ARGS__ }
#define PROGRAM(where, what)						\
	.program = &(const struct command_program){ (where), (what) }
#define TAGS(...)	.tags = { __VA_ARGS__ }
#define COLUMNS(...)	.columns = (const struct output_column[]){	\
	__VA_ARGS__, { NULL, NULL, OUTPUT_TEXT } }

#define ACCOUNT_COLUMNS							\
	{ "account", "Account", OUTPUT_TEXT },				\
	{ "account-id", "Id", OUTPUT_TEXT },				\
	{ "used-messages", "Messages", OUTPUT_NUMBER },			\
	{ "used-bytes", "Size", OUTPUT_SIZE },				\
	{ "quota-messages", "Message quota", OUTPUT_NUMBER },		\
	{ "quota-bytes", "Size quota", OUTPUT_SIZE },			\
	{ "disabled", "Disabled", OUTPUT_TEXT },			\
	{ "created", "Created", OUTPUT_TIME }

#define MESSAGE_COLUMNS COLUMNS(					\
	{ "uid", "UID", OUTPUT_NUMBER },				\
	{ "internal-date", "Date", OUTPUT_TIME },			\
	{ "size", "Size", OUTPUT_SIZE },				\
	{ "flag", "Flags", OUTPUT_TEXT },				\
	{ "from", "From", OUTPUT_TEXT },				\
	{ "subject", "Subject", OUTPUT_TEXT })

const struct command_row ctl_commands[] = {
	ROW("account add", cmd_account_add, 1, 1, "[--stdin] ACCOUNT",
	    "creates an account; with --stdin it reads the password too",
	    OPTIONS(COMMAND_STDIN)),
	ROW("account remove", request_command_run, 1, 1, "[--yes] ACCOUNT",
	    "deletes an account with its addresses, passwords and mail",
	    OPTIONS(COMMAND_YES),
	    CALL(REQUEST_ACCOUNT_DELETE, TAGS(FIELD_ACCOUNT),
	    .question = "Delete account '%s' with all its mail?")),
	ROW("account list", request_command_run, 0, 0, "",
	    "lists the accounts with their usage and quotas",
	    CALL(REQUEST_ACCOUNT_LIST, COLUMNS(ACCOUNT_COLUMNS))),
	ROW("account show", request_command_run, 1, 1, "ACCOUNT",
	    "shows one account",
	    CALL(REQUEST_ACCOUNT_GET, TAGS(FIELD_ACCOUNT), COLUMNS(
		ACCOUNT_COLUMNS,
		{ "recipients-per-day", "Recipients per day", OUTPUT_NUMBER },
		{ "first-time-recipients-per-day", "New recipients per day",
		    OUTPUT_NUMBER },
		{ "recipients-today", "Recipients today", OUTPUT_NUMBER },
		{ "first-time-recipients-today", "New recipients today",
		    OUTPUT_NUMBER },
		{ "junk-flags", "Junk flags", OUTPUT_TEXT },
		{ "junk-flags-junk", "Means junk", OUTPUT_TEXT },
		{ "junk-flags-neutral", "Means neutral", OUTPUT_TEXT },
		{ "junk-flags-notjunk", "Means not junk", OUTPUT_TEXT }))),
	ROW("account set", cmd_account_set, 2, -1, "ACCOUNT NAME=VALUE ...",
	    "changes login, disabled, quota-bytes, quota-messages, "
	    "recipients-per-day, first-time-recipients-per-day, junk-flags, "
	    "junk-flags-junk, junk-flags-neutral or junk-flags-notjunk"),
	ROW("account recipients", request_command_run, 1, 1, "ACCOUNT",
	    "lists the recipients that an account has sent mail to",
	    CALL(REQUEST_RECIPIENT_LIST, TAGS(FIELD_ACCOUNT), COLUMNS(
		{ "address", "Address", OUTPUT_TEXT },
		{ "created", "First", OUTPUT_TIME },
		{ "last-used", "Last", OUTPUT_TIME },
		{ "submitted", "Submitted", OUTPUT_NUMBER },
		{ "sent", "In sent mail", OUTPUT_NUMBER }))),

	ROW("domain add", cmd_domain_add, 1, -1, "DOMAIN [NAME=VALUE ...]",
	    "adds a local domain; settings: separator, case-sensitive"),
	ROW("domain remove", request_command_run, 1, 1, "DOMAIN",
	    "removes a domain that has no addresses left",
	    CALL(REQUEST_DOMAIN_DELETE, TAGS(FIELD_DOMAIN))),
	ROW("domain list", request_command_run, 0, 0, "",
	    "lists the local domains",
	    CALL(REQUEST_DOMAIN_LIST, COLUMNS(
		{ "domain", "Domain", OUTPUT_TEXT },
		{ "separator", "Separator", OUTPUT_TEXT },
		{ "case-sensitive", "Case-sensitive", OUTPUT_TEXT },
		{ "disabled", "Disabled", OUTPUT_TEXT }))),
	ROW("domain set", cmd_domain_set, 2, -1, "DOMAIN NAME=VALUE ...",
	    "changes separator, case-sensitive or disabled"),

	ROW("address add", request_command_run, 2, 3,
	    "ADDRESS ACCOUNT [MAILBOX]",
	    "assigns an address, or a catch-all @DOMAIN, to an account",
	    CALL(REQUEST_ADDRESS_ADD, TAGS(FIELD_ADDRESS, FIELD_ACCOUNT,
	    FIELD_MAILBOX))),
	ROW("address remove", request_command_run, 1, 1, "ADDRESS",
	    "removes an address from its account",
	    CALL(REQUEST_ADDRESS_REMOVE, TAGS(FIELD_ADDRESS))),
	ROW("address list", cmd_by_owner, 0, 1, "[ACCOUNT | @DOMAIN]",
	    "lists addresses and the mailboxes they deliver to",
	    CALL(REQUEST_ADDRESS_LIST, TAGS(FIELD_ACCOUNT), COLUMNS(
		{ "address", "Address", OUTPUT_TEXT },
		{ "account", "Account", OUTPUT_TEXT },
		{ "mailbox", "Mailbox", OUTPUT_TEXT }))),

	ROW("alias add", request_command_run, 2, -1, "ADDRESS ACCOUNT ...",
	    "creates an address that delivers to several accounts",
	    CALL(REQUEST_ALIAS_ADD, TAGS(FIELD_ADDRESS, FIELD_ACCOUNT))),
	ROW("alias remove", request_command_run, 1, 1, "ADDRESS",
	    "removes an alias",
	    CALL(REQUEST_ALIAS_REMOVE, TAGS(FIELD_ADDRESS))),
	ROW("alias list", cmd_by_owner, 0, 1, "[@DOMAIN]",
	    "lists aliases and how many members they have",
	    CALL(REQUEST_ALIAS_LIST, TAGS(FIELD_DOMAIN), COLUMNS(
		{ "address", "Alias", OUTPUT_TEXT },
		{ "count", "Members", OUTPUT_NUMBER }))),
	ROW("alias show", request_command_run, 1, 1, "ADDRESS",
	    "lists the members of an alias",
	    CALL(REQUEST_ALIAS_GET, TAGS(FIELD_ADDRESS), COLUMNS(
		{ "account", "Account", OUTPUT_TEXT }))),
	ROW("alias join", request_command_run, 2, 2, "ADDRESS ACCOUNT",
	    "adds an account to an alias",
	    CALL(REQUEST_ALIAS_MEMBER_ADD, TAGS(FIELD_ADDRESS,
	    FIELD_ACCOUNT))),
	ROW("alias leave", request_command_run, 2, 2, "ADDRESS ACCOUNT",
	    "removes an account from an alias",
	    CALL(REQUEST_ALIAS_MEMBER_REMOVE, TAGS(FIELD_ADDRESS,
	    FIELD_ACCOUNT))),

	ROW("password set", cmd_password_set, 1, 2, "[--stdin] ACCOUNT [LABEL]",
	    "replaces the login password; with a label, adds another one",
	    OPTIONS(COMMAND_STDIN)),
	ROW("password list", request_command_run, 1, 1, "ACCOUNT",
	    "lists the passwords of an account, without the secrets",
	    CALL(REQUEST_PASSWORD_LIST, TAGS(FIELD_ACCOUNT), COLUMNS(
		{ "credential", "Number", OUTPUT_NUMBER },
		{ "label", "Label", OUTPUT_TEXT },
		{ "kind", "Kind", OUTPUT_TEXT },
		{ "created", "Created", OUTPUT_TIME },
		{ "last-used", "Last used", OUTPUT_TIME }))),
	ROW("password remove", request_command_run, 2, 2, "ACCOUNT NUMBER",
	    "removes one password of an account",
	    CALL(REQUEST_PASSWORD_REMOVE, TAGS(FIELD_ACCOUNT,
	    FIELD_CREDENTIAL))),

	ROW("mailbox list", request_command_run, 1, 1, "ACCOUNT",
	    "lists the mailboxes of an account",
	    CALL(REQUEST_MAILBOX_LIST, TAGS(FIELD_ACCOUNT), COLUMNS(
		{ "mailbox", "Mailbox", OUTPUT_TEXT },
		{ "messages", "Messages", OUTPUT_NUMBER },
		{ "unseen", "Unseen", OUTPUT_NUMBER },
		{ "bytes", "Size", OUTPUT_SIZE },
		{ "uidnext", "UIDNEXT", OUTPUT_NUMBER },
		{ "use", "Use", OUTPUT_TEXT },
		{ "subscribed", "Subscribed", OUTPUT_TEXT }))),
	ROW("mailbox add", request_command_run, 2, 3, "ACCOUNT MAILBOX [USE]",
	    "creates a mailbox; USE is a special use such as \\Sent",
	    CALL(REQUEST_MAILBOX_CREATE, TAGS(FIELD_ACCOUNT, FIELD_MAILBOX,
	    FIELD_USE))),
	ROW("mailbox remove", request_command_run, 2, 2,
	    "[--yes] ACCOUNT MAILBOX",
	    "deletes a mailbox with its messages",
	    OPTIONS(COMMAND_YES),
	    CALL(REQUEST_MAILBOX_DELETE, TAGS(FIELD_ACCOUNT, FIELD_MAILBOX),
	    .question = "Delete mailbox '%s' with its messages?")),
	ROW("mailbox rename", request_command_run, 3, 3,
	    "ACCOUNT MAILBOX NEW-NAME",
	    "renames a mailbox and those below it",
	    CALL(REQUEST_MAILBOX_RENAME, TAGS(FIELD_ACCOUNT, FIELD_MAILBOX,
	    FIELD_NEW_MAILBOX))),

	ROW("message list", request_command_run, 2, 4,
	    "ACCOUNT MAILBOX [FROM-UID [COUNT]]",
	    "lists messages of a mailbox",
	    CALL(REQUEST_MESSAGE_LIST, TAGS(FIELD_ACCOUNT, FIELD_MAILBOX,
	    FIELD_UID, FIELD_LIMIT), MESSAGE_COLUMNS)),
	ROW("message get", cmd_message_get, 3, 3, "ACCOUNT MAILBOX UID",
	    "prints a stored message; with --json its fields"),

	ROW("junk-flags test", request_command_run, 1, 1, "ACCOUNT",
	    "lists what the mailboxes of an account mean, and why",
	    CALL(REQUEST_JUNK_FLAGS_TEST, TAGS(FIELD_ACCOUNT), COLUMNS(
		{ "mailbox", "Mailbox", OUTPUT_TEXT },
		{ "meaning", "Means", OUTPUT_TEXT },
		{ "reason", "Because of", OUTPUT_TEXT },
		{ "expression", "Expression", OUTPUT_TEXT }))),
	ROW("junk-flags reset", cmd_junk_flags_reset, 1, 1, "ACCOUNT",
	    "marks all mail of an account by the mailboxes it is in"),

	ROW("junk classify", cmd_junk_classify, 1, -1,
	    "[--db FOLDER] [--prior FILE] [--explain] PATH ...",
	    "judges messages in files, mbox files and folders",
	    OPTIONS(COMMAND_OWN_OPTIONS)),
	ROW("junk train", cmd_junk_train, 0, 0,
	    "[--prior FILE] --db FOLDER --junk PATH --ham PATH ...",
	    "trains a table with messages in files, mbox files and folders",
	    OPTIONS(COMMAND_OWN_OPTIONS)),
	ROW("junk prior", cmd_junk_prior, 0, 0,
	    "--output FILE --junk PATH --ham PATH ...",
	    "makes a prior, from which all accounts of a site begin",
	    OPTIONS(COMMAND_OWN_OPTIONS)),
	ROW("junk stream", cmd_junk_stream, 0, 0,
	    "[--prior FILE] [--seed NUMBER] --db FOLDER",
	    "judges and trains messages in files, as requests on standard "
	    "input ask",
	    OPTIONS(COMMAND_OWN_OPTIONS)),

	ROW("stat", cmd_stat, 0, 0, "",
	    "shows counters of the server"),
	ROW("log-level", request_command_run, 0, 1, "[LEVEL]",
	    "shows the log level of postern-imapd, or sets it until it is "
	    "restarted",
	    CALL(REQUEST_LOG_LEVEL, TAGS(FIELD_LEVEL), COLUMNS(
		{ "level", "Level", OUTPUT_TEXT }))),
	ROW("reload", request_command_run, 0, 0, "",
	    "makes postern-imapd reload its configuration and certificates",
	    CALL(REQUEST_RELOAD)),

	ROW("backup", cmd_backup, 1, 1, "FOLDER",
	    "writes a consistent copy of the running store to a folder"),
	ROW("verify", cmd_verify, 0, 1, "[FOLDER]",
	    "checks the whole store of a stopped server, or a backup"),
	ROW("export", cmd_export, 0, 1, "[--recipients] [ACCOUNT]",
	    "prints domains, accounts, addresses and passwords as text",
	    OPTIONS(COMMAND_RECIPIENTS)),
	ROW("import", cmd_import, 0, 1, "[--dry-run] [FILE]",
	    "imports the output of export",
	    OPTIONS(COMMAND_DRY_RUN)),

	ROW("dkim gen", cmd_dkim_gen, 0, 1,
	    "[--selector NAME] [--type rsa|ed25519|both] [--pending] [DOMAIN]",
	    "creates keys that sign mail of a domain, and prints their DNS "
	    "records",
	    OPTIONS(COMMAND_OWN_OPTIONS)),
	ROW("dkim list", cmd_dkim_list, 0, 1, "[DOMAIN]",
	    "lists the keys that sign mail"),
	ROW("dkim rotate", cmd_dkim_rotate, 1, 1,
	    "[--force] [--dns-data FILE] DOMAIN",
	    "replaces the keys of a domain, in two steps",
	    OPTIONS(COMMAND_OWN_OPTIONS)),
	ROW("dkim check", cmd_dkim_check, 1, 1, "[--dns-data FILE] FILE",
	    "verifies the signatures of a message",
	    OPTIONS(COMMAND_OWN_OPTIONS)),
	ROW("dkim sign", cmd_dkim_sign, 1, 1, "FILE",
	    "signs a message with the keys of its From domain, and prints "
	    "it"),

	ROW("config check", cmd_config_check, 0, 0, "",
	    "checks the configuration file"),
	ROW("config defaults", cmd_config_defaults, 0, 0, "",
	    "prints a commented file with all settings and their defaults"),
	ROW("config diff", cmd_config_diff, 0, 0, "",
	    "prints the settings that differ from their defaults"),
	ROW("config get", cmd_config_get, 0, -1, "[NAME ...]",
	    "prints the settings in force"),
	ROW("config manual", cmd_config_manual, 0, 0, "",
	    "prints the list of settings of postern.conf(5), in mdoc"),
	ROW("dnsbl check", cmd_dnsbl_check, 1, -1,
	    "[--dns-data FILE] IP [ZONE ...]",
	    "looks an address up in DNS lists, and checks their health",
	    OPTIONS(COMMAND_OWN_OPTIONS)),
	ROW("spf check", cmd_spf_check, 0, 0,
	    "--ip IP [--from ADDRESS] [--helo NAME] [--dns-data FILE]",
	    "prints the SPF result for a client and a sender, and the reason",
	    OPTIONS(COMMAND_OWN_OPTIONS)),
	ROW("dmarc check", cmd_dmarc_check, 1, 1,
	    "[--from ADDRESS] [--helo NAME] [--dns-data FILE] --ip IP FILE",
	    "prints the SPF, DKIM, ARC and DMARC results of a message",
	    OPTIONS(COMMAND_OWN_OPTIONS)),
	ROW("dmarc data", cmd_dmarc_data, 0, 0, "[--day DAY]",
	    "lists the counts for reports to domains with a DMARC policy",
	    OPTIONS(COMMAND_OWN_OPTIONS),
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
		{ "dkim", "Signatures", OUTPUT_TEXT }))),
	ROW("localserve", program_run, 0, 0, "[OPTION ...]",
	    "runs a complete private mail system on loopback; --help lists "
	    "the options",
	    OPTIONS(COMMAND_OWN_OPTIONS),
	    PROGRAM("localserve", "postern-localserve")),
	ROW("send-test", cmd_send_test, 0, 0, "--to ADDRESS [OPTION ...]",
	    "sends a message to a test system in any client's name; --help "
	    "lists the options",
	    OPTIONS(COMMAND_OWN_OPTIONS)),
	ROW("version", cmd_version, 0, 0, "",
	    "prints the version"),
	ROW("help", cmd_help, 0, 2, "[COMMAND]",
	    "lists all commands, or those that begin with COMMAND"),
	{ .words = NULL }
};
