/* smtp_command - parses command lines of SMTP and LMTP, without parameters. */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "proto/smtp_command-private.h"

static const struct {
	const char *name;
	enum smtp_verb verb;
} verbs[] = {
	{ "HELO", SMTP_HELO }, { "EHLO", SMTP_EHLO }, { "LHLO", SMTP_LHLO },
	{ "MAIL", SMTP_MAIL }, { "RCPT", SMTP_RCPT }, { "DATA", SMTP_DATA },
	{ "BDAT", SMTP_BDAT }, { "RSET", SMTP_RSET }, { "NOOP", SMTP_NOOP },
	{ "VRFY", SMTP_VRFY }, { "EXPN", SMTP_EXPN }, { "HELP", SMTP_HELP },
	{ "QUIT", SMTP_QUIT }, { "STARTTLS", SMTP_STARTTLS },
	{ "AUTH", SMTP_AUTH }, { "XFORWARD", SMTP_XFORWARD }
};

#define NVERBS	(sizeof(verbs) / sizeof(*verbs))

int
smtp_fail(struct smtp_error *e, int code, const char *enhanced,
    const char *fmt, ...)
{
	va_list ap;

	e->code = code;
	(void)snprintf(e->enhanced, sizeof(e->enhanced), "%s", enhanced);
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return -1;
}

