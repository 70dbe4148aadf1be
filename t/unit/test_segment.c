/* Large bodies: where they lie, who shares them, and where they go. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mail/message.h"
#include "proto/parsed.h"
#include "store/account.h"
#include "store/incoming.h"
#include "store/message.h"
#include "store/purge.h"
#include "store/segment-private.h"
#include "store/sys.h"
#include "store_fixture.h"

#define KB		1024u
#define ACCOUNTS	50

/* ---- messages ---- */

/* A message of that size whose every line tells its number. */
static void
text_make(struct buf *out, unsigned serial, size_t size)
{
	buf_clear(out);
	buf_printf(out, "Subject: %u\r\nMessage-ID: <%u.%zu@example.org>\r\n"
	    "\r\n", serial, serial, size);
	while (out->len < size)
		buf_printf(out, "%u %zu\r\n", serial, out->len);
	out->len = size;
}

static void
parse(struct bytes prefix, struct bytes text, struct buf *out)
{
	struct arena a;
	struct mail_parser *p;

	arena_init(&a);
	p = mail_parser_new(&a, NULL);
	mail_parser_feed(p, prefix.data, prefix.len);
	mail_parser_feed(p, text.data, text.len);
	parsed_encode(mail_parser_finish(p), out);
	arena_clear(&a);
}

/* Pieces of changing sizes, as they come from a network. */
static struct incoming *
incoming_fill(struct fixture *f, struct bytes text, size_t piece)
{
	struct incoming *in = incoming_new(f->s);
	struct err err = ERR_INIT;
	size_t n;

	for (size_t at = 0; at < text.len; at += n) {
		n = text.len - at < piece ? text.len - at : piece;
		must(incoming_write(in, bytes_make(text.data + at, n), &err));
		piece = piece * 7 % 70001 + 1;
	}
	assert_int_equal(incoming_size(in), text.len);
	return in;
}

static uint32_t
deliver(struct fixture *f, uint64_t account, struct incoming *in,
    struct bytes prefix, struct bytes text)
{
	static const char *const inbox = "INBOX";
	struct buf parsed = BUF_INIT;
	struct message_new m = { .prefix = prefix, .incoming = in };
	struct message_added added;
	struct err err = ERR_INIT;

	parse(prefix, text, &parsed);
	m.parsed = buf_view(&parsed);
	must(message_deliver(f->s, account, &inbox, 1, &m, &added, &err));
	buf_free(&parsed);
	return added.uid;
}

/* A message of its own for the fixture's account. */
static uint32_t
add(struct fixture *f, unsigned serial, size_t size)
{
	struct buf text = BUF_INIT;
	struct incoming *in;
	uint32_t uid;

	text_make(&text, serial, size);
	in = incoming_fill(f, buf_view(&text), 1 + serial * 977 % 40000);
	uid = deliver(f, f->account, in, BYTES(""), buf_view(&text));
	incoming_free(&in);
	buf_free(&text);
	return uid;
}

static struct message
message_of(struct fixture *f, uint64_t account, uint32_t uid)
{
	struct message m;
	struct kv_snap snap;
	struct err err = ERR_INIT;

	must(store_snap(f->s, &snap, &err));
	assert_int_equal(message_get(&snap.reader, account, 1, uid, &m, &err),
	    1);
	kv_snap_end(&snap);
	return m;
}

/* Is the message prefix and text, however it is read? */
static void
check_account(struct fixture *f, uint64_t account, uint32_t uid,
    struct bytes prefix, struct bytes text)
{
	static const size_t steps[] = { 1 << 30, 65536, 4099 };
	struct message m = message_of(f, account, uid);
	struct buf whole = BUF_INIT, got = BUF_INIT;
	struct err err = ERR_INIT;
	size_t before;

	buf_bytes(&whole, prefix);
	buf_bytes(&whole, text);
	assert_int_equal(m.size, whole.len);
	for (size_t i = 0; i < 3; i++) {
		buf_clear(&got);
		do {
			before = got.len;
			must(body_read(f->s, account, m.body, got.len,
			    steps[i], &got, &err));
		} while (got.len > before);
		assert_true(bytes_eq(buf_view(&got), buf_view(&whole)));
	}
	buf_free(&whole);
	buf_free(&got);
}

static void
check(struct fixture *f, uint32_t uid, unsigned serial, size_t size)
{
	struct buf text = BUF_INIT;

	text_make(&text, serial, size);
	check_account(f, f->account, uid, BYTES(""), buf_view(&text));
	buf_free(&text);
}

static void
expunge(struct fixture *f, uint64_t account, const char *uids)
{
	struct uid_set set = fixture_set(f, uids);
	struct flags_change change = { .how = FLAGS_ADD,
	    .system = FLAG_DELETED };
	struct err err = ERR_INIT;
	uint64_t n;

	must(message_store(f->s, account, 1, &set, &change, &f->a, &err));
	must(message_expunge(f->s, account, 1, NULL, &n, &err));
	purge_drain(f->s);
}

