/*
 * request_service - connections of our other programs, and their requests
 *
 * A session answers one call after the other.  What is under way is one of:
 *
 *	gathering	data of a call with REQUEST_DATA_IN comes in
 *	hashing		CONN_WAIT until the pool has hashed a password
 *	sending		a large answer goes out piece by piece
 *
 * or nothing, and then the next frame of the input is looked at.
 */
#include <config.h>

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "imapd/request_call.h"
#include "imapd/request_service.h"

/* Bytes handed to the connection at a time. */
#define PIECE_LEN	65536

enum session_state {
	SESSION_IDLE,
	SESSION_GATHERING,
	SESSION_HASHING,
	SESSION_SENDING
};

struct session {
	struct request_listener *listener;	/* borrowed */
	enum session_state state;
	struct arena arena;		/* of the call */
	struct request_call call;
	int result;			/* of the handler */
	struct buf out;			/* the answer, from out_pos on unsent */
	size_t out_pos;
	struct err hash_err;		/* of the pool; kind NONE: fine */
};

/* ---- the session ---- */

/* Forgets the call: it may have held a password. */
static void
call_end(struct session *s)
{
	if (s->call.data.len > 0)
		OPENSSL_cleanse(s->call.data.data, s->call.data.len);
	buf_free(&s->call.data);
	buf_free(&s->out);
	s->out_pos = 0;
	arena_clear(&s->arena);
	memset(&s->call, 0, sizeof(s->call));
	s->state = SESSION_IDLE;
}

static void
call_begin(struct session *s, struct conn *c)
{
	s->call.imapd = s->listener->imapd;
	s->call.conn = c;
	s->call.arena = &s->arena;
	s->call.out = &s->out;
}

/* An answer to a frame that began no call. */
static void
error_send(struct conn *c, const struct request_frame *m,
    const struct err *err)
{
	request_put_error(conn_out(c), m->op_number, m->id, err);
	log_warn(conn_log(c), "store call refused",
	    KV_STR("op", m->op == NULL ? NULL : m->op->name), KV_ERR(err));
}

/* What a handler returned: notes it, and turns an error into its frame. */
static void
result_note(struct session *s, int rc, const struct err *err)
{
	const struct request_frame *m = &s->call.request;
	const struct log *log = conn_log(s->call.conn);

	s->result = rc;
	s->state = SESSION_SENDING;
	if (rc == REQUEST_MORE)
		return;
	if (rc == -1)
		request_put_error(&s->out, m->op_number, m->id, err);
	if (rc == -1 && err->kind >= ERR_TEMP)
		log_at(err->code == ERR_CODE_FULL ? LOG_LEVEL_DEBUG :
		    LOG_LEVEL_ERROR, log, "store call failed",
		    KV_STR("op", m->op->name), KV_ERR(err));
	else if (rc == -1)
		log_info(log, "store call refused",
		    KV_STR("op", m->op->name), KV_ERR(err));
	else
		log_debug(log, "store call done", KV_STR("op", m->op->name));
}

static void
call_run(struct session *s)
{
	const struct request_handler *h =
	    request_handler_find(s->call.request.op_number);
	struct err err = ERR_INIT;

	if (h == NULL) {
		err_set(&err, ERR_INTERNAL, "nobody handles '%s'",
		    s->call.request.op->name);
		result_note(s, -1, &err);
	} else
		result_note(s, h->run(&s->call, &err), &err);
}

/*
 * Sends what is there; when it is gone, gets more of the answer or ends the
 * call.
 */
static enum conn_next
answer_send(struct session *s, struct conn *c)
{
	struct err err = ERR_INIT;
	size_t n;

	while (s->state == SESSION_SENDING) {
		n = s->out.len - s->out_pos;
		if (n > PIECE_LEN)
			n = PIECE_LEN;
		buf_add(conn_out(c), s->out.data + s->out_pos, n);
		s->out_pos += n;
		if (s->out_pos < s->out.len)
			return CONN_WRITE;
		buf_clear(&s->out);
		s->out_pos = 0;
		if (s->result != REQUEST_MORE) {
			call_end(s);
			return CONN_READ;
		}
		result_note(s, s->call.more(&s->call, &err), &err);
		if (conn_out_is_full(c))
			return CONN_WRITE;
		if (conn_should_yield(c))
			return CONN_AGAIN;
	}
	return CONN_READ;
}

