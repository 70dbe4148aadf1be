/*
 * callbacks - the stages of a session, as libmilter calls them
 */
#ifndef MILTER_CALLBACKS_H
#define MILTER_CALLBACKS_H

#include "base/err.h"

/* Hands them to libmilter.  0, or -1: it is older than this program. */
int callbacks_register(struct err *err);

#endif
