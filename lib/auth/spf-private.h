/*
 * spf-private - what the files of the SPF evaluator share
 *
 * spf_record.c	parses a record into terms and checks all of its syntax
 * spf_macro.c	the syntax of macros, and their expansion
 * spf_eval.c	compares terms with the client
 * spf.c	finds the record, and the explanation
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
	enum spf_status result;	/* the result of a match, by its qualifier */
	struct bytes text;	/* the whole term, borrowed */
	struct bytes domain;	/* domain-spec; empty: the current domain */
	uint8_t bits4, bits6;	/* of a and mx */
	struct cidr net;	/* of ip4 and ip6 */
	const char *target;	/* the domain, once it is expanded */
};

struct spf_record {
	struct spf_term *terms;
	size_t n;
	struct bytes redirect;	/* domain-spec; empty: none */
	struct bytes exp;	/* likewise */
};

/* One check, including all records that it leads to. */
struct spf_check {
	struct dns *dns;
	struct arena *arena;	/* records and answers, until the end */
	struct arena *results;	/* for the caller */
	const struct spf_query *query;
	struct spf_result *result;
	struct spf_lookup **last_lookup;

	/* The sender. */
	struct bytes localpart;
	struct bytes domain;	/* as given */
	struct bytes sender;	/* the whole address */

	/* The current record, until its look-ups were started. */
	struct spf_record *record;
	const char *record_domain;

	/* Validated names of the client (RFC 7208 5.5), once known. */
	bool has_names;
	enum dns_status ptr_status;
	size_t name_count;
	const char *names[SPF_HOSTS_MAX];
};

/* ---- spf_record.c */

/* Is the text "v=spf1", alone or followed by a space? */
bool spf_record_is(struct bytes text);

/* Returns 0, or -1 with what is wrong, for people. */
int spf_record_parse(struct arena *a, struct bytes text,
    struct spf_record *out, const char **problem);

/* ---- spf_macro.c */

enum spf_macro_use {
	SPF_MACRO_DOMAIN,	/* no %{c}, %{r}, %{t} */
	SPF_MACRO_TEXT
};

/* Are all macros in the text well-formed? */
bool spf_macro_is_valid(struct bytes text, enum spf_macro_use use);

/* Does it contain %{p}, which needs the DNS? */
bool spf_macro_asks(struct bytes text);

/* Expands a well-formed text; domain is the current one. */
void spf_macro_expand(struct spf_check *c, const char *domain,
    struct bytes text, struct buf *out);

/*
 * Makes a name to look up from raw bytes with dots between labels: without a
 * final dot, cut from the left to 253 bytes (RFC 7208 7.3), special bytes
 * escaped.
 */
const char *spf_name(struct arena *a, struct bytes name);

/* Does the same with a well-formed domain-spec, expanded. */
const char *spf_macro_domain(struct spf_check *c, const char *domain,
    struct bytes spec);

/* ---- spf_eval.c */

/*
 * Looks a name up and records that in the result.  Before it has to wait, it
 * starts the other look-ups of the current record.
 */
void spf_ask(struct spf_check *c, const char *name, enum dns_type type,
    struct dns_answer *answer);

/* Finds the names of the client that lead back to it, once. */
void spf_find_names(struct spf_check *c);

/* Is name the domain or a subdomain of it? */
bool spf_is_below(const char *name, const char *domain);

/*
 * Evaluates a record.  The redirect is left to the caller: returns SPF_NONE if
 * no term matched.
 */
enum spf_status spf_eval(struct spf_check *c, const char *domain,
    struct spf_record *record, bool is_top);

/* ---- spf.c */

/* check_host() of RFC 7208 4; is_top: not called by an include. */
enum spf_status spf_host(struct spf_check *c, const char *domain,
    bool is_top);

/* Notes the reason, unless there is one already, and returns status. */
enum spf_status spf_problem(struct spf_check *c, enum spf_status status,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/*
 * Gets the record of a domain.  Returns SPF_PASS with the record, or the result
 * if there is none.
 */
enum spf_status spf_fetch(struct spf_check *c, const char *domain,
    struct bytes *text);

/* ---- spf_libspf2.c */

enum spf_status spf_libspf2(struct spf_check *c, const char *domain);

#endif
