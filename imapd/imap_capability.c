/*
 * imap_capability - the table of extensions, for CAPABILITY and ENABLE
 */
#include <config.h>

#include <strings.h>

#include "imapd/imap.h"
#include "imapd/imap_capability.h"

const struct imap_capability imap_capabilities[] = {
	{ "IMAP4rev1",		IN_ANY,		0, 0 },
	{ "LITERAL+",		IN_ANY,		0, 0 },
	{ "SASL-IR",		IN_ANY,		0, 0 },
	{ "ID",			IN_ANY,		0, 0 },
	{ "ENABLE",		IN_ANY,		0, 0 },
	{ "STARTTLS",		IN_HELLO,	IMAP_MAY_STARTTLS, 0 },
	/* RFC 3501 6.2.3: the LOGIN command is disabled. */
	{ "LOGINDISABLED",	IN_HELLO,	IMAP_REFUSES_PASSWORDS, 0 },
	{ "IDLE",		IN_LOGIN,	0, 0 },
	{ "UIDPLUS",		IN_LOGIN,	0, 0 },
	{ "MOVE",		IN_LOGIN,	0, 0 },
	{ "UNSELECT",		IN_LOGIN,	0, 0 },
	{ "NAMESPACE",		IN_LOGIN,	0, 0 },
	{ "SPECIAL-USE",	IN_LOGIN,	0, 0 },
	{ "CREATE-SPECIAL-USE",	IN_LOGIN,	0, 0 },
	{ "CHILDREN",		IN_LOGIN,	0, 0 },
	{ "LIST-EXTENDED",	IN_LOGIN,	0, 0 },
	{ "LIST-STATUS",	IN_LOGIN,	0, 0 },
	{ NULL, 0, 0, 0 }
};

static bool
is_announced(const struct imap_capability *row,
    const struct imap_capability_facts *facts)
{
	return (row->states & facts->state) != 0 &&
	    (row->needs & ~facts->conditions) == 0;
}

void
imap_capability_write(const struct imap_capability *rows,
    const struct imap_capability_facts *facts, struct buf *out)
{
	const char *space = "";

	for (; rows->name != NULL; rows++) {
		if (!is_announced(rows, facts))
			continue;
		buf_str(out, space);
		buf_str(out, rows->name);
		space = " ";
	}
}

static const struct imap_capability *
find(const struct imap_capability *rows, const char *name)
{
	for (; rows->name != NULL; rows++)
		if (strcasecmp(rows->name, name) == 0)
			return rows;
	return NULL;
}

void
imap_capability_enable(const struct imap_capability *rows,
    const struct imap_capability_facts *facts, const char *const *names,
    size_t n, unsigned *enabled, struct buf *out)
{
	const struct imap_capability *row;

	for (size_t i = 0; i < n; i++) {
		row = find(rows, names[i]);
		if (row == NULL || row->enables == 0 ||
		    !is_announced(row, facts) ||
		    (*enabled & row->enables) != 0)
			continue;
		*enabled |= row->enables;
		buf_byte(out, ' ');
		buf_str(out, row->name);
	}
}
