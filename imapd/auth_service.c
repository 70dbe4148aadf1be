/*
 * auth_service - authentication for the MTA, with the Dovecot auth protocol
 *
 * Each process of the MTA keeps one connection and uses it for many sessions.
 * Requests are told apart by their ids, and several may be pending: for the
 * check of a login, or for the lookup of secrets.  The connection may close
 * meanwhile, so the pending checks are not part of it: a struct link, with its
 * own lock, connects the two.
 *
 * Postfix drops the connection if an answer takes longer than 10 seconds.
 *
 * If a password cannot be checked now, the connection is closed without an
 * answer.  Postfix then replies 454 and makes a new connection for the next
 * AUTH.  Any FAIL, whatever its text, becomes a 535, after which clients ask
 * their users for another password.
 */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/random.h"
#include "proto/dovecot_auth.h"
#include "proto/line.h"
#include "login/sasl.h"
#include "imapd/imapd.h"

/* Pending exchanges of one connection; Postfix has one at a time. */
#define REQUESTS_MAX	64
/* Maximum number of mechanisms offered to the MTA. */
#define MECHANISMS_MAX	16

/* What a connection and its pending password checks share. */
struct link {
	pthread_mutex_t lock;
	unsigned refs;			/* the connection and the checks */
	struct conn *conn;		/* NULL: closed */
	struct outcome *first;		/* results not yet sent */
};

/*
 * The result of a check or of a lookup of secrets, queued for the thread of the
 * connection.
 */
struct outcome {
	struct outcome *next;
	struct link *link;		/* counted */
	uint32_t id;
	bool is_search;
	struct auth_result result;	/* of a check; err also of a search */
	struct secret_list secrets;	/* own: of a search */
};

struct request {
	uint32_t id;
	bool is_checking;
	bool is_cancelled;		/* CANCEL arrived during the check */
	struct arena arena;
	struct sasl *sasl;		/* in the arena; NULL: free slot */
	struct bytes remote_ip;		/* in the arena */
};

struct session {
	struct imapd *imapd;		/* borrowed */
	struct line_reader reader;
	struct link *link;		/* counted */
	struct request requests[REQUESTS_MAX];
};

static void
outcome_free(struct outcome *o)
{
	secret_list_clear(&o->secrets);
	free(o);
}

static void
link_unref(struct link *l)
{
	struct outcome *o;
	bool is_last;

	pthread_mutex_lock(&l->lock);
	is_last = --l->refs == 0;
	pthread_mutex_unlock(&l->lock);
	if (!is_last)
		return;
	while ((o = l->first) != NULL) {
		l->first = o->next;
		outcome_free(o);
	}
	pthread_mutex_destroy(&l->lock);
	free(l);
}

static struct link *
link_new(struct conn *c)
{
	struct link *l = calloc(1, sizeof(*l));

	if (l == NULL)
		fatal("out of memory for a session");
	pthread_mutex_init(&l->lock, NULL);
	l->refs = 1;
	l->conn = c;
	return l;
}

/* ---- requests ---- */

static struct request *
request_find(struct session *s, uint32_t id)
{
	for (size_t i = 0; i < REQUESTS_MAX; i++)
		if (s->requests[i].sasl != NULL && s->requests[i].id == id)
			return &s->requests[i];
	return NULL;
}

/* The MTA decides whether passwords may be sent in the clear. */
static struct sasl_channel
mta_channel(void)
{
	return (struct sasl_channel){ .protocol = PROTOCOL_SUBMISSION,
	    .is_private = true };
}

/*
 * Creates a request.  If the mechanism is not supported, its sasl is NULL and
 * the slot stays free.
 */
static struct request *
request_new(struct session *s, const struct dovecot_command *cmd)
{
	const struct sasl_channel channel = mta_channel();
	const struct sasl_mechanism *m = sasl_mechanism_find(cmd->mechanism,
	    channel.protocol);

	for (size_t i = 0; i < REQUESTS_MAX; i++) {
		struct request *r = &s->requests[i];

		if (r->sasl != NULL)
			continue;
		memset(r, 0, sizeof(*r));
		if (m == NULL || !sasl_is_offered(m, &channel))
			return r;
		arena_init(&r->arena);
		r->id = cmd->id;
		r->remote_ip = bytes_dup(&r->arena, cmd->remote_ip);
		r->sasl = sasl_new(&r->arena, m, &channel);
		return r;
	}
	return NULL;
}

