/* Salvage: everything that a damaged store still gives is saved, and nothing
   else. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "directory/account.h"
#include "store/stored_message.h"
#include "repair/salvage-private.h"
#include "store_sample.h"
#include "segment/tables.h"
#include "store/account_life.h"
#include "store/store_open.h"

#define PAGE		4096
#define SIZE_MAX_FILE	(16 << 20)
#define ROUNDS		4
#define NACCOUNTS	3

static char folder[64];

#define MUST(call) do {							\
	if ((call) == -1)						\
		fail_msg("%s: %s", #call, err.text);			\
} while (0)

/* ---- a store ---- */

static const char *const logins[NACCOUNTS] = {
	"you@localhost", "björn", "a/b.c"
};
static const char *const names[] = {
	"INBOX", "Entwürfe/Über & mehr", "日本語", "with.dot\\and"
};
#define NNAMES	(sizeof(names) / sizeof(*names))

/* Sizes that end before, at and after the ends of pages and chunks. */
static const size_t sizes[] = {
	200, 700, 1000, 3900, 4064, 4100, 9000, 70000, BODY_CHUNK - 1,
	BODY_CHUNK, BODY_CHUNK + 1
};
#define NSIZES	(sizeof(sizes) / sizeof(*sizes))

/* Each message begins with the numbers that its text is made from. */
static void
text_make(struct buf *out, unsigned account, unsigned mailbox, unsigned n,
    size_t size)
{
	uint32_t x = account * 1000003 + mailbox * 10007 + n;

	buf_clear(out);
	buf_printf(out, "X-Made: %u %u %u %zu\r\n\r\n", account, mailbox, n,
	    size);
	while (out->len < size) {
		x = x * 1664525 + 1013904223;
		buf_byte(out, x >> 30 == 0 ? '\n' : (char)('a' + (x >> 24) %
		    26));
	}
}

static uint32_t
flags_of(unsigned n)
{
	return n % (FLAG_SYSTEM_ALL + 1);
}

static void
fill(struct store *s, unsigned account, uint64_t id)
{
	const struct bytes keyword = BYTES("$Work");
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;

	for (unsigned i = 0; i < NNAMES; i++) {
		if (i > 0)
			MUST(mailbox_create(s, id, names[i], USE_NONE, NULL,
			    &err));
		for (unsigned n = 0; n < 6 * NSIZES; n++) {
			struct message_new m = { .keywords = &keyword,
			    .nkeywords = n % 2, .internal_date = 1000000 + n,
			    .system_flags = flags_of(n) };
			struct message_added added;

			/* Only a few large messages. */
			if (n >= NSIZES && n % NSIZES > 6)
				continue;
			text_make(&text, account, i, n, sizes[n % NSIZES]);
			m.text = buf_view(&text);
			MUST(message_append(s, id, names[i], &m, &added,
			    &err));
		}
	}
	buf_free(&text);
}

static unsigned
messages_of_mailbox(void)
{
	unsigned count = 0;

	for (unsigned n = 0; n < 6 * NSIZES; n++)
		count += n < NSIZES || n % NSIZES <= 6;
	return count;
}

static void
store_make(void)
{
	struct store *s = sample_open(folder);
	struct err err = ERR_INIT;
	uint64_t id;

	for (unsigned i = 0; i < NACCOUNTS; i++) {
		MUST(account_create(s, logins[i], &id, &err));
		fill(s, i, id);
	}
	store_close(&s);
}

/* ---- what came out ---- */

static void
listen_to(void *arg, const char *text)
{
	struct buf *all = arg;

	buf_printf(all, "%s\n", text);
}

struct found {
	unsigned messages, folders;
	unsigned seen[NACCOUNTS][NNAMES];
	bool in_place;			/* each message is in its mailbox */
	bool flags_kept;
};

static void
letters_of(unsigned n, char *out)
{
	static const char letters[] = "DFRST";
	static const uint32_t bits[] = { FLAG_DRAFT, FLAG_FLAGGED,
	    FLAG_ANSWERED, FLAG_SEEN, FLAG_DELETED };

	for (size_t i = 0; i < 5; i++)
		if ((flags_of(n) & bits[i]) != 0)
			*out++ = letters[i];
	if (n % 2 == 1)
		*out++ = 'a';
	*out = '\0';
}

