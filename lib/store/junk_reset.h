/*
 * junk_reset - marks the mail of a whole account again
 *
 * For an account whose settings have changed: computes what each mailbox means
 * and marks its messages as if they had just come there (junk_flags.h).
 * Mailboxes that mean nothing are left alone.
 *
 *	if (junk_reset_begin(s, account, arena, &r, err) == -1)
 *		return -1;
 *	while ((rc = junk_reset_next(r, &step, err)) == 1)
 *		... tell how far it is ...
 *
 * Each step is an operation or two, of up to RESET_UIDS messages.  Nothing is
 * lost if it ends halfway: messages that have their mark do not change, so
 * the next run soon comes to where this one ended.  All memory is the
 * arena's.
 */
#ifndef STORE_JUNK_RESET_H
#define STORE_JUNK_RESET_H

#include "base/arena.h"
#include "directory/junk_meaning.h"
#include "store/store.h"

#define RESET_UIDS	16384

struct junk_reset;

struct junk_reset_step {
	const char *mailbox;
	enum junk_meaning meaning;
	uint64_t changed;		/* messages, in this step */
	uint64_t mailboxes_left;	/* with this one until it is done */
};

/* Returns 0, or -1: ERR_CODE_NOT_FOUND (no such account). */
int junk_reset_begin(struct store *s, uint64_t account, struct arena *a,
    struct junk_reset **out, struct err *err);
/* Returns 1 after a step, 0 if all is done, -1 on error. */
int junk_reset_next(struct junk_reset *r, struct junk_reset_step *step,
    struct err *err);

#endif
