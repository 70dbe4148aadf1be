/* Tables, snapshots, scans, backups. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>

#include <errno.h>
#include <ftw.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "kv/disk.h"
#include "kv/key.h"
#include "kv/kv.h"
#include "segment/tables.h"
#include "store/mailbox_key.h"

/* More than there are processors, like the workers of a busy server. */
#define READERS		60

struct fixture {
	char dir[64];
	char home[100];
	struct kv *kv;
};

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	return remove(path);
}

static void
complain(void *arg, const char *text)
{
	fprintf(stderr, "# %s\n", text);
}

static void
open_kv(struct fixture *f, const char *home)
{
	struct kv_config c = { .home = home, .tables = store_tables,
	    .table_count = TABLE_COUNT, .cache_size = 8 << 20,
	    .checkpoint_bytes = 1 << 20, .checkpoint_ms = 1000,
	    .readers_max = READERS, .warn = complain };
	struct err err = ERR_INIT;

	if (kv_open(&c, &f->kv, &err) == -1)
		fail_msg("%s", err.text);
}

static int
setup(void **state)
{
	static struct fixture f;

	snprintf(f.dir, sizeof(f.dir), "/tmp/test_kv.XXXXXX");
	assert_non_null(mkdtemp(f.dir));
	snprintf(f.home, sizeof(f.home), "%s/store", f.dir);
	open_kv(&f, f.home);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	kv_close(&f->kv);
	return nftw(f->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void
put(struct kv *kv, enum table t, struct bytes key, struct bytes value)
{
	struct change c = { t, key, value, false };
	struct err err = ERR_INIT;

	if (kv_apply(kv, &c, 1, &err) == -1)
		fail_msg("%s", err.text);
}

static void
del(struct kv *kv, enum table t, struct bytes key)
{
	struct change c = { t, key, { NULL, 0 }, true };
	struct err err = ERR_INIT;

	assert_int_equal(kv_apply(kv, &c, 1, &err), 0);
}

static void
keys_sort_as_numbers(void **state)
{
	static const struct {
		uint64_t account;
		uint32_t mbox, uid;
	} rows[] = {
		{ 1, 1, 1 }, { 1, 1, 2 }, { 1, 1, 0x100 }, { 1, 1, 0xffffffff },
		{ 1, 2, 0 }, { 1, 0x80000000, 7 }, { 2, 0, 0 },
		{ 0xffffffffffffffff, 1, 1 }
	};
	struct key a, b;

	for (size_t i = 1; i < sizeof(rows) / sizeof(*rows); i++) {
		key_mailbox_u32(&a, rows[i - 1].account, rows[i - 1].mbox,
		    rows[i - 1].uid);
		key_mailbox_u32(&b, rows[i].account, rows[i].mbox,
		    rows[i].uid);
		assert_true(bytes_cmp(key_bytes(&a), key_bytes(&b)) < 0);
	}
	key_account_name(&a, 0x0102030405060708u, BYTES("x"));
	assert_int_equal(a.len, 9);
	assert_memory_equal(a.data, "\1\2\3\4\5\6\7\10x", 9);
}

static void
values_are_read_back(void **state)
{
	struct fixture *f = *state;
	struct buf v = BUF_INIT;
	struct err err = ERR_INIT;
	struct kv_snap snap;
	char *big = malloc(3 << 20);

	memset(big, 'b', 3 << 20);
	put(f->kv, T_META, BYTES("small"), BYTES("1"));
	put(f->kv, T_META, BYTES("empty"), BYTES(""));
	put(f->kv, T_BODY, BYTES("big"), bytes_make(big, 3 << 20));
	assert_int_equal(kv_snap_begin(f->kv, &snap, &err), 0);
	assert_int_equal(reader_get(&snap.reader, T_META, BYTES("small"), &v,
	    &err), 1);
	assert_true(bytes_eq_str(buf_view(&v), "1"));
	assert_int_equal(reader_get(&snap.reader, T_META, BYTES("empty"), &v,
	    &err), 1);
	assert_int_equal(v.len, 0);
	assert_int_equal(reader_get(&snap.reader, T_META, BYTES("none"), &v,
	    &err), 0);
	assert_int_equal(reader_get(&snap.reader, T_BODY, BYTES("big"), &v,
	    &err), 1);
	assert_int_equal(v.len, 3 << 20);
	assert_memory_equal(v.data, big, v.len);
	/* The snapshot does not show a later change. */
	put(f->kv, T_META, BYTES("small"), BYTES("2"));
	del(f->kv, T_META, BYTES("empty"));
	assert_int_equal(reader_get(&snap.reader, T_META, BYTES("small"), &v,
	    &err), 1);
	assert_true(bytes_eq_str(buf_view(&v), "1"));
	assert_int_equal(reader_get(&snap.reader, T_META, BYTES("empty"), &v,
	    &err), 1);
	kv_snap_end(&snap);
	assert_int_equal(reader_get(kv_latest(f->kv), T_META, BYTES("small"),
	    &v, &err), 1);
	assert_true(bytes_eq_str(buf_view(&v), "2"));
	buf_free(&v);
	free(big);
}

static void
parts_of_values(void **state)
{
	static const struct {
		const char *title;
		uint64_t offset;
		size_t n, want;
	} rows[] = {
		{ "begin", 0, 10, 10 }, { "middle", 5000, 100, 100 },
		{ "end", 9990, 10, 10 }, { "over the end", 9990, 100, 10 },
		{ "behind the end", 10000, 5, 0 }, { "far", 99999, 5, 0 },
		{ "all", 0, 10000, 10000 }, { "nothing", 5, 0, 0 }
	};
	struct fixture *f = *state;
	struct buf v = BUF_INIT;
	struct err err = ERR_INIT;
	char text[10000];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7 + i / 256);
	put(f->kv, T_BODY, BYTES("k"), bytes_make(text, sizeof(text)));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(kv_get_part(f->kv, T_BODY, BYTES("k"),
		    rows[i].offset, rows[i].n, &v, &err), 1);
		if (v.len != rows[i].want)
			fail_msg("%s: %zu", rows[i].title, v.len);
		if (v.len > 0)
			assert_memory_equal(v.data, text + rows[i].offset,
			    v.len);
	}
	assert_int_equal(kv_get_part(f->kv, T_BODY, BYTES("none"), 0, 5, &v,
	    &err), 0);
	buf_free(&v);
}

