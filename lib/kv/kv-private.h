/* kv-private - what the files of kv share */
#ifndef KV_KV_PRIVATE_H
#define KV_KV_PRIVATE_H

#include <db.h>
#include <pthread.h>
#include <semaphore.h>

#include "kv/kv.h"

#define KV_PAGE_SIZE	4096
#define KV_DATA		"data"		/* databases, below the home */
#define KV_LOG		"log"		/* logs */
#define KV_RESTORE	"restore"	/* "this is a copy": replay all logs */

/* A lost deadlock is tried again so often; one writer makes them rare. */
#define KV_RETRIES	1000

struct kv {
	struct kv_config config;	/* home is own */
	DB_ENV *env;			/* own */
	DB *db[KV_TABLES_MAX];		/* own */
	struct reader latest;
	sem_t searchers;		/* how many more may begin */

	pthread_t keeper;		/* checkpoints, trickling */
	bool keeper_runs;
	pthread_mutex_t lock;		/* for what follows */
	pthread_cond_t wake;
	bool stopping;
	uint64_t applied;		/* bytes since the last checkpoint */
	uint64_t checkpoints, retries;
	bool checkpoint_failed;		/* the last one */
	unsigned prealloc_taken;		/* when it was filled last */

	pthread_mutex_t backup_lock;	/* one backup at a time */

	pthread_mutex_t said_lock;	/* for what follows */
	uint64_t said_ms;		/* the minute that is counted */
	unsigned said;			/* messages in it */
};

/* Fills err from a Berkeley DB return code; -1.  Panic ends the process. */
int kv_fail(struct kv *kv, struct err *err, int rc, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Log files that have room at any time. */
#define KV_LOG_RESERVED	2

/* Has room for so many more log files: 0, -1 (ERR_CODE_FULL). */
int kv_reserve_log(struct kv *kv, unsigned files, struct err *err);

/* So many more, slowly, and with zeroes in them: 0, -1. */
int kv_fill_log(struct kv *kv, unsigned files, struct err *err);

/* Is this the loser of a deadlock, to be tried again? */
bool kv_is_deadlock(int rc);

extern const struct reader_ops kv_reader_ops;
extern const struct reader_ops kv_latest_ops;

/* The thread behind checkpoints. */
int kv_keeper_start(struct kv *kv, struct err *err);
void kv_keeper_stop(struct kv *kv);

#endif
