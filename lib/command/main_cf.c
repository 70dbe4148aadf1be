/*
 * main_cf - splits main.cf into logical lines as Postfix does, and finds a
 * parameter.
 */
#include <config.h>

#include "base/buf.h"
#include "base/file.h"
#include "command/main_cf.h"

#define MAIN_CF_MAX	(1024 * 1024)

/* Returns the value, without newlines, if the line sets name; else NULL. */
static char *
line_value(struct arena *a, struct bytes line, const char *name)
{
	ptrdiff_t eq = bytes_index(line, '=');
	char *value;

	if (eq < 0 || !bytes_eq_str(bytes_trim(bytes_make(line.data,
	    (size_t)eq)), name))
		return NULL;
	value = bytes_cstr(a, bytes_trim(bytes_from(line, (size_t)eq + 1)));
	for (char *p = value; p != NULL && *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	return value;
}

/* The length of the first logical line; indented lines continue it. */
static size_t
line_length(struct bytes text)
{
	size_t n = 0;

	do {
		while (n < text.len && text.data[n] != '\n')
			n++;
		n += n < text.len;
	} while (n < text.len && (text.data[n] == ' ' || text.data[n] == '\t'));
	return n;
}

const char *
main_cf_value(struct arena *a, const char *folder, const char *name)
{
	struct buf text = BUF_INIT;
	struct err ignored = ERR_INIT;
	struct bytes rest;
	char *found = NULL, *value;
	size_t n;

	if (file_read(arena_printf(a, "%s/main.cf", folder), MAIN_CF_MAX,
	    &text, &ignored) == -1)
		return NULL;
	for (rest = buf_view(&text); rest.len > 0; rest = bytes_from(rest,
	    n)) {
		n = line_length(rest);
		value = rest.data[0] == '#' ? NULL :
		    line_value(a, bytes_make(rest.data, n), name);
		if (value != NULL)
			found = value;
	}
	buf_free(&text);
	return found != NULL && strchr(found, '$') != NULL ? NULL : found;
}
