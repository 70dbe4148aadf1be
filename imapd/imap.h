/*
 * imap - the IMAP server: sessions, the command table, what commands share
 *
 * RFC 3501 and the extensions that CAPABILITY names.  A session is the state
 * of one connection of the frame (net/conn.h); its commands are rows of
 * a table, each a function in the file of its subject:
 *
 *	imap_session.c	the connection: input, the running command, its end
 *	imap_commands.c	the table; CAPABILITY and others that only talk
 *	imap_capability.c	the table of extensions
 *	imap_auth.c	STARTTLS, LOGIN, AUTHENTICATE
 *	imap_list.c, imap_match.c	LIST, LSUB
 *	imap_mailbox.c	CREATE, DELETE, RENAME, SUBSCRIBE, STATUS
 *	imap_select.c	SELECT, EXAMINE, CLOSE, UNSELECT; what is selected
 *	imap_watched.c	a mailbox that is watched, and what changed in it
 *	imap_sync.c	what the client is told unasked; IDLE
 *	imap_append.c	APPEND
 *	imap_set.c	sets of messages, as the client writes them
 *	imap_chunk.c	what the store knows of some messages at a time
 *	imap_fetch.c, imap_section.c	FETCH
 *	imap_store.c	STORE, COPY, MOVE, EXPUNGE
 *	imap_search.c, imap_search_match.c, imap_search_text.c	SEARCH
 *
 * A command runs when all its bytes are here.  It ends with CMD_DONE, having
 * set its tagged answer by cmd_ok(), cmd_no(), cmd_bad() or cmd_fail(); then
 * the session tells what changed in the selected mailbox and sends the
 * answer.  A command with a long reply sets cmd->step and returns CMD_FULL
 * (the client has to read first) or CMD_YIELD (others want to run): step is
 * called later to go on.
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

/* The states of RFC 3501 3, and sets of them for when a command is allowed. */
enum imap_state {
	IN_HELLO = 1,		/* not authenticated */
	IN_AUTH = 2,		/* authenticated, nothing selected */
	IN_SELECTED = 4,
	IN_LOGIN = IN_AUTH | IN_SELECTED,
	IN_ANY = IN_HELLO | IN_LOGIN
};

/* What is true of a command without running it. */
enum {
	/* Uses sequence numbers: nobody's EXPUNGE is told while it runs or
	   before its answer (RFC 3501 7.4.1).  Not with UID before it. */
	CMD_SEQUENCE = 1,
	CMD_UID = 2,		/* exists with UID before it */
	CMD_SECRET = 4,		/* arguments are not for the log */
	CMD_WRITE = 8		/* not in a mailbox opened by EXAMINE */
};

/* What the next bytes of the client are, or what goes on meanwhile. */
enum imap_phase {
	PHASE_COMMAND,	/* of a command, which is gathered */
	PHASE_DISCARD,	/* of a command that was refused */
	PHASE_UPLOAD,	/* of a message that APPEND streams to the database */
	PHASE_RUN,	/* not read: a command runs */
	PHASE_LINE,	/* the line that the running command asked for */
	PHASE_IDLE,	/* the line that ends IDLE */
	PHASE_SYNC	/* not read: changes are told before a tagged answer */
};

enum cmd_result {
	CMD_DONE,	/* the tagged answer is set */
	CMD_FULL,	/* step when output has gone out */
	CMD_YIELD,	/* step after the others */
	CMD_WAIT,	/* step after conn_resume() */
	CMD_LINE,	/* on_line when the client's next line is here */
	CMD_IDLE,	/* on_line for DONE; told of changes meanwhile */
	CMD_CLOSE	/* send what is there and close */
};

typedef enum cmd_result cmd_fn(struct imap_session *s,
    struct imap_command *cmd);

struct command_row {
	const char *name;
	cmd_fn *run;
	unsigned states;	/* IN_* */
	unsigned flags;		/* CMD_* */
};

/* The row of a name in any case, or NULL. */
const struct command_row *imap_command_find(const char *name);

