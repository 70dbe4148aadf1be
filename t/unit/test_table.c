/* The file of a table: what comes back, and that damage is found. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <sys/stat.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "junk/table.h"

static const unsigned char key[KEYED_HASH_KEY_SIZE] = "table";

#define FILE_SIZE	(4096 + TABLE_SLOTS * sizeof(struct table_slot))

struct world {
	char dir[64];
	char path[80], aside[96];
	struct table *table;
	struct err err;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	(void)snprintf(w->dir, sizeof(w->dir), "/tmp/postern-table-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	(void)snprintf(w->path, sizeof(w->path), "%s/table", w->dir);
	(void)snprintf(w->aside, sizeof(w->aside), "%s.damaged", w->path);
	w->table = table_new(key);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	table_free(&w->table);
	(void)unlink(w->path);
	(void)unlink(w->aside);
	(void)rmdir(w->dir);
	free(w);
	return 0;
}

static void
save(struct world *w)
{
	assert_int_equal(table_save(w->table, w->path, &w->err), 0);
}

static void
fill(struct table *t)
{
	for (size_t i = 0; i < TABLE_SLOTS; i += 7)
		t->slots[i] = (struct table_slot){ (int16_t)(i % 1000 - 500),
		    (uint16_t)i };
	t->state = (struct table_state){ .seq = 1ull << 40, .junk = 1,
	    .ham = 2, .judged = 3, .contradicted = 4,
	    .stack = { -1, 65536, 0, INT32_MIN, INT32_MAX },
	    .saturated = 5, .dirty = true };
	t->seed = 0xdeadbeef;
}

static void
tables_are_equal(const struct table *a, const struct table *b)
{
	assert_memory_equal(a->slots, b->slots,
	    TABLE_SLOTS * sizeof(*a->slots));
	assert_memory_equal(a->key, b->key, sizeof(a->key));
	assert_int_equal(a->seed, b->seed);
	assert_true(a->state.seq == b->state.seq);
	assert_int_equal(a->state.junk, b->state.junk);
	assert_int_equal(a->state.ham, b->state.ham);
	assert_int_equal(a->state.judged, b->state.judged);
	assert_int_equal(a->state.contradicted, b->state.contradicted);
	assert_memory_equal(a->state.stack, b->state.stack,
	    sizeof(a->state.stack));
	assert_true(a->state.saturated == b->state.saturated);
	assert_int_equal(a->state.dirty, b->state.dirty);
	assert_int_equal(a->state.prior, b->state.prior);
}

static void
what_was_saved_comes_back(void **state)
{
	struct world *w = *state;
	struct table *back;

	fill(w->table);
	save(w);
	assert_int_equal(table_open(w->path, &back, &w->err), 0);
	tables_are_equal(w->table, back);
	table_free(&back);
}

static void
an_unused_table_takes_no_space(void **state)
{
	struct world *w = *state;
	struct stat st;

	w->table->slots[5].sum = 1;
	save(w);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_size, FILE_SIZE);
	assert_true(st.st_blocks * 512 <= 16 * 4096);
}

/* So a crash leaves the state of the last save. */
static void
changes_reach_the_file_when_saved(void **state)
{
	struct world *w = *state;
	struct table *back;

	save(w);
	w->table->slots[9].sum = 77;
	assert_int_equal(table_open(w->path, &back, &w->err), 0);
	assert_int_equal(back->slots[9].sum, 0);
	table_free(&back);
	save(w);
	assert_int_equal(w->table->slots[9].sum, 77);
	w->table->slots[9].sum = 78;
	assert_int_equal(table_open(w->path, &back, &w->err), 0);
	assert_int_equal(back->slots[9].sum, 77);
	table_free(&back);
}

static void
a_failed_save_loses_nothing(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;
	struct table *back;

	w->table->slots[9].sum = 1;
	save(w);
	w->table->slots[9].sum = 2;
	assert_int_equal(table_save(w->table, "/nonexistent/table", &err),
	    -1);
	assert_int_equal(err.kind, ERR_TEMP);
	assert_int_equal(w->table->slots[9].sum, 2);
	assert_int_equal(table_open(w->path, &back, &w->err), 0);
	assert_int_equal(back->slots[9].sum, 1);
	table_free(&back);
}

static void
byte_flip(const char *path, off_t at)
{
	int fd = open(path, O_RDWR);
	unsigned char c;

	assert_true(fd != -1);
	assert_int_equal(pread(fd, &c, 1, at), 1);
	c ^= 0x10;
	assert_int_equal(pwrite(fd, &c, 1, at), 1);
	assert_int_equal(close(fd), 0);
}

static void
every_damaged_byte_is_found(void **state)
{
	struct world *w = *state;
	struct table *back;

	fill(w->table);
	save(w);
	for (off_t at = 0; at < (off_t)FILE_SIZE;
	    at += at < 160 ? 1 : at < 4080 ? 131 : at < 4100 ? 1 : 49999) {
		struct err err = ERR_INIT;

		byte_flip(w->path, at);
		assert_int_equal(table_open(w->path, &back, &err), -1);
		assert_int_equal(err.kind, ERR_SYNTAX);
		assert_null(back);
		byte_flip(w->path, at);
	}
	assert_int_equal(table_open(w->path, &back, &w->err), 0);
	table_free(&back);
}

static void
a_file_of_another_size_is_damaged(void **state)
{
	static const off_t sizes[] = {
		0, 1, 4096, FILE_SIZE - 1, FILE_SIZE + 1
	};
	struct world *w = *state;
	struct table *back;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct err err = ERR_INIT;

		save(w);
		assert_int_equal(truncate(w->path, sizes[i]), 0);
		assert_int_equal(table_open(w->path, &back, &err), -1);
		assert_int_equal(err.kind, ERR_SYNTAX);
	}
}

static void
a_damaged_file_is_set_aside(void **state)
{
	struct world *w = *state;
	struct table *back;
	bool aside;

	assert_int_equal(table_open_or_set_aside(w->path, &back, &aside,
	    &w->err), 0);
	assert_null(back);
	assert_false(aside);
	save(w);
	assert_int_equal(table_open_or_set_aside(w->path, &back, &aside,
	    &w->err), 0);
	assert_non_null(back);
	assert_false(aside);
	table_free(&back);
	byte_flip(w->path, 5000);
	assert_int_equal(table_open_or_set_aside(w->path, &back, &aside,
	    &w->err), 0);
	assert_null(back);
	assert_true(aside);
	assert_int_equal(access(w->path, F_OK), -1);
	assert_int_equal(access(w->aside, F_OK), 0);
}

static void
a_prior_is_scaled_and_marked(void **state)
{
	struct world *w = *state;
	struct table *back;

	w->table->slots[1] = (struct table_slot){ -1000, 1000 };
	w->table->slots[2] = (struct table_slot){ 32767, 65535 };
	table_make_prior(w->table);
	save(w);
	assert_int_equal(table_open(w->path, &back, &w->err), 0);
	assert_true(back->state.prior);
	assert_int_equal(back->slots[1].sum, -600);
	assert_int_equal(back->slots[1].squares, 600);
	assert_int_equal(back->slots[2].sum, 19660);
	assert_int_equal(back->slots[2].squares, 39321);
	table_free(&back);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_saved_comes_back),
		TEST(an_unused_table_takes_no_space),
		TEST(changes_reach_the_file_when_saved),
		TEST(a_failed_save_loses_nothing),
		TEST(every_damaged_byte_is_found),
		TEST(a_file_of_another_size_is_damaged),
		TEST(a_damaged_file_is_set_aside),
		TEST(a_prior_is_scaled_and_marked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
