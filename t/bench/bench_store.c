/*
 * bench_store - durable deliveries per second through the committer
 *
 *	bench_store [-b BYTES] [-n MESSAGES] [-s SECONDS] [-t THREADS] FOLDER
 *
 * Each delivery is what a message costs: account and mailbox rows read and
 * written, a flag page changed, the message's record, its body with reference
 * and location, a parsed record of 700 bytes, a token and a thread id.  It
 * counts when the commit has returned.
 */
#include <config.h>

#include <sys/resource.h>

#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/random.h"
#include "kv/key.h"
#include "commit/batch.h"
#include "commit/committer.h"
#include "commit/disk_space.h"
#include "segment/tables.h"
#include "directory/account.h"
#include "store/flagpage.h"
#include "store/mailbox_key.h"

#define ACCOUNTS	1000
#define PARSED_SIZE	700
#define ROW_SIZE	150
#define THREADS_MAX	256

static struct bench {
	struct kv *kv;
	struct committer *c;
	size_t body_size;
	unsigned threads;
	uint64_t messages;		/* still to send; shared */
	uint64_t until_ms;
	char *body;
} bench = { .body_size = 4096, .threads = 32, .messages = 100000 };

struct delivery {
	struct op op;
	struct bytes body;
	uint8_t token[16];
};

/* Increments the counter at the end of a row and returns it. */
static uint64_t
raise_row(struct batch *b, enum table t, struct bytes key, struct buf *v,
    struct err *err)
{
	uint64_t n;
	int rc = reader_get(batch_reader(b), t, key, v, err);

	if (rc == -1)
		fatal("%s", err->text);
	if (rc == 0) {
		buf_clear(v);
		memset(buf_reserve(v, ROW_SIZE), 0, ROW_SIZE);
		v->len = ROW_SIZE;
	}
	n = be64_get(v->data + ROW_SIZE - 8) + 1;
	be64_put(v->data + ROW_SIZE - 8, n);
	batch_put(b, t, key, buf_view(v));
	return n;
}

static void
set_flag_page(struct batch *b, uint64_t account, uint32_t uid, struct buf *v,
    struct err *err)
{
	struct flagpage p;
	struct key k;

	key_mailbox_u32(&k, account, 1, UID_PAGE(uid));
	flagpage_init(&p);
	if (reader_get(batch_reader(b), T_FLAGS, key_bytes(&k), v, err) == 1 &&
	    flagpage_decode(&p, buf_view(v), err) == -1)
		fatal("%s", err->text);
	p.present |= (uint64_t)1 << UID_SLOT(uid);
	flagpage_touch(&p, (uint64_t)1 << UID_SLOT(uid), uid);
	flagpage_encode(&p, v);
	batch_put(b, T_FLAGS, key_bytes(&k), buf_view(v));
	batch_touch(b, account, 1, uid, UID_PAGE(uid));
}

static void
put_body(struct batch *b, uint64_t account, uint64_t body, struct bytes text)
{
	static const char zeroes[PARSED_SIZE];
	struct key k;

	key_account_u64(&k, account, body);
	batch_put(b, T_BODY_REF, key_bytes(&k), bytes_make(zeroes, 20));
	batch_put(b, T_BODY_LOC, key_bytes(&k), bytes_make(zeroes, 1));
	batch_put(b, T_PARSED, key_bytes(&k), bytes_make(zeroes, PARSED_SIZE));
	for (uint32_t chunk = 0; text.len > 0; chunk++) {
		size_t n = text.len > BODY_CHUNK ? BODY_CHUNK : text.len;

		key_body_chunk(&k, account, body, chunk);
		batch_put_borrowed(b, T_BODY, key_bytes(&k),
		    bytes_make(text.data, n));
		text = bytes_make(text.data + n, text.len - n);
	}
}

static enum op_result
deliver(struct batch *b, struct op *op)
{
	static const char zeroes[80];
	struct delivery *d = (struct delivery *)op;
	struct buf v = BUF_INIT;
	struct key k;
	uint64_t body, uid;

	key_account(&k, op->account);
	body = raise_row(b, T_ACCOUNT, key_bytes(&k), &v, &op->err);
	key_mailbox(&k, op->account, 1);
	uid = raise_row(b, T_MAILBOX, key_bytes(&k), &v, &op->err);
	set_flag_page(b, op->account, (uint32_t)uid, &v, &op->err);
	key_mailbox_u32(&k, op->account, 1, (uint32_t)uid);
	batch_put(b, T_MESSAGE, key_bytes(&k), bytes_make(zeroes, 70));
	put_body(b, op->account, body, d->body);
	key_account_name(&k, op->account, bytes_make(d->token, 16));
	key_u32(&k, 1);
	(void)reader_get(batch_reader(b), T_DELIVERED, key_bytes(&k), &v,
	    &op->err);
	batch_put(b, T_DELIVERED, key_bytes(&k), bytes_make(zeroes, 0));
	key_account_u64(&k, op->account, be64_get(d->token + 4));
	(void)reader_get(batch_reader(b), T_THREAD, key_bytes(&k), &v,
	    &op->err);
	batch_put(b, T_THREAD, key_bytes(&k), bytes_make(zeroes, 8));
	buf_free(&v);
	return OP_DONE;
}

