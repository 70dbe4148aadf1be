/*
 * jobpool - a pool of threads, and the queue of its jobs
 *
 * Jobs of one key wait in a lane.  Lanes with waiting jobs form a ring, and a
 * lane moves to its end after one job.  There is one lock, which is no
 * bottleneck because jobs take milliseconds.
 */
#include <config.h>

#include <sys/queue.h>

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include <uthash.h>

#include "base/condition.h"
#include "base/err.h"
#include "base/thread.h"
#include "net/jobpool.h"

#define QUEUE_MAX	64

struct job {
	TAILQ_ENTRY(job) next;
	void (*run)(void *arg);
	void *arg;
};

struct job_lane {
	uint64_t key;
	int n;
	TAILQ_HEAD(, job) jobs;
	TAILQ_ENTRY(job_lane) next;
	UT_hash_handle hh;
};

struct jobpool {
	pthread_mutex_t lock;
	pthread_cond_t work;
	TAILQ_HEAD(, job_lane) ring;
	struct job_lane *lanes;		/* own: by key, those with jobs */
	int waiting, queue_max, key_max;
	int ending;
	int nthreads;
	pthread_t *threads;		/* own */
};

/* Takes the next job from the queue.  Returns NULL if there is none. */
static struct job *
jobpool_take(struct jobpool *pool)
{
	struct job_lane *lane = TAILQ_FIRST(&pool->ring);
	struct job *job;

	if (lane == NULL)
		return NULL;
	job = TAILQ_FIRST(&lane->jobs);
	TAILQ_REMOVE(&lane->jobs, job, next);
	TAILQ_REMOVE(&pool->ring, lane, next);
	pool->waiting--;
	if (--lane->n > 0) {
		TAILQ_INSERT_TAIL(&pool->ring, lane, next);
	} else {
		HASH_DEL(pool->lanes, lane);
		free(lane);
	}
	return job;
}

static void *
jobpool_main(void *arg)
{
	struct jobpool *pool = arg;
	struct job *job;

	pthread_mutex_lock(&pool->lock);
	for (;;) {
		job = jobpool_take(pool);
		if (job == NULL) {
			if (pool->ending)
				break;
			pthread_cond_wait(&pool->work, &pool->lock);
			continue;
		}
		pthread_mutex_unlock(&pool->lock);
		job->run(job->arg);
		free(job);
		pthread_mutex_lock(&pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

struct jobpool *
jobpool_new(const struct jobpool_config *config)
{
	struct jobpool *pool = calloc(1, sizeof(*pool));
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct err err = ERR_INIT;

	if (pool == NULL)
		fatal("out of memory for the job pool");
	pool->queue_max = config->queue_max > 0 ? config->queue_max :
	    QUEUE_MAX;
	pool->key_max = config->key_max > 0 ? config->key_max :
	    pool->queue_max / 4;
	if (pool->key_max == 0)
		pool->key_max = 1;
	pool->nthreads = config->threads > 0 ? config->threads :
	    cores > 2 ? (int)cores - 1 : 1;
	pool->threads = calloc((size_t)pool->nthreads,
	    sizeof(*pool->threads));
	if (pool->threads == NULL)
		fatal("out of memory for the job pool");
	TAILQ_INIT(&pool->ring);
	if (pthread_mutex_init(&pool->lock, NULL) != 0)
		fatal("cannot make the lock of the job pool");
	condition_init(&pool->work);
	for (int i = 0; i < pool->nthreads; i++)
		if (thread_start(&pool->threads[i], "jobpool", jobpool_main,
		    pool, &err) == -1)
			fatal("job pool: %s", err.text);
	return pool;
}

/* Makes a new lane for its first job. */
static struct job_lane *
jobpool_lane_new(struct jobpool *pool, uint64_t key)
{
	struct job_lane *lane;

	if ((lane = calloc(1, sizeof(*lane))) == NULL)
		fatal("out of memory for a job");
	lane->key = key;
	TAILQ_INIT(&lane->jobs);
	HASH_ADD(hh, pool->lanes, key, sizeof(lane->key), lane);
	TAILQ_INSERT_TAIL(&pool->ring, lane, next);
	return lane;
}

int
jobpool_submit(struct jobpool *pool, uint64_t key, void (*run)(void *arg),
    void *arg)
{
	struct job_lane *lane;
	struct job *job;

	if ((job = malloc(sizeof(*job))) == NULL)
		fatal("out of memory for a job");
	job->run = run;
	job->arg = arg;
	pthread_mutex_lock(&pool->lock);
	HASH_FIND(hh, pool->lanes, &key, sizeof(key), lane);
	if (pool->waiting >= pool->queue_max ||
	    (lane != NULL && lane->n >= pool->key_max)) {
		pthread_mutex_unlock(&pool->lock);
		free(job);
		return -1;
	}
	if (lane == NULL)
		lane = jobpool_lane_new(pool, key);
	TAILQ_INSERT_TAIL(&lane->jobs, job, next);
	lane->n++;
	pool->waiting++;
	pthread_cond_signal(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	return 0;
}

void
jobpool_free(struct jobpool **pp)
{
	struct jobpool *pool = *pp;

	if (pool == NULL)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->ending = 1;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	for (int i = 0; i < pool->nthreads; i++)
		(void)pthread_join(pool->threads[i], NULL);
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->lock);
	free(pool->threads);
	free(pool);
	*pp = NULL;
}
