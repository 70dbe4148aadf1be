/*
 * settings_value - parses, prints and describes the values of options, by
 * type.
 */
#include <config.h>

#include <arpa/inet.h>

#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/encode.h"
#include "base/expression.h"
#include "config/settings-private.h"
#include "config/units.h"

static enum units
units_of(enum settings_type type)
{
	return type == SETTINGS_SIZE || type == SETTINGS_SIZE_LIMITS ?
	    UNITS_SIZE :
	    type == SETTINGS_DURATION ? UNITS_DURATION : UNITS_NONE;
}

bool
settings_type_is_list(enum settings_type type)
{
	return type == SETTINGS_LIST || type == SETTINGS_ADDRS ||
	    type == SETTINGS_LIMITS || type == SETTINGS_SIZE_LIMITS;
}

/* Prints "64K", "15s". */
static void
number_format(const struct settings_option *o, uint64_t n, struct buf *out)
{
	if (o->type == SETTINGS_MODE)
		buf_printf(out, "0%" PRIo64, n);
	else
		units_format(units_of(o->type), n, out);
}

static void
describe_range(const struct settings_option *o, struct buf *out)
{
	if (o->min > 0 && o->max > 0) {
		buf_str(out, " from ");
		number_format(o, o->min, out);
		buf_str(out, " to ");
		number_format(o, o->max, out);
	} else if (o->min > 0) {
		buf_str(out, " of at least ");
		number_format(o, o->min, out);
	} else if (o->max > 0) {
		buf_str(out, " up to ");
		number_format(o, o->max, out);
	}
}

static void
describe_enum(const struct settings_option *o, struct buf *out)
{
	for (size_t i = 0; o->values[i] != NULL; i++)
		buf_printf(out, "%s%s", i == 0 ? "" :
		    o->values[i + 1] == NULL ? " or " : ", ", o->values[i]);
}

void
settings_describe_type(const struct settings_option *o, struct buf *out)
{
	static const char *const words[] = {
		[SETTINGS_BOOL] = "yes or no",
		[SETTINGS_INT] = "a number",
		[SETTINGS_SIZE] = "a size (bytes, K, M, G, T)",
		[SETTINGS_DURATION] = "a duration (ms, s, min, h, d, w)",
		[SETTINGS_STRING] = "text",
		[SETTINGS_EXPRESSION] = "a regular expression",
		[SETTINGS_PATH] = "a path",
		[SETTINGS_ENUM] = "",
		[SETTINGS_LIST] = "a list of words",
		[SETTINGS_ADDR] = "an address (unix:PATH, IP:PORT or *:PORT)",
		[SETTINGS_ADDRS] =
		    "a list of addresses (unix:PATH, IP:PORT or *:PORT)",
		[SETTINGS_MODE] = "octal permissions",
		[SETTINGS_LIMITS] = "three numbers",
		[SETTINGS_SIZE_LIMITS] = "three sizes (bytes, K, M, G, T)"
	};

	buf_str(out, words[o->type]);
	if (o->type == SETTINGS_ENUM)
		describe_enum(o, out);
	else
		describe_range(o, out);
}

/* "NAME: expected TYPE, found 'word'" */
static int
value_err(struct err *err, const struct settings_option *o,
    const struct conf_word *w, const char *more)
{
	struct buf type = BUF_INIT, found = BUF_INIT;
	int rc;

	settings_describe_type(o, &type);
	conf_word_format(&found, w->text);
	rc = conf_err(err, w->pos, "%s: expected %s, found %s%s", o->name,
	    buf_cstr(&type), buf_cstr(&found), more);
	buf_free(&type);
	buf_free(&found);
	return rc;
}

static int
mode_parse(const char *text, uint64_t *out)
{
	size_t n = strspn(text, "01234567");

	if (n == 0 || n > 5 || text[n] != '\0')
		return -1;
	*out = 0;
	for (size_t i = 0; i < n; i++)
		*out = *out * 8 + (uint64_t)(text[i] - '0');
	return 0;
}

static int
number_parse(const struct settings_option *o, const struct conf_word *w,
    uint64_t *out, struct err *err)
{
	int rc;

	rc = o->type == SETTINGS_MODE ? mode_parse(w->text, out) :
	    units_parse(units_of(o->type), w->text, out);
	if (rc == -1 || *out < o->min || (o->max > 0 && *out > o->max))
		return value_err(err, o, w, "");
	return 0;
}

static int
parse_number(struct settings *s, const struct settings_option *o,
    const struct conf_word *w, struct err *err)
{
	uint64_t n;

	if (number_parse(o, w, &n, err) == -1)
		return -1;
	*SETTINGS_FIELD(uint64_t, s, o) = n;
	return 0;
}

static int
parse_limits(struct settings *s, const struct settings_option *o,
    const struct conf_item *item, struct err *err)
{
	struct settings_limits limits;

	if (item->word_count != SETTINGS_NETS)
		return conf_err(err, item->words[0].pos,
		    "%s: expected %d values (for an address and for two "
		    "networks around it), found %zu", o->name, SETTINGS_NETS,
		    item->word_count);
	for (size_t i = 0; i < SETTINGS_NETS; i++)
		if (number_parse(o, &item->words[i], &limits.v[i], err) == -1)
			return -1;
	*SETTINGS_FIELD(struct settings_limits, s, o) = limits;
	return 0;
}

