/*
 * imap_parse-private - what the files that parse IMAP share among themselves
 */
#ifndef PROTO_IMAP_PARSE_PRIVATE_H
#define PROTO_IMAP_PARSE_PRIVATE_H

#include "proto/imap_parse.h"

enum imap_char_class {
	IMAP_CHAR_ATOM = 1,		/* ATOM-CHAR */
	IMAP_CHAR_ASTRING = 2,		/* with "]" */
	IMAP_CHAR_LIST = 4,		/* with "*" and "%" too */
	IMAP_CHAR_TAG = 8		/* ASTRING-CHAR without "+" */
};

bool imap_is_char(char ch, unsigned class);

/* The longest run of a class at the cursor; steps over it. */
struct bytes imap_take_run(struct imap_cursor *c, unsigned class);

/* A word of letters, digits, "-", "." and "=" in upper case; "" if none. */
const char *imap_take_word(struct imap_cursor *c, size_t len_max);

/* ERR_REFUSED, ERR_CODE_LIMIT: "more than N WHAT"; returns -1. */
int imap_too_many(size_t max, const char *what, struct err *err);

/*
 * Space, then a parenthesised list of words that are names of bits, as STATUS
 * has it.
 */
int imap_parse_bit_list(struct imap_cursor *c,
    const struct imap_bit_name *names, const char *what, bool may_be_empty,
    unsigned *bits, struct err *err);

#endif