static void
request_end(struct request *r)
{
	if (r->sasl == NULL)
		return;
	sasl_forget(r->sasl);
	arena_clear(&r->arena);
	r->sasl = NULL;
}

/* ---- checks ---- */

/* May run in a thread of the pool or in ours. */
static void
outcome_queue(struct outcome *o)
{
	struct link *l = o->link;
	struct outcome **at;

	pthread_mutex_lock(&l->lock);
	for (at = &l->first; *at != NULL; at = &(*at)->next)
		continue;
	*at = o;
	if (l->conn != NULL)
		conn_wake(l->conn);
	pthread_mutex_unlock(&l->lock);
	link_unref(l);
}

static void
check_done(void *arg, const struct auth_result *result)
{
	struct outcome *o = arg;

	o->result = *result;
	outcome_queue(o);
}

static void
search_done(void *arg, struct secret_list *list, const struct err *err)
{
	struct outcome *o = arg;

	if (err != NULL) {
		o->result.verdict = AUTH_TEMP;
		o->result.err = *err;
	}
	secret_list_move(&o->secrets, list);
	outcome_queue(o);
}

/* The key is the MTA's client, so that a guesser slows down only itself. */
static uint64_t
remote_key(const struct request *r)
{
	struct addr a;

	return addr_parse(r->remote_ip, &a) == 0 ? addr_hash(&a) : 1;
}

/* Creates what the pool returns for this request. */
static struct outcome *
outcome_new(struct session *s, struct request *r)
{
	struct outcome *o = calloc(1, sizeof(*o));

	if (o == NULL)
		fatal("out of memory for a login");
	o->id = r->id;
	o->link = s->link;
	pthread_mutex_lock(&s->link->lock);
	s->link->refs++;
	pthread_mutex_unlock(&s->link->lock);
	r->is_checking = true;
	return o;
}

static int
check_begin(struct session *s, struct request *r, enum sasl_result result,
    struct err *err)
{
	struct outcome *o = outcome_new(s, r);
	struct auth_request request = {
		.protocol = PROTOCOL_SUBMISSION,
		.key = remote_key(r),
		.done = check_done,
		.arg = o
	};

	auth_request_sasl(&request, r->sasl, result);
	if (auth_check(s->imapd->auth, &request) == 0)
		return 0;
	link_unref(s->link);
	outcome_free(o);
	return err_set(err, ERR_TEMP, "too many logins are waiting"
	    " (setting auth-queue-max)");
}

static void
search_begin(struct session *s, struct request *r)
{
	struct outcome *o = outcome_new(s, r);
	struct auth_search search = {
		.user = sasl_user(r->sasl),
		.kind = sasl_mechanism(r->sasl)->secret,
		.protocol = PROTOCOL_SUBMISSION,
		.found = search_done,
		.arg = o
	};

	o->is_search = true;
	auth_find(s->imapd->auth, &search);
}

/* ---- steps ---- */

/* The output of a step, in addition to its result. */
struct step {
	struct buf out;			/* own: for the client */
	struct err why;			/* after SASL_FAIL */
};

/*
 * Handles the result of a step of the mechanism: step has the challenge for the
 * client, or the reason for the failure.  Returns -1 if no answer can be given;
 * then the caller ends the connection.
 */
static int
request_go_on(struct session *s, struct conn *c, struct request *r,
    enum sasl_result result, const struct step *step, struct err *err)
{
	switch (result) {
	case SASL_CONTINUE:
		dovecot_write_cont(conn_out(c), r->id, buf_view(&step->out));
		return 0;
	case SASL_SECRETS:
		search_begin(s, r);
		return 0;
	case SASL_PASSWORD:
	case SASL_VERIFIED:
	case SASL_REFUSED:
		return check_begin(s, r, result, err);
	case SASL_FAIL:
		break;
	}
	dovecot_write_fail(conn_out(c), r->id, BYTES(""),
	    bytes_of(step->why.text));
	request_end(r);
	return 0;
}