/* A saved file must equal a message of the store, byte for byte. */
static void
file_check(const char *path, const char *folder_name, struct found *f)
{
	struct buf got = BUF_INIT, want = BUF_INIT, name = BUF_INIT;
	struct err err = ERR_INIT;
	unsigned account, mailbox, n;
	char letters[10];
	size_t size;

	MUST(file_read(path, SIZE_MAX_FILE, &got, &err));
	if (sscanf(buf_cstr(&got), "X-Made: %u %u %u %zu", &account, &mailbox,
	    &n, &size) != 4 || account >= NACCOUNTS || mailbox >= NNAMES ||
	    size > SIZE_MAX_FILE)
		fail_msg("%s is no message", path);
	text_make(&want, account, mailbox, n, size);
	if (bytes_cmp(buf_view(&got), buf_view(&want)) != 0)
		fail_msg("%s is not what went in", path);
	f->messages++;
	f->seen[account][mailbox]++;
	assert_int_equal(salvage_folder_name(names[mailbox], &name), 0);
	if (strcmp(buf_cstr(&name), folder_name) != 0)
		f->in_place = false;
	letters_of(n, letters);
	if (strcmp(strstr(path, ":2,") + 3, letters) != 0)
		f->flags_kept = false;
	buf_free(&got);
	buf_free(&want);
	buf_free(&name);
}

static void
folder_check(const char *path, const char *name, struct found *f)
{
	char cur[1100], file[1400];
	struct dirent *e;
	DIR *d;

	snprintf(cur, sizeof(cur), "%s/cur", path);
	if ((d = opendir(cur)) == NULL)
		return;
	f->folders++;
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", cur, e->d_name);
		file_check(file, name, f);
	}
	closedir(d);
	/* No incomplete file is left. */
	snprintf(cur, sizeof(cur), "%s/tmp", path);
	assert_int_equal(rmdir(cur), 0);
}

static void
account_check(const char *path, struct found *f)
{
	char maildir[700], sub[1000];
	struct dirent *e;
	DIR *d;

	snprintf(maildir, sizeof(maildir), "%s/Maildir", path);
	folder_check(maildir, "", f);
	if ((d = opendir(maildir)) == NULL)
		return;
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] == '.' && strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0) {
			snprintf(sub, sizeof(sub), "%s/%s", maildir,
			    e->d_name);
			folder_check(sub, e->d_name, f);
		}
	closedir(d);
}

static void
out_check(const char *out, struct found *f)
{
	struct dirent *e;
	char path[600];
	DIR *d;

	memset(f, 0, sizeof(*f));
	f->in_place = f->flags_kept = true;
	assert_non_null(d = opendir(out));
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.') {
			snprintf(path, sizeof(path), "%s/%s", out, e->d_name);
			account_check(path, f);
		}
	closedir(d);
}

static int64_t
salvage_run(const char *dir, const char *out, struct buf *said)
{
	struct salvage_config c = { .dir = dir, .out = out,
	    .say = listen_to, .arg = said };
	struct err err = ERR_INIT;
	int64_t lost = store_salvage(&c, &err);

	if (lost == -1)
		fail_msg("%s", err.text);
	return lost;
}

/* ---- damage ---- */

static uint32_t seed = 1;

static uint32_t
chance(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* Copies the database files without the logs, as if those were lost. */
static void
store_copy(const char *to)
{
	char command[600];

	snprintf(command, sizeof(command), "rm -rf %s && mkdir -p %s/store && "
	    "cp -r %s/store/data %s/store/segment %s/store", to, to,
	    folder, folder, to);
	assert_int_equal(system(command), 0);
}

/* Overwrites a page, or one sector of it, with zeros or noise. */
static void
page_break(const char *dir, const char *table)
{
	char path[400], bytes[PAGE] = "";
	struct stat st;
	size_t len = chance(2) == 0 ? PAGE : 512;
	off_t at;
	int fd;

	snprintf(path, sizeof(path), "%s/store/data/%s.db", dir, table);
	assert_int_not_equal(fd = open(path, O_RDWR), -1);
	assert_int_equal(fstat(fd, &st), 0);
	at = (off_t)chance((uint32_t)(st.st_size / PAGE)) * PAGE;
	if (len < PAGE)
		at += (off_t)chance(PAGE / 512) * 512;
	if (chance(2) == 0)
		for (size_t i = 0; i < len; i++)
			bytes[i] = (char)chance(256);
	assert_int_equal(pwrite(fd, bytes, len, at), len);
	close(fd);
}

/* ---- tests ---- */

static void
a_whole_store_comes_out_whole(void **state)
{
	struct buf said = BUF_INIT;
	struct found f;
	char out[100];

	snprintf(out, sizeof(out), "%s/out", folder);
	if (salvage_run(folder, out, &said) != 0)
		fail_msg("%s", buf_cstr(&said));
	out_check(out, &f);
	for (unsigned i = 0; i < NACCOUNTS; i++)
		for (unsigned m = 0; m < NNAMES; m++)
			assert_int_equal(f.seen[i][m], messages_of_mailbox());
	assert_true(f.in_place);
	assert_true(f.flags_kept);
	assert_non_null(strstr(buf_cstr(&said), "account björn: "));
	buf_free(&said);
}

/* One table is damaged at a time: which one, and what stays intact. */
static const struct row {
	const char *table;
	bool all_come_out;
} rows[] = {
	{ "account", true }, { "login", true }, { "mailbox", true },
	{ "mailbox-name", true }, { "message", true }, { "flags", true },
	{ "body-ref", true }, { "body-loc", false }, { "body", false },
	{ "segment-ref", false },
	{ "meta", true }, { "parsed", true }
};

/* The sum of the numbers before `what' in the report. */
static uint64_t
count_said(const char *said, const char *what)
{
	uint64_t sum = 0;

	for (const char *p = said; (p = strstr(p, what)) != NULL; p++) {
		const char *digit = p;

		while (digit > said && digit[-1] >= '0' && digit[-1] <= '9')
			digit--;
		sum += strtoull(digit, NULL, 10);
	}
	return sum;
}

static void
all_that_reads_comes_out(void **state)
{
	unsigned all = NACCOUNTS * NNAMES * messages_of_mailbox();
	struct found f;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct buf said = BUF_INIT;
		char dir[100], out[200];

		snprintf(dir, sizeof(dir), "%s/one-%zu", folder, i);
		snprintf(out, sizeof(out), "%s/out", dir);
		store_copy(dir);
		for (int n = 0; n < 3; n++)
			page_break(dir, rows[i].table);
		salvage_run(dir, out, &said);
		out_check(out, &f);
		if (rows[i].all_come_out && f.messages != all)
			fail_msg("%s: %u of %u\n%s", rows[i].table,
			    f.messages, all, buf_cstr(&said));
		/* What was not saved is reported. */
		if (!rows[i].all_come_out)
			assert_int_equal(f.messages + count_said(
			    buf_cstr(&said), " lost\n"), all);
		assert_true(f.messages > 0);
		buf_free(&said);
	}
}

