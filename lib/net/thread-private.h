/*
 * thread - how the threads of this folder are started
 */
#ifndef NET_THREAD_PRIVATE_H
#define NET_THREAD_PRIVATE_H

#include <pthread.h>

/*
 * A thread with all signals blocked (they belong to the loop thread) and a
 * small stack.  0, or an error number.
 */
int thread_start(pthread_t *t, void *(*main)(void *arg), void *arg);

#endif
