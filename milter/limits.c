/*
 * limits - counts connections and unknown recipients, and makes the refusals
 * when there are too many.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>

#include "config/units.h"
#include "net/window.h"
#include "milter/limits.h"

/* Maximum number of sessions, and so of open connections. */
#define SESSIONS_MAX	100000

struct limits {
	struct window *rate, *rate_refused;
	struct window *open, *open_refused;
	struct window *unknown;
};

struct limits *
limits_new(const struct settings *s)
{
	struct limits *l = calloc(1, sizeof(*l));
	uint64_t max = s->window_addresses_max;

	if (l == NULL)
		fatal("out of memory");
	l->rate = window_new(s->connection_rate_window_ms, max);
	l->rate_refused = window_new(s->connection_rate_window_ms, max);
	l->open = window_new(0, SESSIONS_MAX);
	l->open_refused = window_new(0, SESSIONS_MAX);
	l->unknown = window_new(s->unknown_recipients_window_ms, max);
	return l;
}

void
limits_free(struct limits **lp)
{
	struct limits *l = *lp;

	if (l == NULL)
		return;
	*lp = NULL;
	window_free(&l->rate);
	window_free(&l->rate_refused);
	window_free(&l->open);
	window_free(&l->open_refused);
	window_free(&l->unknown);
	free(l);
}

/* Returns "1 minute", "2 hours" for a duration. */
static const char *
duration_words(struct arena *a, uint64_t ms)
{
	static const struct {
		uint64_t ms;
		const char *name;
	} units[] = {
		{ 86400000, "day" }, { 3600000, "hour" }, { 60000, "minute" },
		{ 1000, "second" }, { 1, "millisecond" }
	};
	size_t i = 0;
	uint64_t n;

	while (ms % units[i].ms != 0)
		i++;
	n = ms / units[i].ms;
	return arena_printf(a, "%" PRIu64 " %s%s", n, units[i].name,
	    n == 1 ? "" : "s");
}

/* Returns "address 192.0.2.1" or "network 192.0.2.0/26" for the level. */
static const char *
whose(struct arena *a, const struct addr *client, int level)
{
	struct cidr net = window_network(client, (unsigned)level);
	char text[ADDR_TEXT_MAX];

	(void)addr_print(&net.base, text);
	if (level == 0 && client->family == ADDR_IPV4)
		return arena_printf(a, "address %s", text);
	return arena_printf(a, "network %s/%u", text, net.bits);
}

static void
refuse_client(struct refusal *why, const char *setting, const char *reason,
    const char *text)
{
	*why = (struct refusal){
		.code = "421", .enhanced = "4.7.0", .text = text,
		.setting = setting, .reason = reason
	};
}

static void
rate_refusal(const struct limits_client *c, int level, struct refusal *why)
{
	const struct settings *s = c->settings;

	refuse_client(why, "connection-rate-limit", "connection-rate",
	    arena_printf(c->arena, "more than %" PRIu64 " connections in %s "
	    "from your %s, try again later",
	    s->connection_rate_limit.v[level],
	    duration_words(c->arena, s->connection_rate_window_ms),
	    whose(c->arena, c->addr, level)));
}

static void
open_refusal(const struct limits_client *c, int level, struct refusal *why)
{
	refuse_client(why, "open-connections-limit", "open-connections",
	    arena_printf(c->arena, "more than %" PRIu64 " simultaneous "
	    "connections from your %s, try again later",
	    c->settings->open_connections_limit.v[level],
	    whose(c->arena, c->addr, level)));
}

enum limits_answer
limits_connect(struct limits *l, const struct limits_client *c,
    enum limits_lease *lease, struct refusal *why)
{
	const uint64_t *rate = c->settings->connection_rate_limit.v;
	const uint64_t *open = c->settings->open_connections_limit.v;
	bool at_once = false;
	int level;

	*lease = LIMITS_OPEN;
	/* Open connections first, because that count can be taken back. */
	if ((level = window_add(l->open, c->addr, 1, open, c->now_ms)) >= 0) {
		open_refusal(c, level, why);
	} else if ((level = window_add(l->rate, c->addr, 1, rate,
	    c->now_ms)) >= 0) {
		window_remove(l->open, c->addr, 1);
		rate_refusal(c, level, why);
		at_once = window_add(l->rate_refused, c->addr, 1, rate,
		    c->now_ms) >= 0;
	} else {
		return LIMITS_OK;
	}
	*lease = LIMITS_REFUSED;
	if (at_once || window_add(l->open_refused, c->addr, 1, open,
	    c->now_ms) >= 0) {
		*lease = LIMITS_NOT_COUNTED;
		return LIMITS_REFUSE_NOW;
	}
	return LIMITS_REFUSE;
}

void
limits_close(struct limits *l, const struct addr *client,
    enum limits_lease lease)
{
	if (lease != LIMITS_NOT_COUNTED)
		window_remove(lease == LIMITS_OPEN ? l->open :
		    l->open_refused, client, 1);
}

bool
limits_unknown(struct limits *l, const struct limits_client *c, uint32_t n,
    struct refusal *why)
{
	const uint64_t *max = c->settings->unknown_recipients_limit.v;
	int level = -1;

	/* Count as many as fit, so that a client over the limit stays so. */
	for (uint32_t i = 0; i < n && level < 0; i++)
		level = window_add(l->unknown, c->addr, 1, max, c->now_ms);
	if (n == 0)
		level = window_full(l->unknown, c->addr, 1, max, c->now_ms);
	if (level < 0)
		return true;
	refuse_client(why, "unknown-recipients-limit", "unknown-recipients",
	    arena_printf(c->arena, "more than %" PRIu64 " unknown recipients "
	    "in %s from your %s, try again later", max[level],
	    duration_words(c->arena, c->settings->unknown_recipients_window_ms),
	    whose(c->arena, c->addr, level)));
	why->slows = true;
	return false;
}
