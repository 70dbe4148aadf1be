/* recipient - looks up addresses and decides whether mail may be delivered. */
#include <config.h>

#include <string.h>

#include "base/clock.h"
#include "config/units.h"
#include "mail/address.h"
#include "directory/account.h"
#include "directory/address_map.h"
#include "directory/domain.h"
#include "evidence/arrivals.h"
#include "store/quota.h"
#include "imapd/recipient.h"

int
recipient_resolve(const struct imapd *d, const struct reader *r,
    struct bytes address, struct arena *a, struct address *out,
    struct err *err)
{
	struct address_site site = d->site;

	/* These two may change on SIGHUP. */
	site.postmaster = imapd_settings(d)->postmaster_account;
	site.catch_all = imapd_settings(d)->catch_all_address;
	return address_resolve(r, &site, address, a, out, err);
}

int
recipient_is_ours(const struct reader *r, struct bytes address,
    struct arena *a, struct err *err)
{
	struct bytes domain = address;
	struct domain d;
	ptrdiff_t at;
	char *text;
	int rc;

	while ((at = bytes_index(domain, '@')) >= 0)
		domain = bytes_from(domain, (size_t)at + 1);
	if (address_domain_parse(a, domain, &domain, err) == -1 ||
	    (text = bytes_cstr(a, domain)) == NULL) {
		err_clear(err);
		return 0;
	}
	rc = domain_get(r, text, &d, err);
	return rc == 1 && d.disabled ? 0 : rc;
}

const char *
recipient_status_name(enum recipient_status status)
{
	static const char *const names[] = {
		"known", "unknown", "disabled", "over-quota", "over-rate"
	};

	return names[status];
}

static bool
is_in_networks(const struct settings_list *list, const struct addr *a)
{
	struct err ignored = ERR_INIT;
	struct cidr net;

	for (size_t i = 0; i < list->n; i++)
		if (cidr_parse(bytes_of(list->v[i]), &net, &ignored) == 0 &&
		    cidr_has(&net, a))
			return true;
	return false;
}

bool
recipient_client(const struct imapd *d, struct bytes ip,
    struct bytes auth_user, struct addr *out)
{
	const struct settings *s = imapd_settings(d);

	if (auth_user.len > 0 || addr_parse(ip, out) == -1)
		return false;
	return !is_in_networks(&s->own_networks, out) &&
	    !is_in_networks(&s->exempt_clients, out);
}

/* ---- limits ---- */

