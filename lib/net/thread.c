/*
 * How the threads of this folder are started
 *
 * 256 KB hold what runs on them: command code, argon2 (its memory is on the
 * heap), iconv, Berkeley DB, OpenSSL.  Sanitizers make frames much larger.
 */
#include <config.h>

#include <signal.h>

#include "net/thread-private.h"

#ifdef WITH_SANITIZERS
#define STACK_SIZE	(2 * 1024 * 1024)
#else
#define STACK_SIZE	(256 * 1024)
#endif

int
thread_start(pthread_t *t, void *(*main)(void *arg), void *arg)
{
	pthread_attr_t attr;
	sigset_t all, old;
	int r;

	if ((r = pthread_attr_init(&attr)) != 0)
		return r;
	if ((r = pthread_attr_setstacksize(&attr, STACK_SIZE)) == 0) {
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &old);
		r = pthread_create(t, &attr, main, arg);
		pthread_sigmask(SIG_SETMASK, &old, NULL);
	}
	pthread_attr_destroy(&attr);
	return r;
}
