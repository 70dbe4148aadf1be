/*
 * dns - questions to the DNS, from any thread
 *
 * One resolver (libunbound, on threads of its own) and one cache for the
 * process.  A question that is under way already is joined, not asked
 * again, so that an evaluator is straight-line code and still works in
 * parallel: start whatever can be foreseen, then look up one by one.
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
 * With the setting dns-data a file is the whole DNS (dns_data.h): nothing is
 * asked outside.
 *
 * Names are written as dns_record.h says.  A name that cannot exist (an
 * empty label, a label over 63 or a name over 255 bytes) is answered
 * DNS_NXDOMAIN without asking anybody.
 *
 * CNAMEs are followed, a bounded number of them; the answer has only records
 * of the type that was asked for.
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
 * Starts the resolver that the settings ask for.  0, or -1: the settings or
 * the file of dns-data are wrong.
 */
int dns_new(const struct settings *s, struct dns **out, struct err *err);

/* Nobody may be in a function of this file.  NULL is accepted. */
void dns_free(struct dns **dns);

/*
 * A new resolver, and new data, take the place of the old; questions under
 * way are answered by the old ones.  0, or -1 and everything is as before.
 */
int dns_reload(struct dns *dns, const struct settings *s, struct err *err);

/*
 * Asks without waiting, so that a later dns_lookup() finds the answer there
 * or on its way.
 */
void dns_start(struct dns *dns, const char *name, enum dns_type type);

/*
 * The answer, if it is there already: from the cache or the data.  false:
 * it is not, and nobody was asked.
 */
bool dns_lookup_now(struct dns *dns, struct arena *a, const char *name,
    enum dns_type type, struct dns_answer *answer);

/*
 * Waits for the answer until deadline, a time of clock_mono_ms(); behind it
 * the status is DNS_TIMEOUT.  A question is given up dns-deadline after it
 * was asked, however long its askers would wait.
 */
void dns_lookup(struct dns *dns, struct arena *a, const char *name,
    enum dns_type type, uint64_t deadline, struct dns_answer *answer);

#endif
