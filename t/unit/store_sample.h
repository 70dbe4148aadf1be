/*
 * store_sample - a store with something of everything, closed and open
 *
 * The folder goes away with sample_remove().  Everything that fails ends
 * the test.
 */
#ifndef T_UNIT_STORE_SAMPLE_H
#define T_UNIT_STORE_SAMPLE_H

#include "store/store.h"

/* Makes a folder; returns its name in static memory. */
const char *sample_folder(void);
/* The folder with everything in it. */
void sample_remove(const char *folder);

/* Small and fast settings for the store in folder. */
struct store_config sample_config(const char *folder);
struct store *sample_open(const char *folder);

/* Delivers a message of about `size' bytes with that Message-ID. */
void sample_deliver(struct store *s, uint64_t account, const char *mailbox,
    const char *message_id, size_t size);

/*
 * An account "you@localhost" with mail of all kinds: several mailboxes, flags
 * and keywords, a body over 1 MB, copies, expunged messages, a credential,
 * an address, an alias, a domain.
 */
uint64_t sample_fill(struct store *s);

/* Checks the store, which must be closed: prints each fault. */
int64_t sample_verify(const char *folder);

#endif
