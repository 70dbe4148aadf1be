/*
 * junk_folder - a junk filter in a folder of its own, without a server
 *
 * The folder holds one table.  For trying the filter on mail in files, and
 * for building a site's prior.
 *
 *	struct junk_folder *j;
 *
 *	if (junk_folder_open(&options, &j, err) == -1)
 *		...
 *	junk_folder_judge(j, message, &judgement, NULL);
 *	junk_folder_train(j, message, true, &record);
 *	if (junk_folder_save(j, err) == -1)
 *		...
 *	junk_folder_close(&j);
 *
 * What was trained since the last save is lost if the process ends before.
 */
#ifndef CTL_JUNK_FOLDER_H
#define CTL_JUNK_FOLDER_H

#include "base/buf.h"
#include "base/err.h"
#include "junk/explain.h"
#include "junk/model.h"

struct junk_folder {
	struct buf path;		/* own: of the table; empty: none */
	int lock;			/* own: descriptor, or -1 */
	struct table *table;		/* own */
	struct table *prior;		/* own, or NULL */
	struct model *model;		/* own */
	struct extract *extract;	/* own */
	struct extract *prior_extract;	/* own; NULL if the keys are equal */
	struct features *features;	/* own: of the last message */
	struct features *readable;	/* own: the same with texts, or NULL */
	struct features *prior_features; /* own, or NULL */
	bool set_aside;			/* a damaged table was renamed */
};

struct junk_folder_options {
	const char *dir;	/* NULL: a table in memory only */
	const char *prior;	/* NULL: without one */
	/*
	 * A number that a new table's key and seed are made from, so that a
	 * measurement can be repeated; NULL: random ones.
	 */
	const char *seed;
};

/*
 * Opens the table, or begins one: with the feature key of the prior if there
 * is one.  The folder is made, and locked against other processes.  0 or -1.
 */
int junk_folder_open(const struct junk_folder_options *options,
    struct junk_folder **out, struct err *err);

/* why may be NULL; its words are valid until the next message. */
void junk_folder_judge(struct junk_folder *j, struct bytes message,
    struct model_judgement *out, struct explanation *why);
void junk_folder_train(struct junk_folder *j, struct bytes message, bool junk,
    struct model_record *out);
void junk_folder_untrain(struct junk_folder *j, struct bytes message,
    bool junk, const struct model_record *record);

/* Writes the table, unless it is in memory only. */
int junk_folder_save(struct junk_folder *j, struct err *err);

void junk_folder_close(struct junk_folder **j);

#endif