/* ---- files ---- */

struct files {
	unsigned n;
	uint64_t bytes;
};

static void
path_of(struct fixture *f, const char *name, char path[400])
{
	snprintf(path, 400, "%s/" STORE_HOME "/" SEGMENT_FOLDER "/%s", f->dir,
	    name);
}

static struct files
files(struct fixture *f)
{
	struct files all = { 0, 0 };
	struct dirent *e;
	struct stat st;
	char path[400];
	DIR *d;

	path_of(f, "", path);
	assert_non_null(d = opendir(path));
	while ((e = readdir(d)) != NULL) {
		path_of(f, e->d_name, path);
		if (e->d_name[0] == '.' || stat(path, &st) == -1)
			continue;
		all.n++;
		all.bytes += (uint64_t)st.st_size;
	}
	closedir(d);
	return all;
}

static int
count_one(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	++*(unsigned *)arg;
	return 0;
}

static unsigned
count(struct fixture *f, enum table t)
{
	struct err err = ERR_INIT;
	unsigned n = 0;

	must(reader_scan(kv_latest(f->s->kv), t, BYTES(""), BYTES(""),
	    count_one, &n, &err));
	return n;
}

/* ---- rows and headers ---- */

static void
headers_are_recognized(void **state)
{
	struct segment_record rec = { .id = 0x0123456789abcdef, .len = 77777,
	    .crc = 0xdeadbeef }, got;
	char file[SEGMENT_FILE_HEADER], header[SEGMENT_HEADER];
	uint32_t seed, other;

	seed = segment_file_header_encode(file, 7, 0x1122334455667788);
	assert_int_equal(segment_file_header_decode(file, 7, &other), 0);
	assert_int_equal(seed, other);
	assert_int_equal(segment_file_header_decode(file, 8, &other), -1);
	segment_header_encode(header, seed, &rec);
	assert_int_equal(segment_header_decode(header, seed, &got), 0);
	assert_int_equal(got.id, rec.id);
	assert_int_equal(got.len, rec.len);
	assert_int_equal(got.crc, rec.crc);
	/* One of another file is none. */
	assert_int_equal(segment_header_decode(header, seed ^ 1, &got), -1);
	for (size_t i = 0; i < sizeof(header); i++) {
		header[i] ^= 1;
		assert_int_equal(segment_header_decode(header, seed, &got),
		    -1);
		header[i] ^= 1;
	}
	for (size_t i = 0; i < sizeof(file); i++) {
		file[i] ^= 1;
		assert_int_equal(segment_file_header_decode(file, 7, &other),
		    -1);
		file[i] ^= 1;
	}
}

static void
rows_are_checked(void **state)
{
	struct segment_record rec = { .id = 5, .file = 6, .offset = 36,
	    .len = 8, .crc = 9, .locations = 10 }, got;
	struct segment_total total = { 100, 64, 2 }, got_total;
	struct buf ref = BUF_INIT, sum = BUF_INIT;
	struct err err = ERR_INIT;

	segment_ref_encode(&rec, &ref);
	assert_int_equal(segment_ref_decode(buf_view(&ref), 5, &got, &err),
	    0);
	assert_int_equal(got.file, rec.file);
	assert_int_equal(got.offset, rec.offset);
	assert_int_equal(got.len, rec.len);
	assert_int_equal(got.crc, rec.crc);
	assert_int_equal(got.locations, rec.locations);
	segment_total_encode(&total, &sum);
	assert_int_equal(segment_total_decode(buf_view(&sum), &got_total,
	    &err), 0);
	assert_int_equal(got_total.end, 100);
	for (size_t n = 0; n < ref.len; n++)
		assert_int_equal(segment_ref_decode(bytes_make(ref.data, n),
		    5, &got, &err), -1);
	for (size_t n = 0; n < sum.len; n++)
		assert_int_equal(segment_total_decode(bytes_make(sum.data, n),
		    &got_total, &err), -1);
	/* More bytes than there is room for. */
	total.bytes = 65;
	buf_clear(&sum);
	segment_total_encode(&total, &sum);
	assert_int_equal(segment_total_decode(buf_view(&sum), &got_total,
	    &err), -1);
	buf_free(&ref);
	buf_free(&sum);
}

/* ---- where bodies lie ---- */

static void
all_in_segments(struct store_config *c)
{
	c->segment_min = 0;
}

static void
none_in_segments(struct store_config *c)
{
	c->segment_min = UINT64_MAX;
	c->body_memory_max = 10000;
}

