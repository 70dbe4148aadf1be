/*
 * imap_session - one IMAP connection: its input and its running command
 *
 * A session goes through phases (enum imap_phase), and imap_input() loops over
 * them.  If no command is running, it collects one (proto/imap_collect.h) and
 * starts it; otherwise it lets the command go on.  When the command has ended,
 * the session sends the changes in the mailbox and then the tagged response.
 * Meanwhile the literal of an APPEND may be streaming to the store.  Whatever
 * stops the loop (no input, a slow client, other connections that want to run,
 * a password check) returns to the connection layer, which calls it again.
 *
 *	COMMAND -> RUN, UPLOAD		a command or its literal arrives
 *	UPLOAD -> SYNC			the message is stored
 *	RUN -> LINE, IDLE -> RUN	the command asks for a line, gets it
 *	RUN -> SYNC -> COMMAND		it has ended, in a selected mailbox
 *	RUN, UPLOAD -> COMMAND		it has ended, with no changes to send
 *	any -> DISCARD -> COMMAND	it was refused before its end
 */
#include <config.h>

#include "base/clock.h"
#include "imapd/imap.h"
#include "imapd/imapd.h"

/* Longer commands are not traced in full. */
#define TRACE_MAX	1000

/* Input buffer beyond the longest command. */
#define INPUT_SPARE	4096

struct store *
imap_session_store(const struct imap_session *s)
{
	return s->imapd->store;
}

const struct settings *
imap_settings(const struct imap_session *s)
{
	return imapd_settings(s->imapd);
}

struct buf *
imap_out(const struct imap_session *s)
{
	return conn_out(s->conn);
}

/* ---- state ---- */

void
imap_set_state(struct imap_session *s, enum imap_state state)
{
	static const char *const names[] = {
		[IN_HELLO] = "not-authenticated",
		[IN_AUTH] = "authenticated",
		[IN_SELECTED] = "selected",
	};

	if (state == s->state)
		return;
	log_trace(conn_log(s->conn), "session state changes",
	    KV_STR("from", names[s->state]), KV_STR("to", names[state]));
	s->state = state;
}

void
imap_set_phase(struct imap_session *s, enum imap_phase phase)
{
	static const char *const names[] = {
		[PHASE_COMMAND] = "command",
		[PHASE_DISCARD] = "discard",
		[PHASE_UPLOAD] = "upload",
		[PHASE_RUN] = "run",
		[PHASE_LINE] = "line",
		[PHASE_IDLE] = "idle",
		[PHASE_SYNC] = "sync",
	};

	if (phase == s->phase)
		return;
	log_trace(conn_log(s->conn), "session phase changes",
	    KV_STR("from", names[s->phase]), KV_STR("to", names[phase]));
	s->phase = phase;
}

enum cmd_result
imap_pause(struct imap_session *s)
{
	if (conn_out_is_full(s->conn))
		return CMD_FULL;
	return conn_should_yield(s->conn) ? CMD_YIELD : CMD_DONE;
}

/* ---- answers ---- */

static enum cmd_result
set_reply(struct imap_command *cmd, int reply, const char *code,
    const char *text)
{
	cmd->reply = reply;
	cmd->code = code;
	cmd->text = text;
	return CMD_DONE;
}

enum cmd_result
cmd_ok(struct imap_command *cmd, const char *text)
{
	return set_reply(cmd, REPLY_OK, NULL, text);
}

enum cmd_result
cmd_ok_code(struct imap_command *cmd, const char *code, const char *text)
{
	return set_reply(cmd, REPLY_OK, code, text);
}

enum cmd_result
cmd_no(struct imap_command *cmd, const char *code, const char *text)
{
	return set_reply(cmd, REPLY_NO, code, text);
}

enum cmd_result
cmd_bad(struct imap_command *cmd, const char *text)
{
	return set_reply(cmd, REPLY_BAD, NULL, text);
}

/* The response codes of RFC 5530, indexed by error code. */
static const char *const err_codes[] = {
	[ERR_CODE_NONE] = NULL,
	[ERR_CODE_NOT_FOUND] = "NONEXISTENT",
	[ERR_CODE_EXISTS] = "ALREADYEXISTS",
	[ERR_CODE_OVER_QUOTA] = "OVERQUOTA",
	[ERR_CODE_LIMIT] = "LIMIT",
	[ERR_CODE_TOO_LARGE] = "TOOBIG",		/* RFC 7889 */
	[ERR_CODE_CANNOT] = "CANNOT",
	[ERR_CODE_DENIED] = "NOPERM",
	[ERR_CODE_DISABLED] = "CONTACTADMIN",
	[ERR_CODE_AUTH] = "AUTHENTICATIONFAILED",
	[ERR_CODE_IN_USE] = "INUSE",
	[ERR_CODE_GONE] = "EXPUNGEISSUED",
	[ERR_CODE_FULL] = "UNAVAILABLE",
	[ERR_CODE_LOOP] = NULL,
	[ERR_CODE_BUSY] = "INUSE",
};

