/*
 * log_format - the three formats of a record
 *
 * Values may contain anything that a peer sends.  In text, whatever is not
 * printable ASCII or well-formed UTF-8 is shown as \xNN, so that a value can
 * neither begin a new line nor a new field.
 */
#include <config.h>

#include <inttypes.h>
#include <string.h>
#include <syslog.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/log-private.h"

/* Reserved for the end of a line that was cut. */
#define LINE_RESERVE	32

static void
line_add(struct log_line *l, const char *p, size_t n)
{
	if (l->full || n > sizeof(l->data) - LINE_RESERVE - l->len) {
		l->full = true;
		return;
	}
	memcpy(l->data + l->len, p, n);
	l->len += n;
}

static void
line_str(struct log_line *l, const char *s)
{
	line_add(l, s, strlen(s));
}

/* Writes to the reserved space. */
static void
line_end(struct log_line *l, const char *s)
{
	size_t n = strlen(s);

	if (n <= sizeof(l->data) - l->len) {
		memcpy(l->data + l->len, s, n);
		l->len += n;
	}
}

/*
 * Length of the character at p if it can be shown as it is: printable ASCII, or
 * well-formed UTF-8 above U+009F (C1 controls affect terminals).  Otherwise 0.
 */
static size_t
shown_len(const unsigned char *p, size_t n)
{
	size_t len;

	if (p[0] < 0x80)
		return p[0] >= 0x20 && p[0] < 0x7f;
	len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (len > n || !utf8_is_valid(bytes_make(p, len)))
		return 0;
	return p[0] == 0xc2 && p[1] < 0xa0 ? 0 : len;
}

