/*
 * sasl-private - the state of an exchange, for the mechanisms
 */
#ifndef LOGIN_SASL_PRIVATE_H
#define LOGIN_SASL_PRIVATE_H

#include "login/sasl.h"

struct sasl {
	const struct sasl_mechanism *mech;
	struct sasl_channel channel;
	struct arena *arena;		/* borrowed */
	int round;			/* answers seen */
	enum sasl_result last;		/* the result of the last step */
	struct bytes user;		/* in the arena */
	struct bytes password;		/* in the arena; wiped at the end */
	struct secret_list secrets;	/* own */
	const struct secret_entry *proof;	/* in secrets, or NULL */
	void *state;			/* of the mechanism, in the arena */
};

/*
 * Sets the user that logs in.  No user may act for another one, so authzid must
 * be empty or the same name.  Returns 0, or -1 if the exchange fails.
 */
int sasl_take_user(struct sasl *sasl, struct bytes user,
    struct bytes authzid, struct err *err);

#endif