static void
nothing_wrong_comes_out(void **state)
{
	static const char *const broken[] = {
		"body", "message", "mailbox", "flags", "body-ref", "account"
	};
	unsigned all = NACCOUNTS * NNAMES * messages_of_mailbox();
	struct found f;
	int64_t lost;

	for (unsigned round = 0; round < ROUNDS; round++) {
		struct buf said = BUF_INIT;
		char dir[100], out[200];

		seed = round + 1;
		snprintf(dir, sizeof(dir), "%s/many", folder);
		snprintf(out, sizeof(out), "%s/out", dir);
		store_copy(dir);
		for (unsigned n = 0; n <= round; n++)
			page_break(dir, broken[chance(6)]);
		lost = salvage_run(dir, out, &said);
		out_check(out, &f);
		/* Without page 0 everything can still be saved. */
		assert_true(lost > 0 || f.messages == all);
		assert_int_equal(count_said(buf_cstr(&said), " messages in "),
		    f.messages);
		buf_free(&said);
	}
}

static void
an_open_store_is_refused(void **state)
{
	struct salvage_config c = { .dir = folder, .say = listen_to };
	struct store *s = sample_open(folder);
	struct err err = ERR_INIT;
	char out[100];

	snprintf(out, sizeof(out), "%s/refused", folder);
	c.out = out;
	assert_int_equal(store_salvage(&c, &err), -1);
	assert_int_equal(err.code, ERR_CODE_IN_USE);
	assert_int_equal(access(out, F_OK), -1);
	store_close(&s);
	c.dir = out;
	assert_int_equal(store_salvage(&c, &err), -1);
}

static void
names_become_folders(void **state)
{
	static const struct {
		const char *name, *folder;
	} list[] = {
		{ "INBOX", "" }, { "INBOX/a", ".INBOX.a" },
		{ "a.b", ".a\\2eb" }, { "a\\b", ".a\\5cb" },
		{ "R&D/Ü", ".R&-D.&ANw-" }, { "a//b", NULL }, { "\xff", NULL }
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
		struct buf out = BUF_INIT;
		int rc = salvage_folder_name(list[i].name, &out);

		assert_int_equal(rc, list[i].folder == NULL ? -1 : 0);
		if (rc == 0)
			assert_string_equal(buf_cstr(&out), list[i].folder);
		buf_free(&out);
	}
}

static int
setup(void **state)
{
	snprintf(folder, sizeof(folder), "%s", sample_folder());
	store_make();
	return 0;
}

static int
teardown(void **state)
{
	sample_remove(folder);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_store_comes_out_whole),
		cmocka_unit_test(all_that_reads_comes_out),
		cmocka_unit_test(nothing_wrong_comes_out),
		cmocka_unit_test(an_open_store_is_refused),
		cmocka_unit_test(names_become_folders),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
