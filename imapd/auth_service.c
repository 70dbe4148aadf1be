/*
 * sasl - authentication for the MTA, by the Dovecot auth protocol
 *
 * The MTA's processes keep one connection each and use it for many sessions;
 * requests are told apart by their ids, and several may wait for their
 * password to be checked at a time.  Those live outside the connection,
 * which may go away meanwhile: a link, with a lock of its own, joins the two.
 *
 * Answers must come within 10 seconds, or Postfix drops the connection.
 *
 * A password that cannot be checked now gets no answer: the connection is
 * closed.  To that Postfix says 454, and its next AUTH makes a new one; every
 * FAIL, whatever it says, becomes a 535, to which clients ask their users for
 * another password.
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

/* Exchanges of one connection under way; Postfix has one at a time. */
#define REQUESTS_MAX	64

/* What a connection and the checks of its passwords share. */
struct link {
	pthread_mutex_t lock;
	unsigned refs;			/* connection and checks */
	struct conn *conn;		/* NULL: gone */
	struct outcome *first;		/* told, and not yet sent */
};

/* How a check ended; queued for the connection's own thread. */
struct outcome {
	struct outcome *next;
	struct link *link;		/* counted */
	uint32_t id;
	struct auth_result result;
};

struct request {
	uint32_t id;
	bool is_checking;
	bool is_cancelled;		/* CANCEL came while it was checked */
	struct arena arena;
	struct sasl *sasl;		/* in the arena; NULL: a free place */
	struct bytes remote_ip;		/* in the arena */
};

struct session {
	struct imapd *imapd;		/* borrowed */
	struct line_reader reader;
	struct link *link;		/* counted */
	struct request requests[REQUESTS_MAX];
};

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
		free(o);
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

static struct request *
request_new(struct session *s, const struct dovecot_command *cmd)
{
	for (size_t i = 0; i < REQUESTS_MAX; i++) {
		struct request *r = &s->requests[i];

		if (r->sasl != NULL)
			continue;
		memset(r, 0, sizeof(*r));
		arena_init(&r->arena);
		r->id = cmd->id;
		r->remote_ip = bytes_dup(&r->arena, cmd->remote_ip);
		r->sasl = sasl_new(&r->arena, cmd->mechanism);
		if (r->sasl == NULL)
			arena_clear(&r->arena);
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

/* In a thread of the pool, or in ours. */
static void
check_done(void *arg, const struct auth_result *result)
{
	struct outcome *o = arg, **at;
	struct link *l = o->link;

	o->result = *result;
	pthread_mutex_lock(&l->lock);
	for (at = &l->first; *at != NULL; at = &(*at)->next)
		continue;
	*at = o;
	if (l->conn != NULL)
		conn_wake(l->conn);
	pthread_mutex_unlock(&l->lock);
	link_unref(l);
}

/* Of the MTA's client, so that a guesser slows down itself. */
static uint64_t
remote_key(const struct request *r)
{
	struct addr a;

	return addr_parse(r->remote_ip, &a) == 0 ? addr_hash(&a) : 1;
}

static int
check_begin(struct session *s, struct request *r)
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
	if (auth_check(s->imapd->auth, &(struct auth_request){
	    .user = sasl_user(r->sasl), .password = sasl_password(r->sasl),
	    .key = remote_key(r), .done = check_done, .arg = o }) == 0)
		return 0;
	link_unref(s->link);
	free(o);
	return -1;
}

/* Says how it ended; -1: that cannot be said, end the connection. */
static int
outcome_tell(struct session *s, struct conn *c, const struct outcome *o)
{
	struct request *r = request_find(s, o->id);
	const struct auth_result *res = &o->result;

	bool is_temporary = res->verdict == AUTH_TEMP, is_wanted;

	if (r == NULL)
		return 0;
	is_wanted = !r->is_cancelled;
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

static int
outcomes_tell(struct session *s, struct conn *c)
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
		if (outcome_tell(s, c, o) == -1)
			rc = -1;
		free(o);
	}
}

/* ---- lines ---- */

/* One answer of the client (NULL: none yet) for the mechanism. */
static int
request_step(struct session *s, struct conn *c, struct request *r,
    const struct bytes *base64, struct err *err)
{
	struct buf in = BUF_INIT, out = BUF_INIT;
	struct err why = ERR_INIT;
	enum sasl_result result;
	struct bytes decoded;
	int rc = 0;

	if (base64 != NULL && base64_decode(&in, *base64) == -1) {
		err_set(&why, ERR_SYNTAX, "the answer is no base64");
		result = SASL_FAIL;
	} else {
		decoded = buf_view(&in);
		result = sasl_step(r->sasl, base64 == NULL ? NULL : &decoded,
		    &out, &why);
	}
	if (result == SASL_CONTINUE)
		dovecot_write_cont(conn_out(c), r->id, buf_view(&out));
	else if (result == SASL_FAIL) {
		dovecot_write_fail(conn_out(c), r->id, BYTES(""),
		    bytes_of(why.text));
		request_end(r);
	} else if (check_begin(s, r) == -1) {
		rc = err_set(err, ERR_TEMP, "too many logins are waiting"
		    " (setting auth-queue-max)");
	}
	buf_free(&in);
	buf_free(&out);
	return rc;
}

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
		    "more than %d exchanges at a time", REQUESTS_MAX);
	if (r->sasl != NULL)
		return request_step(s, c, r, cmd->has_response ?
		    &cmd->response : NULL, err);
	dovecot_write_fail(conn_out(c), cmd->id, BYTES(""),
	    BYTES("there is no such mechanism"));
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

static enum conn_next
sasl_input(struct conn *c)
{
	struct session *s = conn_data(c);
	struct err err = ERR_INIT;
	struct bytes line;
	size_t used;
	int rc;

	if (outcomes_tell(s, c) == -1)
		return CONN_CLOSE;
	for (;;) {
		rc = line_next(&s->reader, conn_input(c), &line, &used, &err);
		if (rc == 1)
			rc = line_take(s, c, line, &err) == -1 ? -1 : 1;
		conn_consume(c, used);
		if (rc == -1) {
			log_warn(conn_log(c), err.kind == ERR_TEMP ?
			    "cannot check a password" : "bad auth request",
			    KV_ERR(&err));
			return CONN_CLOSE;
		}
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
	struct dovecot_mechanism list[8];
	const struct sasl_mechanism *m;
	uint8_t cookie[DOVECOT_COOKIE_LEN];
	struct session *s = calloc(1, sizeof(*s));
	size_t n;

	if (s == NULL)
		fatal("out of memory for a session");
	s->imapd = conn_service_arg(c);
	s->reader.max = DOVECOT_LINE_MAX;
	s->reader.ending = LINE_LF;
	s->link = link_new(c);
	conn_set_data(c, s);
	for (n = 0; n < sizeof(list) / sizeof(*list) &&
	    (m = sasl_mechanism_at(n)) != NULL; n++) {
		list[n].name = m->name;
		list[n].flags = m->is_plaintext ? "plaintext" : "";
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
