/* dot - removes the dots from the text of DATA, or adds them. */
#include <config.h>

#include <string.h>

#include "proto/dot.h"

/* Appends the text before the next CR.  Not for the states after a dot. */
static size_t
text_run(struct dot *d, struct bytes in, struct buf *out)
{
	const char *cr = memchr(in.data, '\r', in.len);
	size_t n = cr == NULL ? in.len : (size_t)(cr - in.data);

	if (!d->bare_lf && memchr(in.data, '\n', n) != NULL)
		d->bare_lf = true;
	buf_add(out, in.data, n);
	return n;
}

/* Handles one byte that changes the state. */
static void
byte_feed(struct dot *d, char ch, struct buf *out)
{
	bool behind_cr = d->state == DOT_CR || d->state == DOT_DOT_CR;

	if (d->state == DOT_LINE && ch == '.') {
		d->state = DOT_DOT;
		return;
	}
	if (d->state == DOT_DOT && ch == '\r') {
		d->state = DOT_DOT_CR;
		return;
	}
	if (d->state == DOT_DOT_CR) {
		if (ch == '\n') {
			d->state = DOT_END;
			return;
		}
		buf_byte(out, '\r');	/* it was text; the dot was not */
	}
	if (behind_cr && ch != '\n')
		d->bare_cr = true;
	if (!behind_cr && ch == '\n')
		d->bare_lf = true;
	buf_byte(out, ch);
	d->state = ch == '\r' ? DOT_CR :
	    behind_cr && ch == '\n' ? DOT_LINE : DOT_TEXT;
}

int
dot_feed(struct dot *d, struct bytes in, size_t *used, struct buf *out)
{
	size_t i = 0;

	while (i < in.len && d->state != DOT_END) {
		if (d->state == DOT_TEXT)
			i += text_run(d, bytes_from(in, i), out);
		if (i < in.len)
			byte_feed(d, in.data[i++], out);
	}
	*used = i;
	return d->state == DOT_END;
}

void
dot_stuff(struct dot *d, struct bytes in, struct buf *out)
{
	char ch;

	for (size_t i = 0; i < in.len; i++) {
		if (d->state == DOT_TEXT)
			i += text_run(d, bytes_from(in, i), out);
		if (i == in.len)
			break;
		ch = in.data[i];
		if (d->state == DOT_LINE && ch == '.')
			buf_byte(out, '.');
		buf_byte(out, ch);
		d->state = ch == '\r' ? DOT_CR :
		    ch == '\n' && d->state == DOT_CR ? DOT_LINE : DOT_TEXT;
	}
}

void
dot_stuff_end(struct dot *d, struct buf *out)
{
	if (d->state != DOT_LINE)
		buf_str(out, "\r\n");
	buf_str(out, ".\r\n");
	d->state = DOT_END;
}
