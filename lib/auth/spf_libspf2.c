/*
 * spf_libspf2 - the other engine: libspf2, behind our own parser
 *
 * libspf2 1.2.10 compiles records from any source with code that has known
 * bugs, and it lacks limits that the RFC requires.  So it is given only records
 * that our parser accepts and that are short.  Its look-ups go through our
 * resolver and are counted here: terms that query the DNS, and void ones.  If
 * a record is withheld or a limit exceeded, that decides the result, whatever
 * libspf2 says.
 *
 * It passes loopback addresses without looking, so our own engine handles these
 * clients.  Explanations are left out, because it prints them wrongly.
 */
#include <config.h>

#include <sys/types.h>

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>

/* Required by its headers. */
#define HAVE_DECL_NS_T_SPF	0
#include <spf2/spf.h>

#include "auth/spf-private.h"

#define RECORD_MAX	512	/* bytes of a record that it is given */
#define HOSTS_MAX	256	/* names from MX and PTR records remembered */

struct layer {
	SPF_dns_server_t dns;	/* the part libspf2 knows */
	struct spf_check *check;
	enum spf_status forced;	/* SPF_NONE: libspf2 decides */
	bool has_begun;		/* the first record was asked for */
	bool has_record;	/* and there is one */
	size_t host_count;	/* their addresses belong to a counted term */
	const char *hosts[HOSTS_MAX];
};

static void
force(struct layer *l, enum spf_status status)
{
	if (l->forced == SPF_NONE)
		l->forced = status;
}

/* Is it a host named by an MX or PTR record? */
static bool
is_host(const struct layer *l, const char *name)
{
	for (size_t i = 0; i < l->host_count; i++)
		if (bytes_ieq(bytes_of(name), bytes_of(l->hosts[i])))
			return true;
	return false;
}

static void
count(struct layer *l, const char *name, int type,
    const struct dns_answer *answer)
{
	struct spf_result *r = l->check->result;

	if (!l->has_begun || is_host(l, name)) {
		l->has_begun = true;
		return;
	}
	if (++r->terms > SPF_TERMS_MAX)
		force(l, spf_problem(l->check, SPF_PERMERROR,
		    "more than %d terms that query the DNS", SPF_TERMS_MAX));
	if (type != DNS_TXT && answer->status != DNS_OK &&
	    !dns_is_temporary(answer->status) &&
	    ++r->voids > SPF_VOIDS_MAX)
		force(l, spf_problem(l->check, SPF_PERMERROR,
		    "more than %d void look-ups", SPF_VOIDS_MAX));
}

static void
put(SPF_dns_rr_t *rr, const void *data, size_t n)
{
	if (SPF_dns_rr_buf_realloc(rr, rr->num_rr, n) != SPF_E_SUCCESS)
		fatal("out of memory");
	memcpy(rr->rr[rr->num_rr++], data, n);
}

static void
put_host(struct layer *l, SPF_dns_rr_t *rr, char *name)
{
	if (l->host_count < HOSTS_MAX)
		l->hosts[l->host_count++] = name;
	put(rr, name, strlen(name) + 1);
}

/* libspf2 copies the length of an address, whatever the length of the data. */
static void
put_address(SPF_dns_rr_t *rr, int type, struct bytes rdata)
{
	struct addr addr;

	if (dns_addr(rdata, &addr) == 0 &&
	    (addr.family == ADDR_IPV4) == (type == DNS_A))
		put(rr, rdata.data, rdata.len);
}

/* Adds a record, if libspf2 may see it. */
static void
put_record(struct layer *l, SPF_dns_rr_t *rr, const char *domain)
{
	struct spf_check *c = l->check;
	struct spf_record record;
	struct bytes text;
	const char *problem;
	enum spf_status status;

	status = spf_fetch(c, domain, &text);
	if (status == SPF_TEMPERROR)
		rr->herrno = TRY_AGAIN;
	else if (status == SPF_PERMERROR)
		force(l, status);
	if (status != SPF_PASS)
		return;
	l->has_record = true;
	if (spf_record_parse(c->arena, text, &record, &problem) == -1)
		force(l, spf_problem(c, SPF_PERMERROR,
		    "the record of '%s' has %s", domain, problem));
	else if (text.len >= RECORD_MAX)
		force(l, spf_problem(c, SPF_PERMERROR, "the record of '%s' "
		    "is too long for libspf2", domain));
	else
		put(rr, arena_memdup(c->arena, text.data, text.len),
		    text.len + 1);
}

static void
put_answer(struct layer *l, SPF_dns_rr_t *rr, int type,
    const struct dns_answer *answer)
{
	struct arena *a = l->check->arena;
	uint16_t preference;
	char *name;

	for (size_t i = 0; i < answer->n; i++) {
		if (type == DNS_A || type == DNS_AAAA)
			put_address(rr, type, answer->rdata[i]);
		else if (type == DNS_PTR &&
		    dns_target(a, answer->rdata[i], &name) == 0)
			put_host(l, rr, name);
		else if (type == DNS_MX && dns_mx(a, answer->rdata[i],
		    &preference, &name) == 0)
			put_host(l, rr, name);
	}
}

