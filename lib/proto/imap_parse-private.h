/*
 * imap_parse-private - helpers for the files that parse IMAP commands
 */
#ifndef PROTO_IMAP_PARSE_PRIVATE_H
#define PROTO_IMAP_PARSE_PRIVATE_H

#include "proto/imap_parse.h"

enum imap_char_class {
	IMAP_CHAR_ATOM = 1,		/* ATOM-CHAR */
	IMAP_CHAR_ASTRING = 2,		/* ATOM-CHAR and "]" */
	IMAP_CHAR_LIST = 4,		/* ASTRING-CHAR, "*" and "%" */
	IMAP_CHAR_TAG = 8		/* ASTRING-CHAR without "+" */
};

bool imap_is_char(char ch, unsigned class);

/* Takes the longest run of characters of a class at the cursor. */
struct bytes imap_take_run(struct imap_cursor *c, unsigned class);

/* Takes a word of letters, digits, "-", "." and "=".  Returns it in upper case,
   or "" if there is none. */
const char *imap_take_word(struct imap_cursor *c, size_t len_max);

/* Sets the error "more than N WHAT" (ERR_REFUSED, ERR_CODE_LIMIT) and returns
   -1. */
int imap_too_many(size_t max, const char *what, struct err *err);

/*
 * Parses a space and a parenthesized list of names of bits, as in STATUS.
 */
int imap_parse_bit_list(struct imap_cursor *c,
    const struct imap_bit_name *names, const char *what, bool may_be_empty,
    unsigned *bits, struct err *err);

#endif
