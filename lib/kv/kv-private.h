/* kv-private - what the files of kv share */
#ifndef KV_KV_PRIVATE_H
#define KV_KV_PRIVATE_H

#include <db.h>
#include <pthread.h>
#include <semaphore.h>

#include "kv/kv.h"

#define KV_PAGE_SIZE	4096
#define KV_DATA		"data"		/* folder of the databases */
#define KV_LOG		"log"		/* folder of the logs */
#define KV_RESTORE	"restore"	/* "this is a copy": replay all logs */

/* How often the loser of a deadlock retries; with one writer they are rare. */
#define KV_RETRIES	1000

struct kv {
	struct kv_config config;	/* home is own */
	DB_ENV *env;			/* own */
	DB *db[KV_TABLES_MAX];		/* own */
	struct reader latest;
	sem_t searchers;		/* how many more threads may search */

	pthread_t keeper;		/* see kv_keeper.c */
	bool keeper_runs;
	pthread_mutex_t lock;		/* protects the members below */
	pthread_cond_t wake;
	bool stopping;
	uint64_t applied;		/* bytes since the last checkpoint */
	uint64_t checkpoints, retries;
	bool checkpoint_failed;		/* the last one failed */
	unsigned prealloc_taken;		/* at the last filling */

	pthread_mutex_t backup_lock;	/* one backup at a time */

	pthread_mutex_t message_lock;	/* protects the members below */
	uint64_t message_minute_ms;	/* when the current minute began */
	unsigned message_count;			/* messages in that minute */
};

/* Fills err from a Berkeley DB return code; returns -1.  A panic ends the
   process. */
int kv_fail(struct kv *kv, struct err *err, int rc, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Reserved log files that are there before each commit. */
#define KV_LOG_RESERVED	2

/* Reserves space for that many more log files.  0, or -1 (ERR_CODE_FULL). */
int kv_reserve_log(struct kv *kv, unsigned files, struct err *err);

/* Prepares that many more log files, filled with zeroes; slow.  0 or -1. */
int kv_fill_log(struct kv *kv, unsigned files, struct err *err);

/* Was this transaction the loser of a deadlock?  Then it is to be retried. */
bool kv_is_deadlock(int rc);

extern const struct reader_ops kv_reader_ops;
extern const struct reader_ops kv_latest_ops;

/* The thread that writes checkpoints. */
int kv_keeper_start(struct kv *kv, struct err *err);
void kv_keeper_stop(struct kv *kv);

#endif
