/*
 * settings_print - prints the commented default file, the differences from
 * the defaults, and the list in the manual page.
 *
 * All of them are made from the table and from its parsed defaults.
 */
#include <config.h>

#include <string.h>

#include "config/settings-private.h"

#define COLUMNS	76

/* Wraps text at COLUMNS and puts the prefix before each line. */
static void
print_wrapped(struct buf *out, const char *prefix, const char *text)
{
	size_t column = 0, n;

	while (*text != '\0') {
		n = strcspn(text, " ");
		if (column > 0 && column + 1 + n > COLUMNS) {
			buf_byte(out, '\n');
			column = 0;
		}
		if (column == 0) {
			buf_str(out, prefix);
			column = strlen(prefix);
		} else {
			buf_byte(out, ' ');
			column++;
		}
		buf_add(out, text, n);
		column += n;
		text += n;
		text += strspn(text, " ");
	}
	buf_byte(out, '\n');
}

static void
load_defaults(struct settings *s)
{
	struct err err = ERR_INIT;

	if (settings_load(NULL, NULL, 0, s, &err) == -1)
		fatal("%s", err.text);
}

void
settings_print_defaults(struct buf *out)
{
	struct buf type = BUF_INIT;
	struct settings s;

	load_defaults(&s);
	buf_str(out, "# postern.conf: all settings, commented out, with "
	    "their default values.\n# See postern.conf(5).\n");
	for (const struct settings_option *o = settings_table();
	    o->name != NULL; o++) {
		if (o->group != NULL)
			buf_printf(out, "\n#\n# %s\n#\n", o->group);
		buf_byte(out, '\n');
		print_wrapped(out, "# ", o->help);
		buf_clear(&type);
		buf_byte(&type, '(');
		settings_describe_type(o, &type);
		buf_byte(&type, ')');
		print_wrapped(out, "# ", buf_cstr(&type));
		buf_printf(out, "#%s = %s\n", o->name,
		    s.rows[o - settings_table()].default_text);
	}
	buf_free(&type);
	settings_free(&s);
}

void
settings_print_diff(const struct settings *s, struct buf *out)
{
	const struct settings_row *row;

	for (const struct settings_option *o = settings_table();
	    o->name != NULL; o++) {
		row = &s->rows[o - settings_table()];
		if (!settings_is_default(s, o))
			buf_printf(out, "%s = %s\t# default: %s\n", o->name,
			    row->text, row->default_text);
	}
}

/* Escapes backslashes and quotes, which have a meaning in mdoc. */
static void
mdoc_escape(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\\')
			buf_str(out, "\\e");
		else if (*text == '"')
			buf_str(out, "\\(dq");
		else
			buf_byte(out, *text);
	}
}

/* Puts each sentence on its own line, as is usual in mdoc. */
static void
mdoc_sentences(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		buf_byte(out, *text);
		if ((*text == '.' || *text == '?') && text[1] == ' ') {
			buf_byte(out, '\n');
			text++;
		}
	}
	buf_byte(out, '\n');
}

static void
mdoc_programs(struct buf *out, unsigned flags)
{
	static const struct {
		unsigned flag;
		const char *name;
	} programs[] = {
		{ SETTINGS_IMAPD, "postern-imapd" },
		{ SETTINGS_MILTER, "postern-milter" },
		{ SETTINGS_ROUTER, "postern-router" },
		{ SETTINGS_WEB, "postern-web" },
		{ SETTINGS_CTL, "postern" },
	};
	const char *between = "";

	buf_str(out, "Read by ");
	if ((flags & SETTINGS_ALL) == SETTINGS_ALL)
		buf_str(out, "all programs");
	else
		for (size_t i = 0; i < sizeof(programs) / sizeof(*programs);
		    i++)
			if ((flags & programs[i].flag) != 0) {
				buf_printf(out, "%s%s", between,
				    programs[i].name);
				between = ", ";
			}
	buf_str(out, (flags & SETTINGS_RELOAD) != 0 ?
	    "; read again on SIGHUP.\n" : ".\n");
}

void
settings_print_mdoc(struct buf *out)
{
	struct buf type = BUF_INIT;
	struct settings s;
	bool in_list = false;

	load_defaults(&s);
	for (const struct settings_option *o = settings_table();
	    o->name != NULL; o++) {
		if (o->group != NULL) {
			buf_str(out, in_list ? ".El\n" : "");
			buf_printf(out, ".Ss %s\n.Bl -tag -width Ds\n",
			    o->group);
			in_list = true;
		}
		buf_printf(out, ".It Ic %s No = Ar ", o->name);
		mdoc_escape(out, s.rows[o - settings_table()].default_text);
		buf_byte(out, '\n');
		mdoc_sentences(out, o->help);
		buf_clear(&type);
		settings_describe_type(o, &type);
		if (o->type != SETTINGS_STRING &&
		    o->type != SETTINGS_EXPRESSION &&
		    o->type != SETTINGS_PATH)
			buf_printf(out, "Takes %s.\n", buf_cstr(&type));
		mdoc_programs(out, o->flags);
	}
	buf_str(out, in_list ? ".El\n" : "");
	buf_free(&type);
	settings_free(&s);
}
