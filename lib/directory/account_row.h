/*
 * account_row - rows of accounts and credentials
 *
 * T_ACCOUNT (a): u8 version, u64 log_seq (the committer raises it in place),
 * u64 used bytes, u64 used messages, u32 next mailbox, u64 next body,
 * u32 next uidvalidity, u32 next credential, u64 next todo, u64 quota bytes,
 * u64 quota messages, u8 flags, u64 created, login, u64 recipients per day,
 * u64 first-time recipients per day.  Version 1 ended behind login.
 *
 * T_CREDENTIAL (a, id): u8 version, u64 created, u64 last used, label, hash.
 *
 * T_LOGIN (login): u8 version, u64 account.
 *
 * Strings are u16 length and bytes; all numbers are big-endian.
 */
#ifndef DIRECTORY_ACCOUNT_ROW_H
#define DIRECTORY_ACCOUNT_ROW_H

#include "directory/account.h"

#define ACCOUNT_ROW_VERSION	2

/* 0, or -1: ERR_INTERNAL. */
int account_row_decode(struct bytes value, uint64_t id, struct account *out,
    struct err *err);
void account_row_encode(const struct account *acc, struct buf *out);

int credential_row_decode(struct bytes value, uint32_t id,
    struct credential *out, struct err *err);
void credential_row_encode(const struct credential *c, struct buf *out);

int login_row_decode(struct bytes value, uint64_t *account, struct err *err);
void login_row_encode(uint64_t account, struct buf *out);

#endif
