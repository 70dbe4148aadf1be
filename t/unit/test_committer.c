/*
 * The committer: order, refusals, fairness, full disks; and that a batch has
 * the same effect as its operations one by one.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <ftw.h>
#include <pthread.h>
#include <unistd.h>

#include "base/encode.h"
#include "kv/disk.h"
#include "kv/disk_hooks.h"
#include "kv/key.h"
#include "commit/batch.h"
#include "commit/committer.h"
#include "commit/disk_space.h"
#include "segment/tables.h"
#include "directory/account.h"
#include "store/mailbox_key.h"

struct fixture {
	char dir[64];
	struct kv *kv, *single, *replayed;
	struct disk_space *space;
	struct committer *c;
};

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	return remove(path);
}

static struct kv *
open_kv(const struct fixture *f, const char *name)
{
	char home[100];
	struct kv_config c = { .home = home, .tables = store_tables,
	    .table_count = TABLE_COUNT, .cache_size = 8 << 20,
	    .checkpoint_bytes = 4 << 20, .checkpoint_ms = 1000,
	    .readers_max = 10 };
	struct err err = ERR_INIT;
	struct kv *kv;

	snprintf(home, sizeof(home), "%s/%s", f->dir, name);
	if (kv_open(&c, &kv, &err) == -1)
		fail_msg("%s", err.text);
	return kv;
}

static int
setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	snprintf(f.dir, sizeof(f.dir), "/tmp/test_committer.XXXXXX");
	assert_non_null(mkdtemp(f.dir));
	f.kv = open_kv(&f, "batch");
	f.space = disk_space_new(f.dir, 0, f.kv, NULL);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	committer_stop(&f->c);
	disk_space_free(&f->space);
	kv_close(&f->kv);
	kv_close(&f->single);
	kv_close(&f->replayed);
	return nftw(f->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct committer *
start(struct kv *kv, struct committer_config *config)
{
	struct committer *c;
	struct err err = ERR_INIT;

	config->kv = kv;
	/* So that the order is the same on slow machines. */
	config->slices_us = config->slices_crowded_us = 60 * 1000 * 1000;
	config->trial_table = T_META;
	config->trial_key = "disk-trial";
	config->seal = account_seal;
	if (config->batch_ops_max == 0)
		config->batch_ops_max = 256;
	if (config->batch_bytes_max == 0)
		config->batch_bytes_max = 8 << 20;
	assert_int_equal(committer_start(config, &c, &err), 0);
	return c;
}

/* ---- an operation that holds the committer until it is let go ---- */

struct gate {
	struct op op;
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool running, open;
};

static enum op_result
gate_run(struct batch *b, struct op *op)
{
	struct gate *g = (struct gate *)op;

	pthread_mutex_lock(&g->lock);
	g->running = true;
	pthread_cond_broadcast(&g->change);
	while (!g->open)
		pthread_cond_wait(&g->change, &g->lock);
	pthread_mutex_unlock(&g->lock);
	return OP_DONE;
}

static void
no_done(struct op *op, bool committed)
{
}