/* Replaces control characters, so that the text cannot end the response. */
static char *
one_line(struct arena *a, const char *text)
{
	char *copy = arena_strdup(a, text);

	for (char *p = copy; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			*p = '?';
	return copy;
}

enum cmd_result
cmd_fail(struct imap_session *s, struct imap_command *cmd,
    const struct err *err)
{
	const char *text;

	switch (err->kind) {
	case ERR_SYNTAX:
		return cmd_bad(cmd, one_line(&cmd->arena, err->text));
	case ERR_REFUSED:
		return cmd_no(cmd, err_codes[err->code],
		    one_line(&cmd->arena, err->text));
	default:
		/* The store logs a full disk once. */
		log_at(err->code == ERR_CODE_FULL ? LOG_LEVEL_DEBUG :
		    LOG_LEVEL_ERROR, conn_log(s->conn), "command failed",
		    KV_STR("cmd", cmd->row == NULL ? NULL : cmd->row->name),
		    KV_ERR(err));
		text = arena_printf(&cmd->arena,
		    "%s; ask the administrator about session %s",
		    err->code == ERR_CODE_FULL ? "the server's disk is full" :
		    "the server cannot do this now",
		    conn_facts(s->conn)->cid_text);
		return cmd_no(cmd, err->kind == ERR_INTERNAL ?
		    "SERVERBUG" : "UNAVAILABLE", text);
	}
}

static void
write_tagged(struct imap_session *s, const struct imap_command *cmd)
{
	static const char *const words[] = { "OK", "NO", "BAD" };
	struct buf *out = imap_out(s);

	if (cmd->tag.len == 0)
		buf_byte(out, '*');
	else
		buf_bytes(out, cmd->tag);
	buf_printf(out, " %s ", words[cmd->reply]);
	if (cmd->code != NULL)
		buf_printf(out, "[%s] ", cmd->code);
	buf_str(out, cmd->text);
	buf_str(out, "\r\n");
}

/* ---- the running command ---- */

void
imap_collect_next(struct imap_session *s, enum imap_collect_mode mode)
{
	const struct imap_collect_limits *limits = s->state == IN_HELLO ?
	    &s->imapd->stranger_limits : &s->imapd->imap_limits;

	/*
	 * The collector, not the connection layer, must detect commands that
	 * are too long.
	 */
	conn_set_input_max(s->conn, limits->command_max + INPUT_SPARE);
	imap_collect_begin(&s->collect, limits, mode);
}

static void
command_free(struct imap_session *s)
{
	struct imap_command *cmd = s->cmd;
	struct arena arena;

	if (cmd == NULL)
		return;
	if (cmd->drop != NULL)
		cmd->drop(s, cmd);
	if (s->selected != NULL)
		imap_watched_forget(&s->selected->mailbox);
	s->cmd = NULL;
	arena = cmd->arena;
	arena_clear(&arena);
}

static struct imap_command *
command_new(struct imap_session *s)
{
	struct imap_command *cmd;
	struct arena arena;

	arena_init(&arena);
	cmd = arena_zalloc(&arena, sizeof(*cmd));
	cmd->arena = arena;
	cmd->started_ms = clock_mono_ms();
	cmd->text = "done";
	s->cmd = cmd;
	imap_set_phase(s, PHASE_RUN);
	return cmd;
}

/*
 * Counts BAD commands in a row.  Returns true if there were too many and BYE
 * has been sent.
 */
static bool
count_bad(struct imap_session *s, const struct imap_command *cmd)
{
	if (cmd->reply != REPLY_BAD) {
		s->bad_commands = 0;
		return false;
	}
	if (++s->bad_commands < imap_settings(s)->bad_commands_max)
		return false;
	buf_str(imap_out(s), "* BYE too many bad commands"
	    " (setting bad-commands-max)\r\n");
	return true;
}

static enum conn_next
command_end(struct imap_session *s, bool *go_on)
{
	struct imap_command *cmd = s->cmd;
	bool bye;

	write_tagged(s, cmd);
	bye = count_bad(s, cmd);
	log_debug(conn_log(s->conn), "command done",
	    KV_STR("cmd", cmd->row == NULL ? NULL : cmd->row->name),
	    KV_STR("reply", cmd->reply == REPLY_OK ? "OK" :
	    cmd->reply == REPLY_NO ? "NO" : "BAD"),
	    KV_STR("text", cmd->reply == REPLY_OK ? NULL : cmd->text),
	    KV_INT("ms", clock_mono_ms() - cmd->started_ms));
	command_free(s);
	if (s->phase != PHASE_DISCARD)
		imap_set_phase(s, PHASE_COMMAND);
	*go_on = !bye;
	return CONN_CLOSE;
}

/*
 * May EXPUNGE be sent at the end of this command?  Not if it uses sequence
 * numbers, nor if the client has already sent a command that does and relies on
 * the current numbers (RFC 3501 5.5).
 */
static bool
may_tell_expunge(const struct imap_session *s, const struct imap_command *cmd)
{
	const struct command_row *next;
	struct imap_cursor c;
	struct imap_head head;
	struct arena a;
	struct err err;
	struct bytes in = conn_input(s->conn);
	bool may = true;

	if (cmd->row != NULL && (cmd->row->flags & CMD_SEQUENCE) && !cmd->uid)
		return false;
	if (in.len == 0)
		return true;
	arena_init(&a);
	imap_cursor_init(&c, in, &a);
	if (imap_parse_head(&c, &head, &err) == -1 || head.uid)
		may = imap_at_end(&c) || head.uid;
	else if ((next = imap_command_find(head.name)) != NULL)
		may = (next->flags & CMD_SEQUENCE) == 0 &&
		    next->run != cmd_move;
	arena_clear(&a);
	return may;
}

/*
 * Handles the result of a command.  Sets *go_on if the session can go on at
 * once.
 */
enum conn_next
imap_command_result(struct imap_session *s, enum cmd_result r, bool *go_on)
{
	struct imap_command *cmd = s->cmd;

	*go_on = false;
	switch (r) {
	case CMD_DONE:
		if (s->phase == PHASE_SYNC || s->selected == NULL ||
		    cmd->no_sync)
			return command_end(s, go_on);
		imap_set_phase(s, PHASE_SYNC);
		cmd->expunge_ok = may_tell_expunge(s, cmd);
		*go_on = true;
		return CONN_READ;
	case CMD_FULL:
		return CONN_WRITE;
	case CMD_YIELD:
		return CONN_AGAIN;
	case CMD_WAIT:
		return CONN_WAIT;
	case CMD_LINE:
	case CMD_IDLE:
		imap_set_phase(s, r == CMD_LINE ? PHASE_LINE : PHASE_IDLE);
		imap_collect_next(s, IMAP_COLLECT_LINE);
		*go_on = true;
		return CONN_READ;
	case CMD_CLOSE:
		break;
	}
	command_free(s);
	return CONN_CLOSE;
}

static enum conn_next
command_step(struct imap_session *s, bool *go_on)
{
	struct imap_command *cmd = s->cmd;
	cmd_fn *fn = cmd->step;

	if (s->phase == PHASE_SYNC)
		return imap_command_result(s, imap_sync_run(s, &cmd->arena,
		    cmd->expunge_ok, cmd->uid), go_on);
	return imap_command_result(s, fn(s, cmd), go_on);
}

/*
 * Returns why the command is not allowed now (unknown or wrong state), or NULL.
 */
static const char *
why_not(const struct imap_session *s, const struct imap_command *cmd)
{
	const struct command_row *row = cmd->row;

	if (row == NULL || (cmd->uid && (row->flags & CMD_UID) == 0))
		return "unknown command";
	if ((row->states & s->state) != 0)
		return NULL;
	if (s->state == IN_HELLO)
		return "log in first";
	if (row->states == IN_SELECTED)
		return "select a mailbox first";
	return "not allowed after login";
}

struct imap_command *
imap_command_open(struct imap_session *s, size_t len, enum cmd_result *r)
{
	struct imap_command *cmd = command_new(s);
	struct imap_head head;
	struct err err = ERR_INIT;
	const char *why;

	*r = CMD_DONE;
	cmd->no_sync = true;
	cmd->input = bytes_dup(&cmd->arena,
	    bytes_make(conn_input(s->conn).data, len));
	imap_cursor_init(&cmd->cursor, cmd->input, &cmd->arena);
	cmd->tag = imap_tag_of(cmd->input);
	if (imap_parse_head(&cmd->cursor, &head, &err) == -1) {
		*r = cmd_fail(s, cmd, &err);
		return NULL;
	}
	cmd->tag = head.tag;
	cmd->uid = head.uid;
	cmd->row = imap_command_find(head.name);
	log_trace_bytes(conn_log(s->conn), 'C', cmd->row != NULL &&
	    (cmd->row->flags & CMD_SECRET) ? LOG_SECRET :
	    len > TRACE_MAX ? LOG_BODY : LOG_SHOW, cmd->input);
	if ((why = why_not(s, cmd)) != NULL) {
		*r = cmd_bad(cmd, why);
		return NULL;
	}
	cmd->no_sync = false;
	return cmd;
}

static enum conn_next
command_start(struct imap_session *s, size_t len, bool *go_on)
{
	enum cmd_result r;
	struct imap_command *cmd = imap_command_open(s, len, &r);

	conn_consume(s->conn, len);
	imap_collect_next(s, IMAP_COLLECT_COMMAND);
	if (cmd == NULL)
		return imap_command_result(s, r, go_on);
	if ((cmd->row->flags & CMD_WRITE) && s->selected->read_only)
		return imap_command_result(s, cmd_no(cmd, "READ-ONLY",
		    "the mailbox is read-only (EXAMINE)"), go_on);
	cmd->step = cmd->row->run;
	return imap_command_result(s, cmd->row->run(s, cmd), go_on);
}

/* ---- collecting ---- */

/* The collector found an error: sends the response and discards the rest. */
enum conn_next
imap_collect_failed(struct imap_session *s, const struct err *err, bool *go_on)
{
	struct bytes in = conn_input(s->conn);
	struct imap_command *cmd;

	cmd = s->cmd != NULL ? s->cmd : command_new(s);
	if (cmd->tag.len == 0)
		cmd->tag = bytes_dup(&cmd->arena, imap_tag_of(in));
	cmd->no_sync = true;
	(void)cmd_fail(s, cmd, err);
	imap_set_phase(s, PHASE_DISCARD);
	(void)command_end(s, go_on);
	if (s->collect.fatal) {
		buf_str(imap_out(s), "* BYE cannot find the end of "
		    "the command\r\n");
		*go_on = false;
	}
	return CONN_CLOSE;
}

static enum conn_next
discard(struct imap_session *s, bool *go_on)
{
	size_t drop;
	int r;

	r = imap_collect_discard(&s->collect, conn_input(s->conn), &drop);
	conn_consume(s->conn, drop);
	*go_on = r == 1;
	if (r == 1) {
		imap_set_phase(s, PHASE_COMMAND);
		imap_collect_next(s, IMAP_COLLECT_COMMAND);
	}
	return r == -1 ? CONN_CLOSE : CONN_READ;
}

/* A line for the running command has arrived. */
static enum conn_next
line_arrived(struct imap_session *s, bool *go_on)
{
	struct imap_command *cmd = s->cmd;
	struct bytes in = conn_input(s->conn);
	size_t len = s->collect.len;

	cmd->line = bytes_dup(&cmd->arena, bytes_make(in.data, len - 2));
	conn_consume(s->conn, len);
	imap_collect_next(s, IMAP_COLLECT_COMMAND);
	log_trace_bytes(conn_log(s->conn), 'C',
	    s->phase == PHASE_LINE ? LOG_SECRET : LOG_SHOW, cmd->line);
	imap_set_phase(s, PHASE_RUN);
	return imap_command_result(s, cmd->on_line(s, cmd), go_on);
}

static enum conn_next
collect(struct imap_session *s, bool *go_on)
{
	struct err err = ERR_INIT;

	*go_on = false;
	switch (imap_collect(&s->collect, conn_input(s->conn), &err)) {
	case IMAP_COLLECT_MORE:
		return CONN_READ;
	case IMAP_COLLECT_CONTINUE:
		buf_str(imap_out(s), "+ go ahead\r\n");
		*go_on = true;
		return CONN_READ;
	case IMAP_COLLECT_STREAM:
		return imap_upload_begin(s, go_on);
	case IMAP_COLLECT_COMPLETE:
		return s->cmd != NULL ? line_arrived(s, go_on) :
		    command_start(s, s->collect.len, go_on);
	case IMAP_COLLECT_ERROR:
		break;
	}
	return imap_collect_failed(s, &err, go_on);
}

/* ---- callbacks of the frame ---- */

/* Must the client still send the rest of something that it has begun? */
static bool
is_midway(const struct imap_session *s)
{
	return s->phase == PHASE_DISCARD || s->phase == PHASE_UPLOAD ||
	    s->phase == PHASE_LINE || conn_input(s->conn).len > 0;
}

static void
set_patience(struct imap_session *s)
{
	const struct settings *set = imap_settings(s);

	conn_set_idle_ms(s->conn, (int)(is_midway(s) ?
	    set->imap_command_timeout_ms : set->imap_idle_timeout_ms));
}

/*
 * Handles input during IDLE: sends the changes first, then reads the line of
 * the client.
 */
static enum conn_next
idle_input(struct imap_session *s, bool *go_on)
{
	struct imap_command *cmd = s->cmd;
	enum cmd_result r;

	*go_on = false;
	if (s->selected != NULL && (r = imap_idle_tell(s, cmd)) != CMD_DONE)
		return r == CMD_FULL ? CONN_WRITE : CONN_CLOSE;
	return collect(s, go_on);
}

/*
 * Does one step with the available input.  Sets *go_on if another step may
 * follow at once.
 */
static enum conn_next
session_step(struct imap_session *s, bool *go_on)
{
	switch (s->phase) {
	case PHASE_COMMAND:
	case PHASE_LINE:
		return collect(s, go_on);
	case PHASE_DISCARD:
		return discard(s, go_on);
	case PHASE_UPLOAD:
		return imap_upload_input(s, go_on);
	case PHASE_IDLE:
		return idle_input(s, go_on);
	case PHASE_RUN:
	case PHASE_SYNC:
		break;
	}
	return command_step(s, go_on);
}

static enum conn_next
imap_input(struct conn *c)
{
	struct imap_session *s = conn_data(c);
	enum conn_next next;
	bool go_on;

	do {
		if (conn_is_broken(c))
			return CONN_CLOSE;
		next = session_step(s, &go_on);
	} while (go_on);
	if (next == CONN_READ)
		set_patience(s);
	return next;
}

static enum conn_next
imap_wake(struct conn *c)
{
	struct imap_session *s = conn_data(c);

	if (s->phase != PHASE_IDLE)
		return CONN_READ;
	return imap_input(c);
}

static enum conn_next
imap_open(struct conn *c)
{
	struct imap_session *s;
	struct buf *out = conn_out(c);

	s = arena_zalloc(conn_arena(c), sizeof(*s));
	s->conn = c;
	s->imapd = conn_service_arg(c);
	s->state = IN_HELLO;
	s->phase = PHASE_COMMAND;
	conn_set_data(c, s);
	imap_collect_next(s, IMAP_COLLECT_COMMAND);
	buf_str(out, "* OK [CAPABILITY ");
	imap_write_capabilities(s, out);
	buf_printf(out, "] %s postern ready\r\n",
	    imap_settings(s)->hostname);
	return CONN_READ;
}

/*
 * Returns which timeout has expired.  Before login, it is the shorter of two.
 */
static const char *
why_timed_out(const struct imap_session *s)
{
	const struct settings *set = imap_settings(s);

	if (is_midway(s) && (s->state != IN_HELLO ||
	    set->imap_command_timeout_ms < set->prelogin_timeout_ms))
		return "timeout while waiting for the rest of a command"
		    " (setting imap-command-timeout)";
	if (s->state == IN_HELLO)
		return "timeout before login (setting prelogin-timeout)";
	return "idle for too long (setting imap-idle-timeout)";
}

static enum conn_next
imap_timeout(struct conn *c)
{
	buf_printf(conn_out(c), "* BYE %s\r\n", why_timed_out(conn_data(c)));
	return CONN_CLOSE;
}

static void
imap_bye(struct conn *c)
{
	buf_str(conn_out(c), "* BYE the server is shutting down\r\n");
}

static void
imap_close(struct conn *c)
{
	struct imap_session *s = conn_data(c);

	if (s == NULL)
		return;
	command_free(s);
	imap_upload_free(&s->upload);
	imap_unselect(s);
}

const struct service imap_service_template = {
	.name = "imap",
	.class = CONN_PRELOGIN,
	.too_many = "* BYE [UNAVAILABLE] ",
	.open = imap_open,
	.input = imap_input,
	.pump = imap_input,
	.wake = imap_wake,
	.timeout = imap_timeout,
	.bye = imap_bye,
	.close = imap_close,
};
