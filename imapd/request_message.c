/* request_message - read-only requests about messages, for administration. */
#include <config.h>

#include <inttypes.h>

#include "proto/imap_flag.h"
#include "proto/parsed.h"
#include "store/body.h"
#include "imapd/request_call.h"

/*
 * Maximum number of rows of an answer.  For more, the client asks again from
 * the next UID on.
 */
#define LIST_MAX	1000

/* What a row is built from. */
struct source {
	struct request_call *c;
	const struct reader *reader;
	uint64_t account;
	struct mailbox mb;
	uint32_t from;
	uint64_t left;			/* rows still wanted */
	uint32_t uid;			/* of the last row; 0: none yet */
	uint64_t body;			/* likewise */
};

static void
flags_put(struct request_writer *w, const struct mailbox *mb,
    const struct msgflags *f)
{
	for (const struct imap_bit_name *n = imap_flag_names; n->name != NULL;
	    n++)
		if (f->system & n->bit)
			request_put_str(w, FIELD_FLAG, n->name);
	for (unsigned i = 0; i < mb->nkeywords; i++)
		if (msgflags_has_keyword(f, i))
			request_put_cut(w, FIELD_FLAG,
			    bytes_of(mb->keywords[i]));
}

/* Adds From and Subject, if the message has been parsed. */
static int
parsed_put(struct source *s, struct request_writer *w, uint64_t body,
    struct err *err)
{
	struct err ignored = ERR_INIT;
	struct buf record = BUF_INIT;
	struct parsed pd;
	struct bytes b;
	int rc;

	rc = parsed_read(s->c->imapd->store, s->reader, s->account, body,
	    &record, err);
	if (rc != -1 && parsed_open(buf_view(&record), &pd, &ignored) == 0) {
		b = parsed_text(&pd, PARSED_FROM);
		if (b.data != NULL)
			request_put_cut(w, FIELD_FROM, b);
		b = parsed_text(&pd, PARSED_SUBJECT);
		if (b.data != NULL)
			request_put_cut(w, FIELD_SUBJECT, b);
	}
	buf_free(&record);
	return rc == -1 ? -1 : 0;
}

static void
id_put(struct request_writer *w, uint16_t tag, uint64_t id)
{
	char text[17];

	(void)snprintf(text, sizeof(text), "%016" PRIx64, id);
	request_put_str(w, tag, text);
}

/* Writes the row of a message that exists. */
static int
message_row(struct source *s, uint32_t uid, const struct flagpage *page,
    struct err *err)
{
	struct request_writer w;
	struct msgflags flags;
	struct message m;
	int rc;

	if ((rc = message_get(s->reader, s->account, s->mb.id, uid, &m,
	    err)) != 1)
		return rc;
	s->uid = uid;
	s->body = m.body;
	flagpage_get(page, UID_SLOT(uid), &flags);
	request_answer_begin(s->c, &w, FRAME_ROW);
	request_put_u64(&w, FIELD_UID, uid);
	request_put_u64(&w, FIELD_SIZE, m.size);
	request_put_time(&w, FIELD_INTERNAL_DATE, m.internal_date);
	request_put_time(&w, FIELD_SAVE_DATE, m.save_date);
	request_put_u64(&w, FIELD_MODSEQ, page->modseq[UID_SLOT(uid)]);
	flags_put(&w, &s->mb, &flags);
	id_put(&w, FIELD_EMAIL_ID, m.email_id);
	id_put(&w, FIELD_THREAD_ID, m.thread_id);
	if (parsed_put(s, &w, m.body, err) == -1)
		return -1;
	s->left--;
	return request_frame_end(&w, err);
}

/* Writes the rows of one flag page. */
static int
page_rows(void *arg, uint32_t page, struct bytes record, struct err *err)
{
	struct source *s = arg;
	struct flagpage *p;
	int rc;

	p = arena_alloc(s->c->arena, sizeof(*p));
	if (flagpage_decode(p, record, err) == -1)
		return -1;
	for (unsigned slot = 0; slot < PAGE_SLOTS && s->left > 0; slot++) {
		if ((p->present >> slot & 1) == 0 ||
		    PAGE_UID(page, slot) < s->from)
			continue;
		rc = message_row(s, PAGE_UID(page, slot), p, err);
		if (rc == -1)
			return -1;
	}
	return s->left == 0;
}