static SPF_dns_rr_t *
lookup(SPF_dns_server_t *dns, const char *domain, ns_type type,
    int should_cache)
{
	struct layer *l = dns->hook;
	const char *name = arena_strdup(l->check->arena, domain);
	struct dns_answer answer = { .status = DNS_NODATA };
	SPF_dns_rr_t *rr;

	if ((rr = SPF_dns_rr_new_init(dns, domain, type, 0, NO_DATA)) == NULL)
		fatal("out of memory");
	/* Over a limit nothing more needs to be looked up. */
	if ((int)type == DNS_SPF || l->forced != SPF_NONE)
		return rr;
	if ((int)type == DNS_TXT) {
		count(l, name, DNS_TXT, &answer);
		put_record(l, rr, name);
	} else {
		spf_ask(l->check, name, (enum dns_type)type, &answer);
		count(l, name, (int)type, &answer);
		put_answer(l, rr, (int)type, &answer);
		if (answer.status == DNS_NXDOMAIN)
			rr->herrno = HOST_NOT_FOUND;
		else if (dns_is_temporary(answer.status))
			rr->herrno = TRY_AGAIN;
	}
	if (rr->num_rr > 0)
		rr->herrno = NETDB_SUCCESS;
	return rr;
}

/*
 * libspf2 reports "no record" also if it cannot parse the record there is, and
 * if the target of an include or redirect is missing.
 */
static enum spf_status
status_of(SPF_errcode_t error, SPF_response_t *response, bool has_record)
{
	static const enum spf_status statuses[] = {
		[SPF_RESULT_NEUTRAL] = SPF_NEUTRAL,
		[SPF_RESULT_PASS] = SPF_PASS,
		[SPF_RESULT_FAIL] = SPF_FAIL,
		[SPF_RESULT_SOFTFAIL] = SPF_SOFTFAIL,
		[SPF_RESULT_NONE] = SPF_NONE,
		[SPF_RESULT_TEMPERROR] = SPF_TEMPERROR,
		[SPF_RESULT_PERMERROR] = SPF_PERMERROR
	};
	SPF_result_t result;

	if (error == SPF_E_NOT_SPF)
		return has_record ? SPF_PERMERROR : SPF_NONE;
	if (error == SPF_E_DNS_ERROR)
		return SPF_TEMPERROR;
	if (error != SPF_E_SUCCESS || response == NULL)
		return SPF_PERMERROR;
	result = SPF_response_result(response);
	return result > SPF_RESULT_INVALID &&
	    result <= SPF_RESULT_PERMERROR ? statuses[result] :
	    SPF_PERMERROR;
}

static SPF_errcode_t
request_fill(struct spf_check *c, SPF_request_t *request, const char *helo,
    const char *sender)
{
	struct in_addr a;
	struct in6_addr a6;
	SPF_errcode_t e;

	if (c->query->ip.family == ADDR_IPV4) {
		memcpy(&a, c->query->ip.ip, sizeof(a));
		e = SPF_request_set_ipv4(request, a);
	} else {
		memcpy(&a6, c->query->ip.ip, sizeof(a6));
		e = SPF_request_set_ipv6(request, a6);
	}
	if (e != SPF_E_SUCCESS ||
	    (e = SPF_request_set_helo_dom(request, helo)) != SPF_E_SUCCESS)
		return e;
	/* It returns whether it succeeded, not what went wrong. */
	(void)SPF_request_set_env_from(request, sender);
	return SPF_E_SUCCESS;
}

static void
be_quiet(const char *file, int line, const char *text)
{
}

static void
silence(void)
{
	SPF_warning_handler = be_quiet;
	SPF_info_handler = be_quiet;
	SPF_debug_handler = be_quiet;
}

/* Runs libspf2 with its own server, whose resolver is the layer. */
static enum spf_status
ask_libspf2(struct layer *l, const char *helo, const char *sender)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct spf_check *c = l->check;
	SPF_response_t *response = NULL;
	SPF_request_t *request;
	SPF_server_t *server;
	enum spf_status status;
	SPF_errcode_t e;

	pthread_once(&once, silence);
	if ((server = SPF_server_new_dns(&l->dns, 0)) == NULL ||
	    (request = SPF_request_new(server)) == NULL)
		fatal("out of memory");
	(void)SPF_server_set_rec_dom(server, c->query->receiver == NULL ?
	    "unknown" : c->query->receiver);
	if ((e = request_fill(c, request, helo, sender)) == SPF_E_SUCCESS)
		e = SPF_request_query_mailfrom(request, &response);
	status = status_of(e, response, l->has_record);
	if (status == SPF_TEMPERROR || status == SPF_PERMERROR)
		(void)spf_problem(c, status, "libspf2 says: %s",
		    SPF_strerror(e));
	if (response != NULL)
		SPF_response_free(response);
	SPF_request_free(request);
	SPF_server_free(server);
	return status;
}

enum spf_status
spf_libspf2(struct spf_check *c, const char *domain)
{
	struct layer l = { .check = c, .forced = SPF_NONE };
	const char *helo = bytes_cstr(c->arena, c->query->helo);
	const char *sender = bytes_cstr(c->arena, c->sender);
	enum spf_status status;

	if (addr_is_loopback(&c->query->ip) || helo == NULL ||
	    sender == NULL)
		return spf_host(c, domain, true);
	l.dns = (SPF_dns_server_t){ .lookup = lookup, .name = "postern",
	    .hook = &l };
	status = ask_libspf2(&l, *helo == '\0' ? "unknown" : helo, sender);
	return l.forced != SPF_NONE ? l.forced : status;
}
