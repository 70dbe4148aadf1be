/*
 * body - the bytes of messages, which belong to an account
 *
 * T_BODY_REF counts the account's messages that use a body, T_BODY_LOC says
 * where its bytes are (message_row.h).
 */
#ifndef STORE_BODY_H
#define STORE_BODY_H

#include "store/message_row.h"
#include "store/store.h"

/* Appends bytes [offset, offset + n) of a body, fewer at its end.  Needs no
   snapshot, because bodies never change.  Returns 0, or -1: ERR_CODE_GONE if it
   was purged. */
int body_read(struct store *s, uint64_t account, uint64_t body,
    uint64_t offset, size_t n, struct buf *out, struct err *err);
/* Gets the parsed record (proto/parsed.h), or makes it from the body if there
   is none. */
int parsed_read(struct store *s, const struct reader *r, uint64_t account,
    uint64_t body, struct buf *out, struct err *err);
/* Gets the origin record as LMTP stored it.  Returns 1 if found, 0 if not, -1
   on error. */
int origin_read(const struct reader *r, uint64_t account, uint64_t body,
    struct buf *out, struct err *err);

/* Rows.  The _get functions return 1 if found, 0 if not, -1 on error. */
int body_ref_get(const struct reader *r, uint64_t account, uint64_t body,
    struct body_ref *out, struct err *err);
/* Within an operation. */
void body_ref_put(struct batch *b, uint64_t account, uint64_t body,
    const struct body_ref *ref);
int body_loc_get(const struct reader *r, uint64_t account, uint64_t body,
    struct body_loc *out, struct err *err);

#endif