/* Finds the account and the mailbox of the request. */
static int
source_open(struct source *s, struct err *err)
{
	const char *name = request_str(&s->c->request, FIELD_MAILBOX);
	struct account acc;
	int rc;

	if (request_find_account(s->c, s->reader, &acc, err) == -1)
		return -1;
	s->account = acc.id;
	rc = mailbox_by_name(s->reader, acc.id, name, s->c->arena, &s->mb,
	    err);
	if (rc == 0)
		return err_code(err, ERR_REFUSED, ERR_CODE_NOT_FOUND,
		    "there is no mailbox '%s'", name);
	return rc == -1 ? -1 : 0;
}

/* Writes the requested rows, read in a new snapshot. */
static int
source_rows(struct source *s, struct err *err)
{
	struct kv_snap snap;
	int rc;

	if (store_snap(s->c->imapd->store, &snap, err) == -1)
		return -1;
	s->reader = &snap.reader;
	rc = source_open(s, err);
	if (rc == 0)
		rc = flagpage_each(&snap.reader, s->account, s->mb.id,
		    UID_PAGE(s->from), page_rows, s, err);
	kv_snap_end(&snap);
	return rc == -1 ? -1 : 0;
}

static int
uid_of(struct request_call *c, uint32_t *uid, struct err *err)
{
	uint64_t v = request_u64(&c->request, FIELD_UID, 1);

	if (v == 0 || v > UINT32_MAX)
		return err_set(err, ERR_SYNTAX,
		    "the UID is not a number from 1 to %" PRIu32, UINT32_MAX);
	*uid = (uint32_t)v;
	return 0;
}

static int
message_list_run(struct request_call *c, struct err *err)
{
	struct source s = { .c = c };

	s.left = request_u64(&c->request, FIELD_LIMIT, LIST_MAX);
	if (s.left > LIST_MAX)
		s.left = LIST_MAX;
	if (uid_of(c, &s.from, err) == -1 ||
	    (s.left > 0 && source_rows(&s, err) == -1))
		return -1;
	return request_answer_done(c, err);
}

/* A message text that is being sent. */
struct reading {
	uint64_t account, body, offset;
};

static int
message_get_more(struct request_call *c, struct err *err)
{
	struct reading *r = c->state;
	struct buf piece = BUF_INIT;
	int rc;

	rc = body_read(c->imapd->store, r->account, r->body, r->offset,
	    REQUEST_DATA_MAX, &piece, err);
	if (rc != -1 && piece.len > 0) {
		request_put_data(c->out, c->request.op_number, c->request.id,
		    buf_view(&piece));
		r->offset += piece.len;
	}
	rc = rc == -1 ? -1 : piece.len > 0 ? REQUEST_MORE :
	    request_answer_done(c, err);
	buf_free(&piece);
	return rc;
}

static int
message_get_run(struct request_call *c, struct err *err)
{
	struct source s = { .c = c, .left = 1 };
	struct reading *r;
	size_t start = c->out->len;
	uint32_t uid = 0;

	if (uid_of(c, &uid, err) == -1)
		return -1;
	s.from = uid;
	if (source_rows(&s, err) == -1)
		return -1;
	/* That UID does not exist, and this is the row of the next one. */
	if (s.uid != uid) {
		c->out->len = start;
		return err_code(err, ERR_REFUSED, ERR_CODE_NOT_FOUND,
		    "there is no message with the UID %" PRIu32, uid);
	}
	r = arena_zalloc(c->arena, sizeof(*r));
	r->account = s.account;
	r->body = s.body;
	c->state = r;
	c->more = message_get_more;
	return REQUEST_MORE;
}

const struct request_handler message_requests[] = {
	{ REQUEST_MESSAGE_LIST,	message_list_run },
	{ REQUEST_MESSAGE_GET,		message_get_run },
	{ 0, NULL }
};
