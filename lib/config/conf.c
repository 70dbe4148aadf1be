/*
 * conf - a recursive descent parser for a configuration file and the files
 * that it includes.
 *
 * Words and names are copied into the arena.  The position in an error is that
 * of the first wrong byte.
 */
#include <config.h>

#include <libgen.h>
#include <stdint.h>
#include <string.h>

#include "base/file.h"
#include "config/conf.h"

/* A text that is being read. */
struct source {
	struct source *from;	/* that includes this one, or NULL */
	const char *path;
	struct bytes text;
	size_t at;
	size_t line_start;
	unsigned line;
};

struct parser {
	struct arena *arena;
	const struct conf_includes *includes;	/* NULL: none */
	struct source *src;
	size_t total;		/* bytes of all files */
	size_t statements;
	struct err *err;
};

/* Where the next statement is linked in. */
struct chain {
	struct conf_item **tail;
};

int
conf_err(struct err *err, struct conf_pos pos, const char *fmt, ...)
{
	struct buf text = BUF_INIT;
	va_list ap;

	if (pos.file != NULL && pos.line > 0)
		buf_printf(&text, "%s:%u:%u: ", pos.file, pos.line,
		    pos.column);
	else if (pos.file != NULL)
		buf_printf(&text, "%s: ", pos.file);
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	(void)err_set(err, ERR_SYNTAX, "%s", buf_cstr(&text));
	buf_free(&text);
	return -1;
}

static struct conf_pos
here(const struct source *s)
{
	struct conf_pos pos = { s->path, s->line,
	    (unsigned)(s->at - s->line_start + 1) };

	return pos;
}

/* Returns the next character, or -1 at the end. */
static int
peek(const struct source *s)
{
	return s->at < s->text.len ? (unsigned char)s->text.data[s->at] : -1;
}

static void
advance(struct source *s)
{
	if (s->text.data[s->at++] == '\n') {
		s->line++;
		s->line_start = s->at;
	}
}

/* Skips spaces and a comment, but not the newline. */
static void
skip_blanks(struct source *s)
{
	int c;

	while ((c = peek(s)) == ' ' || c == '\t' || c == '\r')
		advance(s);
	if (c == '#')
		while ((c = peek(s)) != -1 && c != '\n')
			advance(s);
}

static void
skip_lines(struct source *s)
{
	skip_blanks(s);
	while (peek(s) == '\n') {
		advance(s);
		skip_blanks(s);
	}
}

/* Sets the error "expected X, found Y" at the next character. */
static int
unexpected(struct parser *p, const char *expected)
{
	int c = peek(p->src);
	char found[24];

	if (c == -1)
		(void)snprintf(found, sizeof(found), "the end of the file");
	else if (c == '\n')
		(void)snprintf(found, sizeof(found), "the end of the line");
	else if (c >= 0x20 && c < 0x7f)
		(void)snprintf(found, sizeof(found), "'%c'", c);
	else
		(void)snprintf(found, sizeof(found), "a byte 0x%02x", c);
	return conf_err(p->err, here(p->src), "expected %s, found %s",
	    expected, found);
}

