/* salvage_mailbox - writes the mailboxes of an account as Maildir folders. */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/number_set.h"
#include "segment/tables.h"
#include "store/mailbox.h"
#include "store/mailbox_key.h"
#include "store/mailbox_row.h"
#include "store/message_row.h"
#include "repair/salvage-private.h"

/* The folder for bodies that no message record refers to. */
#define NOWHERE		"Salvaged"
/* How many keywords can have a letter in the names of files. */
#define LETTERS		26

/* What a flag page said, and how many of its messages were found. */
struct page_note {
	uint32_t page;
	bool damaged;
	uint64_t present;
	uint64_t found;			/* messages found, a bit for each */
};

struct boxsalvage {
	struct salvage_account *sa;
	struct mailbox mb;
	bool known;			/* its row was read */
	struct arena a;
	struct maildir dir;
	struct page_note *notes;	/* own; sorted by page */
	size_t nnotes, notes_cap;
	struct number_set expunged;	/* in the arena */
	struct flagpage page;		/* the page with number page_at */
	int64_t page_at;
	uint64_t written, lost;
};

/* ---- flags ---- */

static int
note_page(void *arg, struct bytes key, struct bytes record, struct err *err)
{
	struct boxsalvage *b = arg;
	struct page_note n = { .damaged = false };
	struct err ignored = ERR_INIT;

	if (key.len != 16)
		return 0;
	n.page = be32_get(key.data + 12);
	n.damaged = flagpage_decode(&b->page, record, &ignored) == -1;
	n.present = n.damaged ? 0 : b->page.present;
	if (b->nnotes == b->notes_cap) {
		b->notes_cap = b->notes_cap == 0 ? 64 : b->notes_cap * 2;
		b->notes = reallocarray(b->notes, b->notes_cap, sizeof(n));
		if (b->notes == NULL)
			fatal("out of memory");
	}
	b->notes[b->nnotes++] = n;
	return 0;
}

static int
compare_notes(const void *a, const void *b)
{
	const struct page_note *one = a, *two = b;

	return one->page < two->page ? -1 : one->page > two->page;
}

static struct page_note *
note_of(const struct boxsalvage *b, uint32_t uid)
{
	struct page_note wanted = { .page = UID_PAGE(uid) };

	return b->nnotes == 0 ? NULL : bsearch(&wanted, b->notes, b->nnotes,
	    sizeof(wanted), compare_notes);
}

/* Reads the message's flags.  Returns -1 if they cannot be read. */
static int
flags_read(struct boxsalvage *b, uint32_t uid, struct msgflags *out)
{
	struct err ignored = ERR_INIT;

	memset(out, 0, sizeof(*out));
	if (b->page_at != UID_PAGE(uid)) {
		b->page_at = -1;
		if (flagpage_read(b->sa->s->r, b->sa->id, b->mb.id,
		    UID_PAGE(uid), &b->page, &ignored) != 1)
			return -1;
		b->page_at = UID_PAGE(uid);
	}
	flagpage_get(&b->page, UID_SLOT(uid), out);
	return 0;
}

/* Makes ":2,FS" and letters for keywords, in the order of ASCII. */
static void
flags_text(const struct boxsalvage *b, const struct msgflags *flags,
    char *out)
{
	static const struct {
		uint32_t flag;
		char letter;
	} letters[] = {
		{ FLAG_DRAFT, 'D' }, { FLAG_FLAGGED, 'F' },
		{ FLAG_ANSWERED, 'R' }, { FLAG_SEEN, 'S' },
		{ FLAG_DELETED, 'T' }
	};

	memcpy(out, ":2,", 3);
	out += 3;
	for (size_t i = 0; i < sizeof(letters) / sizeof(*letters); i++)
		if ((flags->system & letters[i].flag) != 0)
			*out++ = letters[i].letter;
	for (unsigned i = 0; i < b->mb.nkeywords && i < LETTERS; i++)
		if (msgflags_has_keyword(flags, i))
			*out++ = (char)('a' + i);
	*out = '\0';
}

