/*
 * banned - functions that do not compile here
 *
 * Each of these has a bounded or checked counterpart that reports when
 * something does not fit.  Included before every source file.
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat strncat sprintf vsprintf strtok
#pragma GCC poison gets atoi atol atoll strncpy asctime ctime tmpnam mktemp

#endif
