/*
 * limits - limits for a client and its networks
 *
 * Limits new connections, open connections and unknown recipients, each for
 * three networks (net/window.h).  The counts are in memory only.
 *
 * A connection over a limit is counted as refused, not as accepted.  Up to the
 * same limit, refused connections get a reply with an explanation, which
 * occupies a process of the MTA until the client has read it.  Further ones are
 * refused at connect.
 */
#ifndef MILTER_LIMITS_H
#define MILTER_LIMITS_H

#include "config/settings.h"
#include "net/addr.h"
#include "milter/refusal.h"

struct limits;

struct limits *limits_new(const struct settings *s);
/* No other thread may be using l. */
void limits_free(struct limits **l);

/* What a connection is counted as. */
enum limits_lease {
	LIMITS_NOT_COUNTED,
	LIMITS_OPEN,
	LIMITS_REFUSED
};

enum limits_answer {
	LIMITS_OK,
	LIMITS_REFUSE,		/* at the first command, with *why */
	LIMITS_REFUSE_NOW	/* at connect: it is over twice the limit */
};

/* The client, the time, and the settings in force. */
struct limits_client {
	const struct settings *settings;
	const struct addr *addr;
	uint64_t now_ms;		/* clock_mono_ms() */
	struct arena *arena;		/* for the strings of a refusal */
};

/*
 * Counts a new connection of a client that is not exempt.  Unless it returns
 * LIMITS_OK, it fills *why.  The caller must pass *lease to limits_close() when
 * the connection ends.
 */
enum limits_answer limits_connect(struct limits *l,
    const struct limits_client *c, enum limits_lease *lease,
    struct refusal *why);
void limits_close(struct limits *l, const struct addr *client,
    enum limits_lease lease);

/*
 * Counts n unknown recipients that the client has named; 0 only checks the
 * count.  Returns false with *why if the client is over the limit.
 */
bool limits_unknown(struct limits *l, const struct limits_client *c,
    uint32_t n, struct refusal *why);

#endif
