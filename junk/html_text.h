/*
 * html_text - HTML to the text that a reader sees, and apart from it the tags
 *
 * A filter over bytes in UTF-8, in pieces of any size.  Visible text goes to
 * one buffer with its entities resolved; tags, comments, scripts, style
 * sheets and text that is styled to be invisible go to another.  Tags inside
 * a word leave no gap, so "free<b></b>dom" is one word.
 *
 *	struct html_text h;
 *	struct buf text = BUF_INIT, markup = BUF_INIT;
 *
 *	html_text_init(&h, &text, 16384, &markup, 1500);
 *	... html_text_feed(&h, piece) for each piece ...
 *	html_text_finish(&h);
 *
 * Not a parser of HTML: any bytes are accepted, nothing is nested but
 * the element that hides its text.  Takes linear time and fixed memory; what
 * passes the two limits is dropped.  The buffers stay the caller's.
 */
#ifndef JUNK_HTML_TEXT_H
#define JUNK_HTML_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Of one tag: what is looked at, and what is passed on. */
#define HTML_TAG_MAX		1000
#define HTML_TAG_KEPT		200
#define HTML_ENTITY_MAX		32
#define HTML_NAME_MAX		16

enum html_state {
	HTML_IN_TEXT,
	HTML_AFTER_LESS,	/* after '<' */
	HTML_IN_TAG,
	HTML_IN_QUOTES,		/* of an attribute */
	HTML_IN_COMMENT,
	HTML_IN_ENTITY		/* after '&' */
};

enum html_mode {
	HTML_VISIBLE,
	HTML_HIDDEN,		/* in an element that is not shown */
	HTML_RAW		/* in a script or style: no tags but its end */
};

struct html_text {
	struct buf *text, *markup;	/* borrowed */
	size_t text_max, markup_max;

	enum html_state state;
	char tag[HTML_TAG_MAX];		/* since '<' */
	size_t tag_len;
	char quote;			/* in HTML_IN_QUOTES */
	unsigned dashes;		/* at the end of a comment so far */
	char entity[HTML_ENTITY_MAX];	/* since '&' */
	size_t entity_len;

	enum html_mode mode;
	char element[HTML_NAME_MAX];	/* that set the mode */
	size_t element_len;
	unsigned depth;			/* of elements of that name in it */
	bool hidden_seen;		/* there was invisible text */
};

/*
 * Does a text of another type begin like HTML?  Mail without a usable
 * Content-Type is shown as HTML by some clients if it looks so.
 */
bool html_text_is_likely(struct bytes text);

void html_text_init(struct html_text *h, struct buf *text, size_t text_max,
    struct buf *markup, size_t markup_max);
void html_text_feed(struct html_text *h, struct bytes piece);
/* Ends the text: an unfinished entity is text, an unfinished tag a tag. */
void html_text_finish(struct html_text *h);
/* Is the text as long as it may be? */
bool html_text_is_full(const struct html_text *h);

#endif
