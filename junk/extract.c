/* extract - which bytes of a message become features, and in which group. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "mail/decode.h"
#include "mail/header.h"
#include "mail/message.h"
#include "mail/word.h"
#include "junk/extract.h"
#include "junk/html_text.h"
#include "junk/text_fold.h"
#include "junk/token.h"

/* Input of the decoder is cut into such blocks. */
#define BLOCK	4096

/* Functions of keyed_hash_gram(): one for each kind of header field. */
enum gram_kind {
	KIND_SUBJECT,
	KIND_SENDER,
	KIND_TRACE,
	KIND_RECIPIENT,
	KIND_OTHER,
	KINDS,
	KIND_TEXT = KINDS,
	KIND_MARKUP
};

static const size_t kind_max[KINDS] = { 600, 600, 1200, 600, 1200 };

static const struct {
	struct bytes name;
	enum gram_kind kind;
} kinds[] = {
	{ BYTES("subject"), KIND_SUBJECT },
	{ BYTES("from"), KIND_SENDER },
	{ BYTES("reply-to"), KIND_SENDER },
	{ BYTES("return-path"), KIND_SENDER },
	{ BYTES("sender"), KIND_SENDER },
	{ BYTES("received"), KIND_TRACE },
	{ BYTES("message-id"), KIND_TRACE },
	{ BYTES("to"), KIND_RECIPIENT },
	{ BYTES("cc"), KIND_RECIPIENT },
	{ BYTES("delivered-to"), KIND_RECIPIENT },
};

/*
 * Fields that filters, mailbox files and mail programs add after the sender,
 * by the beginning of their name.
 */
static const struct bytes ignored_names[] = {
	BYTES("x-spam"), BYTES("x-junk"), BYTES("status"), BYTES("x-status"),
	BYTES("x-mozilla-status"), BYTES("x-mozilla-keys"),
	BYTES("x-keywords"), BYTES("x-uid"), BYTES("x-imap"),
	BYTES("x-evolution"), BYTES("postern-"), BYTES("x-bogosity"),
	BYTES("x-dspam"), BYTES("x-rspamd"), BYTES("x-crm114"),
	BYTES("x-spamprobe"), BYTES("x-antispam"), BYTES("x-barracuda"),
	BYTES("x-ms-exchange-organization"), BYTES("x-forefront-antispam"),
	BYTES("x-microsoft-antispam"), BYTES("x-ham"), BYTES("x-rspam"),
	BYTES("x-gmail-labels"), BYTES("x-gm-"), BYTES("x-proofpoint-spam"),
	BYTES("x-ovh-spam"), BYTES("x-vr-spam"), BYTES("content-length"),
	BYTES("lines"),
};

struct extract {
	struct keyed_hash hash;
	uint32_t type_context;		/* of words about a part */
	struct arena arena;		/* own: of one message */
	struct buf plain;		/* own: decoded bytes of a part */
	struct buf text, markup;	/* own: of one part */
	struct buf folded;		/* own */

	struct features *f;		/* borrowed: while extracting */
	size_t header_words, body_words; /* so far */
	size_t text_len;		/* of all parts so far */
	size_t kind_len[KINDS];		/* bytes of each kind so far */
	size_t text_grams, markup_len;	/* bytes so far */
};

/* Both begin with a letter; most names differ in the third one. */
static bool
has_prefix(struct bytes name, struct bytes prefix)
{
	return name.len >= prefix.len &&
	    ((name.data[2] ^ prefix.data[2]) & ~0x20) == 0 &&
	    bytes_ieq(bytes_make(name.data, prefix.len), prefix);
}

static bool
is_ignored(struct bytes name)
{
	for (size_t i = 0; i < sizeof(ignored_names) / sizeof(*ignored_names);
	    i++)
		if (has_prefix(name, ignored_names[i]))
			return true;
	return false;
}

static enum gram_kind
kind_of(struct bytes name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (name.len == kinds[i].name.len &&
		    bytes_ieq(name, kinds[i].name))
			return kinds[i].kind;
	return KIND_OTHER;
}

/* ---- header ----------------------------------------------------------- */

/* Is it only ASCII, without encoded words? */
static bool
is_plain(struct bytes value)
{
	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.data[i] >= 0x80 ||
		    (value.data[i] == '=' && i + 1 < value.len &&
		    value.data[i + 1] == '?'))
			return false;
	return true;
}

/*
 * Makes "name: value" on one line, decoded and folded, in x->folded.  Returns
 * the length of the name.
 */
static size_t
field_fold(struct extract *x, const struct header_field *f)
{
	struct bytes value = bytes_trim(f->value);
	size_t name_len;

	if (value.len > EXTRACT_VALUE_MAX)
		value.len = EXTRACT_VALUE_MAX;
	buf_clear(&x->folded);
	text_fold(&x->folded, f->name);
	name_len = x->folded.len;
	buf_str(&x->folded, ": ");
	if (is_plain(value)) {
		text_fold(&x->folded, value);
		return name_len;
	}
	buf_clear(&x->plain);
	word_decode(&x->plain, value);
	text_fold(&x->folded, buf_view(&x->plain));
	return name_len;
}

