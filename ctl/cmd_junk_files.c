/*
 * junk classify, junk train, junk prior: the junk filter on mail in files,
 * with a table in a folder and no server.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "junk/explain.h"
#include "command/options.h"
#include "command/output.h"
#include "ctl/commands.h"
#include "ctl/junk_folder.h"
#include "ctl/mail_list.h"
#include "ctl/progress.h"

/* Trained messages of each kind below which a prior is hardly of use. */
#define PRIOR_FEW	100

/* What all three have. */
struct work {
	struct junk_folder *junk;	/* own */
	struct mail_list list;		/* own */
	bool explain;
};

static int
paths_add(struct work *w, char **paths, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (mail_list_add(&w->list, paths[i], 0, err) == -1)
			return -1;
	return 0;
}

static void
work_end(struct work *w)
{
	mail_list_clear(&w->list);
	junk_folder_close(&w->junk);
}

static int
work_fail(struct work *w, const struct err *err)
{
	work_end(w);
	return command_fail(err);
}

static void
warn_set_aside(const struct work *w)
{
	if (w->junk->set_aside)
		(void)fprintf(stderr, "postern: the table was damaged or of "
		    "another version; it was renamed to '" BYTES_FMT
		    ".damaged', and a new one begun\n",
		    BYTES_ARG(w->junk->path));
}

/* ---- classify --------------------------------------------------------- */

static json_t *
words_json(const struct explain_word *words, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(array, json_pack("{s:o, s:f}",
		    "word", output_bytes(words[i].text),
		    "score", words[i].score));
	return array;
}

static json_t *
parts_json(const struct model_judgement *j)
{
	json_t *object = json_object();

	for (int g = 0; g < FEATURE_GROUPS; g++)
		(void)json_object_set_new(object, feature_group_name(g),
		    json_real(j->part[g]));
	return object;
}

static json_t *
judgement_json(const struct work *w, const char *name,
    const struct model_judgement *j, const struct explanation *e)
{
	json_t *o = json_pack("{s:o, s:s, s:f, s:f}",
	    "message", output_bytes(bytes_of(name)),
	    "verdict", model_verdict_name(j->verdict), "score", j->score,
	    "threshold", j->threshold);

	if (w->explain) {
		(void)json_object_set_new(o, "parts", parts_json(j));
		(void)json_object_set_new(o, "for-junk",
		    words_json(e->junk, e->junk_count));
		(void)json_object_set_new(o, "for-ham",
		    words_json(e->ham, e->ham_count));
	}
	return o;
}

/* Words come from the message: control characters must not be printed. */
static void
words_print(const struct explain_word *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		(void)printf("  %+7.3f  ", words[i].score);
		for (size_t k = 0; k < words[i].text.len; k++) {
			unsigned char c = (unsigned char)words[i].text.data[k];

			(void)putchar(c < 0x20 || c == 0x7f ? '?' : c);
		}
		(void)putchar('\n');
	}
}

static void
judgement_print(const struct work *w, const char *name,
    const struct model_judgement *j, const struct explanation *e)
{
	(void)printf("%-6s %7.3f  %s\n", model_verdict_name(j->verdict),
	    j->score, name);
	if (!w->explain)
		return;
	(void)printf("  threshold %.2f, trained %u junk and %u ham\n",
	    j->threshold, w->junk->table->state.junk,
	    w->junk->table->state.ham);
	for (int g = 0; g < FEATURE_GROUPS; g++)
		(void)printf("  %+7.3f  (%s)\n", j->part[g],
		    feature_group_name(g));
	words_print(e->junk, e->junk_count);
	words_print(e->ham, e->ham_count);
}

static const char *
item_name(struct arena *a, const struct mail_list_item *item)
{
	return item->number == 0 ? item->path :
	    arena_printf(a, "%s:%u", item->path, item->number);
}

/* Judges one message; prints it or, with array, appends it. */
static int
message_classify(struct work *w, size_t i, json_t *array, struct err *err)
{
	struct model_judgement j;
	struct explanation e;
	struct bytes message;
	struct arena a;
	const char *name;

	if (mail_list_open(&w->list, i, &message, err) == -1)
		return -1;
	junk_folder_judge(w->junk, message, &j, w->explain ? &e : NULL);
	arena_init(&a);
	name = item_name(&a, &w->list.items[i]);
	if (array != NULL)
		(void)json_array_append_new(array,
		    judgement_json(w, name, &j, &e));
	else
		judgement_print(w, name, &j, &e);
	arena_clear(&a);
	return 0;
}

static int
list_classify(struct command *c, struct work *w, struct err *err)
{
	json_t *array = c->json ? json_array() : NULL;

	for (size_t i = 0; i < w->list.count; i++)
		if (message_classify(w, i, array, err) == -1) {
			json_decref(array);
			return work_fail(w, err);
		}
	work_end(w);
	return array == NULL ? command_flush() : output_json(array);
}