/* Passes one response of the client (NULL: none yet) to the mechanism. */
static int
request_step(struct session *s, struct conn *c, struct request *r,
    const struct bytes *base64, struct err *err)
{
	struct step step = { BUF_INIT, ERR_INIT };
	struct buf in = BUF_INIT;
	enum sasl_result result;
	struct bytes decoded;
	int rc;

	/*
	 * Reserve all at once: growing would leave copies of a password in
	 * memory.
	 */
	if (base64 != NULL)
		buf_reserve(&in, base64->len);
	if (base64 != NULL && base64_decode(&in, *base64) == -1) {
		err_set(&step.why, ERR_SYNTAX,
		    "the response is not valid base64");
		result = SASL_FAIL;
	} else {
		decoded = buf_view(&in);
		result = sasl_step(r->sasl, base64 == NULL ? NULL : &decoded,
		    &step.out, &step.why);
	}
	rc = request_go_on(s, c, r, result, &step, err);
	buf_wipe(&in);
	buf_free(&step.out);
	return rc;
}

/* ---- outcomes ---- */

/*
 * Sends the result.  Returns -1 if no answer can be given; then the caller ends
 * the connection.
 */
static int
outcome_tell(struct conn *c, struct request *r, const struct outcome *o)
{
	const struct auth_result *res = &o->result;
	bool is_temporary = res->verdict == AUTH_TEMP;
	bool is_wanted = !r->is_cancelled;

	if (is_wanted && res->verdict == AUTH_OK)
		dovecot_write_ok(conn_out(c), o->id, bytes_of(res->login));
	else if (is_wanted && !is_temporary)
		dovecot_write_fail(conn_out(c), o->id, BYTES(""), BYTES(""));
	log_at(is_temporary ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO,
	    conn_log(c), "authentication",
	    KV_STR("verdict", res->verdict == AUTH_OK ? "ok" :
	    is_temporary ? "unknown" : "refused"),
	    KV_BYTES("user", sasl_user(r->sasl)),
	    KV_BYTES("ip", r->remote_ip),
	    KV_STR("mechanism", sasl_mechanism(r->sasl)->name),
	    KV_STR("err", res->verdict == AUTH_OK ? NULL : res->err.text));
	request_end(r);
	return is_wanted && is_temporary ? -1 : 0;
}

/* The secrets have been looked up. */
static int
search_end(struct session *s, struct conn *c, struct request *r,
    struct outcome *o, struct err *err)
{
	struct step step = { BUF_INIT, ERR_INIT };
	enum sasl_result result;
	int rc;

	r->is_checking = false;
	result = sasl_secrets(r->sasl, &o->secrets, &step.out, &step.why);
	rc = request_go_on(s, c, r, result, &step, err);
	buf_free(&step.out);
	return rc;
}

/* Passes an outcome to its request, if that still exists. */
static int
outcome_take(struct session *s, struct conn *c, struct outcome *o,
    struct err *err)
{
	struct request *r = request_find(s, o->id);

	if (r == NULL)
		return 0;
	if (o->is_search && r->is_cancelled) {
		request_end(r);
		return 0;
	}
	if (o->is_search && o->result.err.kind == ERR_NONE)
		return search_end(s, c, r, o, err);
	return outcome_tell(c, r, o);
}

static int
outcomes_take(struct session *s, struct conn *c, struct err *err)
{
	struct outcome *o;
	int rc = 0;

	for (;;) {
		pthread_mutex_lock(&s->link->lock);
		if ((o = s->link->first) != NULL)
			s->link->first = o->next;
		pthread_mutex_unlock(&s->link->lock);
		if (o == NULL)
			return rc;
		if (outcome_take(s, c, o, err) == -1)
			rc = -1;
		outcome_free(o);
	}
}

/* ---- lines ---- */

static int
auth_take(struct session *s, struct conn *c,
    const struct dovecot_command *cmd, struct err *err)
{
	struct request *r;

	if (request_find(s, cmd->id) != NULL)
		return err_set(err, ERR_SYNTAX, "the id %u is in use",
		    cmd->id);
	if ((r = request_new(s, cmd)) == NULL)
		return err_set(err, ERR_REFUSED,
		    "more than %d concurrent exchanges", REQUESTS_MAX);
	if (r->sasl != NULL)
		return request_step(s, c, r, cmd->has_response ?
		    &cmd->response : NULL, err);
	dovecot_write_fail(conn_out(c), cmd->id, BYTES(""),
	    BYTES("the mechanism is not supported"));
	return 0;
}

