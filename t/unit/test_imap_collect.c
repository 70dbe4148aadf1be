/* The collector of IMAP commands: input whole and in pieces, and what it
   refuses. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proto/imap_collect.h"

static const struct imap_collect_limits limits = {
	.line_max = 60,
	.literal_max = 30,
	.command_max = 100,
	.stream_min = 5,
	.stream_max = 1000,
	.discard_max = 2000
};

/*
 * What happened, in words: "+" a continuation was asked for, "S<n>" (or "s"
 * for a non-synchronizing one) a message of n bytes was streamed, "C<n>" a
 * command of n bytes was complete, "E" and "F" an error (fatal), "O" the
 * error's command was over.
 */
struct run {
	struct imap_collect c;
	struct buf in, events;
	bool discarding, broken;
	uint64_t stream_left;
};

static void
run_error(struct run *r, const struct err *err)
{
	assert_true(err->kind == ERR_SYNTAX || err->kind == ERR_REFUSED);
	assert_true(err->text[0] != '\0');
	buf_byte(&r->events, r->c.fatal ? 'F' : 'E');
	r->broken = r->c.fatal;
	r->discarding = true;
}

/* Takes one step.  Returns false if it needs more input. */
static bool
run_step(struct run *r)
{
	struct err err = ERR_INIT;
	size_t drop, n;

	if (r->stream_left > 0) {
		n = r->in.len < r->stream_left ? r->in.len :
		    (size_t)r->stream_left;
		buf_consume(&r->in, n);
		r->stream_left -= n;
		if (r->stream_left == 0)
			imap_collect_taken(&r->c);
		return r->stream_left == 0;
	}
	if (r->discarding) {
		switch (imap_collect_discard(&r->c, buf_view(&r->in),
		    &drop)) {
		case 1:
			r->discarding = false;
			buf_byte(&r->events, 'O');
			imap_collect_begin(&r->c, &limits,
			    IMAP_COLLECT_COMMAND);
			break;
		case -1:
			buf_byte(&r->events, 'X');
			r->broken = true;
			break;
		}
		buf_consume(&r->in, drop);
		return !r->discarding && !r->broken;
	}
	switch (imap_collect(&r->c, buf_view(&r->in), &err)) {
	case IMAP_COLLECT_MORE:
		return false;
	case IMAP_COLLECT_CONTINUE:
		buf_byte(&r->events, '+');
		return true;
	case IMAP_COLLECT_STREAM:
		buf_printf(&r->events, "%c%d",
		    r->c.literal_sync ? 'S' : 's', (int)r->c.literal_size);
		buf_consume(&r->in, r->c.len);
		r->stream_left = r->c.literal_size;
		if (r->stream_left == 0)
			imap_collect_taken(&r->c);
		return true;
	case IMAP_COLLECT_COMPLETE:
		buf_printf(&r->events, "C%d", (int)r->c.len);
		buf_consume(&r->in, r->c.len);
		imap_collect_begin(&r->c, &limits, IMAP_COLLECT_COMMAND);
		return true;
	default:
		run_error(r, &err);
		return !r->broken;
	}
}

/* Feeds the bytes in pieces of n. */
static void
run_all(struct run *r, const char *bytes, size_t len, size_t n)
{
	size_t step;

	memset(r, 0, sizeof(*r));
	imap_collect_begin(&r->c, &limits, IMAP_COLLECT_COMMAND);
	for (size_t i = 0; i < len && !r->broken; i += step) {
		step = len - i < n ? len - i : n;
		buf_add(&r->in, bytes + i, step);
		while (!r->broken && run_step(r))
			;
	}
}

#define ROW(text, events)	{ text, sizeof(text) - 1, events }
#define TEN	"0123456789"

