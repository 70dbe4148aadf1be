/*
 * thread - starts every thread of the suite
 *
 * A thread begins with all signals blocked, because they are handled by the
 * main thread, with a stack of known size, and with a name that ps and
 * debuggers show.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

#include "base/err.h"

#define THREAD_NAME_MAX	15	/* bytes; the kernel keeps no more */

/*
 * Runs run(arg) in a new thread, which the caller must join.  name is copied;
 * it has at most THREAD_NAME_MAX bytes.  Returns 0, or -1 (ERR_TEMP) if the
 * system cannot start another thread.
 */
int thread_start(pthread_t *out, const char *name, void *(*run)(void *arg),
    void *arg, struct err *err);

#endif
