/*
 * store_fixture - a store in a scratch folder, for unit tests
 */
#ifndef UNIT_STORE_FIXTURE_H
#define UNIT_STORE_FIXTURE_H

#include "directory/account.h"
#include "store/store.h"
#include "store/stored_message.h"

struct fixture {
	struct store_config config;
	struct store *s;
	struct arena a;
	char dir[64];
	uint64_t account;	/* "one" */
	unsigned serial;	/* number of messages made */
};

/* Makes a store with the account "one".  change (may be NULL) edits the
   configuration. */
struct fixture *fixture_new(void (*change)(struct store_config *config));
/* Checks the store, and fails the test if anything is wrong. */
void fixture_free(struct fixture **f);

/* A row of cmocka's table: the test finds such a store in *state. */
#define FIXTURE_TEST(fn)						\
	cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Closes and opens it again, as after an orderly stop. */
void fixture_reopen(struct fixture *f);
/* The same, and checks the store while it is closed. */
void fixture_check(struct fixture *f);

/* Appends a small message to the mailbox and returns its UID. */
uint32_t fixture_append(struct fixture *f, const char *mailbox,
    uint32_t system_flags);
/* The same with the given text and keywords (ended by NULL). */
uint32_t fixture_append_text(struct fixture *f, const char *mailbox,
    const char *text, uint32_t system_flags, const char *const *keywords);

/* The mailbox's row; fails the test if there is none. */
struct mailbox fixture_mailbox(struct fixture *f, const char *name);
bool fixture_has_mailbox(struct fixture *f, const char *name);
/* UIDs of the messages in the mailbox, "1:3,7"; in the arena. */
const char *fixture_uids(struct fixture *f, const char *mailbox);
/*
 * A message's flags, "\Seen $Label", sorted by index; "-" if it does not exist.
 */
const char *fixture_flags(struct fixture *f, const char *mailbox,
    uint32_t uid);
struct account fixture_account(struct fixture *f);

/* How many rows the table has. */
unsigned fixture_rows(struct fixture *f, enum table t);

/* Parses "1:3,7" into the arena. */
struct number_set fixture_set(struct fixture *f, const char *text);
/* A set as text, in the arena. */
const char *fixture_set_text(struct fixture *f, const struct number_set *set);

/* Fails the test if the call does, and prints its error. */
#define must(call) must_(call, &err, #call, __FILE__, __LINE__)
void must_(int rc, const struct err *err, const char *call, const char *file,
    int line);

#endif
