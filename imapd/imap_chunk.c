/* imap_chunk - reads the data of up to 64 messages in one snapshot. */
#include <config.h>

#include "store/body.h"
#include "imapd/imap_chunk.h"
#include "imapd/imapd.h"

/* Reads the flags of all rows.  Rows of the same flag page are adjacent. */
static int
read_flags(struct imap_session *s, const struct reader *r,
    struct imap_chunk *chunk, struct err *err)
{
	struct flagpage page;
	struct chunk_row *row;
	uint32_t number = 0;
	bool have = false;

	for (size_t i = 0; i < chunk->n; i++) {
		row = &chunk->row[i];
		if (!have || UID_PAGE(row->uid) != number) {
			number = UID_PAGE(row->uid);
			have = true;
			if (flagpage_read(r, s->account,
			    s->selected->mailbox.id, number, &page,
			    err) == -1)
				return -1;
		}
		flagpage_get(&page, UID_SLOT(row->uid), &row->flags);
		row->modseq = page.modseq[UID_SLOT(row->uid)];
	}
	return 0;
}

/* The keywords in word w of a bitmap that the session has no names for. */
static uint64_t
unknown_mask(const struct imap_selected *sel, unsigned w)
{
	unsigned known = sel->nkeywords;

	if (known >= (w + 1) * 64)
		return 0;
	return known <= w * 64 ? UINT64_MAX : UINT64_MAX << known % 64;
}

static bool
has_unknown_keyword(const struct imap_selected *sel,
    const struct imap_chunk *chunk)
{
	uint64_t mask;

	for (unsigned w = 0; w < KEYWORDS_MAX / 64; w++) {
		mask = unknown_mask(sel, w);
		for (size_t i = 0; i < chunk->n; i++)
			if (chunk->row[i].flags.keyword[w] & mask)
				return true;
	}
	return false;
}

struct message_reader {
	struct imap_chunk *chunk;
	size_t next;
};

/* Takes each record that the chunk asks for.  Both are in UID order. */
static int
take_message(void *arg, const struct message *m, struct err *err)
{
	struct message_reader *mr = arg;
	struct imap_chunk *chunk = mr->chunk;

	while (mr->next < chunk->n && chunk->row[mr->next].uid < m->uid)
		mr->next++;
	if (mr->next < chunk->n && chunk->row[mr->next].uid == m->uid) {
		chunk->row[mr->next].message = *m;
		chunk->row[mr->next++].gone = false;
	}
	return mr->next == chunk->n;
}

static int
read_messages(struct imap_session *s, const struct reader *r,
    struct imap_chunk *chunk, struct err *err)
{
	struct message_reader mr = { chunk, 0 };
	struct chunk_row *row;
	uint32_t span;
	int found;

	for (size_t i = 0; i < chunk->n; i++)
		chunk->row[i].gone = true;
	span = chunk->row[chunk->n - 1].uid - chunk->row[0].uid;
	if (span < 4 * CHUNK_ROWS)
		return message_each(r, s->account, s->selected->mailbox.id,
		    chunk->row[0].uid, take_message, &mr, err) == -1 ? -1 : 0;
	/* The UIDs are far apart: reading the records between costs more. */
	for (size_t i = 0; i < chunk->n; i++) {
		row = &chunk->row[i];
		found = message_get(r, s->account, s->selected->mailbox.id,
		    row->uid, &row->message, err);
		if (found == -1)
			return -1;
		row->gone = found == 0;
	}
	return 0;
}

static int
read_parsed(struct imap_session *s, const struct reader *r,
    struct imap_chunk *chunk, struct err *err)
{
	struct buf record = BUF_INIT;
	struct chunk_row *row;
	int rc = 0;

	buf_clear(&chunk->parsed);
	for (size_t i = 0; i < chunk->n && rc == 0; i++) {
		row = &chunk->row[i];
		row->parsed_len = 0;
		if (row->gone || !row->wanted)
			continue;
		rc = parsed_read(imap_session_store(s), r, s->account,
		    row->message.body, &record, err);
		if (rc == -1 && err->code == ERR_CODE_GONE) {
			row->gone = true;
			rc = 0;
			continue;
		}
		row->parsed_offset = chunk->parsed.len;
		row->parsed_len = record.len;
		buf_bytes(&chunk->parsed, buf_view(&record));
	}
	buf_free(&record);
	return rc == -1 ? -1 : 0;
}

int
imap_chunk_next(struct imap_session *s, struct imap_walk *walk, unsigned what,
    struct imap_chunk *chunk, struct err *err)
{
	struct kv_snap snap;
	uint32_t uid;
	int rc = 0;

	chunk->n = 0;
	while (chunk->n < CHUNK_ROWS &&
	    (uid = imap_walk_next(walk, s->selected->mailbox.view)) != 0) {
		chunk->row[chunk->n].uid = uid;
		chunk->row[chunk->n].gone = false;
		chunk->row[chunk->n].wanted = true;
		chunk->row[chunk->n++].parsed_len = 0;
	}
	if (chunk->n == 0 || what == 0)
		return 0;
	if (store_snap(imap_session_store(s), &snap, err) == -1)
		return -1;
	if (what & CHUNK_FLAGS)
		rc = read_flags(s, &snap.reader, chunk, err);
	/*
	 * An omitted keyword would look as if it had been removed, so send its
	 * name first.
	 */
	if (rc == 0 && (what & CHUNK_FLAGS) &&
	    has_unknown_keyword(s->selected, chunk))
		rc = imap_learn_keywords(s, &snap.reader, err);
	if (rc == 0 && (what & CHUNK_MESSAGE))
		rc = read_messages(s, &snap.reader, chunk, err);
	if (rc == 0 && (what & CHUNK_PARSED))
		rc = read_parsed(s, &snap.reader, chunk, err);
	kv_snap_end(&snap);
	return rc;
}

int
imap_chunk_parsed(struct imap_session *s, struct imap_chunk *chunk,
    struct err *err)
{
	struct kv_snap snap;
	int rc;

	if (store_snap(imap_session_store(s), &snap, err) == -1)
		return -1;
	rc = read_parsed(s, &snap.reader, chunk, err);
	kv_snap_end(&snap);
	return rc;
}

struct bytes
imap_chunk_record(const struct imap_chunk *chunk, const struct chunk_row *row)
{
	return bytes_make(chunk->parsed.data + row->parsed_offset,
	    row->parsed_len);
}

void
imap_chunk_free(struct imap_chunk *chunk)
{
	buf_free(&chunk->parsed);
}
