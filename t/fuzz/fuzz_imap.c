/*
 * IMAP commands: the collector with input in pieces and whole, which must
 * agree; the parser of each command; and writing of what was parsed.  The bits
 * of the first byte choose the size of the pieces and what is refused.
 */
#include <config.h>

#include <assert.h>
#include <stdint.h>

#include "base/encode.h"
#include "proto/imap_args.h"
#include "proto/imap_collect.h"
#include "proto/imap_parse_fetch.h"
#include "proto/imap_parse_search.h"
#include "proto/imap_utf7.h"
#include "proto/imap_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct imap_collect_limits limits = {
	.line_max = 1000,
	.literal_max = 500,
	.command_max = 2000,
	.stream_min = 20,
	.stream_max = 3000,
	.discard_max = 4000
};

/* ---- parsers --------------------------------------------------------- */

/* A mailbox name that was read can be written and is read as the same. */
static void
mailbox_again(struct arena *a, struct bytes name)
{
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	struct imap_cursor c;
	struct bytes again;

	assert(utf8_is_valid(name));
	imap_write_mailbox(&out, name);
	imap_cursor_init(&c, buf_view(&out), a);
	assert(imap_parse_mailbox(&c, &again, &err) == 0);
	assert(c.pos == out.len && bytes_eq(name, again));
	buf_free(&out);
}

static void
set_use(struct imap_sequence_set *set)
{
	const struct number_set *numbers = &set->numbers;
	struct buf out = BUF_INIT;

	imap_sequence_set_resolve(set, 1000);
	for (size_t i = 1; i < numbers->n; i++)
		assert(numbers->range[i - 1].last <
		    numbers->range[i].first - 1);
	imap_write_number_set(&out, numbers);
	(void)number_set_has(numbers, 7);
	(void)number_set_count(numbers);
	buf_free(&out);
}

/* A section as a response names it can be requested again and is the same. */
static void
section_again(struct arena *a, const struct imap_section *s)
{
	struct buf out = BUF_INIT, again = BUF_INIT;
	struct imap_section whole = *s;
	struct err err = ERR_INIT;
	struct imap_fetch fetch;
	struct imap_cursor c;

	whole.has_partial = false;
	buf_str(&out, " 1 ");
	imap_write_section(&out, &whole);
	buf_str(&out, "\r\n");
	imap_cursor_init(&c, buf_view(&out), a);
	assert(imap_parse_fetch(&c, &fetch, &err) == 0);
	assert(fetch.nsections == 1);
	buf_str(&again, " 1 ");
	imap_write_section(&again, &fetch.sections[0]);
	buf_str(&again, "\r\n");
	assert(bytes_eq(buf_view(&out), buf_view(&again)));
	buf_free(&out);
	buf_free(&again);
}

static void
try_mailboxes(struct imap_cursor c, struct err *err)
{
	struct imap_select select;
	struct imap_create create;
	struct imap_rename rename;
	struct imap_status status;
	struct imap_cursor at = c;
	struct imap_list list;
	struct bytes name;

	if (imap_parse_one_mailbox(&at, &name, err) == 0)
		mailbox_again(c.arena, name);
	at = c;
	if (imap_parse_select(&at, &select, err) == 0 &&
	    select.qresync.has_known)
		set_use(&select.qresync.known);
	at = c;
	(void)imap_parse_create(&at, &create, err);
	at = c;
	if (imap_parse_rename(&at, &rename, err) == 0)
		mailbox_again(c.arena, rename.to);
	at = c;
	(void)imap_parse_status(&at, &status, err);
	at = c;
	(void)imap_parse_list(&at, &list, err);
	at = c;
	(void)imap_parse_lsub(&at, &list, err);
}

static void
try_messages(struct imap_cursor c, struct err *err)
{
	struct imap_search search;
	struct imap_fetch fetch;
	struct imap_store_flags store;
	struct imap_cursor at = c;
	struct imap_sequence_set set;
	struct imap_copy copy;

	if (imap_parse_fetch(&at, &fetch, err) == 0) {
		set_use(&fetch.set);
		for (size_t i = 0; i < fetch.nsections; i++)
			section_again(c.arena, &fetch.sections[i]);
	}
	at = c;
	if (imap_parse_search(&at, &search, err) == 0)
		assert(search.keys != NULL && search.nkeys > 0);
	at = c;
	if (imap_parse_store(&at, &store, err) == 0)
		set_use(&store.set);
	at = c;
	if (imap_parse_copy(&at, &copy, err) == 0)
		mailbox_again(c.arena, copy.mailbox);
	at = c;
	if (imap_parse_uid_expunge(&at, &set, err) == 0)
		set_use(&set);
}

static void
try_others(struct imap_cursor c, struct err *err)
{
	struct imap_authenticate authenticate;
	struct imap_append append;
	struct imap_enable enable;
	struct imap_login login;
	struct imap_cursor at = c;
	struct bytes mailbox;
	struct imap_id id;

	(void)imap_parse_none(&at, err);
	at = c;
	(void)imap_parse_login(&at, &login, err);
	at = c;
	(void)imap_parse_authenticate(&at, &authenticate, err);
	at = c;
	(void)imap_parse_enable(&at, &enable, err);
	at = c;
	(void)imap_parse_id(&at, &id, err);
	at = c;
	if (imap_parse_append_mailbox(&at, &mailbox, err) == -1)
		return;
	while (imap_parse_append_next(&at, &append, false, err) == 0 &&
	    !imap_at_end(&at))
		;
}

