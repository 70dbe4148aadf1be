/*
 * dns_data - a file that replaces the DNS
 *
 * The file has lines of a zone file: NAME [TTL] [IN] TYPE DATA.  All names are
 * absolute, with or without the dot at the end.  A line that begins with a
 * space, followed by a TTL, IN or a type, is for the name of the previous line.
 * ";" begins a comment, "(" and ")" continue data over several lines, strings
 * may have any length (they are split at 255 bytes), "\032" is a byte, and
 * "\# LENGTH HEX" is data of any type (RFC 3597).  "*" as the first label is a
 * wildcard (RFC 4592).
 *
 * There are also these lines:
 *
 *	NAME TIMEOUT	questions for NAME whose type has no record get no
 *			answer in time
 *	NAME SERVFAIL	likewise, but they are answered with SERVFAIL
 *	NAME SECURE	the records of NAME count as validated by DNSSEC
 *
 * Names above those in the file exist without records.  No other names exist.
 *
 * The data never changes after it was read, so any number of threads may use
 * it.
 */
#ifndef NET_DNS_DATA_H
#define NET_DNS_DATA_H

#include "base/err.h"
#include "net/dns_record.h"

#define DNS_DATA_MAX	(64u * 1024 * 1024)	/* bytes of a file */

struct dns_data;

/* Returns 0, or -1 with file and line of the first error. */
int dns_data_read(const char *path, struct dns_data **out, struct err *err);

/* The same from text; file is the name for errors. */
int dns_data_parse(const char *file, struct bytes text,
    struct dns_data **out, struct err *err);

void dns_data_free(struct dns_data **data);

/* Answers a question without waiting.  name must be in lower case; the records
   of the answer are in the arena. */
void dns_data_answer(const struct dns_data *data, struct arena *a,
    const struct dns_name *name, enum dns_type type,
    struct dns_answer *answer);

#endif