/* The next bytes of a window of max bytes; *used counts them. */
static struct bytes
window_take(struct bytes b, size_t *used, size_t max)
{
	if (b.len > max - *used)
		b.len = max - *used;
	*used += b.len;
	return b;
}

static size_t
body_words_left(const struct extract *x)
{
	return EXTRACT_WORDS_MAX - x->header_words - x->body_words;
}

/* Words and 4-grams of folded text that the reader sees. */
static void
seen_text_extract(struct extract *x, struct bytes text)
{
	struct token_context at = { FEATURE_BODY_WORDS, 0, BYTES(""), true };

	x->body_words += token_words(x->f, &x->hash, &at, text,
	    body_words_left(x));
	token_grams(x->f, &x->hash, FEATURE_TEXT_GRAMS, KIND_TEXT,
	    window_take(text, &x->text_grams, EXTRACT_TEXT_GRAMS));
}

static void
field_words(struct extract *x, struct bytes name, struct bytes value)
{
	struct token_context at = {
		FEATURE_HEADER_WORDS, 0, BYTES(""), true
	};

	at.name = name;
	at.hash = keyed_hash_word(&x->hash, name.data, name.len);
	x->header_words += token_words(x->f, &x->hash, &at, value,
	    EXTRACT_HEADER_WORDS - x->header_words);
}

/* A subject counts as text, too: what is learned from one is known of both. */
static void
field_extract(struct extract *x, const struct header_field *f)
{
	enum gram_kind kind = kind_of(f->name);
	struct bytes line, value;
	size_t name_len;

	if (x->header_words >= EXTRACT_HEADER_WORDS &&
	    x->kind_len[kind] >= kind_max[kind])
		return;
	name_len = field_fold(x, f);
	line = buf_view(&x->folded);
	value = bytes_from(line, name_len + 2);
	token_grams(x->f, &x->hash, FEATURE_HEADER_GRAMS, kind,
	    window_take(line, &x->kind_len[kind], kind_max[kind]));
	field_words(x, bytes_make(line.data, name_len), value);
	if (kind == KIND_SUBJECT)
		seen_text_extract(x, value);
}

static void
header_extract(struct extract *x, struct bytes header)
{
	struct header_iter it = header_iter_of(header);
	struct header_field f;

	while (header_next(&it, &f))
		if (f.name.len > 0 && f.name.len <= EXTRACT_VALUE_MAX &&
		    !is_ignored(f.name))
			field_extract(x, &f);
}

/* ---- body ------------------------------------------------------------- */

static void
text_extract(struct extract *x)
{
	x->text_len += x->text.len;
	buf_clear(&x->folded);
	text_fold(&x->folded, buf_view(&x->text));
	seen_text_extract(x, buf_view(&x->folded));
}

static void
markup_extract(struct extract *x)
{
	struct token_context at = { FEATURE_MARKUP, 0, BYTES("<>"), false };

	buf_clear(&x->folded);
	text_fold(&x->folded, buf_view(&x->markup));
	token_grams(x->f, &x->hash, FEATURE_MARKUP, KIND_MARKUP,
	    buf_view(&x->folded));
	(void)token_words(x->f, &x->hash, &at, buf_view(&x->folded),
	    EXTRACT_MARKUP_MAX);
	x->markup_len += x->markup.len;
}

/* Words of a type, a name or a parameter's value. */
static void
type_words(struct extract *x, struct bytes text)
{
	struct token_context at = {
		FEATURE_BODY_WORDS, x->type_context, BYTES("part"), true
	};

	if (text.len > HTML_TAG_KEPT)
		text.len = HTML_TAG_KEPT;
	buf_clear(&x->folded);
	text_fold(&x->folded, text);
	x->body_words += token_words(x->f, &x->hash, &at,
	    buf_view(&x->folded), body_words_left(x));
}

static void
params_words(struct extract *x, const struct mail_param *params)
{
	for (; params != NULL; params = params->next) {
		buf_clear(&x->plain);
		buf_bytes(&x->plain, params->name);
		buf_byte(&x->plain, ' ');
		word_decode(&x->plain, params->value);
		type_words(x, buf_view(&x->plain));
	}
}

static void
type_extract(struct extract *x, const struct mail_part *part)
{
	buf_clear(&x->plain);
	buf_bytes(&x->plain, part->type);
	buf_byte(&x->plain, ' ');
	buf_bytes(&x->plain, part->subtype);
	type_words(x, buf_view(&x->plain));
	params_words(x, part->params);
	if (part->disposition.data != NULL)
		type_words(x, part->disposition);
	params_words(x, part->disposition_params);
}

/* Where the bytes of a part go. */
struct part_text {
	bool html;
	struct html_text filter;
	size_t max;		/* of text */
	size_t decoded;		/* bytes so far */
};

