/* store_sample - fills a store with records of every kind. */
#include <config.h>

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/dmarc_row.h"
#include "net/addr.h"
#include "directory/account.h"
#include "directory/address_map.h"
#include "evidence/dmarc_data.h"
#include "evidence/submission.h"
#include "store/stored_message.h"
#include "store/watch.h"
#include "store_sample.h"
#include "directory/credential.h"
#include "directory/domain_settings.h"
#include "store/account_life.h"
#include "store/store_open.h"
#include "repair/integrity.h"

const char *
sample_folder(void)
{
	const char *top = getenv("TMPDIR");
	static char name[64];

	snprintf(name, sizeof(name), "%s/test_store.XXXXXX",
	    top == NULL || strlen(top) > 40 ? "/tmp" : top);
	if (mkdtemp(name) == NULL)
		fatal("cannot make '%s'", name);
	return name;
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	return remove(path);
}

void
sample_remove(const char *folder)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

struct store_config
sample_config(const char *folder)
{
	return (struct store_config){
		.dir = folder,
		.cache_size = 16 << 20,
		.checkpoint_bytes = 8 << 20,
		.checkpoint_ms = 10000,
		.log_file_bytes = 1 << 20,
		.commit_batch_max = 256,
		.commit_batch_bytes = 8 << 20,
		.workers = 8,
		.keywords_max = 256,
		.mailboxes_max = 100,
		.purge_delay_s = 3600,
		.tombstones_max = 100,
		.delivered_keep_s = 864000,
		.message_size_max = 100 << 20,
		.segment_min = 4000,
		.segment_size = 1 << 20,
		.body_memory_max = 1 << 20
	};
}

struct store *
sample_open(const char *folder)
{
	struct store_config config = sample_config(folder);
	struct err err = ERR_INIT;
	struct store *s;

	if (store_open(&config, NULL, &s, &err) == -1)
		fatal("%s", err.text);
	return s;
}

void
sample_deliver(struct store *s, uint64_t account, const char *mailbox,
    const char *message_id, size_t size)
{
	struct buf text = BUF_INIT;
	struct bytes keyword = BYTES("$label");
	struct message_new m = { .keywords = &keyword, .nkeywords = 1,
	    .token = BYTES("0123456789abcdef") };
	struct message_added added;
	struct err err = ERR_INIT;
	struct addr client;

	buf_printf(&text, "From: a@example.org\r\nTo: you@localhost\r\n"
	    "Message-ID: <%s>\r\nSubject: %s\r\n\r\n", message_id, message_id);
	while (text.len < size)
		buf_printf(&text, "line %zu of %s\r\n", text.len, message_id);
	m.text = buf_view(&text);
	m.origin = BYTES("origin");
	/* Each token counts once. */
	m.token = bytes_make(text.data + 56, 16);
	if (addr_parse(BYTES("192.0.2.1"), &client) == 0)
		m.client = &client;
	if (message_deliver(s, account, &mailbox, 1, &m, &added, &err) == -1)
		fatal("%s", err.text);
	buf_free(&text);
}

#define MUST(call) do {							\
	if ((call) == -1)						\
		fatal("%s: %s", #call, err.text);			\
} while (0)

static uint32_t
mailbox_id(struct store *s, uint64_t account, const char *name)
{
	struct err err = ERR_INIT;
	struct kv_snap snap;
	struct mailbox mb;
	struct arena a;

	arena_init(&a);
	MUST(store_snap(s, &snap, &err));
	if (mailbox_by_name(&snap.reader, account, name, &a, &mb, &err) != 1)
		fatal("no mailbox '%s'", name);
	kv_snap_end(&snap);
	arena_clear(&a);
	return mb.id;
}

static void
fill_messages(struct store *s, uint64_t account)
{
	char id[40];

	for (int i = 0; i < 150; i++) {
		snprintf(id, sizeof(id), "message-number-%03d@example.org", i);
		sample_deliver(s, account, i % 3 == 0 ? "Archive" : "INBOX",
		    id, 500 + (size_t)i * 40);
	}
	sample_deliver(s, account, "INBOX", "large-message-000@example.org",
	    (5 << 20) + 77);
	/* Its recipients are noted in the background. */
	sample_deliver(s, account, "Sent", "sent-message-0000@example.org",
	    500);
}

/* Two submissions are accepted, one is refused. */
static void
fill_submissions(struct store *s, uint64_t account)
{
	static const char *const ids[] = { "one", "three", "two" };
	struct bytes recipients[] = { BYTES("a@example.org"),
	    BYTES("b@example.org"), BYTES("c@example.org") };
	struct err err = ERR_INIT;

	for (size_t i = 0; i < 3; i++) {
		struct submission m = { .account = account,
		    .queue_id = bytes_of(ids[i]), .recipients = recipients,
		    .nrecipients = i == 1 ? 3 : 2, .recipients_max = 4,
		    .first_time_max = 9 };

		if (submission_record(&s->db, &m, &err) == -1)
			fatal("%s", err.text);
	}
}

