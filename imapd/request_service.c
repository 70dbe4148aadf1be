/*
 * request_service - connections of our other programs, and their requests
 *
 * A session handles one request at a time.  It is in one of these states:
 *
 *	gathering	receiving the data of a request with REQUEST_DATA_IN
 *	hashing		CONN_WAIT until the pool has hashed a password
 *	sending		sending a large answer piece by piece
 *
 * Otherwise it reads the next frame of the input.
 */
#include <config.h>

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "imapd/request_call.h"
#include "imapd/request_service.h"

/* Bytes passed to the connection at a time. */
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
	struct arena arena;		/* for the request */
	struct request_call call;
	int result;			/* of the handler */
	struct buf out;			/* the answer; unsent from out_pos on */
	size_t out_pos;
	struct err hash_err;		/* from the pool; kind ERR_NONE: no
					   error */
};

/* ---- the session ---- */

/* Ends the request and wipes it, because it may contain a password. */
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

/* Sends the error for a frame that began no request. */
static void
error_send(struct conn *c, const struct request_frame *m,
    const struct err *err)
{
	request_put_error(conn_out(c), m->op_number, m->id, err);
	log_warn(conn_log(c), "store request refused",
	    KV_STR("op", m->op == NULL ? NULL : m->op->name), KV_ERR(err));
}

/* Notes the result of a handler and writes an error as an ERROR frame. */
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
		    LOG_LEVEL_ERROR, log, "store request failed",
		    KV_STR("op", m->op->name), KV_ERR(err));
	else if (rc == -1)
		log_info(log, "store request refused",
		    KV_STR("op", m->op->name), KV_ERR(err));
	else
		log_debug(log, "store request done", KV_STR("op", m->op->name));
}

static void
call_run(struct session *s)
{
	const struct request_handler *h =
	    request_handler_find(s->call.request.op_number);
	struct err err = ERR_INIT;

	if (h == NULL) {
		err_set(&err, ERR_INTERNAL, "'%s' has no handler",
		    s->call.request.op->name);
		result_note(s, -1, &err);
	} else
		result_note(s, h->run(&s->call, &err), &err);
}

/*
 * Sends the output.  When it has been sent, gets more of the answer or ends the
 * request.
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

/* Runs in a thread of the pool. */
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

/* Returns 0 if the pool has taken the password, -1 if it was refused. */
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
		    "(setting password-length-min)",
		    (unsigned)st->password_length_min);
	s->state = SESSION_HASHING;
	if (auth_hash(s->listener->imapd->auth, &params, password, hash_done,
	    s) == 0)
		return 0;
	return err_code(err, ERR_TEMP, ERR_CODE_BUSY,
	    "too many passwords are being hashed (setting "
	    "auth-queue-max)");
}

/* ---- incoming frames ---- */

/* A request is complete: runs it, or has its password hashed first. */
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
		/* Data of that request may follow. */
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
		err_set(&err, ERR_SYNTAX, "data of another request");
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

/*
 * Handles one whole frame.  Its bytes are copied because they must outlive the
 * input buffer.
 */
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

	/* Data frames are freed one by one; the request stays. */
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

/*
 * Sends the rest of an answer, then handles requests that have already arrived.
 */
static enum conn_next
store_pump(struct conn *c)
{
	enum conn_next next = answer_send(conn_data(c), c);

	return next == CONN_READ ? store_input(c) : next;
}

/* The password has been hashed. */
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

/* After CONN_AGAIN the same callback is called again: input or pump. */
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
		log_warn(conn_log(c), "store connection from the wrong user",
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
