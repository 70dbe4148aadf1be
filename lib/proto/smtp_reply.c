/* smtp_reply - writes and reads replies of SMTP and LMTP. */
#include <config.h>

#include <string.h>

#include "base/encode.h"
#include "proto/smtp_reply.h"

/* Returns how much of text fits into max bytes, up to \n or a space. */
static size_t
piece_len(const char *text, size_t max)
{
	size_t n = strcspn(text, "\n"), cut;

	if (n <= max)
		return n;
	for (cut = max; cut > max / 2; cut--)
		if (text[cut] == ' ')
			return cut;
	return max;
}

void
smtp_reply(struct buf *out, int code, const char *enhanced, const char *text)
{
	size_t head = enhanced == NULL ? 4 : 5 + strlen(enhanced), n, next;
	bool more;
	char c;

	do {
		n = piece_len(text, SMTP_REPLY_LINE_MAX - 2 - head);
		next = n + (text[n] == '\n' || text[n] == ' ');
		more = text[next] != '\0';
		buf_printf(out, "%03d%c", code, more ? '-' : ' ');
		if (enhanced != NULL)
			buf_printf(out, "%s ", enhanced);
		for (size_t i = 0; i < n; i++) {
			c = text[i];
			buf_byte(out, c >= ' ' && c <= '~' ? c : '?');
		}
		buf_str(out, "\r\n");
		text += next;
	} while (more);
}

void
smtp_replyf(struct buf *out, int code, const char *enhanced, const char *fmt,
    ...)
{
	struct buf text = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	smtp_reply(out, code, enhanced, buf_cstr(&text));
	buf_free(&text);
}

/* ---- reading --------------------------------------------------------- */

void
smtp_reply_reader_init(struct smtp_reply_reader *r)
{
	memset(r, 0, sizeof(*r));
	r->lines.max = SMTP_REPLY_TAKE_MAX;
	r->lines.ending = LINE_ANY;
}

void
smtp_reply_reader_free(struct smtp_reply_reader *r)
{
	buf_free(&r->text);
}

/* Returns the length of an enhanced status code of the code's class at the
   start of text, or 0. */
static size_t
enhanced_len(struct bytes text, int code)
{
	size_t i = 0, start;

	for (int part = 0; part < 3; part++) {
		if (part > 0 && (i >= text.len || text.data[i++] != '.'))
			return 0;
		start = i;
		while (i < text.len && text.data[i] >= '0' &&
		    text.data[i] <= '9')
			i++;
		if (i == start || i - start > (part == 0 ? 1 : 3))
			return 0;
	}
	return text.data[0] == '0' + code / 100 &&
	    (i == text.len || text.data[i] == ' ') ? i : 0;
}

static void
text_take(struct smtp_reply_reader *r, struct bytes text)
{
	size_t n = enhanced_len(text, r->code);

	if (r->nlines == 0) {
		memcpy(r->enhanced, text.data, n);
		r->enhanced[n] = '\0';
	} else {
		buf_byte(&r->text, '\n');
	}
	if (n > 0 && bytes_eq_str(bytes_make(text.data, n), r->enhanced))
		text = bytes_trim(bytes_from(text, n));
	buf_bytes(&r->text, text);
	r->nlines++;
}

/* Returns 1 if it is the last line, 0 if more follow, -1 on error. */
static int
line_take(struct smtp_reply_reader *r, struct bytes line, struct err *err)
{
	uint64_t code;
	bool more;

	if (line.len < 3 ||
	    decimal_parse(bytes_make(line.data, 3), 599, &code) == -1 ||
	    code < 200 ||
	    (line.len > 3 && line.data[3] != ' ' && line.data[3] != '-'))
		return err_set(err, ERR_SYNTAX,
		    "expected a reply with a code of 3 digits");
	if (r->nlines > 0 && (int)code != r->code)
		return err_set(err, ERR_SYNTAX,
		    "code %d within a reply that began with %d", (int)code,
		    r->code);
	if (r->nlines == SMTP_REPLY_LINES_MAX)
		return err_set(err, ERR_SYNTAX,
		    "more than %d lines in a reply", SMTP_REPLY_LINES_MAX);
	r->code = (int)code;
	more = line.len > 3 && line.data[3] == '-';
	text_take(r, bytes_from(line, 4));
	return more ? 0 : 1;
}

int
smtp_reply_read(struct smtp_reply_reader *r, struct bytes in, size_t *used,
    struct arena *arena, struct smtp_reply *out, struct err *err)
{
	struct bytes line;
	size_t n;
	int rc;

	*used = 0;
	do {
		rc = line_next(&r->lines, bytes_from(in, *used), &line, &n,
		    err);
		*used += n;
		if (rc != 1)
			return rc;
	} while ((rc = line_take(r, line, err)) == 0);
	if (rc == -1)
		return -1;
	out->code = r->code;
	memcpy(out->enhanced, r->enhanced, sizeof(out->enhanced));
	out->text = arena_memdup(arena, r->text.data, r->text.len);
	out->nlines = r->nlines;
	buf_clear(&r->text);
	r->nlines = 0;
	return 1;
}
