/* Segments: starts after a crash, reclaiming, backups. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "segment/segment.h"
#include "store/background.h"
#include "segment_fixture.h"
#include "segment/tables.h"
#include "store/body.h"
#include "store/store_open.h"
#include "repair/integrity.h"

/* ---- a start after a crash ---- */

static void
append_bytes(struct fixture *f, const char *name, size_t n, int flags)
{
	char path[400], *p = calloc(1, n);
	int fd;

	segment_file_path(f, name, path);
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

	large_add(f, 1, 100 * KB);
	large_add(f, 2, 200 * KB);
	whole = segment_files(f).bytes;
	store_close(&f->s);
	append_bytes(f, "0000000001", 54321, 0);
	append_bytes(f, "0000000009", 100, O_CREAT);
	append_bytes(f, "0000000010", 1, O_CREAT);
	append_bytes(f, "readme", 1, O_CREAT);
	assert_int_equal(segment_files(f).n, 4);
	must_(store_open(&f->config, NULL, &f->s, &(struct err)ERR_INIT),
	    &(struct err)ERR_INIT, "store_open", __FILE__, __LINE__);
	assert_int_equal(segment_files(f).n, 2);
	assert_int_equal(segment_files(f).bytes, whole + 1);
	large_check(f, 1, 1, 100 * KB);
	large_add(f, 3, 300 * KB);
	large_check(f, 2, 2, 200 * KB);
	large_check(f, 3, 3, 300 * KB);
	fixture_free(&f);
}

static int64_t
faults(struct fixture *f, void (*report)(void *arg, const char *fault),
    void *arg)
{
	struct err err = ERR_INIT;
	int64_t n;

	n = integrity_check(&f->config, NULL, report, NULL, arg, &err);
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

	/* Five messages of a megabyte fill a segment. */
	for (unsigned i = 1; i <= 6; i++)
		last = large_add(f, i, 1000 * KB);
	store_close(&f->s);
	segment_file_path(f, "0000000001", path);
	segment_file_path(f, "aside", aside);
	assert_int_equal(rename(path, aside), 0);
	assert_true(faults(f, ignore, NULL) > 0);
	must(store_open(&f->config, NULL, &f->s, &err));
	large_check(f, last, 6, 1000 * KB);
	assert_int_equal(body_read(f->s, f->account, large_message(f, f->account,
	    1).body, 0, 100, &out, &err), -1);
	assert_int_equal(err.kind, ERR_INTERNAL);
	large_expunge(f, f->account, "2");
	large_add(f, 7, 100 * KB);
	store_close(&f->s);
	assert_int_equal(rename(aside, path), 0);
	must(store_open(&f->config, NULL, &f->s, &err));
	large_check(f, 1, 1, 1000 * KB);
	buf_free(&out);
	fixture_free(&f);
}

/* ---- reclaiming ---- */

static void
the_dead_make_room(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct file_sum before;

	for (unsigned i = 1; i <= 40; i++)
		assert_int_equal(large_add(f, i, 400 * KB), i);
	before = segment_files(f);
	assert_int_equal(before.n, 4);
	/* A third of each segment is live. */
	for (unsigned i = 1; i <= 40; i++) {
		char uid[20];

		snprintf(uid, sizeof(uid), "%u", i);
		if (i % 3 != 0)
			large_expunge(f, f->account, uid);
	}
	background_drain(f->s);
	assert_true(segment_files(f).bytes < before.bytes * 2 / 3);
	for (unsigned i = 3; i <= 40; i += 3)
		large_check(f, i, i, 400 * KB);
	fixture_reopen(f);
	for (unsigned i = 3; i <= 40; i += 3)
		large_check(f, i, i, 400 * KB);
	large_expunge(f, f->account, "1:40");
	background_drain(f->s);
	assert_int_equal(fixture_rows(f, T_SEGMENT_REF), 0);
	assert_true(segment_files(f).bytes <= f->config.segment_size / 2);
	fixture_free(&f);
}

