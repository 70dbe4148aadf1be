/*
 * dmarc - postern dmarc
 */
#ifndef CTL_CMD_DMARC_H
#define CTL_CMD_DMARC_H

#include "command/command.h"

int cmd_dmarc_check(struct ctl *c, int argc, char **argv);
int cmd_dmarc_data(struct ctl *c, int argc, char **argv);

#endif
