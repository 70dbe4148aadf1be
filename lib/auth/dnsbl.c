/*
 * dnsbl - asks DNS lists about a client, and tests whether the lists work.
 */
#include <config.h>

#include <pthread.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "auth/dnsbl.h"

#define RANGES_MAX	16
#define HEALTH_RETRY_MS	60000u	/* if a test got no answer */

/* Answers that count: from `first' up to this last byte. */
struct range {
	uint8_t first[4];
	uint8_t last;
};

struct list {
	char *zone;
	enum dnsbl_kind kind;
	size_t range_count;	/* 0: all of 127/8 */
	struct range ranges[RANGES_MAX];

	pthread_mutex_t lock;	/* protects the members below */
	bool is_tested;
	const char *why;	/* why it is unhealthy; NULL if it is not */
	uint64_t due;		/* time of the next test, in ms */
	uint64_t asked, listed, errors;
};

struct dnsbl {
	struct arena arena;	/* own: zones */
	uint64_t interval_ms;
	size_t n;
	struct list lists[DNSBL_ZONES_MAX];
};

const char *
dnsbl_status_name(enum dnsbl_status status)
{
	static const char *const names[] = {
		"not listed", "listed", "error", "no answer", "unhealthy"
	};

	return names[status];
}

const char *
dnsbl_kind_name(enum dnsbl_kind kind)
{
	static const char *const names[] = { "block", "welcome", "monitor" };

	return names[kind];
}

/* ---- settings -------------------------------------------------------- */

/* "127.0.0.2" or "127.0.0.4-7". */
static int
range_parse(struct bytes text, struct range *out)
{
	ptrdiff_t dash = bytes_index(text, '-');
	struct bytes first = text;
	struct addr addr;
	uint64_t last;

	if (dash >= 0)
		first.len = (size_t)dash;
	if (addr_parse(first, &addr) == -1 || addr.family != ADDR_IPV4 ||
	    addr.ip[0] != 127)
		return -1;
	memcpy(out->first, addr.ip, 4);
	last = addr.ip[3];
	if (dash >= 0 && (decimal_parse(bytes_from(text, (size_t)dash + 1),
	    255, &last) == -1 || last < addr.ip[3]))
		return -1;
	out->last = (uint8_t)last;
	return 0;
}

/* Parses the answers after "=", separated by slashes. */
static int
ranges_parse(struct list *l, struct bytes text)
{
	struct bytes one;
	ptrdiff_t slash;

	do {
		slash = bytes_index(text, '/');
		one = text;
		if (slash >= 0)
			one.len = (size_t)slash;
		if (l->range_count == RANGES_MAX ||
		    range_parse(one, &l->ranges[l->range_count++]) == -1)
			return -1;
		text = bytes_from(text, one.len + 1);
	} while (slash >= 0);
	return 0;
}

static int
list_add(struct dnsbl *d, const char *text, enum dnsbl_kind kind,
    struct err *err)
{
	struct bytes zone = bytes_of(text), answers = { NULL, 0 };
	ptrdiff_t equals = bytes_index(zone, '=');
	struct dns_name name;
	struct list *l;

	if (d->n == DNSBL_ZONES_MAX)
		return err_set(err, ERR_SYNTAX, "more than %d DNS lists",
		    DNSBL_ZONES_MAX);
	l = &d->lists[d->n];
	*l = (struct list){ .kind = kind };
	if (equals >= 0) {
		answers = bytes_from(zone, (size_t)equals + 1);
		zone.len = (size_t)equals;
	}
	if (zone.len > 0 && zone.data[zone.len - 1] == '.')
		zone.len--;
	if (zone.len == 0 || dns_name_parse(zone, &name) == -1)
		return err_set(err, ERR_SYNTAX,
		    "DNS list '%s': not a domain", text);
	if (equals >= 0 && ranges_parse(l, answers) == -1)
		return err_set(err, ERR_SYNTAX, "DNS list '%s': the answers "
		    "must have the form "
		    "127.0.0.2/127.0.0.4-7", text);
	l->zone = arena_memdup(&d->arena, zone.data, zone.len);
	pthread_mutex_init(&l->lock, NULL);
	d->n++;
	return 0;
}

static int
lists_add(struct dnsbl *d, const struct settings_list *texts,
    enum dnsbl_kind kind, struct err *err)
{
	for (size_t i = 0; i < texts->n; i++)
		if (list_add(d, texts->v[i], kind, err) == -1)
			return -1;
	return 0;
}

int
dnsbl_new(const struct settings *s, struct dnsbl **out, struct err *err)
{
	struct dnsbl *d = calloc(1, sizeof(*d));

	if (d == NULL)
		fatal("out of memory");
	arena_init(&d->arena);
	d->interval_ms = s->dnsbl_health_interval_ms;
	if (lists_add(d, &s->dnsbl_zones, DNSBL_BLOCK, err) == -1 ||
	    lists_add(d, &s->dnswl_zones, DNSBL_WELCOME, err) == -1 ||
	    lists_add(d, &s->dnsbl_monitor_zones, DNSBL_MONITOR, err) == -1) {
		dnsbl_free(&d);
		return -1;
	}
	*out = d;
	return 0;
}

