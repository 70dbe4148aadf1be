/*
 * callbacks - the functions that libmilter calls at each stage of a session
 */
#ifndef MILTER_CALLBACKS_H
#define MILTER_CALLBACKS_H

#include "base/err.h"

/* Registers the callbacks.  Returns 0, or -1 if libmilter is too old. */
int callbacks_register(struct err *err);

#endif
