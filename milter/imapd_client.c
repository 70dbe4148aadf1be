/*
 * imapd_client - a pool of connections to postern-imapd, and the requests.
 *
 * A lost connection is opened again by the next request
 * (net/request_client.h).  A connection from before a reload is replaced when
 * it is used again.
 */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>

#include "base/encode.h"
#include "net/request_client.h"
#include "milter/config.h"
#include "milter/imapd_client.h"

struct idle_client {
	struct idle_client *next;
	struct request_client *client;	/* own */
	uint64_t timeout_ms;
};

struct imapd_client {
	pthread_mutex_t lock;
	struct idle_client *idle;	/* own */
};

struct imapd_client *
imapd_client_new(void)
{
	struct imapd_client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		fatal("out of memory");
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

void
imapd_client_free(struct imapd_client **cp)
{
	struct imapd_client *c = *cp;
	struct idle_client *i;

	if (c == NULL)
		return;
	*cp = NULL;
	while ((i = c->idle) != NULL) {
		c->idle = i->next;
		request_client_free(&i->client);
		free(i);
	}
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static struct idle_client *
borrow_client(struct imapd_client *c)
{
	const struct settings *s = config_current()->settings;
	struct idle_client *i;

	pthread_mutex_lock(&c->lock);
	i = c->idle;
	if (i != NULL)
		c->idle = i->next;
	pthread_mutex_unlock(&c->lock);
	if (i != NULL && i->timeout_ms == s->milter_imapd_timeout_ms)
		return i;
	/* There is none, or it is from before a reload. */
	if (i != NULL)
		request_client_free(&i->client);
	else if ((i = calloc(1, sizeof(*i))) == NULL)
		fatal("out of memory");
	i->timeout_ms = s->milter_imapd_timeout_ms;
	i->client = request_client_new(s->milter_imapd.text,
	    (unsigned)s->milter_imapd_timeout_ms);
	return i;
}

static void
return_client(struct imapd_client *c, struct idle_client *i)
{
	pthread_mutex_lock(&c->lock);
	i->next = c->idle;
	c->idle = i;
	pthread_mutex_unlock(&c->lock);
}

int
imapd_client_error(struct err *err)
{
	return err->kind != ERR_TEMP ? -1 :
	    err_wrap(err, "asking postern-imapd (setting milter-imapd)");
}

/* A request, which has a connection to itself until question_end(). */
struct question {
	struct imapd_client *pool;
	struct idle_client *i;
	struct request_client *client;
	struct request_writer w;
	struct request_frame m;		/* the answer */
};

static void
question_begin(struct question *q, struct imapd_client *pool, uint16_t op)
{
	q->pool = pool;
	q->i = borrow_client(pool);
	q->client = q->i->client;
	request_begin(q->client, op, &q->w);
}

/* Sends the request and reads an answer without rows. */
static int
question_finish(struct question *q, struct err *err)
{
	return request_finish(q->client, &q->w, &q->m, err) == 0 ? 0 :
	    imapd_client_error(err);
}

/* Returns the connection; the answer is no longer valid. */
static void
question_end(struct question *q)
{
	return_client(q->pool, q->i);
}

/* ---- recipients ---- */

static bool
is_text(struct bytes address, size_t len_max)
{
	return address.len <= len_max && utf8_is_valid(address) &&
	    bytes_index(address, '\0') == -1;
}

bool
imapd_client_takes_recipient(struct bytes address)
{
	return is_text(address, REQUEST_RECIPIENT_MAX);
}

bool
imapd_client_takes_sender(struct bytes address)
{
	return is_text(address, REQUEST_ADDRESS_MAX);
}

static int
recipient_answer(const struct request_frame *m, struct arena *a,
    struct imapd_recipient_answer *out, struct err *err)
{
	const char *kind = request_str(m, FIELD_KIND);

	out->status = arena_strdup(a, request_str(m, FIELD_STATUS));
	out->exists = kind != NULL && strcmp(kind, "catch-all") != 0;
	if (strcmp(out->status, "unknown") != 0)
		out->is = RECIPIENT_OURS;
	else if (request_bool(m, FIELD_OURS))
		out->is = RECIPIENT_HIDDEN;
	else
		return 0;
	return judge_reply_get(m, a, &out->reply, err);
}

int
imapd_client_check_recipient(struct imapd_client *c,
    const struct imapd_recipient_question *ask, struct arena *a,
    struct imapd_recipient_answer *out, struct err *err)
{
	struct question q;
	int rc;

	*out = (struct imapd_recipient_answer){
		.is = RECIPIENT_FOREIGN, .status = "unknown"
	};
	if (!imapd_client_takes_recipient(ask->address))
		return 0;
	question_begin(&q, c, REQUEST_RECIPIENT_CHECK);
	request_put_text(&q.w, FIELD_ADDRESS, ask->address);
	if (ask->size > 0)
		request_put_u64(&q.w, FIELD_SIZE, ask->size);
	if (ask->client_ip.len > 0)
		request_put_text(&q.w, FIELD_CLIENT_IP, ask->client_ip);
	rc = question_finish(&q, err);
	if (rc == 0)
		rc = recipient_answer(&q.m, a, out, err);
	question_end(&q);
	return rc;
}

/* ---- messages ---- */

static int
judge_send(struct question *q, const struct judge_question *ask,
    struct err *err)
{
	judge_question_put(&q->w, ask);
	if (request_send(q->client, &q->w, err) == -1 ||
	    request_data(q->client, ask->features, err) == -1)
		return -1;
	return request_data_end(q->client, err);
}

static int
judge_answers(struct question *q, size_t n, struct arena *a,
    struct judge_answer *answers, struct err *err)
{
	size_t i = 0;
	int rc;

	while ((rc = request_next_frame(q->client, &q->m, err)) == 1) {
		/* Count extra answers too, because they are an error. */
		if (i < n && judge_answer_get(&q->m, a, &answers[i],
		    err) == -1)
			return -1;
		i++;
	}
	if (rc == 0 && i != n)
		rc = err_set(err, ERR_INTERNAL, "postern-imapd sent verdicts "
		    "for %zu recipients, expected %zu", i, n);
	return rc;
}

int
imapd_client_judge(struct imapd_client *c, const struct judge_question *ask,
    struct arena *a, struct judge_answer *answers, struct err *err)
{
	struct question q;
	int rc;

	question_begin(&q, c, REQUEST_JUDGE);
	rc = judge_send(&q, ask, err);
	if (rc == 0)
		rc = judge_answers(&q, ask->nrecipients, a, answers, err);
	question_end(&q);
	return rc == 0 ? 0 : imapd_client_error(err);
}

/* ---- outgoing mail ---- */

static int
finish_with_reply(struct question *q, struct arena *a,
    struct judge_reply *reply, struct err *err)
{
	int rc = question_finish(q, err);

	if (rc == 0)
		rc = judge_reply_get(&q->m, a, reply, err);
	question_end(q);
	return rc;
}

int
imapd_client_check_sender(struct imapd_client *c,
    const struct imapd_sender *sender, struct arena *a,
    struct judge_reply *reply, struct err *err)
{
	struct question q;

	question_begin(&q, c, REQUEST_SENDER_CHECK);
	request_put_text(&q.w, FIELD_ACCOUNT, sender->account);
	for (size_t i = 0; i < sender->n; i++)
		request_put_text(&q.w, FIELD_ADDRESS, sender->addresses[i]);
	return finish_with_reply(&q, a, reply, err);
}

int
imapd_client_record_submission(struct imapd_client *c,
    const struct imapd_submission *submission, struct arena *a,
    struct judge_reply *reply, struct err *err)
{
	struct question q;

	question_begin(&q, c, REQUEST_SUBMISSION_RECORD);
	request_put_text(&q.w, FIELD_ACCOUNT, submission->account);
	request_put_text(&q.w, FIELD_QUEUE_ID, submission->queue_id);
	for (size_t i = 0; i < submission->n; i++)
		request_put_text(&q.w, FIELD_RECIPIENT,
		    submission->recipients[i]);
	return finish_with_reply(&q, a, reply, err);
}