void
dnsbl_free(struct dnsbl **lists)
{
	struct dnsbl *d = *lists;

	if (d == NULL)
		return;
	for (size_t i = 0; i < d->n; i++)
		pthread_mutex_destroy(&d->lists[i].lock);
	arena_clear(&d->arena);
	free(d);
	*lists = NULL;
}

/* ---- answers --------------------------------------------------------- */

static bool
counts(const struct list *l, const struct addr *code, bool any)
{
	for (size_t i = 0; i < l->range_count; i++)
		if (memcmp(l->ranges[i].first, code->ip, 3) == 0 &&
		    code->ip[3] >= l->ranges[i].first[3] &&
		    code->ip[3] <= l->ranges[i].last)
			return true;
	return any || l->range_count == 0;
}

/* What an answer of the list means.  any: everything in 127/8 counts. */
static enum dnsbl_status
status_of(const struct list *l, const struct dns_answer *answer, bool any,
    struct addr *code)
{
	enum dnsbl_status status = DNSBL_NOT_LISTED;
	struct addr addr;

	if (dns_is_temporary(answer->status))
		return DNSBL_UNKNOWN;
	for (size_t i = 0; i < answer->n; i++) {
		if (dns_addr(answer->rdata[i], &addr) == -1)
			continue;
		if (addr.ip[0] != 127 ||
		    (addr.ip[1] == 255 && addr.ip[2] == 255)) {
			*code = addr;
			return DNSBL_ERROR;
		}
		if (status == DNSBL_NOT_LISTED && counts(l, &addr, any)) {
			status = DNSBL_LISTED;
			*code = addr;
		}
	}
	return status;
}

/* What every look-up needs; borrowed. */
struct lookup {
	struct dns *dns;
	struct arena *a;
	uint64_t deadline;
};

static enum dnsbl_status
ask(const struct list *l, const struct lookup *how, const struct addr *ip,
    bool any, struct addr *code)
{
	struct dns_answer answer;

	dns_lookup(how->dns, how->a, dns_reverse_name(how->a, ip, l->zone),
	    DNS_A, how->deadline, &answer);
	return status_of(l, &answer, any, code);
}

/* ---- health ---------------------------------------------------------- */

/* RFC 5782 5 */
static const struct {
	struct addr ip;
	bool is_listed;
	const char *why;
} tests[] = {
	{ { ADDR_IPV4, 0, { 127, 0, 0, 2 } }, true,
	    "it does not list 127.0.0.2" },
	{ { ADDR_IPV4, 0, { 127, 0, 0, 1 } }, false, "it lists 127.0.0.1" },
	{ { ADDR_IPV6, 0, { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0x7f,
	    0, 0, 1 } }, false, "it lists ::ffff:7f00:1" }
};

#define TEST_COUNT	(sizeof(tests) / sizeof(*tests))

static bool
is_due(struct list *l)
{
	bool due;

	pthread_mutex_lock(&l->lock);
	due = !l->is_tested || l->due <= clock_mono_ms();
	pthread_mutex_unlock(&l->lock);
	return due;
}

static void
start(struct list *l, struct dns *dns, struct arena *a,
    const struct addr *ip)
{
	dns_start(dns, dns_reverse_name(a, ip, l->zone), DNS_A);
}

/* Runs the tests.  Returns true if all were answered; then *why is NULL if the
   list is healthy. */
static bool
test(struct list *l, const struct lookup *how, const char **why)
{
	enum dnsbl_status status;
	bool all = true;
	struct addr code;

	*why = NULL;
	for (size_t i = 0; i < TEST_COUNT; i++)
		start(l, how->dns, how->a, &tests[i].ip);
	for (size_t i = 0; i < TEST_COUNT; i++) {
		status = ask(l, how, &tests[i].ip, true, &code);
		if (status == DNSBL_UNKNOWN)
			all = false;
		else if (status == DNSBL_ERROR && *why == NULL)
			*why = "it answers with an error";
		else if ((status == DNSBL_LISTED) != tests[i].is_listed &&
		    *why == NULL)
			*why = tests[i].why;
	}
	return all;
}

static void
log_health(const struct list *l, const char *why)
{
	if (why != NULL)
		log_warn(NULL, "DNS list failed its test and is not used",
		    KV_STR("zone", l->zone), KV_STR("why", why));
	else
		log_info(NULL, "DNS list passes its test again",
		    KV_STR("zone", l->zone));
}