static void
size_decides(void **state)
{
	static const struct {
		const char *title;
		void (*change)(struct store_config *c);
		size_t size;
		bool in_segment;
	} rows[] = {
		{ "the largest small one", NULL, 64 * KB, false },
		{ "the smallest large one", NULL, 64 * KB + 1, true },
		{ "all, small", all_in_segments, 100, true },
		{ "all, large", all_in_segments, 300 * KB, true },
		{ "none, small", none_in_segments, 100, false },
		{ "none, large", none_in_segments, 3000 * KB, false },
	};
	struct fixture *f;
	struct buf text = BUF_INIT;
	uint32_t uid[2];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		f = fixture_new(rows[i].change);
		uid[0] = add(f, (unsigned)i, rows[i].size);
		text_make(&text, (unsigned)i, rows[i].size);
		buf_byte(&text, '\0');
		text.data[rows[i].size] = '\0';
		uid[1] = fixture_append_text(f, "INBOX", text.data, 0, NULL);
		if (count(f, T_SEGMENT_REF) != (rows[i].in_segment ? 2 : 0))
			fail_msg("%s", rows[i].title);
		fixture_reopen(f);
		check(f, uid[0], (unsigned)i, rows[i].size);
		check(f, uid[1], (unsigned)i, rows[i].size);
		fixture_free(&f);
	}
	buf_free(&text);
}

/* One segment for one client after another. */
static void
records_lie_side_by_side(void **state)
{
	struct fixture *f = fixture_new(NULL);
	uint32_t uid[30];

	for (unsigned i = 0; i < 30; i++)
		uid[i] = add(f, i, 65 * KB + i * 1237);
	assert_int_equal(files(f).n, 1);
	assert_int_equal(count(f, T_SEGMENT), 1);
	for (unsigned i = 0; i < 30; i++)
		check(f, uid[i], i, 65 * KB + i * 1237);
	fixture_reopen(f);
	uid[0] = add(f, 100, 70 * KB);
	check(f, uid[0], 100, 70 * KB);
	assert_int_equal(files(f).n, 1);
	fixture_free(&f);
}

/* The small text takes the place of what was left in the fixture: 4 MB. */
static void
a_full_segment_is_sealed(void **state)
{
	struct fixture *f = fixture_new(NULL);

	for (unsigned i = 0; i < 9; i++)
		add(f, i, 1000 * KB);
	assert_int_equal(files(f).n, 2);
	fixture_reopen(f);
	add(f, 9, 70 * KB);
	assert_int_equal(files(f).n, 2);
	fixture_free(&f);
}

/* ---- one message for many ---- */

static void
accounts_make(struct fixture *f, uint64_t id[ACCOUNTS])
{
	struct err err = ERR_INIT;
	char login[20];

	for (unsigned i = 0; i < ACCOUNTS; i++) {
		snprintf(login, sizeof(login), "u%u", i);
		must(account_create(f->s, login, &id[i], &err));
	}
}

static struct bytes
prefix_of(unsigned i, char room[100])
{
	/* One has none. */
	if (i == 3)
		return BYTES("");
	snprintf(room, 100, "Delivered-To: u%u@example.org\r\n", i);
	return bytes_of(room);
}

static void
many_accounts_share_the_bytes(void **state)
{
	struct fixture *f = fixture_new(NULL);
	const size_t size = 3000 * KB;
	struct buf text = BUF_INIT;
	uint64_t id[ACCOUNTS];
	struct incoming *in;
	char room[100];

	accounts_make(f, id);
	text_make(&text, 1, size);
	in = incoming_fill(f, buf_view(&text), 5000);
	for (unsigned i = 0; i < ACCOUNTS; i++)
		deliver(f, id[i], in, prefix_of(i, room), buf_view(&text));
	incoming_free(&in);
	assert_int_equal(files(f).bytes,
	    SEGMENT_FILE_HEADER + SEGMENT_HEADER + size);
	assert_int_equal(count(f, T_SEGMENT_REF), 1);
	assert_int_equal(count(f, T_BODY), ACCOUNTS - 1);
	for (unsigned i = 0; i < ACCOUNTS; i++)
		check_account(f, id[i], 1, prefix_of(i, room),
		    buf_view(&text));
	/* The last one keeps it alive. */
	for (unsigned i = 0; i < ACCOUNTS - 1; i++)
		expunge(f, id[i], "1");
	assert_int_equal(count(f, T_SEGMENT_REF), 1);
	assert_int_equal(count(f, T_BODY), 1);
	check_account(f, id[ACCOUNTS - 1], 1, prefix_of(ACCOUNTS - 1, room),
	    buf_view(&text));
	expunge(f, id[ACCOUNTS - 1], "1");
	assert_int_equal(count(f, T_SEGMENT_REF), 0);
	assert_int_equal(count(f, T_BODY), 0);
	buf_free(&text);
	fixture_free(&f);
}

