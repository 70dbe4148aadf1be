/* Segments: many threads at once, and system calls that fail. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "kv/disk.h"
#include "directory/account.h"
#include "store/background.h"
#include "segment_fixture.h"
#include "store/account_life.h"
#include "store/body.h"

/* ---- many threads ---- */

struct worker {
	struct fixture *f;
	pthread_t thread;
	unsigned number;
	uint64_t account;
	bool *stop;
};

/* Delivers, aborts deliveries, reads, expunges. */
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

		large_text(&text, serial, size);
		in = large_fill(f, buf_view(&text), 1 + serial % 9000);
		if (i % 5 != 4) {
			uid = large_deliver(f, w->account, in, BYTES(""),
			    buf_view(&text));
			large_check_account(f, w->account, uid, BYTES(""),
			    buf_view(&text));
		}
		incoming_free(&in);
		if (i % 4 != 3 && uid > 0) {
			struct number_range r = { uid, uid };
			struct number_set set = { &r, 1 };
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
		background_drain(w->f->s);
	return NULL;
}

/* Reads one message again and again while it is moved. */
static void *
read_for_ever(void *arg)
{
	struct worker *w = arg;

	while (!__atomic_load_n(w->stop, __ATOMIC_RELAXED))
		large_check(w->f, 1, 1, 300 * KB);
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

	assert_int_equal(large_add(f, 1, 300 * KB), 1);
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
	large_check(f, 1, 1, 300 * KB);
	fixture_free(&f);
}

/* How many descriptors of segments are open. */
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

	large_text(&text, 1, 70 * KB);
	for (unsigned i = 0; i < 60; i++)
		in[i] = large_fill(f, buf_view(&text), 5000);
	assert_int_equal(segment_files(f).n, 60);
	assert_int_equal(open_count(), 60);
	for (unsigned i = 0; i < 60; i++) {
		large_deliver(f, f->account, in[i], BYTES(""), buf_view(&text));
		incoming_free(&in[i]);
	}
	assert_true(open_count() < 25);
	for (unsigned i = 1; i <= 60; i++)
		large_check(f, i, 1, 70 * KB);
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
	struct disk_calls before = disk_calls;
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;
	struct incoming *in;
	struct fixture *f;
	uint32_t uid;
	int rc;

	large_text(&text, 1, 300 * KB);
	for (int n = 0; n < 12; n++) {
		f = fixture_new(NULL);
		writes_left = n;
		disk_calls.write = full_write;
		in = incoming_new(f->s);
		rc = 0;
		for (size_t at = 0; at < text.len && rc == 0; at += 51200)
			rc = incoming_write(in, bytes_make(text.data + at,
			    51200), &err);
		disk_calls = before;
		assert_int_equal(rc, n < 8 ? -1 : 0);
		if (rc == -1)
			assert_int_equal(err.code, ERR_CODE_FULL);
		incoming_free(&in);
		assert_true(segment_files(f).bytes <= SEGMENT_FILE_HEADER);
		uid = large_add(f, 1, 100 * KB);
		large_check(f, uid, 1, 100 * KB);
		fixture_free(&f);
	}
	buf_free(&text);
}

static void
odd_calls_are_gone_on_with(void **state)
{
	struct disk_calls before = disk_calls;
	struct fixture *f = fixture_new(NULL);
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	struct incoming *in;
	struct message m;

	disk_calls.write = short_write;
	disk_calls.pread = short_pread;
	large_add(f, 1, 100 * KB);
	large_check(f, 1, 1, 100 * KB);
	disk_calls.pread = bad_pread;
	m = large_message(f, f->account, 1);
	assert_int_equal(body_read(f->s, f->account, m.body, 0, 10, &out,
	    &err), -1);
	assert_int_equal(err.kind, ERR_TEMP);
	disk_calls = before;
	/* If the unused end cannot be cut off, the segment is closed. */
	large_text(&out, 1, 200 * KB);
	in = large_fill(f, buf_view(&out), 5000);
	disk_calls.ftruncate = bad_ftruncate;
	incoming_free(&in);
	disk_calls = before;
	large_add(f, 2, 100 * KB);
	assert_int_equal(segment_files(f).n, 2);
	large_check(f, 1, 1, 100 * KB);
	large_check(f, 2, 2, 100 * KB);
	buf_free(&out);
	fixture_free(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_do_not_meet),
		cmocka_unit_test(few_stay_open),
		cmocka_unit_test(a_full_disk_is_an_answer),
		cmocka_unit_test(odd_calls_are_gone_on_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
