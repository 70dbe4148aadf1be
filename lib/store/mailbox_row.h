/*
 * mailbox_row - struct mailbox, and the rows of mailboxes and their names
 *
 * T_MAILBOX (a, mbox): u8 version, u8 flags, u8 special use, u32 uidvalidity,
 * u32 uidnext, u32 first recent uid, u32 reserved uid, u64 highestmodseq,
 * u32 messages, u32 unseen, u32 deleted, u64 bytes, u64 purged modseq,
 * u32 tombstones, u64 object id, name, u16 number of keywords, names of
 * keywords in order of their index, u8 meaning, u64 its stamp.  Version 1 ended
 * after the keywords.
 *
 * T_MAILBOX_NAME (a, name): u8 version, u32 mbox.
 *
 * T_SUBSCRIPTION (a, name): u8 version.
 *
 * Strings are u16 length and bytes; all numbers are big-endian.
 */
#ifndef STORE_MAILBOX_ROW_H
#define STORE_MAILBOX_ROW_H

#include "base/arena.h"
#include "directory/junk_meaning.h"
#include "directory/mailbox_name.h"
#include "store/flagpage.h"

#define KEYWORD_NAME_MAX	64

/* Special uses of RFC 6154, and USE_REJECTS for refused mail. */
enum special_use {
	USE_NONE, USE_DRAFTS, USE_SENT, USE_ARCHIVE, USE_JUNK, USE_TRASH,
	USE_ALL, USE_FLAGGED, USE_REJECTS
};

struct mailbox {
	uint32_t id;
	uint32_t uidvalidity;
	uint32_t uidnext;
	uint32_t first_recent_uid;
	uint64_t highestmodseq;
	uint32_t messages, unseen, deleted;
	uint64_t bytes;
	enum special_use use;
	bool dead;
	bool subscribed;		/* set only by mailbox_list() */
	uint64_t purged_modseq;		/* tombstones up to it were deleted */
	uint32_t tombstones;		/* records of T_EXPUNGED */
	/* If not 0, UIDs below it may have records of an unfinished bulk copy,
	   so the next UID of an addition is at least this. */
	uint32_t uid_reserved;
	uint64_t object_id;		/* RFC 8474 MAILBOXID: random */
	/* As mailbox_meaning.h says; of the settings with that stamp. */
	enum junk_meaning meaning;
	uint64_t meaning_stamp;		/* 0: to be computed */
	char name[MAILBOX_NAME_MAX + 1];
	unsigned nkeywords;
	/* Names by index; in the arena. */
	const char **keywords;
};

/* The keywords are put into the arena.  The _decode functions return 0, or -1
   (ERR_INTERNAL). */
int mailbox_row_decode(struct bytes value, uint32_t id, struct arena *a,
    struct mailbox *out, struct err *err);
void mailbox_row_encode(const struct mailbox *mb, struct buf *out);

int mailbox_name_row_decode(struct bytes value, uint32_t *mbox,
    struct err *err);
void mailbox_name_row_encode(uint32_t mbox, struct buf *out);

int subscription_row_decode(struct bytes value, struct err *err);
void subscription_row_encode(struct buf *out);

#endif
