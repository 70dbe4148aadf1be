/* Segments: where large bodies are kept, and how they are shared. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>

#include "directory/account.h"
#include "store/background.h"
#include "segment_fixture.h"
#include "segment/tables.h"
#include "directory/account_settings.h"
#include "store/account_life.h"

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
	/* A header of another file is not valid. */
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
	/* More live bytes than the segment can hold. */
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
		uid[0] = large_add(f, (unsigned)i, rows[i].size);
		large_text(&text, (unsigned)i, rows[i].size);
		buf_byte(&text, '\0');
		text.data[rows[i].size] = '\0';
		uid[1] = fixture_append_text(f, "INBOX", text.data, 0, NULL);
		if (fixture_rows(f, T_SEGMENT_REF) !=
		    (rows[i].in_segment ? 2 : 0))
			fail_msg("%s", rows[i].title);
		fixture_reopen(f);
		large_check(f, uid[0], (unsigned)i, rows[i].size);
		large_check(f, uid[1], (unsigned)i, rows[i].size);
		fixture_free(&f);
	}
	buf_free(&text);
}

/* Clients that deliver one after another share one segment. */
static void
records_lie_side_by_side(void **state)
{
	struct fixture *f = fixture_new(NULL);
	uint32_t uid[30];

	for (unsigned i = 0; i < 30; i++)
		uid[i] = large_add(f, i, 65 * KB + i * 1237);
	assert_int_equal(segment_files(f).n, 1);
	assert_int_equal(fixture_rows(f, T_SEGMENT), 1);
	for (unsigned i = 0; i < 30; i++)
		large_check(f, uid[i], i, 65 * KB + i * 1237);
	fixture_reopen(f);
	uid[0] = large_add(f, 100, 70 * KB);
	large_check(f, uid[0], 100, 70 * KB);
	assert_int_equal(segment_files(f).n, 1);
	fixture_free(&f);
}

/* The small message fits into what is left of the second segment. */
static void
a_full_segment_is_sealed(void **state)
{
	struct fixture *f = fixture_new(NULL);

	for (unsigned i = 0; i < 9; i++)
		large_add(f, i, 1000 * KB);
	assert_int_equal(segment_files(f).n, 2);
	fixture_reopen(f);
	large_add(f, 9, 70 * KB);
	assert_int_equal(segment_files(f).n, 2);
	fixture_free(&f);
}

/* ---- one message for many ---- */

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
	large_text(&text, 1, size);
	in = large_fill(f, buf_view(&text), 5000);
	for (unsigned i = 0; i < ACCOUNTS; i++)
		large_deliver(f, id[i], in, prefix_of(i, room), buf_view(&text));
	incoming_free(&in);
	assert_int_equal(segment_files(f).bytes,
	    SEGMENT_FILE_HEADER + SEGMENT_HEADER + size);
	assert_int_equal(fixture_rows(f, T_SEGMENT_REF), 1);
	assert_int_equal(fixture_rows(f, T_BODY), ACCOUNTS - 1);
	for (unsigned i = 0; i < ACCOUNTS; i++)
		large_check_account(f, id[i], 1, prefix_of(i, room),
		    buf_view(&text));
	/* The last reference keeps the record alive. */
	for (unsigned i = 0; i < ACCOUNTS - 1; i++)
		large_expunge(f, id[i], "1");
	assert_int_equal(fixture_rows(f, T_SEGMENT_REF), 1);
	assert_int_equal(fixture_rows(f, T_BODY), 1);
	large_check_account(f, id[ACCOUNTS - 1], 1, prefix_of(ACCOUNTS - 1, room),
	    buf_view(&text));
	large_expunge(f, id[ACCOUNTS - 1], "1");
	assert_int_equal(fixture_rows(f, T_SEGMENT_REF), 0);
	assert_int_equal(fixture_rows(f, T_BODY), 0);
	buf_free(&text);
	fixture_free(&f);
}