int
cmd_junk_classify(struct command *c, int argc, char **argv)
{
	struct junk_folder_options o = { NULL, NULL, NULL };
	struct work w = { .list = MAIL_LIST_INIT };
	const struct command_option options[] = {
		OPTION_VALUE("db", &o.dir),
		OPTION_VALUE("prior", &o.prior),
		OPTION_FLAG("explain", &w.explain),
		OPTION_END
	};
	struct err err = ERR_INIT;
	int status;

	if (!options_take(c, options, &argc, argv, &status))
		return status;
	if (o.dir == NULL && o.prior == NULL)
		return command_usage(c, "--db or --prior is needed");
	if (junk_folder_open(&o, &w.junk, &err) == -1)
		return command_fail(&err);
	warn_set_aside(&w);
	if (paths_add(&w, argv, (size_t)argc, &err) == -1)
		return work_fail(&w, &err);
	return list_classify(c, &w, &err);
}

/* ---- train ------------------------------------------------------------ */

static int
list_train(struct work *w, struct err *err)
{
	struct model_record record;
	struct progress progress;
	struct bytes message;
	int rc = 0;

	progress_begin(&progress, "messages", w->list.count);
	for (size_t i = 0; rc == 0 && i < w->list.count; i++) {
		if ((rc = mail_list_open(&w->list, i, &message, err)) == 0)
			junk_folder_train(w->junk, message,
			    w->list.items[i].label, &record);
		progress_step(&progress);
	}
	progress_end(&progress);
	return rc;
}

static int
trained_report(struct command *c, const struct table *t)
{
	if (c->json)
		return output_json(json_pack("{s:I, s:I}",
		    "junk", (json_int_t)t->state.junk,
		    "ham", (json_int_t)t->state.ham));
	(void)printf("trained %u junk and %u ham messages\n", t->state.junk,
	    t->state.ham);
	return command_flush();
}

static int
work_train(struct command *c, struct work *w, struct err *err)
{
	int status;

	if (list_train(w, err) == -1 || junk_folder_save(w->junk, err) == -1)
		return work_fail(w, err);
	status = trained_report(c, w->junk->table);
	work_end(w);
	return status;
}

/* Paths of both kinds, sorted: order matters to training. */
struct labelled_paths {
	struct option_words junk, ham;
};

static int
words_add(struct work *w, const struct option_words *words, int label,
    struct err *err)
{
	for (size_t i = 0; i < words->n; i++)
		if (mail_list_add(&w->list, words->v[i], label, err) == -1)
			return -1;
	return 0;
}

static int
labelled_add(struct work *w, const struct labelled_paths *paths,
    struct err *err)
{
	if (words_add(w, &paths->junk, 1, err) == -1 ||
	    words_add(w, &paths->ham, 0, err) == -1)
		return -1;
	mail_list_sort(&w->list);
	return 0;
}

int
cmd_junk_train(struct command *c, int argc, char **argv)
{
	struct junk_folder_options o = { NULL, NULL, NULL };
	struct labelled_paths paths = { { NULL, 0 }, { NULL, 0 } };
	const struct command_option options[] = {
		OPTION_VALUE("db", &o.dir),
		OPTION_VALUE("prior", &o.prior),
		OPTION_WORDS("junk", &paths.junk),
		OPTION_WORDS("ham", &paths.ham),
		OPTION_END
	};
	struct work w = { .list = MAIL_LIST_INIT };
	struct err err = ERR_INIT;
	int status;

	if (!options_take(c, options, &argc, argv, &status))
		return status;
	if (o.dir == NULL || paths.junk.n + paths.ham.n == 0)
		return command_usage(c,
		    "--db and --junk or --ham are needed");
	if (junk_folder_open(&o, &w.junk, &err) == -1)
		return command_fail(&err);
	warn_set_aside(&w);
	if (labelled_add(&w, &paths, &err) == -1)
		return work_fail(&w, &err);
	return work_train(c, &w, &err);
}

/* ---- prior ------------------------------------------------------------ */

static int
prior_write(struct command *c, struct work *w, const char *path,
    struct err *err)
{
	const struct table_state *s = &w->junk->table->state;
	int status;

	if (list_train(w, err) == -1)
		return work_fail(w, err);
	table_make_prior(w->junk->table);
	if (table_save(w->junk->table, path, err) == -1)
		return work_fail(w, err);
	if (s->junk < PRIOR_FEW || s->ham < PRIOR_FEW)
		(void)fprintf(stderr, "postern: a prior of fewer than %d "
		    "messages of each kind is hardly of use\n", PRIOR_FEW);
	status = trained_report(c, w->junk->table);
	work_end(w);
	return status;
}

int
cmd_junk_prior(struct command *c, int argc, char **argv)
{
	struct labelled_paths paths = { { NULL, 0 }, { NULL, 0 } };
	const struct junk_folder_options none = { NULL, NULL, NULL };
	const char *output = NULL;
	const struct command_option options[] = {
		OPTION_VALUE("output", &output),
		OPTION_WORDS("junk", &paths.junk),
		OPTION_WORDS("ham", &paths.ham),
		OPTION_END
	};
	struct work w = { .list = MAIL_LIST_INIT };
	struct err err = ERR_INIT;
	int status;

	if (!options_take(c, options, &argc, argv, &status))
		return status;
	if (output == NULL || paths.junk.n == 0 || paths.ham.n == 0)
		return command_usage(c,
		    "--output, --junk and --ham are needed");
	if (junk_folder_open(&none, &w.junk, &err) == -1)
		return command_fail(&err);
	if (labelled_add(&w, &paths, &err) == -1)
		return work_fail(&w, &err);
	return prior_write(c, &w, output, &err);
}
