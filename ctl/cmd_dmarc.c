/*
 * cmd_dmarc - postern dmarc check and data: verify a message in a file as the
 * milter would, and print the milter's DMARC counts.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "mail/header.h"
#include "net/dns.h"
#include "auth/verify.h"
#include "command/options.h"
#include "command/request_command.h"
#include "ctl/commands.h"
#include "ctl/message_file.h"
#include "ctl/resolver.h"

/* ---- check ----------------------------------------------------------- */

/* The sender of the message, from the command line. */
struct sender {
	const char *ip, *from, *helo;
	struct addr client;
	struct bytes mail_from;
};

/* The default for --from: what the server that stored the message recorded. */
static struct bytes
return_path(struct bytes message)
{
	struct header_field f;

	return header_find(message, "Return-Path", &f) ?
	    options_address(f.value) : BYTES("");
}

static void
feed(struct verify *v, struct bytes message)
{
	size_t len = header_length(message);
	struct header_iter it = header_iter_of(bytes_make(message.data, len));
	struct header_field f;

	while (header_next(&it, &f))
		verify_header(v, f.name, f.value);
	verify_eoh(v);
	verify_body(v, bytes_from(message, len));
}

static void
print_policy(const struct dmarc_result *d)
{
	if (d->domain.len > 0)
		(void)printf("From: " BYTES_FMT ", of " BYTES_FMT "\n",
		    BYTES_ARG(d->domain), BYTES_ARG(d->org_domain));
	if (d->record_domain.len == 0)
		return;
	(void)printf("record: _dmarc." BYTES_FMT ", %s=%s, pct=%u\n",
	    BYTES_ARG(d->record_domain), d->policy_tag,
	    dmarc_policy_name(d->policy), d->record.pct);
	(void)printf("disposition: %s%s\n", dmarc_policy_name(d->disposition),
	    d->sampled_out ? ", by pct" : "");
}

static int
print_check(const struct verify_result *r)
{
	const struct dmarc_result *d = r->dmarc;

	(void)printf("%s\nreason: %s\n", dmarc_code_name(d->code), d->reason);
	print_policy(d);
	(void)printf("alignment: %s\n", dmarc_alignment_name(d->alignment));
	if (d->arc_sealer.len > 0)
		(void)printf("overridden by: " BYTES_FMT "\n",
		    BYTES_ARG(d->arc_sealer));
	(void)printf("Authentication-Results: " BYTES_FMT "\n",
	    BYTES_ARG(r->authentication_results));
	return command_flush();
}

static int
json_check(const struct verify_result *r)
{
	const struct dmarc_result *d = r->dmarc;

	return output_json(json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:s?, "
	    "s:s, s:s, s:b, s:b, s:b, s:o, s:o}",
	    "result", dmarc_code_name(d->code), "reason", d->reason,
	    "alignment", dmarc_alignment_name(d->alignment),
	    "domain", output_bytes(d->domain),
	    "organization", output_bytes(d->org_domain),
	    "record", output_bytes(d->record_domain), "tag", d->policy_tag,
	    "policy", dmarc_policy_name(d->policy),
	    "disposition", dmarc_policy_name(d->disposition),
	    "dkim-aligned", (int)d->dkim_aligned,
	    "spf-aligned", (int)d->spf_aligned,
	    "sampled-out", (int)d->sampled_out,
	    "arc-sealer", output_bytes(d->arc_sealer),
	    "authentication-results",
	    output_bytes(r->authentication_results)));
}

static int
check(struct command *c, struct dns *dns, const struct sender *s,
    struct bytes message)
{
	const struct verify_result *r;
	struct verify_site *site;
	struct err err = ERR_INIT;
	struct verify *v;
	int status;

	if (verify_site_new(&c->settings, dns, BYTES(""), &site, &err) == -1)
		return command_fail(&err);
	v = verify_new(site, &s->client, BYTES(""));
	verify_helo(v, bytes_of(s->helo));
	verify_mail(v, s->mail_from);
	feed(v, message);
	r = verify_end(v);
	status = c->json ? json_check(r) : print_check(r);
	verify_free(&v);
	verify_site_free(&site);
	return status;
}

int
cmd_dmarc_check(struct command *c, int argc, char **argv)
{
	struct sender s = { .helo = "" };
	const char *dns_data = NULL;
	const struct command_option options[] = {
		OPTION_VALUE("ip", &s.ip),
		OPTION_VALUE("from", &s.from),
		OPTION_VALUE("helo", &s.helo),
		OPTION_VALUE("dns-data", &dns_data),
		OPTION_END
	};
	struct bytes message;
	struct dns *dns;
	int status;

	if (!options_take(c, options, &argc, argv, &status))
		return status;
	if (s.ip == NULL)
		return command_usage(c, "--ip is missing");
	if (addr_parse(bytes_of(s.ip), &s.client) == -1)
		return command_usage(c, "--ip: '%s' is not an IP address",
		    s.ip);
	if (command_load(c) == -1)
		return COMMAND_FAILED;
	if ((status = message_file_read(c, argv[0], &message)) != COMMAND_OK)
		return status;
	s.mail_from = s.from == NULL ? return_path(message) :
	    options_address(bytes_of(s.from));
	if (resolver_open(c, dns_data, &dns, &status) == -1)
		return status;
	status = check(c, dns, &s, message);
	dns_free(&dns);
	return status;
}

/* ---- data ------------------------------------------------------------ */

int
cmd_dmarc_data(struct command *c, int argc, char **argv)
{
	const char *day = NULL;
	const struct command_option options[] = {
		OPTION_VALUE("day", &day),
		OPTION_END
	};
	char *args[1];
	int status;

	if (!options_take(c, options, &argc, argv, &status))
		return status;
	if (day == NULL)
		return request_command_run(c, 0, args);
	args[0] = arena_strdup(&c->arena, day);
	return request_command_run(c, 1, args);
}
