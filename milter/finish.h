/*
 * finish - the callback for the end of a message
 */
#ifndef MILTER_FINISH_H
#define MILTER_FINISH_H

#include "milter/session.h"

sfsistat finish_on_eom(SMFICTX *ctx);

#endif
