/* store_fate - the writers, the notes about them, and the final comparison. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "directory/account.h"
#include "store/incoming.h"
#include "store/stored_message.h"
#include "store_fate.h"
#include "store_sample.h"
#include "store/account_life.h"
#include "store/body.h"
#include "store/store_open.h"

/* What the notes say about a message. */
struct fate {
	uint32_t serial;
	bool delivered, flagged, expunged;
	bool flag_begun, expunge_begun;
};

uint64_t fate_accounts[WRITERS];
void (*fate_tell)(const struct note *n);

static struct fate (*fates)[UIDS_MAX];	/* for each writer */

void
fate_begin(struct store *s)
{
	struct err err = ERR_INIT;
	char login[20];

	fates = calloc(WRITERS, sizeof(*fates));
	assert_non_null(fates);
	for (unsigned i = 0; i < WRITERS; i++) {
		snprintf(login, sizeof(login), "writer%u", i);
		assert_int_equal(account_create(s, login, &fate_accounts[i],
		    &err), 0);
	}
}

void
fate_end(void)
{
	free(fates);
	fates = NULL;
}

/* ---- writing ---- */

static void
tell(uint32_t writer, enum step step, enum deed deed, uint32_t uid,
    uint32_t serial)
{
	struct note n = { writer, uid, serial, (uint8_t)step, (uint8_t)deed };

	fate_tell(&n);
}

static void
message_text(struct buf *out, uint32_t writer, uint32_t serial)
{
	buf_clear(out);
	buf_printf(out, "From: writer%u@example.org\r\nSubject: %u\r\n"
	    "Message-ID: <%u.%u@example.org>\r\n\r\n", writer, serial, serial,
	    writer);
	for (uint32_t i = 0; i < serial % 97 * 10; i++)
		buf_printf(out, "%u %u %u\r\n", writer, serial, i);
}

uint32_t
fate_deliver(struct store *s, uint32_t writer, uint32_t serial)
{
	static const char *const inbox = "INBOX";
	struct message_new m = { .internal_date = 1 };
	struct message_added added;
	struct err err = ERR_INIT;
	struct buf text = BUF_INIT;
	int rc = 0;

	message_text(&text, writer, serial);
	m.text = buf_view(&text);
	/* Some messages are streamed; large ones of those go to segments. */
	if (serial % 3 == 0) {
		m.incoming = incoming_new(s);
		rc = incoming_write(m.incoming, m.text, &err);
		m.text = bytes_make(NULL, 0);
	}
	if (rc == 0)
		rc = message_deliver(s, fate_accounts[writer], &inbox, 1, &m,
		    &added, &err);
	incoming_free(&m.incoming);
	buf_free(&text);
	if (rc == -1)
		return 0;
	tell(writer, DONE, DELIVER, added.uid, serial);
	return added.uid;
}

static void
change(struct store *s, uint32_t writer, enum deed deed, uint32_t uid)
{
	struct number_range range = { uid, uid };
	struct number_set set = { &range, 1 };
	struct flags_change flags = { .how = FLAGS_ADD,
	    .system = deed == FLAG ? FLAG_FLAGGED : FLAG_DELETED };
	struct err err = ERR_INIT;
	struct arena a;
	uint64_t n;
	int rc;

	arena_init(&a);
	tell(writer, BEGUN, deed, uid, 0);
	rc = message_store(s, fate_accounts[writer], INBOX, &set, &flags, &a,
	    &err);
	if (rc == 0 && deed == EXPUNGE)
		rc = message_expunge(s, fate_accounts[writer], INBOX, &set,
		    &n, &err);
	if (rc == 0)
		tell(writer, DONE, deed, uid, 0);
	arena_clear(&a);
}

void *
fate_write(void *arg)
{
	struct writer *w = arg;
	uint32_t uid;

	for (uint32_t i = 0; i < w->count; i++) {
		uid = fate_deliver(w->s, w->number, w->serial + i);
		if (uid != 0 && i % 3 == 0)
			change(w->s, w->number, FLAG, uid);
		if (uid > 4 && i % 4 == 0)
			change(w->s, w->number, EXPUNGE, uid - 3);
	}
	return NULL;
}

/* ---- checking ---- */

void
fate_forget(void)
{
	memset(fates, 0, WRITERS * sizeof(*fates));
}

void *
fate_save(void)
{
	void *copy = malloc(WRITERS * sizeof(*fates));

	assert_non_null(copy);
	memcpy(copy, fates, WRITERS * sizeof(*fates));
	return copy;
}

void
fate_restore(void *copy)
{
	memcpy(fates, copy, WRITERS * sizeof(*fates));
	free(copy);
}

