/*
 * cmd_dkim_check - postern dkim check and sign: verify and sign a message in a
 * file as the milter would.
 */
#include <config.h>

#include <string.h>

#include "base/clock.h"
#include "mail/address.h"
#include "mail/header.h"
#include "net/dns.h"
#include "auth/arc.h"
#include "auth/dkim_verify.h"
#include "command/options.h"
#include "command/output.h"
#include "ctl/cmd_dkim.h"
#include "ctl/commands.h"
#include "ctl/message_file.h"
#include "ctl/message_sign.h"
#include "ctl/resolver.h"

/* ---- check ----------------------------------------------------------- */

struct check {
	struct dkim_results dkim;
	struct arc_result arc;
};

static void
check_message(struct command *c, struct dkim_engine *engine, struct dns *dns,
    struct bytes message, struct check *out)
{
	struct dkim_key_source keys = dkim_key_source_dns(dns);
	struct dkim_verify *v = dkim_verify_new(engine, &keys,
	    (size_t)c->settings.dkim_max_signatures);
	struct arc *arc = arc_new(&keys);
	size_t len = header_length(message);
	struct header_iter it = header_iter_of(bytes_make(message.data, len));
	struct bytes body = bytes_from(message, len);
	struct header_field f;
	uint64_t deadline;

	while (header_next(&it, &f)) {
		dkim_verify_header(v, f.name, f.value);
		arc_header(arc, f.name, f.value);
	}
	dkim_verify_eoh(v);
	arc_eoh(arc);
	dkim_verify_body(v, body);
	arc_body(arc, body);
	deadline = clock_mono_ms() + c->settings.dns_deadline_ms;
	dkim_verify_finish(v, &c->arena, deadline, &out->dkim);
	arc_finish(arc, &c->arena, deadline, &out->arc);
	dkim_verify_free(&v);
	arc_free(&arc);
}

/* Prints the result first, then the tags. */
static void
print_signature(const struct dkim_signature *s)
{
	(void)printf("%s d=" BYTES_FMT " s=" BYTES_FMT,
	    dkim_result_name(s->result), BYTES_ARG(s->domain),
	    BYTES_ARG(s->selector));
	if (s->algorithm.len > 0)
		(void)printf(" a=" BYTES_FMT, BYTES_ARG(s->algorithm));
	if (s->bits > 0)
		(void)printf(" bits=%u", s->bits);
	if (s->identity.len > 0)
		(void)printf(" i=" BYTES_FMT, BYTES_ARG(s->identity));
	if (s->has_limit)
		(void)printf(" l=%s", s->covers_whole_body ? "all" : "part");
	(void)printf("%s%s", s->secure ? " secure" : "",
	    s->is_test ? " testing" : "");
	if (s->reason != NULL)
		(void)printf(" (%s)", s->reason);
	(void)putchar('\n');
}

static void
print_arc(const struct arc_result *r, const struct settings_list *sealers)
{
	const struct arc_set *trusted = arc_trusted(r, sealers);

	(void)printf("arc %s", arc_status_name(r->status));
	for (size_t i = 0; r->sets != NULL && i < r->n; i++)
		(void)printf(" i=%zu:" BYTES_FMT, i + 1,
		    BYTES_ARG(r->sets[i].domain));
	if (trusted != NULL)
		(void)printf(" trusted=" BYTES_FMT,
		    BYTES_ARG(trusted->domain));
	if (r->reason != NULL)
		(void)printf(" (%s)", r->reason);
	(void)putchar('\n');
}

static int
print_check(const struct command *c, const struct check *k)
{
	if (k->dkim.n == 0)
		(void)printf("none\n");
	for (size_t i = 0; i < k->dkim.n; i++)
		print_signature(&k->dkim.v[i]);
	if (k->dkim.signatures > k->dkim.n)
		(void)printf("; %zu more signatures\n",
		    k->dkim.signatures - k->dkim.n);
	if (k->dkim.from_fields > 1)
		(void)printf("; %zu From fields: no signature authenticates "
		    "the sender\n", k->dkim.from_fields);
	if (k->arc.status != ARC_NONE)
		print_arc(&k->arc, &c->settings.arc_trusted_sealers);
	return command_flush();
}

