/*
 * correspondent - the addresses that an account has sent mail to
 *
 * One record for each address, however many messages: from accepted
 * submissions (submission.h), and from the fields To, Cc and Bcc of messages
 * in mailboxes with the special use \Sent (sent.h), however old.  An address
 * without a record is one that the account has never sent anything to.
 *
 * Canonical form: localpart in lower case and NFC, "@", domain in A-labels.  If
 * it is not a valid address: its text in lower case, cut to
 * CORRESPONDENT_ADDRESS_MAX.
 */
#ifndef EVIDENCE_CORRESPONDENT_H
#define EVIDENCE_CORRESPONDENT_H

#include "commit/database.h"

#define CORRESPONDENT_ADDRESS_MAX	600

struct correspondent {
	int64_t first, last;		/* seconds since the epoch */
	uint64_t submitted;		/* times in accepted submissions */
	uint64_t sent;			/* messages in mailboxes of sent mail */
};

/* An address of a list, in canonical form, and how often it occurs. */
struct correspondent_name {
	struct bytes address;		/* in the arena */
	uint64_t count;
};

/* Returns the canonical form, in the arena. */
struct bytes correspondent_canonical(struct arena *a, struct bytes address);

/* Sorts canonical addresses and merges equal ones; returns how many are
   left. */
size_t correspondent_names_merge(struct correspondent_name *names, size_t n);

/* The address is canonical.  Returns 1 if found, 0 if not, -1 on error. */
int correspondent_get(const struct reader *r, uint64_t account,
    struct bytes address, struct correspondent *out, struct err *err);

/* Calls fn in order of address, starting at `from' (canonical; empty: at the
   first). */
int correspondent_each(const struct reader *r, uint64_t account,
    struct bytes from,
    int (*fn)(void *arg, struct bytes address, const struct correspondent *k,
	struct err *err),
    void *arg, struct err *err);

/*
 * Imports what another store knew: times are only widened and counts only
 * raised.  The address may be in any form.
 */
int correspondent_import(struct database *db, uint64_t account,
    struct bytes address, const struct correspondent *k, struct err *err);

/* ---- within an operation ---- */

/* Adds to a record, which is created if there is none. */
int correspondent_add(struct batch *b, uint64_t account, struct bytes address,
    const struct correspondent *more, struct err *err);

/* ---- the row ---- */

/*
 * T_RECIPIENT (a, canonical address): u8 version, u64 first, u64 last,
 * u64 submitted, u64 sent.
 */
int correspondent_row_decode(struct bytes value, struct correspondent *out,
    struct err *err);
void correspondent_row_encode(const struct correspondent *k, struct buf *out);

#endif
