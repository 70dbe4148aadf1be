/* store_fixture - opens, fills, prints and checks the scratch store. */
#include <config.h>

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "directory/account.h"
#include "store/view_sync.h"
#include "store_fixture.h"
#include "store/account_life.h"
#include "store/store_open.h"
#include "repair/integrity.h"

void
must_(int rc, const struct err *err, const char *call, const char *file,
    int line)
{
	if (rc == -1)
		print_error("%s: %s\n", call, err->text);
	_assert_true(rc != -1, call, file, line);
}

static void
fixture_open(struct fixture *f)
{
	struct err err = ERR_INIT;

	must(store_open(&f->config, NULL, &f->s, &err));
}

struct fixture *
fixture_new(void (*change)(struct store_config *config))
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err = ERR_INIT;

	assert_non_null(f);
	snprintf(f->dir, sizeof(f->dir), "/tmp/postern-store.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->config = (struct store_config){
		.dir = f->dir,
		.cache_size = 16 << 20,
		.checkpoint_bytes = 16 << 20,
		.checkpoint_ms = 30000,
		.commit_batch_max = 256,
		.commit_batch_bytes = 8 << 20,
		.workers = 8,
		.keywords_max = 20,
		.mailboxes_max = 1000,
		.tombstones_max = 1000,
		.delivered_keep_s = 86400,
		.message_size_max = 64 << 20,
		.segment_min = 64 << 10,
		.segment_size = 4 << 20,
		.body_memory_max = 1 << 20
	};
	if (change != NULL)
		change(&f->config);
	arena_init(&f->a);
	fixture_open(f);
	must(account_create(f->s, "one", &f->account, &err));
	return f;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
report_fault(void *arg, const char *fault)
{
	(void)arg;
	print_error("fault: %s\n", fault);
}

static void
close_and_verify(struct fixture *f)
{
	struct err err = ERR_INIT;
	int64_t faults;

	store_close(&f->s);
	faults = integrity_check(&f->config, NULL, report_fault, NULL, NULL,
	    &err);
	if (faults == -1)
		print_error("verify: %s\n", err.text);
	assert_int_equal(faults, 0);
}

void
fixture_check(struct fixture *f)
{
	close_and_verify(f);
	fixture_open(f);
}