/* Notes keywords that have no letter: "NAME keyword keyword". */
static int
keywords_note(const struct boxsalvage *b, const struct msgflags *flags,
    const char *name, struct err *err)
{
	struct buf line = BUF_INIT;
	int rc = 0;

	for (unsigned i = LETTERS; i < b->mb.nkeywords; i++)
		if (msgflags_has_keyword(flags, i))
			buf_printf(&line, "%s %s", line.len == 0 ? name : "",
			    b->mb.keywords[i]);
	if (line.len > 0) {
		buf_byte(&line, '\n');
		rc = maildir_note(&b->dir, "keywords", buf_view(&line), err);
	}
	buf_free(&line);
	return rc;
}

/* Writes Dovecot's file that says which letter is which keyword. */
static int
letters_note(const struct boxsalvage *b, struct err *err)
{
	struct buf text = BUF_INIT;
	int rc;

	if (b->mb.nkeywords == 0)
		return 0;
	for (unsigned i = 0; i < b->mb.nkeywords && i < LETTERS; i++)
		buf_printf(&text, "%u %s\n", i, b->mb.keywords[i]);
	rc = maildir_note(&b->dir, "dovecot-keywords", buf_view(&text), err);
	buf_free(&text);
	return rc;
}

/* ---- messages ---- */

static void
count_written(struct boxsalvage *b, enum salvage_result how)
{
	struct salvage_account *sa = b->sa;

	b->written++;
	sa->written++;
	if (how == SALVAGE_UNCHECKED)
		sa->unchecked++;
	if (sa->written % 1000 == 0)
		salvage_progress(sa);
}

static int
put_piece(void *arg, struct bytes piece, struct err *err)
{
	return maildir_write(arg, piece, err);
}

/* Returns -1 if it cannot write. */
static int
message_write(struct boxsalvage *b, const struct message *m,
    const struct msgflags *flags, struct err *err)
{
	char name[100], letters[40];
	struct maildir_file f;
	struct err why = ERR_INIT;
	enum salvage_result how;

	snprintf(name, sizeof(name), "%" PRId64 ".U%uB%" PRIu64
	    ".salvage,S=%" PRIu64, m->internal_date < 0 ? 0 :
	    m->internal_date, m->uid, m->body, m->size);
	flags_text(b, flags, letters);
	if (maildir_begin(&b->dir, &f, name, err) == -1)
		return -1;
	how = salvage_body(b->sa->s, b->sa->id, m->body, m->size, put_piece,
	    &f, &why);
	if (how == SALVAGE_LOST || how == SALVAGE_FAILED)
		maildir_drop(&f);
	if (how == SALVAGE_LOST) {
		b->lost++;
		salvage_lost(b->sa, 1, "mailbox '%s': message %u: %s",
		    b->mb.name, m->uid, why.text);
		return 0;
	}
	if (how == SALVAGE_FAILED) {
		*err = why;
		return -1;
	}
	count_written(b, how);
	if (maildir_keep(&f, letters, m->internal_date, err) == -1)
		return -1;
	return keywords_note(b, flags, name, err);
}

/* Does the message exist?  *unknown: its flag page cannot be read. */
static bool
is_there(struct boxsalvage *b, uint32_t uid, bool *unknown)
{
	struct page_note *n = note_of(b, uid);
	uint64_t bit = (uint64_t)1 << UID_SLOT(uid);

	*unknown = n == NULL ? salvage_is_damaged(b->sa->s, T_FLAGS) :
	    n->damaged;
	if (*unknown)
		return !number_set_has(&b->expunged, uid);
	if (n == NULL || (n->present & bit) == 0)
		return false;
	n->found |= bit;
	return true;
}

static int
take_message(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct boxsalvage *b = arg;
	struct msgflags flags;
	struct message m;
	struct err ignored = ERR_INIT;
	bool unknown;

	if (key.len != 16 || message_row_decode(value,
	    be32_get(key.data + 12), &m, &ignored) == -1)
		return 0;
	salvage_ids_add(&b->sa->bodies, m.body);
	if (!is_there(b, m.uid, &unknown))
		return 0;
	if (flags_read(b, m.uid, &flags) == -1 || unknown)
		b->sa->unflagged++;
	return message_write(b, &m, &flags, err);
}

/* Reports messages that flag pages or the mailbox's row count, but that have
   no record. */