struct seen {
	uint32_t next, count, stop_at;
	size_t bytes;
	const struct reader *nested;
};

static int
see(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct seen *s = arg;

	assert_int_equal(key.len, 16);
	assert_int_equal(be32_get(key.data + 12), s->next);
	assert_int_equal(value.len, s->next % 700);
	if (value.len > 0)
		assert_int_equal(value.data[value.len - 1],
		    (char)(s->next & 127));
	s->next++;
	s->count++;
	s->bytes += value.len;
	if (s->nested != NULL && s->count % 1000 == 0) {
		struct seen inner = { .next = 10, .stop_at = 5 };
		struct key from, prefix;

		key_mailbox_u32(&from, 2, 2, 10);
		key_mailbox(&prefix, 2, 2);
		assert_int_equal(reader_scan(s->nested, T_MESSAGE,
		    key_bytes(&from), key_bytes(&prefix), see, &inner, err),
		    1);
	}
	return s->count == s->stop_at;
}

static void
fill(struct kv *kv, uint64_t account, uint32_t mbox, uint32_t n)
{
	struct change *list = calloc(n, sizeof(*list));
	struct key *keys = calloc(n, sizeof(*keys));
	struct err err = ERR_INIT;
	static char text[128][700];

	for (int i = 0; i < 128; i++)
		memset(text[i], i, sizeof(text[i]));
	for (uint32_t i = 0; i < n; i++) {
		key_mailbox_u32(&keys[i], account, mbox, i);
		list[i].table = T_MESSAGE;
		list[i].key = key_bytes(&keys[i]);
		list[i].value = bytes_make(text[i & 127], i % 700);
	}
	assert_int_equal(kv_apply(kv, list, n, &err), 0);
	free(list);
	free(keys);
}

