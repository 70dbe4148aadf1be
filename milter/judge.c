/*
 * Connections to imapd are kept and lent to whatever thread asks: as many as
 * ask at the same time, no more.  One that was lost is made anew at the next
 * question (net/request_client.h).
 */
#include <config.h>

#include "base/encode.h"
#include "net/request_client.h"
#include "milter/judge.h"
#include "milter/milter.h"

struct idle_client {
	struct idle_client *next;
	struct request_client *client;	/* own */
	uint64_t timeout_ms;
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

static struct idle_client *
borrow_client(struct judge *j)
{
	const struct settings *s = milter_config()->settings;
	struct idle_client *i;

	pthread_mutex_lock(&j->lock);
	i = j->idle;
	if (i != NULL)
		j->idle = i->next;
	pthread_mutex_unlock(&j->lock);
	if (i != NULL && i->timeout_ms == s->milter_imapd_timeout_ms)
		return i;
	/* None, or one from before a reload. */
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
return_client(struct judge *j, struct idle_client *i)
{
	pthread_mutex_lock(&j->lock);
	i->next = j->idle;
	j->idle = i;
	pthread_mutex_unlock(&j->lock);
}

int
judge_trouble(struct err *err)
{
	return err->kind != ERR_TEMP ? -1 :
	    err_wrap(err, "asking postern-imapd (setting milter-imapd)");
}

/* One call without rows, on a connection of its own for that time. */
struct call {
	struct judge *judge;
	struct idle_client *i;
	struct request_writer w;
	struct request_frame m;		/* the answer */
};

static void
call_begin(struct call *c, struct judge *j, uint16_t op)
{
	c->judge = j;
	c->i = borrow_client(j);
	request_begin(c->i->client, op, &c->w);
}

static int
call_finish(struct call *c, struct err *err)
{
	return request_finish(c->i->client, &c->w, &c->m, err) == 0 ? 0 :
	    judge_trouble(err);
}

/* Behind the last look at the answer. */
static void
call_end(struct call *c)
{
	return_client(c->judge, c->i);
}

static const char *
copy_text(struct call *c, struct arena *a, uint16_t tag,
    const char *otherwise)
{
	const char *text = request_str(&c->m, tag);

	text = text == NULL ? otherwise : text;
	return text == NULL ? NULL : arena_strdup(a, text);
}

/* What is no SMTP code is none. */
static void
take_reply(struct call *c, struct arena *a, struct judge_reply *out)
{
	uint64_t code = request_u64(&c->m, FIELD_CODE, 0);

	memset(out, 0, sizeof(*out));
	if (code < 400 || code > 599)
		return;
	out->code = arena_printf(a, "%u", (unsigned)code);
	out->enhanced = copy_text(c, a, FIELD_ENHANCED,
	    code < 500 ? "4.0.0" : "5.0.0");
	out->text = copy_text(c, a, FIELD_REPLY, "refused");
	out->setting = copy_text(c, a, FIELD_SETTING, NULL);
}

/* ---- recipients ---- */

bool
judge_takes_address(struct bytes address)
{
	return address.len <= REQUEST_ADDRESS_MAX && utf8_is_valid(address) &&
	    bytes_index(address, '\0') == -1;
}

static void
take_recipient_answer(struct call *c, struct arena *a,
    struct judge_recipient_answer *out)
{
	const char *kind = request_str(&c->m, FIELD_KIND);

	out->status = copy_text(c, a, FIELD_STATUS, "");
	out->exists = kind != NULL && strcmp(kind, "catch-all") != 0;
	if (strcmp(out->status, "unknown") != 0)
		out->is = RECIPIENT_OURS;
	else
		out->is = request_bool(&c->m, FIELD_OURS) ? RECIPIENT_HIDDEN :
		    RECIPIENT_FOREIGN;
	if (out->is != RECIPIENT_FOREIGN)
		take_reply(c, a, &out->reply);
}

int
judge_check_recipient(struct judge *j, struct bytes address, uint64_t size,
    struct bytes client_ip, struct arena *a,
    struct judge_recipient_answer *out, struct err *err)
{
	struct call c;
	int rc;

	memset(out, 0, sizeof(*out));
	call_begin(&c, j, REQUEST_RECIPIENT_CHECK);
	request_put_text(&c.w, FIELD_ADDRESS, address);
	if (size > 0)
		request_put_u64(&c.w, FIELD_SIZE, size);
	if (client_ip.len > 0)
		request_put_text(&c.w, FIELD_CLIENT_IP, client_ip);
	rc = call_finish(&c, err);
	if (rc == 0)
		take_recipient_answer(&c, a, out);
	call_end(&c);
	if (rc == -1 && err->kind == ERR_SYNTAX) {
		/* What no address can be is none of ours. */
		out->is = RECIPIENT_FOREIGN;
		out->status = "unknown";
		return 0;
	}
	return rc;
}

/* ---- messages ---- */

const char *
verdict_name(enum verdict v)
{
	static const char *const names[] = { "accept", "delay", "reject" };

	return names[v];
}

static void
take_verdict(struct call *c, struct arena *a, struct log *log,
    struct bytes recipient, struct judge_answer *answer)
{
	const char *verdict = request_str(&c->m, FIELD_VERDICT);
	const struct request_value *why = NULL;

	answer->verdict = strcmp(verdict, "reject") == 0 ? VERDICT_REJECT :
	    strcmp(verdict, "delay") == 0 ? VERDICT_DELAY : VERDICT_ACCEPT;
	answer->delay_ms = request_u64(&c->m, FIELD_DELAY_MS, 0);
	answer->reason = copy_text(c, a, FIELD_REASON, "");
	if (answer->verdict == VERDICT_REJECT)
		take_reply(c, a, &answer->reply);
	while ((why = request_next_value(&c->m, FIELD_EXPLANATION, why)) != NULL)
		log_debug(log, "judged", KV_BYTES("rcpt", recipient),
		    KV_BYTES("why", why->bytes));
}

int
judge_message(struct judge *j, const struct judge_question *q,
    struct bytes recipient, struct log *log, struct arena *a,
    struct judge_answer *answer, struct err *err)
{
	struct buf origin = BUF_INIT;
	struct call c;
	int rc;

	memset(answer, 0, sizeof(*answer));
	origin_encode(q->origin, &origin);
	call_begin(&c, j, REQUEST_JUDGE);
	request_put_blob(&c.w, FIELD_ORIGIN, buf_view(&origin));
	request_put_text(&c.w, FIELD_RECIPIENT, recipient);
	request_put_u64(&c.w, FIELD_SIZE, q->size);
	request_put_blob(&c.w, FIELD_HEADER, q->header);
	buf_free(&origin);
	rc = call_finish(&c, err);
	if (rc == 0)
		take_verdict(&c, a, log, recipient, answer);
	call_end(&c);
	return rc;
}

/* ---- what accounts send ---- */

static int
finish_with_reply(struct call *c, struct arena *a, struct judge_reply *reply,
    struct err *err)
{
	int rc = call_finish(c, err);

	memset(reply, 0, sizeof(*reply));
	if (rc == 0)
		take_reply(c, a, reply);
	call_end(c);
	return rc;
}

int
judge_check_sender(struct judge *j, struct bytes account,
    const struct bytes *addresses, size_t n, struct arena *a,
    struct judge_reply *reply, struct err *err)
{
	struct call c;

	call_begin(&c, j, REQUEST_SENDER_CHECK);
	request_put_text(&c.w, FIELD_ACCOUNT, account);
	for (size_t i = 0; i < n; i++)
		request_put_text(&c.w, FIELD_ADDRESS, addresses[i]);
	return finish_with_reply(&c, a, reply, err);
}

int
judge_record_submission(struct judge *j, struct bytes account,
    struct bytes queue_id, const struct bytes *recipients, size_t n,
    struct arena *a, struct judge_reply *reply, struct err *err)
{
	struct call c;

	call_begin(&c, j, REQUEST_SUBMISSION_RECORD);
	request_put_text(&c.w, FIELD_ACCOUNT, account);
	request_put_text(&c.w, FIELD_QUEUE_ID, queue_id);
	for (size_t i = 0; i < n; i++)
		request_put_text(&c.w, FIELD_RECIPIENT, recipients[i]);
	return finish_with_reply(&c, a, reply, err);
}
