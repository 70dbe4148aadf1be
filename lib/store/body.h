/*
 * body - the bytes of messages, which belong to an account
 *
 * T_BODY_REF counts the messages of the account that have a body, T_BODY_LOC
 * says where its bytes lie (message_row.h).
 */
#ifndef STORE_BODY_H
#define STORE_BODY_H

#include "store/message_row.h"
#include "store/store.h"

/* Bytes [offset, offset + n) of a body; fewer at its end.  Not in a
   snapshot: bodies never change.  ERR_CODE_GONE when it was purged. */
int body_read(struct store *s, uint64_t account, uint64_t body,
    uint64_t offset, size_t n, struct buf *out, struct err *err);
/* The `parsed' record (proto/parsed.h); made from the body when absent. */
int parsed_read(struct store *s, const struct reader *r, uint64_t account,
    uint64_t body, struct buf *out, struct err *err);
/* The origin record as LMTP stored it; 1, 0 none, -1. */
int origin_read(const struct reader *r, uint64_t account, uint64_t body,
    struct buf *out, struct err *err);

/* Rows: 1 if found, 0 if not, -1 on error. */
int body_ref_get(const struct reader *r, uint64_t account, uint64_t body,
    struct body_ref *out, struct err *err);
/* Within an operation. */
void body_ref_put(struct batch *b, uint64_t account, uint64_t body,
    const struct body_ref *ref);
int body_loc_get(const struct reader *r, uint64_t account, uint64_t body,
    struct body_loc *out, struct err *err);

#endif
