/* output - prints JSON values as tables, as lists or as JSON. */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "command/output.h"

int
output_json(json_t *value)
{
	int rc = json_dumpf(value, stdout, JSON_INDENT(2));

	json_decref(value);
	if (rc == -1)
		return command_failf("cannot write the output: %s",
		    strerror(errno));
	(void)putchar('\n');
	return command_flush();
}

json_t *
output_bytes(struct bytes b)
{
	json_t *s = json_stringn(b.data == NULL ? "" : b.data, b.len);

	return s == NULL ? json_string("") : s;
}

/* Prints "999", "1.2K", "34M": at most three digits before the unit. */
static void
format_size(struct buf *out, json_int_t n)
{
	static const char units[] = "KMGTPE";
	double v = (double)n;
	int u = -1;

	while (v >= 1000 && u < (int)sizeof(units) - 2) {
		v /= 1024;
		u++;
	}
	if (u < 0)
		buf_printf(out, "%" JSON_INTEGER_FORMAT, n);
	else
		buf_printf(out, v < 9.95 ? "%.1f%c" : "%.0f%c", v, units[u]);
}

static void
format_time(struct buf *out, json_int_t seconds)
{
	time_t t = (time_t)seconds;
	char text[40];
	struct tm tm;

	if (seconds == 0) {
		buf_str(out, "-");
	} else if (localtime_r(&t, &tm) != NULL &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm) > 0) {
		buf_str(out, text);
	}
}

/* Replaces control characters, which must not reach the terminal. */
static void
format_text(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			buf_byte(out, '?');
		else
			buf_byte(out, *text);
}

static void
format_value(struct buf *out, const json_t *value, enum output_kind kind)
{
	const json_t *word;
	size_t i;

	switch (json_typeof(value)) {
	case JSON_STRING:
		format_text(out, json_string_value(value));
		return;
	case JSON_TRUE:
	case JSON_FALSE:
		buf_str(out, json_is_true(value) ? "yes" : "no");
		return;
	case JSON_INTEGER:
		if (kind == OUTPUT_SIZE)
			format_size(out, json_integer_value(value));
		else if (kind == OUTPUT_TIME)
			format_time(out, json_integer_value(value));
		else
			buf_printf(out, "%" JSON_INTEGER_FORMAT,
			    json_integer_value(value));
		return;
	case JSON_ARRAY:
		json_array_foreach(value, i, word) {
			buf_str(out, i == 0 ? "" : ", ");
			format_value(out, word, kind);
		}
		return;
	default:
		return;
	}
}

static void
member_text(struct buf *out, const json_t *object,
    const struct output_column *column)
{
	const json_t *value = json_object_get(object, column->key);

	buf_clear(out);
	if (value != NULL)
		format_value(out, value, column->kind);
}

/* The width of text on a terminal, in UTF-8 characters. */
static int
width(const char *text)
{
	int n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void
print_cell(const char *text, int columns, bool right, bool last)
{
	int pad = columns - width(text);

	if (right)
		(void)printf("%*s%s", pad, "", text);
	else
		(void)printf("%s%*s", text, last ? 0 : pad, "");
	(void)fputs(last ? "\n" : "  ", stdout);
}

static void
print_rows(const json_t *array, const struct output_column *columns,
    size_t count, const int *widths)
{
	struct buf b = BUF_INIT;
	const json_t *row;
	size_t i;

	for (size_t k = 0; k < count; k++)
		print_cell(columns[k].title, widths[k],
		    columns[k].kind == OUTPUT_NUMBER ||
		    columns[k].kind == OUTPUT_SIZE, k + 1 == count);
	json_array_foreach(array, i, row)
		for (size_t k = 0; k < count; k++) {
			member_text(&b, row, &columns[k]);
			print_cell(buf_cstr(&b), widths[k],
			    columns[k].kind == OUTPUT_NUMBER ||
			    columns[k].kind == OUTPUT_SIZE, k + 1 == count);
		}
	buf_free(&b);
}

#define COLUMNS_MAX	16

int
output_table(const struct command *c, json_t *array,
    const struct output_column *columns)
{
	int widths[COLUMNS_MAX], w;
	struct buf b = BUF_INIT;
	const json_t *row;
	size_t count = 0, i;

	if (c->json)
		return output_json(array);
	for (; columns[count].key != NULL && count < COLUMNS_MAX; count++) {
		widths[count] = width(columns[count].title);
		json_array_foreach(array, i, row) {
			member_text(&b, row, &columns[count]);
			if ((w = width(buf_cstr(&b))) > widths[count])
				widths[count] = w;
		}
	}
	buf_free(&b);
	if (json_array_size(array) > 0)
		print_rows(array, columns, count, widths);
	json_decref(array);
	return command_flush();
}

int
output_object(const struct command *c, json_t *object,
    const struct output_column *columns)
{
	struct buf b = BUF_INIT;
	const json_t *value;
	int widest = 0;

	if (c->json)
		return output_json(object);
	for (const struct output_column *k = columns; k->key != NULL; k++)
		if (width(k->title) > widest)
			widest = width(k->title);
	for (const struct output_column *k = columns; k->key != NULL; k++) {
		value = json_object_get(object, k->key);
		if (value == NULL || json_is_null(value))
			continue;
		member_text(&b, object, k);
		(void)printf("%-*s  %s\n", widest, k->title, buf_cstr(&b));
	}
	buf_free(&b);
	json_decref(object);
	return command_flush();
}
