/* text_line - reads and writes the lines of an export. */
#include <config.h>

#include <string.h>

#include "base/encode.h"
#include "config/conf.h"
#include "imapd/text_line.h"

/*
 * Decodes the escape after a backslash.  Returns the bytes used, 0 if it is not
 * valid.
 */
static size_t
escape_take(struct bytes in, struct buf *out)
{
	struct buf byte = BUF_INIT;
	size_t used = 1;

	if (in.len == 0)
		return 0;
	switch (in.data[0]) {
	case '"':
	case '\\':
		buf_byte(out, in.data[0]);
		break;
	case 'n':
		buf_byte(out, '\n');
		break;
	case 't':
		buf_byte(out, '\t');
		break;
	case 'x':
		used = 0;
		if (in.len >= 3 && hex_decode(&byte,
		    bytes_make(in.data + 1, 2)) == 0 && byte.data[0] != 0) {
			buf_byte(out, byte.data[0]);
			used = 3;
		}
		buf_free(&byte);
		break;
	default:
		used = 0;
	}
	return used;
}

/*
 * Takes the next word from the front of in.  Parts of it may be quoted, as in
 * label="my phone".  Returns 1, 0 at the end, or -1 on error.
 */
static int
word_take(struct bytes *in, struct buf *out, struct err *err)
{
	bool is_quoted = false;
	size_t n;
	char c;

	buf_clear(out);
	*in = bytes_trim(*in);
	if (in->len == 0)
		return 0;
	while (in->len > 0) {
		c = in->data[0];
		if (!is_quoted && (c == ' ' || c == '\t'))
			break;
		*in = bytes_from(*in, 1);
		if (c == '"')
			is_quoted = !is_quoted;
		else if (c == '\\' && is_quoted) {
			if ((n = escape_take(*in, out)) == 0)
				return err_set(err, ERR_SYNTAX,
				    "unknown escape after a backslash");
			*in = bytes_from(*in, n);
		} else
			buf_byte(out, c);
	}
	if (is_quoted)
		return err_set(err, ERR_SYNTAX, "a quote is not closed");
	if (out->len > 0 && memchr(out->data, '\0', out->len) != NULL)
		return err_set(err, ERR_SYNTAX, "the line contains a NUL");
	return 1;
}

static int
value_add(struct arena *a, struct bytes word, struct text_line *out,
    struct err *err)
{
	ptrdiff_t at = bytes_index(word, '=');

	if (at <= 0)
		return err_set(err, ERR_SYNTAX,
		    "expected NAME=VALUE, found '" BYTES_FMT "'",
		    BYTES_ARG(word));
	if (out->n == TEXT_LINE_VALUES_MAX)
		return err_set(err, ERR_SYNTAX, "more than %d values",
		    TEXT_LINE_VALUES_MAX);
	out->values[out->n].name = arena_memdup(a, word.data, (size_t)at);
	out->values[out->n].value = arena_memdup(a, word.data + at + 1,
	    word.len - (size_t)at - 1);
	out->n++;
	return 0;
}

int
text_line_parse(struct arena *a, struct bytes line, struct text_line *out,
    struct err *err)
{
	struct buf word = BUF_INIT;
	int rc;

	memset(out, 0, sizeof(*out));
	line = bytes_trim(line);
	if (line.len == 0 || line.data[0] == '#')
		return 0;
	out->values = arena_array(a, TEXT_LINE_VALUES_MAX,
	    sizeof(*out->values));
	while ((rc = word_take(&line, &word, err)) == 1) {
		if (out->kind == NULL)
			out->kind = arena_memdup(a, word.data, word.len);
		else if (out->subject == NULL)
			out->subject = arena_memdup(a, word.data, word.len);
		else if ((rc = value_add(a, buf_view(&word), out, err)) == -1)
			break;
	}
	buf_free(&word);
	if (rc == 0 && out->subject == NULL)
		return err_set(err, ERR_SYNTAX, "expected a name after '%s'",
		    out->kind);
	return rc == -1 ? -1 : 0;
}

const char *
text_line_value(const struct text_line *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->values[i].name, name) == 0)
			return l->values[i].value;
	return NULL;
}

int
text_line_need(const struct text_line *l, const char *name,
    const char **value, struct err *err)
{
	if ((*value = text_line_value(l, name)) == NULL)
		return err_set(err, ERR_SYNTAX, "%s: expected %s=VALUE",
		    l->kind, name);
	return 0;
}

void
text_line_begin(struct buf *out, const char *kind, const char *subject)
{
	buf_printf(out, "%s ", kind);
	conf_word_format(out, subject);
}

void
text_line_add(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, " %s=", name);
	conf_word_format(out, value);
}
