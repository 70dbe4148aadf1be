/*
 * localserve - what the files of localserve share
 *
 * All paths below the folder are relative: localserve and what it starts
 * have the folder as their working directory.  So it may lie below a folder
 * that only its owner may search, and no socket path is ever too long.
 */
#ifndef LOCALSERVE_LOCALSERVE_H
#define LOCALSERVE_LOCALSERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "config/settings.h"

#define LOCALSERVE_DOMAIN	"localhost"
#define LOCALSERVE_LOGIN	"you@localhost"
#define LOCALSERVE_PASSWORD	"localserve"
#define LOCALSERVE_USERS_MAX	100000

/* Files in the folder. */
#define LS_CONF		"postern.conf"		/* the user's */
#define LS_CONF_OURS	"localserve.conf"	/* ours, at each start */
#define LS_DNS_DATA	"dns-data"		/* the user's */
#define LS_CERT		"tls/cert.pem"
#define LS_KEY		"tls/key.pem"
#define LS_ORIGIN_KEY	"origin.key"
#define LS_DKIM		"dkim"
#define LS_SPOOL	"spool"			/* Postfix's queue */
#define LS_SOCKETS	"spool/postern"		/* where Postfix finds ours */
#define LS_RUN		"run"
#define LS_STATE	"state"
#define LS_LOCK		"lock"
#define LS_POSTFIX	"postfix"		/* main.cf and master.cf */
#define LS_POSTFIX_LOG	"postfix/log"		/* a FIFO */

struct command;

/* From the command line. */
struct localserve_options {
	const char *dir;		/* borrowed, or in the arena */
	const char *postfix;		/* where a Postfix is unpacked; NULL */
	unsigned port_base;
	unsigned users;
	unsigned lmtp_port;		/* 0: none */
	bool allow_outside;
	const char **set;		/* "name=value"; in the arena */
	size_t nset;
};

struct localserve {
	struct arena mem;
	struct localserve_options opt;
	struct settings settings;	/* of LS_CONF with --set */
	bool shared_uid;		/* all programs run as one user */
	const char *dir;		/* absolute, no symbolic links */
	const char *postfix;		/* the same; "" for the system's files */
	uid_t postfix_uid;
	gid_t postfix_gid;
	gid_t postfix_drop_gid;		/* of its mail drop */
	uid_t imapd_uid, milter_uid;	/* not set when shared_uid */
	gid_t imapd_gid;
	const char *data_dir;		/* Postfix's data_directory, absolute */
};

/* ---- localserve_options.c */

/* False: the command is over, with *status; what was wrong has been said. */
bool localserve_options(struct localserve *ls, struct command *c, int argc,
    char **argv, int *status);

/* ---- localserve_identity.c */

/* Is this root of a namespace that an ordinary user made? */
bool identity_is_ordinary(void);
/*
 * An ordinary user goes on as root of a user namespace: runs the same
 * command line there and doesn't return.  0 when this is root already, -1
 * when something for that is missing.
 */
int identity_enter(int argc, char **argv, struct err *err);
/* Finds the users that the settings name. */
int identity_resolve(struct localserve *ls, struct err *err);

/* ---- localserve_layout.c */

/* Finds Postfix; makes the folder, enters it. */
int layout_enter(struct localserve *ls, struct err *err);
/* Writes the configuration that isn't there, and what is ours to write. */
int layout_write(struct localserve *ls, struct err *err);
/* Owners of folders and keys, by the users that were resolved. */
int layout_own(const struct localserve *ls, struct err *err);
/* 0, or -1: a port is used by somebody else.  Waits up to wait_ms for it. */
int layout_check_ports(const struct localserve *ls, int wait_ms,
    struct err *err);

/* ---- localserve_postfix.c */

/*
 * May this path stand in main.cf?  Postfix has no way to quote there.
 */
bool postfix_can_say(const char *path);
/* Writes main.cf and master.cf and makes the data directory. */
int postfix_write(struct localserve *ls, struct err *err);
/* The next start of Postfix doesn't look through all its files. */
int postfix_skip_checks(struct err *err);
/* Removes a data directory that had to be outside of the folder. */
void postfix_forget_data_dir(void);

/* ---- localserve_accounts.c */

/* Makes the domain and the accounts that aren't there yet; imapd runs. */
int accounts_ensure(const struct localserve *ls, struct err *err);

/* ---- localserve_cert.c */

/*
 * Writes a self-signed certificate for localhost and 127.0.0.1 and its key,
 * unless there is one that still is valid for some days.
 */
int cert_ensure(const char *cert_path, const char *key_path,
    struct err *err);

/* ---- localserve_leftover.c */

/* Remembers a process of ours, for leftover_end() of a later run. */
int leftover_note(const char *name, pid_t pid, struct err *err);
void leftover_forget(const char *name);
/*
 * Ends the process that was noted, if it lives and is the same.  1 ended,
 * 0 there was none, -1 it could not be ended.
 */
int leftover_end(const char *name, struct err *err);
/* The process id of the running Postfix master of this folder, or 0. */
pid_t leftover_master(void);
/*
 * The same for the master, which Postfix's own pid file names, and all that
 * it has started.
 */
int leftover_end_master(struct err *err);
/* Ends what a master that is gone has left running.  At most seconds. */
void leftover_end_group(pid_t group);

#endif
