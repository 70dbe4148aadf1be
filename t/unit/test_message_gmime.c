/*
 * The message parser against GMime: both must find the same parts in generated
 * messages.
 *
 * With files as arguments it compares those instead and prints where the two
 * differ.  That is for studying real mail and is not a test.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <gmime/gmime.h>

#include "mail/message.h"

#define ROUNDS		3000

/* ---- both trees as text ---------------------------------------------- */

/* Parses a whole message with the default limits. */
static struct mail_part *
parse_whole(struct arena *a, struct bytes message)
{
	struct mail_parser *p = mail_parser_new(a, NULL);

	mail_parser_feed(p, message.data, message.len);
	return mail_parser_finish(p);
}

static void
lower_add(struct buf *out, struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		buf_byte(out, (char)g_ascii_tolower(s.data[i]));
}

static void
ours_dump(struct buf *out, const struct mail_part *part)
{
	lower_add(out, part->type);
	buf_byte(out, '/');
	lower_add(out, part->subtype);
	if (part->first_child == NULL)
		return;
	buf_byte(out, '(');
	for (part = part->first_child; part != NULL; part = part->next) {
		ours_dump(out, part);
		buf_byte(out, part->next == NULL ? ')' : ' ');
	}
}

static void
gmime_dump(struct buf *out, GMimeObject *obj)
{
	GMimeContentType *type = g_mime_object_get_content_type(obj);
	GMimeMessage *message;
	int n;

	lower_add(out, bytes_of(g_mime_content_type_get_media_type(type)));
	buf_byte(out, '/');
	lower_add(out, bytes_of(g_mime_content_type_get_media_subtype(type)));
	if (GMIME_IS_MESSAGE_PART(obj)) {
		message = g_mime_message_part_get_message(
		    GMIME_MESSAGE_PART(obj));
		if (message == NULL)
			return;
		buf_byte(out, '(');
		gmime_dump(out, g_mime_message_get_mime_part(message));
		buf_byte(out, ')');
	} else if (GMIME_IS_MULTIPART(obj)) {
		n = g_mime_multipart_get_count(GMIME_MULTIPART(obj));
		for (int i = 0; i < n; i++) {
			buf_byte(out, i == 0 ? '(' : ' ');
			gmime_dump(out, g_mime_multipart_get_part(
			    GMIME_MULTIPART(obj), i));
		}
		if (n > 0)
			buf_byte(out, ')');
	}
}

/* Prints both trees.  Returns false if GMime does not recognize a message. */
static bool
dump_both(struct bytes text, struct buf *ours, struct buf *theirs)
{
	GMimeStream *stream;
	GMimeParser *parser;
	GMimeMessage *message;
	struct arena a;

	arena_init(&a);
	buf_clear(ours);
	buf_clear(theirs);
	ours_dump(ours, parse_whole(&a, text));
	arena_clear(&a);
	stream = g_mime_stream_mem_new_with_buffer(text.data, text.len);
	parser = g_mime_parser_new_with_stream(stream);
	message = g_mime_parser_construct_message(parser, NULL);
	g_object_unref(parser);
	g_object_unref(stream);
	if (message == NULL)
		return false;
	gmime_dump(theirs, g_mime_message_get_mime_part(message));
	g_object_unref(message);
	return true;
}

/* ---- messages -------------------------------------------------------- */

static uint64_t seed;

/* Returns 0 to n - 1; the sequence is the same in every run. */
static unsigned
pick(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

static void
line_end(struct buf *out)
{
	buf_str(out, seed & 1 ? "\r\n" : "\n");
}

static void
line_add(struct buf *out, const char *text)
{
	buf_str(out, text);
	line_end(out);
}

static void
text_lines(struct buf *out)
{
	static const char *const lines[] = {
		"text", "", "--", "-- ", "--other", "- --x", " --b0",
		"Content-Type: text/html", "From someone", "."
	};

	for (unsigned n = pick(4); n > 0; n--)
		line_add(out, lines[pick(sizeof(lines) / sizeof(*lines))]);
}

static void entity_add(struct buf *out, unsigned depth, unsigned boundary);

static void
multipart_add(struct buf *out, unsigned depth, unsigned boundary)
{
	static const char *const subtypes[] = {
		"mixed", "alternative", "Related", "x-unknown"
	};

	buf_printf(out, "Content-Type: multipart/%s;", subtypes[pick(4)]);
	if (pick(2))
		buf_str(out, "\n\t");
	buf_printf(out, pick(2) ? " boundary=\"b%u\"" : " boundary=b%u",
	    boundary);
	line_end(out);
	line_end(out);
	text_lines(out);
	for (unsigned n = pick(3) + 1; n > 0; n--) {
		buf_printf(out, "--b%u%s", boundary, pick(9) ? "" : " \t");
		line_end(out);
		entity_add(out, depth + 1, boundary * 10 + n);
		line_end(out);
	}
	/* If the end is missing, the parent's boundary ends the part. */
	if (pick(8) > 0) {
		buf_printf(out, "--b%u--", boundary);
		line_end(out);
		text_lines(out);
	}
}

static void
entity_add(struct buf *out, unsigned depth, unsigned boundary)
{
	static const char *const types[] = {
		"text/plain", "text/HTML; charset=utf-8", "image/png",
		"application/octet-stream; name=\"a;b\"", "message/x-other"
	};

	if (depth < 5 && pick(3) == 0) {
		multipart_add(out, depth, boundary);
		return;
	}
	if (depth < 5 && pick(6) == 0) {
		line_add(out, "Content-Type: message/rfc822");
		line_end(out);
		line_add(out, "Subject: inner");
		entity_add(out, depth + 1, boundary * 10);
		return;
	}
	if (pick(4) > 0)
		buf_printf(out, "Content-Type: %s%s", types[pick(5)],
		    seed & 1 ? "\r\n" : "\n");
	line_end(out);
	text_lines(out);
}

static void
generated_messages_agree(void **state)
{
	struct buf text = BUF_INIT, ours = BUF_INIT, theirs = BUF_INIT;

	for (unsigned i = 0; i < ROUNDS; i++) {
		seed = i;
		buf_clear(&text);
		line_add(&text, "Subject: generated");
		line_add(&text, "MIME-Version: 1.0");
		entity_add(&text, 0, 1);
		assert_true(dump_both(buf_view(&text), &ours, &theirs));
		if (!bytes_eq(buf_view(&ours), buf_view(&theirs)))
			fail_msg("seed %u: ours %s, theirs %s, of:\n%s", i,
			    buf_cstr(&ours), buf_cstr(&theirs),
			    buf_cstr(&text));
	}
	buf_free(&text);
	buf_free(&ours);
	buf_free(&theirs);
}

static void
file_compare(const char *path)
{
	struct buf ours = BUF_INIT, theirs = BUF_INIT;
	gchar *text;
	gsize len;

	if (!g_file_get_contents(path, &text, &len, NULL))
		return;
	if (!dump_both(bytes_make(text, len), &ours, &theirs))
		(void)printf("%s: nothing\n", path);
	else if (!bytes_eq(buf_view(&ours), buf_view(&theirs)))
		(void)printf("%s: %s, theirs %s\n", path, buf_cstr(&ours),
		    buf_cstr(&theirs));
	buf_free(&ours);
	buf_free(&theirs);
	g_free(text);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(generated_messages_agree),
	};
	int rc = 0;

	g_mime_init();
	if (argc < 2)
		rc = cmocka_run_group_tests(tests, NULL, NULL);
	for (int i = 1; i < argc; i++)
		file_compare(argv[i]);
	g_mime_shutdown();
	return rc;
}
