/*
 * log-private - one record on its way to the log
 */
#ifndef BASE_LOG_PRIVATE_H
#define BASE_LOG_PRIVATE_H

#include "base/log.h"

/* A line of limited length.  What does not fit is dropped and marked. */
struct log_line {
	char data[LOG_LINE_MAX];
	size_t len;
	bool full;
};

/* Everything about one log_write(). */
struct log_record {
	enum log_level level;
	const char *program;
	const struct log *log;		/* may be NULL */
	const struct log_kv *kv;
	uint64_t wall_ms;
};

/* log_format.c.  with_head: includes time, level and program. */
void log_format_text(struct log_line *l, const struct log_record *r,
    bool with_head);
void log_format_json(struct log_line *l, const struct log_record *r);
/* The native protocol of systemd-journald: KEY=value lines. */
void log_format_journal(struct log_line *l, const struct log_record *r);

/* LOG_CRIT and so on, for syslog and journald. */
int log_priority(enum log_level level);

#endif