static void
missing_report(struct boxsalvage *b)
{
	uint64_t seen;

	for (size_t i = 0; i < b->nnotes; i++)
		for (uint64_t m = b->notes[i].present & ~b->notes[i].found;
		    m != 0; m &= m - 1) {
			b->lost++;
			salvage_lost(b->sa, 1, "mailbox '%s': message %u: its "
			    "record is lost", b->mb.name, PAGE_UID(
			    b->notes[i].page, __builtin_ctzll(m)));
		}
	seen = b->written + b->lost;
	if (b->known && b->mb.messages > seen)
		salvage_lost(b->sa, b->mb.messages - seen, "mailbox '%s': "
		    "nothing is left of %" PRIu64 " more of its %u messages",
		    b->mb.name, b->mb.messages - seen, b->mb.messages);
}

static int
messages_write(struct boxsalvage *b, struct err *err)
{
	const struct reader *r = b->sa->s->r;
	struct err ignored = ERR_INIT;
	struct key prefix;

	key_mailbox(&prefix, b->sa->id, b->mb.id);
	if (reader_scan(r, T_FLAGS, BYTES(""), key_bytes(&prefix), note_page,
	    b, err) == -1)
		return -1;
	if (b->nnotes > 1)
		qsort(b->notes, b->nnotes, sizeof(*b->notes), compare_notes);
	if (expunged_since(r, b->sa->id, b->mb.id, 0, &b->a, &b->expunged,
	    &ignored) == -1)
		b->expunged.n = 0;
	if (reader_scan(r, T_MESSAGE, BYTES(""), key_bytes(&prefix),
	    take_message, b, err) == -1)
		return -1;
	missing_report(b);
	return letters_note(b, err);
}

/* ---- mailboxes ---- */

/* Makes the folder, named after the mailbox or else its number. */
static int
folder_make(struct boxsalvage *b, struct err *err)
{
	struct buf path = BUF_INIT;
	bool named;
	int rc = 0;

	buf_printf(&path, "%s/", buf_cstr(&b->sa->path));
	named = salvage_folder_name(b->mb.name, &path) == 0;
	if (named) {
		rc = maildir_make(&b->dir, buf_cstr(&path),
		    strcmp(b->mb.name, "INBOX") != 0, err);
		named = rc == 0 || err->code != ERR_CODE_EXISTS;
	}
	if (!named) {
		buf_clear(&path);
		buf_printf(&path, "%s/.Mailbox-%u", buf_cstr(&b->sa->path),
		    b->mb.id);
		rc = maildir_make(&b->dir, buf_cstr(&path), true, err);
		salvage_say(b->sa->s, "account %s: mailbox '%s' cannot have a "
		    "folder of that name; it is in '%s'", b->sa->name,
		    b->mb.name, buf_cstr(&path));
	}
	buf_free(&path);
	return rc;
}

struct name_search {
	uint32_t mbox;
	char *name;			/* of MAILBOX_NAME_MAX + 1 bytes */
	bool found;
};

static int
take_name(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct name_search *w = arg;
	struct err ignored = ERR_INIT;
	uint32_t mbox;

	if (mailbox_name_row_decode(value, &mbox, &ignored) == -1 ||
	    mbox != w->mbox || key.len < 9 || key.len - 8 > MAILBOX_NAME_MAX)
		return 0;
	memcpy(w->name, key.data + 8, key.len - 8);
	w->name[key.len - 8] = '\0';
	w->found = strlen(w->name) == key.len - 8;
	return w->found;
}

/* If the row of a mailbox is lost, its name is still in T_MAILBOX_NAME. */
static int
name_find(struct boxsalvage *b, struct err *err)
{
	struct name_search w = { .mbox = b->mb.id, .name = b->mb.name };
	struct key prefix;

	key_account(&prefix, b->sa->id);
	if (reader_scan(b->sa->s->r, T_MAILBOX_NAME, BYTES(""),
	    key_bytes(&prefix), take_name, &w, err) == -1)
		return -1;
	if (!w.found)
		snprintf(b->mb.name, sizeof(b->mb.name), "Mailbox-%u",
		    b->mb.id);
	salvage_lost(b->sa, 1, "mailbox %u: its record is lost; its name is "
	    "'%s', without keywords", b->mb.id, b->mb.name);
	return 0;
}

