/*
 * localserve - shared by the files of localserve
 *
 * All paths in localserve's folder are relative: localserve and the programs
 * that it starts have the folder as their working directory.  So the folder may
 * be below one that only its owner can search, and no socket path gets too
 * long.
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
#define LS_CONF_OURS	"localserve.conf"	/* written at each start */
#define LS_DNS_DATA	"dns-data"		/* the user's */
#define LS_CERT		"tls/cert.pem"
#define LS_KEY		"tls/key.pem"
#define LS_ORIGIN_KEY	"origin.key"
#define LS_DKIM		"dkim"
#define LS_SPOOL	"spool"			/* Postfix's queue */
#define LS_SOCKETS	"spool/postern"		/* our sockets for Postfix */
#define LS_RUN		"run"
#define LS_STATE	"state"
#define LS_LOCK		"lock"
#define LS_POSTFIX	"postfix"		/* main.cf and master.cf */
#define LS_POSTFIX_LOG	"postfix/log"		/* a FIFO */

struct command;

/* From the command line. */
struct localserve_options {
	const char *dir;		/* borrowed, or in the arena */
	const char *postfix;		/* folder of an unpacked Postfix, or
					   NULL */
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
	const char *postfix;		/* likewise; "" for the system's */
	uid_t postfix_uid;
	gid_t postfix_gid;
	gid_t postfix_drop_gid;		/* of its mail drop */
	uid_t imapd_uid, milter_uid;	/* not set when shared_uid */
	gid_t imapd_gid;
	const char *data_dir;		/* Postfix's data_directory, absolute */
};

/* ---- localserve_options.c */

/*
 * Parses the command line.  Returns false if the command must end with *status;
 * an error has then been printed.
 */
bool localserve_options(struct localserve *ls, struct command *c, int argc,
    char **argv, int *status);

/* ---- localserve_identity.c */

/* Is this process root in a user namespace that an ordinary user created? */
bool identity_is_ordinary(void);
/*
 * Run by an ordinary user, it executes the same command line as root of a user
 * namespace and does not return.  Returns 0 if this is root already, -1 if
 * something that is needed for a namespace is missing.
 */
int identity_enter(int argc, char **argv, struct err *err);
/* Finds the users that the settings name. */
int identity_resolve(struct localserve *ls, struct err *err);

/* ---- localserve_layout.c */

/* Finds Postfix, creates the folder and enters it. */
int layout_enter(struct localserve *ls, struct err *err);
/* Writes our files, and the user's files if they do not exist. */
int layout_write(struct localserve *ls, struct err *err);
/* Sets the owners of folders and keys; after identity_resolve(). */
int layout_own(const struct localserve *ls, struct err *err);
/* Waits up to wait_ms for each port to be free.  Returns 0, or -1 if one is in
   use. */
int layout_check_ports(const struct localserve *ls, int wait_ms,
    struct err *err);

/* ---- localserve_postfix.c */

/* Can this path be written in main.cf, which has no quoting? */
bool postfix_can_say(const char *path);
/* Writes main.cf and master.cf and makes the data directory. */
int postfix_write(struct localserve *ls, struct err *err);
/* Makes the next start of Postfix skip the check of all its files. */
int postfix_skip_checks(struct err *err);
/* Removes a data directory that had to be outside the folder. */
void postfix_forget_data_dir(void);

/* ---- localserve_accounts.c */

/* Creates the domain and the accounts that do not exist.  imapd must run. */
int accounts_ensure(const struct localserve *ls, struct err *err);

/* ---- localserve_cert.c */

/*
 * Writes a self-signed certificate for localhost and 127.0.0.1 and its key,
 * unless there is one that is valid for at least another week.
 */
int cert_ensure(const char *cert_path, const char *key_path,
    struct err *err);

/* ---- localserve_leftover.c */

/* Notes a process of ours, for leftover_end() in a later run. */
int leftover_note(const char *name, pid_t pid, struct err *err);
void leftover_forget(const char *name);
/*
 * Ends the process that was noted, if it is still running.  Returns 1 if it was
 * ended, 0 if it was not running, -1 if it could not be ended.
 */
int leftover_end(const char *name, struct err *err);
/* The process id of the running Postfix master of this folder, or 0. */
pid_t leftover_master(void);
/*
 * The same for the Postfix master, found by Postfix's own pid file, and for
 * all processes that it has started.
 */
int leftover_end_master(struct err *err);
/* Ends what a master that is gone has left running.  Takes a few seconds at
   most. */
void leftover_end_group(pid_t group);

#endif
