/*
 * settings - loads the settings from the file and the overrides, and compares
 * old and new settings when they are loaded again.
 */
#include <config.h>

#include <assert.h>
#include <libgen.h>
#include <string.h>
#include <unistd.h>

#include "config/settings-private.h"

const struct settings_option *
settings_find(const char *name)
{
	for (const struct settings_option *o = settings_table();
	    o->name != NULL; o++)
		if (strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

const char *
settings_default_path(void)
{
	const char *path = getenv("POSTERN_CONF");

	return path != NULL && *path != '\0' ? path :
	    PKGSYSCONFDIR "/postern.conf";
}

static struct settings_row *
row_of(const struct settings *s, const struct settings_option *o)
{
	return &s->rows[o - settings_table()];
}

static const char *
canonical(struct settings *s, const struct settings_option *o)
{
	struct buf text = BUF_INIT;
	const char *copy;

	settings_format(s, o, &text);
	copy = arena_strdup(&s->arena, buf_cstr(&text));
	buf_free(&text);
	return copy;
}

/* A default that cannot be parsed is a mistake in the table. */
static void
load_default(struct settings *s, const struct settings_option *o)
{
	struct settings_row *row = row_of(s, o);
	struct conf_item *items;
	struct err err = ERR_INIT;
	const char *text;

	text = arena_printf(&s->arena, "%s = %s", o->name,
	    *o->value == '\0' ? "\"\"" : o->value);
	if (conf_parse(&s->arena, "the default", bytes_of(text), NULL, &items,
	    &err) == -1 ||
	    settings_value_parse(s, o, items, &err) == -1)
		fatal("%s", err.text);
	row->text = row->default_text = canonical(s, o);
}

static const char *
candidate_name(const void *ctx, size_t i)
{
	return settings_table()[i].name;
}

const char *
settings_meant(const char *name)
{
	return conf_suggest(name, candidate_name, NULL);
}

static int
unknown_err(struct err *err, const struct conf_item *item)
{
	const char *meant = settings_meant(item->name);

	if (meant == NULL)
		return conf_err(err, item->pos, "unknown setting '%s'",
		    item->name);
	return conf_err(err, item->pos,
	    "unknown setting '%s'; did you mean '%s'?", item->name, meant);
}

static int
apply(struct settings *s, const struct conf_item *item, struct err *err)
{
	const struct settings_option *o;
	struct settings_row *row;

	if (item->is_section)
		return conf_err(err, item->pos, "unknown section '%s'",
		    item->name);
	if ((o = settings_find(item->name)) == NULL)
		return unknown_err(err, item);
	row = row_of(s, o);
	/* An override may replace a value of the file or of another one. */
	if (row->is_set && item->pos.line > 0)
		return conf_err(err, item->pos,
		    "%s is set twice; it was first set at %s:%u",
		    o->name, row->where.file, row->where.line);
	if (settings_value_parse(s, o, item, err) == -1)
		return -1;
	row->is_set = true;
	row->where = item->pos;
	row->text = canonical(s, o);
	return 0;
}

/* Splits VALUE of "NAME=VALUE" into words at the commas if it is a list. */
static void
split_override(struct settings *s, const struct settings_option *o,
    const char *value, struct conf_item *item)
{
	bool is_list = settings_type_is_list(o->type);
	size_t count = 1;
	struct bytes word;
	const char *end;

	for (const char *c = value; is_list && *c != '\0'; c++)
		count += *c == ',';
	item->words = arena_array(&s->arena, count, sizeof(*item->words));
	item->word_count = count;
	for (size_t i = 0; i < count; i++) {
		end = is_list ? strchrnul(value, ',') : value + strlen(value);
		word = bytes_trim(bytes_make(value, (size_t)(end - value)));
		item->words[i].text = arena_memdup(&s->arena, word.data,
		    word.len);
		item->words[i].pos = item->pos;
		value = end + (*end == ',');
	}
}

static int
apply_override(struct settings *s, const char *text, struct err *err)
{
	const struct settings_option *o;
	struct conf_item item = { .word_count = 0 };
	struct bytes name;
	const char *equals = strchr(text, '=');

	item.pos.file = arena_printf(&s->arena, "--set %s", text);
	if (equals == NULL)
		return conf_err(err, item.pos, "expected NAME=VALUE");
	name = bytes_trim(bytes_make(text, (size_t)(equals - text)));
	item.name = arena_memdup(&s->arena, name.data, name.len);
	if ((o = settings_find(item.name)) == NULL)
		return unknown_err(err, &item);
	split_override(s, o, equals + 1, &item);
	return apply(s, &item, err);
}

/*
 * Returns the folder that relative paths are resolved against, without symbolic
 * links.  If the file is in the working directory, relative paths stay
 * relative: that works even if the program's user may not search the folders
 * above, and it keeps the paths of sockets short.
 */
static const char *
config_dir_of(struct settings *s, const char *file)
{
	char *dir, *real;
	const char *result;

	if (file == NULL)
		return PKGSYSCONFDIR;
	if (strchr(file, '/') == NULL)
		return ".";
	dir = dirname(arena_strdup(&s->arena, file));
	if ((real = realpath(dir, NULL)) == NULL)
		return dir;
	result = arena_strdup(&s->arena, real);
	free(real);
	return result;
}

/* Replaces an empty value that stands for something else. */
static void
fill_in(struct settings *s)
{
	char name[256];

	if (*s->hostname != '\0')
		return;
	if (gethostname(name, sizeof(name)) == -1 || name[0] == '\0')
		(void)snprintf(name, sizeof(name), "localhost");
	name[sizeof(name) - 1] = '\0';
	s->hostname = arena_strdup(&s->arena, name);
}

static int
load_items(struct settings *s, const struct conf_item *items,
    const char *const *overrides, size_t override_count, struct err *err)
{
	const char *config_dir = config_dir_of(s, s->file);
	const struct settings_option *o;

	s->rows = arena_array(&s->arena, settings_count(), sizeof(*s->rows));
	for (o = settings_table(); o->name != NULL; o++)
		load_default(s, o);
	for (; items != NULL; items = items->next)
		if (apply(s, items, err) == -1)
			return -1;
	for (size_t i = 0; i < override_count; i++)
		if (apply_override(s, overrides[i], err) == -1)
			return -1;
	/* Paths first, because socket paths are relative to run-dir. */
	for (o = settings_table(); o->name != NULL; o++)
		if (o->type == SETTINGS_PATH)
			settings_value_resolve(s, o, config_dir);
	for (o = settings_table(); o->name != NULL; o++)
		if (o->type != SETTINGS_PATH)
			settings_value_resolve(s, o, config_dir);
	fill_in(s);
	return 0;
}

int
settings_load(const char *path, const char *const *overrides,
    size_t override_count, struct settings *s, struct err *err)
{
	struct conf_item *items = NULL;

	memset(s, 0, sizeof(*s));
	arena_init(&s->arena);
	if (path != NULL)
		s->file = arena_strdup(&s->arena, path);
	if ((path != NULL &&
	    conf_parse_file(&s->arena, path, &items, err) == -1) ||
	    load_items(s, items, overrides, override_count, err) == -1) {
		settings_free(s);
		return -1;
	}
	return 0;
}

void
settings_free(struct settings *s)
{
	arena_clear(&s->arena);
	memset(s, 0, sizeof(*s));
}

void
settings_open_log(const struct settings *s, const char *program)
{
	log_open(program, (enum log_output)s->log_output,
	    (enum log_format)s->log_format);
	log_set_level((enum log_level)s->log_level);
}

bool
settings_is_default(const struct settings *s, const struct settings_option *o)
{
	const struct settings_row *row = row_of(s, o);

	return strcmp(row->text, row->default_text) == 0;
}

struct conf_pos
settings_where(const struct settings *s, const char *name)
{
	const struct settings_option *o = settings_find(name);

	assert(o != NULL);
	return row_of(s, o)->where;
}

void
settings_need_restart(const struct settings *now, const struct settings *next,
    unsigned program, struct buf *names)
{
	for (const struct settings_option *o = settings_table();
	    o->name != NULL; o++) {
		if ((o->flags & program) == 0 ||
		    (o->flags & SETTINGS_RELOAD) != 0 ||
		    strcmp(row_of(now, o)->text, row_of(next, o)->text) == 0)
			continue;
		buf_printf(names, "%s%s", names->len > 0 ? ", " : "", o->name);
	}
}

static size_t
field_size(enum settings_type type)
{
	switch (type) {
	case SETTINGS_BOOL:
		return sizeof(bool);
	case SETTINGS_INT:
	case SETTINGS_SIZE:
	case SETTINGS_DURATION:
	case SETTINGS_MODE:
		return sizeof(uint64_t);
	case SETTINGS_STRING:
	case SETTINGS_EXPRESSION:
	case SETTINGS_PATH:
		return sizeof(const char *);
	case SETTINGS_ENUM:
		return sizeof(int);
	case SETTINGS_LIST:
		return sizeof(struct settings_list);
	case SETTINGS_ADDR:
		return sizeof(struct settings_addr);
	case SETTINGS_ADDRS:
		return sizeof(struct settings_addrs);
	case SETTINGS_LIMITS:
	case SETTINGS_SIZE_LIMITS:
		return sizeof(struct settings_limits);
	}
	assert(0);
	return 0;
}

void
settings_keep(const struct settings *now, struct settings *next)
{
	for (const struct settings_option *o = settings_table();
	    o->name != NULL; o++) {
		if ((o->flags & SETTINGS_RELOAD) != 0)
			continue;
		memcpy(SETTINGS_FIELD(char, next, o),
		    SETTINGS_CONST(char, now, o), field_size(o->type));
		*row_of(next, o) = *row_of(now, o);
	}
}