/* One running command.  Lives in its own arena, which goes with it. */
struct imap_command {
	struct arena arena;
	const struct command_row *row;
	struct imap_cursor cursor;	/* behind the name */
	struct bytes input;		/* own copy, in the arena */
	struct bytes tag;
	bool uid;
	cmd_fn *step;
	cmd_fn *on_line;
	struct bytes line;		/* for on_line: without CRLF */
	void *state;			/* the command's own, in the arena */
	void (*drop)(struct imap_session *s, struct imap_command *cmd);
					/* frees what is not in the arena */
	bool expunge_ok;		/* EXPUNGE may be told at its end */
	bool no_sync;			/* nothing is told at its end */
	/* The answer. */
	enum { REPLY_OK, REPLY_NO, REPLY_BAD } reply;
	const char *code;		/* "ALREADYEXISTS", or NULL */
	const char *text;
	uint64_t started_ms;
};

enum cmd_result cmd_ok(struct imap_command *cmd, const char *text);
/* code may be NULL, else what stands between the brackets; arena or static. */
enum cmd_result cmd_ok_code(struct imap_command *cmd, const char *code,
    const char *text);
enum cmd_result cmd_no(struct imap_command *cmd, const char *code,
    const char *text);
enum cmd_result cmd_bad(struct imap_command *cmd, const char *text);
/*
 * The answer for err: BAD for ERR_SYNTAX, NO with RFC 5530's code otherwise.
 * ERR_INTERNAL and ERR_TEMP are logged whole, the client gets the session id.
 */
enum cmd_result cmd_fail(struct imap_session *s, struct imap_command *cmd,
    const struct err *err);

/* Ranges of UIDs that are \Recent in this session. */
#define RECENT_RANGES_MAX	64

/* A difference that is being told: its arrays are in the arena given. */
struct imap_pending {
	struct view_delta delta;
	struct view *old;		/* own reference: its numbers count */
	size_t changed;			/* told so far */
	size_t expunged;		/* told so far, from the end */
};

/*
 * A mailbox whose changes the client is told.  A session watches the selected
 * one; with NOTIFY (RFC 5465) it would watch others too.
 */
struct imap_watched {
	uint32_t id;
	struct view *view;		/* own reference: what was told */
	struct watcher watcher;
	uint64_t *own_modseqs;		/* own; told by the command itself */
	size_t nown;
	struct imap_pending *pending;	/* in the arena given, or NULL */
};

/* The selected mailbox. */
struct imap_selected {
	struct imap_watched mailbox;
	bool read_only;
	bool claimed_recent;
	struct buf recent;		/* own: UIDs, as a number_set */
	struct arena names;		/* of the keywords */
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
	struct imap_command *cmd;	/* own: running, or NULL */
	struct imap_upload *upload;	/* own: with PHASE_UPLOAD */
};

/* ---- the session's state ---- */

/* Both trace the change. */
void imap_set_state(struct imap_session *s, enum imap_state state);
void imap_set_phase(struct imap_session *s, enum imap_phase phase);

/* What comes next is a command, or a line for the one that runs. */
void imap_collect_next(struct imap_session *s, enum imap_collect_mode mode);

/* ---- shared by commands ---- */

struct store *imap_session_store(const struct imap_session *s);
const struct settings *imap_settings(const struct imap_session *s);
struct buf *imap_out(const struct imap_session *s);
/* After some lines of a long reply: is it time to pause, and how? */
enum cmd_result imap_pause(struct imap_session *s);

/* Whether this connection may carry a password as it is. */
bool imap_may_send_password(const struct imap_session *s);

/* The connection, for SASL mechanisms. */
struct sasl_channel imap_sasl_channel(const struct imap_session *s);

/* The words of CAPABILITY for this session, without "CAPABILITY ". */
void imap_write_capabilities(const struct imap_session *s, struct buf *out);

/* imap_watched.c */
/*
 * Begins to watch; w is zeroed.  row, in the arena, is the mailbox as the
 * view shows it.  0, or -1; imap_watched_end() is due in either case.
 */
int imap_watched_begin(struct imap_session *s, struct imap_watched *w,
    uint32_t id, struct arena *a, struct mailbox *row, struct err *err);
void imap_watched_end(struct imap_session *s, struct imap_watched *w);
/* The client knows what the messages changed at modseq look like now. */
void imap_watched_own(struct imap_watched *w, const uint64_t *modseqs,
    size_t n);
