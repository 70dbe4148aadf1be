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
#include "milter/answer.h"

struct limits;

struct limits *limits_new(const struct settings *s);
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

/*
 * A client that is not exempt.  now_ms: clock_mono_ms().  *lease goes to
 * limits_close() when the connection ends.  Strings of why are in a.
 */
enum limits_answer limits_connect(struct limits *l, const struct settings *s,
    const struct addr *client, uint64_t now_ms, struct arena *a,
    enum limits_lease *lease, struct refusal *why);
void limits_close(struct limits *l, const struct addr *client,
    enum limits_lease lease);

/*
 * The client has named n unknown recipients (0: has it been too many
 * already?).  False: more than it may, and why.
 */
bool limits_unknown(struct limits *l, const struct settings *s,
    const struct addr *client, uint32_t n, uint64_t now_ms, struct arena *a,
    struct refusal *why);

#endif