static bool
is_name_char(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Control characters and special characters must be quoted. */
static bool
is_bare_char(int c)
{
	return c > ' ' && c != 0x7f && strchr(",\"{}=#", c) == NULL;
}

static int
parse_name(struct parser *p, const char *expected, const char **name)
{
	struct source *s = p->src;
	struct conf_pos pos = here(s);
	size_t start = s->at;

	while (is_name_char(peek(s)))
		advance(s);
	if (s->at == start)
		return unexpected(p, expected);
	if (s->at - start > CONF_NAME_MAX)
		return conf_err(p->err, pos, "the name is longer than %d "
		    "characters", CONF_NAME_MAX);
	*name = arena_memdup(p->arena, s->text.data + start, s->at - start);
	return 0;
}

static int
hex_value(int c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	    c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	    c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Parses what follows a backslash. */
static int
parse_escape(struct parser *p, char *out)
{
	static const char names[] = "\"\\nt", values[] = "\"\\\n\t";
	struct source *s = p->src;
	int c = peek(s), hi, lo;
	const char *at;

	if (c > 0 && (at = strchr(names, c)) != NULL) {
		*out = values[at - names];
		advance(s);
		return 0;
	}
	if (c != 'x')
		return unexpected(p, "one of \\\" \\\\ \\n \\t \\xNN");
	advance(s);
	if ((hi = hex_value(peek(s))) < 0)
		return unexpected(p, "two hexadecimal digits");
	advance(s);
	if ((lo = hex_value(peek(s))) < 0)
		return unexpected(p, "two hexadecimal digits");
	if (hi == 0 && lo == 0)
		return conf_err(p->err, here(s), "a NUL byte is not allowed");
	advance(s);
	*out = (char)(hi << 4 | lo);
	return 0;
}

static int
parse_quoted(struct parser *p, struct buf *out)
{
	struct source *s = p->src;
	struct conf_pos start = here(s);
	char byte;
	int c;

	advance(s);
	while ((c = peek(s)) != '"') {
		if (c == -1 || c == '\n')
			return conf_err(p->err, start,
			    "the string that begins here has no closing "
			    "quote on its line");
		if (c < 0x20 && c != '\t')
			return unexpected(p, "a printable character");
		byte = (char)c;
		advance(s);
		if (c == '\\' && parse_escape(p, &byte) == -1)
			return -1;
		if (out->len == CONF_WORD_MAX)
			return conf_err(p->err, start,
			    "the value is longer than %d bytes",
			    CONF_WORD_MAX);
		buf_byte(out, byte);
	}
	advance(s);
	return 0;
}

static int
parse_word(struct parser *p, const char *expected, struct conf_word *w)
{
	struct source *s = p->src;
	struct buf text = BUF_INIT;
	int rc = 0;

	w->pos = here(s);
	if (peek(s) == '"')
		rc = parse_quoted(p, &text);
	else if (!is_bare_char(peek(s)))
		rc = unexpected(p, expected);
	else
		for (; is_bare_char(peek(s)); advance(s)) {
			if (text.len == CONF_WORD_MAX) {
				rc = conf_err(p->err, w->pos,
				    "the value is longer than %d bytes",
				    CONF_WORD_MAX);
				break;
			}
			buf_byte(&text, (char)peek(s));
		}
	if (rc == 0)
		w->text = arena_memdup(p->arena, text.data, text.len);
	buf_free(&text);
	return rc;
}

/* Checks that nothing else follows on the line. */
static int
parse_line_end(struct parser *p, const char *expected)
{
	skip_blanks(p->src);
	if (peek(p->src) != -1 && peek(p->src) != '\n')
		return unexpected(p, expected);
	return 0;
}

static void
word_append(struct parser *p, struct conf_item *item, size_t *cap,
    struct conf_word w)
{
	struct conf_word *more;

	if (item->word_count == *cap) {
		*cap = *cap == 0 ? 2 : *cap * 2;
		more = arena_array(p->arena, *cap, sizeof(*more));
		if (item->word_count > 0)
			memcpy(more, item->words,
			    item->word_count * sizeof(*more));
		item->words = more;
	}
	item->words[item->word_count++] = w;
}

/* Parses the values after '='. */
static int
parse_values(struct parser *p, struct conf_item *item)
{
	struct conf_word w;
	size_t cap = 0;

	skip_blanks(p->src);
	for (;;) {
		if (parse_word(p, "a value", &w) == -1)
			return -1;
		word_append(p, item, &cap, w);
		skip_blanks(p->src);
		if (peek(p->src) != ',')
			break;
		advance(p->src);
		skip_lines(p->src);
	}
	return parse_line_end(p, "',' or the end of the line (a value with "
	    "spaces needs quotes)");
}

static int parse_statements(struct parser *p, struct chain *chain,
    unsigned depth);

static int
parse_section(struct parser *p, struct conf_item *item, unsigned depth)
{
	struct chain inside = { &item->children };
	struct conf_word title;
	size_t cap = 0;

	item->is_section = true;
	if (depth == CONF_SECTION_DEPTH_MAX)
		return conf_err(p->err, item->pos,
		    "sections are nested deeper than %d",
		    CONF_SECTION_DEPTH_MAX);
	if (peek(p->src) != '{') {
		if (parse_word(p, "'=', a title or '{'", &title) == -1)
			return -1;
		word_append(p, item, &cap, title);
		skip_blanks(p->src);
	}
	if (peek(p->src) != '{')
		return unexpected(p, item->word_count == 0 ? "'=' or '{'" :
		    "'{' (a setting is written: name = value)");
	advance(p->src);
	if (parse_statements(p, &inside, depth + 1) == -1)
		return -1;
	if (peek(p->src) != '}') {
		(void)conf_err(p->err, here(p->src), "expected '}', found the "
		    "end of the file: section '%s' began on line %u",
		    item->name, item->pos.line);
		return -1;
	}
	advance(p->src);
	return parse_line_end(p, "the end of the line");
}

/* Returns the path of an include, which is relative to the including file. */
static const char *
include_path(struct parser *p, const char *name)
{
	char *copy;

	if (name[0] == '/')
		return name;
	copy = arena_strdup(p->arena, p->src->path);
	return arena_printf(p->arena, "%s/%s", dirname(copy), name);
}

static int
include_check(struct parser *p, struct conf_pos pos, const char *path)
{
	unsigned depth = 0;

	if (p->includes == NULL)
		return conf_err(p->err, pos, "include is not allowed here");
	for (struct source *s = p->src; s != NULL; s = s->from) {
		if (strcmp(s->path, path) == 0)
			return conf_err(p->err, pos,
			    "'%s' includes itself", path);
		if (++depth > CONF_INCLUDE_DEPTH_MAX)
			return conf_err(p->err, pos,
			    "includes are nested deeper than %d",
			    CONF_INCLUDE_DEPTH_MAX);
	}
	return 0;
}

static int
source_check(struct parser *p, const struct source *s)
{
	const char *nul;

	p->total += s->text.len;
	if (s->text.len > CONF_FILE_MAX || p->total > CONF_TOTAL_MAX)
		return conf_err(p->err, (struct conf_pos){ s->path, 0, 0 },
		    "the configuration is too large");
	nul = s->text.len == 0 ? NULL : memchr(s->text.data, 0, s->text.len);
	if (nul != NULL)
		return conf_err(p->err, (struct conf_pos){ s->path, 0, 0 },
		    "a NUL byte at offset %td: not a text file",
		    nul - s->text.data);
	return 0;
}

static int
parse_include(struct parser *p, struct conf_pos pos, struct chain *chain,
    unsigned depth)
{
	struct source inner = { .from = p->src, .line = 1 };
	struct conf_word name;
	struct err why = ERR_INIT;

	if (parse_word(p, "a file name", &name) == -1 ||
	    parse_line_end(p, "the end of the line") == -1)
		return -1;
	inner.path = include_path(p, name.text);
	if (include_check(p, pos, inner.path) == -1)
		return -1;
	if (p->includes->read(p->includes->ctx, p->arena, inner.path,
	    &inner.text, &why) == -1)
		return conf_err(p->err, name.pos, "%s", why.text);
	p->src = &inner;
	if (source_check(p, &inner) == -1 ||
	    parse_statements(p, chain, depth) == -1)
		return -1;
	if (peek(&inner) != -1)
		return unexpected(p, "a setting, a section or the end of "
		    "the file");
	p->src = inner.from;
	return 0;
}

static int
parse_statement(struct parser *p, struct chain *chain, unsigned depth)
{
	struct conf_pos pos = here(p->src);
	struct conf_item *item;
	const char *name = NULL;

	if (parse_name(p, "the name of a setting or section", &name) == -1)
		return -1;
	if (++p->statements > CONF_STATEMENTS_MAX)
		return conf_err(p->err, pos, "more than %d statements",
		    CONF_STATEMENTS_MAX);
	skip_blanks(p->src);
	if (strcmp(name, "include") == 0 && peek(p->src) != '=')
		return parse_include(p, pos, chain, depth);
	item = arena_zalloc(p->arena, sizeof(*item));
	item->name = name;
	item->pos = pos;
	*chain->tail = item;
	chain->tail = &item->next;
	if (peek(p->src) != '=')
		return parse_section(p, item, depth);
	advance(p->src);
	return parse_values(p, item);
}

/* Parses up to the end of the text or a closing brace, which is not read. */
static int
parse_statements(struct parser *p, struct chain *chain, unsigned depth)
{
	for (;;) {
		skip_lines(p->src);
		if (peek(p->src) == -1 || peek(p->src) == '}')
			return 0;
		if (parse_statement(p, chain, depth) == -1)
			return -1;
	}
}

int
conf_parse(struct arena *a, const char *path, struct bytes text,
    const struct conf_includes *includes, struct conf_item **items,
    struct err *err)
{
	struct source src = { .path = path, .text = text, .line = 1 };
	struct parser p = { .arena = a, .includes = includes, .src = &src,
	    .err = err };
	struct chain chain = { items };

	*items = NULL;
	if (source_check(&p, &src) == -1 ||
	    parse_statements(&p, &chain, 0) == -1)
		return -1;
	if (peek(p.src) != -1)
		return unexpected(&p, "a setting or a section");
	return 0;
}

static int
read_from_disk(void *ctx, struct arena *a, const char *path,
    struct bytes *text, struct err *err)
{
	struct buf b = BUF_INIT;
	int rc;

	rc = file_read(path, CONF_FILE_MAX, &b, err);
	if (rc == 0)
		*text = bytes_dup(a, buf_view(&b));
	buf_free(&b);
	return rc;
}

int
conf_parse_file(struct arena *a, const char *path, struct conf_item **items,
    struct err *err)
{
	static const struct conf_includes from_disk = { read_from_disk, NULL };
	struct bytes text;

	*items = NULL;
	path = arena_strdup(a, path);
	if (read_from_disk(NULL, a, path, &text, err) == -1)
		return -1;
	return conf_parse(a, path, text, &from_disk, items, err);
}

void
conf_word_format(struct buf *out, const char *text)
{
	bool bare = *text != '\0';

	for (const char *c = text; *c != '\0'; c++)
		if (!is_bare_char((unsigned char)*c))
			bare = false;
	if (bare) {
		buf_str(out, text);
		return;
	}
	buf_byte(out, '"');
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			buf_printf(out, "\\%c", *c);
		else if (*c == '\n' || *c == '\t')
			buf_printf(out, "\\%c", *c == '\n' ? 'n' : 't');
		else if ((unsigned char)*c < 0x20 || *c == 0x7f)
			buf_printf(out, "\\x%02x", (unsigned char)*c);
		else
			buf_byte(out, *c);
	}
	buf_byte(out, '"');
}

/*
 * The number of letters to insert, delete, change or swap with the next one to
 * turn a into b (the Damerau-Levenshtein distance, adjacent swaps only).
 */
static unsigned
distance(const char *a, const char *b)
{
	unsigned rows[3][CONF_NAME_MAX + 2], *cur, *up, *up2, best;
	size_t n = strlen(a), m = strlen(b);

	if (n > CONF_NAME_MAX || m > CONF_NAME_MAX)
		return UINT32_MAX;
	for (size_t k = 0; k <= m; k++)
		rows[0][k] = (unsigned)k;
	for (size_t i = 1; i <= n; i++) {
		cur = rows[i % 3];
		up = rows[(i + 2) % 3];
		up2 = rows[(i + 1) % 3];
		cur[0] = (unsigned)i;
		for (size_t k = 1; k <= m; k++) {
			best = up[k - 1] + (a[i - 1] != b[k - 1]);
			if (up[k] + 1 < best)
				best = up[k] + 1;
			if (cur[k - 1] + 1 < best)
				best = cur[k - 1] + 1;
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] &&
			    a[i - 2] == b[k - 1] && up2[k - 2] + 1 < best)
				best = up2[k - 2] + 1;
			cur[k] = best;
		}
	}
	return rows[n % 3][m];
}

const char *
conf_suggest(const char *name, const char *(*get)(const void *ctx, size_t i),
    const void *ctx)
{
	unsigned best = (unsigned)strlen(name) / 3 + 1, d;
	const char *found = NULL, *candidate;

	if (best > 4)
		best = 4;
	for (size_t i = 0; (candidate = get(ctx, i)) != NULL; i++)
		if ((d = distance(name, candidate)) < best) {
			best = d;
			found = candidate;
		}
	return found;
}
