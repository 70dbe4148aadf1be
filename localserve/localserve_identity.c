/*
 * localserve_identity - the users that the programs run as.
 *
 * Postfix must be started as root and needs users to run as.  If root runs
 * localserve, the settings name existing accounts, because localserve creates
 * none.  An ordinary user becomes root of a user namespace that maps a range of
 * subordinate ids.  There imapd and the milter run as root of the namespace,
 * which is the ordinary user outside.  So they can work below a home directory
 * that only its owner can search, and a later run in another namespace can end
 * processes that an earlier one left behind.
 */
#include <config.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "base/buf.h"
#include "command/program.h"
#include "localserve/localserve.h"

/* Set in the namespace: if that has no effect, there is an error, no loop. */
#define ENTERED_ENV	"POSTERN_LOCALSERVE_ENTERED"

bool
identity_is_ordinary(void)
{
	FILE *f = fopen("/proc/self/uid_map", "re");
	unsigned long inside, outside, count;
	bool ordinary = false;

	if (f == NULL)
		return false;
	/* "0 1000 1": root here is that one user outside. */
	if (fscanf(f, "%lu %lu %lu", &inside, &outside, &count) == 3)
		ordinary = inside == 0 && count == 1;
	fclose(f);
	return ordinary;
}

static bool
program_exists(const char *name)
{
	static const char *const folders[] = {
		"/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin", "/sbin"
	};
	char path[256];

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		snprintf(path, sizeof(path), "%s/%s", folders[i], name);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

/* Does the user have a line in /etc/subuid or /etc/subgid? */
static bool
has_subordinate_ids(const char *path, const char *user)
{
	char line[512], uid[32];
	size_t user_len = strlen(user), uid_len;
	FILE *f = fopen(path, "re");
	bool found = false;

	if (f == NULL)
		return false;
	uid_len = (size_t)snprintf(uid, sizeof(uid), "%u",
	    (unsigned)getuid());
	while (!found && fgets(line, sizeof(line), f) != NULL)
		found = (strncmp(line, user, user_len) == 0 &&
		    line[user_len] == ':') ||
		    (strncmp(line, uid, uid_len) == 0 && line[uid_len] == ':');
	fclose(f);
	return found;
}

static int
namespace_is_possible(struct err *err)
{
	struct passwd *pw = getpwuid(getuid());
	const char *user = pw != NULL ? pw->pw_name : "";

	if (!program_exists("unshare"))
		return err_set(err, ERR_REFUSED, "not run by root, and cannot "
		    "make a user namespace: the program 'unshare' is missing "
		    "(as root: apt-get install util-linux)");
	if (!program_exists("newuidmap"))
		return err_set(err, ERR_REFUSED, "not run by root, and cannot "
		    "make a user namespace: the program 'newuidmap' is missing "
		    "(as root: apt-get install uidmap)");
	if (!has_subordinate_ids("/etc/subuid", user) ||
	    !has_subordinate_ids("/etc/subgid", user))
		return err_set(err, ERR_REFUSED, "not run by root, and cannot "
		    "make a user namespace: '%s' has no range in /etc/subuid "
		    "and /etc/subgid (as root: usermod --add-subuids "
		    "100000-165535 --add-subgids 100000-165535 %s)", user,
		    user[0] != '\0' ? user : "USER");
	return 0;
}

int
identity_enter(int argc, char **argv, struct err *err)
{
	struct arena mem;
	const char **args, *self;
	int k = 0;

	if (geteuid() == 0)
		return 0;
	if (getenv(ENTERED_ENV) != NULL)
		return err_set(err, ERR_REFUSED,
		    "this is not root in the user namespace either");
	if (namespace_is_possible(err) == -1)
		return -1;
	arena_init(&mem);
	if ((self = program_self(&mem)) == NULL)
		return err_sys(err, ERR_INTERNAL, "cannot find this program");
	args = arena_array(&mem, (size_t)argc + 6, sizeof(*args));
	args[k++] = "unshare";
	args[k++] = "--map-root-user";
	args[k++] = "--map-auto";
	args[k++] = "--";
	args[k++] = self;
	for (int i = 0; i < argc; i++)
		args[k++] = argv[i];
	if (setenv(ENTERED_ENV, "1", 1) == 0)
		execvp(args[0], (char *const *)args);
	err_sys(err, ERR_REFUSED, "cannot run 'unshare'");
	arena_clear(&mem);
	return -1;
}

static struct passwd *
user_find(const char *setting, const char *name, struct err *err)
{
	struct passwd *pw = getpwnam(name);

	if (pw == NULL)
		err_set(err, ERR_REFUSED, "there is no user '%s' "
		    "(use --set %s=NAME for another)", name, setting);
	return pw;
}

int
identity_resolve(struct localserve *ls, struct err *err)
{
	const struct settings *set = &ls->settings;
	const char *name = set->localserve_postfix_user;
	struct passwd *pw;
	struct group *gr;

	unsetenv(ENTERED_ENV);
	pw = user_find("localserve-postfix-user", name, err);
	if (pw == NULL)
		return -1;
	ls->postfix_uid = pw->pw_uid;
	ls->postfix_gid = pw->pw_gid;
	name = set->localserve_postfix_group;
	gr = getgrnam(name);
	if (gr == NULL)
		return err_set(err, ERR_REFUSED, "there is no group '%s' "
		    "(use --set localserve-postfix-group=NAME for another)",
		    name);
	/* Postfix would exit without a message. */
	if (gr->gr_gid == ls->postfix_gid)
		return err_set(err, ERR_REFUSED, "localserve-postfix-group "
		    "must not be '%s': it is the primary group of '%s'", name,
		    set->localserve_postfix_user);
	ls->postfix_drop_gid = gr->gr_gid;
	if (ls->shared_uid)
		return 0;
	pw = user_find("imapd-user", set->imapd_user, err);
	if (pw == NULL)
		return -1;
	ls->imapd_uid = pw->pw_uid;
	ls->imapd_gid = pw->pw_gid;
	pw = user_find("milter-user", set->milter_user, err);
	if (pw == NULL)
		return -1;
	ls->milter_uid = pw->pw_uid;
	return 0;
}
