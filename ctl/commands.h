/*
 * commands - the subcommands of postern
 */
#ifndef CTL_COMMANDS_H
#define CTL_COMMANDS_H

#include "command/command.h"

/* Ends with a row whose words are NULL. */
extern const struct command_row ctl_commands[];

/* Commands, by file. */
int cmd_help(struct command *c, int argc, char **argv);
int cmd_version(struct command *c, int argc, char **argv);

int cmd_backup(struct command *c, int argc, char **argv);
int cmd_junk_flags_reset(struct command *c, int argc, char **argv);
int cmd_verify(struct command *c, int argc, char **argv);

int cmd_config_check(struct command *c, int argc, char **argv);
int cmd_config_defaults(struct command *c, int argc, char **argv);
int cmd_config_diff(struct command *c, int argc, char **argv);
int cmd_config_get(struct command *c, int argc, char **argv);
int cmd_config_manual(struct command *c, int argc, char **argv);

int cmd_account_add(struct command *c, int argc, char **argv);
int cmd_account_set(struct command *c, int argc, char **argv);
int cmd_by_owner(struct command *c, int argc, char **argv);
int cmd_domain_add(struct command *c, int argc, char **argv);
int cmd_domain_set(struct command *c, int argc, char **argv);
int cmd_password_set(struct command *c, int argc, char **argv);

int cmd_dmarc_check(struct command *c, int argc, char **argv);
int cmd_dmarc_data(struct command *c, int argc, char **argv);

int cmd_dkim_gen(struct command *c, int argc, char **argv);
int cmd_dkim_list(struct command *c, int argc, char **argv);
int cmd_dkim_rotate(struct command *c, int argc, char **argv);
int cmd_dkim_check(struct command *c, int argc, char **argv);
int cmd_dkim_sign(struct command *c, int argc, char **argv);

int cmd_dnsbl_check(struct command *c, int argc, char **argv);
int cmd_spf_check(struct command *c, int argc, char **argv);

int cmd_export(struct command *c, int argc, char **argv);
int cmd_import(struct command *c, int argc, char **argv);

int cmd_junk_classify(struct command *c, int argc, char **argv);
int cmd_junk_prior(struct command *c, int argc, char **argv);
int cmd_junk_stream(struct command *c, int argc, char **argv);
int cmd_junk_train(struct command *c, int argc, char **argv);

int cmd_message_get(struct command *c, int argc, char **argv);
int cmd_stat(struct command *c, int argc, char **argv);

int cmd_send_test(struct command *c, int argc, char **argv);

#endif