/*
 * Takes the difference between what was told and now: it is pending then, in
 * arena a, and w has the new view.  Nothing may be pending before.  0 or -1.
 */
int imap_watched_take(struct imap_session *s, struct imap_watched *w,
    bool expunge_ok, struct arena *a, struct err *err);
/* Nothing is pending any longer; before the arena goes. */
void imap_watched_forget(struct imap_watched *w);

/* imap_select.c */
void imap_unselect(struct imap_session *s);
bool imap_is_recent(const struct imap_selected *sel, uint32_t uid);
uint32_t imap_count_recent(const struct imap_selected *sel);
void imap_claim_recent(struct imap_session *s, const struct mailbox *row);
/* Takes keyword names over; true when there are new ones. */
bool imap_take_keywords(struct imap_selected *sel,
    const struct mailbox *row);
void imap_write_flags_lines(struct imap_session *s);
/*
 * Both, for keywords that somebody made since the last sync, before flags are
 * shown or sought that have them.  r: NULL for a snapshot of its own.
 */
int imap_learn_keywords(struct imap_session *s, const struct reader *r,
    struct err *err);
/* "(\Seen $Junk \Recent)" */
void imap_write_msgflags(struct buf *out, const struct imap_selected *sel,
    uint32_t uid, const struct msgflags *flags);
/* "* 4 FETCH (UID 7 FLAGS (\Seen))", by the numbers of that view. */
void imap_write_flags_of(struct imap_session *s, const struct view *v,
    uint32_t uid, const struct msgflags *flags, bool with_uid);

/* imap_set.c */
/*
 * A set as the client wrote it, as UIDs that are in the view.  Sequence
 * numbers beyond the mailbox are an error: BAD (RFC 3501 9, seq-number).
 */
int imap_resolve_set(struct imap_session *s, struct imap_command *cmd,
    struct imap_sequence_set *set, struct number_set *out, struct err *err);

/* The messages of a set that are in a view, in order of UID. */
struct imap_walk {
	const struct number_set *set;	/* borrowed */
	size_t range;
	uint32_t next;
};

void imap_walk_init(struct imap_walk *w, const struct number_set *set);
/* The next UID, or 0 behind the last. */
uint32_t imap_walk_next(struct imap_walk *w, const struct view *v);

/* imap_mailbox.c */
#define IMAP_STATUS_RFC3501	(IMAP_STATUS_MESSAGES | IMAP_STATUS_RECENT | \
    IMAP_STATUS_UIDNEXT | IMAP_STATUS_UIDVALIDITY | IMAP_STATUS_UNSEEN)
/* An untagged STATUS with those items. */
void imap_write_status(struct imap_session *s, const struct mailbox *row,
    unsigned items);

/* imap_sync.c */
/*
 * Tells what changed in the selected mailbox.  CMD_DONE, or CMD_FULL: call it
 * again.  What is still to tell is in arena a, which must last until CMD_DONE
 * or imap_watched_forget().  CMD_CLOSE: the mailbox is gone and BYE was said.
 */
enum cmd_result imap_sync_run(struct imap_session *s, struct arena *a,
    bool expunge_ok, bool with_uid);

/* ---- how commands begin and end ---- */

/*
 * s->cmd from the first len bytes of the input, which stay there: its head is
 * parsed, and whether it is allowed now is checked.  NULL: *r is the result,
 * with the answer set.
 */
struct imap_command *imap_command_open(struct imap_session *s, size_t len,
    enum cmd_result *r);
/* What a result means for the frame. */
enum conn_next imap_command_result(struct imap_session *s, enum cmd_result r,
    bool *go_on);
/* The collector found a fault: it is answered, the rest will be dropped. */
enum conn_next imap_collect_failed(struct imap_session *s,
    const struct err *err, bool *go_on);

/* What happened during IDLE: CMD_DONE, CMD_FULL or CMD_CLOSE. */
enum cmd_result imap_idle_tell(struct imap_session *s,
    struct imap_command *cmd);

/*
 * imap_append.c: a literal of APPEND that is too large for the command's
 * buffer goes to the store as it comes; then the command runs.
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
