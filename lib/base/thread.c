/*
 * thread - starts threads.
 *
 * A stack of 256 KB is enough for what our threads run: command code, argon2
 * (its memory is on the heap), iconv, Berkeley DB, OpenSSL.  The system's
 * default, 8 MB for each of a few hundred workers, would count against limits
 * on address space.  Sanitizers make frames much larger.
 */
#include <config.h>

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread.h"

#ifdef WITH_SANITIZERS
#define STACK_SIZE	(2 * 1024 * 1024)
#else
#define STACK_SIZE	(256 * 1024)
#endif

struct thread_begin {
	char name[THREAD_NAME_MAX + 1];
	void *(*run)(void *arg);
	void *arg;
};

static void *
thread_main(void *arg)
{
	struct thread_begin begin = *(struct thread_begin *)arg;

	free(arg);
	(void)pthread_setname_np(pthread_self(), begin.name);
	return begin.run(begin.arg);
}

/* Returns 0, or an error number. */
static int
thread_create(pthread_t *out, struct thread_begin *begin)
{
	pthread_attr_t attr;
	sigset_t all, old;
	int r;

	if ((r = pthread_attr_init(&attr)) != 0)
		return r;
	if ((r = pthread_attr_setstacksize(&attr, STACK_SIZE)) == 0) {
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &old);
		r = pthread_create(out, &attr, thread_main, begin);
		pthread_sigmask(SIG_SETMASK, &old, NULL);
	}
	pthread_attr_destroy(&attr);
	return r;
}

int
thread_start(pthread_t *out, const char *name, void *(*run)(void *arg),
    void *arg, struct err *err)
{
	struct thread_begin *begin = calloc(1, sizeof(*begin));

	assert(strlen(name) <= THREAD_NAME_MAX);
	if (begin == NULL)
		fatal("out of memory for a thread");
	memcpy(begin->name, name, strlen(name));
	begin->run = run;
	begin->arg = arg;
	if ((errno = thread_create(out, begin)) != 0) {
		err_sys(err, ERR_TEMP, "cannot start the thread '%s'", name);
		free(begin);
		return -1;
	}
	return 0;
}
