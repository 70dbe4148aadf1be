/* Messages, generated from their number alone. */
#include <config.h>

#include "bench/mail.h"

#define LINE_WORDS	11

static const char *const words[] = {
	"about", "account", "answer", "before", "branch", "called", "change",
	"cloud", "column", "common", "corner", "country", "different", "down",
	"early", "evening", "family", "father", "field", "figure", "follow",
	"garden", "ground", "harbour", "house", "island", "kitchen", "letter",
	"light", "machine", "market", "meeting", "minute", "morning",
	"mother", "mountain", "number", "office", "order", "paper", "people",
	"picture", "place", "point", "question", "reply", "river", "round",
	"school", "second", "sentence", "several", "ship", "station",
	"street", "summer", "table", "thought", "through", "travel",
	"Wednesday", "weather", "window", "winter"
};
#define WORDS	(sizeof(words) / sizeof(*words))

/* The next pseudo-random number (xorshift). */
static uint32_t
next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static uint32_t
state_of(unsigned n)
{
	return n * 2654435761u | 1;
}

/* Makes lines of words, about size bytes. */
static void
text_lines(struct buf *out, unsigned n, size_t size)
{
	uint32_t state = state_of(n);
	size_t end = out->len + size;

	if (n % NEEDLE_EVERY == 0)
		buf_str(out, "The " NEEDLE " of it.\r\n");
	while (out->len < end) {
		for (unsigned i = 0; i < LINE_WORDS; i++) {
			buf_str(out, words[next(&state) % WORDS]);
			buf_byte(out, ' ');
		}
		buf_str(out, "\r\n");
	}
}

static void
text_base64(struct buf *out, unsigned n, size_t size)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t state = state_of(n);
	size_t end = out->len + size;

	while (out->len < end) {
		for (unsigned i = 0; i < 76; i++)
			buf_byte(out, digits[next(&state) >> 8 & 63]);
		buf_str(out, "\r\n");
	}
}

void
text_header(struct buf *out, unsigned n, const char *type)
{
	uint32_t state = state_of(n);

	buf_printf(out, "Received: from relay%u.example.org "
	    "(relay%u.example.org [192.0.2.%u])\r\n"
	    "\tby mx.example.net (Postfix) with ESMTPS id %08X\r\n"
	    "\tfor <reader@example.net>; Mon, 2 Nov 2026 10:%02u:%02u "
	    "+0100\r\n", n % 7, n % 7, n % 200 + 1, state, n / 60 % 60,
	    n % 60);
	buf_printf(out, "Date: Mon, 2 Nov 2026 10:%02u:%02u +0100\r\n"
	    "From: \"%s %s\" <sender%u@example.org>\r\n"
	    "To: Reader <reader@example.net>, other%u@example.com\r\n",
	    n / 60 % 60, n % 60, words[next(&state) % WORDS],
	    words[next(&state) % WORDS], n % 50, n % 90);
	buf_printf(out, "Subject: %s%s %s of the %s, %u\r\n"
	    "Message-ID: <%u.%08x@example.org>\r\n"
	    "User-Agent: bench\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: %s\r\n\r\n",
	    n % NEEDLE_EVERY == 0 ? NEEDLE " " : "",
	    words[next(&state) % WORDS], words[next(&state) % WORDS],
	    words[next(&state) % WORDS], n, n, state, type);
}

static void
part(struct buf *out, const char *type)
{
	buf_printf(out, "\r\n--=_b\r\nContent-Type: %s\r\n", type);
}

void
text_message(struct buf *out, unsigned n, size_t size)
{
	if (n % 10 < 7) {
		text_header(out, n, "text/plain; charset=utf-8");
		text_lines(out, n, size);
		return;
	}
	text_header(out, n, n % 10 < 9 ?
	    "multipart/alternative; boundary=\"=_b\"" :
	    "multipart/mixed; boundary=\"=_b\"");
	part(out, "text/plain; charset=utf-8\r\n");
	text_lines(out, n, size / 3);
	if (n % 10 < 9) {
		part(out, "text/html; charset=utf-8\r\n");
		buf_str(out, "<html><body><p>\r\n");
		text_lines(out, n, size / 3 * 2);
		buf_str(out, "</p></body></html>\r\n");
	} else {
		part(out, "application/pdf; name=\"paper.pdf\"\r\n"
		    "Content-Disposition: attachment; "
		    "filename=\"paper.pdf\"\r\n"
		    "Content-Transfer-Encoding: base64\r\n");
		text_base64(out, n, size / 3 * 2);
	}
	buf_str(out, "\r\n--=_b--\r\n");
}
