/*
 * store_fate - writers whose work is noted, and checks of the store against it
 *
 * A writer sends a note when it begins an operation and another when the
 * operation is done (committed).  The store must hold everything that was done;
 * it may or may not hold what was only begun.  Each writer has its own account
 * and writes to its INBOX.
 */
#ifndef T_UNIT_STORE_FATE_H
#define T_UNIT_STORE_FATE_H

#include "store/store.h"

#define WRITERS		4
#define UIDS_MAX	100000		/* per account */
#define INBOX		1		/* the first mailbox of an account */

enum step { BEGUN, DONE };
enum deed { DELIVER, FLAG, EXPUNGE };

struct note {
	uint32_t writer, uid, serial;
	uint8_t step, deed;
};

extern uint64_t fate_accounts[WRITERS];

/* Makes the accounts. */
void fate_begin(struct store *s);
void fate_end(void);

/* Called with each note of the writers in this process. */
extern void (*fate_tell)(const struct note *n);

struct writer {
	struct store *s;
	uint32_t number;
	uint32_t serial;	/* number of its first message */
	uint32_t count;		/* how many messages */
};

/* Delivers, flags, expunges; arg is a struct writer.  Operations that fail for
   lack of space are skipped. */
void *fate_write(void *arg);
/* Delivers one message.  Returns its UID, or 0 on failure. */
uint32_t fate_deliver(struct store *s, uint32_t writer, uint32_t serial);

/* Remembers a note. */
void fate_note(const struct note *n);
void fate_forget(void);
/* Saves all notes so far; fate_restore() brings them back and frees them. */
void *fate_save(void);
void fate_restore(void *saved);
/* Reads every delivered message, skipping those that cannot be read.  Returns
   NULL, or a text that says which one differs. */
const char *fate_read(struct store *s);
/* Checks the closed store in the folder against all notes so far.  Returns
   NULL, or what is wrong (in static memory). */
const char *fate_check(const char *folder);

#endif
