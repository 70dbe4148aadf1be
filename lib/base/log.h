/*
 * log - one line per event, as key=value or JSON
 *
 * The message is a constant text, values are fields, and the logger quotes
 * them.  A struct log is a context whose contents are on every line, so that
 * all lines of a connection carry its cid.
 *
 *	struct log log = { .cid = log_cid_next() };
 *	log_info(&log, "command done", KV_STR("cmd", name), KV_INT("ms", ms));
 *
 *	time=2026-01-31T12:00:00.123Z level=info program=postern-imapd
 *	    msg="command done" cid=65b1c2f00001 cmd=FETCH ms=3
 *
 * error	someone should look at it
 * warn		handled, but unusual
 * info		one per connection, command, message or decision
 * debug	reasons
 * trace	changes of state; protocol lines, credentials as *** and bodies
 *		as ...
 * traceauth	the same with credentials
 * tracedata	the same with bodies too
 *
 * Any thread may log at any time.  A line is written at once and has at most
 * LOG_LINE_MAX bytes; longer values are cut.  NULL is an empty context.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define LOG_LINE_MAX	8192
#define LOG_VALUE_MAX	1000	/* bytes of one value before quoting */

enum log_level {
	LOG_LEVEL_FATAL,	/* only by fatal() */
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_TRACE,
	LOG_LEVEL_TRACEAUTH,
	LOG_LEVEL_TRACEDATA
};

enum log_format {
	LOG_FORMAT_TEXT,
	LOG_FORMAT_JSON
};

enum log_output {
	LOG_OUTPUT_STDERR,
	LOG_OUTPUT_SYSLOG,
	LOG_OUTPUT_JOURNALD
};

enum log_kv_type {
	LOG_KV_END,
	LOG_KV_NONE,
	LOG_KV_BYTES,
	LOG_KV_INT,
	LOG_KV_UINT,
	LOG_KV_HEX,
	LOG_KV_BOOL
};

/* A field, made by the KV_ macros. */
struct log_kv {
	const char *key;		/* borrowed: a constant, a-z and - */
	enum log_kv_type type;
	union {
		struct bytes bytes;	/* borrowed until the call returns */
		int64_t i;
		uint64_t u;
		bool b;
	} v;
};

static inline struct log_kv
log_kv_str(const char *key, const char *s)
{
	struct log_kv kv = { key, LOG_KV_NONE, { { NULL, 0 } } };

	if (s != NULL) {
		kv.type = LOG_KV_BYTES;
		kv.v.bytes = bytes_of(s);
	}
	return kv;
}

/* Omits the field if the string is NULL. */
#define KV_STR(key, s)		log_kv_str((key), (s))
#define KV_BYTES(key, b)	\
	((struct log_kv){ (key), LOG_KV_BYTES, { .bytes = (b) } })
#define KV_INT(key, n)		\
	((struct log_kv){ (key), LOG_KV_INT, { .i = (int64_t)(n) } })
#define KV_UINT(key, n)		\
	((struct log_kv){ (key), LOG_KV_UINT, { .u = (uint64_t)(n) } })
/* Sixteen digits, for account ids and tokens. */
#define KV_HEX(key, n)		\
	((struct log_kv){ (key), LOG_KV_HEX, { .u = (uint64_t)(n) } })
#define KV_BOOL(key, x)		\
	((struct log_kv){ (key), LOG_KV_BOOL, { .b = (x) } })
/* The text of a struct err as err=, its kind as err-kind=. */
#define KV_ERR(err)		\
	KV_STR("err", (err)->text), \
	KV_STR("err-kind", err_kind_name((err)->kind))
#define KV_END			((struct log_kv){ NULL, LOG_KV_END, { .u = 0 } })

struct log {
	uint64_t cid;			/* connection id; 0: none */
	const struct log_kv *fields;	/* borrowed: up to KV_END; or NULL */
};

/* The current level.  Read it with log_is_on(), set it with log_set_level(). */
extern int log_level_now;

static inline bool
log_is_on(enum log_level level)
{
	return (int)level <= __atomic_load_n(&log_level_now, __ATOMIC_RELAXED);
}

#define log_at(level, log, msg, ...) do {				\
	if (log_is_on(level))						\
		log_write((level), (log), (const struct log_kv[]){	\
		    KV_STR("msg", (msg)), ##__VA_ARGS__, KV_END });	\
} while (0)

#define log_error(log, msg, ...)	\
	log_at(LOG_LEVEL_ERROR, log, msg, ##__VA_ARGS__)
#define log_warn(log, msg, ...)		\
	log_at(LOG_LEVEL_WARN, log, msg, ##__VA_ARGS__)
#define log_info(log, msg, ...)		\
	log_at(LOG_LEVEL_INFO, log, msg, ##__VA_ARGS__)
#define log_debug(log, msg, ...)	\
	log_at(LOG_LEVEL_DEBUG, log, msg, ##__VA_ARGS__)
#define log_trace(log, msg, ...)	\
	log_at(LOG_LEVEL_TRACE, log, msg, ##__VA_ARGS__)

/* Used by the macros: kv[0] is the message, the array ends with KV_END. */
void log_write(enum log_level level, const struct log *log,
    const struct log_kv *kv);

/*
 * Sets where lines and fatal() go from now on.  program is borrowed.  Before
 * this call, and if syslog or journald cannot be reached, they go to stderr.
 * Call it before starting threads.
 */
void log_open(const char *program, enum log_output output,
    enum log_format format);

/* May be called at any time, from any thread. */
void log_set_level(enum log_level level);

/* "info" and so on; and the level of such a name, or -1. */
const char *log_level_name(enum log_level level);
int log_level_parse(struct bytes name);

/*
 * For tests: sends all lines to sink, without a newline; NULL ends that.
 */
void log_set_sink(void (*sink)(enum log_level level, struct bytes line));

/* A number that no other connection has, in this process or an earlier one. */
uint64_t log_cid_next(void);

/* What the bytes of a protocol are, for log_trace_bytes(). */
enum log_secret {
	LOG_SHOW,		/* shown from trace on */
	LOG_SECRET,		/* credentials: *** below traceauth */
	LOG_BODY		/* messages: ... below tracedata */
};

/*
 * Traces bytes of a protocol; dir is 'C' if the client sent them, 'S' if the
 * server did.  Long ones become several lines.
 */
#define log_trace_bytes(log, dir, secret, bytes) do {			\
	if (log_is_on(LOG_LEVEL_TRACE))					\
		log_trace_write((log), (dir), (secret), (bytes));	\
} while (0)

void log_trace_write(const struct log *log, char dir, enum log_secret secret,
    struct bytes bytes);

#endif