void
fixture_free(struct fixture **f)
{
	close_and_verify(*f);
	nftw((*f)->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	arena_clear(&(*f)->a);
	free(*f);
	*f = NULL;
}

int
fixture_setup(void **state)
{
	*state = fixture_new(NULL);
	return 0;
}

int
fixture_teardown(void **state)
{
	struct fixture *f = *state;

	fixture_free(&f);
	return 0;
}

void
fixture_reopen(struct fixture *f)
{
	store_close(&f->s);
	fixture_open(f);
}

/* ---- messages ---- */

uint32_t
fixture_append_text(struct fixture *f, const char *mailbox, const char *text,
    uint32_t system_flags, const char *const *keywords)
{
	struct bytes words[16];
	struct message_new m = {
		.text = bytes_of(text),
		.system_flags = system_flags,
		.keywords = words
	};
	struct message_added added;
	struct err err = ERR_INIT;

	while (keywords != NULL && keywords[m.nkeywords] != NULL &&
	    m.nkeywords < 16) {
		words[m.nkeywords] = bytes_of(keywords[m.nkeywords]);
		m.nkeywords++;
	}
	must(message_append(f->s, f->account, mailbox, &m, &added, &err));
	return added.uid;
}

uint32_t
fixture_append(struct fixture *f, const char *mailbox, uint32_t system_flags)
{
	const char *text = arena_printf(&f->a,
	    "From: a@example.org\r\nMessage-ID: <%u@example.org>\r\n"
	    "Subject: %u\r\n\r\nText %u\r\n", f->serial, f->serial,
	    f->serial);

	f->serial++;
	return fixture_append_text(f, mailbox, text, system_flags, NULL);
}

/* ---- looking ---- */

static int
count_row(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	++*(unsigned *)arg;
	return 0;
}

unsigned
fixture_rows(struct fixture *f, enum table t)
{
	struct err err = ERR_INIT;
	struct kv_snap snap;
	unsigned n = 0;

	must(store_snap(f->s, &snap, &err));
	must(reader_scan(&snap.reader, t, BYTES(""), BYTES(""), count_row, &n,
	    &err));
	kv_snap_end(&snap);
	return n;
}

static int
mailbox_look(struct fixture *f, const char *name, struct mailbox *mb)
{
	struct err err = ERR_INIT;
	struct kv_snap snap;
	int rc;

	must(store_snap(f->s, &snap, &err));
	rc = mailbox_by_name(&snap.reader, f->account, name, &f->a, mb, &err);
	kv_snap_end(&snap);
	must(rc);
	return rc;
}

bool
fixture_has_mailbox(struct fixture *f, const char *name)
{
	struct mailbox mb;

	return mailbox_look(f, name, &mb) == 1;
}

struct mailbox
fixture_mailbox(struct fixture *f, const char *name)
{
	struct mailbox mb;

	if (mailbox_look(f, name, &mb) != 1)
		fail_msg("no mailbox '%s'", name);
	return mb;
}

struct account
fixture_account(struct fixture *f)
{
	struct err err = ERR_INIT;
	struct account acc;
	struct kv_snap snap;

	must(store_snap(f->s, &snap, &err));
	assert_int_equal(account_get(&snap.reader, f->account, &acc, &err),
	    1);
	kv_snap_end(&snap);
	return acc;
}

const char *
fixture_set_text(struct fixture *f, const struct number_set *set)
{
	struct buf b = BUF_INIT;
	const char *text;

	for (size_t i = 0; i < set->n; i++) {
		buf_str(&b, i == 0 ? "" : ",");
		buf_printf(&b, "%u", set->range[i].first);
		if (set->range[i].last != set->range[i].first)
			buf_printf(&b, ":%u", set->range[i].last);
	}
	text = arena_strdup(&f->a, buf_cstr(&b));
	buf_free(&b);
	return text;
}

const char *
fixture_uids(struct fixture *f, const char *mailbox)
{
	struct mailbox mb = fixture_mailbox(f, mailbox);
	struct err err = ERR_INIT;
	struct kv_snap snap;
	struct view *v;
	struct number_set set = { NULL, 0 };
	uint32_t uid;

	must(store_snap(f->s, &snap, &err));
	v = view_load(&snap.reader, f->account, &mb, &err);
	kv_snap_end(&snap);
	assert_non_null(v);
	set.range = arena_array(&f->a, v->count + 1, sizeof(*set.range));
	for (uint32_t seq = 1; (uid = view_uid(v, seq)) != 0; seq++) {
		if (set.n > 0 && set.range[set.n - 1].last + 1 == uid)
			set.range[set.n - 1].last = uid;
		else
			set.range[set.n++] = (struct number_range){ uid, uid };
	}
	assert_int_equal(v->count, mb.messages);
	view_unref(&v);
	return fixture_set_text(f, &set);
}

const char *
fixture_flags(struct fixture *f, const char *mailbox, uint32_t uid)
{
	static const char *const names[] = {
		"\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"
	};
	struct mailbox mb = fixture_mailbox(f, mailbox);
	struct err err = ERR_INIT;
	struct kv_snap snap;
	struct flagpage p;
	struct msgflags flags;
	struct buf b = BUF_INIT;
	const char *text;

	must(store_snap(f->s, &snap, &err));
	must(flagpage_read(&snap.reader, f->account, mb.id, UID_PAGE(uid), &p,
	    &err));
	kv_snap_end(&snap);
	if (!(p.present >> UID_SLOT(uid) & 1))
		return "-";
	flagpage_get(&p, UID_SLOT(uid), &flags);
	for (unsigned i = 0; i < FLAG_SYSTEM_COUNT; i++)
		if (flags.system >> i & 1)
			buf_printf(&b, "%s%s", b.len == 0 ? "" : " ",
			    names[i]);
	for (unsigned i = 0; i < mb.nkeywords; i++)
		if (msgflags_has_keyword(&flags, i))
			buf_printf(&b, "%s%s", b.len == 0 ? "" : " ",
			    mb.keywords[i]);
	text = arena_strdup(&f->a, buf_cstr(&b));
	buf_free(&b);
	return text;
}

struct number_set
fixture_set(struct fixture *f, const char *text)
{
	struct number_set set = { arena_array(&f->a, 64, sizeof(*set.range)),
	    0 };
	char *end;

	while (*text != '\0') {
		struct number_range *r = &set.range[set.n++];

		assert_true(set.n < 64);
		r->first = r->last = (uint32_t)strtoul(text, &end, 10);
		if (*end == ':')
			r->last = (uint32_t)strtoul(end + 1, &end, 10);
		text = *end == ',' ? end + 1 : end;
	}
	return set;
}