/* A record shared by many is moved once. */
static void
shared_bytes_move(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct buf text = BUF_INIT;
	uint64_t id[ACCOUNTS];
	struct incoming *in;
	char room[100];

	accounts_make(f, id);
	large_text(&text, 1, 500 * KB);
	for (unsigned i = 1; i <= 4; i++)
		large_add(f, i, 900 * KB);
	in = large_fill(f, buf_view(&text), 5000);
	for (unsigned i = 0; i < ACCOUNTS; i++)
		large_deliver(f, id[i], in, prefix_of(i, room), buf_view(&text));
	incoming_free(&in);
	large_expunge(f, f->account, "1:4");
	background_drain(f->s);
	assert_int_equal(segment_files(f).n, 1);
	assert_int_equal(segment_files(f).bytes,
	    SEGMENT_FILE_HEADER + SEGMENT_HEADER + text.len);
	for (unsigned i = 0; i < ACCOUNTS; i++)
		large_check_account(f, id[i], 1, prefix_of(i, room),
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

/* Inverts a byte in the last record of the only segment, or restores it. */
static void
damage_last(struct fixture *f)
{
	struct segment_record last = { 0 };
	struct err err = ERR_INIT;
	char path[400], byte;
	off_t at;
	int fd;

	must(reader_scan(kv_latest(f->s->db.kv), T_SEGMENT_REF, BYTES(""),
	    BYTES(""), note_last, &last, &err));
	at = (off_t)last.offset + 1000;
	segment_file_path(f, "0000000001", path);
	assert_int_not_equal(fd = open(path, O_RDWR), -1);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

/* If a live record is damaged, the segment is kept for a later repair. */
static void
a_damaged_record_stays(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct err err = ERR_INIT;
	char path[400];

	for (unsigned i = 1; i <= 5; i++)
		large_add(f, i, 900 * KB);
	damage_last(f);
	large_expunge(f, f->account, "1:4");
	background_drain(f->s);
	assert_int_equal(fixture_rows(f, T_SEGMENT), 1);
	segment_file_path(f, "0000000001", path);
	assert_int_equal(access(path, F_OK), 0);
	/* There is nothing left to try. */
	assert_int_equal(segment_reclaim(&f->s->db,
	    f->s->segments, never, NULL, &err), 0);
	store_close(&f->s);
	assert_int_equal(faults(f, ignore, NULL), 1);
	must(store_open(&f->config, NULL, &f->s, &err));
	damage_last(f);
	fixture_reopen(f);
	background_drain(f->s);
	large_check(f, 5, 5, 900 * KB);
	assert_int_equal(access(path, F_OK), -1);
	fixture_free(&f);
}

/* Changes a byte of a segment's file header, or restores it. */
static void
damage_header(struct fixture *f, const char *name)
{
	char path[400], c;
	int fd;

	segment_file_path(f, name, path);
	fd = open(path, O_RDWR);
	assert_int_not_equal(fd, -1);
	assert_int_equal(pread(fd, &c, 1, 3), 1);
	c ^= 1;
	assert_int_equal(pwrite(fd, &c, 1, 3), 1);
	close(fd);
}

static void
a_damaged_header_holds_up_no_other(void **state)
{
	struct fixture *f = fixture_new(NULL);

	for (unsigned i = 1; i <= 10; i++)
		large_add(f, i, 900 * KB);
	assert_int_equal(fixture_rows(f, T_SEGMENT), 2);
	store_close(&f->s);
	damage_header(f, "0000000001");
	must_(store_open(&f->config, NULL, &f->s, &(struct err)ERR_INIT),
	    &(struct err)ERR_INIT, "store_open", __FILE__, __LINE__);
	large_expunge(f, f->account, "1:10");
	background_drain(f->s);
	background_drain(f->s);
	assert_int_equal(fixture_rows(f, T_SEGMENT), 1);
	store_close(&f->s);
	damage_header(f, "0000000001");
	must_(store_open(&f->config, NULL, &f->s, &(struct err)ERR_INIT),
	    &(struct err)ERR_INIT, "store_open", __FILE__, __LINE__);
	background_drain(f->s);
	assert_int_equal(fixture_rows(f, T_SEGMENT), 0);
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

/* Closes the fixture's store and opens the copy instead. */
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
		large_add(f, i, 1000 * KB);
	backup(f, copy);
	/* The full segment was linked, the other was copied. */
	segment_file_path(f, "0000000001", path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_nlink, 2);
	segment_file_path(f, "0000000002", path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_nlink, 1);
	/* Everything is removed here, and nothing in the copy. */
	large_expunge(f, f->account, "1:6");
	large_add(f, 8, 800 * KB);
	assert_int_equal(access(path, F_OK), 0);
	open_copy(f, copy);
	for (unsigned i = 1; i <= 7; i++)
		large_check(f, i, i, 1000 * KB);
	large_expunge(f, f->account, "1:7");
	store_close(&f->s);
	f->config.dir = dir;
	must(store_open(&f->config, NULL, &f->s, &err));
	large_check(f, 7, 7, 1000 * KB);
	large_check(f, 8, 8, 800 * KB);
	fixture_free(&f);
}

/* A sealed file that a backup shares is never cut or written. */
static void
a_file_of_two_is_left_alone(void **state)
{
	struct fixture *f = fixture_new(NULL);
	const char *dir = f->config.dir;
	struct err err = ERR_INIT;
	struct file_sum before;
	char copy[100];

	for (unsigned i = 1; i <= 4; i++)
		large_add(f, i, 1000 * KB);
	large_add(f, 5, 1000 * KB);
	before = segment_files(f);
	backup(f, copy);
	open_copy(f, copy);
	store_close(&f->s);
	f->config.dir = dir;
	/* With the copy's segment size the file is not full. */
	f->config.segment_size = 64 << 20;
	f->config.dir = copy;
	must(store_open(&f->config, NULL, &f->s, &err));
	large_add(f, 6, 1000 * KB);
	store_close(&f->s);
	f->config.dir = dir;
	assert_int_equal(segment_files(f).bytes, before.bytes);
	must(store_open(&f->config, NULL, &f->s, &err));
	fixture_free(&f);
}

static void
nothing_goes_while_pinned(void **state)
{
	struct fixture *f = fixture_new(NULL);

	for (unsigned i = 1; i <= 5; i++)
		large_add(f, i, 1000 * KB);
	segments_pin(f->s->segments);
	large_expunge(f, f->account, "1:5");
	assert_int_equal(segment_files(f).n, 1);
	assert_int_equal(fixture_rows(f, T_SEGMENT_REF), 0);
	segments_unpin(f->s->segments);
	background_drain(f->s);
	assert_int_equal(segment_files(f).n, 0);
	fixture_free(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_torn_tail_is_cut),
		cmocka_unit_test(a_lost_file_is_no_end),
		cmocka_unit_test(the_dead_make_room),
		cmocka_unit_test(shared_bytes_move),
		cmocka_unit_test(a_damaged_record_stays),
		cmocka_unit_test(a_damaged_header_holds_up_no_other),
		cmocka_unit_test(a_copy_is_whole),
		cmocka_unit_test(a_file_of_two_is_left_alone),
		cmocka_unit_test(nothing_goes_while_pinned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
