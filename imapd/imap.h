/*
 * imap - the IMAP server: sessions, the command table, what commands share
 *
 * RFC 3501 and the extensions listed by CAPABILITY.  A session is the state of
 * one IMAP connection (net/conn.h).  Its commands are rows of a table, and each
 * command is a function in the file of its subject:
 *
 *	imap_session.c	the connection: input and the running command
 *	imap_commands.c	the table; CAPABILITY and other small commands
 *	imap_capability.c	the table of extensions
 *	imap_auth.c	STARTTLS, LOGIN, AUTHENTICATE
 *	imap_list.c, imap_match.c	LIST, LSUB
 *	imap_mailbox.c	CREATE, DELETE, RENAME, SUBSCRIBE, STATUS
 *	imap_select.c	SELECT, EXAMINE, CLOSE, UNSELECT; the selected mailbox
 *	imap_watched.c	a watched mailbox, and what changed in it
 *	imap_sync.c	unsolicited responses; IDLE
 *	imap_append.c	APPEND
 *	imap_set.c	message sets, as the client writes them
 *	imap_chunk.c	reads the data of up to 64 messages at a time
 *	imap_fetch.c, imap_section.c	FETCH
 *	imap_store.c	STORE, COPY, MOVE, EXPUNGE
 *	imap_search.c, imap_search_match.c, imap_search_text.c	SEARCH
 *
 * A command runs when all its bytes have arrived.  It sets its tagged response
 * with cmd_ok(), cmd_no(), cmd_bad() or cmd_fail() and ends with CMD_DONE.
 * Then the session tells the client what changed in the selected mailbox and
 * sends the response.  A command with a long reply sets cmd->step and returns
 * CMD_FULL (the client must read first) or CMD_YIELD (other connections are
 * waiting).  step is called later to continue.
 */
#ifndef IMAPD_IMAP_H
#define IMAPD_IMAP_H

#include "base/arena.h"
#include "config/settings.h"
#include "proto/imap_args.h"
#include "proto/imap_collect.h"
#include "proto/imap_write.h"
#include "net/conn.h"
#include "login/sasl.h"
#include "store/stored_message.h"
#include "store/view_sync.h"

struct imap_session;
struct imap_command;
struct imapd;

/*
 * The states of RFC 3501 3, and the sets of states in which commands are
 * allowed.
 */
enum imap_state {
	IN_HELLO = 1,		/* not authenticated */
	IN_AUTH = 2,		/* authenticated, nothing selected */
	IN_SELECTED = 4,
	IN_LOGIN = IN_AUTH | IN_SELECTED,
	IN_ANY = IN_HELLO | IN_LOGIN
};

/* Properties of a command, known before it runs. */
enum {
	/* Uses sequence numbers: no EXPUNGE response may be sent while it
	   runs or before its tagged response (RFC 3501 7.4.1).  Does not
	   apply if UID precedes it. */
	CMD_SEQUENCE = 1,
	CMD_UID = 2,		/* may be preceded by UID */
	CMD_SECRET = 4,		/* do not log the arguments */
	CMD_WRITE = 8		/* not allowed if the mailbox is read-only */
};

/*
 * What the next input from the client is, or what the session does meanwhile.
 */
enum imap_phase {
	PHASE_COMMAND,	/* part of a command */
	PHASE_DISCARD,	/* rest of a refused command */
	PHASE_UPLOAD,	/* part of a message that APPEND streams to the store */
	PHASE_RUN,	/* not read: a command is running */
	PHASE_LINE,	/* a line for the running command */
	PHASE_IDLE,	/* the line that ends IDLE */
	PHASE_SYNC	/* not read: changes are sent before the tagged
			   response */
};

enum cmd_result {
	CMD_DONE,	/* the tagged response is set */
	CMD_FULL,	/* call step once output was sent */
	CMD_YIELD,	/* call step after other connections */
	CMD_WAIT,	/* call step after conn_resume() */
	CMD_LINE,	/* call on_line with the next line */
	CMD_IDLE,	/* call on_line with DONE; report changes meanwhile */
	CMD_CLOSE	/* send the output and close */
};

typedef enum cmd_result cmd_fn(struct imap_session *s,
    struct imap_command *cmd);

struct command_row {
	const char *name;
	cmd_fn *run;
	unsigned states;	/* IN_* */
	unsigned flags;		/* CMD_* */
};

/* Finds a command by its name, ignoring case.  NULL if there is none. */
const struct command_row *imap_command_find(const char *name);

/* The running command.  Allocated in its own arena. */
struct imap_command {
	struct arena arena;
	const struct command_row *row;
	struct imap_cursor cursor;	/* after the name */
	struct bytes input;		/* a copy, in the arena */
	struct bytes tag;
	bool uid;
	cmd_fn *step;
	cmd_fn *on_line;
	struct bytes line;		/* for on_line: without CRLF */
	void *state;			/* private to the command; arena */
	void (*drop)(struct imap_session *s, struct imap_command *cmd);
					/* frees what is not in the arena */
	bool expunge_ok;		/* send EXPUNGE at its end */
	bool no_sync;			/* send no changes at its end */
	/* The tagged response. */
	enum { REPLY_OK, REPLY_NO, REPLY_BAD } reply;
	const char *code;		/* "ALREADYEXISTS", or NULL */
	const char *text;
	uint64_t started_ms;
};