void
fate_note(const struct note *n)
{
	struct fate *f;

	assert_true(n->writer < WRITERS && n->uid < UIDS_MAX);
	f = &fates[n->writer][n->uid];
	if (n->deed == DELIVER) {
		f->delivered = true;
		f->serial = n->serial;
	} else if (n->deed == FLAG) {
		f->flag_begun = true;
		f->flagged = n->step == DONE;
	} else {
		f->expunge_begun = true;
		f->expunged = n->step == DONE;
	}
}

static char wrong[200];

static const char *
say(const char *what, uint32_t writer, uint32_t uid)
{
	snprintf(wrong, sizeof(wrong), "message %u of writer %u %s", uid,
	    writer, what);
	return wrong;
}

static const char *
check_body(struct store *s, const struct reader *r, uint32_t writer,
    uint32_t uid, uint32_t serial)
{
	struct message m;
	struct err err = ERR_INIT;
	struct buf body = BUF_INIT, text = BUF_INIT;
	bool same;

	if (message_get(r, fate_accounts[writer], INBOX, uid, &m, &err) != 1 ||
	    body_read(s, fate_accounts[writer], m.body, 0, m.size, &body,
	    &err) == -1)
		return say("cannot be read", writer, uid);
	message_text(&text, writer, serial);
	same = bytes_eq(buf_view(&body), buf_view(&text));
	buf_free(&body);
	buf_free(&text);
	return same ? NULL : say("is another one", writer, uid);
}

/* Returns 1 if the body is right, 0 if not, -1 if it cannot be read. */
static int
try_body(struct store *s, uint32_t writer, uint32_t uid, uint32_t serial)
{
	struct buf body = BUF_INIT, text = BUF_INIT;
	struct err err = ERR_INIT;
	struct kv_snap snap;
	struct message m;
	int rc;

	if (store_snap(s, &snap, &err) == -1)
		return -1;
	rc = message_get(&snap.reader, fate_accounts[writer], INBOX, uid, &m,
	    &err);
	kv_snap_end(&snap);
	if (rc == 1)
		rc = body_read(s, fate_accounts[writer], m.body, 0, m.size,
		    &body, &err) == -1 ? -1 : 1;
	message_text(&text, writer, serial);
	if (rc == 1)
		rc = bytes_eq(buf_view(&body), buf_view(&text));
	buf_free(&body);
	buf_free(&text);
	return rc;
}

const char *
fate_read(struct store *s)
{
	for (uint32_t w = 0; w < WRITERS; w++)
		for (uint32_t uid = 1; uid < UIDS_MAX; uid++)
			if (fates[w][uid].delivered &&
			    !fates[w][uid].expunge_begun &&
			    try_body(s, w, uid, fates[w][uid].serial) == 0)
				return say("is another one", w, uid);
	return NULL;
}

static const char *
check_message(struct store *s, const struct reader *r, uint32_t writer,
    uint32_t uid, const struct fate *f)
{
	uint64_t bit = (uint64_t)1 << UID_SLOT(uid);
	struct err err = ERR_INIT;
	struct flagpage p;
	struct msgflags flags;
	bool present;

	present = flagpage_read(r, fate_accounts[writer], INBOX,
	    UID_PAGE(uid), &p, &err) == 1 && (p.present & bit) != 0;
	if (f->expunged && present)
		return say("is back", writer, uid);
	if (!present)
		return f->expunge_begun ? NULL : say("is lost", writer, uid);
	flagpage_get(&p, UID_SLOT(uid), &flags);
	if (f->flagged && (flags.system & FLAG_FLAGGED) == 0)
		return say("has lost its flag", writer, uid);
	if (!f->flag_begun && (flags.system & FLAG_FLAGGED) != 0)
		return say("has a flag", writer, uid);
	return check_body(s, r, writer, uid, f->serial);
}

static const char *
check_all(struct store *s, const struct reader *r)
{
	const char *why = NULL;

	for (uint32_t w = 0; w < WRITERS; w++)
		for (uint32_t uid = 1; uid < UIDS_MAX && why == NULL; uid++)
			if (fates[w][uid].delivered)
				why = check_message(s, r, w, uid,
				    &fates[w][uid]);
	return why;
}

const char *
fate_check(const char *folder)
{
	struct store_config config = sample_config(folder);
	struct err err = ERR_INIT;
	struct kv_snap snap;
	struct store *s;
	const char *why;

	if (sample_verify(folder) != 0)
		return "the store has faults";
	if (store_open(&config, NULL, &s, &err) == -1)
		return "the store cannot be opened";
	if (store_snap(s, &snap, &err) == -1)
		fatal("%s", err.text);
	why = check_all(s, &snap.reader);
	kv_snap_end(&snap);
	store_close(&s);
	return why;
}