/* ---- passwords ---- */

/* In a thread of the pool. */
static void
hash_done(void *arg, const char *hash, const struct err *err)
{
	struct session *s = arg;

	s->hash_err = *err;
	if (hash != NULL)
		s->call.password_hash = arena_strdup(&s->arena, hash);
	conn_resume(s->call.conn);
}

static size_t
utf8_count(struct bytes text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += ((unsigned char)text.data[i] & 0xc0) != 0x80;
	return n;
}

/* 0 the pool works on it, -1 refused. */
static int
hash_begin(struct session *s, struct err *err)
{
	const struct settings *st = imapd_settings(s->listener->imapd);
	struct bytes password = request_bytes(&s->call.request,
	    FIELD_PASSWORD);
	struct password_params params = {
		.time_cost = (uint32_t)st->argon2_time,
		.memory_kib = (uint32_t)(st->argon2_memory / 1024),
		.lanes = (uint32_t)st->argon2_parallelism,
	};

	if (utf8_count(password) < st->password_length_min)
		return err_code(err, ERR_REFUSED, ERR_CODE_LIMIT,
		    "the password is shorter than %u characters "
		    "(password-length-min)",
		    (unsigned)st->password_length_min);
	s->state = SESSION_HASHING;
	if (auth_hash(s->listener->imapd->auth, &params, password, hash_done,
	    s) == 0)
		return 0;
	return err_code(err, ERR_TEMP, ERR_CODE_BUSY,
	    "too many passwords are being computed (setting "
	    "auth-queue-max)");
}

/* ---- frames that come in ---- */

/* A call is complete: run it, or have its password hashed first. */
static enum conn_next
call_start(struct session *s, struct conn *c)
{
	struct err err = ERR_INIT;

	err_clear(&s->hash_err);
	if (!request_has(&s->call.request, FIELD_PASSWORD))
		call_run(s);
	else if (hash_begin(s, &err) == 0)
		return CONN_WAIT;
	else
		result_note(s, -1, &err);
	return answer_send(s, c);
}

static enum conn_next
request_take(struct session *s, struct conn *c,
    const struct request_frame *m)
{
	struct err err = ERR_INIT;

	if ((m->op->roles & s->listener->role) == 0) {
		err_code(&err, ERR_REFUSED, ERR_CODE_DENIED,
		    "'%s' is not for the role '%s'", m->op->name,
		    request_role_name(s->listener->role));
		error_send(c, m, &err);
		/* What follows may be the data of that call. */
		if (m->op->flags & REQUEST_DATA_IN)
			return CONN_CLOSE;
		arena_clear(&s->arena);
		return CONN_READ;
	}
	call_begin(s, c);
	s->call.request = *m;
	if ((m->op->flags & REQUEST_DATA_IN) == 0)
		return call_start(s, c);
	s->state = SESSION_GATHERING;
	return CONN_READ;
}

static enum conn_next
data_take(struct session *s, struct conn *c, const struct request_frame *m)
{
	struct bytes data = request_bytes(m, FIELD_DATA_BYTES);
	size_t max = request_data_max(s->call.request.op);
	struct err err = ERR_INIT;

	if (m->id != s->call.request.id ||
	    m->op_number != s->call.request.op_number) {
		err_set(&err, ERR_SYNTAX, "data of another call");
		error_send(c, m, &err);
		return CONN_CLOSE;
	}
	if (data.len == 0)
		return call_start(s, c);
	if (s->call.data.len + data.len > max) {
		err_code(&err, ERR_REFUSED, ERR_CODE_LIMIT,
		    "more than %zu bytes of data", max);
		error_send(c, m, &err);
		return CONN_CLOSE;
	}
	buf_bytes(&s->call.data, data);
	return CONN_READ;
}

