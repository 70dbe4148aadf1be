#include <config.h>

#include <errno.h>
#include <signal.h>

#include "net/request_client.h"
#include "auth/dmarc_tally.h"
#include "milter/milter.h"
#include "milter/report.h"

#define ROWS_MAX	20000
/* Of one call: with REQUEST_DMARC_ROW_MAX each they fit into a frame. */
#define CALL_ROWS	400

_Static_assert(CALL_ROWS * (REQUEST_DMARC_ROW_MAX + 6) < REQUEST_FRAME_MAX,
    "the rows of a call fit into a frame");

struct report {
	struct dmarc_tally *tally;
	struct request_client *client;	/* the thread's */
	bool is_away;			/* imapd; said once */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool stopping;
};

/* One call.  0 or -1. */
static int
send_rows(struct report *r, const struct bytes *rows, size_t n,
    struct err *err)
{
	struct request_frame m;
	struct request_writer w;

	request_begin(r->client, REQUEST_DMARC_RECORD, &w);
	for (size_t i = 0; i < n; i++)
		request_put_blob(&w, FIELD_DMARC_ROW, rows[i]);
	return request_finish(r->client, &w, &m, err) == 0 ? 0 :
	    judge_trouble(err);
}

/* What is refused would be refused again. */
static void
tell_failure(struct report *r, const struct err *err)
{
	if (err->kind != ERR_TEMP)
		log_error(&milter.log, "counts for DMARC reports are lost",
		    KV_ERR(err));
	else if (!r->is_away)
		log_warn(&milter.log, "counts for DMARC reports wait",
		    KV_ERR(err));
	r->is_away = err->kind == ERR_TEMP;
}

static void
hand_over(struct report *r)
{
	struct bytes rows[CALL_ROWS];
	struct err err = ERR_INIT;
	struct arena a;
	uint64_t dropped;
	size_t n;
	int rc = 0;

	while (rc == 0) {
		arena_init(&a);
		n = dmarc_tally_take(r->tally, &a, rows, CALL_ROWS);
		if (n > 0)
			rc = send_rows(r, rows, n, &err);
		if (rc == -1)
			tell_failure(r, &err);
		for (size_t i = 0; i < n && rc == -1 && r->is_away; i++)
			dmarc_tally_put(r->tally, rows[i]);
		arena_clear(&a);
		if (n < CALL_ROWS)
			break;
	}
	if (rc == 0)
		r->is_away = false;
	if ((dropped = dmarc_tally_dropped(r->tally)) > 0)
		log_warn(&milter.log, "too many different messages for DMARC "
		    "reports, some were not counted",
		    KV_UINT("messages", dropped));
}

static struct timespec
interval_end(void)
{
	uint64_t ms = milter_config()->settings->dmarc_record_interval_ms;
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += (time_t)(ms / 1000);
	t.tv_nsec += (long)(ms % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

static void *
run(void *arg)
{
	struct report *r = arg;
	struct timespec until;
	bool stopping = false;

	while (!stopping) {
		until = interval_end();
		pthread_mutex_lock(&r->lock);
		while (!r->stopping && pthread_cond_timedwait(&r->change,
		    &r->lock, &until) != ETIMEDOUT)
			;
		stopping = r->stopping;
		pthread_mutex_unlock(&r->lock);
		/* The end is not the time to wait for somebody away. */
		if (!stopping || !r->is_away)
			hand_over(r);
	}
	request_client_free(&r->client);
	return NULL;
}

struct report *
report_new(void)
{
	const struct settings *s = milter_config()->settings;
	struct report *r = calloc(1, sizeof(*r));
	pthread_condattr_t attr;
	sigset_t all, before;
	int e;

	if (r == NULL)
		fatal("out of memory");
	r->tally = dmarc_tally_new(ROWS_MAX);
	r->client = request_client_new(s->milter_imapd.text,
	    (unsigned)s->milter_imapd_timeout_ms);
	pthread_mutex_init(&r->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&r->change, &attr);
	pthread_condattr_destroy(&attr);
	/* Signals are the main thread's, and libmilter's. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	if ((e = pthread_create(&r->thread, NULL, run, r)) != 0)
		fatal("cannot start a thread: %s", strerror(e));
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

void
report_stop(struct report *r)
{
	pthread_mutex_lock(&r->lock);
	r->stopping = true;
	pthread_cond_signal(&r->change);
	pthread_mutex_unlock(&r->lock);
	(void)pthread_join(r->thread, NULL);
}

void
report_count(struct report *r, const struct verify_result *result)
{
	if (milter_config()->settings->dmarc_record)
		dmarc_tally_add(r->tally, result, time(NULL));
}
