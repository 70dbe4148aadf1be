/*
 * segment_fixture - large messages, and the files that keep them
 *
 * For the tests of segments, on top of store_fixture.h.  Any failure ends the
 * test.
 */
#ifndef T_UNIT_SEGMENT_FIXTURE_H
#define T_UNIT_SEGMENT_FIXTURE_H

#include "segment/segment_file.h"
#include "store/incoming.h"
#include "store/stored_message.h"
#include "store_fixture.h"

#define KB		1024u
#define ACCOUNTS	50

/* ---- messages ---- */

/* Makes a message of that size; each line holds its own number. */
void large_text(struct buf *out, unsigned serial, size_t size);
/* Writes the text in pieces of changing sizes, as from a network. */
struct incoming *large_fill(struct fixture *f, struct bytes text,
    size_t piece);
/* Delivers to the account's INBOX and returns the UID. */
uint32_t large_deliver(struct fixture *f, uint64_t account,
    struct incoming *in, struct bytes prefix, struct bytes text);
/* Adds a message that differs from all others to the fixture's account. */
uint32_t large_add(struct fixture *f, unsigned serial, size_t size);
struct message large_message(struct fixture *f, uint64_t account,
    uint32_t uid);
/* Fails the test unless the message is prefix and text, in every way of reading
   it. */
void large_check_account(struct fixture *f, uint64_t account, uint32_t uid,
    struct bytes prefix, struct bytes text);
/* Fails the test unless the message is what large_add() made. */
void large_check(struct fixture *f, uint32_t uid, unsigned serial,
    size_t size);
/* Expunges the messages and purges them. */
void large_expunge(struct fixture *f, uint64_t account, const char *uids);

/* Makes accounts with the logins u0, u1, ... */
void accounts_make(struct fixture *f, uint64_t id[ACCOUNTS]);
/* The text that precedes the message of the i-th account. */
struct bytes prefix_of(unsigned i, char room[100]);

/* ---- files ---- */

struct file_sum {
	unsigned n;
	uint64_t bytes;
};

struct file_sum segment_files(struct fixture *f);
void segment_file_path(struct fixture *f, const char *name, char path[400]);

#endif