/* The first account's copy is gone before the second one's is committed. */
static void
a_record_lives_again(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct buf text = BUF_INIT;
	struct incoming *in;

	text_make(&text, 1, 100 * KB);
	in = incoming_fill(f, buf_view(&text), 5000);
	assert_int_equal(deliver(f, f->account, in, BYTES(""),
	    buf_view(&text)), 1);
	expunge(f, f->account, "1");
	assert_int_equal(count(f, T_SEGMENT_REF), 0);
	assert_int_equal(deliver(f, f->account, in, BYTES(""),
	    buf_view(&text)), 2);
	incoming_free(&in);
	check(f, 2, 1, 100 * KB);
	buf_free(&text);
	fixture_free(&f);
}

static void
copies_and_accounts_count(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct uid_set all = fixture_set(f, "1:2");
	struct message_copied out;
	struct err err = ERR_INIT;
	uint64_t other;

	must(account_create(f->s, "other", &other, &err));
	add(f, 1, 100 * KB);
	add(f, 2, 200 * KB);
	must(message_copy(f->s, f->account, 1, &all, "Archive", false, &f->a,
	    &out, &err));
	expunge(f, f->account, "1:2");
	assert_int_equal(count(f, T_SEGMENT_REF), 2);
	must(mailbox_delete(f->s, f->account, "Archive", &err));
	purge_drain(f->s);
	assert_int_equal(count(f, T_SEGMENT_REF), 0);
	add(f, 3, 300 * KB);
	assert_int_equal(count(f, T_SEGMENT_REF), 1);
	must(account_delete(f->s, f->account, &err));
	purge_drain(f->s);
	assert_int_equal(count(f, T_SEGMENT_REF), 0);
	assert_int_equal(count(f, T_BODY_LOC), 0);
	fixture_free(&f);
}

/* ---- what does not become a message ---- */

static void
what_is_broken_off_leaves_nothing(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct buf text = BUF_INIT;
	struct files before;
	struct incoming *in;
	struct err err = ERR_INIT;

	add(f, 1, 100 * KB);
	before = files(f);
	text_make(&text, 2, 900 * KB);
	in = incoming_fill(f, buf_view(&text), 5000);
	assert_true(files(f).bytes > before.bytes);
	incoming_reset(in);
	assert_int_equal(files(f).bytes, before.bytes);
	/* The same one again. */
	must(incoming_write(in, buf_view(&text), &err));
	deliver(f, f->account, in, BYTES(""), buf_view(&text));
	incoming_free(&in);
	check(f, 2, 2, 900 * KB);
	in = incoming_fill(f, buf_view(&text), 70000);
	incoming_free(&in);
	assert_int_equal(files(f).n, 1);
	buf_free(&text);
	fixture_free(&f);
}

static void
small_messages(struct store_config *c)
{
	c->message_size_max = 200 * KB;
}

static void
what_is_too_large_leaves_nothing(void **state)
{
	struct fixture *f = fixture_new(small_messages);
	struct buf text = BUF_INIT;
	struct incoming *in;
	struct err err = ERR_INIT;

	text_make(&text, 2, 200 * KB);
	in = incoming_fill(f, buf_view(&text), 5000);
	assert_int_equal(incoming_write(in, BYTES("x"), &err), -1);
	assert_int_equal(err.code, ERR_CODE_TOO_LARGE);
	assert_int_equal(incoming_write(in, BYTES("x"), &err), -1);
	incoming_free(&in);
	assert_int_equal(files(f).bytes, SEGMENT_FILE_HEADER);
	buf_free(&text);
	fixture_free(&f);
}

static void
a_refused_one_is_dead(void **state)
{
	static const char *const inbox = "INBOX";
	struct fixture *f = fixture_new(NULL);
	struct buf text = BUF_INIT, parsed = BUF_INIT;
	struct message_new m = { .text = BYTES("") };
	struct message_added added;
	struct err err = ERR_INIT;
	uint32_t uid;

	must(account_set(f->s, f->account, "disabled", "yes",
	    &err));
	text_make(&text, 2, 300 * KB);
	m.text = buf_view(&text);
	assert_int_equal(message_deliver(f->s, f->account, &inbox, 1, &m,
	    &added, &err), -1);
	assert_int_equal(err.code, ERR_CODE_DISABLED);
	assert_int_equal(count(f, T_SEGMENT_REF), 0);
	must(account_set(f->s, f->account, "disabled", "no",
	    &err));
	uid = add(f, 3, 100 * KB);
	fixture_reopen(f);
	check(f, uid, 3, 100 * KB);
	buf_free(&text);
	buf_free(&parsed);
	fixture_free(&f);
}