static void
command_try(struct bytes in)
{
	struct err err = ERR_INIT;
	struct imap_cursor c;
	struct imap_head head;
	struct arena a;
	char *copy;

	arena_init(&a);
	if ((copy = malloc(in.len)) == NULL)
		abort();
	memcpy(copy, in.data, in.len);
	imap_cursor_init(&c, bytes_make(copy, in.len), &a);
	if (imap_parse_head(&c, &head, &err) == 0) {
		assert(bytes_eq(head.tag, imap_tag_of(in)));
		try_mailboxes(c, &err);
		try_messages(c, &err);
		try_others(c, &err);
	}
	free(copy);
	arena_clear(&a);
}

static void
utf7_try(struct bytes in)
{
	struct buf utf8 = BUF_INIT, utf7 = BUF_INIT;

	if (imap_utf7_decode(&utf8, in) == 0) {
		assert(imap_utf7_encode(&utf7, buf_view(&utf8)) == 0);
		assert(bytes_eq(buf_view(&utf7), in));
	}
	if (imap_utf7_encode(&utf7, in) == 0) {
		buf_clear(&utf8);
		buf_clear(&utf7);
		(void)imap_utf7_encode(&utf7, in);
		assert(imap_utf7_decode(&utf8, buf_view(&utf7)) == 0);
		assert(bytes_eq(buf_view(&utf8), in));
	}
	buf_free(&utf8);
	buf_free(&utf7);
}

/* ---- the collector --------------------------------------------------- */

enum {
	PIECE_BITS = 31,
	REFUSE_BEHIND = 32,	/* any literal after a streamed message */
	REFUSE_STREAM = 64	/* the message itself */
};

struct session {
	struct imap_collect c;
	struct buf in, events;
	uint64_t stream_left;
	int refuse;
	bool streamed, discarding, broken, parse;
};

static void
command_next(struct session *s)
{
	s->streamed = false;
	imap_collect_begin(&s->c, &limits, IMAP_COLLECT_COMMAND);
}

/* Whether the announced literal is refused, as imapd would. */
static bool
literal_is_refused(struct session *s, int why)
{
	if ((s->refuse & why) == 0)
		return false;
	buf_byte(&s->events, 'R');
	s->discarding = true;
	s->broken = !imap_collect_refuse(&s->c);
	return true;
}

static void
error_take(struct session *s, const struct err *err)
{
	assert(err->kind == ERR_SYNTAX || err->kind == ERR_REFUSED);
	buf_byte(&s->events, 'E');
	s->broken = s->c.fatal;
	s->discarding = true;
}

static bool
discard_step(struct session *s)
{
	size_t drop;
	int rc = imap_collect_discard(&s->c, buf_view(&s->in), &drop);

	assert(drop <= s->in.len);
	buf_consume(&s->in, drop);
	if (rc == -1)
		s->broken = true;
	if (rc != 1)
		return false;
	s->discarding = false;
	buf_byte(&s->events, 'O');
	command_next(s);
	return true;
}

static bool
stream_step(struct session *s)
{
	size_t n = s->in.len < s->stream_left ? s->in.len :
	    (size_t)s->stream_left;

	buf_consume(&s->in, n);
	s->stream_left -= n;
	if (s->stream_left == 0)
		imap_collect_taken(&s->c);
	return s->stream_left == 0;
}

static bool
session_step(struct session *s)
{
	struct err err = ERR_INIT;

	if (s->stream_left > 0)
		return stream_step(s);
	if (s->discarding)
		return discard_step(s);
	switch (imap_collect(&s->c, buf_view(&s->in), &err)) {
	case IMAP_COLLECT_MORE:
		assert(s->in.len <= limits.command_max);
		return false;
	case IMAP_COLLECT_CONTINUE:
		if (!s->streamed || !literal_is_refused(s, REFUSE_BEHIND))
			buf_byte(&s->events, '+');
		return true;
	case IMAP_COLLECT_STREAM:
		assert(s->c.len <= s->in.len);
		if (literal_is_refused(s, s->streamed ? REFUSE_BEHIND :
		    REFUSE_STREAM))
			return true;
		s->streamed = true;
		buf_printf(&s->events, "S%d", (int)s->c.literal_size);
		s->stream_left = s->c.literal_size;
		buf_consume(&s->in, s->c.len);
		return true;
	case IMAP_COLLECT_COMPLETE:
		assert(s->c.len <= s->in.len);
		buf_printf(&s->events, "C%zu", s->c.len);
		if (s->parse)
			command_try(bytes_make(s->in.data, s->c.len));
		buf_consume(&s->in, s->c.len);
		command_next(s);
		return true;
	default:
		error_take(s, &err);
		return !s->broken;
	}
}

static void
session_run(struct session *s, struct bytes all, size_t piece)
{
	size_t n;

	command_next(s);
	for (size_t i = 0; i < all.len && !s->broken; i += n) {
		n = all.len - i < piece ? all.len - i : piece;
		buf_add(&s->in, all.data + i, n);
		while (!s->broken && session_step(s))
			;
	}
	buf_free(&s->in);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct session pieces = { .parse = true }, whole = { .parse = false };
	struct bytes all;

	if (size < 2)
		return 0;
	all = bytes_make(data + 1, size - 1);
	utf7_try(all);
	pieces.refuse = whole.refuse = data[0];
	session_run(&pieces, all, (size_t)(data[0] & PIECE_BITS) + 1);
	session_run(&whole, all, all.len);
	assert(bytes_eq(buf_view(&pieces.events), buf_view(&whole.events)));
	buf_free(&pieces.events);
	buf_free(&whole.events);
	return 0;
}
