/*
 * report - a thread that sends counts for DMARC reports to postern-imapd
 */
#include <config.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/thread.h"
#include "net/request_client.h"
#include "auth/dmarc_tally.h"
#include "milter/config.h"
#include "milter/imapd_client.h"
#include "milter/report.h"

#define ROWS_MAX	20000
/* Rows in one request: with REQUEST_DMARC_ROW_MAX each they fit in a frame. */
#define CALL_ROWS	400

_Static_assert(CALL_ROWS * (REQUEST_DMARC_ROW_MAX + 6) < REQUEST_FRAME_MAX,
    "the rows of a call fit into a frame");

struct report {
	struct dmarc_tally *tally;
	struct request_client *client;	/* used only by the thread */
	bool is_away;			/* imapd is; logged once */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool stopping;
};

/* Sends one request.  0 or -1. */
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
	    imapd_client_error(err);
}

/* Logs an error.  Refused rows are lost, as they would be refused again. */
static void
tell_failure(struct report *r, const struct err *err)
{
	if (err->kind != ERR_TEMP)
		log_error(NULL, "counts for DMARC reports are lost",
		    KV_ERR(err));
	else if (!r->is_away)
		log_warn(NULL, "cannot send counts for DMARC reports yet",
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
		log_warn(NULL, "too many different messages for DMARC "
		    "reports, some were not counted",
		    KV_UINT("messages", dropped));
}

static void *
run(void *arg)
{
	struct report *r = arg;
	uint64_t until;
	bool stopping = false;

	while (!stopping) {
		until = clock_mono_ms() +
		    config_current()->settings->dmarc_record_interval_ms;
		pthread_mutex_lock(&r->lock);
		while (!r->stopping &&
		    condition_wait_until(&r->change, &r->lock, until))
			;
		stopping = r->stopping;
		pthread_mutex_unlock(&r->lock);
		/* When stopping, do not wait for an imapd that is away. */
		if (!stopping || !r->is_away)
			hand_over(r);
	}
	request_client_free(&r->client);
	return NULL;
}

struct report *
report_new(void)
{
	const struct settings *s = config_current()->settings;
	struct report *r = calloc(1, sizeof(*r));
	struct err err = ERR_INIT;

	if (r == NULL)
		fatal("out of memory");
	r->tally = dmarc_tally_new(ROWS_MAX);
	r->client = request_client_new(s->milter_imapd.text,
	    (unsigned)s->milter_imapd_timeout_ms);
	pthread_mutex_init(&r->lock, NULL);
	condition_init(&r->change);
	if (thread_start(&r->thread, "dmarc-report", run, r, &err) == -1)
		fatal("%s", err.text);
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
	if (config_current()->settings->dmarc_record)
		dmarc_tally_add(r->tally, result, time(NULL));
}
