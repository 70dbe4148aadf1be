/*
 * privileges - what a program may do, and giving it up
 *
 * A daemon starts as root only to bind and to fix ownership, then becomes a
 * user of its own for good.  Started as anybody else it stays who it is.
 *
 *	if (privileges_find("postern", "imapd-user", &who, err) == -1)
 *		...
 *	... bind, make folders ...
 *	if (privileges_drop(&who, err) == -1)
 *		...
 *
 * Before there are threads.
 */
#ifndef NET_PRIVILEGES_H
#define NET_PRIVILEGES_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct privileges_user {
	const char *name;	/* borrowed */
	uid_t uid;
	gid_t gid;
};

/* Whether there is anything to give up. */
bool privileges_are_root(void);

/*
 * The user of that name; setting is named in the error.  0, or -1 with
 * ERR_REFUSED: no such user.
 */
int privileges_find(const char *name, const char *setting,
    struct privileges_user *out, struct err *err);

/*
 * As root: becomes that user, groups included, and checks that there is no
 * way back.  Always: no new privileges by exec, no core dumps with other
 * people's mail.  0 or -1.
 */
int privileges_drop(const struct privileges_user *user, struct err *err);

/*
 * Raises the limit of open files to want, or as far as allowed.  Returns the
 * limit in force.
 */
uint64_t privileges_raise_files(uint64_t want);

#endif