static void
gate_close(struct gate *g, struct committer *c)
{
	memset(g, 0, sizeof(*g));
	pthread_mutex_init(&g->lock, NULL);
	pthread_cond_init(&g->change, NULL);
	g->op.run = gate_run;
	g->op.done = no_done;
	assert_int_equal(committer_submit(c, &g->op), 0);
	pthread_mutex_lock(&g->lock);
	while (!g->running)
		pthread_cond_wait(&g->change, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

static void
gate_open(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	g->open = true;
	pthread_cond_broadcast(&g->change);
	pthread_mutex_unlock(&g->lock);
}

/* ---- counting what is done ---- */

static pthread_mutex_t count_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t count_change = PTHREAD_COND_INITIALIZER;
static unsigned count_done;

static void
count_one(struct op *op, bool committed)
{
	pthread_mutex_lock(&count_lock);
	op->committed = committed;
	count_done++;
	pthread_cond_signal(&count_change);
	pthread_mutex_unlock(&count_lock);
}

static void
count_wait(unsigned n)
{
	pthread_mutex_lock(&count_lock);
	while (count_done < n)
		pthread_cond_wait(&count_change, &count_lock);
	pthread_mutex_unlock(&count_lock);
}

/* ---- the model: random operations ---- */

#define ACCOUNTS	8		/* accounts with small operations */
#define KEYS		24		/* per account */
#define OPS		3000

struct random_op {
	struct op op;
	uint64_t seed;
	unsigned slices;		/* still to run */
	bool was_busy;
	bool refused;
	unsigned mbox;
};

static uint64_t
next(uint64_t *seed, uint64_t n)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed % n;
}

static int
sum_values(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	uint64_t *sum = arg;

	*sum = *sum * 31 + value.len;
	if (value.len > 0)
		*sum += (uint8_t)value.data[value.len - 1];
	*sum += (uint8_t)key.data[key.len - 1];
	return 0;
}

static int
grow_values(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct batch *b = arg;
	struct buf v = BUF_INIT;

	if (value.len > 100) {
		batch_del(b, T_FLAGS, key);
		return 0;
	}
	buf_bytes(&v, value);
	buf_byte(&v, 'g');
	batch_put(b, T_FLAGS, key, buf_view(&v));
	buf_free(&v);
	return 0;
}

static void
random_key(struct key *k, uint64_t account, uint64_t *seed)
{
	key_mailbox_u32(k, account, (uint32_t)next(seed, 3),
	    (uint32_t)next(seed, KEYS));
}

/* One change whose result depends on the present content. */
static void
random_change(struct batch *b, uint64_t account, uint64_t *seed)
{
	const struct reader *r = batch_reader(b);
	struct buf v = BUF_INIT;
	struct err err = ERR_INIT;
	struct key k, prefix;
	uint64_t sum = 0;

	random_key(&k, account, seed);
	key_mailbox(&prefix, account, (uint32_t)next(seed, 3));
	switch (next(seed, 5)) {
	case 0:
		batch_del(b, T_FLAGS, key_bytes(&k));
		break;
	case 1:
		assert_int_equal(reader_scan(r, T_FLAGS, BYTES(""),
		    key_bytes(&prefix), grow_values, b, &err), 0);
		break;
	case 2:
		assert_int_equal(reader_scan(r, T_FLAGS, key_bytes(&k),
		    key_bytes(&prefix), sum_values, &sum, &err), 0);
		buf_add(&v, &sum, sizeof(sum));
		batch_put(b, T_MESSAGE, key_bytes(&k), buf_view(&v));
		break;
	default:
		if (reader_get(r, T_FLAGS, key_bytes(&k), &v, &err) != 1)
			buf_clear(&v);
		buf_byte(&v, (char)next(seed, 256));
		batch_put(b, T_FLAGS, key_bytes(&k), buf_view(&v));
	}
	buf_free(&v);
}

static enum op_result
random_run(struct batch *b, struct op *op)
{
	struct random_op *o = (struct random_op *)op;
	uint64_t seed = o->seed + o->slices * 977 + 1;
	uint64_t steps = next(&seed, 6);
	bool refuse = next(&seed, 4) == 0;

	for (uint64_t i = 0; i < steps; i++)
		random_change(b, op->account, &seed);
	if (op->class == OP_BULK && !o->was_busy && next(&seed, 3) == 0) {
		o->was_busy = true;
		return OP_BUSY;
	}
	batch_touch(b, op->account, o->mbox, o->seed, o->mbox);
	if (refuse && op->class == OP_SMALL) {
		o->refused = true;
		return op_refuse(op, ERR_CODE_OVER_QUOTA, "not now");
	}
	if (--o->slices > 0)
		return OP_MORE;
	return OP_DONE;
}

static struct random_op *
random_ops(void (*done)(struct op *, bool))
{
	struct random_op *ops = calloc(OPS, sizeof(*ops));
	uint64_t seed = 88172645463325252u;

	for (size_t i = 0; i < OPS; i++) {
		ops[i].op.run = random_run;
		ops[i].op.done = done;
		ops[i].op.account = 1 + next(&seed, ACCOUNTS);
		ops[i].op.payload = next(&seed, 100000);
		ops[i].op.alone = next(&seed, 50) == 0;
		ops[i].seed = i + 1;
		ops[i].mbox = (unsigned)next(&seed, 5);
		ops[i].slices = 1;
		if (next(&seed, 8) == 0) {
			/* Slices of different operations mix in any order, so
			   each has its own account. */
			ops[i].op.account = ACCOUNTS + 1 + i;
			ops[i].op.class = OP_BULK;
			ops[i].slices = 1 + (unsigned)next(&seed, 4);
		}
	}
	return ops;
}

/* ---- what is published and written ---- */

static uint64_t published[ACCOUNTS + 1][5];

static void
note_published(void *arg, uint64_t account, uint32_t mbox, uint64_t modseq,
    const uint32_t *pages, size_t n)
{
	assert_true(mbox < 5);
	if (account > ACCOUNTS)
		return;
	assert_int_equal(n, 1);
	assert_int_equal(pages[0], mbox);
	if (modseq > published[account][mbox])
		published[account][mbox] = modseq;
}

static size_t batches;

static void
replay_list(void *arg, const struct change *list, size_t n)
{
	struct fixture *f = arg;
	struct err err = ERR_INIT;

	for (size_t i = 1; i < n; i++)
		assert_true(list[i - 1].table < list[i].table ||
		    (list[i - 1].table == list[i].table &&
		    bytes_cmp(list[i - 1].key, list[i].key) < 0));
	batches++;
	assert_int_equal(kv_apply(f->replayed, list, n, &err), 0);
}

static void
make_accounts(struct kv *kv)
{
	struct err err = ERR_INIT;

	for (uint64_t a = 1; a <= ACCOUNTS; a++) {
		static const char row[20] = { 1 };
		struct key k;
		struct change c;

		key_account(&k, a);
		c = (struct change){ T_ACCOUNT, key_bytes(&k),
		    bytes_make(row, sizeof(row)), false };
		assert_int_equal(kv_apply(kv, &c, 1, &err), 0);
	}
}

static int
gather(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct buf *all = arg;

	buf_printf(all, "%zu %zu ", key.len, value.len);
	buf_bytes(all, key);
	buf_bytes(all, value);
	return 0;
}

static void
compare_tables(struct kv *a, struct kv *b, bool log_seq)
{
	for (int t = 0; t < TABLE_COUNT; t++) {
		struct buf x = BUF_INIT, y = BUF_INIT;
		struct err err = ERR_INIT;

		if (t == T_ACCOUNT && !log_seq)
			continue;
		assert_int_equal(reader_scan(kv_latest(a), (enum table)t,
		    BYTES(""), BYTES(""), gather, &x, &err), 0);
		assert_int_equal(reader_scan(kv_latest(b), (enum table)t,
		    BYTES(""), BYTES(""), gather, &y, &err), 0);
		if (!bytes_eq(buf_view(&x), buf_view(&y)))
			fail_msg("table %s differs", store_tables[t].name);
		buf_free(&x);
		buf_free(&y);
	}
}

static void
run_singly(struct fixture *f)
{
	struct committer_config config = { .space = f->space };
	struct committer *c = start(f->single, &config);
	struct random_op *ops = random_ops(NULL);

	for (size_t i = 0; i < OPS; i++)
		committer_submit(c, &ops[i].op);
	committer_stop(&c);
	free(ops);
}

static void
a_batch_does_what_single_operations_do(void **state)
{
	struct fixture *f = *state;
	struct committer_config config = { .space = f->space,
	    .publish = note_published, .before_commit = replay_list,
	    .before_commit_arg = f };
	struct random_op *ops = random_ops(count_one);
	uint64_t want[ACCOUNTS + 1][5];
	struct committer_stats st;
	struct gate g;

	f->single = open_kv(f, "single");
	f->replayed = open_kv(f, "replayed");
	make_accounts(f->kv);
	make_accounts(f->single);
	make_accounts(f->replayed);
	run_singly(f);
	memset(published, 0, sizeof(published));
	memset(want, 0, sizeof(want));
	f->c = start(f->kv, &config);
	gate_close(&g, f->c);
	count_done = 0;
	for (size_t i = 0; i < OPS; i++)
		assert_int_equal(committer_submit(f->c, &ops[i].op), 0);
	gate_open(&g);
	count_wait(OPS);
	for (size_t i = 0; i < OPS; i++) {
		uint64_t none = UINT64_MAX, *w = &none;

		if (ops[i].op.account <= ACCOUNTS)
			w = &want[ops[i].op.account][ops[i].mbox];
		assert_int_equal(ops[i].op.committed, !ops[i].refused);
		if (ops[i].refused)
			assert_int_equal(ops[i].op.err.code,
			    ERR_CODE_OVER_QUOTA);
		else if (ops[i].seed > *w)
			*w = ops[i].seed;
	}
	assert_memory_equal(want, published, sizeof(want));
	committer_get_stats(f->c, &st);
	assert_int_equal(st.ops, OPS + 1);
	assert_int_equal(st.queued, 0);
	assert_true(st.ops_max > 100);
	assert_true(batches > 5 && batches < OPS / 2);
	compare_tables(f->kv, f->single, false);
	compare_tables(f->kv, f->replayed, true);
	free(ops);
}

/* ---- work left for the background ---- */

struct work_op {
	struct op op;
	bool refuse;
};

static enum op_result
work_run(struct batch *b, struct op *op)
{
	struct work_op *o = (struct work_op *)op;

	batch_put(b, T_META, BYTES("k"), BYTES("v"));
	batch_leave_work(b);
	return o->refuse ? op_refuse(op, ERR_CODE_EXISTS, "not now") :
	    OP_DONE;
}

static void
count_work(void *arg)
{
	++*(unsigned *)arg;
}

static void
work_is_told_when_it_is_committed(void **state)
{
	struct fixture *f = *state;
	unsigned told = 0;
	struct committer_config config = { .space = f->space,
	    .work = count_work, .work_arg = &told };
	struct work_op refused = { .op = { .run = work_run },
	    .refuse = true };
	struct work_op done = { .op = { .run = work_run } };

	f->c = start(f->kv, &config);
	assert_int_equal(committer_submit(f->c, &refused.op), -1);
	assert_int_equal(told, 0);
	assert_int_equal(committer_submit(f->c, &done.op), 0);
	assert_int_equal(told, 1);
}

/* ---- fairness and classes ---- */

static char order[5000];
static size_t order_n;

struct letter_op {
	struct op op;
	char letter;
	unsigned slices;
};

static enum op_result
letter_run(struct batch *b, struct op *op)
{
	struct letter_op *o = (struct letter_op *)op;
	struct key k;

	order[order_n++] = o->letter;
	key_account_u64(&k, op->account, order_n);
	batch_put(b, T_TODO, key_bytes(&k), BYTES("x"));
	if (o->slices == 0)
		return OP_DONE;
	o->slices--;
	return OP_MORE;
}

/* Marks the end of a batch in the order too. */
static void
note_batch(void *arg, const struct change *list, size_t n)
{
	order[order_n++] = '|';
}

static void
letters(struct committer *c, struct letter_op *ops, size_t n, char letter,
    uint64_t account, enum op_class class, unsigned slices)
{
	for (size_t i = 0; i < n; i++) {
		ops[i] = (struct letter_op){ .letter = letter,
		    .slices = slices };
		ops[i].op.run = letter_run;
		ops[i].op.done = count_one;
		ops[i].op.account = account;
		ops[i].op.class = class;
		assert_int_equal(committer_submit(c, &ops[i].op), 0);
	}
}

static void
accounts_take_turns(void **state)
{
	struct fixture *f = *state;
	struct committer_config config = { .space = f->space,
	    .batch_ops_max = 10, .before_commit = note_batch };
	static struct letter_op a[500], b[20], bulk[2], back[1];
	struct gate g;

	f->c = start(f->kv, &config);
	gate_close(&g, f->c);
	order_n = 0;
	count_done = 0;
	letters(f->c, bulk, 1, 'X', 1, OP_BULK, 3);
	letters(f->c, bulk + 1, 1, 'Y', 2, OP_BULK, 1);
	letters(f->c, back, 1, 'z', 3, OP_BACKGROUND, 0);
	letters(f->c, a, 500, 'a', 1, OP_SMALL, 0);
	letters(f->c, b, 20, 'b', 2, OP_SMALL, 0);
	gate_open(&g);
	count_wait(523);
	order[order_n] = '\0';
	/* The gate's batch had no room for a small operation. */
	assert_memory_equal(order, "XY|ababababab", 13);
	assert_non_null(strstr(order, "ababXY|"));
	/* Slices come after the small ones, once in each batch. */
	assert_null(strstr(order, "XX"));
	assert_non_null(strstr(order, "X|ababababab"));
	/* The background gets its share even under load. */
	assert_true(strchr(order, 'z') < strrchr(order, 'a') - 400);
	for (size_t i = 0, run = 0; order[i] != '\0'; i++) {
		run = order[i] == 'a' || order[i] == 'b' ? run + 1 : 0;
		assert_true(run <= 10);
	}
}

struct share_op {
	struct op op;
	size_t share;
};

static enum op_result
share_run(struct batch *b, struct op *op)
{
	((struct share_op *)op)->share = batch_share(b, 80);
	return OP_DONE;
}

static void
small_ones_make_slices_small(void **state)
{
	struct fixture *f = *state;
	struct committer_config config = { .space = f->space,
	    .crowded_us = 60 * 1000 * 1000 };
	struct share_op bulk = { .op = { .run = share_run, .account = 1,
	    .class = OP_BULK } };
	struct share_op small = { .op = { .run = share_run, .account = 2 } };

	f->c = start(f->kv, &config);
	assert_int_equal(committer_submit(f->c, &bulk.op), 0);
	assert_int_equal(bulk.share, 80);
	assert_int_equal(committer_submit(f->c, &small.op), 0);
	assert_int_equal(committer_submit(f->c, &bulk.op), 0);
	assert_int_equal(bulk.share, 10);
	/* One microsecond after a small operation slices are large again. */
	committer_stop(&f->c);
	config.crowded_us = 1;
	f->c = start(f->kv, &config);
	assert_int_equal(committer_submit(f->c, &small.op), 0);
	assert_int_equal(committer_submit(f->c, &bulk.op), 0);
	assert_int_equal(bulk.share, 80);
}

static void
a_large_one_is_alone(void **state)
{
	struct fixture *f = *state;
	struct committer_config config = { .space = f->space,
	    .before_commit = note_batch };
	static struct letter_op s[4], large, bulk;
	struct gate g;

	f->c = start(f->kv, &config);
	gate_close(&g, f->c);
	order_n = 0;
	count_done = 0;
	letters(f->c, s, 2, 's', 1, OP_SMALL, 0);
	large = (struct letter_op){ .op = { .run = letter_run,
	    .done = count_one, .account = 2, .alone = true }, .letter = 'L' };
	assert_int_equal(committer_submit(f->c, &large.op), 0);
	letters(f->c, s + 2, 2, 't', 3, OP_SMALL, 0);
	letters(f->c, &bulk, 1, 'B', 4, OP_BULK, 1);
	gate_open(&g);
	count_wait(6);
	order[order_n] = '\0';
	assert_non_null(strstr(order, "|L|"));
}

static void
payload_bounds_a_batch(void **state)
{
	struct fixture *f = *state;
	struct committer_config config = { .space = f->space,
	    .batch_bytes_max = 1000, .before_commit = note_batch };
	static struct letter_op s[9];
	struct gate g;

	f->c = start(f->kv, &config);
	gate_close(&g, f->c);
	order_n = 0;
	count_done = 0;
	for (size_t i = 0; i < 9; i++) {
		s[i] = (struct letter_op){ .op = { .run = letter_run,
		    .done = count_one, .account = 2, .payload =
		    i == 4 ? 5000 : 400 }, .letter = 's' };
		assert_int_equal(committer_submit(f->c, &s[i].op), 0);
	}
	gate_open(&g);
	count_wait(9);
	order[order_n] = '\0';
	assert_string_equal(order, "ss|ss|s|ss|ss|");
}

/* ---- two that wait for each other ---- */

static bool reserved;

static enum op_result
holder_run(struct batch *b, struct op *op)
{
	struct letter_op *o = (struct letter_op *)op;

	reserved = o->slices > 0;
	return letter_run(b, op);
}

static enum op_result
waiter_run(struct batch *b, struct op *op)
{
	struct key k;

	/* Undone at each attempt. */
	key_account_u64(&k, 99, 99);
	batch_put(b, T_TODO, key_bytes(&k), BYTES("y"));
	if (reserved)
		return OP_BUSY;
	batch_del(b, T_TODO, key_bytes(&k));
	return OP_DONE;
}

static void
a_busy_one_is_tried_again(void **state)
{
	struct fixture *f = *state;
	struct committer_config config = { .space = f->space };
	struct letter_op holder = { .op = { .run = holder_run,
	    .done = count_one, .account = 1, .class = OP_BULK }, .slices = 5 };
	struct op waiter = { .run = waiter_run, .account = 2 };

	f->c = start(f->kv, &config);
	order_n = 0;
	count_done = 0;
	reserved = true;
	assert_int_equal(committer_submit(f->c, &holder.op), 0);
	assert_int_equal(committer_submit(f->c, &waiter), 0);
	count_wait(1);
	/* At the end no operation is left waiting. */
	reserved = true;
	waiter.done = count_one;
	assert_int_equal(committer_submit(f->c, &waiter), 0);
	committer_stop(&f->c);
	assert_int_equal(count_done, 2);
	assert_false(waiter.committed);
	assert_int_equal(waiter.err.kind, ERR_TEMP);
}

/* ---- full disks ---- */

static int fail_writes;	/* fail with this errno, that many times */
static unsigned fail_times;

static ssize_t
failing_write(int fd, const void *p, size_t n)
{
	if (__atomic_load_n(&fail_times, __ATOMIC_SEQ_CST) > 0) {
		__atomic_sub_fetch(&fail_times, 1, __ATOMIC_SEQ_CST);
		errno = fail_writes;
		return -1;
	}
	return write(fd, p, n);
}

static enum op_result
refused_run(struct batch *b, struct op *op)
{
	return op_refuse(op, ERR_CODE_EXISTS, "it exists");
}

static void
a_full_disk_refuses_and_recovers(void **state)
{
	struct fixture *f = *state;
	struct committer_config config = { .space = f->space };
	static struct letter_op s[3], bulk;
	struct op refused = { .run = refused_run, .done = count_one };
	struct committer_stats st;
	struct gate g;
	struct buf v = BUF_INIT;
	struct err err = ERR_INIT;
	struct key k;

	f->c = start(f->kv, &config);
	order_n = 0;
	count_done = 0;
	gate_close(&g, f->c);
	letters(f->c, s, 2, 's', 1, OP_SMALL, 0);
	assert_int_equal(committer_submit(f->c, &refused), 0);
	letters(f->c, &bulk, 1, 'B', 1, OP_BULK, 3);
	fail_writes = ENOSPC;
	__atomic_store_n(&fail_times, 1000, __ATOMIC_SEQ_CST);
	gate_open(&g);
	count_wait(4);
	assert_false(s[0].op.committed || s[1].op.committed ||
	    bulk.op.committed || refused.committed);
	assert_int_equal(s[0].op.err.kind, ERR_TEMP);
	assert_int_equal(s[0].op.err.code, ERR_CODE_FULL);
	assert_int_equal(refused.err.code, ERR_CODE_FULL);
	committer_get_stats(f->c, &st);
	assert_true(st.read_only);
	/* Still full: the probe fails, so nothing else is tried. */
	order_n = 0;
	letters(f->c, s, 1, 's', 1, OP_SMALL, 0);
	count_wait(5);
	assert_int_equal(order_n, 0);
	assert_int_equal(s[0].op.err.code, ERR_CODE_FULL);
	/* There is space again. */
	__atomic_store_n(&fail_times, 0, __ATOMIC_SEQ_CST);
	letters(f->c, s, 1, 's', 1, OP_SMALL, 0);
	count_wait(6);
	assert_true(s[0].op.committed);
	key_account_u64(&k, 1, 1);
	assert_int_equal(reader_get(kv_latest(f->kv), T_TODO, key_bytes(&k),
	    &v, &err), 1);
	key_account_u64(&k, 1, 2);
	assert_int_equal(reader_get(kv_latest(f->kv), T_TODO, key_bytes(&k),
	    &v, &err), 0);
	committer_get_stats(f->c, &st);
	assert_false(st.read_only);
	buf_free(&v);
}

static void
little_space_refuses_what_adds(void **state)
{
	struct fixture *f = *state;
	struct disk_space *low = disk_space_new(f->dir, UINT64_MAX, f->kv, NULL);
	struct committer_config config = { .space = low };
	struct letter_op adds = { .op = { .run = letter_run, .payload = 1,
	    .account = 1 } };
	struct letter_op removes = { .op = { .run = letter_run,
	    .account = 1 } };

	f->c = start(f->kv, &config);
	order_n = 0;
	assert_int_equal(committer_submit(f->c, &adds.op), -1);
	assert_int_equal(adds.op.err.kind, ERR_TEMP);
	assert_int_equal(adds.op.err.code, ERR_CODE_FULL);
	assert_int_equal(committer_submit(f->c, &removes.op), 0);
	committer_stop(&f->c);
	disk_space_free(&low);
}

/* ---- many threads ---- */

struct submitter {
	struct committer *c;
	uint64_t account;
};

static void *
submit_many(void *arg)
{
	struct submitter *s = arg;

	for (int i = 0; i < 200; i++) {
		struct random_op o = { .op = { .run = random_run,
		    .account = s->account }, .seed = (uint64_t)i + 1,
		    .slices = 1 };
		int rc = committer_submit(s->c, &o.op);

		assert_int_equal(rc, o.refused ? -1 : 0);
	}
	return NULL;
}

static void
many_threads_submit(void **state)
{
	struct fixture *f = *state;
	struct committer_config config = { .space = f->space };
	struct submitter s[16];
	pthread_t t[16];
	struct committer_stats st;

	make_accounts(f->kv);
	f->c = start(f->kv, &config);
	for (uint64_t i = 0; i < 16; i++) {
		s[i] = (struct submitter){ f->c, 1 + i % ACCOUNTS };
		assert_int_equal(pthread_create(&t[i], NULL, submit_many,
		    &s[i]), 0);
	}
	for (size_t i = 0; i < 16; i++)
		pthread_join(t[i], NULL);
	committer_get_stats(f->c, &st);
	assert_int_equal(st.ops, 16 * 200);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_batch_does_what_single_operations_do),
		TEST(accounts_take_turns),
		TEST(small_ones_make_slices_small),
		TEST(a_large_one_is_alone),
		TEST(payload_bounds_a_batch),
		TEST(a_busy_one_is_tried_again),
		TEST(work_is_told_when_it_is_committed),
		TEST(a_full_disk_refuses_and_recovers),
		TEST(little_space_refuses_what_adds),
		TEST(many_threads_submit),
	};

	disk_calls.write = failing_write;
	disk_hooks_install(true);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
