/*
 * dns_data - a file that is the whole DNS
 *
 * Lines of a zone file: NAME [TTL] [IN] TYPE DATA.  All names are absolute,
 * with or without the dot at their end; a line that begins with space and
 * goes on with a TTL, IN or a type belongs to the name of the line before.
 * ";" begins a comment, "(" and ")" let data go on over lines, strings may
 * be of any length (they are split at 255 bytes), "\032" is a byte, and
 * "\# LENGTH HEX" is the data of any type (RFC 3597).  "*" as the first
 * label is a wildcard (RFC 4592).
 *
 * Beside records there are:
 *
 *	NAME TIMEOUT	questions for NAME whose type has no record are
 *			answered as if nobody had answered in time
 *	NAME SERVFAIL	likewise, with SERVFAIL
 *	NAME SECURE	what there is for NAME counts as validated by DNSSEC
 *
 * Names above those in the file exist and have no records.  Everything else
 * does not exist.
 *
 * Does not change once it is read: any number of threads may ask.
 */
#ifndef NET_DNS_DATA_H
#define NET_DNS_DATA_H

#include "base/err.h"
#include "net/dns_record.h"

#define DNS_DATA_MAX	(64u * 1024 * 1024)	/* bytes of a file */

struct dns_data;

/* 0, or -1 with file and line of the first mistake. */
int dns_data_read(const char *path, struct dns_data **out, struct err *err);

/* The same from a text; file names it in errors. */
int dns_data_parse(const char *file, struct bytes text,
    struct dns_data **out, struct err *err);

void dns_data_free(struct dns_data **data);

/* name is in lower case.  At once; what answer holds is in the arena. */
void dns_data_answer(const struct dns_data *data, struct arena *a,
    const struct dns_name *name, enum dns_type type,
    struct dns_answer *answer);

#endif
