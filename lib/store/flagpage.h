/*
 * flagpage - flags, presence and modseqs of 64 messages in one record
 *
 * The record of T_FLAGS at (account, mailbox, uid >> 6).  Only the presence bit
 * decides whether a message exists.  Slots keep flags and modseq after the bit
 * is cleared, until the message is purged.
 *
 * Format (big-endian), version 1:
 *
 *	u8 version, u8 width, u16 which, u16 nkeywords,
 *	u64 used, u64 present, u64 top, u64 base,
 *	u64 bitmap for each bit set in `which' (lowest first),
 *	nkeywords x { u16 keyword, u64 bitmap }, ascending by keyword,
 *	for each bit set in `used', lowest first: modseq - base in width bytes
 *
 * Slot n is UID page * 64 + n.  `used' has the slots that ever had a message,
 * `which' the system flags that any slot has (bit n = flag n below).  top is
 * the largest modseq in the page, base the smallest; width is 0, 1, 2, 4 or 8.
 * So a delivery changes little more than the end of the record, and if all
 * messages of a page changed at the same time, width is 0.
 */
#ifndef STORE_FLAGPAGE_H
#define STORE_FLAGPAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * System flags (RFC 3501 2.3.2) as bits of a mask.  They are the same bits as
 * IMAP_FLAG_* in proto/imap_flag.h, so that no conversion is needed.
 */
enum {
	FLAG_ANSWERED = 1 << 0,
	FLAG_FLAGGED = 1 << 1,
	FLAG_DELETED = 1 << 2,
	FLAG_SEEN = 1 << 3,
	FLAG_DRAFT = 1 << 4,
	FLAG_SYSTEM_ALL = (1 << 5) - 1
};
#define FLAG_SYSTEM_COUNT	5

#define KEYWORDS_MAX		256	/* setting keywords-max may be lower */

/* Flags of one message: system flags, and keywords by index in the mailbox. */
struct msgflags {
	uint32_t system;
	uint64_t keyword[KEYWORDS_MAX / 64];
};

/* How a change uses the flags that it names. */
enum { FLAGS_SET, FLAGS_ADD, FLAGS_REMOVE };

bool msgflags_eq(const struct msgflags *a, const struct msgflags *b);
bool msgflags_has_keyword(const struct msgflags *f, unsigned index);
void msgflags_set_keyword(struct msgflags *f, unsigned index);

#define PAGE_SLOTS	64
#define UID_PAGE(uid)	((uint32_t)(uid) >> 6)
#define UID_SLOT(uid)	((unsigned)(uid) & 63)
#define PAGE_UID(page, slot)	((uint32_t)(page) << 6 | (uint32_t)(slot))

/* A decoded page. */
struct flagpage {
	uint64_t present;
	uint64_t system[FLAG_SYSTEM_COUNT];
	unsigned nkeywords;
	struct {
		uint16_t index;
		uint64_t bitmap;
	} keyword[KEYWORDS_MAX];
	uint64_t modseq[PAGE_SLOTS];	/* 0: never used */
	uint64_t top;			/* the largest, kept by _touch */
};

void flagpage_init(struct flagpage *p);
/* Cheaper than an assignment, because it copies only the keywords in use. */
void flagpage_copy(struct flagpage *to, const struct flagpage *from);
/* Returns 0, or -1 (ERR_INTERNAL) if the record is damaged. */
int flagpage_decode(struct flagpage *p, struct bytes record,
    struct err *err);
void flagpage_encode(const struct flagpage *p, struct buf *record);
/* Read one member of an encoded record; return 0 if it is damaged. */
uint64_t flagpage_record_top(struct bytes record);
uint64_t flagpage_record_present(struct bytes record);
/*
 * Gets the presence bits of an encoded record.  Returns 0, or -1 if it is
 * damaged, so that its messages do not look expunged.
 */
int flagpage_presence(struct bytes record, uint64_t *present,
    struct err *err);

/* Returns the slots with a system flag. */
static inline uint64_t
flagpage_system(const struct flagpage *p, uint32_t flag)
{
	return p->system[__builtin_ctz(flag)];
}

/* Returns the slots with a keyword, which is given by its index in the mailbox;
   none if the index is below 0. */
uint64_t flagpage_keyword(const struct flagpage *p, int index);

void flagpage_get(const struct flagpage *p, unsigned slot,
    struct msgflags *out);
/* Sets all flags of a slot, but not its presence or modseq. */
void flagpage_set(struct flagpage *p, unsigned slot,
    const struct msgflags *flags);
/* Adds or removes flags on every slot in mask. */
void flagpage_add(struct flagpage *p, uint64_t mask,
    const struct msgflags *flags);
void flagpage_remove(struct flagpage *p, uint64_t mask,
    const struct msgflags *flags);
/* Returns the slots of mask that adding, removing or setting would change. */
uint64_t flagpage_differing(const struct flagpage *p, uint64_t mask,
    const struct msgflags *flags, int how);	/* how: FLAGS_* */
/* Marks slots as changed at modseq, which must be larger than any other. */
void flagpage_touch(struct flagpage *p, uint64_t mask, uint64_t modseq);
/* Marks slots of purged messages as never used. */
void flagpage_forget(struct flagpage *p, uint64_t mask);
/* Returns the slots that were ever used. */
uint64_t flagpage_used(const struct flagpage *p);

#endif