/* One whole frame.  Its bytes are copied: they outlive the input. */
static enum conn_next
frame_take(struct session *s, struct conn *c, size_t len)
{
	struct bytes frame = bytes_make(conn_input(c).data, len);
	struct err err = ERR_INIT;
	struct request_frame m;
	bool gathering = s->state == SESSION_GATHERING;
	struct arena data_arena;
	enum conn_next next;
	int rc;

	/* The frames of data come and go; the request stays. */
	arena_init(&data_arena);
	frame = bytes_dup(gathering ? &data_arena : &s->arena, frame);
	conn_consume(c, len);
	rc = request_frame_parse(frame, gathering ? &data_arena : &s->arena,
	    &m, &err);
	if (rc == 0 && m.kind != (gathering ? FRAME_DATA : FRAME_REQUEST))
		rc = err_set(&err, ERR_SYNTAX, "a %s frame is not expected "
		    "here", request_kind_name(m.kind));
	if (rc == -1) {
		error_send(c, &m, &err);
		next = CONN_CLOSE;
	} else if (gathering)
		next = data_take(s, c, &m);
	else
		next = request_take(s, c, &m);
	arena_clear(&data_arena);
	return next;
}

static enum conn_next
store_input(struct conn *c)
{
	struct session *s = conn_data(c);
	enum conn_next next = CONN_READ;
	struct err err = ERR_INIT;
	struct request_frame none;
	size_t len;
	int rc;

	while (next == CONN_READ &&
	    (rc = request_frame_length(conn_input(c), &len, &err)) != 0) {
		if (rc == -1) {
			memset(&none, 0, sizeof(none));
			error_send(c, &none, &err);
			return CONN_CLOSE;
		}
		next = frame_take(s, c, len);
		if (next == CONN_READ && conn_should_yield(c))
			return CONN_AGAIN;
	}
	return next;
}

/* The rest of an answer; and then more calls, which may have come already. */
static enum conn_next
store_pump(struct conn *c)
{
	enum conn_next next = answer_send(conn_data(c), c);

	return next == CONN_READ ? store_input(c) : next;
}

/* The password is hashed. */
static enum conn_next
store_resume(struct conn *c)
{
	struct session *s = conn_data(c);

	if (s->state == SESSION_HASHING) {
		if (s->hash_err.kind != ERR_NONE)
			result_note(s, -1, &s->hash_err);
		else
			call_run(s);
	}
	return store_pump(c);
}

/* After CONN_AGAIN the same callback comes again: input or pump. */
static enum conn_next
store_input_or_pump(struct conn *c)
{
	struct session *s = conn_data(c);

	return s->state == SESSION_SENDING ? store_pump(c) : store_input(c);
}

static bool
peer_may_enter(const struct request_listener *listener,
    const struct conn_facts *f)
{
	return f->is_unix && (f->uid == listener->uid ||
	    (f->uid == 0 && listener->root_too));
}

static enum conn_next
store_open_conn(struct conn *c)
{
	struct request_listener *listener = conn_service_arg(c);
	const struct conn_facts *f = conn_facts(c);
	struct err err = ERR_INIT;
	struct session *s;

	if (!peer_may_enter(listener, f)) {
		err_code(&err, ERR_REFUSED, ERR_CODE_DENIED,
		    "the user with id %u may not use this socket",
		    (unsigned)f->uid);
		request_put_error(conn_out(c), 0, 0, &err);
		log_warn(conn_log(c), "store connection of a wrong user",
		    KV_UINT("uid", f->uid),
		    KV_STR("role", request_role_name(listener->role)));
		return CONN_CLOSE;
	}
	if ((s = calloc(1, sizeof(*s))) == NULL)
		fatal("out of memory for a session");
	s->listener = listener;
	arena_init(&s->arena);
	conn_set_data(c, s);
	conn_set_class(c, listener->role == ROLE_ADMIN ? CONN_BULK :
	    CONN_INTERACTIVE);
	return CONN_READ;
}

static void
store_close_conn(struct conn *c)
{
	struct session *s = conn_data(c);

	if (s == NULL)
		return;
	call_end(s);
	free(s);
}

const struct service request_service_template = {
	.name = "store",
	.class = CONN_INTERACTIVE,
	.input_max = REQUEST_FRAME_MAX,
	.open = store_open_conn,
	.input = store_input_or_pump,
	.pump = store_pump,
	.resume = store_resume,
	.close = store_close_conn,
};
