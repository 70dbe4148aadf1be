/*
 * segment_fixture - large messages, and the files and rows they are kept in
 *
 * For the tests of segments, on top of store_fixture.h.  All that fails ends
 * the test.
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

/* A message of that size whose every line tells its number. */
void large_text(struct buf *out, unsigned serial, size_t size);
/* Pieces of changing sizes, as they come from a network. */
struct incoming *large_fill(struct fixture *f, struct bytes text,
    size_t piece);
/* Its UID in the account's INBOX. */
uint32_t large_deliver(struct fixture *f, uint64_t account,
    struct incoming *in, struct bytes prefix, struct bytes text);
/* A message of its own for the fixture's account. */
uint32_t large_add(struct fixture *f, unsigned serial, size_t size);
struct message large_message(struct fixture *f, uint64_t account,
    uint32_t uid);
/* Is the message prefix and text, however it is read? */
void large_check_account(struct fixture *f, uint64_t account, uint32_t uid,
    struct bytes prefix, struct bytes text);
/* Is it what large_add() made? */
void large_check(struct fixture *f, uint32_t uid, unsigned serial,
    size_t size);
/* And purges. */
void large_expunge(struct fixture *f, uint64_t account, const char *uids);

/* Logins u0, u1... */
void accounts_make(struct fixture *f, uint64_t id[ACCOUNTS]);
/* What stands before the text that the i-th of them gets. */
struct bytes prefix_of(unsigned i, char room[100]);

/* ---- files and rows ---- */

struct file_sum {
	unsigned n;
	uint64_t bytes;
};

struct file_sum segment_files(struct fixture *f);
void segment_file_path(struct fixture *f, const char *name, char path[400]);
/* Rows of a table. */
unsigned rows_count(struct fixture *f, enum table t);

#endif
