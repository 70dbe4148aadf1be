/*
 * junk_meaning - what a mailbox's name says about the mail in it
 *
 * Mail that comes to a mailbox is marked $Junk, $NotJunk or neither, by three
 * regular expressions: those of the account, or of the site where the account
 * has none.  The name is in lower case when they are asked, in the order junk,
 * neutral, notjunk; the first that matches decides.  If none does, and exactly
 * two are set, the name means the third.  Otherwise it means nothing, and
 * flags stay as they are.
 *
 * An expression that is too costly (base/expression.h) for a name decides that
 * the name means nothing.  After JUNK_COSTLY_MAX such names it is not asked
 * any more, so that 10,000 mailboxes cost bounded time as well.
 */
#ifndef DIRECTORY_JUNK_MEANING_H
#define DIRECTORY_JUNK_MEANING_H

#include "base/expression.h"
#include "directory/account_row.h"

#define JUNK_COSTLY_MAX	100

enum junk_meaning {
	MEANS_NOTHING,
	MEANS_JUNK,
	MEANS_NEUTRAL,
	MEANS_NOTJUNK
};

/* In force for an account. */
struct junk_settings {
	bool is_on;
	/* By enum junk_expression; empty: not set. */
	char expression[JUNK_EXPRESSIONS][EXPRESSION_MAX + 1];
};

/* The account's own settings, and the site's where it has none. */
void junk_settings_of(const struct account *acc,
    const struct junk_settings *site, struct junk_settings *out);
/* A number that changes with the site's settings; not 0. */
uint32_t junk_settings_stamp(const struct junk_settings *site);

/* What decided. */
enum junk_reason {
	JUNK_BY_OFF,		/* junk-flags is no */
	JUNK_BY_EXPRESSION,	/* which one is in `decided' */
	JUNK_BY_REST,		/* none matches, and two are set */
	JUNK_BY_NONE,		/* none matches */
	JUNK_BY_COST,		/* the one in `decided' was too costly */
	JUNK_BY_USE		/* the mailbox's special use, or its name */
};

struct junk_verdict {
	enum junk_meaning meaning;
	enum junk_reason reason;
	enum junk_expression decided;
};

struct junk_rules;

/* Compiles the expressions, unless junk flags are off.  Returns 0, or -1:
   ERR_SYNTAX. */
int junk_rules_new(const struct junk_settings *settings,
    struct junk_rules **out, struct err *err);
void junk_rules_ask(struct junk_rules *rules, const char *name,
    struct junk_verdict *out);
/* How many matches a limit has ended. */
unsigned junk_rules_costly(const struct junk_rules *rules);
/* Accepts NULL. */
void junk_rules_free(struct junk_rules **rules);

/* "junk", "neutral", "notjunk", "nothing". */
const char *junk_meaning_name(enum junk_meaning meaning);
/* "default", "no", "yes": the setting junk-flags of an account. */
const char *junk_flags_name(enum junk_flags on);
/* "junk-flags-junk", ...: the setting of an expression. */
const char *junk_expression_name(enum junk_expression which);

#endif
