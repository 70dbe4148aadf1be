/*
 * What the files of the SPF evaluator share
 *
 * spf_record.c	a record's text becomes terms; all of its syntax
 * spf_macro.c	macros: their syntax and what they stand for
 * spf_eval.c	terms are held against the client
 * spf.c	which record, and the explanation
 * spf_libspf2.c	the other engine
 */
#ifndef AUTH_SPF_PRIVATE_H
#define AUTH_SPF_PRIVATE_H

#include "auth/spf.h"

enum spf_kind {
	SPF_ALL,
	SPF_INCLUDE,
	SPF_A,
	SPF_MX,
	SPF_PTR,
	SPF_IP4,
	SPF_IP6,
	SPF_EXISTS
};

struct spf_term {
	enum spf_kind kind;
	enum spf_status result;	/* what the qualifier says to a match */
	struct bytes text;	/* all of the term, borrowed */
	struct bytes domain;	/* domain-spec; empty: the current domain */
	uint8_t bits4, bits6;	/* of a and mx */
	struct cidr net;	/* of ip4 and ip6 */
	const char *target;	/* the domain, when it is expanded */
};

struct spf_record {
	struct spf_term *terms;
	size_t n;
	struct bytes redirect;	/* domain-spec; empty: none */
	struct bytes exp;	/* the same */
};

/* One check, through all records it leads to. */
struct spf_check {
	struct dns *dns;
	struct arena *arena;	/* records and answers, until the end */
	struct arena *results;	/* what the caller is given */
	const struct spf_query *query;
	struct spf_result *result;
	struct spf_lookup **last_lookup;

	/* The sender. */
	struct bytes localpart;
	struct bytes domain;	/* as given */
	struct bytes sender;	/* both */

	/* The record in hand, until its questions were started. */
	struct spf_record *record;
	const char *record_domain;

	/* Validated names of the client (RFC 7208 5.5), once known. */
	bool has_names;
	enum dns_status ptr_status;
	size_t name_count;
	const char *names[SPF_HOSTS_MAX];
};

/* ---- spf_record.c */

/* Begins with "v=spf1" and a space, or is that alone? */
bool spf_record_is(struct bytes text);

/* 0, or -1 with what is wrong, in words for people. */
int spf_record_parse(struct arena *a, struct bytes text,
    struct spf_record *out, const char **problem);

/* ---- spf_macro.c */

enum spf_macro_use {
	SPF_MACRO_DOMAIN,	/* no %{c}, %{r}, %{t} */
	SPF_MACRO_TEXT
};

/* Are all macros in it well formed? */
bool spf_macro_is_valid(struct bytes text, enum spf_macro_use use);

/* Does it need %{p}, which asks the DNS? */
bool spf_macro_asks(struct bytes text);

/* What a well-formed text stands for; domain is the current one. */
void spf_macro_expand(struct spf_check *c, const char *domain,
    struct bytes text, struct buf *out);

/*
 * Raw bytes with dots between labels as a name to be asked for: without the
 * dot at its end, cut from the left to 253 bytes (RFC 7208 7.3), its odd
 * bytes escaped.
 */
const char *spf_name(struct arena *a, struct bytes name);

/* The same of a well-formed domain-spec, expanded. */
const char *spf_macro_domain(struct spf_check *c, const char *domain,
    struct bytes spec);

/* ---- spf_eval.c */

/*
 * Asks, and notes it in the result.  If that has to wait, the other questions
 * of the record in hand are started first.
 */
void spf_ask(struct spf_check *c, const char *name, enum dns_type type,
    struct dns_answer *answer);

/* Finds the names of the client that lead back to it, once. */
void spf_find_names(struct spf_check *c);

/* Is name the domain, or below it? */
bool spf_is_below(const char *name, const char *domain);

/*
 * Evaluates a record.  Its redirect is left to the caller: the result is
 * SPF_NONE when no term matched.
 */
enum spf_status spf_eval(struct spf_check *c, const char *domain,
    struct spf_record *record, bool is_top);

/* ---- spf.c */

/* check_host() of RFC 7208 4; is_top: not by way of include. */
enum spf_status spf_host(struct spf_check *c, const char *domain,
    bool is_top);

/* Notes why, the first reason wins, and returns status. */
enum spf_status spf_problem(struct spf_check *c, enum spf_status status,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/*
 * The record of a domain.  SPF_PASS with the record, else what the lack of
 * one means.
 */
enum spf_status spf_fetch(struct spf_check *c, const char *domain,
    struct bytes *text);

/* ---- spf_libspf2.c */

enum spf_status spf_libspf2(struct spf_check *c, const char *domain);

#endif
