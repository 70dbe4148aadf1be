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
/* Sorts the list and removes duplicates. */
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
	char name[LOGIN_MAX + 1];	/* login, or the id in hex */
	struct buf path;		/* own: path of its Maildir */
	struct salvage_ids bodies;	/* bodies that messages refer to */
	uint64_t written, lost, unchecked, unflagged;
	unsigned mailboxes;
};

void salvage_say(struct salvage *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Reports that n items of an account are lost, and counts them. */
void salvage_lost(struct salvage_account *sa, uint64_t n, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void salvage_progress(const struct salvage_account *sa);
/* Could part of the table not be read? */
bool salvage_is_damaged(const struct salvage *s, enum table t);

/* Writes everything of one account.  Returns 0, or -1 if it cannot write. */
int salvage_mailboxes(struct salvage_account *sa, struct err *err);

/* ---- bodies ---- */

enum salvage_result {
	SALVAGE_FAILED = -1,		/* cannot write */
	SALVAGE_LOST,			/* the body is not whole; see why */
	SALVAGE_UNCHECKED,		/* has its length, no checksum left */
	SALVAGE_WHOLE
};

/*
 * Gives a body to put, piece by piece.  Only the result says whether the
 * pieces were right.  len is the length in the message's record.
 */
enum salvage_result salvage_body(struct salvage *s, uint64_t account,
    uint64_t body, uint64_t len,
    int (*put)(void *arg, struct bytes piece, struct err *err), void *arg,
    struct err *why);

/* ---- Maildir ---- */

/* Makes ".Sub.Folder" from a mailbox's name; empty for INBOX.  Returns -1 if
   the name is not possible. */
int salvage_folder_name(const char *mailbox, struct buf *out);

struct maildir {
	int fd;				/* own */
	char *path;			/* own */
};

/* Creates the folder.  -1 with ERR_CODE_EXISTS if it exists already. */
int maildir_make(struct maildir *m, const char *path, bool is_sub,
    struct err *err);
void maildir_close(struct maildir *m);
/* Appends to a text file in the folder. */
int maildir_note(const struct maildir *m, const char *file,
    struct bytes text, struct err *err);

struct maildir_file {
	const struct maildir *m;
	int fd;				/* own */
	char name[120];
};

/* One message; readers do not see it before maildir_keep(). */
int maildir_begin(const struct maildir *m, struct maildir_file *f,
    const char *name, struct err *err);
int maildir_write(struct maildir_file *f, struct bytes piece,
    struct err *err);
int maildir_keep(struct maildir_file *f, const char *flags, int64_t date,
    struct err *err);
void maildir_drop(struct maildir_file *f);

#endif
