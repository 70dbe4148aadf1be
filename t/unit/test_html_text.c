/* HTML to text and tags, fed whole and cut at every place. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "junk/html_entity.h"
#include "junk/html_text.h"

#define TEXT_MAX	500
#define MARKUP_MAX	500

static const struct {
	const char *in, *text, *markup;
} rows[] = {
	{ "", "", "" },
	{ "plain", "plain", "" },
	{ "a<b>c</b>d", "acd", "<b></b>" },
	{ "fr<!-- x -->ee", "free", "<!-- x -->" },
	{ "fr<!-- a>b - -- -->ee", "free", "<!-- a>b - -- -->" },
	{ "fr<!--->ee", "free", "<!--->" },
	{ "a<br>b<p>c", "a\nb\nc", "<br><p>" },
	{ "<A HREF=\"x>y\">z</A>", "z", "<A HREF=\"x>y\"></A>" },
	{ "<a title='\"'>z", "z", "<a title='\"'>" },
	/* A quote elsewhere than after '=' opens nothing. */
	{ "<p it's>z", "\nz", "<p it's>" },
	{ "1 < 2 <3", "1 < 2 <3", "" },
	{ "a <", "a <", "" },
	{ "a <b", "a ", "<b>" },
	{ "&lt;b&gt; &amp; &#65;&#x42;&#X43; &eacute;",
	    "<b> & ABC \xc3\xa9", "" },
	{ "&nosuch; &; & &#; &#x; &#xfffffffff;",
	    "&nosuch; &; & &#; &#x; \xef\xbf\xbd", "" },
	{ "a&nbsp", "a\xc2\xa0", "" },
	{ "&#0;&#xd800;&#x1F4B0;", "\xef\xbf\xbd\xef\xbf\xbd\xf0\x9f\x92\xb0",
	    "" },
	{ "a<script>x<y>\"</script>b", "a\nb", "<script>x<y>\"</script>" },
	{ "<style>p { }</style>b", "\nb", "<style>p { }</style>" },
	/* Hidden text. */
	{ "a<div style=\"display:none\">x</div>b", "a\nb",
	    "<div style=\"display:none\">x</div>" },
	{ "a<span style='DISPLAY: None;'>x<span>y</span>z</span>b", "ab",
	    "<span style='DISPLAY: None;'>x<span>y</span>z</span>" },
	{ "a<span style='font-size:0px'>x</span>b", "ab",
	    "<span style='font-size:0px'>x</span>" },
	{ "a<span style='font-size:0.9em'>x</span>b", "axb",
	    "<span style='font-size:0.9em'></span>" },
	{ "a<span style='font-size:0.9em;font-size:0'>x</span>b", "ab",
	    "<span style='font-size:0.9em;font-size:0'>x</span>" },
	/* A paragraph ends where the next one begins. */
	{ "<p style='display:none'>x<p>y", "\ny",
	    "<p style='display:none'>x<p>" },
	{ "<p style='display:none'>x<p style='display:none'>y<p>z", "\nz",
	    "<p style='display:none'>x<p style='display:none'>y<p>" },
	{ "a<img style='display:none'>b", "a\nb",
	    "<img style='display:none'>" },
	{ "a<span title='display:none'>b", "ab",
	    "<span title='display:none'>" },
};

static void
feed(struct buf *text, struct buf *markup, struct bytes in, size_t step)
{
	struct html_text h;
	struct bytes piece;

	buf_clear(text);
	buf_clear(markup);
	html_text_init(&h, text, TEXT_MAX, markup, MARKUP_MAX);
	for (; in.len > 0; in = bytes_from(in, piece.len)) {
		piece = bytes_make(in.data, in.len < step ? in.len : step);
		html_text_feed(&h, piece);
	}
	html_text_finish(&h);
}

static void
text_and_tags_are_split(void **state)
{
	struct buf text = BUF_INIT, markup = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (size_t step = 1; step <= strlen(rows[i].in) + 1; step++) {
			feed(&text, &markup, bytes_of(rows[i].in), step);
			assert_string_equal(buf_cstr(&text), rows[i].text);
			assert_string_equal(buf_cstr(&markup),
			    rows[i].markup);
		}
	buf_free(&text);
	buf_free(&markup);
}

static void
output_is_bounded(void **state)
{
	struct buf text = BUF_INIT, markup = BUF_INIT, in = BUF_INIT;

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_str(&in, "text &amp; <p class=x><b>");
	feed(&text, &markup, buf_view(&in), 100);
	assert_int_equal(text.len, TEXT_MAX);
	assert_int_equal(markup.len, MARKUP_MAX);
	buf_free(&text);
	buf_free(&markup);
	buf_free(&in);
}

static void
a_tag_of_a_megabyte_is_one_tag(void **state)
{
	struct buf text = BUF_INIT, markup = BUF_INIT, in = BUF_INIT;

	(void)state;
	buf_str(&in, "a<b ");
	for (int i = 0; i < 1024 * 1024; i++)
		buf_byte(&in, 'x');
	buf_str(&in, ">c");
	feed(&text, &markup, buf_view(&in), 4096);
	assert_string_equal(buf_cstr(&text), "ac");
	assert_int_equal(markup.len, HTML_TAG_KEPT + 2);
	buf_free(&text);
	buf_free(&markup);
	buf_free(&in);
}

static const struct {
	const char *text;
	bool html;
} likely_rows[] = {
	{ "", false },
	{ "a < b", false },
	{ "<htm", false },
	{ "\r\n<HTML><body>", true },
	{ "<!DOCTYPE html PUBLIC", true },
	{ "<x-html>", true },
	{ "see <http://example.com/>", false },
	{ "<a@b> <Body>", true },
};

static void
html_without_a_type_is_noticed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(likely_rows) / sizeof(*likely_rows); i++)
		assert_int_equal(html_text_is_likely(
		    bytes_of(likely_rows[i].text)), likely_rows[i].html);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_and_tags_are_split),
		cmocka_unit_test(output_is_bounded),
		cmocka_unit_test(a_tag_of_a_megabyte_is_one_tag),
		cmocka_unit_test(html_without_a_type_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
