/* privileges - finds users, becomes one of them, and raises file limits. */
#include <config.h>

#include <sys/prctl.h>
#include <sys/resource.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "net/privileges.h"

bool
privileges_are_root(void)
{
	return geteuid() == 0;
}

int
privileges_find(const char *name, const char *setting,
    struct privileges_user *out, struct err *err)
{
	struct passwd *pw;

	errno = 0;
	if ((pw = getpwnam(name)) == NULL)
		return err_code(err, ERR_REFUSED, ERR_CODE_NOT_FOUND,
		    "no user '%s' (setting %s): create it, or name an "
		    "existing one", name, setting);
	out->name = name;
	out->uid = pw->pw_uid;
	out->gid = pw->pw_gid;
	return 0;
}

int
privileges_drop(const struct privileges_user *user, struct err *err)
{
	struct rlimit none = { 0, 0 };

	if (privileges_are_root()) {
		if (initgroups(user->name, user->gid) == -1 ||
		    setresgid(user->gid, user->gid, user->gid) == -1 ||
		    setresuid(user->uid, user->uid, user->uid) == -1)
			return err_sys(err, ERR_TEMP,
			    "cannot become user '%s'", user->name);
		if (user->uid != 0 && (setuid(0) != -1 || getuid() == 0))
			return err_set(err, ERR_INTERNAL,
			    "still root after becoming '%s'", user->name);
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return err_sys(err, ERR_TEMP,
		    "cannot forbid new privileges");
	(void)setrlimit(RLIMIT_CORE, &none);
	return 0;
}

uint64_t
privileges_raise_files(uint64_t want)
{
	struct rlimit lim;
	rlim_t hard;

	if (getrlimit(RLIMIT_NOFILE, &lim) == -1)
		return 0;
	if (lim.rlim_cur >= want)
		return lim.rlim_cur;
	hard = lim.rlim_max;
	if (lim.rlim_max < want)
		lim.rlim_max = want;
	lim.rlim_cur = want;
	if (setrlimit(RLIMIT_NOFILE, &lim) == -1) {
		lim.rlim_cur = lim.rlim_max = hard;
		(void)setrlimit(RLIMIT_NOFILE, &lim);
	}
	return getrlimit(RLIMIT_NOFILE, &lim) == -1 ? 0 : lim.rlim_cur;
}
