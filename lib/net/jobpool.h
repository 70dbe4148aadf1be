/*
 * jobpool - a few threads for work that uses much CPU time, such as argon2
 *
 * The queue is bounded, and so is the share of each key (such as the peer's
 * address).  The keys are served in turns, so a client that guesses passwords
 * mainly slows down itself.
 *
 *	struct jobpool_config config = { 0 };
 *	struct jobpool *pool = jobpool_new(&config);
 *	...
 *	if (jobpool_submit(pool, key, check_password, login) == -1)
 *		reply "busy, try again";
 *	return CONN_WAIT;
 *
 * and check_password(), in a thread of the pool, ends with conn_resume().
 */
#ifndef NET_JOBPOOL_H
#define NET_JOBPOOL_H

#include <stdint.h>

struct jobpool;

struct jobpool_config {
	int threads;		/* 0: processors - 1, at least 1 */
	int queue_max;		/* waiting jobs; 0: 64 */
	int key_max;		/* waiting jobs of one key; 0: a quarter of
				   queue_max */
};

struct jobpool *jobpool_new(const struct jobpool_config *config);

/*
 * Calls run(arg) once in a thread of the pool.  Returns 0, or -1 without
 * calling run if the queue or the share of this key is full.  Any thread may
 * call it.
 */
int jobpool_submit(struct jobpool *pool, uint64_t key, void (*run)(void *arg),
    void *arg);

/* Runs the queued jobs, then ends the threads.  No thread may submit jobs any
   longer. */
void jobpool_free(struct jobpool **pool);

#endif
