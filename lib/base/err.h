/*
 * err - what went wrong, and whose fault it is
 *
 * A function that can fail returns -1 and fills a struct err.  The lowest
 * level says what failed, the levels above add what they were doing, and the
 * dispatcher at the top logs it once and turns the kind (and the code) into
 * a reply of its protocol.
 *
 *	if (fsync(fd) == -1)
 *		return err_sys(err, ERR_TEMP, "cannot sync '%s'", path);
 *	...
 *	if (spool_sync(sp, err) == -1)
 *		return err_wrap(err, "delivering to '%s'", name);
 *
 * Texts: lower case, no full stop, the object in single quotes.  err must not
 * be NULL.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>

/* Whose fault it is. */
enum err_kind {
	ERR_NONE,
	ERR_SYNTAX,		/* the peer or file sent something malformed */
	ERR_REFUSED,		/* understood, but not allowed or possible */
	ERR_TEMP,		/* our problem; may work later */
	ERR_INTERNAL		/* our fault */
};

/* Details that a protocol may report in addition to the kind. */
enum err_code {
	ERR_CODE_NONE,
	ERR_CODE_NOT_FOUND,	/* no such account, address, mailbox, message */
	ERR_CODE_EXISTS,	/* already exists */
	ERR_CODE_OVER_QUOTA,
	ERR_CODE_LIMIT,		/* a configured limit; the text names it */
	ERR_CODE_TOO_LARGE,	/* the message is over message-size-max */
	ERR_CODE_CANNOT,	/* never possible (RFC 5530 CANNOT) */
	ERR_CODE_DENIED,	/* not allowed for this role or user */
	ERR_CODE_DISABLED,	/* the account is disabled */
	ERR_CODE_AUTH,		/* wrong user or password */
	ERR_CODE_IN_USE,	/* mailbox has children, address is used, … */
	ERR_CODE_GONE,		/* the message was expunged meanwhile */
	ERR_CODE_FULL,		/* no space on the disk */
	ERR_CODE_LOOP,		/* mail loop */
	ERR_CODE_BUSY		/* try again in a moment */
};

struct err {
	enum err_kind kind;
	enum err_code code;
	char text[1000];	/* longer texts are cut */
};

#define ERR_INIT { ERR_NONE, ERR_CODE_NONE, "" }

void err_clear(struct err *err);

/* Sets the error; returns -1. */
int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with a code. */
int err_code(struct err *err, enum err_kind kind, enum err_code code,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * The same, with ": " and strerror(errno) appended.  ENOSPC and EDQUOT set
 * ERR_CODE_FULL.
 */
int err_sys(struct err *err, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "text: " before the present text; keeps kind and code.  Returns -1. */
int err_wrap(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* "syntax", "refused", "temporary", "internal". */
const char *err_kind_name(enum err_kind kind);

/*
 * Prints "PROGRAM: fatal: text" to stderr, or calls the handler set with
 * fatal_set_handler() (log.c sets one), and exits with status 1.  Only for
 * startup, lack of memory and a broken store; never for what a peer, file or
 * message causes.
 */
_Noreturn void fatal(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

void fatal_set_handler(void (*handler)(const char *text));

#endif