static const struct {
	const char *in;
	size_t len;
	const char *events;
} rows[] = {
	ROW("a NOOP\r\n", "C8"),
	ROW("a NOOP\r\nb NOOP\r\n", "C8C8"),
	ROW("\r\n", "C2"),
	ROW("a LOGIN {3}\r\nabc {2}\r\nxy\r\n", "++C26"),
	ROW("a LOGIN {3+}\r\nabc {2+}\r\nxy\r\n", "C28"),
	ROW("a LOGIN {0+}\r\n {0}\r\n\r\n", "+C22"),
	ROW("a LOGIN {4}\r\n\r\n\r\n\r\n", "+C19"),
	/* not literals */
	ROW("a X {3} \r\n", "C10"),
	ROW("a X \"{3}\"\r\n", "C11"),
	ROW("a X {}\r\n", "C8"),
	ROW("a X {+}\r\n", "C9"),
	ROW("a X {3++}\r\n", "C11"),
	ROW("a X {{3}\r\n12\n\r\n", "+C15"),
	ROW("a X {x3}\r\n", "C10"),
	/* messages of APPEND are streamed if they have 5 bytes or more */
	ROW("a APPEND x {5}\r\nabcde\r\n", "S5C2"),
	ROW("a APPEND x {5+}\r\nabcde\r\nb NOOP\r\n", "s5C2C8"),
	ROW("a append x (\\Seen) \"d\" ~{6+}\r\na\0bcde\r\n", "s6C2"),
	ROW("a APPEND x {4+}\r\nabcd\r\n", "C23"),
	ROW("a APPEND {8+}\r\nabcdefgh {5+}\r\nabcde\r\n", "s5C2"),
	ROW("a APPEND {8+}\r\nabcdefgh {3+}\r\nabc\r\n", "C35"),
	ROW("a APPEND x {5+}\r\nabcde {7}\r\nabcdefg {3+}\r\nabc\r\n",
	    "s5S7C12"),
	ROW("a APPEND x {5+}\r\nabcde (\\Seen) {4+}\r\nabcd\r\n", "s5C21"),
	ROW("a XAPPEND x {5+}\r\nabcde\r\n", "C25"),
	ROW("a APPEND x {0+}\r\n\r\n", "C19"),
	ROW("a APPEND x {1001}\r\nb NOOP\r\n", "EOC8"),
	ROW("a APPEND x {2001+}\r\n", "F"),
	ROW("a LOGIN {30+}\r\n" TEN TEN TEN " x\r\n", "C49"),
	/* refused */
	ROW("a LOGIN {31}\r\nb NOOP\r\n", "EOC8"),
	ROW("a LOGIN {31+}\r\n" TEN TEN TEN "x {2+}\r\n\r\n\r\nb NOOP\r\n",
	    "EOC8"),
	ROW("a LOGIN {31+}\r\n" TEN TEN TEN "x {9}\r\nb NOOP\r\n", "EOC8"),
	ROW("a LOGIN {2001+}\r\n", "F"),
	ROW("a LOGIN {99999999999999999999999999+}\r\n", "F"),
	ROW("a LOGIN {99999999999999999999999999}\r\n", "EO"),
	ROW("a LOGIN {31+}\r\n" TEN TEN TEN "x {1999+}\r\n", "EX"),
	ROW("a " TEN TEN TEN TEN TEN "123456\r\n", "C60"),
	ROW("a " TEN TEN TEN TEN TEN "1234567\r\nb NOOP\r\n", "EOC8"),
	ROW("a " TEN TEN TEN TEN TEN TEN TEN "{3+}\r\n\n\n\n\r\nb NOOP\r\n",
	    "EOC8"),
	ROW("a " TEN TEN "{30+}\r\n" TEN TEN TEN " " TEN " {28+}\r\n"
	    TEN TEN TEN "\r\nb NOOP\r\n", "EOC8"),
	ROW("a NO\0OP\r\nb NOOP\r\n", "EOC8"),
	ROW("a NO\rOP\r\nb NOOP\r\n", "EOC8"),
	ROW("a NOOP\r\r\nb NOOP\r\n", "EOC8"),
	ROW("a NOOP\nb NOOP\r\n", "EOC8"),
	ROW("a LOGIN {3}\nb NOOP\r\n", "EOC8"),
	ROW("a LOGIN {3+}\nb NOOP\r\n", "F"),
	ROW("a NO\0OP {3+}\nb NOOP\r\n", "EX"),
	ROW("a LOGIN {3+}\rxb NOOP\r\n", "EO"),
};

static void
collects_in_pieces_of_any_size(void **state)
{
	struct run r;
	int bad = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (size_t n = 1; n <= rows[i].len; n++) {
			run_all(&r, rows[i].in, rows[i].len, n);
			if (strcmp(buf_cstr(&r.events),
			    rows[i].events) != 0) {
				print_error("row %zu in pieces of %zu: '%s' "
				    "not '%s'\n", i, n, buf_cstr(&r.events),
				    rows[i].events);
				bad++;
			}
			buf_free(&r.in);
			buf_free(&r.events);
		}
	assert_int_equal(bad, 0);
}

static void
a_refused_stream_is_discarded(void **state)
{
	static const struct {
		const char *in;
		int more;		/* what discard() returned */
		size_t drop;
	} streams[] = {
		{ "a APPEND x {50}\r\n", 1, 17 },
		{ "a APPEND x {5+}\r\nabcde\r\n", 1, 24 },
		{ "a APPEND x {5+}\r\nabcd", 0, 21 },
	};
	struct err err = ERR_INIT;
	struct imap_collect c;
	size_t drop;

	for (size_t i = 0; i < sizeof(streams) / sizeof(*streams); i++) {
		imap_collect_begin(&c, &limits, IMAP_COLLECT_COMMAND);
		assert_int_equal(imap_collect(&c, bytes_of(streams[i].in),
		    &err), IMAP_COLLECT_STREAM);
		assert_int_equal(c.len, 17);
		assert_true(imap_collect_refuse(&c));
		assert_int_equal(imap_collect_discard(&c,
		    bytes_of(streams[i].in), &drop), streams[i].more);
		assert_int_equal(drop, streams[i].drop);
	}
}