/* ---- a start after a crash ---- */

static void
append_bytes(struct fixture *f, const char *name, size_t n, int flags)
{
	char path[400], *p = calloc(1, n);
	int fd;

	path_of(f, name, path);
	fd = open(path, O_WRONLY | O_APPEND | flags, 0600);
	assert_int_not_equal(fd, -1);
	memset(p, 'x', n);
	assert_int_equal(write(fd, p, n), n);
	close(fd);
	free(p);
}

static void
a_torn_tail_is_cut(void **state)
{
	struct fixture *f = fixture_new(NULL);
	uint64_t whole;

	add(f, 1, 100 * KB);
	add(f, 2, 200 * KB);
	whole = files(f).bytes;
	store_close(&f->s);
	append_bytes(f, "0000000001", 54321, 0);
	append_bytes(f, "0000000009", 100, O_CREAT);
	append_bytes(f, "0000000010", 1, O_CREAT);
	append_bytes(f, "readme", 1, O_CREAT);
	assert_int_equal(files(f).n, 4);
	must_(store_open(&f->config, NULL, &f->s, &(struct err)ERR_INIT),
	    &(struct err)ERR_INIT, "store_open", __FILE__, __LINE__);
	assert_int_equal(files(f).n, 2);
	assert_int_equal(files(f).bytes, whole + 1);
	check(f, 1, 1, 100 * KB);
	add(f, 3, 300 * KB);
	check(f, 2, 2, 200 * KB);
	check(f, 3, 3, 300 * KB);
	fixture_free(&f);
}

static int64_t
faults(struct fixture *f, void (*report)(void *arg, const char *fault),
    void *arg)
{
	struct err err = ERR_INIT;
	int64_t n;

	n = store_verify(&f->config, NULL, report, NULL, arg, &err);
	if (n == -1)
		fail_msg("%s", err.text);
	return n;
}

static void
ignore(void *arg, const char *fault)
{
}

static void
a_lost_file_is_no_end(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	char path[400], aside[400];
	uint32_t last;

	/* Five megabytes fill a segment. */
	for (unsigned i = 1; i <= 6; i++)
		last = add(f, i, 1000 * KB);
	store_close(&f->s);
	path_of(f, "0000000001", path);
	path_of(f, "aside", aside);
	assert_int_equal(rename(path, aside), 0);
	assert_true(faults(f, ignore, NULL) > 0);
	must(store_open(&f->config, NULL, &f->s, &err));
	check(f, last, 6, 1000 * KB);
	assert_int_equal(body_read(f->s, f->account, message_of(f, f->account,
	    1).body, 0, 100, &out, &err), -1);
	assert_int_equal(err.kind, ERR_INTERNAL);
	expunge(f, f->account, "2");
	add(f, 7, 100 * KB);
	store_close(&f->s);
	assert_int_equal(rename(aside, path), 0);
	must(store_open(&f->config, NULL, &f->s, &err));
	check(f, 1, 1, 1000 * KB);
	buf_free(&out);
	fixture_free(&f);
}

/* ---- reclaiming ---- */

static void
the_dead_make_room(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct files before;

	for (unsigned i = 1; i <= 40; i++)
		assert_int_equal(add(f, i, 400 * KB), i);
	before = files(f);
	assert_int_equal(before.n, 4);
	/* A third of each lives. */
	for (unsigned i = 1; i <= 40; i++) {
		char uid[20];

		snprintf(uid, sizeof(uid), "%u", i);
		if (i % 3 != 0)
			expunge(f, f->account, uid);
	}
	purge_drain(f->s);
	assert_true(files(f).bytes < before.bytes * 2 / 3);
	for (unsigned i = 3; i <= 40; i += 3)
		check(f, i, i, 400 * KB);
	fixture_reopen(f);
	for (unsigned i = 3; i <= 40; i += 3)
		check(f, i, i, 400 * KB);
	expunge(f, f->account, "1:40");
	purge_drain(f->s);
	assert_int_equal(count(f, T_SEGMENT_REF), 0);
	assert_true(files(f).bytes <= f->config.segment_size / 2);
	fixture_free(&f);
}

/* What many share moves once. */
static void
shared_bytes_move(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct buf text = BUF_INIT;
	uint64_t id[ACCOUNTS];
	struct incoming *in;
	char room[100];

	accounts_make(f, id);
	text_make(&text, 1, 500 * KB);
	for (unsigned i = 1; i <= 4; i++)
		add(f, i, 900 * KB);
	in = incoming_fill(f, buf_view(&text), 5000);
	for (unsigned i = 0; i < ACCOUNTS; i++)
		deliver(f, id[i], in, prefix_of(i, room), buf_view(&text));
	incoming_free(&in);
	expunge(f, f->account, "1:4");
	purge_drain(f->s);
	assert_int_equal(files(f).n, 1);
	assert_int_equal(files(f).bytes,
	    SEGMENT_FILE_HEADER + SEGMENT_HEADER + text.len);
	for (unsigned i = 0; i < ACCOUNTS; i++)
		check_account(f, id[i], 1, prefix_of(i, room),
		    buf_view(&text));
	buf_free(&text);
	fixture_free(&f);
}

