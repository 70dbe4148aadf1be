/*
 * smtp_params - parses the parameters of MAIL and RCPT (RFC 1870, 1652, 3030,
 * 3461, 4954, 6531).
 */
#include <config.h>

#include "base/encode.h"
#include "proto/smtp_command-private.h"

/* ---- xtext ----------------------------------------------------------- */

static int
upper_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int
xtext_decode(struct buf *out, struct bytes in)
{
	size_t start = out->len;
	int high, low;

	for (size_t i = 0; i < in.len; i++) {
		if (in.data[i] > ' ' && in.data[i] <= '~' &&
		    in.data[i] != '+' && in.data[i] != '=') {
			buf_byte(out, in.data[i]);
			continue;
		}
		high = low = -1;
		if (in.data[i] == '+' && in.len - i > 2) {
			high = upper_hex_digit(in.data[i + 1]);
			low = upper_hex_digit(in.data[i + 2]);
		}
		if (high == -1 || low == -1) {
			out->len = start;
			return -1;
		}
		buf_byte(out, (char)(high << 4 | low));
		i += 2;
	}
	return 0;
}

void
xtext_encode(struct buf *out, struct bytes in)
{
	for (size_t i = 0; i < in.len; i++) {
		if (in.data[i] > ' ' && in.data[i] <= '~' &&
		    in.data[i] != '+' && in.data[i] != '=')
			buf_byte(out, in.data[i]);
		else
			buf_printf(out, "+%02X", (unsigned char)in.data[i]);
	}
}

/* Decodes to the arena; no NUL.  RFC 3461: printable ASCII or UTF-8. */
static int
xtext_take(struct bytes in, size_t max, struct arena *arena,
    struct bytes *out)
{
	struct buf text = BUF_INIT;
	int rc = xtext_decode(&text, in);

	if (rc == 0 && (text.len > max || !utf8_is_valid(buf_view(&text)) ||
	    bytes_index(buf_view(&text), '\0') != -1))
		rc = -1;
	if (rc == 0)
		*out = bytes_dup(arena, buf_view(&text));
	buf_free(&text);
	return rc;
}

/* ---- values ---------------------------------------------------------- */

struct param {
	struct bytes value;		/* data NULL if there is no "=" */
	struct arena *arena;
	struct smtp_mail *mail;
	struct smtp_rcpt *rcpt;
};

static int
size_take(struct param *p)
{
	p->mail->has_size = true;
	/* RFC 1870 5: up to 20 digits */
	return decimal_parse(p->value, UINT64_MAX, &p->mail->size);
}

static int
body_take(struct param *p)
{
	if (bytes_ieq_str(p->value, "7BIT"))
		p->mail->body = SMTP_BODY_7BIT;
	else if (bytes_ieq_str(p->value, "8BITMIME"))
		p->mail->body = SMTP_BODY_8BITMIME;
	else if (bytes_ieq_str(p->value, "BINARYMIME"))
		p->mail->body = SMTP_BODY_BINARYMIME;
	else
		return -1;
	return 0;
}

static int
smtputf8_take(struct param *p)
{
	p->mail->smtputf8 = true;
	return p->value.data == NULL ? 0 : -1;
}

static int
ret_take(struct param *p)
{
	if (bytes_ieq_str(p->value, "FULL"))
		p->mail->ret = SMTP_RET_FULL;
	else if (bytes_ieq_str(p->value, "HDRS"))
		p->mail->ret = SMTP_RET_HDRS;
	else
		return -1;
	return 0;
}

static int
envid_take(struct param *p)
{
	return p->value.len == 0 ? -1 :
	    xtext_take(p->value, SMTP_ENVID_MAX, p->arena, &p->mail->envid);
}

static int
auth_take(struct param *p)
{
	if (bytes_eq_str(p->value, "<>")) {
		p->mail->auth = bytes_make("", 0);
		return 0;
	}
	return p->value.len == 0 ? -1 : xtext_take(p->value,
	    ADDRESS_LOCALPART_MAX + 1 + ADDRESS_DOMAIN_MAX, p->arena,
	    &p->mail->auth);
}

