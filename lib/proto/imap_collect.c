/* imap_collect - finds the end of an IMAP command with its literals. */
#include <config.h>

#include <assert.h>
#include <string.h>

#include "proto/imap_collect.h"
#include "proto/imap_parse.h"

enum state {
	IN_LINE,
	IN_LITERAL,	/* left bytes remain, then the next line; at CONTINUE
			   the caller may still refuse the literal */
	AT_STREAM,	/* the caller must read or refuse the literal */
	DISCARDING,
	OVER		/* complete, or nothing left to discard */
};

/* How much of "{n+}" CRLF comes right before the cursor. */
enum tail {
	TEXT, BRACE, NUMBER, PLUS, CLOSED, TEXT_CR, CLOSED_CR
};

enum event {
	EV_NONE, EV_LINE, EV_LITERAL, EV_BARE_CR, EV_BARE_LF, EV_NUL
};

void
imap_collect_begin(struct imap_collect *c,
    const struct imap_collect_limits *limits, enum imap_collect_mode mode)
{
	memset(c, 0, sizeof(*c));
	c->limits = limits;
	c->mode = (uint8_t)mode;
	c->state = IN_LINE;
	c->tail = TEXT;
}

static void
tail_digit(struct imap_collect *c, char ch)
{
	if (c->tail_size > (UINT64_MAX - 9) / 10)
		c->tail_size = UINT64_MAX;	/* too large anyway */
	else
		c->tail_size = c->tail_size * 10 + (uint64_t)(ch - '0');
	c->tail = NUMBER;
}

/* Handles any byte but CR, LF and NUL. */
static void
tail_text(struct imap_collect *c, char ch)
{
	bool digits = c->tail == BRACE || c->tail == NUMBER;

	if (ch == '{') {
		c->tail = BRACE;
		c->tail_size = 0;
		c->tail_sync = true;
		c->brace = c->pos;
	} else if (digits && ch >= '0' && ch <= '9') {
		tail_digit(c, ch);
	} else if (c->tail == NUMBER && ch == '+') {
		c->tail = PLUS;
		c->tail_sync = false;
	} else if ((c->tail == NUMBER || c->tail == PLUS) && ch == '}') {
		c->tail = CLOSED;
	} else {
		c->tail = TEXT;
	}
}

/* Handles the byte at pos, without advancing pos. */
static enum event
tail_step(struct imap_collect *c, char ch)
{
	uint8_t was = c->tail;

	if (was == TEXT_CR || was == CLOSED_CR) {
		c->tail = TEXT;
		if (ch != '\n')
			return EV_BARE_CR;
		return was == CLOSED_CR && c->mode == IMAP_COLLECT_COMMAND ?
		    EV_LITERAL : EV_LINE;
	}
	if (ch == '\r') {
		c->tail = was == CLOSED ? CLOSED_CR : TEXT_CR;
		return EV_NONE;
	}
	if (ch == '\n')
		return EV_BARE_LF;
	if (ch == '\0') {
		c->tail = TEXT;
		return EV_NUL;
	}
	tail_text(c, ch);
	return EV_NONE;
}

struct bytes
imap_tag_of(struct bytes in)
{
	static const char special[] = "(){%*\"\\+ ";
	size_t i;

	for (i = 0; i < in.len && i <= IMAP_TAG_MAX; i++)
		if (in.data[i] <= ' ' || in.data[i] == 0x7f ||
		    strchr(special, in.data[i]) != NULL)
			break;
	if (i > IMAP_TAG_MAX || i == in.len || (in.data[i] != ' ' &&
	    in.data[i] != '\r' && in.data[i] != '\n'))
		i = 0;
	return bytes_make(in.data, i);
}

/* Returns the offset of the arguments of APPEND; 0 for other commands. */
static size_t
append_args(struct bytes in)
{
	static const char name[] = " APPEND ";
	size_t tag = imap_tag_of(in).len, len = sizeof(name) - 1;

	if (tag == 0 || in.len - tag < len ||
	    !bytes_ieq_str(bytes_make(in.data + tag, len), name))
		return 0;
	return tag + len;
}

/* Is the literal a message of APPEND, rather than its mailbox name? */
static bool
is_message(const struct imap_collect *c, struct bytes in)
{
	size_t args;

	if (c->streaming)
		return true;
	args = append_args(in);
	return args != 0 && c->brace != args;
}

static enum imap_collect_result
collect_error(struct imap_collect *c, struct err *err, const char *text)
{
	c->state = DISCARDING;
	(void)err_set(err, ERR_SYNTAX, "%s at byte %zu", text, c->pos);
	return IMAP_COLLECT_ERROR;
}

/* If the client waits for "+ ", the command ends here; else data follows. */
static bool
literal_refuse(struct imap_collect *c, uint64_t size, bool sync)
{
	if (sync) {
		c->state = OVER;
		return true;
	}
	c->state = DISCARDING;
	c->left = size;
	return size <= c->limits->discard_max;
}

static enum imap_collect_result
literal_error(struct imap_collect *c, uint64_t max, struct err *err)
{
	c->fatal = !literal_refuse(c, c->tail_size, c->tail_sync);
	(void)err_code(err, ERR_REFUSED, ERR_CODE_TOO_LARGE,
	    "literal larger than %llu bytes", (unsigned long long)max);
	return IMAP_COLLECT_ERROR;
}

