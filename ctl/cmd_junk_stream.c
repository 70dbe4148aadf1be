/*
 * junk stream: the junk filter as a program that reads requests, one on a
 * line, and answers each with one line, so that other programs can measure it.
 *
 *	classify PATH			score=NUMBER verdict=ham|spam|unsure
 *	train junk|spam|ham PATH	ok
 *	untrain junk|spam|ham PATH	ok
 *	size				bytes=NUMBER
 *	quit				(ends)
 *
 * A request that fails is answered by "error TEXT".  To untrain a message it
 * must have been trained by the same path since the program started.
 */
#include <config.h>

#include <sys/stat.h>

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "command/options.h"
#include "ctl/commands.h"
#include "ctl/junk_folder.h"

/* A larger message is read up to there. */
#define MESSAGE_MAX	((size_t)1 << 30)

/* What training a path did. */
struct trained {
	char *path;			/* own */
	struct model_record record;
	bool junk;
};

struct stream {
	struct junk_folder *junk;	/* borrowed */
	struct buf message;		/* own */
	void *trained;			/* own: tree of struct trained */
};

static int
trained_compare(const void *a, const void *b)
{
	const struct trained *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static void
trained_free(void *node)
{
	struct trained *t = node;

	free(t->path);
	free(t);
}

/* Replaces what is known of the path. */
static void
trained_keep(struct stream *s, const char *path, bool junk,
    const struct model_record *record)
{
	struct trained *t = calloc(1, sizeof(*t)), **found;

	if (t == NULL || (t->path = strdup(path)) == NULL)
		fatal("out of memory for a path");
	if ((found = tsearch(t, &s->trained, trained_compare)) == NULL)
		fatal("out of memory for a path");
	(*found)->record = *record;
	(*found)->junk = junk;
	if (*found != t)
		trained_free(t);
}

static void
trained_drop(struct stream *s, struct trained *t)
{
	(void)tdelete(t, &s->trained, trained_compare);
	trained_free(t);
}

/* ---- requests --------------------------------------------------------- */

static int
message_load(struct stream *s, const char *path, struct err *err)
{
	buf_clear(&s->message);
	return file_read(path, MESSAGE_MAX, &s->message, err);
}

static const char *
verdict_word(enum model_verdict v)
{
	return v == MODEL_JUNK ? "spam" : model_verdict_name(v);
}

static int
classify(struct stream *s, const char *path, struct err *err)
{
	struct model_judgement j;

	if (message_load(s, path, err) == -1)
		return -1;
	junk_folder_judge(s->junk, buf_view(&s->message), &j, NULL);
	(void)printf("score=%.6f verdict=%s\n", j.score,
	    verdict_word(j.verdict));
	return 0;
}

/* Splits "junk PATH".  Returns the path, or NULL. */
static const char *
label_take(const char *args, bool *junk)
{
	static const struct {
		const char *word;
		bool junk;
	} labels[] = {
		{ "junk ", true }, { "spam ", true }, { "ham ", false }
	};

	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++) {
		size_t n = strlen(labels[i].word);

		*junk = labels[i].junk;
		if (strncmp(args, labels[i].word, n) == 0)
			return args + n;
	}
	return NULL;
}

static int
train(struct stream *s, const char *args, struct err *err)
{
	struct model_record record;
	bool junk;
	const char *path = label_take(args, &junk);

	if (path == NULL)
		return err_set(err, ERR_SYNTAX, "neither junk nor ham");
	if (message_load(s, path, err) == -1)
		return -1;
	junk_folder_train(s->junk, buf_view(&s->message), junk, &record);
	trained_keep(s, path, junk, &record);
	(void)puts("ok");
	return 0;
}

static int
untrain(struct stream *s, const char *args, struct err *err)
{
	bool junk;
	const char *path = label_take(args, &junk);
	struct trained key = { 0 }, **found;

	if (path == NULL)
		return err_set(err, ERR_SYNTAX, "neither junk nor ham");
	if ((key.path = strdup(path)) == NULL)
		fatal("out of memory for a path");
	found = tfind(&key, &s->trained, trained_compare);
	free(key.path);
	if (found == NULL || (*found)->junk != junk)
		return err_set(err, ERR_REFUSED, "'%s' was not trained so",
		    path);
	if (message_load(s, path, err) == -1)
		return -1;
	junk_folder_untrain(s->junk, buf_view(&s->message), junk,
	    &(*found)->record);
	trained_drop(s, *found);
	(void)puts("ok");
	return 0;
}

static int
size(struct stream *s, const char *args, struct err *err)
{
	struct stat st;

	(void)args;
	if (junk_folder_save(s->junk, err) == -1)
		return -1;
	if (stat(buf_cstr(&s->junk->path), &st) == -1)
		return err_sys(err, ERR_TEMP, "cannot read the table");
	(void)printf("bytes=%lld\n", (long long)st.st_blocks * 512);
	return 0;
}

static const struct {
	const char *word;
	int (*run)(struct stream *s, const char *args, struct err *err);
} requests[] = {
	{ "classify ", classify },
	{ "train ", train },
	{ "untrain ", untrain },
	{ "size", size },
};

static int
request_run(struct stream *s, const char *line, struct err *err)
{
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		size_t n = strlen(requests[i].word);

		if (strncmp(line, requests[i].word, n) == 0)
			return requests[i].run(s, line + n, err);
	}
	return err_set(err, ERR_SYNTAX, "unknown request");
}

static void
stream_run(struct stream *s)
{
	struct err err = ERR_INIT;
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, stdin)) > 0) {
		while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
			line[--n] = '\0';
		if (strcmp(line, "quit") == 0)
			break;
		err_clear(&err);
		if (request_run(s, line, &err) == -1)
			(void)printf("error %s\n", err.text);
		if (fflush(stdout) == EOF)
			break;
	}
	free(line);
}

int
cmd_junk_stream(struct command *c, int argc, char **argv)
{
	struct junk_folder_options o = { NULL, NULL, NULL };
	const struct command_option options[] = {
		OPTION_VALUE("db", &o.dir),
		OPTION_VALUE("prior", &o.prior),
		OPTION_VALUE("seed", &o.seed),
		OPTION_END
	};
	struct stream s = { .message = BUF_INIT };
	struct err err = ERR_INIT;
	int status, rc;

	if (!options_take(c, options, &argc, argv, &status))
		return status;
	if (o.dir == NULL)
		return command_usage(c, "--db is needed: the folder of the "
		    "table");
	if (junk_folder_open(&o, &s.junk, &err) == -1)
		return command_fail(&err);
	stream_run(&s);
	rc = junk_folder_save(s.junk, &err);
	tdestroy(s.trained, trained_free);
	buf_free(&s.message);
	junk_folder_close(&s.junk);
	return rc == -1 ? command_fail(&err) : command_flush();
}
