/*
 * limits - how much a client and its networks may ask of this host
 *
 * New connections, open connections, unknown recipients, each for three
 * networks (net/window.h).  In memory only.
 *
 * A connection over a limit is not counted beside those that were let in, but
 * among the refused: as many of them as the limit again are refused in words,
 * which takes a process of the MTA until the client has read them.  Further
 * ones are refused at once.
 */
#ifndef MILTER_LIMITS_H
#define MILTER_LIMITS_H

#include "config/settings.h"
#include "net/addr.h"
#include "milter/refusal.h"

struct limits;

struct limits *limits_new(const struct settings *s);
/* Nobody may be counting. */
void limits_free(struct limits **l);

/* What a connection is counted as. */
enum limits_lease {
	LIMITS_NOT_COUNTED,
	LIMITS_OPEN,
	LIMITS_REFUSED
};

enum limits_answer {
	LIMITS_OK,
	LIMITS_REFUSE,		/* in words: *why */
	LIMITS_REFUSE_NOW	/* at twice the limit: *why too */
};

/* The client, the time, and the settings in force. */
struct limits_client {
	const struct settings *settings;
	const struct addr *addr;
	uint64_t now_ms;		/* clock_mono_ms() */
	struct arena *arena;		/* for the strings of a refusal */
};

/*
 * Counts a new connection of a client that is not exempt.  *lease goes to
 * limits_close() when the connection ends.
 */
enum limits_answer limits_connect(struct limits *l,
    const struct limits_client *c, enum limits_lease *lease,
    struct refusal *why);
void limits_close(struct limits *l, const struct addr *client,
    enum limits_lease lease);

/*
 * The client has named n unknown recipients (0: has it been too many
 * already?).  False: more than it may, and why.
 */
bool limits_unknown(struct limits *l, const struct limits_client *c,
    uint32_t n, struct refusal *why);

#endif
