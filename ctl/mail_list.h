/*
 * mail_list - messages in files, mbox files and folders
 *
 * A path is a message in a file, an mbox file (it begins with "From "), a
 * Maildir (its cur and new are read), or a folder, whose files and folders are
 * read in turn.  Names that begin with a dot are skipped, and so are symbolic
 * links in folders.
 *
 *	struct mail_list list = MAIL_LIST_INIT;
 *
 *	if (mail_list_add(&list, path, label, err) == -1)
 *		...
 *	mail_list_sort(&list);
 *	for (size_t i = 0; i < list.count; i++)
 *		if (mail_list_open(&list, i, &message, err) == -1)
 *			...
 *	mail_list_clear(&list);
 *
 * Files are mapped one at a time; only places are kept in memory.
 */
#ifndef CTL_MAIL_LIST_H
#define CTL_MAIL_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* Folders in folders. */
#define MAIL_LIST_DEPTH_MAX	20

struct mail_list_item {
	const char *path;	/* in the list's arena */
	size_t offset, len;	/* in the file */
	uint32_t number;	/* in an mbox file, from 1; 0: the whole file */
	int label;		/* given to mail_list_add() */
	int64_t date;		/* newest of Received and Date; 0: none */
};

struct mail_list {
	struct arena arena;
	struct mail_list_item *items;	/* own */
	size_t count, cap;
	const char *mapped;	/* path of map, or NULL */
	struct bytes map;	/* own: a mapped file */
};

#define MAIL_LIST_INIT { .items = NULL }

/* Appends the messages at path.  Returns 0, or -1 with what is wrong. */
int mail_list_add(struct mail_list *l, const char *path, int label,
    struct err *err);

/* Sorts by date; messages of one date by path and place. */
void mail_list_sort(struct mail_list *l);

/* Gets a message, valid until the next call. */
int mail_list_open(struct mail_list *l, size_t i, struct bytes *message,
    struct err *err);

void mail_list_clear(struct mail_list *l);

#endif