/*
 * What follows the message of "a APPEND x {5+}" CRLF "abcde".  The collector
 * asks about it, and it is refused; then comes "b NOOP".
 */
static void
literals_behind_a_stream_are_refused(void **state)
{
	static const struct {
		const char *in;
		enum imap_collect_result asked;
	} rows_behind[] = {
		{ " {0}\r\n", IMAP_COLLECT_CONTINUE },
		{ " {3}\r\n", IMAP_COLLECT_CONTINUE },
		{ " (\\Seen) \"d\" ~{4}\r\n", IMAP_COLLECT_CONTINUE },
		{ " {3+}\r\nabc {4}\r\n", IMAP_COLLECT_CONTINUE },
		{ " {5}\r\n", IMAP_COLLECT_STREAM },
		{ " {5+}\r\n\r\n\r\n. {2+}\r\n\r\n {3}\r\n",
		    IMAP_COLLECT_STREAM },
		{ " {3+}\r\nabc {1000+}\r\n", IMAP_COLLECT_STREAM },
	};
	const char *next = "b NOOP\r\n";
	struct err err = ERR_INIT;
	struct imap_collect c;
	struct buf in = BUF_INIT;
	size_t drop;

	for (size_t i = 0; i < sizeof(rows_behind) / sizeof(*rows_behind);
	    i++) {
		imap_collect_begin(&c, &limits, IMAP_COLLECT_COMMAND);
		assert_int_equal(imap_collect(&c,
		    BYTES("a APPEND x {5+}\r\n"), &err),
		    IMAP_COLLECT_STREAM);
		imap_collect_taken(&c);
		buf_clear(&in);
		buf_str(&in, rows_behind[i].in);
		assert_int_equal(imap_collect(&c, buf_view(&in), &err),
		    rows_behind[i].asked);
		if (c.tail_size == 1000)
			buf_printf(&in, "%1000s\r\n", "");
		buf_str(&in, next);
		assert_true(imap_collect_refuse(&c));
		if (imap_collect_discard(&c, buf_view(&in), &drop) != 1)
			fail_msg("row %zu goes on", i);
		assert_string_equal(buf_cstr(&in) + drop, next);
		buf_consume(&in, drop);
		imap_collect_begin(&c, &limits, IMAP_COLLECT_COMMAND);
		assert_int_equal(imap_collect(&c, buf_view(&in), &err),
		    IMAP_COLLECT_COMPLETE);
		assert_int_equal(c.len, 8);
	}
	buf_free(&in);
}

static void
plain_lines_have_no_literals(void **state)
{
	struct err err = ERR_INIT;
	struct imap_collect c;

	imap_collect_begin(&c, &limits, IMAP_COLLECT_LINE);
	assert_int_equal(imap_collect(&c, BYTES("DONE"), &err),
	    IMAP_COLLECT_MORE);
	assert_int_equal(imap_collect(&c, BYTES("DONE\r\nx"), &err),
	    IMAP_COLLECT_COMPLETE);
	assert_int_equal(c.len, 6);
	imap_collect_begin(&c, &limits, IMAP_COLLECT_LINE);
	assert_int_equal(imap_collect(&c, BYTES("x {3}\r\n"), &err),
	    IMAP_COLLECT_COMPLETE);
	assert_int_equal(c.len, 7);
}

static void
tags_are_recognized(void **state)
{
	static const struct {
		const char *in, *tag;
	} tags[] = {
		{ "a1 NOOP", "a1" }, { "a1", "" }, { "a1\r\n", "a1" },
		{ " a", "" }, { "+ a", "" }, { "a+ b", "" }, { "", "" },
		{ "a(b c", "" }, { "A]b c", "A]b" }, { "\xc3\xa9 x", "" },
	};
	char longest[200], *copy;
	size_t len;

	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
		len = strlen(tags[i].in);
		assert_non_null(copy = malloc(len + (len == 0)));
		memcpy(copy, tags[i].in, len);
		assert_true(bytes_eq_str(imap_tag_of(bytes_make(copy, len)),
		    tags[i].tag));
		free(copy);
	}
	memset(longest, 'a', sizeof(longest));
	assert_int_equal(imap_tag_of(bytes_make(longest, 200)).len, 0);
	longest[128] = ' ';
	assert_int_equal(imap_tag_of(bytes_make(longest, 200)).len, 128);
	longest[128] = 'a';
	longest[129] = ' ';
	assert_int_equal(imap_tag_of(bytes_make(longest, 200)).len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(collects_in_pieces_of_any_size),
		cmocka_unit_test(a_refused_stream_is_discarded),
		cmocka_unit_test(literals_behind_a_stream_are_refused),
		cmocka_unit_test(plain_lines_have_no_literals),
		cmocka_unit_test(tags_are_recognized),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