/* Set the tagged response and return CMD_DONE.  text is not copied. */
enum cmd_result cmd_ok(struct imap_command *cmd, const char *text);
/*
 * code is the text for the brackets, in the arena or static.  It may be NULL.
 */
enum cmd_result cmd_ok_code(struct imap_command *cmd, const char *code,
    const char *text);
enum cmd_result cmd_no(struct imap_command *cmd, const char *code,
    const char *text);
enum cmd_result cmd_bad(struct imap_command *cmd, const char *text);
/*
 * Sets the response for err: BAD for ERR_SYNTAX, else NO with a response code
 * of RFC 5530.  ERR_INTERNAL and ERR_TEMP are logged with all details; the
 * client is told only the session id.
 */
enum cmd_result cmd_fail(struct imap_session *s, struct imap_command *cmd,
    const struct err *err);

/* Maximum number of UID ranges that are \Recent in a session. */
#define RECENT_RANGES_MAX	64

/*
 * Changes that are being sent to the client.  The arrays are in the caller's
 * arena.
 */
struct imap_pending {
	struct view_delta delta;
	struct view *old;		/* own reference: has the sequence
					   numbers that the client knows */
	size_t changed;			/* sent so far */
	size_t expunged;		/* sent so far, from the end */
};

/*
 * A mailbox whose changes the client is told.  A session watches the selected
 * mailbox; with NOTIFY (RFC 5465) it would watch others too.
 */
struct imap_watched {
	uint32_t id;
	struct view *view;		/* own reference: as last sent */
	struct watcher watcher;
	uint64_t *own_modseqs;		/* own; sent by the command itself */
	size_t nown;
	struct imap_pending *pending;	/* in the caller's arena, or NULL */
};

/* The selected mailbox. */
struct imap_selected {
	struct imap_watched mailbox;
	bool read_only;
	bool claimed_recent;
	struct buf recent;		/* own: UIDs, as a number_set */
	struct arena names;		/* for the keywords */
	const char **keywords;
	unsigned nkeywords;
};

struct imap_session {
	struct conn *conn;		/* borrowed */
	struct imapd *imapd;		/* borrowed */
	struct imap_collect collect;
	enum imap_state state;		/* changed by imap_set_state() */
	enum imap_phase phase;		/* changed by imap_set_phase() */
	unsigned bad_commands;		/* in a row */
	unsigned auth_failures;
	unsigned enabled;		/* by ENABLE: imap_capability.h */
	uint64_t account;
	const char *login;		/* conn_arena */
	struct imap_selected *selected;	/* own */
	struct imap_command *cmd;	/* own: the running command, or NULL */
	struct imap_upload *upload;	/* own: with PHASE_UPLOAD */
};

/* ---- the session's state ---- */

/* These log the change at level trace. */
void imap_set_state(struct imap_session *s, enum imap_state state);
void imap_set_phase(struct imap_session *s, enum imap_phase phase);

/* Prepares to collect a command, or a line for the running command. */
void imap_collect_next(struct imap_session *s, enum imap_collect_mode mode);

/* ---- shared by commands ---- */

struct store *imap_session_store(const struct imap_session *s);
const struct settings *imap_settings(const struct imap_session *s);
struct buf *imap_out(const struct imap_session *s);
/*
 * Called between the lines of a long reply.  Returns CMD_DONE if the command
 * may go on, else CMD_FULL or CMD_YIELD.
 */
enum cmd_result imap_pause(struct imap_session *s);

/* May a password be sent over this connection in the clear? */
bool imap_may_send_password(const struct imap_session *s);

/* Describes the connection to the SASL mechanisms. */
struct sasl_channel imap_sasl_channel(const struct imap_session *s);

/* Appends the capabilities of this session, without "CAPABILITY ". */
void imap_write_capabilities(const struct imap_session *s, struct buf *out);

/* imap_watched.c */
/*
 * Starts watching mailbox id.  w must be zeroed.  *row, in the arena, gets the
 * mailbox as the view shows it.  Returns 0, or -1 on error; the caller must
 * call imap_watched_end() in either case.
 */
int imap_watched_begin(struct imap_session *s, struct imap_watched *w,
    uint32_t id, struct arena *a, struct mailbox *row, struct err *err);
void imap_watched_end(struct imap_session *s, struct imap_watched *w);
/*
 * Notes that the client already knows the flags set by the changes with these
 * modseqs.
 */
void imap_watched_own(struct imap_watched *w, const uint64_t *modseqs,
    size_t n);
/*
 * Computes the changes since the last call and makes them pending, in arena a.
 * w gets the new view.  Nothing may be pending before.  Returns 0, or -1 on
 * error.
 */
int imap_watched_take(struct imap_session *s, struct imap_watched *w,
    bool expunge_ok, struct arena *a, struct err *err);
