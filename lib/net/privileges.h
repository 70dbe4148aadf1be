/*
 * privileges - drops root privileges, and raises the limit of open files
 *
 * A daemon starts as root only to bind sockets and to set ownership, and then
 * changes to its own user for good.  If another user starts it, it stays that
 * user.
 *
 *	if (privileges_find("postern", "imapd-user", &who, err) == -1)
 *		...
 *	... bind, make folders ...
 *	if (privileges_drop(&who, err) == -1)
 *		...
 *
 * Call these functions before starting threads.
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

/* Is the process root? */
bool privileges_are_root(void);

/*
 * Finds a user by name; the error names setting.  Returns 0, or -1 with
 * ERR_REFUSED if there is no such user.
 */
int privileges_find(const char *name, const char *setting,
    struct privileges_user *out, struct err *err);

/*
 * As root: changes to that user and its groups, and checks that there is no way
 * back.  Always: forbids new privileges by exec, and core dumps, which could
 * contain mail.  Returns 0 or -1.
 */
int privileges_drop(const struct privileges_user *user, struct err *err);

/*
 * Raises the limit of open files to want, or as far as allowed.  Returns the
 * new limit.
 */
uint64_t privileges_raise_files(uint64_t want);

#endif