/* The first account's copy is removed before the second one is committed. */
static void
a_record_lives_again(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct buf text = BUF_INIT;
	struct incoming *in;

	large_text(&text, 1, 100 * KB);
	in = large_fill(f, buf_view(&text), 5000);
	assert_int_equal(large_deliver(f, f->account, in, BYTES(""),
	    buf_view(&text)), 1);
	large_expunge(f, f->account, "1");
	assert_int_equal(fixture_rows(f, T_SEGMENT_REF), 0);
	assert_int_equal(large_deliver(f, f->account, in, BYTES(""),
	    buf_view(&text)), 2);
	incoming_free(&in);
	large_check(f, 2, 1, 100 * KB);
	buf_free(&text);
	fixture_free(&f);
}

static void
copies_and_accounts_count(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct number_set all = fixture_set(f, "1:2");
	struct message_copied out;
	struct err err = ERR_INIT;
	uint64_t other;

	must(account_create(f->s, "other", &other, &err));
	large_add(f, 1, 100 * KB);
	large_add(f, 2, 200 * KB);
	must(message_copy(f->s, f->account, &(struct message_copy){ .mbox = 1,
	    .uids = &all, .target = "Archive" }, &f->a, &out, &err));
	large_expunge(f, f->account, "1:2");
	assert_int_equal(fixture_rows(f, T_SEGMENT_REF), 2);
	must(mailbox_delete(f->s, f->account, "Archive", &err));
	background_drain(f->s);
	assert_int_equal(fixture_rows(f, T_SEGMENT_REF), 0);
	large_add(f, 3, 300 * KB);
	assert_int_equal(fixture_rows(f, T_SEGMENT_REF), 1);
	must(account_delete(f->s, f->account, &err));
	background_drain(f->s);
	assert_int_equal(fixture_rows(f, T_SEGMENT_REF), 0);
	assert_int_equal(fixture_rows(f, T_BODY_LOC), 0);
	fixture_free(&f);
}

/* ---- what does not become a message ---- */

static void
what_is_broken_off_leaves_nothing(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct buf text = BUF_INIT;
	struct file_sum before;
	struct incoming *in;
	struct err err = ERR_INIT;

	large_add(f, 1, 100 * KB);
	before = segment_files(f);
	large_text(&text, 2, 900 * KB);
	in = large_fill(f, buf_view(&text), 5000);
	assert_true(segment_files(f).bytes > before.bytes);
	incoming_reset(in);
	assert_int_equal(segment_files(f).bytes, before.bytes);
	/* The same object can be used again. */
	must(incoming_write(in, buf_view(&text), &err));
	large_deliver(f, f->account, in, BYTES(""), buf_view(&text));
	incoming_free(&in);
	large_check(f, 2, 2, 900 * KB);
	in = large_fill(f, buf_view(&text), 70000);
	incoming_free(&in);
	assert_int_equal(segment_files(f).n, 1);
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

	large_text(&text, 2, 200 * KB);
	in = large_fill(f, buf_view(&text), 5000);
	assert_int_equal(incoming_write(in, BYTES("x"), &err), -1);
	assert_int_equal(err.code, ERR_CODE_TOO_LARGE);
	assert_int_equal(incoming_write(in, BYTES("x"), &err), -1);
	incoming_free(&in);
	assert_int_equal(segment_files(f).bytes, SEGMENT_FILE_HEADER);
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

	must(account_set(&f->s->db, f->account, "disabled", "yes",
	    &err));
	large_text(&text, 2, 300 * KB);
	m.text = buf_view(&text);
	assert_int_equal(message_deliver(f->s, f->account, &inbox, 1, &m,
	    &added, &err), -1);
	assert_int_equal(err.code, ERR_CODE_DISABLED);
	assert_int_equal(fixture_rows(f, T_SEGMENT_REF), 0);
	must(account_set(&f->s->db, f->account, "disabled", "no",
	    &err));
	uid = large_add(f, 3, 100 * KB);
	fixture_reopen(f);
	large_check(f, uid, 3, 100 * KB);
	buf_free(&text);
	buf_free(&parsed);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