static void
scans_keep_to_their_prefix(void **state)
{
	struct fixture *f = *state;
	struct kv_snap snap;
	struct err err = ERR_INIT;
	struct key from, prefix;

	fill(f->kv, 2, 1, 3);
	fill(f->kv, 2, 2, 5000);
	fill(f->kv, 2, 3, 3);
	fill(f->kv, 3, 2, 20);
	assert_int_equal(kv_snap_begin(f->kv, &snap, &err), 0);
	for (uint32_t mbox = 0; mbox < 5; mbox++) {
		static const uint32_t want[] = { 0, 3, 5000, 3, 0 };
		struct seen s = { .nested = &snap.reader };

		key_mailbox(&prefix, 2, mbox);
		assert_int_equal(reader_scan(&snap.reader, T_MESSAGE,
		    BYTES(""), key_bytes(&prefix), see, &s, &err), 0);
		assert_int_equal(s.count, want[mbox]);
	}
	for (uint32_t at = 0; at < 5000; at += 617) {
		struct seen s = { .next = at, .stop_at = 100 };

		key_mailbox(&prefix, 2, 2);
		key_mailbox_u32(&from, 2, 2, at);
		assert_int_equal(reader_scan(&snap.reader, T_MESSAGE,
		    key_bytes(&from), key_bytes(&prefix), see, &s, &err),
		    at + 100 <= 5000 ? 1 : 0);
		assert_int_equal(s.count, at + 100 <= 5000 ? 100 : 5000 - at);
	}
	kv_snap_end(&snap);
}

struct large {
	unsigned n;
	size_t bytes;
};

static int
see_large(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct large *l = arg;

	assert_int_equal(key.data[0], (char)('a' + l->n));
	l->n++;
	l->bytes += value.len;
	return 0;
}

static void
scans_read_records_of_any_size(void **state)
{
	struct fixture *f = *state;
	struct large l = { 0, 0 };
	struct err err = ERR_INIT;
	static const size_t sizes[] = { 10, 9000, 300000, 5, 1048576, 262144,
	    70000, 1 };
	char *text = calloc(1, 1048576), key[1];
	size_t sum = 0;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		key[0] = (char)('a' + i);
		put(f->kv, T_BODY, bytes_make(key, 1),
		    bytes_make(text, sizes[i]));
		sum += sizes[i];
	}
	assert_int_equal(reader_scan(kv_latest(f->kv), T_BODY, BYTES(""),
	    BYTES(""), see_large, &l, &err), 0);
	assert_int_equal(l.n, 8);
	assert_int_equal(l.bytes, sum);
	free(text);
}

static void
contents_survive_closing(void **state)
{
	struct fixture *f = *state;
	struct buf v = BUF_INIT;
	struct err err = ERR_INIT;

	put(f->kv, T_META, BYTES("k"), BYTES("v"));
	kv_close(&f->kv);
	open_kv(f, f->home);
	assert_int_equal(reader_get(kv_latest(f->kv), T_META, BYTES("k"), &v,
	    &err), 1);
	assert_true(bytes_eq_str(buf_view(&v), "v"));
	buf_free(&v);
}

struct writer {
	struct kv *kv;
	bool stop;
	uint64_t n;		/* rows written */
};

