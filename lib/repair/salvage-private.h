/* salvage-private - what the files of salvage share */
#ifndef REPAIR_SALVAGE_PRIVATE_H
#define REPAIR_SALVAGE_PRIVATE_H

#include "kv/key.h"
#include "kv/kv_pages.h"
#include "segment/tables.h"
#include "directory/account.h"
#include "store/stored_message.h"
#include "repair/salvage.h"

/* A list of numbers. */
struct salvage_ids {
	uint64_t *id;			/* own */
	size_t n, cap;
};

void salvage_ids_add(struct salvage_ids *ids, uint64_t id);
/* Ascending, each once. */
void salvage_ids_sort(struct salvage_ids *ids);
bool salvage_ids_has(const struct salvage_ids *ids, uint64_t id);

struct salvage {
	const struct salvage_config *config;
	struct kv_pages *pages;		/* own */
	const struct reader *r;
	int64_t lost;
	uint64_t written;
};

struct salvage_account {
	struct salvage *s;
	uint64_t id;
	char name[LOGIN_MAX + 1];	/* login, or the id */
	struct buf path;		/* own: its Maildir */
	struct salvage_ids bodies;	/* that message records name */
	uint64_t written, lost, unchecked, unflagged;
	unsigned mailboxes;
};

void salvage_say(struct salvage *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* n things of an account are lost: says so and counts them. */
void salvage_lost(struct salvage_account *sa, uint64_t n, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void salvage_progress(const struct salvage_account *sa);
/* Does something of the table not read? */
bool salvage_is_damaged(const struct salvage *s, enum table t);

/* Everything of one account.  0, or -1: nothing can be written. */
int salvage_mailboxes(struct salvage_account *sa, struct err *err);

/* ---- bodies ---- */

enum salvage_result {
	SALVAGE_FAILED = -1,		/* nothing can be written */
	SALVAGE_LOST,			/* the body is not whole: why says */
	SALVAGE_UNCHECKED,		/* whole, but its checksum is lost */
	SALVAGE_WHOLE
};

/*
 * Gives a body to put, piece after piece.  Only the result says whether the
 * pieces were right.  len: what the message's record says.
 */
enum salvage_result salvage_body(struct salvage *s, uint64_t account,
    uint64_t body, uint64_t len,
    int (*put)(void *arg, struct bytes piece, struct err *err), void *arg,
    struct err *why);

/* ---- Maildir ---- */

/* ".Sub.Folder" of a mailbox's name; empty for INBOX.  -1: no such name. */
int salvage_folder_name(const char *mailbox, struct buf *out);

struct maildir {
	int fd;				/* own */
	char *path;			/* own */
};

/* Makes it.  ERR_CODE_EXISTS: there is one already. */
int maildir_make(struct maildir *m, const char *path, bool is_sub,
    struct err *err);
void maildir_close(struct maildir *m);
/* Adds to a text file in the folder. */
int maildir_note(const struct maildir *m, const char *file,
    struct bytes text, struct err *err);

struct maildir_file {
	const struct maildir *m;
	int fd;				/* own */
	char name[120];
};

/* One message, not seen by readers before it is kept. */
int maildir_begin(const struct maildir *m, struct maildir_file *f,
    const char *name, struct err *err);
int maildir_write(struct maildir_file *f, struct bytes piece,
    struct err *err);
int maildir_keep(struct maildir_file *f, const char *flags, int64_t date,
    struct err *err);
void maildir_drop(struct maildir_file *f);

#endif
