/*
 * imap_args - the arguments of IMAP commands as structs
 *
 * Each function starts at the space after the command's name, where
 * imap_parse_head() left the cursor, and reads the command to its end.  See
 * imap_parse.h for results, memory and errors.  SEARCH and FETCH have their
 * own headers.  All extensions are parsed; the caller must refuse those that
 * the server has not announced.
 */
#ifndef PROTO_IMAP_ARGS_H
#define PROTO_IMAP_ARGS_H

#include "proto/imap_parse.h"

#define IMAP_LIST_PATTERNS_MAX	64
#define IMAP_ENABLE_MAX		32
#define IMAP_ID_MAX		30	/* RFC 2971 3.3 */

struct imap_login {
	struct bytes user, password;
};

struct imap_authenticate {
	const char *mechanism;		/* upper case */
	bool has_initial;		/* RFC 4959; "=" gives an empty one */
	struct bytes initial;		/* still base64 */
};

/* RFC 7162 3.2.5; the sets are valid if has_known or has_match is set. */
struct imap_qresync {
	uint32_t uidvalidity;
	uint64_t modseq;
	bool has_known;
	struct imap_sequence_set known;	/* UIDs */
	bool has_match;
	struct imap_sequence_set match_seq, match_uid;
};

struct imap_select {
	struct bytes mailbox;
	bool condstore;
	bool has_qresync;
	struct imap_qresync qresync;
};

struct imap_create {
	struct bytes mailbox;
	unsigned use;			/* IMAP_USE_*; RFC 6154 3 */
};

struct imap_rename {
	struct bytes from, to;
};

enum imap_status_item {
	IMAP_STATUS_MESSAGES = 1,
	IMAP_STATUS_RECENT = 2,
	IMAP_STATUS_UIDNEXT = 4,
	IMAP_STATUS_UIDVALIDITY = 8,
	IMAP_STATUS_UNSEEN = 16,
	IMAP_STATUS_DELETED = 32,	/* RFC 9051 */
	IMAP_STATUS_SIZE = 64,		/* RFC 8438 */
	IMAP_STATUS_HIGHESTMODSEQ = 128,	/* RFC 7162 */
	IMAP_STATUS_MAILBOXID = 256,	/* RFC 8474 */
	IMAP_STATUS_APPENDLIMIT = 512	/* RFC 7889 */
};

extern const struct imap_bit_name imap_status_names[];

struct imap_status {
	struct bytes mailbox;
	unsigned items;
};

enum imap_list_option {		/* RFC 5258, 5819, 6154 */
	IMAP_LIST_SUBSCRIBED = 1,
	IMAP_LIST_REMOTE = 2,
	IMAP_LIST_RECURSIVEMATCH = 4,
	IMAP_LIST_SPECIAL_USE = 8,
	IMAP_LIST_CHILDREN = 16,
	IMAP_LIST_STATUS = 32
};

struct imap_list {
	struct bytes reference;
	struct bytes *patterns;
	size_t n;
	bool extended;			/* the syntax of RFC 5258 was used */
	unsigned selection;		/* IMAP_LIST_* */
	unsigned returns;		/* IMAP_LIST_* */
	unsigned status_items;		/* with IMAP_LIST_STATUS */
};

/* One message of APPEND. */
struct imap_append {
	struct imap_flags flags;
	bool has_date;
	struct mail_date date;
	bool binary;			/* a literal8 (RFC 3516) */
	uint64_t size;
	bool streamed;			/* the data is not in the input */
	struct bytes data;		/* unless streamed */
};

enum imap_store_mode {
	IMAP_STORE_REPLACE,
	IMAP_STORE_ADD,
	IMAP_STORE_REMOVE
};

struct imap_store_flags {
	struct imap_sequence_set set;
	enum imap_store_mode mode;
	bool silent;
	struct imap_flags flags;
	bool has_unchangedsince;	/* RFC 7162 3.1.3 */
	uint64_t unchangedsince;
};

struct imap_copy {
	struct imap_sequence_set set;
	struct bytes mailbox;
};

struct imap_enable {
	const char **names;		/* upper case */
	size_t n;
};

struct imap_id {
	struct {
		struct bytes name, value;	/* value.data NULL for NIL */
	} *pairs;
	size_t n;			/* 0 for NIL */
};

/* Commands without arguments: CAPABILITY, NOOP, LOGOUT, CLOSE, IDLE … */
int imap_parse_none(struct imap_cursor *c, struct err *err);
int imap_parse_login(struct imap_cursor *c, struct imap_login *out,
    struct err *err);
int imap_parse_authenticate(struct imap_cursor *c,
    struct imap_authenticate *out, struct err *err);
/* SELECT and EXAMINE. */
int imap_parse_select(struct imap_cursor *c, struct imap_select *out,
    struct err *err);
int imap_parse_create(struct imap_cursor *c, struct imap_create *out,
    struct err *err);
/* DELETE, SUBSCRIBE and UNSUBSCRIBE, whose only argument is a mailbox. */
int imap_parse_one_mailbox(struct imap_cursor *c, struct bytes *mailbox,
    struct err *err);
int imap_parse_rename(struct imap_cursor *c, struct imap_rename *out,
    struct err *err);
int imap_parse_list(struct imap_cursor *c, struct imap_list *out,
    struct err *err);
/* LSUB has only the basic form of LIST. */
int imap_parse_lsub(struct imap_cursor *c, struct imap_list *out,
    struct err *err);
int imap_parse_status(struct imap_cursor *c, struct imap_status *out,
    struct err *err);
int imap_parse_store(struct imap_cursor *c, struct imap_store_flags *out,
    struct err *err);
/* COPY and MOVE. */
int imap_parse_copy(struct imap_cursor *c, struct imap_copy *out,
    struct err *err);
int imap_parse_uid_expunge(struct imap_cursor *c, struct imap_sequence_set *set,
    struct err *err);
int imap_parse_enable(struct imap_cursor *c, struct imap_enable *out,
    struct err *err);
int imap_parse_id(struct imap_cursor *c, struct imap_id *out,
    struct err *err);

/*
 * APPEND is parsed in steps, because its literals may be streamed:
 *
 *	imap_parse_append_mailbox(&c, &mailbox, err);
 *	do {
 *		imap_parse_append_next(&c, &message, streamed, err);
 *		... take message.data, or read message.size bytes and begin
 *		    a cursor on the input after the literal
 *	} while (!imap_at_end(&c));
 *
 * streamed says whether imap_collect() returned IMAP_COLLECT_STREAM for this
 * literal; the input then ends with "{n}" CRLF.  MULTIAPPEND (RFC 3502) has
 * more than one message.
 */
int imap_parse_append_mailbox(struct imap_cursor *c, struct bytes *mailbox,
    struct err *err);
int imap_parse_append_next(struct imap_cursor *c, struct imap_append *out,
    bool streamed, struct err *err);

#endif
