/* imap_flag - the names of system flags and special uses. */
#include <config.h>

#include "proto/imap_flag.h"

const struct imap_bit_name imap_flag_names[] = {
	{ IMAP_FLAG_ANSWERED, "\\Answered" },
	{ IMAP_FLAG_FLAGGED, "\\Flagged" },
	{ IMAP_FLAG_DELETED, "\\Deleted" },
	{ IMAP_FLAG_SEEN, "\\Seen" },
	{ IMAP_FLAG_DRAFT, "\\Draft" },
	{ IMAP_FLAG_RECENT, "\\Recent" },
	{ 0, NULL }
};

const struct imap_bit_name imap_use_names[] = {
	{ IMAP_USE_ALL, "\\All" },
	{ IMAP_USE_ARCHIVE, "\\Archive" },
	{ IMAP_USE_DRAFTS, "\\Drafts" },
	{ IMAP_USE_FLAGGED, "\\Flagged" },
	{ IMAP_USE_JUNK, "\\Junk" },
	{ IMAP_USE_SENT, "\\Sent" },
	{ IMAP_USE_TRASH, "\\Trash" },
	{ 0, NULL }
};

unsigned
imap_bit_of(const struct imap_bit_name *names, struct bytes name)
{
	for (; names->name != NULL; names++)
		if (bytes_ieq_str(name, names->name))
			return names->bit;
	return 0;
}
