/*
 * store_sample - a store that has at least one record of every kind
 *
 * sample_remove() removes the folder.  Any failure ends the test.
 */
#ifndef T_UNIT_STORE_SAMPLE_H
#define T_UNIT_STORE_SAMPLE_H

#include "store/store.h"

/* Makes a folder and returns its name in static memory. */
const char *sample_folder(void);
/* Removes the folder and everything in it. */
void sample_remove(const char *folder);

/* Settings that keep the store in the folder small and fast. */
struct store_config sample_config(const char *folder);
struct store *sample_open(const char *folder);

/* Delivers a message of about `size' bytes with that Message-ID. */
void sample_deliver(struct store *s, uint64_t account, const char *mailbox,
    const char *message_id, size_t size);

/*
 * Makes an account "you@localhost" with mail of all kinds: several mailboxes,
 * flags and keywords, a body over 1 MB, copies, expunged messages, a
 * credential, an address, an alias, a domain.  Returns its id.
 */
uint64_t sample_fill(struct store *s);

/* Checks the closed store and prints each fault.  Returns their number. */
int64_t sample_verify(const char *folder);

#endif