/* Drops what is pending.  Call it before the arena is cleared. */
void imap_watched_forget(struct imap_watched *w);

/* imap_select.c */
/* Closes the selected mailbox, if any, without a response. */
void imap_unselect(struct imap_session *s);
bool imap_is_recent(const struct imap_selected *sel, uint32_t uid);
uint32_t imap_count_recent(const struct imap_selected *sel);
/* Makes messages \Recent here if no other session was told of them. */
void imap_claim_recent(struct imap_session *s, const struct mailbox *row);
/* Copies the keyword names of row.  Returns true if there are new ones. */
bool imap_take_keywords(struct imap_selected *sel,
    const struct mailbox *row);
/* Writes the untagged FLAGS and PERMANENTFLAGS lines. */
void imap_write_flags_lines(struct imap_session *s);
/*
 * Calls both for keywords that were added since the last sync, before flags
 * that contain them are shown or searched.  r: NULL for a new snapshot.
 */
int imap_learn_keywords(struct imap_session *s, const struct reader *r,
    struct err *err);
/* Writes the flags of a message: "(\Seen $Junk \Recent)". */
void imap_write_msgflags(struct buf *out, const struct imap_selected *sel,
    uint32_t uid, const struct msgflags *flags);
/*
 * Writes "* 4 FETCH (UID 7 FLAGS (\Seen))" with the sequence number in view v.
 */
void imap_write_flags_of(struct imap_session *s, const struct view *v,
    uint32_t uid, const struct msgflags *flags, bool with_uid);

/* imap_set.c */
/*
 * Converts a message set to UIDs that are in the view.  Sequence numbers beyond
 * the end of the mailbox are a BAD error (RFC 3501 9, seq-number).
 */
int imap_resolve_set(struct imap_session *s, struct imap_command *cmd,
    struct imap_sequence_set *set, struct number_set *out, struct err *err);

/* Iterates over the messages of a set that are in a view, in UID order. */
struct imap_walk {
	const struct number_set *set;	/* borrowed */
	size_t range;
	uint32_t next;
};

void imap_walk_init(struct imap_walk *w, const struct number_set *set);
/* Returns the next UID, or 0 at the end. */
uint32_t imap_walk_next(struct imap_walk *w, const struct view *v);

/* imap_mailbox.c */
#define IMAP_STATUS_RFC3501	(IMAP_STATUS_MESSAGES | IMAP_STATUS_RECENT | \
    IMAP_STATUS_UIDNEXT | IMAP_STATUS_UIDVALIDITY | IMAP_STATUS_UNSEEN)
/* Writes an untagged STATUS response with these items. */
void imap_write_status(struct imap_session *s, const struct mailbox *row,
    unsigned items);

/* imap_sync.c */
/*
 * Sends the changes in the selected mailbox.  Returns CMD_DONE, or CMD_FULL if
 * it must be called again.  Changes not yet sent are kept in arena a, which
 * must last until CMD_DONE or imap_watched_forget().  CMD_CLOSE: the mailbox is
 * gone and BYE has been sent.
 */
enum cmd_result imap_sync_run(struct imap_session *s, struct arena *a,
    bool expunge_ok, bool with_uid);

/* ---- how commands begin and end ---- */

/*
 * Creates s->cmd from the first len bytes of the input, which are not
 * consumed.  Parses the tag and the name and checks whether the command is
 * allowed now.  Returns NULL if not; then *r is the result and the response is
 * set.
 */
struct imap_command *imap_command_open(struct imap_session *s, size_t len,
    enum cmd_result *r);
/*
 * Handles the result of a command.  Returns what the connection does next; sets
 * *go_on if the session can go on at once.
 */
enum conn_next imap_command_result(struct imap_session *s, enum cmd_result r,
    bool *go_on);
/*
 * Called if the collector finds an error: sends the response and discards the
 * rest of the command.
 */
enum conn_next imap_collect_failed(struct imap_session *s,
    const struct err *err, bool *go_on);

/* Sends the changes during IDLE.  Returns CMD_DONE, CMD_FULL or CMD_CLOSE. */
enum cmd_result imap_idle_tell(struct imap_session *s,
    struct imap_command *cmd);

/*
 * imap_append.c: a literal of APPEND that is too large for the command buffer
 * is written to the store as it arrives.  The command runs after that.
 */
enum conn_next imap_upload_begin(struct imap_session *s, bool *go_on);
enum conn_next imap_upload_input(struct imap_session *s, bool *go_on);
void imap_upload_free(struct imap_upload **u);

/* Commands. */
cmd_fn cmd_append, cmd_authenticate, cmd_capability, cmd_check, cmd_close,
    cmd_copy, cmd_create, cmd_delete, cmd_enable, cmd_examine, cmd_expunge,
    cmd_fetch, cmd_id, cmd_idle, cmd_list, cmd_login, cmd_logout, cmd_lsub,
    cmd_move, cmd_namespace, cmd_noop, cmd_rename, cmd_search, cmd_select,
    cmd_starttls, cmd_status, cmd_store, cmd_subscribe, cmd_unselect,
    cmd_unsubscribe;

#endif
