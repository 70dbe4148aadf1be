/*
 * cmd_dns - postern spf check and dnsbl check: what the DNS says about a
 * client, without a server.
 */
#include <config.h>

#include "base/clock.h"
#include "net/dns.h"
#include "auth/dnsbl.h"
#include "auth/spf.h"
#include "command/options.h"
#include "command/output.h"
#include "ctl/commands.h"
#include "ctl/resolver.h"

/* ---- spf check ------------------------------------------------------- */

static void
print_spf(struct arena *a, const struct spf_result *r)
{
	(void)printf("%s\n", spf_status_name(r->status));
	if (r->explanation != NULL)
		(void)printf("explanation: %s\n", r->explanation);
	if (r->problem != NULL)
		(void)printf("problem: %s\n", r->problem);
	(void)printf("domain: %s\n", r->domain);
	if (r->mechanism != NULL)
		(void)printf("mechanism: %s\n", r->mechanism);
	(void)printf("terms with lookups: %u of %d; void lookups: %u of %d\n",
	    r->terms, SPF_TERMS_MAX, r->voids, SPF_VOIDS_MAX);
	for (const struct spf_lookup *l = r->lookups; l != NULL; l = l->next)
		(void)printf("lookup: %s %s: %s, %zu record%s\n",
		    dns_type_name(a, l->type), l->name,
		    dns_status_name(l->status), l->n, l->n == 1 ? "" : "s");
}

static int
json_spf(struct arena *a, const struct spf_result *r)
{
	json_t *lookups = json_array();

	for (const struct spf_lookup *l = r->lookups; l != NULL; l = l->next)
		(void)json_array_append_new(lookups, json_pack(
		    "{s:s, s:s, s:s, s:I}", "type", dns_type_name(a, l->type),
		    "name", l->name, "status", dns_status_name(l->status),
		    "records", (json_int_t)l->n));
	return output_json(json_pack(
	    "{s:s, s:s?, s:s?, s:s, s:s?, s:i, s:i, s:o}",
	    "result", spf_status_name(r->status),
	    "explanation", r->explanation, "problem", r->problem,
	    "domain", r->domain, "mechanism", r->mechanism,
	    "terms", (int)r->terms, "voids", (int)r->voids,
	    "lookups", lookups));
}

static int
spf_run(struct command *c, struct dns *dns, struct spf_query *q)
{
	struct spf_result r;

	q->receiver = c->settings.hostname;
	q->deadline = clock_mono_ms() + c->settings.dns_deadline_ms;
	q->engine = (enum spf_engine)c->settings.spf_engine;
	spf_check(dns, &c->arena, q, &r);
	if (c->json)
		return json_spf(&c->arena, &r);
	print_spf(&c->arena, &r);
	return command_flush();
}

int
cmd_spf_check(struct command *c, int argc, char **argv)
{
	const char *ip = NULL, *from = "", *helo = "", *dns_data = NULL;
	const struct command_option options[] = {
		OPTION_VALUE("ip", &ip),
		OPTION_VALUE("from", &from),
		OPTION_VALUE("helo", &helo),
		OPTION_VALUE("dns-data", &dns_data),
		OPTION_END
	};
	struct spf_query q = { .ip.family = ADDR_NONE };
	struct dns *dns;
	int status;

	if (!options_take(c, options, &argc, argv, &status))
		return status;
	if (ip == NULL)
		return command_usage(c, "--ip is missing");
	if (addr_parse(bytes_of(ip), &q.ip) == -1)
		return command_usage(c, "--ip: '%s' is not an IP address", ip);
	if (*from == '\0' && *helo == '\0')
		return command_usage(c, "--from or --helo is missing");
	if (command_load(c) == -1)
		return COMMAND_FAILED;
	if (resolver_open(c, dns_data, &dns, &status) == -1)
		return status;
	q.sender = options_address(bytes_of(from));
	q.helo = bytes_of(helo);
	status = spf_run(c, dns, &q);
	dns_free(&dns);
	return status;
}

/* ---- dnsbl check ------------------------------------------------------ */

