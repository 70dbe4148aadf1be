/*
 * sasl-private - an exchange as its mechanism sees it
 */
#ifndef LOGIN_SASL_PRIVATE_H
#define LOGIN_SASL_PRIVATE_H

#include "login/sasl.h"

struct sasl {
	const struct sasl_mechanism *mech;
	struct sasl_channel channel;
	struct arena *arena;		/* borrowed */
	int round;			/* answers seen */
	enum sasl_result last;		/* what the last step said */
	struct bytes user;		/* in the arena */
	struct bytes password;		/* in the arena; wiped in the end */
	struct secret_list secrets;	/* own */
	const struct secret_entry *proof;	/* one of these, or NULL */
	void *state;			/* the mechanism's, in the arena */
};

/*
 * Who logs in, and for whom: nobody acts for somebody else, so authzid is
 * empty or the same name.  0 or -1: the exchange fails.
 */
int sasl_take_user(struct sasl *sasl, struct bytes user,
    struct bytes authzid, struct err *err);

#endif