struct sender {
	pthread_t thread;
	uint32_t *us;			/* own: how long each took */
	size_t n, cap;
};

static bool
one_more(void)
{
	if (clock_mono_ms() >= bench.until_ms)
		return false;
	return __atomic_fetch_sub(&bench.messages, 1, __ATOMIC_RELAXED) - 1 <
	    UINT64_MAX / 2;
}

static void *
send_all(void *arg)
{
	struct sender *s = arg;
	uint64_t seed = random_u64() | 1, begun;

	while (one_more()) {
		struct delivery d = { .op = { .run = deliver } };

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		d.op.account = 0x9e3779b97f4a7c15u * (1 + seed % ACCOUNTS);
		d.op.payload = bench.body_size + 1500;
		d.op.alone = bench.body_size > BODY_CHUNK;
		d.body = bytes_make(bench.body, bench.body_size);
		be32_put(d.token, (uint32_t)(clock_wall_ms() / 1000));
		be64_put(d.token + 4, seed);
		begun = clock_mono_us();
		if (committer_submit(bench.c, &d.op) == -1)
			fatal("%s", d.op.err.text);
		if (s->n == s->cap) {
			s->cap = s->cap == 0 ? 1024 : s->cap * 2;
			s->us = reallocarray(s->us, s->cap, sizeof(*s->us));
		}
		s->us[s->n++] = (uint32_t)(clock_mono_us() - begun);
	}
	return NULL;
}

static int
compare_u32(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void
report(struct sender *s, uint64_t ms)
{
	struct committer_stats st;
	struct rusage ru;
	uint32_t *all;
	size_t n = 0;

	for (unsigned i = 0; i < bench.threads; i++)
		n += s[i].n;
	all = calloc(n + 1, sizeof(*all));
	n = 0;
	for (unsigned i = 0; i < bench.threads; i++) {
		if (s[i].n > 0)
			memcpy(all + n, s[i].us, s[i].n * sizeof(*all));
		n += s[i].n;
		free(s[i].us);
	}
	qsort(all, n, sizeof(*all), compare_u32);
	committer_get_stats(bench.c, &st);
	getrusage(RUSAGE_SELF, &ru);
	printf("threads %u bytes %zu messages %zu per-second %.0f "
	    "p50-us %u p99-us %u batch %.1f cpu-us %.0f\n", bench.threads,
	    bench.body_size, n, (double)n * 1000 / (double)(ms + 1),
	    n == 0 ? 0 : all[n / 2], n == 0 ? 0 : all[n * 99 / 100],
	    st.batches == 0 ? 0 : (double)n / (double)st.batches,
	    n == 0 ? 0 : ((double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) *
	    1e6 + (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec)) /
	    (double)n);
	free(all);
}

static void
run(const char *folder)
{
	struct kv_config kc = { .home = folder, .tables = store_tables,
	    .table_count = TABLE_COUNT, .cache_size = 256 << 20,
	    .checkpoint_bytes = 64 << 20, .checkpoint_ms = 30000,
	    .readers_max = 64 };
	struct committer_config cc = { .seal = account_seal,
	    .batch_ops_max = 256,
	    .batch_bytes_max = 8 << 20 };
	struct sender s[THREADS_MAX];
	struct err err = ERR_INIT;
	uint64_t begun;

	memset(s, 0, sizeof(s));
	if (kv_open(&kc, &bench.kv, &err) == -1)
		fatal("%s", err.text);
	cc.kv = bench.kv;
	cc.space = disk_space_new(folder, 64 << 20, bench.kv, NULL);
	if (committer_start(&cc, &bench.c, &err) == -1)
		fatal("%s", err.text);
	begun = clock_mono_ms();
	bench.until_ms += begun;
	for (unsigned i = 0; i < bench.threads; i++)
		pthread_create(&s[i].thread, NULL, send_all, &s[i]);
	for (unsigned i = 0; i < bench.threads; i++)
		pthread_join(s[i].thread, NULL);
	report(s, clock_mono_ms() - begun);
	committer_stop(&bench.c);
	disk_space_free(&cc.space);
	kv_close(&bench.kv);
}

static uint64_t
number(const char *text, uint64_t max)
{
	uint64_t n;

	if (decimal_parse(bytes_of(text), max, &n) == -1)
		fatal("'%s' is not a number up to %llu", text,
		    (unsigned long long)max);
	return n;
}

int
main(int argc, char **argv)
{
	int c;

	bench.until_ms = 60000;
	while ((c = getopt(argc, argv, "b:n:s:t:")) != -1) {
		if (c == 'b')
			bench.body_size = number(optarg, 100 << 20);
		else if (c == 'n')
			bench.messages = number(optarg, UINT32_MAX);
		else if (c == 's')
			bench.until_ms = number(optarg, 3600) * 1000;
		else if (c == 't')
			bench.threads = (unsigned)number(optarg, THREADS_MAX);
		else
			return 1;
	}
	if (optind + 1 != argc)
		fatal("usage: bench_store [-b bytes] [-n messages] "
		    "[-s seconds] [-t threads] folder");
	bench.body = malloc(bench.body_size + 1);
	for (size_t i = 0; i < bench.body_size; i++)
		bench.body[i] = (char)(i % 78 == 77 ? '\n' : 'a' + i % 26);
	run(argv[optind]);
	free(bench.body);
	return 0;
}