static int
command_take(struct session *s, struct conn *c,
    const struct dovecot_command *cmd, struct err *err)
{
	struct request *r = request_find(s, cmd->id);

	switch (cmd->kind) {
	case DOVECOT_VERSION:
		if (cmd->major != 1)
			return err_set(err, ERR_SYNTAX,
			    "version %u, expected 1", cmd->major);
		return 0;
	case DOVECOT_AUTH:
		return auth_take(s, c, cmd, err);
	case DOVECOT_CONT:
		if (r == NULL || r->is_checking)
			return err_set(err, ERR_SYNTAX,
			    "CONT of the id %u is not expected", cmd->id);
		return request_step(s, c, r, &cmd->response, err);
	case DOVECOT_CANCEL:
		if (r != NULL && r->is_checking)
			r->is_cancelled = true;
		else if (r != NULL)
			request_end(r);
		return 0;
	default:
		return 0;
	}
}

static int
line_take(struct session *s, struct conn *c, struct bytes line,
    struct err *err)
{
	struct dovecot_command cmd;
	struct arena arena;
	int rc;

	arena_init(&arena);
	rc = dovecot_command_parse(line, &arena, &cmd, err);
	if (rc == 0)
		rc = command_take(s, c, &cmd, err);
	arena_clear(&arena);
	return rc;
}

/* Closes without an answer.  err is empty if the reason was already logged. */
static enum conn_next
close_unsaid(struct conn *c, const struct err *err)
{
	if (err->kind != ERR_NONE)
		log_warn(conn_log(c), err->kind == ERR_TEMP ?
		    "cannot check a password" : "bad auth request",
		    KV_ERR(err));
	return CONN_CLOSE;
}

static enum conn_next
sasl_input(struct conn *c)
{
	struct session *s = conn_data(c);
	struct err err = ERR_INIT;
	struct bytes line;
	size_t used;
	int rc;

	if (outcomes_take(s, c, &err) == -1)
		return close_unsaid(c, &err);
	for (;;) {
		rc = line_next(&s->reader, conn_input(c), &line, &used, &err);
		if (rc == 1)
			rc = line_take(s, c, line, &err) == -1 ? -1 : 1;
		conn_consume(c, used);
		if (rc == -1)
			return close_unsaid(c, &err);
		if (rc == 0)
			break;
		if (conn_out_is_full(c))
			return CONN_WRITE;
	}
	return CONN_READ;
}

static enum conn_next
sasl_open(struct conn *c)
{
	const struct sasl_channel channel = mta_channel();
	struct dovecot_mechanism list[MECHANISMS_MAX];
	const struct sasl_mechanism *m;
	uint8_t cookie[DOVECOT_COOKIE_LEN];
	struct session *s = calloc(1, sizeof(*s));
	size_t n = 0;

	if (s == NULL)
		fatal("out of memory for a session");
	s->imapd = conn_service_arg(c);
	s->reader.max = DOVECOT_LINE_MAX;
	s->reader.ending = LINE_LF;
	s->link = link_new(c);
	conn_set_data(c, s);
	for (size_t i = 0; n < MECHANISMS_MAX &&
	    (m = sasl_mechanism_at(i)) != NULL; i++) {
		if (!sasl_is_offered(m, &channel))
			continue;
		list[n].name = m->name;
		list[n++].flags = m->shows_password ? "plaintext" : "";
	}
	random_bytes(cookie, sizeof(cookie));
	dovecot_write_greeting(conn_out(c), list, n, (uint32_t)getpid(),
	    (uint32_t)conn_facts(c)->cid, cookie);
	return CONN_READ;
}

static void
sasl_close(struct conn *c)
{
	struct session *s = conn_data(c);

	if (s == NULL)
		return;
	pthread_mutex_lock(&s->link->lock);
	s->link->conn = NULL;
	pthread_mutex_unlock(&s->link->lock);
	link_unref(s->link);
	for (size_t i = 0; i < REQUESTS_MAX; i++)
		request_end(&s->requests[i]);
	free(s);
}

const struct service sasl_service_template = {
	.name = "auth",
	.class = CONN_INTERACTIVE,
	.input_max = 2 * DOVECOT_LINE_MAX,
	.open = sasl_open,
	.input = sasl_input,
	.pump = sasl_input,
	.wake = sasl_input,
	.close = sasl_close,
};