/* Opens the zones on the command line, or else the lists of the settings. */
static struct dnsbl *
open_lists(struct command *c, int n, char **zones)
{
	struct settings s = c->settings;
	struct err err = ERR_INIT;
	struct dnsbl *lists;

	if (n > 0) {
		s.dnsbl_zones = (struct settings_list){
		    (const char **)zones, (size_t)n };
		s.dnswl_zones.n = s.dnsbl_monitor_zones.n = 0;
	}
	if (dnsbl_new(&s, &lists, &err) == -1) {
		(void)command_fail(&err);
		return NULL;
	}
	if (dnsbl_count(lists) > 0)
		return lists;
	(void)command_failf("no lists: set dnsbl-zones or name a zone");
	dnsbl_free(&lists);
	return NULL;
}

/* Returns "listed" if the client is on any block list. */
static const char *
summary(const struct dnsbl_result *r)
{
	if (r->listed > 0)
		return "listed";
	return r->errors == r->n ? "unknown" : "not listed";
}

/* Returns the answer that counts as a listing, or NULL. */
static const char *
code_text(const struct dnsbl_listing *l, char out[ADDR_TEXT_MAX])
{
	return l->code.family == ADDR_NONE ? NULL :
	    addr_print(&l->code, out);
}

static void
print_lists(struct dnsbl *lists, const struct dnsbl_result *r)
{
	const struct dnsbl_listing *l;
	struct dnsbl_stat stat;
	char text[ADDR_TEXT_MAX];
	const char *code;

	(void)printf("%s\n", summary(r));
	for (size_t i = 0; i < r->n; i++) {
		l = &r->lists[i];
		dnsbl_stat(lists, i, &stat);
		code = code_text(l, text);
		(void)printf("%s (%s): %s%s%s%s%s\n", l->zone,
		    dnsbl_kind_name(l->kind), dnsbl_status_name(l->status),
		    code == NULL ? "" : " ", code == NULL ? "" : code,
		    l->reason == NULL && stat.why == NULL ? "" : ": ",
		    stat.why != NULL ? stat.why :
		    l->reason == NULL ? "" : l->reason);
	}
}

static int
json_lists(struct dnsbl *lists, const struct dnsbl_result *r)
{
	const struct dnsbl_listing *l;
	json_t *array = json_array();
	struct dnsbl_stat stat;
	char text[ADDR_TEXT_MAX];

	for (size_t i = 0; i < r->n; i++) {
		l = &r->lists[i];
		dnsbl_stat(lists, i, &stat);
		(void)json_array_append_new(array, json_pack(
		    "{s:s, s:s, s:s, s:s?, s:s?, s:s?}", "zone", l->zone,
		    "kind", dnsbl_kind_name(l->kind),
		    "status", dnsbl_status_name(l->status),
		    "code", code_text(l, text), "reason", l->reason,
		    "why", stat.why));
	}
	return output_json(json_pack("{s:s, s:o}", "result", summary(r),
	    "lists", array));
}

static int
check_lists(struct command *c, struct dns *dns, struct dnsbl *lists,
    const struct addr *ip)
{
	struct dnsbl_result r;

	dnsbl_check(lists, dns, &c->arena, ip, clock_mono_ms() +
	    c->settings.dns_deadline_ms, &r);
	if (c->json)
		return json_lists(lists, &r);
	print_lists(lists, &r);
	return command_flush();
}

int
cmd_dnsbl_check(struct command *c, int argc, char **argv)
{
	const char *dns_data = NULL;
	const struct command_option options[] = {
		OPTION_VALUE("dns-data", &dns_data),
		OPTION_END
	};
	struct dnsbl *lists;
	struct addr ip;
	struct dns *dns;
	int status;

	if (!options_take(c, options, &argc, argv, &status))
		return status;
	if (addr_parse(bytes_of(argv[0]), &ip) == -1)
		return command_usage(c, "'%s' is not an IP address", argv[0]);
	if (command_load(c) == -1)
		return COMMAND_FAILED;
	if (resolver_open(c, dns_data, &dns, &status) == -1)
		return status;
	/* print_lists() shows what is wrong with a list. */
	log_set_level(LOG_LEVEL_ERROR);
	status = COMMAND_FAILED;
	if ((lists = open_lists(c, argc - 1, argv + 1)) != NULL)
		status = check_lists(c, dns, lists, &ip);
	dnsbl_free(&lists);
	dns_free(&dns);
	return status;
}
