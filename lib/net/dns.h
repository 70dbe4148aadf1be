/*
 * dns - DNS look-ups, from any thread
 *
 * A process has one resolver (libunbound, with its own threads) and one cache.
 * A question that is already in progress is not sent again.  So an evaluator
 * can be straight-line code and still work in parallel: start all questions
 * that can be foreseen, then look them up one by one.
 *
 *	if (dns_new(settings, &dns, err) == -1)
 *		return -1;
 *	...
 *	dns_start(dns, "example.com", DNS_TXT);
 *	dns_start(dns, "example.com", DNS_MX);
 *	dns_lookup(dns, &arena, "example.com", DNS_TXT, deadline, &answer);
 *	if (answer.status == DNS_OK)
 *		for (size_t i = 0; i < answer.n; i++)
 *			... dns_txt(&arena, answer.rdata[i], &text) ...
 *
 * With the setting dns-data all answers come from a file (dns_data.h), and no
 * questions are sent.
 *
 * dns_record.h describes how names are written.  For a name that cannot exist
 * (with an empty label, a label over 63 or a name over 255 bytes) the answer is
 * DNS_NXDOMAIN, and no question is sent.
 *
 * A limited number of CNAMEs is followed; the answer has only records of the
 * requested type.
 */
#ifndef NET_DNS_H
#define NET_DNS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "config/settings.h"
#include "net/dns_record.h"

struct dns;

/*
 * Starts the resolver in the settings.  Returns 0, or -1 if the settings or the
 * file of dns-data are wrong.
 */
int dns_new(const struct settings *s, struct dns **out, struct err *err);

/* No thread may be in a function of this file. */
void dns_free(struct dns **dns);

/*
 * Replaces the resolver and the data; the old ones finish the questions in
 * progress.  Returns 0, or -1 with nothing changed.
 */
int dns_reload(struct dns *dns, const struct settings *s, struct err *err);

/*
 * Sends a question without waiting, so that a later dns_lookup() has the answer
 * sooner.
 */
void dns_start(struct dns *dns, const char *name, enum dns_type type);

/*
 * Gets the answer from the cache or the data.  Returns false if it is not
 * there; no question is sent.
 */
bool dns_lookup_now(struct dns *dns, struct arena *a, const char *name,
    enum dns_type type, struct dns_answer *answer);

/*
 * Waits for the answer until deadline, a time of clock_mono_ms(); after it the
 * status is DNS_TIMEOUT.  A question is given up after the time in the setting
 * dns-deadline, even if callers would wait longer.
 */
void dns_lookup(struct dns *dns, struct arena *a, const char *name,
    enum dns_type type, uint64_t deadline, struct dns_answer *answer);

#endif