static void
escape_byte(struct log_line *l, unsigned char c, bool json)
{
	char text[8];

	if (c == '\n' || c == '\r' || c == '\t')
		(void)snprintf(text, sizeof(text), "\\%c",
		    c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
	else
		(void)snprintf(text, sizeof(text),
		    json ? "\\u%04x" : "\\x%02x", c);
	line_str(l, text);
}

/* The inside of a quoted string in JSON or text, which differ in \xNN. */
static void
line_quoted(struct log_line *l, struct bytes b, bool json)
{
	const unsigned char *p = (const unsigned char *)b.data;
	bool cut = b.len > LOG_VALUE_MAX;
	size_t end = cut ? LOG_VALUE_MAX : b.len, n;

	line_str(l, "\"");
	for (size_t i = 0; i < end; i += n == 0 ? 1 : n) {
		n = shown_len(p + i, b.len - i);
		if (n == 1 && (p[i] == '"' || p[i] == '\\'))
			line_str(l, "\\");
		if (n > 0)
			line_add(l, b.data + i, n);
		else
			escape_byte(l, p[i], json);
	}
	line_str(l, cut ? "...\"" : "\"");
}

static bool
needs_quotes(struct bytes b)
{
	char c;

	if (b.len == 0 || b.len > LOG_VALUE_MAX)
		return true;
	for (size_t i = 0; i < b.len; i++) {
		c = b.data[i];
		if (c <= ' ' || c >= 0x7f || c == '"' || c == '=' || c == '\\')
			return true;
	}
	return false;
}

/* Formats numbers and booleans.  Returns false if it is neither. */
static bool
format_plain(const struct log_kv *kv, char *out, size_t size)
{
	switch (kv->type) {
	case LOG_KV_INT:
		(void)snprintf(out, size, "%" PRId64, kv->v.i);
		return true;
	case LOG_KV_UINT:
		(void)snprintf(out, size, "%" PRIu64, kv->v.u);
		return true;
	case LOG_KV_HEX:
		(void)snprintf(out, size, "%016" PRIx64, kv->v.u);
		return true;
	case LOG_KV_BOOL:
		(void)snprintf(out, size, "%s", kv->v.b ? "true" : "false");
		return true;
	default:
		return false;
	}
}

/* Adds the value, in quotes if necessary. */
static void
line_value(struct log_line *l, const struct log_kv *kv)
{
	char plain[24];

	if (format_plain(kv, plain, sizeof(plain)))
		line_str(l, plain);
	else if (needs_quotes(kv->v.bytes))
		line_quoted(l, kv->v.bytes, false);
	else
		line_add(l, kv->v.bytes.data, kv->v.bytes.len);
}

static void
text_field(struct log_line *l, const struct log_kv *kv)
{
	size_t start = l->len;

	if (kv->type == LOG_KV_NONE)
		return;
	if (l->len > 0)
		line_str(l, " ");
	line_str(l, kv->key);
	line_str(l, "=");
	line_value(l, kv);
	if (l->full)
		l->len = start;		/* a field is complete or missing */
}

static void
json_field(struct log_line *l, const struct log_kv *kv)
{
	char plain[24];
	size_t start = l->len;

	if (kv->type == LOG_KV_NONE)
		return;
	line_str(l, l->len > 1 ? ",\"" : "\"");
	line_str(l, kv->key);
	line_str(l, "\":");
	if (!format_plain(kv, plain, sizeof(plain)))
		line_quoted(l, kv->v.bytes, true);
	else if (kv->type == LOG_KV_HEX)
		line_quoted(l, bytes_of(plain), true);
	else
		line_str(l, plain);
	if (l->full)
		l->len = start;
}

/*
 * Field "a-b" becomes POSTERN_A_B.  Values are quoted as in text, because a
 * newline in a value would require journald's binary form.
 */
static void
journal_field(struct log_line *l, const struct log_kv *kv)
{
	char name[40];
	size_t start = l->len, i;

	if (kv->type == LOG_KV_NONE)
		return;
	for (i = 0; i < sizeof(name) - 1 && kv->key[i] != '\0'; i++)
		name[i] = kv->key[i] == '-' ? '_' :
		    (char)(kv->key[i] >= 'a' && kv->key[i] <= 'z' ?
		    kv->key[i] - 32 : kv->key[i]);
	name[i] = '\0';
	line_str(l, "POSTERN_");
	line_str(l, name);
	line_str(l, "=");
	line_value(l, kv);
	line_str(l, "\n");
	if (l->full)
		l->len = start;
}

/* The message, the cid, the fields of the context, then those of the event. */
static void
each_field(struct log_line *l, const struct log_record *r,
    void (*emit)(struct log_line *, const struct log_kv *))
{
	char text[24];
	const struct log_kv *kv;
	struct log_kv cid;

	emit(l, &r->kv[0]);
	if (r->log != NULL && r->log->cid != 0) {
		(void)snprintf(text, sizeof(text), "%" PRIx64, r->log->cid);
		cid = KV_STR("cid", text);
		emit(l, &cid);
	}
	if (r->log != NULL && r->log->fields != NULL)
		for (kv = r->log->fields; kv->type != LOG_KV_END; kv++)
			emit(l, kv);
	for (kv = r->kv + 1; kv->type != LOG_KV_END; kv++)
		emit(l, kv);
}

static void
head_fields(struct log_line *l, const struct log_record *r,
    void (*emit)(struct log_line *, const struct log_kv *))
{
	char stamp[CLOCK_STAMP_SIZE];
	const struct log_kv head[] = {
		KV_STR("time", clock_stamp(r->wall_ms, stamp)),
		KV_STR("level", log_level_name(r->level)),
		KV_STR("program", r->program),
	};

	for (size_t i = 0; i < sizeof(head) / sizeof(*head); i++)
		emit(l, &head[i]);
}

void
log_format_text(struct log_line *l, const struct log_record *r, bool with_head)
{
	l->len = 0;
	l->full = false;
	if (with_head)
		head_fields(l, r, text_field);
	each_field(l, r, text_field);
	if (l->full)
		line_end(l, " cut=true");
}

void
log_format_json(struct log_line *l, const struct log_record *r)
{
	l->len = 0;
	l->full = false;
	line_str(l, "{");
	head_fields(l, r, json_field);
	each_field(l, r, json_field);
	line_end(l, l->full ? ",\"cut\":true}" : "}");
}

int
log_priority(enum log_level level)
{
	static const int priorities[] = {
		LOG_CRIT, LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG,
		LOG_DEBUG, LOG_DEBUG, LOG_DEBUG
	};

	return priorities[level];
}

void
log_format_journal(struct log_line *l, const struct log_record *r)
{
	struct log_line text;
	char head[200];

	/* Half the space for the line that people read, half for the fields. */
	log_format_text(&text, r, false);
	if (text.len > LOG_LINE_MAX / 2)
		text.len = LOG_LINE_MAX / 2;
	l->len = 0;
	l->full = false;
	(void)snprintf(head, sizeof(head),
	    "PRIORITY=%d\nSYSLOG_IDENTIFIER=%s\nPOSTERN_LEVEL=%s\nMESSAGE=",
	    log_priority(r->level), r->program, log_level_name(r->level));
	line_str(l, head);
	line_add(l, text.data, text.len);
	line_str(l, "\n");
	each_field(l, r, journal_field);
}
