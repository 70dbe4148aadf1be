/*
 * store_fate - writers whose deeds are noted, and whether a store agrees
 *
 * A writer begins deeds and is told when they are done (committed).  Of what
 * was done everything must be in the store, of what was only begun it may.
 * Each writer has an account of its own and writes to its INBOX.
 */
#ifndef T_UNIT_STORE_FATE_H
#define T_UNIT_STORE_FATE_H

#include "store/store.h"

#define WRITERS		4
#define UIDS_MAX	100000		/* of one account */
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

/* Who hears the notes of the writers here. */
extern void (*fate_tell)(const struct note *n);

struct writer {
	struct store *s;
	uint32_t number;
	uint32_t serial;	/* of its first message */
	uint32_t count;		/* of messages */
};

/* Delivers, flags, expunges; arg is a struct writer.  What fails for want of
   space is passed over. */
void *fate_write(void *arg);
/* One message; its UID, or 0. */
uint32_t fate_deliver(struct store *s, uint32_t writer, uint32_t serial);

/* Remembers a note. */
void fate_note(const struct note *n);
void fate_forget(void);
/* All notes so far, to come back to; own until restored. */
void *fate_save(void);
void fate_restore(void *saved);
/* Reads every message that was delivered; what cannot be read is passed over.
   NULL, or what came back wrong. */
const char *fate_read(struct store *s);
/* Checks the closed store in the folder against all notes so far.  Returns
   NULL, or what is wrong in static memory. */
const char *fate_check(const char *folder);

#endif