static unsigned
notify_bit(struct bytes word)
{
	static const char *const names[] = {
		"NEVER", "SUCCESS", "FAILURE", "DELAY"
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (bytes_ieq_str(word, names[i]))
			return 1u << i;
	return 0;
}

/* NEVER alone, or a list of the others (RFC 3461 4.1). */
static int
notify_take(struct param *p)
{
	struct bytes rest = p->value, word;
	ptrdiff_t comma;
	unsigned bit;

	do {
		comma = bytes_index(rest, ',');
		word = bytes_make(rest.data, comma == -1 ? rest.len :
		    (size_t)comma);
		if ((bit = notify_bit(word)) == 0)
			return -1;
		p->rcpt->notify |= bit;
		if (comma != -1)
			rest = bytes_from(rest, (size_t)comma + 1);
	} while (comma != -1);
	return (p->rcpt->notify & SMTP_NOTIFY_NEVER) != 0 &&
	    p->rcpt->notify != SMTP_NOTIFY_NEVER ? -1 : 0;
}

/* An address type, ";" and xtext; the type is an atom (RFC 3461 4.2). */
static int
orcpt_take(struct param *p)
{
	ptrdiff_t semicolon = bytes_index(p->value, ';');
	struct bytes text;

	if (semicolon <= 0 || p->value.len > SMTP_ORCPT_MAX ||
	    !bytes_is_ascii(bytes_make(p->value.data, (size_t)semicolon)))
		return -1;
	p->rcpt->orcpt_type = bytes_make(p->value.data, (size_t)semicolon);
	text = bytes_from(p->value, (size_t)semicolon + 1);
	/* RFC 6533 3: the type utf-8 may be sent as plain UTF-8. */
	if (!bytes_is_ascii(text)) {
		p->rcpt->orcpt = text;
		return bytes_ieq_str(p->rcpt->orcpt_type, "utf-8") &&
		    utf8_is_valid(text) ? 0 : -1;
	}
	return text.len == 0 ? -1 :
	    xtext_take(text, SMTP_ORCPT_MAX, p->arena, &p->rcpt->orcpt);
}

/* ---- the lists ------------------------------------------------------- */

struct param_row {
	const char *name;
	unsigned extension;		/* the SMTP_EXT_* that defines it */
	int (*take)(struct param *p);
};

static const struct param_row mail_rows[] = {
	{ "SIZE", SMTP_EXT_SIZE, size_take },
	{ "BODY", SMTP_EXT_8BITMIME | SMTP_EXT_BINARYMIME, body_take },
	{ "SMTPUTF8", SMTP_EXT_SMTPUTF8, smtputf8_take },
	{ "RET", SMTP_EXT_DSN, ret_take },
	{ "ENVID", SMTP_EXT_DSN, envid_take },
	{ "AUTH", SMTP_EXT_AUTH, auth_take },
	{ NULL, 0, NULL }
};

static const struct param_row rcpt_rows[] = {
	{ "NOTIFY", SMTP_EXT_DSN, notify_take },
	{ "ORCPT", SMTP_EXT_DSN, orcpt_take },
	{ NULL, 0, NULL }
};

/* Returns the index of a row, or -1 if no announced extension has it. */
static int
row_find(const struct param_row *rows, struct bytes name, unsigned extensions)
{
	for (int i = 0; rows[i].name != NULL; i++)
		if (bytes_ieq_str(name, rows[i].name) &&
		    (rows[i].extension & extensions) != 0)
			return i;
	return -1;
}

static int
params_parse(struct bytes args, const struct param_row *rows,
    unsigned extensions, struct param *p, struct smtp_error *e)
{
	struct bytes word, name;
	unsigned seen = 0;
	ptrdiff_t equals;
	int i;

	while (args.len > 0) {
		word = smtp_word(&args);
		equals = bytes_index(word, '=');
		name = bytes_make(word.data, equals == -1 ? word.len :
		    (size_t)equals);
		p->value = equals == -1 ? bytes_make(NULL, 0) :
		    bytes_from(word, (size_t)equals + 1);
		i = row_find(rows, name, extensions);
		/* RFC 5321 4.1.1.11 */
		if (i == -1)
			return smtp_fail(e, 555, "5.5.4",
			    "unknown parameter");
		if ((seen >> i & 1) != 0)
			return smtp_fail(e, 501, "5.5.4",
			    "parameter %s is repeated", rows[i].name);
		seen |= 1u << i;
		if (rows[i].take(p) == -1)
			return smtp_fail(e, 501, "5.5.4",
			    "bad value of parameter %s", rows[i].name);
	}
	return 0;
}

int
smtp_params_mail(struct bytes args, unsigned extensions, struct arena *arena,
    struct smtp_mail *out, struct smtp_error *e)
{
	struct param p = { .arena = arena, .mail = out };

	if (params_parse(args, mail_rows, extensions, &p, e) == -1)
		return -1;
	if (out->body == SMTP_BODY_BINARYMIME &&
	    (extensions & SMTP_EXT_BINARYMIME) == 0)
		return smtp_fail(e, 501, "5.5.4",
		    "bad value of parameter BODY");
	return 0;
}

int
smtp_params_rcpt(struct bytes args, unsigned extensions, struct arena *arena,
    struct smtp_rcpt *out, struct smtp_error *e)
{
	struct param p = { .arena = arena, .rcpt = out };

	return params_parse(args, rcpt_rows, extensions, &p, e);
}