static bool
part_is_done(const struct extract *x, const struct part_text *t)
{
	return t->decoded >= EXTRACT_PART_MAX || x->text.len >= t->max;
}

static void
part_take(struct extract *x, struct part_text *t)
{
	struct bytes plain = buf_view(&x->plain);

	t->decoded += plain.len;
	if (t->html) {
		html_text_feed(&t->filter, plain);
	} else {
		if (plain.len > t->max - x->text.len)
			plain.len = t->max - x->text.len;
		buf_bytes(&x->text, plain);
	}
	buf_clear(&x->plain);
}

/* Text in UTF-8 is not converted: bytes that are not UTF-8 may stay. */
static struct bytes
charset_needed(const struct mail_part *part)
{
	struct bytes charset = mail_part_charset(part);

	return bytes_ieq_str(charset, "utf-8") ? bytes_make(NULL, 0) : charset;
}

/* Decodes as much of the body as is needed. */
static void
part_decode(struct extract *x, const struct mail_part *part,
    struct bytes body, struct part_text *t)
{
	struct mail_decoder *d = mail_decoder_new(mail_part_encoding(part),
	    charset_needed(part));
	struct bytes piece;

	buf_clear(&x->plain);
	for (; body.len > 0 && !part_is_done(x, t);
	    body = bytes_from(body, piece.len)) {
		piece = bytes_make(body.data,
		    body.len < BLOCK ? body.len : BLOCK);
		mail_decoder_feed(d, piece, &x->plain);
		part_take(x, t);
	}
	(void)mail_decoder_finish(d, &x->plain);
	if (!part_is_done(x, t))
		part_take(x, t);
	mail_decoder_free(&d);
	if (t->html)
		html_text_finish(&t->filter);
}

static void
part_extract(struct extract *x, const struct mail_part *part,
    struct bytes body)
{
	struct part_text t = {
		.html = mail_part_is(part, "text", "html") ||
		    html_text_is_likely(body),
		.max = EXTRACT_TEXT_MAX - x->text_len
	};

	if (body_words_left(x) == 0 && x->text_grams >= EXTRACT_TEXT_GRAMS)
		return;
	buf_clear(&x->text);
	buf_clear(&x->markup);
	html_text_init(&t.filter, &x->text, t.max, &x->markup,
	    EXTRACT_MARKUP_MAX - x->markup_len);
	part_decode(x, part, body, &t);
	text_extract(x);
	if (t.html)
		markup_extract(x);
}

static void
body_extract(struct extract *x, struct bytes message,
    const struct mail_part *root)
{
	struct bytes body;

	for (const struct mail_part *p = root; p != NULL;
	    p = mail_part_walk(p)) {
		if (p != root)
			type_extract(x, p);
		if (!mail_part_is(p, "text", NULL))
			continue;
		body = bytes_from(message, (size_t)p->body_offset);
		if (body.len > p->body_len)
			body.len = (size_t)p->body_len;
		part_extract(x, p, body);
	}
}

/* ---- the whole -------------------------------------------------------- */

struct extract *
extract_new(const unsigned char key[KEYED_HASH_KEY_SIZE])
{
	struct extract *x = calloc(1, sizeof(*x));

	if (x == NULL)
		fatal("out of memory for %zu bytes", sizeof(*x));
	keyed_hash_init(&x->hash, key);
	x->type_context = keyed_hash_word(&x->hash, "part", 4);
	arena_init(&x->arena);
	return x;
}

void
extract_free(struct extract **x)
{
	if (*x == NULL)
		return;
	arena_clear(&(*x)->arena);
	buf_free(&(*x)->plain);
	buf_free(&(*x)->text);
	buf_free(&(*x)->markup);
	buf_free(&(*x)->folded);
	free(*x);
	*x = NULL;
}

static void
counters_reset(struct extract *x)
{
	x->header_words = x->body_words = 0;
	x->text_len = x->text_grams = x->markup_len = 0;
	memset(x->kind_len, 0, sizeof(x->kind_len));
}

void
extract_message(struct extract *x, struct bytes message, struct features *f)
{
	static const struct mail_limits limits = {
		EXTRACT_DEPTH_MAX, EXTRACT_PARTS_MAX, EXTRACT_HEADER_MAX,
		EXTRACT_HEADER_MAX
	};
	struct mail_parser *p;
	size_t header_len;

	counters_reset(x);
	features_clear(f);
	x->f = f;
	if (message.len > EXTRACT_MESSAGE_MAX)
		message.len = EXTRACT_MESSAGE_MAX;
	header_len = header_length(message);
	header_extract(x, bytes_make(message.data,
	    header_len < EXTRACT_HEADER_MAX ? header_len :
	    EXTRACT_HEADER_MAX));
	p = mail_parser_new(&x->arena, &limits);
	mail_parser_feed(p, message.data, message.len);
	body_extract(x, message, mail_parser_finish(p));
	arena_clear(&x->arena);
	x->f = NULL;
}