/* Always writes row n of one table together with row n of another. */
static void *
write_pairs(void *arg)
{
	struct writer *w = arg;
	static char pad[2000];
	struct err err = ERR_INIT;

	while (!__atomic_load_n(&w->stop, __ATOMIC_RELAXED)) {
		struct key k;
		struct change c[2];

		key_account_u64(&k, w->n % 97, w->n);
		c[0] = (struct change){ T_MESSAGE, key_bytes(&k),
		    bytes_make(pad, w->n % 300), false };
		c[1] = (struct change){ T_BODY, key_bytes(&k),
		    bytes_make(pad, sizeof(pad)), false };
		if (kv_apply(w->kv, c, 2, &err) == -1)
			break;
		__atomic_fetch_add(&w->n, 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

static int
count_one(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	++*(uint64_t *)arg;
	return 0;
}

static void
backup_of_a_busy_store_is_consistent(void **state)
{
	struct fixture *f = *state;
	struct writer w = { .kv = f->kv };
	struct err err = ERR_INIT;
	char copy[200];
	pthread_t thread;
	uint64_t before, pairs[2] = { 0, 0 };

	fill(f->kv, 9, 9, 20000);
	assert_int_equal(pthread_create(&thread, NULL, write_pairs, &w), 0);
	while (__atomic_load_n(&w.n, __ATOMIC_SEQ_CST) < 200)
		sched_yield();
	before = __atomic_load_n(&w.n, __ATOMIC_SEQ_CST);
	snprintf(copy, sizeof(copy), "%s/copy", f->dir);
	if (kv_backup(f->kv, copy, NULL, NULL, &err) == -1 ||
	    kv_backup_mark(copy, &err) == -1)
		fail_msg("%s", err.text);
	assert_int_equal(kv_backup(f->kv, copy, NULL, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_REFUSED);
	__atomic_store_n(&w.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	kv_close(&f->kv);
	open_kv(f, copy);
	assert_int_equal(reader_scan(kv_latest(f->kv), T_MESSAGE, BYTES(""),
	    BYTES(""), count_one, &pairs[0], &err), 0);
	assert_int_equal(reader_scan(kv_latest(f->kv), T_BODY, BYTES(""),
	    BYTES(""), count_one, &pairs[1], &err), 0);
	assert_int_equal(pairs[0], pairs[1] + 20000);
	assert_true(pairs[1] >= before);
	/* The copy is an ordinary store. */
	kv_close(&f->kv);
	open_kv(f, copy);
}

struct many_readers {
	struct kv *kv;
	bool stop;			/* atomic */
};

static void *
read_in_snapshots(void *arg)
{
	struct many_readers *m = arg;
	struct buf v = BUF_INIT;
	struct err err = ERR_INIT;
	struct kv_snap snap;
	uint64_t last = 0, now;

	while (!__atomic_load_n(&m->stop, __ATOMIC_RELAXED)) {
		if (kv_snap_begin(m->kv, &snap, &err) == -1 ||
		    reader_get(&snap.reader, T_META, BYTES("row"), &v,
		    &err) != 1)
			fail_msg("%s", err.text);
		kv_snap_end(&snap);
		assert_int_equal(v.len, 8);
		now = be64_get((const uint8_t *)v.data);
		assert_true(now >= last);
		last = now;
	}
	buf_free(&v);
	return NULL;
}

/*
 * Without a limit on the readers inside Berkeley DB the writer comes to a
 * standstill after some hundred commits: see read_begin() in kv_read.c.
 */
static void
many_readers_do_not_hold_up_the_writer(void **state)
{
	struct fixture *f = *state;
	struct many_readers m = { .kv = f->kv };
	pthread_t threads[READERS];
	uint8_t value[8] = { 0 };

	alarm(100);			/* ends the test if that happens */
	put(f->kv, T_META, BYTES("row"), bytes_make(value, sizeof(value)));
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
		    read_in_snapshots, &m), 0);
	for (uint64_t n = 1; n <= 1000; n++) {
		be64_put(value, n);
		put(f->kv, T_META, BYTES("row"), bytes_make(value,
		    sizeof(value)));
	}
	__atomic_store_n(&m.stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < READERS; i++)
		pthread_join(threads[i], NULL);
	alarm(0);
}

static void
counters_are_told(void **state)
{
	struct fixture *f = *state;
	struct kv_stat list[64];
	size_t n = kv_stats(f->kv, list, 64);

	assert_true(n > 10);
	assert_int_equal(kv_stats(f->kv, list, 3), 3);
}

/* ---- what is below ---- */

static unsigned flushes;	/* of the store's folder or its parent */
static char watched[2][100];

static int
count_flush(const char *folder)
{
	for (int i = 0; i < 2; i++)
		flushes |= (unsigned)(strcmp(folder, watched[i]) == 0) << i;
	return 0;
}

/* The process that created them may have been killed before it flushed. */
static void
names_of_folders_are_flushed_at_each_start(void **state)
{
	int (*before)(const char *folder) = disk_calls.sync_folder;
	struct fixture *f = *state;

	kv_close(&f->kv);
	snprintf(watched[0], sizeof(watched[0]), "%s", f->dir);
	snprintf(watched[1], sizeof(watched[1]), "%s", f->home);
	flushes = 0;
	disk_calls.sync_folder = count_flush;
	open_kv(f, f->home);
	assert_int_equal(flushes, 3);
	disk_calls.sync_folder = before;
}

static ino_t
inode_of(const struct fixture *f, const char *name)
{
	char path[200];
	struct stat st;

	snprintf(path, sizeof(path), "%s/log/%s", f->home, name);
	return stat(path, &st) == -1 ? 0 : st.st_ino;
}

static int
no_room(int fd, off_t len)
{
	errno = ENOSPC;
	return -1;
}

static ssize_t
no_space(int fd, const void *p, size_t n)
{
	errno = ENOSPC;
	return -1;
}

/*
 * Opens the store without its reserved log files.  None can be filled in
 * advance, because that uses disk_calls.write, which Berkeley DB's own writes
 * do not.
 */
static void
forget_room(struct fixture *f)
{
	char path[200];

	kv_close(&f->kv);
	disk_calls.write = no_space;
	for (int i = 0; i < 10; i++) {
		snprintf(path, sizeof(path), "%s/log/next.%d", f->home, i);
		(void)unlink(path);
	}
	open_kv(f, f->home);
}

static int
put_large(struct fixture *f, struct err *err)
{
	static char value[1 << 20];
	struct change c = { T_BODY, BYTES("k"), bytes_make(value,
	    sizeof(value)), false };

	err_clear(err);
	memset(value, ++value[0], sizeof(value));
	return kv_apply(f->kv, &c, 1, err);
}

static void
logs_get_the_room_that_was_reserved(void **state)
{
	struct disk_calls before = disk_calls;
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	ino_t first, second;
	unsigned n = 0;

	forget_room(f);
	assert_int_equal(put_large(f, &err), 0);
	first = inode_of(f, "next.0");
	second = inode_of(f, "next.1");
	assert_true(first != 0 && second != 0);
	disk_calls.reserve = no_room;
	while (put_large(f, &err) == 0)
		assert_true(n++ < 40);
	/* One log file was begun, and its space reserved; nothing more after
	   it. */
	assert_int_equal(err.kind, ERR_TEMP);
	assert_int_equal(err.code, ERR_CODE_FULL);
	assert_true(n > 0);
	assert_int_equal(inode_of(f, "log.0000000002"), second);
	assert_int_equal(inode_of(f, "next.0"), first);
	assert_int_equal(inode_of(f, "next.1"), 0);
	disk_calls = before;
	assert_int_equal(put_large(f, &err), 0);
	assert_true(inode_of(f, "next.1") != 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_sort_as_numbers),
		TEST(values_are_read_back),
		TEST(parts_of_values),
		TEST(scans_keep_to_their_prefix),
		TEST(scans_read_records_of_any_size),
		TEST(contents_survive_closing),
		TEST(backup_of_a_busy_store_is_consistent),
		TEST(many_readers_do_not_hold_up_the_writer),
		TEST(counters_are_told),
		TEST(names_of_folders_are_flushed_at_each_start),
		TEST(logs_get_the_room_that_was_reserved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