static void
limits_take(const struct settings *s, struct arrivals_limits *limits)
{
	const struct {
		const struct settings_limits *from;
		uint64_t *to;
	} rows[] = {
		{ &s->delivery_messages_per_minute,
		    limits->messages[ARRIVALS_MINUTE] },
		{ &s->delivery_messages_per_day,
		    limits->messages[ARRIVALS_DAY] },
		{ &s->delivery_bytes_per_minute,
		    limits->bytes[ARRIVALS_MINUTE] },
		{ &s->delivery_bytes_per_day, limits->bytes[ARRIVALS_DAY] }
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (int level = 0; level < WINDOW_LEVELS; level++)
			rows[i].to[level] = rows[i].from->v[level];
}

/* Describes the limit, for the client and for the log. */
static void
rate_explain(const struct arrivals_question *q, struct recipient_check *check)
{
	static const char *const settings[2][ARRIVALS_WINDOWS] = {
		{ "delivery-messages-per-minute",
		    "delivery-messages-per-day" },
		{ "delivery-bytes-per-minute", "delivery-bytes-per-day" }
	};
	struct cidr net = window_network(q->client, q->level);
	char text[ADDR_TEXT_MAX], bits[8] = "";
	struct buf limit = BUF_INIT;

	if (q->level > 0 || q->client->family == ADDR_IPV6)
		(void)snprintf(bits, sizeof(bits), "/%u", net.bits);
	units_format(q->is_bytes ? UNITS_SIZE : UNITS_NONE, q->limit, &limit);
	(void)snprintf(check->reply.text, sizeof(check->reply.text),
	    "this mailbox takes at most %s %s from %s%s in %s, try again "
	    "later", buf_cstr(&limit), q->is_bytes ? "bytes" : "messages",
	    addr_print(&net.base, text), bits,
	    q->window == ARRIVALS_MINUTE ? "60 seconds" : "24 hours");
	buf_free(&limit);
	check->setting = settings[q->is_bytes][q->window];
}

/* Returns 0 if within the limits, 1 if not (check says why), -1 on error. */
static int
rate_check(const struct imapd *d, uint64_t account,
    struct recipient_check *check, struct err *err)
{
	struct arrivals_limits limits;
	struct arrivals_question q = {
		.account = account,
		.client = check->client,
		.size = check->size,
		.token = check->token,
		.now = (int64_t)(clock_wall_ms() / 1000),
		.limits = &limits
	};
	int rc;

	if (check->client == NULL)
		return 0;
	limits_take(imapd_settings(d), &limits);
	rc = arrivals_ask(d->store->arrivals, &q, err);
	if (rc == 1)
		rate_explain(&q, check);
	return rc;
}

/* ---- status ---- */

static void
status_set(struct recipient_check *check, enum recipient_status status)
{
	static const struct smtp_error replies[] = {
		[RECIPIENT_KNOWN] = { 250, "2.1.5", "ok" },
		[RECIPIENT_UNKNOWN] = { 550, "5.1.1",
		    "there is no such mailbox here" },
		[RECIPIENT_DISABLED] = { 550, "5.2.1",
		    "the mailbox is disabled" },
		[RECIPIENT_OVER_QUOTA] = { 452, "4.2.2",
		    "the mailbox is full" },
		/* rate_explain() has written the text. */
		[RECIPIENT_OVER_RATE] = { 452, "4.2.2", "" },
	};

	check->status = status;
	check->reply.code = replies[status].code;
	memcpy(check->reply.enhanced, replies[status].enhanced,
	    sizeof(check->reply.enhanced));
	if (status == RECIPIENT_OVER_RATE)
		return;
	check->setting = NULL;
	memcpy(check->reply.text, replies[status].text,
	    sizeof(check->reply.text));
}

void
recipient_nobody(struct recipient_check *check)
{
	status_set(check, RECIPIENT_UNKNOWN);
}

static bool
is_full(const struct imapd *d, const struct account *acc, uint64_t size)
{
	uint64_t bytes_max, messages_max;

	account_quota(d->store, acc, &bytes_max, &messages_max);
	return acc->used_bytes >= bytes_max ||
	    size > bytes_max - acc->used_bytes ||
	    acc->used_messages >= messages_max;
}

static int
account_status(const struct imapd *d, const struct reader *r, uint64_t id,
    struct recipient_check *check, struct err *err)
{
	struct account acc;
	int rc;

	if ((rc = account_get(r, id, &acc, err)) == -1)
		return -1;
	if (rc == 0)
		status_set(check, RECIPIENT_UNKNOWN);
	else if (acc.disabled)
		status_set(check, RECIPIENT_DISABLED);
	else if (is_full(d, &acc, check->size))
		status_set(check, RECIPIENT_OVER_QUOTA);
	else if ((rc = rate_check(d, id, check, err)) == -1)
		return -1;
	else
		status_set(check, rc == 1 ? RECIPIENT_OVER_RATE :
		    RECIPIENT_KNOWN);
	return 0;
}

int
recipient_status(const struct imapd *d, const struct reader *r,
    const struct address *addr, struct recipient_check *check,
    struct err *err)
{
	struct recipient_check best = *check;
	bool is_known = false;

	if (addr->kind == ADDRESS_ACCOUNT)
		return account_status(d, r, addr->account, check, err);
	status_set(&best, RECIPIENT_UNKNOWN);
	for (size_t i = 0; i < addr->nmembers; i++) {
		if (account_status(d, r, addr->members[i], check, err) == -1)
			return -1;
		is_known |= check->status == RECIPIENT_KNOWN;
		/* Count it for every member that accepts it. */
		if (is_known && check->token == NULL)
			break;
		/*
		 * A member over quota may have space later: tell the MTA to try
		 * again.
		 */
		if (check->status > best.status)
			best = *check;
	}
	*check = best;
	if (is_known)
		status_set(check, RECIPIENT_KNOWN);
	return 0;
}
