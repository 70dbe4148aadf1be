/*
 * origin - where a message came from, from the milter to the store
 *
 * The milter sees the connection and the store records what it saw, but there
 * is an MTA between them.  So the origin travels in the message's header,
 * sealed:
 *
 *	Postern-Origin: v1 <base64>
 *
 * Each line is one physical line of at most ORIGIN_LINE_MAX bytes, so that a
 * single pattern can find and remove it wherever a message may leave.  Its
 * base64 holds
 *
 *	u32 key id | 12 bytes nonce | AES-256-GCM box | 16 bytes tag
 *
 * and the box
 *
 *	16 bytes token | u8 part, from 0 | u8 parts | piece of the fields
 *
 * The pieces of all parts, in order, are the encoded fields: u8 tag, u16
 * length and value of each.  Numbers are big-endian.  The token begins with
 * the time of sealing (u32 seconds).  It identifies the message, so that a
 * second delivery can be recognized.
 *
 *	milter:	origin_token_new(o.token, time(NULL));
 *		n = origin_seal(keys, &o, &arena, values, err);
 *		... add n headers ORIGIN_HEADER with these values
 *	store:	origin_open(keys, &arena, values, n, now, age_max_s, &o, err)
 *
 * Recipients and verdict are not included: recipients must not see each other.
 */
#ifndef AUTH_ORIGIN_H
#define AUTH_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "auth/keyfile.h"

#define ORIGIN_HEADER		"Postern-Origin"
#define ORIGIN_LINE_MAX		900	/* with name and colon, without CRLF */
#define ORIGIN_LINES_MAX	16
#define ORIGIN_TOKEN_LEN	16
#define ORIGIN_FROM_MAX		8
#define ORIGIN_DKIM_MAX		5
#define ORIGIN_NETWORKS		3
/* Longer fields are omitted, because half an address would be another one. */
#define ORIGIN_FIELD_MAX	512
/* Domains, and each list of names of block lists, are shorter. */
#define ORIGIN_DOMAIN_MAX	255
#define ORIGIN_LISTS_MAX	150

/* What a check found.  The numbers are stored: only add new ones. */
enum origin_check {
	ORIGIN_UNCHECKED,		/* was not checked */
	ORIGIN_NONE,
	ORIGIN_PASS,
	ORIGIN_FAIL,
	ORIGIN_SOFTFAIL,
	ORIGIN_NEUTRAL,
	ORIGIN_POLICY,
	ORIGIN_TEMPERROR,
	ORIGIN_PERMERROR
};

/* How the domain in From is authenticated; higher is better.  Stored. */
enum origin_aligned {
	ORIGIN_ALIGNED_UNCHECKED,
	ORIGIN_ALIGNED_NONE,
	ORIGIN_ALIGNED_RELAXED,		/* another domain of the organization */
	ORIGIN_ALIGNED_DMARC,		/* DMARC passed */
	ORIGIN_ALIGNED_STRICT		/* the domain itself */
};

/* What DMARC asked to do with the message.  Stored. */
enum origin_dmarc {
	ORIGIN_DMARC_NOTHING,
	ORIGIN_DMARC_QUARANTINE,
	ORIGIN_DMARC_REJECT
};

struct origin {
	uint8_t token[ORIGIN_TOKEN_LEN];
	struct bytes client_ip;		/* as text */
	struct bytes client_name;	/* reverse name, if confirmed */
	struct bytes helo;
	struct bytes mail_from;		/* without <>; empty for bounces */
	bool has_mail_from;
	struct bytes from[ORIGIN_FROM_MAX];	/* in the From header */
	size_t nfrom;
	struct bytes auth_user;		/* who was logged in, if anyone */
	struct bytes tls;		/* "TLSv1.3 TLS_AES_...", or empty */
	struct bytes queue_id;		/* the MTA's id of the message */

	/* From verification (auth/verify.h).  Domains are A-labels. */
	bool has_checks;		/* else nothing below is set */
	enum origin_check spf;		/* of MAIL FROM; of HELO for bounces */
	enum origin_check spf_helo;
	enum origin_check iprev;
	enum origin_check dmarc;
	enum origin_check arc;
	enum origin_aligned aligned;
	enum origin_dmarc dmarc_wants;
	struct bytes from_org_domain;	/* of the single address in From */
	struct bytes dkim[ORIGIN_DKIM_MAX];	/* domains that passed */
	size_t ndkim;
	struct bytes networks[ORIGIN_NETWORKS];	/* "192.0.2.0/26"; the address
						   first, then wider ones */
	size_t nnetworks;
	struct bytes dnsbl;		/* "zone.example, other.example" */
	struct bytes dnswl;
};

/*
 * Has one of our milters sealed it?  In a stored record a token of zeroes means
 * that none has vouched for the fields: they are what LMTP was told.
 */
bool origin_is_sealed(const struct origin *o);

/* Makes a new token for a message received now. */
void origin_token_new(uint8_t token[ORIGIN_TOKEN_LEN], time_t now);

/* Encodes the token and the fields; this is what the store keeps. */
void origin_encode(const struct origin *o, struct buf *out);

/*
 * Decodes any bytes.  Fields point into the encoded bytes.  Unknown tags are
 * ignored.  Returns 0, or -1 with ERR_SYNTAX.
 */
int origin_decode(struct bytes in, struct origin *o, struct err *err);

/*
 * Makes the values of the header lines that carry the origin, in the arena,
 * sealed with the first key.  Returns how many, or -1 (ERR_TEMP: no memory).
 */
int origin_seal(const struct keyfile *keys, const struct origin *o,
    struct arena *arena, struct bytes values[ORIGIN_LINES_MAX],
    struct err *err);

/* The sealed lines of one message, and the time at which they are opened. */
struct origin_lines {
	const struct bytes *values;	/* of all its Postern-Origin headers,
					   from the top */
	size_t n;
	time_t now;
	unsigned age_max_s;		/* older ones are refused */
};

/*
 * Opens the lines of one message.  The first complete set counts; lines after
 * the first ORIGIN_LINES_MAX are ignored.
 *
 * Returns 0, or -1 with ERR_REFUSED: tampered with, sealed with an unknown
 * key, a part is missing, or sealed more than age_max_s ago (or more than a day
 * in the future).
 */
int origin_open(const struct keyfile *keys, const struct origin_lines *lines,
    struct arena *arena, struct origin *o, struct err *err);

#endif