static const char *
verb_name(enum smtp_verb verb)
{
	for (size_t i = 0; i < NVERBS; i++)
		if (verbs[i].verb == verb)
			return verbs[i].name;
	return "";
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct bytes
smtp_word(struct bytes *args)
{
	struct bytes word = { args->data, 0 };
	size_t i;

	while (word.len < args->len && !is_blank(args->data[word.len]))
		word.len++;
	for (i = word.len; i < args->len && is_blank(args->data[i]); i++)
		;
	*args = bytes_from(*args, i);
	return word;
}

int
smtp_command_parse(struct bytes line, struct smtp_command *out,
    struct smtp_error *e)
{
	struct bytes rest = line;

	for (size_t i = 0; i < line.len; i++)
		if (((unsigned char)line.data[i] < ' ' &&
		    line.data[i] != '\t') || line.data[i] == 0x7f)
			return smtp_fail(e, 500, "5.5.2",
			    "control character in a command");
	out->verb = SMTP_UNKNOWN;
	out->name = smtp_word(&rest);
	out->args = bytes_trim(rest);
	if (out->name.len == 0)
		return smtp_fail(e, 500, "5.5.2", "expected a command");
	for (size_t i = 0; i < NVERBS; i++)
		if (bytes_ieq_str(out->name, verbs[i].name))
			out->verb = verbs[i].verb;
	return 0;
}

int
smtp_parse_none(enum smtp_verb verb, struct bytes args, struct smtp_error *e)
{
	if (args.len == 0)
		return 0;
	return smtp_fail(e, 501, "5.5.4", "%s takes no arguments",
	    verb_name(verb));
}

int
smtp_parse_hello(struct bytes args, struct bytes *name, struct smtp_error *e)
{
	*name = smtp_word(&args);
	if (name->len == 0 || args.len > 0)
		return smtp_fail(e, 501, "5.5.4",
		    "expected a host name or address literal");
	if (name->len > SMTP_NAME_MAX)
		return smtp_fail(e, 501, "5.5.4",
		    "host name longer than %d bytes", SMTP_NAME_MAX);
	if (!utf8_is_valid(*name))
		return smtp_fail(e, 501, "5.5.4", "host name is not UTF-8");
	return 0;
}

/* ---- paths ----------------------------------------------------------- */

/* Returns the offset of the ">" that ends the path at the start, or -1. */
static ptrdiff_t
path_end(struct bytes text)
{
	bool quoted = false;

	for (size_t i = 1; i < text.len; i++) {
		if (quoted && text.data[i] == '\\')
			i++;
		else if (text.data[i] == '"')
			quoted = !quoted;
		else if (!quoted && text.data[i] == '>')
			return (ptrdiff_t)i;
	}
	return -1;
}

/*
 * Ignores "@a,@b:" at the start (RFC 5321 appendix C), which must be domains.
 */
static int
route_skip(struct bytes *text, struct arena *arena, struct err *err)
{
	struct bytes domain, unused;
	ptrdiff_t colon;
	size_t n;

	if (text->len == 0 || text->data[0] != '@')
		return 0;
	if ((colon = bytes_index(*text, ':')) == -1)
		return err_set(err, ERR_SYNTAX, "the source route has no ':'");
	for (size_t i = 0; i <= (size_t)colon; i += n + 1) {
		for (n = 0; i + n < (size_t)colon && text->data[i + n] != ',';
		    n++)
			;
		domain = bytes_make(text->data + i, n);
		if (n < 2 || domain.data[0] != '@')
			return err_set(err, ERR_SYNTAX,
			    "the source route is not made of '@domain'");
		domain = bytes_make(domain.data + 1, n - 1);
		if (address_domain_parse(arena, domain, &unused, err) == -1)
			return -1;
	}
	*text = bytes_from(*text, (size_t)colon + 1);
	return 0;
}

static int
path_parse(struct bytes *args, struct arena *arena, struct smtp_path *out,
    struct err *err)
{
	ptrdiff_t end;

	if (args->len == 0 || args->data[0] != '<' ||
	    (end = path_end(*args)) == -1)
		return err_set(err, ERR_SYNTAX,
		    "the address is not between '<' and '>'");
	if ((size_t)end + 1 < args->len && !is_blank(args->data[end + 1]))
		return err_set(err, ERR_SYNTAX,
		    "there is no space after the address");
	out->text = bytes_make(args->data + 1, (size_t)end - 1);
	*args = bytes_trim(bytes_from(*args, (size_t)end + 1));
	if (out->text.len == 0) {
		out->null = true;
		return 0;
	}
	if (route_skip(&out->text, arena, err) == -1)
		return -1;
	if (bytes_ieq_str(out->text, "postmaster")) {
		out->address.localpart = out->text;
		return 0;
	}
	return address_parse(arena, out->text, &out->address, err);
}

/* Skips "FROM:" or "TO:", and blanks after it although none are allowed. */
static int
keyword_skip(struct bytes *args, const char *keyword, struct smtp_error *e)
{
	size_t len = strlen(keyword);

	if (args->len < len ||
	    !bytes_ieq_str(bytes_make(args->data, len), keyword))
		return smtp_fail(e, 501, "5.5.4", "expected %s<address>",
		    keyword);
	*args = bytes_trim(bytes_from(*args, len));
	return 0;
}

static int
path_error(struct smtp_error *e, const char *enhanced, const struct err *err)
{
	return smtp_fail(e, 501, enhanced, "bad address: %s", err->text);
}

/* RFC 6531 3.5 */
static int
utf8_error(struct smtp_error *e)
{
	return smtp_fail(e, 553, "5.6.7",
	    "an address that is not ASCII needs SMTPUTF8");
}

int
smtp_parse_mail(struct bytes args, unsigned extensions, struct arena *arena,
    struct smtp_mail *out, struct smtp_error *e)
{
	struct err err = ERR_INIT;

	memset(out, 0, sizeof(*out));
	if (keyword_skip(&args, "FROM:", e) == -1)
		return -1;
	if (path_parse(&args, arena, &out->from, &err) == -1)
		return path_error(e, "5.1.7", &err);
	if (!out->from.null && out->from.address.domain.len == 0)
		return smtp_fail(e, 501, "5.1.7",
		    "bad address: it has no domain");
	if (smtp_params_mail(args, extensions, arena, out, e) == -1)
		return -1;
	return out->smtputf8 || bytes_is_ascii(out->from.text) ? 0 :
	    utf8_error(e);
}

int
smtp_parse_rcpt(struct bytes args, unsigned extensions, bool smtputf8,
    struct arena *arena, struct smtp_rcpt *out, struct smtp_error *e)
{
	struct err err = ERR_INIT;

	memset(out, 0, sizeof(*out));
	if (keyword_skip(&args, "TO:", e) == -1)
		return -1;
	if (path_parse(&args, arena, &out->to, &err) == -1)
		return path_error(e, "5.1.3", &err);
	if (out->to.null)
		return smtp_fail(e, 501, "5.1.3", "bad address: it is empty");
	if (!smtputf8 && !bytes_is_ascii(out->to.text))
		return utf8_error(e);
	return smtp_params_rcpt(args, extensions, arena, out, e);
}

/* ---- other commands -------------------------------------------------- */

int
smtp_parse_bdat(struct bytes args, uint64_t *size, bool *last,
    struct smtp_error *e)
{
	struct bytes number = smtp_word(&args), word = smtp_word(&args);

	*last = word.len > 0;
	if (decimal_parse(number, INT64_MAX, size) == -1 || args.len > 0 ||
	    (*last && !bytes_ieq_str(word, "LAST")))
		return smtp_fail(e, 501, "5.5.4",
		    "expected a size and optionally LAST");
	return 0;
}

static const char *const xforward_names[SMTP_XFORWARD_COUNT] = {
	"NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE"
};

const char smtp_xforward_names[] = "NAME ADDR PORT PROTO HELO IDENT SOURCE";

/* One NAME=xtext. */
static int
xforward_attribute(struct bytes word, struct arena *arena,
    struct smtp_xforward *out, struct smtp_error *e)
{
	ptrdiff_t equals = bytes_index(word, '=');
	struct buf value = BUF_INIT;
	struct bytes name;
	int i, rc;

	name = bytes_make(word.data, equals == -1 ? word.len : (size_t)equals);
	for (i = 0; i < SMTP_XFORWARD_COUNT; i++)
		if (equals != -1 && bytes_ieq_str(name, xforward_names[i]))
			break;
	if (i == SMTP_XFORWARD_COUNT)
		return smtp_fail(e, 501, "5.5.4",
		    "expected one of %s with '=' and a value",
		    smtp_xforward_names);
	rc = xtext_decode(&value, bytes_from(word, (size_t)equals + 1));
	if (rc == -1 || value.len > SMTP_XFORWARD_MAX ||
	    !utf8_is_valid(buf_view(&value)) ||
	    bytes_index(buf_view(&value), '\0') != -1)
		rc = smtp_fail(e, 501, "5.5.4", "bad value of %s",
		    xforward_names[i]);
	else if (bytes_ieq_str(buf_view(&value), "[UNAVAILABLE]"))
		out->values[i] = bytes_make("", 0);
	else
		out->values[i] = bytes_dup(arena, buf_view(&value));
	buf_free(&value);
	return rc;
}

int
smtp_parse_xforward(struct bytes args, struct arena *arena,
    struct smtp_xforward *out, struct smtp_error *e)
{
	struct smtp_xforward changed = *out;
	int n = 0;

	if (args.len == 0)
		return smtp_fail(e, 501, "5.5.4", "expected attributes");
	while (args.len > 0) {
		if (++n > SMTP_PARAMS_MAX)
			return smtp_fail(e, 501, "5.5.4",
			    "more than %d attributes", SMTP_PARAMS_MAX);
		if (xforward_attribute(smtp_word(&args), arena, &changed,
		    e) == -1)
			return -1;
	}
	*out = changed;
	return 0;
}