static int
parse_bool(struct settings *s, const struct settings_option *o,
    const struct conf_word *w, struct err *err)
{
	static const char *const yes[] = { "yes", "true", "on", "1" };
	static const char *const no[] = { "no", "false", "off", "0" };

	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++) {
		if (strcasecmp(w->text, yes[i]) != 0 &&
		    strcasecmp(w->text, no[i]) != 0)
			continue;
		*SETTINGS_FIELD(bool, s, o) = strcasecmp(w->text, yes[i]) == 0;
		return 0;
	}
	return value_err(err, o, w, "");
}

static int
parse_expression(struct settings *s, const struct settings_option *o,
    const struct conf_word *w, struct err *err)
{
	struct err why = ERR_INIT;

	if (expression_check(w->text, &why) == -1)
		return conf_err(err, w->pos, "%s: %s", o->name, why.text);
	*SETTINGS_FIELD(const char *, s, o) = arena_strdup(&s->arena, w->text);
	return 0;
}

static const char *
enum_name(const void *ctx, size_t i)
{
	return ((const char *const *)ctx)[i];
}

static int
parse_enum(struct settings *s, const struct settings_option *o,
    const struct conf_word *w, struct err *err)
{
	const char *meant;
	char more[CONF_NAME_MAX + 32] = "";

	for (int i = 0; o->values[i] != NULL; i++)
		if (strcmp(w->text, o->values[i]) == 0) {
			*SETTINGS_FIELD(int, s, o) = i;
			return 0;
		}
	meant = conf_suggest(w->text, enum_name, o->values);
	if (meant != NULL)
		(void)snprintf(more, sizeof(more), "; did you mean '%s'?",
		    meant);
	return value_err(err, o, w, more);
}

static int
parse_list(struct settings *s, const struct settings_option *o,
    const struct conf_item *item, struct err *err)
{
	struct settings_list *list = SETTINGS_FIELD(struct settings_list, s, o);

	list->n = 0;
	/* One more, because v[n] is NULL. */
	list->v = arena_array(&s->arena, item->word_count + 1,
	    sizeof(*list->v));
	if (item->word_count == 1 && *item->words[0].text == '\0')
		return 0;
	for (size_t i = 0; i < item->word_count; i++) {
		if (*item->words[i].text == '\0')
			return conf_err(err, item->words[i].pos,
			    "%s: empty word in the list", o->name);
		list->v[list->n++] = arena_strdup(&s->arena,
		    item->words[i].text);
	}
	return 0;
}

/* Parses HOST:PORT; HOST is "*", an IPv4 address or an [IPv6] address. */
static int
addr_parse_tcp(struct settings *s, const char *text,
    struct settings_addr *addr)
{
	const char *colon = strrchr(text, ':');
	unsigned char binary[16];
	uint64_t port;
	size_t n;
	char *host;

	if (colon == NULL ||
	    decimal_parse(bytes_of(colon + 1), 65535, &port) == -1)
		return -1;
	n = (size_t)(colon - text);
	host = arena_memdup(&s->arena, text, n);
	if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
		host[n - 1] = '\0';
		host++;
		if (inet_pton(AF_INET6, host, binary) != 1)
			return -1;
	} else if (strcmp(host, "*") != 0 &&
	    inet_pton(AF_INET, host, binary) != 1)
		return -1;
	addr->path = NULL;
	addr->host = host;
	addr->port = (uint16_t)port;
	addr->text = arena_strdup(&s->arena, text);
	return 0;
}

/* Port 0 means any free port; only tests use it. */
static int
addr_parse(struct settings *s, const struct settings_option *o,
    const struct conf_word *w, struct settings_addr *addr, struct err *err)
{
	const char *path = w->text + 5;

	if (strncmp(w->text, "unix:", 5) != 0) {
		if (addr_parse_tcp(s, w->text, addr) == -1)
			return value_err(err, o, w,
			    " (write IPv6 addresses in brackets)");
		return 0;
	}
	if (*path == '\0')
		return value_err(err, o, w, "");
	addr->path = arena_strdup(&s->arena, path);
	addr->host = NULL;
	addr->port = 0;
	addr->text = arena_strdup(&s->arena, w->text);
	return 0;
}

static int
parse_addrs(struct settings *s, const struct settings_option *o,
    const struct conf_item *item, struct err *err)
{
	struct settings_addrs *a = SETTINGS_FIELD(struct settings_addrs, s, o);

	a->n = 0;
	a->v = arena_array(&s->arena, item->word_count, sizeof(*a->v));
	if (item->word_count == 1 && *item->words[0].text == '\0')
		return 0;
	for (size_t i = 0; i < item->word_count; i++, a->n++)
		if (addr_parse(s, o, &item->words[i], &a->v[i], err) == -1)
			return -1;
	return 0;
}