/* A session that shows INBOX until the store is closed. */
static struct watcher session;

static void
fill_changes(struct store *s, uint64_t account)
{
	struct number_range deleted[] = { { 3, 5 }, { 70, 70 }, { 101, 101 } };
	struct number_range copied[] = { { 1, 66 } };
	struct number_set set = { deleted, 3 };
	struct flags_change change = { .how = FLAGS_ADD,
	    .system = FLAG_DELETED | FLAG_SEEN };
	struct message_copied out;
	uint32_t inbox = mailbox_id(s, account, "INBOX");
	struct err err = ERR_INIT;
	struct arena a;
	uint64_t n;

	arena_init(&a);
	/* With the session watching, what is expunged is not purged yet. */
	watch_add(s, &session, account, inbox);
	MUST(message_store(s, account, inbox, &set, &change, &a, &err));
	MUST(message_expunge(s, account, inbox, NULL, &n, &err));
	set = (struct number_set){ copied, 1 };
	MUST(message_copy(s, account, &(struct message_copy){ .mbox = inbox,
	    .uids = &set, .target = "Archive" }, &a, &out, &err));
	set = (struct number_set){ deleted, 0 };
	copied[0] = (struct number_range){ 20, 30 };
	set = (struct number_set){ copied, 1 };
	MUST(message_copy(s, account, &(struct message_copy){ .mbox = inbox,
	    .uids = &set, .target = "Junk", .move = true }, &a, &out, &err));
	MUST(mailbox_create(s, account, "Work/2026", USE_NONE, NULL, &err));
	MUST(mailbox_rename(s, account, "Work", "Job", &err));
	MUST(mailbox_delete(s, account, "Job/2026", &err));
	change = (struct flags_change){ .how = FLAGS_ADD,
	    .system = FLAG_DELETED };
	copied[0] = (struct number_range){ 40, 41 };
	MUST(message_store(s, account, inbox, &set, &change, &a, &err));
	arena_clear(&a);
}

static void
fill_addresses(struct store *s, uint64_t account)
{
	struct err err = ERR_INIT;

	MUST(domain_create(&s->db, "example.org", "+", false, &err));
	MUST(address_add(&s->db, "you@example.org", account, "INBOX", &err));
	MUST(alias_add(&s->db, "all@example.org", &err));
	MUST(alias_member(&s->db, "all@example.org", account, true, &err));
}

/* Adds two DMARC rows of one day. */
static void
fill_dmarc(struct store *s)
{
	static const char *const domains[] = { "a.example", "b.example" };
	struct dmarc_limits limits = { .rows_max = 10, .keep_days = 30 };
	struct err err = ERR_INIT;
	uint64_t dropped;

	for (int i = 0; i < 2; i++) {
		struct dmarc_row row = {
			.field[DMARC_ROW_FROM] = bytes_of(domains[i]) };
		struct buf b = BUF_INIT;
		struct dmarc_count c = { dmarc_day(time(NULL)), 1,
		    { NULL, 0 } };

		dmarc_row_encode(&row, &b);
		c.row = buf_view(&b);
		MUST(dmarc_data_add(&s->db, &c, 1, &limits, &dropped, &err));
		buf_free(&b);
	}
}

uint64_t
sample_fill(struct store *s)
{
	struct secret secret;
	struct credential_new phone = { .label = "phone", .secrets = &secret,
	    .nsecrets = 1 };
	struct err err = ERR_INIT;
	uint64_t account;
	uint32_t id;

	MUST(account_create(s, "you@localhost", &account, &err));
	MUST(secret_of_password(BYTES("$argon2id$x"), &secret, &err));
	MUST(credential_add(&s->db, account, &phone, &id, &err));
	fill_addresses(s, account);
	fill_messages(s, account);
	fill_changes(s, account);
	fill_submissions(s, account);
	fill_dmarc(s);
	return account;
}

static void
print_fault(void *arg, const char *fault)
{
	fprintf(stderr, "# fault: %s\n", fault);
}

int64_t
sample_verify(const char *folder)
{
	struct store_config config = sample_config(folder);
	struct err err = ERR_INIT;
	int64_t n;

	n = integrity_check(&config, NULL, print_fault, NULL, NULL, &err);
	if (n == -1)
		fprintf(stderr, "# %s\n", err.text);
	return n;
}
