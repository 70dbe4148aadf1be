/* log - sends records to stderr, syslog or journald. */
#include <config.h>

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log-private.h"

#define JOURNAL_PATH	"/run/systemd/journal/socket"

int log_level_now = LOG_LEVEL_INFO;

static const char *const level_names[] = {
	"fatal", "error", "warn", "info", "debug", "trace", "traceauth",
	"tracedata"
};

/* Set once, before threads are started. */
static struct {
	const char *program;
	enum log_output output;
	enum log_format format;
	int journal_fd;
	void (*sink)(enum log_level level, struct bytes line);
} out = { .journal_fd = -1 };

const char *
log_level_name(enum log_level level)
{
	return level_names[level];
}

int
log_level_parse(struct bytes name)
{
	for (int i = LOG_LEVEL_FATAL; i <= LOG_LEVEL_TRACEDATA; i++)
		if (bytes_eq_str(name, level_names[i]))
			return i;
	return -1;
}

void
log_set_level(enum log_level level)
{
	__atomic_store_n(&log_level_now, (int)level, __ATOMIC_RELAXED);
}

void
log_set_sink(void (*sink)(enum log_level level, struct bytes line))
{
	out.sink = sink;
}

/* A single write, so that lines of threads and processes do not mix. */
static void
write_stderr(const struct log_record *r)
{
	struct log_line l;
	ssize_t n;

	if (out.format == LOG_FORMAT_JSON)
		log_format_json(&l, r);
	else
		log_format_text(&l, r, true);
	if (out.sink != NULL) {
		out.sink(r->level, bytes_make(l.data, l.len));
		return;
	}
	/* Formatters leave room; a line of exactly full size loses a byte. */
	if (l.len == sizeof(l.data))
		l.len--;
	l.data[l.len++] = '\n';
	do {
		n = write(STDERR_FILENO, l.data, l.len);
	} while (n == -1 && errno == EINTR);
	/* If stderr is gone there is no one to tell. */
}

static int
write_journal(const struct log_record *r)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct log_line l;

	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", JOURNAL_PATH);
	log_format_journal(&l, r);
	return sendto(out.journal_fd, l.data, l.len, MSG_NOSIGNAL,
	    (struct sockaddr *)&sun, sizeof(sun)) == (ssize_t)l.len ? 0 : -1;
}

static void
write_syslog(const struct log_record *r)
{
	struct log_line l;

	if (out.format == LOG_FORMAT_JSON)
		log_format_json(&l, r);
	else
		log_format_text(&l, r, false);
	syslog(log_priority(r->level), "%.*s", (int)l.len, l.data);
}

void
log_write(enum log_level level, const struct log *log,
    const struct log_kv *kv)
{
	struct log_record r = { level, out.program, log, kv, clock_wall_ms() };
	int saved = errno;

	if (r.program == NULL)
		r.program = program_invocation_short_name;
	if (out.sink != NULL || out.output == LOG_OUTPUT_STDERR)
		write_stderr(&r);
	else if (out.output == LOG_OUTPUT_SYSLOG)
		write_syslog(&r);
	else if (write_journal(&r) == -1)
		write_stderr(&r);
	errno = saved;
}

/*
 * Someone who starts a program by hand should read a plain sentence; a log
 * should get a record.
 */
static void
log_fatal(const char *text)
{
	if (out.sink != NULL || out.output != LOG_OUTPUT_STDERR ||
	    out.format == LOG_FORMAT_JSON)
		log_write(LOG_LEVEL_FATAL, NULL,
		    (const struct log_kv[]){ KV_STR("msg", text), KV_END });
	if (out.sink == NULL && (out.output != LOG_OUTPUT_STDERR ||
	    out.format == LOG_FORMAT_TEXT))
		(void)dprintf(STDERR_FILENO, "%s: fatal: %s\n",
		    out.program, text);
}

void
log_open(const char *program, enum log_output output, enum log_format format)
{
	out.program = program;
	out.output = output;
	out.format = format;
	if (output == LOG_OUTPUT_SYSLOG)
		openlog(program, LOG_PID | LOG_NDELAY, LOG_MAIL);
	if (output == LOG_OUTPUT_JOURNALD && out.journal_fd == -1)
		out.journal_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	fatal_set_handler(log_fatal);
}

uint64_t
log_cid_next(void)
{
	static uint64_t last;
	uint64_t zero = 0;

	/* Begin with the start time, so that restarts do not repeat ids. */
	if (__atomic_load_n(&last, __ATOMIC_RELAXED) == 0)
		(void)__atomic_compare_exchange_n(&last, &zero,
		    clock_wall_ms() / 1000 << 16, false, __ATOMIC_RELAXED,
		    __ATOMIC_RELAXED);
	return __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
}

void
log_trace_write(const struct log *log, char dir, enum log_secret secret,
    struct bytes bytes)
{
	char side[2] = { dir, '\0' };
	size_t n = bytes.len;
	struct bytes piece;

	if (secret == LOG_SECRET && !log_is_on(LOG_LEVEL_TRACEAUTH))
		bytes = BYTES("***");
	if (secret == LOG_BODY && !log_is_on(LOG_LEVEL_TRACEDATA)) {
		bytes = BYTES("...");
		log_at(LOG_LEVEL_TRACE, log, "trace", KV_STR("side", side),
		    KV_BYTES("bytes", bytes), KV_UINT("size", n));
		return;
	}
	do {
		piece = bytes;
		if (piece.len > LOG_VALUE_MAX)
			piece.len = LOG_VALUE_MAX;
		log_at(LOG_LEVEL_TRACE, log, "trace", KV_STR("side", side),
		    KV_BYTES("bytes", piece));
		bytes.data += piece.len;
		bytes.len -= piece.len;
	} while (bytes.len > 0);
}
