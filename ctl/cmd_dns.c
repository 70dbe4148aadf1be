/*
 * spf check, dnsbl check - what the DNS says about a client, without a server
 */
#include <config.h>

#include <string.h>

#include "auth/dnsbl.h"
#include "auth/spf.h"
#include "base/clock.h"
#include "ctl/output.h"
#include "net/dns.h"

/* An option with a value. */
struct option_row {
	const char *name;
	const char **value;
};

/*
 * Takes "--name VALUE" and "--name=VALUE" out of the arguments.  The number
 * of those left, or -1 after saying what is wrong.
 */
static int
take_values(struct ctl *c, int argc, char **argv,
    const struct option_row *rows, size_t count)
{
	const struct option_row *row;
	int left = 0;
	size_t n;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			c->json = true;
			continue;
		}
		if (strncmp(argv[i], "--", 2) != 0) {
			argv[left++] = argv[i];
			continue;
		}
		n = strcspn(argv[i], "=");
		for (row = rows; row < rows + count; row++)
			if (strlen(row->name) == n &&
			    strncmp(argv[i], row->name, n) == 0)
				break;
		if (row == rows + count || (argv[i][n] == '\0' &&
		    i + 1 == argc)) {
			(void)ctl_usage(c, row == rows + count ?
			    "there is no option '%s' here" :
			    "option '%s' needs a value", argv[i]);
			return -1;
		}
		*row->value = argv[i][n] == '=' ? argv[i] + n + 1 :
		    argv[++i];
	}
	return left;
}

/* A resolver as the settings, or --dns-data, have it.  NULL: it was said. */
static struct dns *
open_dns(struct ctl *c, const char *data)
{
	struct err err = ERR_INIT;
	struct settings s;
	struct dns *dns;

	if (ctl_load(c) == -1)
		return NULL;
	s = c->settings;
	if (data != NULL)
		s.dns_data = data;
	if (dns_new(&s, &dns, &err) == -1) {
		(void)ctl_fail(&err);
		return NULL;
	}
	return dns;
}

static bool
wants_help(const struct ctl *c, int argc, char **argv)
{
	if (argc != 1 || strcmp(argv[0], "--help") != 0)
		return false;
	(void)printf("  %s %s\n      %s\n", c->command->words,
	    c->command->args, c->command->help);
	return true;
}

/* "<a@b>" and "a@b" are one. */
static struct bytes
bare_address(const char *text)
{
	struct bytes b = bytes_of(text);

	if (b.len >= 2 && b.data[0] == '<' && b.data[b.len - 1] == '>')
		b = bytes_make(b.data + 1, b.len - 2);
	return b;
}

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
	(void)printf("terms that asked: %u of %d; void look-ups: %u of %d\n",
	    r->terms, SPF_TERMS_MAX, r->voids, SPF_VOIDS_MAX);
	for (const struct spf_lookup *l = r->lookups; l != NULL; l = l->next)
		(void)printf("look-up: %s %s: %s, %zu record%s\n",
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

int
cmd_spf_check(struct ctl *c, int argc, char **argv)
{
	const char *ip = NULL, *from = "", *helo = "", *data = NULL;
	const struct option_row rows[] = {
		{ "--ip", &ip }, { "--from", &from }, { "--helo", &helo },
		{ "--dns-data", &data }
	};
	struct spf_result r;
	struct spf_query q = { .ip.family = ADDR_NONE };
	struct dns *dns;
	int rc;

	if (wants_help(c, argc, argv))
		return output_end();
	if ((argc = take_values(c, argc, argv, rows, 4)) == -1)
		return CTL_USAGE;
	if (argc > 0)
		return ctl_usage(c, "'%s' takes no argument '%s'",
		    c->command->words, argv[0]);
	if (ip == NULL || addr_parse(bytes_of(ip), &q.ip) == -1)
		return ctl_usage(c, ip == NULL ? "--ip is missing" :
		    "'%s' is not an IP address", ip);
	if (*from == '\0' && *helo == '\0')
		return ctl_usage(c, "--from or --helo is needed");
	if ((dns = open_dns(c, data)) == NULL)
		return CTL_FAILED;
	q.sender = bare_address(from);
	q.helo = bytes_of(helo);
	q.receiver = c->settings.hostname;
	q.deadline = clock_mono_ms() + c->settings.dns_deadline_ms;
	q.engine = (enum spf_engine)c->settings.spf_engine;
	spf_check(dns, &c->arena, &q, &r);
	if (c->json) {
		rc = json_spf(&c->arena, &r);
	} else {
		print_spf(&c->arena, &r);
		rc = output_end();
	}
	dns_free(&dns);
	return rc;
}

/* ---- dnsbl check ------------------------------------------------------ */

/* The lists of the settings, or the zones on the command line. */
static struct dnsbl *
open_lists(struct ctl *c, int n, char **zones)
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
		(void)ctl_fail(&err);
		return NULL;
	}
	if (dnsbl_count(lists) > 0)
		return lists;
	(void)ctl_failf("no lists: set dnsbl-zones, or name zones");
	dnsbl_free(&lists);
	return NULL;
}

/* "listed" if a block list has the client. */
static const char *
summary(const struct dnsbl_result *r)
{
	if (r->listed > 0)
		return "listed";
	return r->errors == r->n ? "unknown" : "not listed";
}

/* The answer that counted, or NULL. */
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
check_lists(struct ctl *c, struct dns *dns, struct dnsbl *lists,
    const struct addr *ip)
{
	struct dnsbl_result r;

	dnsbl_check(lists, dns, &c->arena, ip, clock_mono_ms() +
	    c->settings.dns_deadline_ms, &r);
	if (c->json)
		return json_lists(lists, &r);
	print_lists(lists, &r);
	return output_end();
}

int
cmd_dnsbl_check(struct ctl *c, int argc, char **argv)
{
	const char *data = NULL;
	const struct option_row rows[] = { { "--dns-data", &data } };
	struct dnsbl *lists;
	struct addr ip;
	struct dns *dns;
	int rc = CTL_FAILED;

	if (wants_help(c, argc, argv))
		return output_end();
	if ((argc = take_values(c, argc, argv, rows, 1)) == -1)
		return CTL_USAGE;
	if (argc == 0 || addr_parse(bytes_of(argv[0]), &ip) == -1)
		return ctl_usage(c, argc == 0 ? "an IP address is missing" :
		    "'%s' is not an IP address", argv[0]);
	if ((dns = open_dns(c, data)) == NULL)
		return CTL_FAILED;
	/* What is wrong with a list is printed here. */
	log_set_level(LOG_LEVEL_ERROR);
	if ((lists = open_lists(c, argc - 1, argv + 1)) != NULL)
		rc = check_lists(c, dns, lists, &ip);
	dnsbl_free(&lists);
	dns_free(&dns);
	return rc;
}
