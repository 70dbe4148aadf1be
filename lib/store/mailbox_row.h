/*
 * mailbox_row - rows of mailboxes and their names
 *
 * T_MAILBOX (a, mbox): u8 version, u8 flags, u8 special use, u32 uidvalidity,
 * u32 uidnext, u32 first recent uid, u32 reserved uid, u64 highestmodseq,
 * u32 messages, u32 unseen, u32 deleted, u64 bytes, u64 purged modseq,
 * u32 tombstones, u64 object id, name, u16 number of keywords, names of
 * keywords in order of their index.
 *
 * T_MAILBOX_NAME (a, name): u8 version, u32 mbox.
 *
 * T_SUBSCRIPTION (a, name): u8 version.
 *
 * Strings are u16 length and bytes; all numbers are big-endian.
 */
#ifndef STORE_MAILBOX_ROW_H
#define STORE_MAILBOX_ROW_H

#include "store/mailbox.h"

#define KEYWORD_NAME_MAX	64

/* Keywords go into the arena.  0, or -1: ERR_INTERNAL. */
int mailbox_row_decode(struct bytes value, uint32_t id, struct arena *a,
    struct mailbox *out, struct err *err);
void mailbox_row_encode(const struct mailbox *mb, struct buf *out);

int mailbox_name_row_decode(struct bytes value, uint32_t *mbox,
    struct err *err);
void mailbox_name_row_encode(uint32_t mbox, struct buf *out);

int subscription_row_decode(struct bytes value, struct err *err);
void subscription_row_encode(struct buf *out);

#endif