static void
box_clear(struct boxsalvage *b)
{
	maildir_close(&b->dir);
	free(b->notes);
	arena_clear(&b->a);
	free(b);
}

static struct boxsalvage *
box_new(struct salvage_account *sa)
{
	struct boxsalvage *b = calloc(1, sizeof(*b));

	if (b == NULL)
		fatal("out of memory");
	arena_init(&b->a);
	b->sa = sa;
	b->dir.fd = -1;
	b->page_at = -1;
	return b;
}

static int
box_write(struct salvage_account *sa, uint32_t mbox, struct err *err)
{
	struct boxsalvage *b = box_new(sa);
	struct err ignored = ERR_INIT;
	int rc = 0;

	b->known = mailbox_read(sa->s->r, sa->id, mbox, &b->a, &b->mb,
	    &ignored) == 1;
	if (b->known && b->mb.dead) {
		box_clear(b);
		return 0;
	}
	if (!b->known) {
		memset(&b->mb, 0, sizeof(b->mb));
		b->mb.id = mbox;
		rc = name_find(b, err);
	}
	if (rc == 0)
		rc = folder_make(b, err);
	if (rc == 0)
		rc = messages_write(b, err);
	sa->mailboxes++;
	box_clear(b);
	return rc;
}

/* ---- bodies that no record refers to ---- */

static int
take_body(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct boxsalvage *b = arg;
	struct msgflags none = { .system = 0 };
	struct message m = { .uid = 0 };
	struct err ignored = ERR_INIT;
	struct body_ref ref;
	int rc;

	if (key.len != 16 || body_ref_row_decode(value, &ref, &ignored) == -1)
		return 0;
	m.body = be64_get(key.data + 8);
	m.size = ref.len;
	if (salvage_ids_has(&b->sa->bodies, m.body))
		return 0;
	rc = b->dir.fd == -1 ? folder_make(b, err) : 0;
	return rc == 0 ? message_write(b, &m, &none, err) : -1;
}

/* Writes bodies that may belong to messages whose records are lost. */
static int
nowhere_write(struct salvage_account *sa, struct err *err)
{
	struct boxsalvage *b;
	struct key prefix;
	int rc;

	if (!salvage_is_damaged(sa->s, T_MESSAGE))
		return 0;
	b = box_new(sa);
	snprintf(b->mb.name, sizeof(b->mb.name), "%s", NOWHERE);
	salvage_ids_sort(&sa->bodies);
	key_account(&prefix, sa->id);
	rc = reader_scan(sa->s->r, T_BODY_REF, BYTES(""), key_bytes(&prefix),
	    take_body, b, err);
	if (b->written > 0)
		salvage_say(sa->s, "account %s: %" PRIu64 " messages whose "
		    "mailbox is unknown are in '%s'", sa->name, b->written,
		    b->dir.path);
	box_clear(b);
	return rc == -1 ? -1 : 0;
}

/* ---- all mailboxes ---- */

static int
note_mailbox(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct salvage_ids *ids = arg;
	uint32_t mbox;

	if (key.len < 12)
		return 0;
	mbox = be32_get(key.data + 8);
	if (ids->n == 0 || ids->id[ids->n - 1] != mbox)
		salvage_ids_add(ids, mbox);
	return 0;
}

int
salvage_mailboxes(struct salvage_account *sa, struct err *err)
{
	const struct reader *r = sa->s->r;
	struct salvage_ids ids = { .n = 0 };
	struct key prefix;
	int rc;

	key_account(&prefix, sa->id);
	rc = reader_scan(r, T_MAILBOX, BYTES(""), key_bytes(&prefix),
	    note_mailbox, &ids, err);
	if (rc == 0 && salvage_is_damaged(sa->s, T_MAILBOX))
		rc = reader_scan(r, T_MESSAGE, BYTES(""), key_bytes(&prefix),
		    note_mailbox, &ids, err);
	salvage_ids_sort(&ids);
	for (size_t i = 0; i < ids.n && rc == 0; i++)
		rc = box_write(sa, (uint32_t)ids.id[i], err);
	if (rc == 0)
		rc = nowhere_write(sa, err);
	free(ids.id);
	return rc == -1 ? -1 : 0;
}
