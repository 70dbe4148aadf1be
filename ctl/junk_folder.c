/* junk_folder - a table, its prior and what reads messages for them. */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/random.h"
#include "junk/extract.h"
#include "ctl/junk_folder.h"

static int
prior_open(struct junk_folder *j, const char *path, struct err *err)
{
	if (table_open(path, &j->prior, err) == -1)
		return -1;
	return j->prior->state.prior ? 0 : err_set(err, ERR_REFUSED,
	    "'%s' is the table of an account, not a prior", path);
}

/* With the number in place of what would be random. */
static int
seeded_begin(struct junk_folder *j, const char *text, struct err *err)
{
	unsigned char key[KEYED_HASH_KEY_SIZE] = { 0 };
	uint64_t seed;

	if (decimal_parse(bytes_of(text), UINT32_MAX, &seed) == -1)
		return err_set(err, ERR_SYNTAX,
		    "'%s' is not a number up to %u", text, UINT32_MAX);
	be64_put(key, seed);
	j->table = table_new(j->prior != NULL ? j->prior->key : key);
	j->table->seed = (uint32_t)seed;
	return 0;
}

/* With the prior's key no message has to be read twice. */
static int
table_begin(struct junk_folder *j, const char *seed, struct err *err)
{
	unsigned char key[KEYED_HASH_KEY_SIZE];

	if (seed != NULL)
		return seeded_begin(j, seed, err);
	random_bytes(key, sizeof(key));
	j->table = table_new(j->prior != NULL ? j->prior->key : key);
	return 0;
}

static int
folder_lock(struct junk_folder *j, const char *dir, struct err *err)
{
	struct buf path = BUF_INIT;

	if (file_mkdirs(dir, 0700, err) == -1)
		return -1;
	buf_printf(&path, "%s/lock", dir);
	j->lock = file_lock(buf_cstr(&path), err);
	buf_free(&path);
	return j->lock == -1 ? -1 : 0;
}

static int
folder_table_open(struct junk_folder *j, const char *dir, struct err *err)
{
	if (folder_lock(j, dir, err) == -1)
		return -1;
	buf_printf(&j->path, "%s/table", dir);
	if (table_open_or_set_aside(buf_cstr(&j->path), &j->table,
	    &j->set_aside, err) == -1)
		return -1;
	if (j->table != NULL && j->table->state.prior)
		return err_set(err, ERR_REFUSED,
		    "'%s' is a prior, not the table of an account",
		    buf_cstr(&j->path));
	return 0;
}

static void
readers_make(struct junk_folder *j)
{
	j->model = model_new();
	j->extract = extract_new(j->table->key);
	j->features = features_new(false);
	if (j->prior == NULL || memcmp(j->prior->key, j->table->key,
	    KEYED_HASH_KEY_SIZE) == 0)
		return;
	j->prior_extract = extract_new(j->prior->key);
	j->prior_features = features_new(false);
}

static int
tables_open(struct junk_folder *j, const struct junk_folder_options *o,
    struct err *err)
{
	if (o->prior != NULL && prior_open(j, o->prior, err) == -1)
		return -1;
	if (o->dir != NULL && folder_table_open(j, o->dir, err) == -1)
		return -1;
	return j->table != NULL ? 0 : table_begin(j, o->seed, err);
}

int
junk_folder_open(const struct junk_folder_options *options,
    struct junk_folder **out, struct err *err)
{
	struct junk_folder *j = calloc(1, sizeof(*j));

	if (j == NULL)
		fatal("out of memory for %zu bytes", sizeof(*j));
	j->lock = -1;
	if (tables_open(j, options, err) == -1) {
		junk_folder_close(&j);
		return -1;
	}
	readers_make(j);
	*out = j;
	return 0;
}

static struct model_view
message_view(struct junk_folder *j, struct bytes message, struct features *f)
{
	struct model_view v = { j->table, f, j->prior, f };

	extract_message(j->extract, message, f);
	if (j->prior_extract != NULL) {
		extract_message(j->prior_extract, message, j->prior_features);
		v.prior_features = j->prior_features;
	}
	return v;
}

void
junk_folder_judge(struct junk_folder *j, struct bytes message,
    struct model_judgement *out, struct explanation *why)
{
	struct features *f = j->features;
	struct model_view v;

	if (why != NULL) {
		if (j->readable == NULL)
			j->readable = features_new(true);
		f = j->readable;
	}
	v = message_view(j, message, f);
	model_judge(j->model, &v, out);
	if (why != NULL)
		explain(&v, out, why);
}

void
junk_folder_train(struct junk_folder *j, struct bytes message, bool junk,
    struct model_record *out)
{
	struct model_view v = message_view(j, message, j->features);

	model_train(j->model, &v, junk, out);
}

void
junk_folder_untrain(struct junk_folder *j, struct bytes message,
    bool junk, const struct model_record *record)
{
	struct model_view v = message_view(j, message, j->features);

	model_untrain(j->model, &v, junk, record);
}

int
junk_folder_save(struct junk_folder *j, struct err *err)
{
	return j->path.len == 0 ? 0 :
	    table_save(j->table, buf_cstr(&j->path), err);
}

void
junk_folder_close(struct junk_folder **j)
{
	struct junk_folder *o = *j;

	if (o == NULL)
		return;
	table_free(&o->table);
	table_free(&o->prior);
	model_free(&o->model);
	extract_free(&o->extract);
	extract_free(&o->prior_extract);
	features_free(&o->features);
	features_free(&o->readable);
	features_free(&o->prior_features);
	buf_free(&o->path);
	if (o->lock != -1)
		(void)close(o->lock);
	free(o);
	*j = NULL;
}
