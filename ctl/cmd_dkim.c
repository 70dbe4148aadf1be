/*
 * cmd_dkim - postern dkim gen and list: create and list signing keys.
 *
 * The output, including the comments, can be copied into a zone file.
 */
#include <config.h>

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "command/options.h"
#include "command/output.h"
#include "ctl/cmd_dkim.h"
#include "ctl/commands.h"

const char *
dkim_owner(const struct command *c)
{
	const char *user = c->settings.milter_user;

	return geteuid() == 0 && getpwnam(user) != NULL ? user : NULL;
}

int
dkim_keys_of(struct command *c, const char *domain, struct dkim_keyset **set,
    int *status)
{
	struct err err = ERR_INIT;
	int rc;

	rc = dkim_keyset_read(c->settings.dkim_dir, bytes_of(domain), set,
	    &err);
	if (rc == -1)
		*status = command_fail(&err);
	else if (err.kind != ERR_NONE)
		(void)command_fail(&err);
	return rc;
}

void
dkim_print_record(const struct dkim_key *key, const char *domain)
{
	struct buf line = BUF_INIT;

	(void)printf("; %s: %s, %s, %u bits\n", domain,
	    dkim_state_name(key->state), dkim_algorithm_name(key->algorithm),
	    key->bits);
	dkim_key_zone_line(key, domain, &line);
	(void)fputs(buf_cstr(&line), stdout);
	buf_free(&line);
}

void
dkim_print_next(const char *domain)
{
	(void)printf("; once these records are in the DNS, run: postern dkim "
	    "rotate %s\n", domain);
}

/* ---- gen ------------------------------------------------------------- */

struct gen {
	const char *selector, *type;	/* selector NULL: named by the date */
	bool pending;
	time_t now;
};

static const struct {
	const char *type;
	enum dkim_algorithm kinds[2];
	size_t n;
} types[] = {
	{ "both", { DKIM_RSA_SHA256, DKIM_ED25519_SHA256 }, 2 },
	{ "rsa", { DKIM_RSA_SHA256 }, 1 },
	{ "ed25519", { DKIM_ED25519_SHA256 }, 1 },
};

static size_t
type_find(const char *type)
{
	size_t i = 0;

	while (i < sizeof(types) / sizeof(*types) &&
	    strcmp(types[i].type, type) != 0)
		i++;
	return i;
}

static int
gen_print(struct command *c, const char *domain, const char *selector)
{
	struct dkim_keyset *set;
	int status = COMMAND_OK;

	if (dkim_keys_of(c, domain, &set, &status) == -1)
		return status;
	for (size_t i = 0; set != NULL && i < set->n; i++)
		if (strcmp(set->keys[i].selector, selector) == 0)
			dkim_print_record(&set->keys[i], set->domain);
	dkim_keyset_free(&set);
	return status;
}

static int
gen_one(struct command *c, const struct gen *g, const char *domain,
    const char *base, enum dkim_algorithm kind)
{
	const char *selector = g->selector != NULL &&
	    strcmp(g->type, "both") != 0 ? g->selector :
	    dkim_selector_name(&c->arena, base, kind);
	struct dkim_key_place place = { c->settings.dkim_dir, domain,
	    selector, dkim_owner(c) };
	struct err err = ERR_INIT;

	if (dkim_key_create(&place, kind, g->pending ? DKIM_PENDING :
	    DKIM_ACTIVE, g->now, &err) == -1)
		return command_fail(&err);
	return gen_print(c, domain, selector);
}

static size_t
count_active(const struct dkim_keyset *set)
{
	size_t n = 0;

	for (size_t i = 0; set != NULL && i < set->n; i++)
		n += set->keys[i].state == DKIM_ACTIVE;
	return n;
}

/* Prints what the user may not expect, as comments of the zone file. */
static void
gen_remark(const struct gen *g, const char *domain, size_t active)
{
	if (g->pending)
		dkim_print_next(domain);
	else if (active > 0)
		(void)printf("; %zu older key%s of %s sign%s too; to replace "
		    "keys, run: postern dkim rotate %s\n", active,
		    active == 1 ? "" : "s", domain, active == 1 ? "s" : "",
		    domain);
}

