/*
 * account_row - rows of accounts and their logins
 *
 * T_ACCOUNT (a): u8 version, u64 log_seq (the committer raises it in place),
 * u64 used bytes, u64 used messages, u32 next mailbox, u64 next body,
 * u32 next uidvalidity, u32 next credential, u64 next todo, u64 quota bytes,
 * u64 quota messages, u8 flags, u64 created, login, u64 recipients per day,
 * u64 first-time recipients per day, u32 changes of the junk flag settings,
 * u8 junk flags, u8 which expressions are its own (bit n: enum
 * junk_expression), then these in order.  Version 1 ended after login,
 * version 2 after first-time recipients per day.
 *
 * T_LOGIN (login): u8 version, u64 account, u32 which of its logins: 0, as
 * there is one (credential.h).  Version 1 ended after account.
 *
 * Strings are u16 length and bytes; all numbers are big-endian.
 */
#ifndef DIRECTORY_ACCOUNT_ROW_H
#define DIRECTORY_ACCOUNT_ROW_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/expression.h"

#define LOGIN_MAX	255	/* bytes in a login name */
#define QUOTA_NONE	UINT64_MAX

/* Setting junk-flags of an account. */
enum junk_flags { JUNK_FLAGS_DEFAULT, JUNK_FLAGS_NO, JUNK_FLAGS_YES };

enum junk_expression {
	JUNK_EXPRESSION_JUNK,
	JUNK_EXPRESSION_NEUTRAL,
	JUNK_EXPRESSION_NOTJUNK
};
#define JUNK_EXPRESSIONS	3

/* How an account's mail is marked (junk_meaning.h); else as the site says. */
struct account_junk {
	uint32_t changes;		/* how often these were changed */
	enum junk_flags on;
	bool is_own[JUNK_EXPRESSIONS];
	char expression[JUNK_EXPRESSIONS][EXPRESSION_MAX + 1];
};

struct account {
	uint64_t id;
	uint64_t log_seq;		/* batches that changed the account */
	uint64_t used_bytes, used_messages;
	uint32_t next_mailbox;
	uint64_t next_body;
	uint32_t next_uidvalidity;
	uint32_t next_credential;
	uint64_t next_todo;		/* seq of T_TODO records */
	/* 0: the default of the configuration; QUOTA_NONE: unlimited. */
	uint64_t quota_bytes, quota_messages;
	/* Limits of what it sends in 24 hours (submission.h); likewise. */
	uint64_t recipients_per_day, first_time_per_day;
	bool disabled;
	bool dead;			/* deleted; being purged */
	/* Its mailboxes of sent mail were read, or are about to be, so their
	   recipients count as known (correspondent.h). */
	bool sent_is_known;
	int64_t created;		/* seconds since the epoch */
	char login[LOGIN_MAX + 1];
	struct account_junk junk;
};

#define ACCOUNT_ROW_VERSION	3

/* Returns 0, or -1 (ERR_INTERNAL). */
int account_row_decode(struct bytes value, uint64_t id, struct account *out,
    struct err *err);
void account_row_encode(const struct account *acc, struct buf *out);

int login_row_decode(struct bytes value, uint64_t *account, struct err *err);
void login_row_encode(uint64_t account, struct buf *out);

#endif
