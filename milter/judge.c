/*
 * judge - the questions to imapd
 *
 * Connections to imapd are kept and lent to whatever thread asks: as many as
 * ask at the same time, no more.  One that was lost is made anew at the next
 * question (net/store_client.h).
 */
#include <config.h>

#include "milter/milter.h"
#include "net/store_client.h"

struct idle_client {
	struct idle_client *next;
	struct store_client *client;	/* own */
};

struct judge {
	pthread_mutex_t lock;
	struct idle_client *idle;	/* own */
};

struct judge *
judge_new(void)
{
	struct judge *j = calloc(1, sizeof(*j));

	if (j == NULL)
		fatal("out of memory");
	pthread_mutex_init(&j->lock, NULL);
	return j;
}

void
judge_free(struct judge **jp)
{
	struct judge *j = *jp;
	struct idle_client *i;

	if (j == NULL)
		return;
	*jp = NULL;
	while ((i = j->idle) != NULL) {
		j->idle = i->next;
		store_client_free(&i->client);
		free(i);
	}
	pthread_mutex_destroy(&j->lock);
	free(j);
}

static struct idle_client *
borrow_client(struct judge *j)
{
	const struct settings *s = milter_settings();
	struct idle_client *i;

	pthread_mutex_lock(&j->lock);
	i = j->idle;
	if (i != NULL)
		j->idle = i->next;
	pthread_mutex_unlock(&j->lock);
	if (i != NULL)
		return i;
	if ((i = calloc(1, sizeof(*i))) == NULL)
		fatal("out of memory");
	i->client = store_client_new(s->milter_imapd.text,
	    (unsigned)s->milter_imapd_timeout_ms);
	return i;
}

static void
return_client(struct judge *j, struct idle_client *i)
{
	pthread_mutex_lock(&j->lock);
	i->next = j->idle;
	j->idle = i;
	pthread_mutex_unlock(&j->lock);
}

/* 1 the address is one of ours, 0 not, -1. */
static int
ask_is_ours(struct store_client *c, struct bytes recipient, struct err *err)
{
	struct store_message m;
	struct store_writer w;

	store_call_begin(c, STORE_OP_RECIPIENT_CHECK, &w);
	store_put_text(&w, STORE_ADDRESS, recipient);
	if (store_call_finish(c, &w, &m, err) == -1) {
		/* What no address can be is none of ours. */
		return err->kind == ERR_SYNTAX ? 0 : -1;
	}
	return strcmp(store_str(&m, STORE_STATUS), "unknown") != 0;
}

static void
take_answer(const struct store_message *m, struct log *log,
    struct bytes recipient, struct judge_answer *answer)
{
	const char *verdict = store_str(m, STORE_VERDICT);
	const struct store_value *why = NULL;

	answer->verdict = strcmp(verdict, "reject") == 0 ? VERDICT_REJECT :
	    strcmp(verdict, "delay") == 0 ? VERDICT_DELAY : VERDICT_ACCEPT;
	answer->delay_ms = store_u64(m, STORE_DELAY_MS, 0);
	(void)snprintf(answer->reason, sizeof(answer->reason), "%s",
	    store_str(m, STORE_REASON));
	while ((why = store_next(m, STORE_EXPLANATION, why)) != NULL)
		log_debug(log, "judged", KV_BYTES("rcpt", recipient),
		    KV_BYTES("why", why->bytes));
}

static int
ask_judge(struct store_client *c, const struct judge_question *q,
    struct bytes recipient, struct store_message *m, struct err *err)
{
	struct buf origin = BUF_INIT;
	struct store_writer w;

	origin_encode(q->origin, &origin);
	store_call_begin(c, STORE_OP_JUDGE, &w);
	store_put_blob(&w, STORE_ORIGIN, buf_view(&origin));
	store_put_text(&w, STORE_RECIPIENT, recipient);
	store_put_u64(&w, STORE_SIZE, q->size);
	store_put_blob(&w, STORE_HEADER, q->header);
	buf_free(&origin);
	return store_call_finish(c, &w, m, err);
}

int
judge_recipient(struct judge *j, const struct judge_question *q,
    struct bytes recipient, struct log *log, struct judge_answer *answer,
    struct err *err)
{
	struct idle_client *i = borrow_client(j);
	struct store_message m;
	int rc;

	memset(answer, 0, sizeof(*answer));
	rc = ask_is_ours(i->client, recipient, err);
	if (rc == 1) {
		answer->is_ours = true;
		rc = ask_judge(i->client, q, recipient, &m, err);
		if (rc == 0)
			take_answer(&m, log, recipient, answer);
	}
	return_client(j, i);
	return rc == -1 ? -1 : 0;
}