static int
gen_domain(struct command *c, const struct gen *g, const char *domain)
{
	size_t type = type_find(g->type), active;
	struct dkim_keyset *set;
	const char *base;
	int status = COMMAND_OK;

	if (dkim_keys_of(c, domain, &set, &status) == -1)
		return status;
	base = g->selector != NULL ? g->selector :
	    dkim_selector_choose(&c->arena, set, g->now);
	active = count_active(set);
	dkim_keyset_free(&set);
	for (size_t i = 0; i < types[type].n && status == COMMAND_OK; i++)
		status = gen_one(c, g, domain, base, types[type].kinds[i]);
	if (status == COMMAND_OK)
		gen_remark(g, domain, active);
	return status;
}

/*
 * Mail from cron and from the MTA itself has the host's name as its domain.  So
 * the host name gets keys together with its parent domain, into whose zone the
 * records go.
 */
static int
gen_host(struct command *c, const struct gen *g, const char *domain)
{
	const char *host = c->settings.hostname;
	size_t hn = strlen(host), dn = strlen(domain);
	struct dkim_keyset *set;
	int status = COMMAND_OK, rc;

	if (hn <= dn + 1 || host[hn - dn - 1] != '.' ||
	    !bytes_ieq_str(bytes_of(host + hn - dn), domain))
		return COMMAND_OK;
	if ((rc = dkim_keys_of(c, host, &set, &status)) != 0) {
		dkim_keyset_free(&set);
		return rc == -1 ? status : COMMAND_OK;
	}
	return gen_domain(c, g, host);
}

int
cmd_dkim_gen(struct command *c, int argc, char **argv)
{
	struct gen g = { .type = "both", .now = time(NULL) };
	const struct command_option options[] = {
		OPTION_VALUE("selector", &g.selector),
		OPTION_VALUE("type", &g.type),
		OPTION_FLAG("pending", &g.pending),
		OPTION_END
	};
	int status;

	if (!options_take(c, options, &argc, argv, &status))
		return status;
	if (type_find(g.type) == sizeof(types) / sizeof(*types))
		return command_usage(c, "--type: expected rsa, ed25519 or "
		    "both, found '%s'", g.type);
	if (command_load(c) == -1)
		return COMMAND_FAILED;
	status = gen_domain(c, &g, argc == 1 ? argv[0] :
	    c->settings.hostname);
	if (status == COMMAND_OK && argc == 1)
		status = gen_host(c, &g, argv[0]);
	return status == COMMAND_OK ? command_flush() : status;
}

/* ---- list ------------------------------------------------------------ */

static int
list_domain(struct command *c, const char *domain, json_t *array)
{
	struct dkim_keyset *set;
	int status = COMMAND_OK;

	if (dkim_keys_of(c, domain, &set, &status) == -1)
		return status;
	for (size_t i = 0; set != NULL && i < set->n; i++) {
		const struct dkim_key *k = &set->keys[i];
		struct buf record = BUF_INIT;

		dkim_key_record(k, &record);
		(void)json_array_append_new(array, json_pack(
		    "{s:s, s:s, s:s, s:s, s:i, s:I, s:I, s:s}",
		    "domain", set->domain, "selector", k->selector,
		    "state", dkim_state_name(k->state),
		    "algorithm", dkim_algorithm_name(k->algorithm),
		    "bits", (int)k->bits, "created", (json_int_t)k->created,
		    "changed", (json_int_t)k->changed,
		    "record", buf_cstr(&record)));
		buf_free(&record);
	}
	dkim_keyset_free(&set);
	return status;
}

int
cmd_dkim_list(struct command *c, int argc, char **argv)
{
	static const struct output_column columns[] = {
		{ "domain", "Domain", OUTPUT_TEXT },
		{ "selector", "Selector", OUTPUT_TEXT },
		{ "state", "State", OUTPUT_TEXT },
		{ "algorithm", "Algorithm", OUTPUT_TEXT },
		{ "bits", "Bits", OUTPUT_NUMBER },
		{ "created", "Created", OUTPUT_TIME },
		{ "changed", "Changed", OUTPUT_TIME },
		{ NULL, NULL, OUTPUT_TEXT }
	};
	const char *one[2] = { NULL, NULL }, **domains = one;
	struct err err = ERR_INIT;
	int status = COMMAND_OK;
	json_t *array;

	if (command_load(c) == -1)
		return COMMAND_FAILED;
	if (argc == 1)
		one[0] = argv[0];
	else if (dkim_keys_domains(c->settings.dkim_dir, &c->arena, &domains,
	    &err) == -1)
		return command_fail(&err);
	array = json_array();
	for (; *domains != NULL && status == COMMAND_OK; domains++)
		status = list_domain(c, *domains, array);
	if (status == COMMAND_OK)
		return output_table(c, array, columns);
	json_decref(array);
	return status;
}
