/*
 * thread - every thread of the suite starts here
 *
 * A thread begins with all signals blocked, since they belong to the main
 * thread, with a stack of known size, and with a name that ps and the
 * debugger show.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

#include "base/err.h"

#define THREAD_NAME_MAX	15	/* bytes; the kernel keeps no more */

/*
 * Runs run(arg) in a new thread, to be joined by the caller.  name is copied;
 * it has at most THREAD_NAME_MAX bytes.  Returns 0, or -1 and ERR_TEMP when
 * the system has no room for another thread.
 */
int thread_start(pthread_t *out, const char *name, void *(*run)(void *arg),
    void *arg, struct err *err);

#endif
