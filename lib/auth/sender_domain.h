/*
 * sender_domain - whether mail to the domain of MAIL FROM can be delivered
 *
 * A sender who cannot be answered is refused at MAIL: the domain has a null MX
 * (RFC 7505) or neither MX nor address (RFC 5321 5.1), or it is an address
 * literal.  If the DNS does not answer, that is not a verdict.
 *
 *	sender_domain_start(dns, domain);
 *	...
 *	switch (sender_domain_check(dns, &arena, domain, deadline)) {
 */
#ifndef AUTH_SENDER_DOMAIN_H
#define AUTH_SENDER_DOMAIN_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

struct dns;

enum sender_domain {
	SENDER_DOMAIN_OK,
	SENDER_DOMAIN_NULL_MX,
	SENDER_DOMAIN_NO_ADDRESS,	/* neither MX nor address */
	SENDER_DOMAIN_LITERAL,
	SENDER_DOMAIN_INVALID,		/* not a valid domain name */
	SENDER_DOMAIN_TEMPORARY		/* the DNS does not answer */
};

/* The SMTP reply; code is 0 for SENDER_DOMAIN_OK. */
struct sender_domain_reply {
	unsigned code;
	const char *enhanced;		/* "5.7.27" */
	const char *text;
};

const struct sender_domain_reply *sender_domain_reply(enum sender_domain d);

/* Starts the first look-ups without waiting. */
void sender_domain_start(struct dns *dns, struct bytes domain);

/*
 * domain is as in the address; empty for a bounce, which is fine.  Waits until
 * deadline (clock_mono_ms()).
 */
enum sender_domain sender_domain_check(struct dns *dns, struct arena *a,
    struct bytes domain, uint64_t deadline);

#endif
