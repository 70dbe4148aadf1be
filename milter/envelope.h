/*
 * envelope - MAIL, RCPT and DATA
 */
#ifndef MILTER_ENVELOPE_H
#define MILTER_ENVELOPE_H

#include "milter/session.h"

sfsistat envelope_on_mail(SMFICTX *ctx, char **argv);
sfsistat envelope_on_rcpt(SMFICTX *ctx, char **argv);
sfsistat envelope_on_data(SMFICTX *ctx);

#endif
