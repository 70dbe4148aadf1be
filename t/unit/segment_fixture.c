/* segment_fixture - makes, delivers and compares large messages. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#include "mail/message.h"
#include "proto/parsed.h"
#include "directory/account.h"
#include "store/background.h"
#include "segment_fixture.h"
#include "store/account_life.h"
#include "store/body.h"
#include "store/store_open.h"

/* ---- messages ---- */

/* Makes a message of that size; each line holds its own number. */
void
large_text(struct buf *out, unsigned serial, size_t size)
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

/* Writes the text in pieces of changing sizes, as from a network. */
struct incoming *
large_fill(struct fixture *f, struct bytes text, size_t piece)
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

uint32_t
large_deliver(struct fixture *f, uint64_t account, struct incoming *in,
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

/* Adds a message that differs from all others to the fixture's account. */
uint32_t
large_add(struct fixture *f, unsigned serial, size_t size)
{
	struct buf text = BUF_INIT;
	struct incoming *in;
	uint32_t uid;

	large_text(&text, serial, size);
	in = large_fill(f, buf_view(&text), 1 + serial * 977 % 40000);
	uid = large_deliver(f, f->account, in, BYTES(""), buf_view(&text));
	incoming_free(&in);
	buf_free(&text);
	return uid;
}

struct message
large_message(struct fixture *f, uint64_t account, uint32_t uid)
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

/* Fails the test unless the message is prefix and text, in every way of reading
   it. */
void
large_check_account(struct fixture *f, uint64_t account, uint32_t uid,
    struct bytes prefix, struct bytes text)
{
	static const size_t steps[] = { 1 << 30, 65536, 4099 };
	struct message m = large_message(f, account, uid);
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

void
large_check(struct fixture *f, uint32_t uid, unsigned serial, size_t size)
{
	struct buf text = BUF_INIT;

	large_text(&text, serial, size);
	large_check_account(f, f->account, uid, BYTES(""), buf_view(&text));
	buf_free(&text);
}

void
large_expunge(struct fixture *f, uint64_t account, const char *uids)
{
	struct number_set set = fixture_set(f, uids);
	struct flags_change change = { .how = FLAGS_ADD,
	    .system = FLAG_DELETED };
	struct err err = ERR_INIT;
	uint64_t n;

	must(message_store(f->s, account, 1, &set, &change, &f->a, &err));
	must(message_expunge(f->s, account, 1, NULL, &n, &err));
	background_drain(f->s);
}

void
accounts_make(struct fixture *f, uint64_t id[ACCOUNTS])
{
	struct err err = ERR_INIT;
	char login[20];

	for (unsigned i = 0; i < ACCOUNTS; i++) {
		snprintf(login, sizeof(login), "u%u", i);
		must(account_create(f->s, login, &id[i], &err));
	}
}

struct bytes
prefix_of(unsigned i, char room[100])
{
	/* One account has no prefix. */
	if (i == 3)
		return BYTES("");
	snprintf(room, 100, "Delivered-To: u%u@example.org\r\n", i);
	return bytes_of(room);
}

/* ---- files ---- */

void
segment_file_path(struct fixture *f, const char *name, char path[400])
{
	snprintf(path, 400, "%s/" STORE_HOME "/" SEGMENT_FOLDER "/%s", f->dir,
	    name);
}

struct file_sum
segment_files(struct fixture *f)
{
	struct file_sum all = { 0, 0 };
	struct dirent *e;
	struct stat st;
	char path[400];
	DIR *d;

	segment_file_path(f, "", path);
	assert_non_null(d = opendir(path));
	while ((e = readdir(d)) != NULL) {
		segment_file_path(f, e->d_name, path);
		if (e->d_name[0] == '.' || stat(path, &st) == -1)
			continue;
		all.n++;
		all.bytes += (uint64_t)st.st_size;
	}
	closedir(d);
	return all;
}