int
settings_value_parse(struct settings *s, const struct settings_option *o,
    const struct conf_item *item, struct err *err)
{
	const struct conf_word *w = &item->words[0];

	if (item->word_count > 1 && !settings_type_is_list(o->type))
		return conf_err(err, item->words[1].pos,
		    "%s takes one value, not a list", o->name);
	switch (o->type) {
	case SETTINGS_BOOL:
		return parse_bool(s, o, w, err);
	case SETTINGS_INT:
	case SETTINGS_SIZE:
	case SETTINGS_DURATION:
	case SETTINGS_MODE:
		return parse_number(s, o, w, err);
	case SETTINGS_EXPRESSION:
		return parse_expression(s, o, w, err);
	case SETTINGS_STRING:
	case SETTINGS_PATH:
		*SETTINGS_FIELD(const char *, s, o) =
		    arena_strdup(&s->arena, w->text);
		return 0;
	case SETTINGS_ENUM:
		return parse_enum(s, o, w, err);
	case SETTINGS_LIST:
		return parse_list(s, o, item, err);
	case SETTINGS_ADDR:
		return addr_parse(s, o, w,
		    SETTINGS_FIELD(struct settings_addr, s, o), err);
	case SETTINGS_ADDRS:
		return parse_addrs(s, o, item, err);
	case SETTINGS_LIMITS:
	case SETTINGS_SIZE_LIMITS:
		return parse_limits(s, o, item, err);
	}
	assert(0);
	return -1;
}

static void
addr_resolve(struct settings *s, struct settings_addr *addr)
{
	if (addr->path == NULL || addr->path[0] == '/')
		return;
	addr->path = arena_printf(&s->arena, "%s/%s", s->run_dir, addr->path);
	addr->text = arena_printf(&s->arena, "unix:%s", addr->path);
}

void
settings_value_resolve(struct settings *s, const struct settings_option *o,
    const char *config_dir)
{
	struct settings_addrs *addrs;
	const char **path;

	if (o->type == SETTINGS_PATH) {
		path = SETTINGS_FIELD(const char *, s, o);
		if (**path != '\0' && **path != '/' &&
		    strcmp(config_dir, ".") != 0)
			*path = arena_printf(&s->arena, "%s/%s", config_dir,
			    *path);
	} else if (o->type == SETTINGS_ADDR) {
		addr_resolve(s, SETTINGS_FIELD(struct settings_addr, s, o));
	} else if (o->type == SETTINGS_ADDRS) {
		addrs = SETTINGS_FIELD(struct settings_addrs, s, o);
		for (size_t i = 0; i < addrs->n; i++)
			addr_resolve(s, &addrs->v[i]);
	}
}

static void
format_words(struct buf *out, const char *text, size_t i)
{
	buf_str(out, i > 0 ? ", " : "");
	conf_word_format(out, text);
}

static void
format_limits(struct buf *out, const struct settings_option *o,
    const struct settings_limits *limits)
{
	for (size_t i = 0; i < SETTINGS_NETS; i++) {
		buf_str(out, i > 0 ? ", " : "");
		number_format(o, limits->v[i], out);
	}
}

void
settings_format(const struct settings *s, const struct settings_option *o,
    struct buf *out)
{
	const struct settings_addrs *addrs;
	const struct settings_list *list;

	switch (o->type) {
	case SETTINGS_BOOL:
		buf_str(out, *SETTINGS_CONST(bool, s, o) ? "yes" : "no");
		return;
	case SETTINGS_INT:
	case SETTINGS_SIZE:
	case SETTINGS_DURATION:
	case SETTINGS_MODE:
		number_format(o, *SETTINGS_CONST(uint64_t, s, o), out);
		return;
	case SETTINGS_STRING:
	case SETTINGS_EXPRESSION:
	case SETTINGS_PATH:
		conf_word_format(out, *SETTINGS_CONST(char *, s, o));
		return;
	case SETTINGS_ENUM:
		buf_str(out, o->values[*SETTINGS_CONST(int, s, o)]);
		return;
	case SETTINGS_ADDR:
		conf_word_format(out,
		    SETTINGS_CONST(struct settings_addr, s, o)->text);
		return;
	case SETTINGS_LIST:
		list = SETTINGS_CONST(struct settings_list, s, o);
		for (size_t i = 0; i < list->n; i++)
			format_words(out, list->v[i], i);
		if (list->n == 0)
			buf_str(out, "\"\"");
		return;
	case SETTINGS_ADDRS:
		addrs = SETTINGS_CONST(struct settings_addrs, s, o);
		for (size_t i = 0; i < addrs->n; i++)
			format_words(out, addrs->v[i].text, i);
		if (addrs->n == 0)
			buf_str(out, "\"\"");
		return;
	case SETTINGS_LIMITS:
	case SETTINGS_SIZE_LIMITS:
		format_limits(out, o,
		    SETTINGS_CONST(struct settings_limits, s, o));
		return;
	}
	assert(0);
}
