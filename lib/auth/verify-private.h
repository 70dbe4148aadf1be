/*
 * verify-private - what the files of verify share
 */
#ifndef AUTH_VERIFY_PRIVATE_H
#define AUTH_VERIFY_PRIVATE_H

#include <openssl/evp.h>

#include "net/dns.h"
#include "auth/arc.h"
#include "auth/dkim_verify.h"
#include "auth/dmarc.h"
#include "auth/dnsbl.h"
#include "auth/iprev.h"
#include "auth/spf.h"
#include "auth/verify.h"

struct verify_site {
	const struct settings *settings;	/* borrowed */
	struct dns *dns;			/* borrowed */
	struct orgdomain *list;			/* own */
	struct dkim_engine *dkim;		/* own */
	struct dnsbl *lists;			/* own */
	struct dkim_key_source keys;
	struct buf secret;			/* own */
};

/* A result, looked up once, and again if the DNS may answer now. */
struct verify_spf {
	bool is_done;
	struct spf_result result;
};

/* Everything about one message. */
struct verify_message {
	struct arena arena;
	struct bytes mail_from;
	bool sender_known;
	enum sender_domain sender;
	struct verify_spf spf;		/* of MAIL FROM */
	struct dkim_verify *dkim;	/* own; NULL before the header */
	struct arc *arc;		/* own; likewise */
	EVP_MD_CTX *digest;		/* own; likewise */
	bool header_ended, ended;
	unsigned from_fields, from_addresses;
	struct bytes from_domain;	/* of the last address; empty if mail
					   cannot be sent to it */
	struct dkim_results dkim_results;
	struct arc_result arc_result;
	struct dmarc_result dmarc_result;
	struct verify_result result;
};

struct verify {
	struct verify_site *site;	/* borrowed */
	struct addr client, own_client;	/* own: as without verify_client() */
	struct arena arena;		/* for the connection */
	struct bytes authserv_id, helo, own_helo;
	bool is_relayed;		/* client is not own_client */
	/*
	 * About the client.  A connection may bring many messages, each of
	 * another client or another attempt.  What is looked up again has its
	 * own memory, which is cleared first.
	 */
	struct arena relay_arena;	/* helo of a relayed client */
	struct arena spf_helo_arena, iprev_arena, lists_arena;
	struct verify_spf spf_helo;
	bool has_iprev, has_lists;
	struct iprev_result iprev;
	struct dnsbl_result lists;
	struct verify_message message;
};

/* verify_policy.c: evaluates the other results; sets result.dmarc. */
void verify_policy(struct verify *v, uint64_t deadline);
/* How this site looks DMARC records up. */
struct dmarc_lookup verify_dmarc_lookup(const struct verify *v,
    uint64_t deadline);

/* verify_print.c */
struct bytes verify_authentication_results(struct verify *v);

#endif
