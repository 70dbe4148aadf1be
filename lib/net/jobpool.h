/*
 * jobpool - a few threads for work that needs a processor, such as argon2
 *
 * The queue is bounded, and so is the share of one key (the peer's address,
 * say), and the keys are served by turns: a guesser of passwords slows down
 * itself first.
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
	int queue_max;		/* waiting jobs in all; 0: 64 */
	int key_max;		/* of one key; 0: a quarter of queue_max */
};

struct jobpool *jobpool_new(const struct jobpool_config *config);

/*
 * Runs run(arg) in a thread of the pool, once.  0, or -1: the queue, or the
 * share of this key, is full, and run is not called.  From any thread.
 */
int jobpool_submit(struct jobpool *pool, uint64_t key, void (*run)(void *arg),
    void *arg);

/* Runs what is queued, then ends the threads.  Nobody may submit any more. */
void jobpool_free(struct jobpool **pool);

#endif
