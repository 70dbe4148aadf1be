/*
 * imap_parse - a cursor over a complete IMAP command, and its tokens
 *
 * The input is a command gathered by imap_collect(): all lines with their
 * CRLF, each literal after the line that announces it.  Results are borrowed
 * from the input, or from the arena if they had to be decoded; both must
 * outlive them.
 *
 *	struct imap_cursor c;
 *	imap_cursor_init(&c, in, arena);
 *	if (imap_parse_head(&c, &head, err) == -1 ||
 *	    imap_parse_fetch(&c, &fetch, err) == -1)	// imap_args.h
 *		... BAD
 *
 * All functions return 0, or -1 with err: ERR_SYNTAX (BAD), which says what
 * was expected at which byte; or ERR_REFUSED for an invalid mailbox name
 * (ERR_CODE_CANNOT, NO [CANNOT]) and for counts over the limits below
 * (ERR_CODE_LIMIT).
 */
#ifndef PROTO_IMAP_PARSE_H
#define PROTO_IMAP_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "mail/date.h"
#include "proto/imap_flag.h"
#include "proto/imap_sequence_set.h"

#define IMAP_TAG_MAX		128
#define IMAP_NAME_MAX		32	/* of a command */
#define IMAP_KEYWORDS_MAX	256	/* in one flag list */
#define IMAP_MAILBOX_NAME_MAX	1024	/* bytes of UTF-8 */

struct imap_cursor {
	struct bytes in;		/* borrowed */
	size_t pos;
	struct arena *arena;		/* borrowed */
};

struct imap_head {
	struct bytes tag;
	const char *name;	/* upper case, in the arena; without "UID " */
	bool uid;		/* the name had the prefix UID */
};

struct imap_flags {
	unsigned system;		/* IMAP_FLAG_* */
	struct bytes *keywords;		/* each once, ignoring case */
	size_t n;
};

void imap_cursor_init(struct imap_cursor *c, struct bytes in,
    struct arena *arena);

/* Parses the tag and the command name, up to the space before the arguments. */
int imap_parse_head(struct imap_cursor *c, struct imap_head *head,
    struct err *err);

/* Expects the final CRLF and nothing else. */
int imap_parse_end(struct imap_cursor *c, struct err *err);
bool imap_at_end(const struct imap_cursor *c);

/* Returns the byte at the cursor, or -1 at the end of the input. */
int imap_peek(const struct imap_cursor *c);
/* Skips ch if it is at the cursor; returns whether it was. */
bool imap_skip(struct imap_cursor *c, char ch);
/* Skips word (ignoring case) if it is at the cursor and ends there. */
bool imap_skip_word(struct imap_cursor *c, const char *word);
/* Expects ch and skips it. */
int imap_expect(struct imap_cursor *c, char ch, struct err *err);
int imap_parse_space(struct imap_cursor *c, struct err *err);
/* Sets the error "expected WHAT at byte N" and returns -1. */
int imap_unexpected(const struct imap_cursor *c, const char *what,
    struct err *err);

int imap_parse_atom(struct imap_cursor *c, struct bytes *out, struct err *err);
/* A quoted string or a literal. */
int imap_parse_string(struct imap_cursor *c, struct bytes *out,
    struct err *err);
/* out->data is NULL for NIL. */
int imap_parse_nstring(struct imap_cursor *c, struct bytes *out,
    struct err *err);
int imap_parse_astring(struct imap_cursor *c, struct bytes *out,
    struct err *err);
/*
 * "{n}" CRLF and n bytes.  If binary is not NULL, "~{n}" is accepted too, and
 * *binary says which it was (RFC 3516).  Only "~{n}" may contain NUL.
 */
int imap_parse_literal(struct imap_cursor *c, struct bytes *out, bool *binary,
    struct err *err);
/* The "{n}" CRLF of a literal whose data is not in the input. */
int imap_parse_literal_head(struct imap_cursor *c, uint64_t *size,
    bool *binary, struct err *err);

/* RFC 3501 number (32 bits), nz-number, and mod-sequences (63 bits). */
int imap_parse_number(struct imap_cursor *c, uint32_t *out, struct err *err);
int imap_parse_nz_number(struct imap_cursor *c, uint32_t *out,
    struct err *err);
int imap_parse_modseq(struct imap_cursor *c, uint64_t *out, struct err *err);

/* A mailbox name, as UTF-8; "INBOX" is always returned in upper case. */
int imap_parse_mailbox(struct imap_cursor *c, struct bytes *out,
    struct err *err);
/* The same with "*" and "%" allowed; INBOX is returned as written. */
int imap_parse_list_mailbox(struct imap_cursor *c, struct bytes *out,
    struct err *err);

/*
 * A sequence-set; "$" sets set->saved.  Not resolved: see imap_sequence_set.h.
 */
int imap_parse_sequence_set(struct imap_cursor *c,
    struct imap_sequence_set *set, struct err *err);

/* A parenthesized list of flags.  \Recent is an error. */
int imap_parse_flag_list(struct imap_cursor *c, struct imap_flags *out,
    struct err *err);
/* One or more flags without parentheses. */
int imap_parse_flags_bare(struct imap_cursor *c, struct imap_flags *out,
    struct err *err);

/* "1-Feb-1994", with or without quotes: days since 1970-01-01. */
int imap_parse_date(struct imap_cursor *c, int64_t *day, struct err *err);
/* "\"17-Jul-1996 02:44:25 -0700\"" */
int imap_parse_datetime(struct imap_cursor *c, struct mail_date *out,
    struct err *err);

#endif