/* Returns why a list must not be used, or NULL.  Tests it if that is due. */
static const char *
health(struct dnsbl *d, struct list *l, const struct lookup *how)
{
	const char *why, *before;
	bool all;

	pthread_mutex_lock(&l->lock);
	if (l->is_tested && l->due > clock_mono_ms()) {
		why = l->why;
		pthread_mutex_unlock(&l->lock);
		return why;
	}
	/* Meanwhile other threads use the previous result. */
	l->due = clock_mono_ms() + d->interval_ms;
	pthread_mutex_unlock(&l->lock);
	all = test(l, how, &why);
	pthread_mutex_lock(&l->lock);
	before = l->why;
	l->is_tested = true;
	l->why = why;
	l->due = clock_mono_ms() +
	    (all || d->interval_ms < HEALTH_RETRY_MS ? d->interval_ms :
	    HEALTH_RETRY_MS);
	pthread_mutex_unlock(&l->lock);
	if ((why == NULL) != (before == NULL))
		log_health(l, why);
	return why;
}

/* ---- clients --------------------------------------------------------- */

void
dnsbl_start(struct dnsbl *d, struct dns *dns, const struct addr *ip)
{
	struct arena a;

	if (ip->family != ADDR_IPV4 && ip->family != ADDR_IPV6)
		return;
	arena_init(&a);
	for (size_t i = 0; i < d->n; i++) {
		start(&d->lists[i], dns, &a, ip);
		if (is_due(&d->lists[i]))
			for (size_t k = 0; k < TEST_COUNT; k++)
				start(&d->lists[i], dns, &a, &tests[k].ip);
	}
	arena_clear(&a);
}

/* The text of the list's TXT record, printable. */
static const char *
reason(struct arena *a, const struct dns_answer *answer)
{
	struct bytes text;
	char *out;

	if (answer->n == 0 || dns_txt(a, answer->rdata[0], &text) == -1)
		return NULL;
	if (text.len > DNSBL_REASON_MAX)
		text.len = DNSBL_REASON_MAX;
	out = arena_memdup(a, text.data, text.len);
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)out[i] < ' ' ||
		    (unsigned char)out[i] >= 0x7f)
			out[i] = '?';
	return out;
}

static void
note(struct list *l, const struct dnsbl_listing *listing)
{
	pthread_mutex_lock(&l->lock);
	l->asked++;
	l->listed += listing->status == DNSBL_LISTED;
	l->errors += listing->status == DNSBL_ERROR ||
	    listing->status == DNSBL_UNKNOWN;
	pthread_mutex_unlock(&l->lock);
}

static void
tally(struct dnsbl_result *r, const struct dnsbl_listing *listing)
{
	if (listing->status == DNSBL_LISTED) {
		r->listed += listing->kind == DNSBL_BLOCK;
		r->welcome += listing->kind == DNSBL_WELCOME;
	} else if (listing->status != DNSBL_NOT_LISTED) {
		r->errors++;
	}
}

void
dnsbl_check(struct dnsbl *d, struct dns *dns, struct arena *a,
    const struct addr *ip, uint64_t deadline, struct dnsbl_result *r)
{
	struct lookup how = { dns, a, deadline };
	struct dnsbl_listing *listing;
	struct dns_answer answer;
	struct list *l;

	*r = (struct dnsbl_result){ .n = 0 };
	if (ip->family != ADDR_IPV4 && ip->family != ADDR_IPV6)
		return;
	r->n = d->n;
	r->lists = arena_array(a, d->n, sizeof(*r->lists));
	dnsbl_start(d, dns, ip);
	for (size_t i = 0; i < d->n; i++) {
		l = &d->lists[i];
		listing = &r->lists[i];
		*listing = (struct dnsbl_listing){ .zone = l->zone,
		    .kind = l->kind, .status = DNSBL_UNHEALTHY };
		if (health(d, l, &how) == NULL) {
			listing->status = ask(l, &how, ip, false,
			    &listing->code);
			note(l, listing);
		}
		tally(r, listing);
		if (listing->status == DNSBL_LISTED)
			dns_start(dns, dns_reverse_name(a, ip, l->zone),
			    DNS_TXT);
	}
	for (size_t i = 0; i < d->n; i++) {
		if (r->lists[i].status != DNSBL_LISTED)
			continue;
		dns_lookup(dns, a, dns_reverse_name(a, ip,
		    d->lists[i].zone), DNS_TXT, deadline, &answer);
		r->lists[i].reason = reason(a, &answer);
	}
}

size_t
dnsbl_count(const struct dnsbl *d)
{
	return d->n;
}

void
dnsbl_stat(struct dnsbl *d, size_t i, struct dnsbl_stat *stat)
{
	struct list *l = &d->lists[i];

	pthread_mutex_lock(&l->lock);
	*stat = (struct dnsbl_stat){ .zone = l->zone, .kind = l->kind,
	    .healthy = l->why == NULL, .why = l->why, .asked = l->asked,
	    .listed = l->listed, .errors = l->errors };
	pthread_mutex_unlock(&l->lock);
}