static bool
never(void *arg)
{
	return false;
}

static int
note_last(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct segment_record *last = arg, row;

	if (segment_ref_decode(value, 0, &row, err) == -1)
		return -1;
	if (row.offset >= last->offset)
		*last = row;
	return 0;
}

/* Turns a byte over in the last record of the only segment, or back. */
static void
damage_last(struct fixture *f)
{
	struct segment_record last = { 0 };
	struct err err = ERR_INIT;
	char path[400], byte;
	off_t at;
	int fd;

	must(reader_scan(kv_latest(f->s->kv), T_SEGMENT_REF, BYTES(""),
	    BYTES(""), note_last, &last, &err));
	at = (off_t)last.offset + 1000;
	path_of(f, "0000000001", path);
	assert_int_not_equal(fd = open(path, O_RDWR), -1);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

/* A living record that is damaged: the segment stays, for who can mend it. */
static void
a_damaged_record_stays(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct err err = ERR_INIT;
	char path[400];

	for (unsigned i = 1; i <= 5; i++)
		add(f, i, 900 * KB);
	damage_last(f);
	expunge(f, f->account, "1:4");
	purge_drain(f->s);
	assert_int_equal(count(f, T_SEGMENT), 1);
	path_of(f, "0000000001", path);
	assert_int_equal(access(path, F_OK), 0);
	/* Nothing is left to be tried. */
	assert_int_equal(segment_reclaim(f->s, never, NULL, &err), 0);
	store_close(&f->s);
	assert_int_equal(faults(f, ignore, NULL), 1);
	must(store_open(&f->config, NULL, &f->s, &err));
	damage_last(f);
	fixture_reopen(f);
	purge_drain(f->s);
	check(f, 5, 5, 900 * KB);
	assert_int_equal(access(path, F_OK), -1);
	fixture_free(&f);
}

/* ---- many threads ---- */

struct worker {
	struct fixture *f;
	pthread_t thread;
	unsigned number;
	uint64_t account;
	bool *stop;
};

/* Delivers, breaks off, reads, expunges. */
static void *
work(void *arg)
{
	struct worker *w = arg;
	struct fixture *f = w->f;
	struct buf text = BUF_INIT;
	struct arena a;
	uint32_t uid = 0;

	arena_init(&a);
	for (unsigned i = 0; i < 40; i++) {
		unsigned serial = w->number * 1000 + i;
		size_t size = 50 * KB + serial * 7919 % (200 * KB);
		struct incoming *in;

		text_make(&text, serial, size);
		in = incoming_fill(f, buf_view(&text), 1 + serial % 9000);
		if (i % 5 != 4) {
			uid = deliver(f, w->account, in, BYTES(""),
			    buf_view(&text));
			check_account(f, w->account, uid, BYTES(""),
			    buf_view(&text));
		}
		incoming_free(&in);
		if (i % 4 != 3 && uid > 0) {
			struct uid_range r = { uid, uid };
			struct uid_set set = { &r, 1 };
			struct flags_change change = { .how = FLAGS_ADD,
			    .system = FLAG_DELETED };
			struct err err = ERR_INIT;
			uint64_t n;

			must(message_store(f->s, w->account, 1, &set, &change,
			    &a, &err));
			must(message_expunge(f->s, w->account, 1, NULL, &n,
			    &err));
		}
	}
	arena_clear(&a);
	buf_free(&text);
	return NULL;
}

static void *
reclaim_for_ever(void *arg)
{
	struct worker *w = arg;

	while (!__atomic_load_n(w->stop, __ATOMIC_RELAXED))
		purge_drain(w->f->s);
	return NULL;
}

/* Reads one message all the time: it moves meanwhile. */
static void *
read_for_ever(void *arg)
{
	struct worker *w = arg;

	while (!__atomic_load_n(w->stop, __ATOMIC_RELAXED))
		check(w->f, 1, 1, 300 * KB);
	return NULL;
}

static void
small_segments(struct store_config *c)
{
	c->segment_size = 600 * KB;
	c->segment_min = 30 * KB;
}

static void
threads_do_not_meet(void **state)
{
	struct fixture *f = fixture_new(small_segments);
	struct worker w[8], other[2];
	struct err err = ERR_INIT;
	bool stop = false;
	char login[20];

	assert_int_equal(add(f, 1, 300 * KB), 1);
	other[0] = other[1] = (struct worker){ .f = f, .stop = &stop };
	pthread_create(&other[0].thread, NULL, reclaim_for_ever, &other[0]);
	pthread_create(&other[1].thread, NULL, read_for_ever, &other[1]);
	for (unsigned i = 0; i < 8; i++) {
		w[i] = (struct worker){ .f = f, .number = i };
		snprintf(login, sizeof(login), "w%u", i);
		must(account_create(f->s, login, &w[i].account, &err));
		pthread_create(&w[i].thread, NULL, work, &w[i]);
	}
	for (unsigned i = 0; i < 8; i++)
		pthread_join(w[i].thread, NULL);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(other[i].thread, NULL);
	check(f, 1, 1, 300 * KB);
	fixture_free(&f);
}

/* Descriptors of segments that are open now. */
static unsigned
open_count(void)
{
	char path[64], target[300];
	unsigned n = 0;
	ssize_t len;

	for (int fd = 0; fd < 1024; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		len = readlink(path, target, sizeof(target) - 1);
		if (len <= 0)
			continue;
		target[len] = '\0';
		n += strstr(target, "/" SEGMENT_FOLDER "/") != NULL;
	}
	return n;
}

static void
few_stay_open(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct incoming *in[60];
	struct buf text = BUF_INIT;

	text_make(&text, 1, 70 * KB);
	for (unsigned i = 0; i < 60; i++)
		in[i] = incoming_fill(f, buf_view(&text), 5000);
	assert_int_equal(files(f).n, 60);
	assert_int_equal(open_count(), 60);
	for (unsigned i = 0; i < 60; i++) {
		deliver(f, f->account, in[i], BYTES(""), buf_view(&text));
		incoming_free(&in[i]);
	}
	assert_true(open_count() < 25);
	for (unsigned i = 1; i <= 60; i++)
		check(f, i, 1, 70 * KB);
	assert_true(open_count() < 25);
	buf_free(&text);
	fixture_free(&f);
}

/* ---- calls that fail ---- */

static int writes_left;

static ssize_t
full_write(int fd, const void *p, size_t n)
{
	if (writes_left-- > 0)
		return write(fd, p, n);
	errno = ENOSPC;
	return -1;
}

static ssize_t
short_write(int fd, const void *p, size_t n)
{
	return write(fd, p, n > 1000 ? 1000 : n);
}

static ssize_t
bad_pread(int fd, void *p, size_t n, off_t offset)
{
	errno = EIO;
	return -1;
}

static ssize_t
short_pread(int fd, void *p, size_t n, off_t offset)
{
	return pread(fd, p, n > 100 ? 100 : n, offset);
}

static int
bad_ftruncate(int fd, off_t len)
{
	errno = EIO;
	return -1;
}

static void
a_full_disk_is_an_answer(void **state)
{
	struct sys_calls before = sys_calls;
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;
	struct incoming *in;
	struct fixture *f;
	uint32_t uid;
	int rc;

	text_make(&text, 1, 300 * KB);
	for (int n = 0; n < 12; n++) {
		f = fixture_new(NULL);
		writes_left = n;
		sys_calls.write = full_write;
		in = incoming_new(f->s);
		rc = 0;
		for (size_t at = 0; at < text.len && rc == 0; at += 51200)
			rc = incoming_write(in, bytes_make(text.data + at,
			    51200), &err);
		sys_calls = before;
		assert_int_equal(rc, n < 8 ? -1 : 0);
		if (rc == -1)
			assert_int_equal(err.code, ERR_CODE_FULL);
		incoming_free(&in);
		assert_true(files(f).bytes <= SEGMENT_FILE_HEADER);
		uid = add(f, 1, 100 * KB);
		check(f, uid, 1, 100 * KB);
		fixture_free(&f);
	}
	buf_free(&text);
}

static void
odd_calls_are_gone_on_with(void **state)
{
	struct sys_calls before = sys_calls;
	struct fixture *f = fixture_new(NULL);
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	struct incoming *in;
	struct message m;

	sys_calls.write = short_write;
	sys_calls.pread = short_pread;
	add(f, 1, 100 * KB);
	check(f, 1, 1, 100 * KB);
	sys_calls.pread = bad_pread;
	m = message_of(f, f->account, 1);
	assert_int_equal(body_read(f->s, f->account, m.body, 0, 10, &out,
	    &err), -1);
	assert_int_equal(err.kind, ERR_TEMP);
	sys_calls = before;
	/* What cannot be cut away closes the segment. */
	text_make(&out, 1, 200 * KB);
	in = incoming_fill(f, buf_view(&out), 5000);
	sys_calls.ftruncate = bad_ftruncate;
	incoming_free(&in);
	sys_calls = before;
	add(f, 2, 100 * KB);
	assert_int_equal(files(f).n, 2);
	check(f, 1, 1, 100 * KB);
	check(f, 2, 2, 100 * KB);
	buf_free(&out);
	fixture_free(&f);
}

/* ---- backup ---- */

static void
backup(struct fixture *f, char copy[100])
{
	struct err err = ERR_INIT;

	snprintf(copy, 100, "%s/copy", f->dir);
	must(store_backup(f->s, copy, NULL, NULL, &err));
}

/* The fixture goes over to the copy. */
static void
open_copy(struct fixture *f, const char *copy)
{
	struct err err = ERR_INIT;

	store_close(&f->s);
	f->config.dir = copy;
	assert_int_equal(faults(f, ignore, NULL), 0);
	must(store_open(&f->config, NULL, &f->s, &err));
}

static void
a_copy_is_whole(void **state)
{
	struct fixture *f = fixture_new(NULL);
	const char *dir = f->config.dir;
	char copy[100], path[400];
	struct err err = ERR_INIT;
	struct stat st;

	for (unsigned i = 1; i <= 7; i++)
		add(f, i, 1000 * KB);
	backup(f, copy);
	/* The full one has two names, the other was copied. */
	path_of(f, "0000000001", path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_nlink, 2);
	path_of(f, "0000000002", path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_nlink, 1);
	/* Everything goes here; nothing there. */
	expunge(f, f->account, "1:6");
	add(f, 8, 800 * KB);
	assert_int_equal(access(path, F_OK), 0);
	open_copy(f, copy);
	for (unsigned i = 1; i <= 7; i++)
		check(f, i, i, 1000 * KB);
	expunge(f, f->account, "1:7");
	store_close(&f->s);
	f->config.dir = dir;
	must(store_open(&f->config, NULL, &f->s, &err));
	check(f, 7, 7, 1000 * KB);
	check(f, 8, 8, 800 * KB);
	fixture_free(&f);
}

/* A sealed file that a backup has too is never cut or written. */
static void
a_file_of_two_is_left_alone(void **state)
{
	struct fixture *f = fixture_new(NULL);
	const char *dir = f->config.dir;
	struct err err = ERR_INIT;
	struct files before;
	char copy[100];

	for (unsigned i = 1; i <= 4; i++)
		add(f, i, 1000 * KB);
	add(f, 5, 1000 * KB);
	before = files(f);
	backup(f, copy);
	open_copy(f, copy);
	store_close(&f->s);
	f->config.dir = dir;
	/* To the copy it is not full. */
	f->config.segment_size = 64 << 20;
	f->config.dir = copy;
	must(store_open(&f->config, NULL, &f->s, &err));
	add(f, 6, 1000 * KB);
	store_close(&f->s);
	f->config.dir = dir;
	assert_int_equal(files(f).bytes, before.bytes);
	must(store_open(&f->config, NULL, &f->s, &err));
	fixture_free(&f);
}

static void
nothing_goes_while_pinned(void **state)
{
	struct fixture *f = fixture_new(NULL);

	for (unsigned i = 1; i <= 5; i++)
		add(f, i, 1000 * KB);
	segments_pin(f->s->segments);
	expunge(f, f->account, "1:5");
	assert_int_equal(files(f).n, 1);
	assert_int_equal(count(f, T_SEGMENT_REF), 0);
	segments_unpin(f->s->segments);
	purge_drain(f->s);
	assert_int_equal(files(f).n, 0);
	fixture_free(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_are_recognized),
		cmocka_unit_test(rows_are_checked),
		cmocka_unit_test(size_decides),
		cmocka_unit_test(records_lie_side_by_side),
		cmocka_unit_test(a_full_segment_is_sealed),
		cmocka_unit_test(many_accounts_share_the_bytes),
		cmocka_unit_test(a_record_lives_again),
		cmocka_unit_test(copies_and_accounts_count),
		cmocka_unit_test(what_is_broken_off_leaves_nothing),
		cmocka_unit_test(what_is_too_large_leaves_nothing),
		cmocka_unit_test(a_refused_one_is_dead),
		cmocka_unit_test(a_torn_tail_is_cut),
		cmocka_unit_test(a_lost_file_is_no_end),
		cmocka_unit_test(the_dead_make_room),
		cmocka_unit_test(shared_bytes_move),
		cmocka_unit_test(a_damaged_record_stays),
		cmocka_unit_test(threads_do_not_meet),
		cmocka_unit_test(few_stay_open),
		cmocka_unit_test(a_full_disk_is_an_answer),
		cmocka_unit_test(odd_calls_are_gone_on_with),
		cmocka_unit_test(a_copy_is_whole),
		cmocka_unit_test(a_file_of_two_is_left_alone),
		cmocka_unit_test(nothing_goes_while_pinned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