static json_t *
json_signature(const struct dkim_signature *s)
{
	return json_pack("{s:s, s:s?, s:o, s:o, s:o, s:o, s:i, s:b, s:b, s:b, "
	    "s:b}", "result", dkim_result_name(s->result),
	    "reason", s->reason, "domain", output_bytes(s->domain),
	    "selector", output_bytes(s->selector),
	    "algorithm", output_bytes(s->algorithm),
	    "identity", output_bytes(s->identity), "bits", (int)s->bits,
	    "secure", s->secure, "testing", s->is_test,
	    "limited", s->has_limit, "whole-body", s->covers_whole_body);
}

static int
json_check(const struct command *c, const struct check *k)
{
	const struct arc_set *trusted = arc_trusted(&k->arc,
	    &c->settings.arc_trusted_sealers);
	json_t *dkim = json_array(), *sets = json_array();

	for (size_t i = 0; i < k->dkim.n; i++)
		(void)json_array_append_new(dkim,
		    json_signature(&k->dkim.v[i]));
	for (size_t i = 0; k->arc.sets != NULL && i < k->arc.n; i++)
		(void)json_array_append_new(sets, json_pack("{s:o, s:o}",
		    "domain", output_bytes(k->arc.sets[i].domain),
		    "results", output_bytes(k->arc.sets[i].results)));
	return output_json(json_pack("{s:o, s:i, s:i, s:{s:s, s:s?, s:o, "
	    "s:o}}", "dkim", dkim, "signatures", (int)k->dkim.signatures,
	    "from-fields", (int)k->dkim.from_fields, "arc",
	    "status", arc_status_name(k->arc.status),
	    "reason", k->arc.reason, "sets", sets, "trusted",
	    trusted == NULL ? json_null() : output_bytes(trusted->domain)));
}

int
cmd_dkim_check(struct command *c, int argc, char **argv)
{
	const char *dns_data = NULL;
	const struct command_option options[] = {
		OPTION_VALUE("dns-data", &dns_data),
		OPTION_END
	};
	struct dkim_engine *engine;
	struct err err = ERR_INIT;
	struct bytes message;
	struct check k;
	struct dns *dns;
	int status;

	if (!options_take(c, options, &argc, argv, &status))
		return status;
	if (command_load(c) == -1)
		return COMMAND_FAILED;
	if ((status = message_file_read(c, argv[0], &message)) != COMMAND_OK)
		return status;
	if (resolver_open(c, dns_data, &dns, &status) == -1)
		return status;
	if (dkim_engine_new(0, &engine, &err) == -1)
		return command_fail(&err);
	check_message(c, engine, dns, message, &k);
	dkim_engine_free(&engine);
	dns_free(&dns);
	return c->json ? json_check(c, &k) : print_check(c, &k);
}

/* ---- sign ------------------------------------------------------------ */

/* Returns the domain of From; empty unless From has exactly one address. */
static struct bytes
from_domain(struct arena *a, struct bytes message)
{
	struct header_field f;
	struct address_entry *e;

	if (!header_find(message, "From", &f))
		return BYTES("");
	e = address_list_parse(a, f.value);
	return e == NULL || e->next != NULL ? BYTES("") : e->domain;
}

int
cmd_dkim_sign(struct command *c, int argc, char **argv)
{
	struct dkim_keyset *set;
	struct bytes message, domain;
	int status = COMMAND_OK;
	char *name;

	if (command_load(c) == -1)
		return COMMAND_FAILED;
	if ((status = message_file_read(c, argv[0], &message)) != COMMAND_OK)
		return status;
	domain = from_domain(&c->arena, message);
	if (domain.len == 0)
		return command_failf("cannot tell which domain signs: the "
		    "message needs one From field with one address");
	if ((name = bytes_cstr(&c->arena, domain)) == NULL)
		return command_failf("the domain in From contains a NUL");
	if (dkim_keys_of(c, name, &set, &status) == -1)
		return status;
	if (set == NULL)
		return command_failf("'%s' has no keys; create them with: "
		    "postern dkim gen %s", name, name);
	status = message_sign(c, set, c->settings.dkim_lifetime_ms / 1000,
	    &message);
	dkim_keyset_free(&set);
	if (status != COMMAND_OK)
		return status;
	(void)fwrite(message.data, 1, message.len, stdout);
	return command_flush();
}