/* Called right after "{n}" CRLF.  MORE means that the scan can continue. */
static enum imap_collect_result
literal_begin(struct imap_collect *c, struct bytes in, struct err *err)
{
	const struct imap_collect_limits *l = c->limits;
	size_t room = l->command_max > c->pos ? l->command_max - c->pos : 0;

	if (is_message(c, in) && c->tail_size >= l->stream_min) {
		if (c->tail_size > l->stream_max)
			return literal_error(c, l->stream_max, err);
		c->state = AT_STREAM;
		c->len = c->pos;
		c->literal_size = c->tail_size;
		c->literal_sync = c->tail_sync;
		return IMAP_COLLECT_STREAM;
	}
	if (c->tail_size > l->literal_max)
		return literal_error(c, l->literal_max, err);
	if (c->tail_size > room)
		return literal_error(c, room, err);
	c->state = IN_LITERAL;
	c->left = c->tail_size;
	return c->tail_sync ? IMAP_COLLECT_CONTINUE : IMAP_COLLECT_MORE;
}

/*
 * A bare LF ended a line that is being refused.  After "{n+}" we cannot know
 * whether the literal or the client's next command follows.
 */
static void
line_over(struct imap_collect *c)
{
	c->state = OVER;
	c->fatal = c->tail == CLOSED && !c->tail_sync;
}

static enum imap_collect_result
line_event(struct imap_collect *c, enum event ev, struct bytes in,
    struct err *err)
{
	switch (ev) {
	case EV_LINE:
		c->state = OVER;
		c->len = c->pos;
		return IMAP_COLLECT_COMPLETE;
	case EV_LITERAL:
		return literal_begin(c, in, err);
	case EV_BARE_CR:
		return collect_error(c, err,
		    "carriage return without line feed");
	case EV_NUL:
		return collect_error(c, err, "NUL");
	case EV_BARE_LF:
		(void)collect_error(c, err,
		    "line feed without carriage return");
		line_over(c);
		return IMAP_COLLECT_ERROR;
	default:
		return IMAP_COLLECT_MORE;
	}
}

static enum imap_collect_result
length_error(struct imap_collect *c, const char *what, size_t max,
    struct err *err)
{
	c->state = DISCARDING;
	(void)err_code(err, ERR_SYNTAX, ERR_CODE_LIMIT,
	    "%s longer than %zu bytes", what, max);
	return IMAP_COLLECT_ERROR;
}

/* Scans up to the next event or to the end of the input. */
static enum imap_collect_result
line_scan(struct imap_collect *c, struct bytes in, struct err *err)
{
	const struct imap_collect_limits *l = c->limits;
	enum event ev;

	while (c->pos < in.len) {
		if (c->pos - c->line >= l->line_max)
			return length_error(c, "line", l->line_max, err);
		if (c->pos >= l->command_max)
			return length_error(c, "command", l->command_max, err);
		ev = tail_step(c, in.data[c->pos]);
		c->pos++;
		if (ev != EV_NONE)
			return line_event(c, ev, in, err);
	}
	return IMAP_COLLECT_MORE;
}

enum imap_collect_result
imap_collect(struct imap_collect *c, struct bytes in, struct err *err)
{
	enum imap_collect_result r;

	for (;;) {
		if (c->state == IN_LITERAL) {
			if (in.len - c->pos < c->left)
				return IMAP_COLLECT_MORE;
			c->pos += (size_t)c->left;
			c->line = c->pos;
			c->left = 0;
			c->state = IN_LINE;
		}
		assert(c->state == IN_LINE);
		r = line_scan(c, in, err);
		if (r != IMAP_COLLECT_MORE || c->state != IN_LITERAL)
			return r;
	}
}

void
imap_collect_taken(struct imap_collect *c)
{
	assert(c->state == AT_STREAM);
	c->state = IN_LINE;
	c->streaming = true;
	c->pos = c->line = 0;
}

bool
imap_collect_refuse(struct imap_collect *c)
{
	assert(c->state == AT_STREAM || c->state == IN_LITERAL);
	return literal_refuse(c, c->tail_size, c->tail_sync);
}

/* Handles one byte of a line of a refused command. */
static void
discard_byte(struct imap_collect *c, char ch)
{
	switch (tail_step(c, ch)) {
	case EV_LITERAL:
		(void)literal_refuse(c, c->tail_size, c->tail_sync);
		break;
	case EV_LINE:
		c->state = OVER;
		break;
	case EV_BARE_LF:
		line_over(c);
		break;
	default:
		break;
	}
}

int
imap_collect_discard(struct imap_collect *c, struct bytes in, size_t *drop)
{
	size_t n;

	while (c->state == DISCARDING && c->pos < in.len) {
		if (c->left > 0) {
			n = in.len - c->pos;
			n = n < c->left ? n : (size_t)c->left;
			c->left -= n;
			c->pos += n;
		} else {
			discard_byte(c, in.data[c->pos]);
			c->pos++;
		}
	}
	*drop = c->pos;
	c->discarded += c->pos;
	c->pos = 0;
	if (c->fatal || c->left > c->limits->discard_max ||
	    c->discarded + c->left > c->limits->discard_max)
		return -1;
	return c->state == OVER;
}
