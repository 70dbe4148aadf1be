/*
 * dns_data_line - reads the lines of a file that replaces the DNS
 *
 * A line is a list of words.  A row of the table of types describes the data.
 * dns_data.h has the format of the lines.
 */
#include <config.h>

#include <arpa/inet.h>

#include "base/encode.h"
#include "net/dns_data-private.h"

#define WORDS_MAX	512
#define RDATA_MAX	65535
#define STRING_MAX	255
#define TTL_MAX		0x7fffffffu

#define COUNT(rows)	(sizeof(rows) / sizeof(*(rows)))

struct reader {
	struct dns_data *data;
	const char *file;
	struct bytes text;		/* what is left */
	unsigned line;			/* where text begins */
	struct err *err;

	/* The current line. */
	unsigned first_line;
	bool is_indented;
	size_t n;
	struct bytes words[WORDS_MAX];	/* with escapes, without quotes */
	size_t at;			/* the next word of the data */
	struct buf rdata;

	/* The name of the previous line. */
	bool has_name;
	struct dns_name name;
};

/* The format of the data of a type: one letter for each field. */
static const struct data_type {
	const char *name;
	enum dns_type type;
	const char *fields;
} data_types[] = {
	{ "A", DNS_A, "4" },
	{ "AAAA", DNS_AAAA, "6" },
	{ "CNAME", DNS_CNAME, "n" },
	{ "NS", DNS_NS, "n" },
	{ "PTR", DNS_PTR, "n" },
	{ "MX", DNS_MX, "sn" },
	{ "TXT", DNS_TXT, "t" },
	{ "SPF", DNS_SPF, "t" },
	{ "SRV", DNS_SRV, "sssn" },
	{ "SOA", DNS_SOA, "nnlllll" },
	{ "TLSA", DNS_TLSA, "bbbh" },
	{ "CAA", DNS_CAA, "bcr" }
};

static int
complain(struct reader *r, const char *what, struct bytes word)
{
	if (word.len > 100)
		word.len = 100;
	return err_set(r->err, ERR_SYNTAX, "%s:%u: %s '" BYTES_FMT "'",
	    r->file, r->first_line, what, BYTES_ARG(word));
}

static int
complain_end(struct reader *r, const char *what)
{
	return err_set(r->err, ERR_SYNTAX, "%s:%u: %s", r->file,
	    r->first_line, what);
}

/* ---- words ----------------------------------------------------------- */

static bool
ends_word(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ';' ||
	    c == '(' || c == ')' || c == '"';
}

/* Returns the length of a word, up to its end or the closing quote. */
static size_t
word_length(struct bytes text, bool is_quoted)
{
	size_t i = 0;

	while (i < text.len && (is_quoted ? text.data[i] != '"' :
	    !ends_word(text.data[i]))) {
		if (text.data[i] == '\\' && i + 1 < text.len)
			i++;
		i++;
	}
	return i;
}

static int
take_word(struct reader *r)
{
	bool is_quoted = *r->text.data == '"';
	size_t n;

	if (is_quoted)
		r->text = bytes_from(r->text, 1);
	n = word_length(r->text, is_quoted);
	if (is_quoted && n == r->text.len)
		return complain_end(r, "a string is not closed");
	if (r->n == WORDS_MAX)
		return complain_end(r, "too many words");
	r->words[r->n++] = bytes_make(r->text.data, n);
	for (size_t i = 0; i < n; i++)
		r->line += r->text.data[i] == '\n';
	r->text = bytes_from(r->text, n + is_quoted);
	return 0;
}

static void
skip_comment(struct reader *r)
{
	while (r->text.len > 0 && *r->text.data != '\n')
		r->text = bytes_from(r->text, 1);
}

/* Reads the words of the next line.  Returns 1, 0 at the end of the text, or
   -1 on error. */
static int
line_read(struct reader *r)
{
	unsigned depth = 0;
	char c;

	r->n = 0;
	r->first_line = r->line;
	r->is_indented = r->text.len > 0 &&
	    (*r->text.data == ' ' || *r->text.data == '\t');
	while (r->text.len > 0) {
		c = *r->text.data;
		if (c == ';') {
			skip_comment(r);
			continue;
		}
		if (!ends_word(c) || c == '"') {
			if (take_word(r) == -1)
				return -1;
			continue;
		}
		r->text = bytes_from(r->text, 1);
		r->line += c == '\n';
		if (c == '(')
			depth++;
		else if (c == ')' && depth-- == 0)
			return complain_end(r, "')' without '('");
		else if (c == '\n' && depth == 0)
			return 1;
	}
	if (depth > 0)
		return complain_end(r, "'(' is not closed");
	return r->n > 0;
}

/* ---- data ------------------------------------------------------------ */

/* Appends the bytes that a word stands for. */
static int
unescape(struct bytes word, struct buf *out)
{
	const char *p = word.data;
	unsigned v;

	for (size_t i = 0; i < word.len; i++) {
		if (p[i] != '\\') {
			buf_byte(out, p[i]);
			continue;
		}
		if (++i == word.len)
			return -1;
		if (p[i] < '0' || p[i] > '9') {
			buf_byte(out, p[i]);
			continue;
		}
		v = 0;
		for (size_t k = i; k < i + 3; k++) {
			if (k >= word.len || p[k] < '0' || p[k] > '9')
				return -1;
			v = 10 * v + (unsigned)(p[k] - '0');
		}
		if (v > 255)
			return -1;
		buf_byte(out, (char)v);
		i += 2;
	}
	return 0;
}

/* Appends a string, in pieces of 255 bytes. */
static void
put_string(struct buf *out, struct bytes s)
{
	size_t n;

	do {
		n = s.len < STRING_MAX ? s.len : STRING_MAX;
		buf_byte(out, (char)n);
		buf_add(out, s.data, n);
		s = bytes_from(s, n);
	} while (s.len > 0);
}

static int
put_text(struct reader *r, struct bytes word)
{
	struct buf text = BUF_INIT;
	int rc = unescape(word, &text);

	if (rc == 0)
		put_string(&r->rdata, buf_view(&text));
	buf_free(&text);
	return rc == 0 ? 0 : complain(r, "not a string:", word);
}

static int
put_number(struct reader *r, struct bytes word, size_t size)
{
	uint64_t v, max = (1ull << 8 * size) - 1;

	if (decimal_parse(word, max, &v) == -1)
		return complain(r, "not a number in its range:", word);
	for (size_t i = size; i-- > 0;)
		buf_byte(&r->rdata, (char)(v >> 8 * i));
	return 0;
}

static int
put_address(struct reader *r, struct bytes word, int family)
{
	char text[INET6_ADDRSTRLEN + 1];
	uint8_t ip[16];

	if (word.len >= sizeof(text))
		return complain(r, "not an address:", word);
	(void)snprintf(text, sizeof(text), BYTES_FMT, BYTES_ARG(word));
	if (inet_pton(family, text, ip) != 1)
		return complain(r, family == AF_INET ?
		    "not an IPv4 address:" : "not an IPv6 address:", word);
	buf_add(&r->rdata, ip, family == AF_INET ? 4 : 16);
	return 0;
}

static int
put_name(struct reader *r, struct bytes word)
{
	struct dns_name name;

	if (dns_name_parse(word, &name) == -1)
		return complain(r, "not a name:", word);
	buf_add(&r->rdata, name.wire, name.len);
	return 0;
}

static int
put_hex(struct reader *r)
{
	struct buf hex = BUF_INIT;
	int rc;

	while (r->at < r->n)
		buf_bytes(&hex, r->words[r->at++]);
	rc = hex_decode(&r->rdata, buf_view(&hex));
	buf_free(&hex);
	return rc == 0 ? 0 :
	    complain_end(r, "data is not hexadecimal digits");
}

/* Appends one field of the data, from as many words as it needs. */
static int
put_field(struct reader *r, char field)
{
	struct bytes word;

	if (r->at == r->n)
		return complain_end(r, "data is missing");
	if (field == 'h')
		return put_hex(r);
	word = r->words[r->at++];
	switch (field) {
	case '4':
		return put_address(r, word, AF_INET);
	case '6':
		return put_address(r, word, AF_INET6);
	case 'n':
		return put_name(r, word);
	case 'b':
		return put_number(r, word, 1);
	case 's':
		return put_number(r, word, 2);
	case 'l':
		return put_number(r, word, 4);
	case 'r':	/* a string without its length (RFC 8659 4.1.1) */
		return unescape(word, &r->rdata) == 0 ? 0 :
		    complain(r, "not a string:", word);
	case 'c':	/* one string with its length */
		if (word.len > STRING_MAX)
			return complain(r, "too long:", word);
		return put_text(r, word);
	default:	/* 't': as many strings as there are */
		while (put_text(r, word) == 0) {
			if (r->at == r->n)
				return 0;
			word = r->words[r->at++];
		}
		return -1;
	}
}

/* "\# LENGTH HEX" (RFC 3597 5).  A CNAME is checked, because it is followed. */
static int
put_unknown(struct reader *r, const struct data_type *type)
{
	struct dns_name name;
	struct bytes word;
	uint64_t length;

	if (r->at + 1 >= r->n)
		return complain_end(r, "data is missing");
	word = r->words[r->at + 1];
	r->at += 2;
	if (decimal_parse(word, RDATA_MAX, &length) == -1)
		return complain(r, "not a length:", word);
	if (put_hex(r) == -1)
		return -1;
	if (r->rdata.len != length)
		return complain_end(r, "data does not have this length");
	if (type->type == DNS_CNAME &&
	    dns_name_of(buf_view(&r->rdata), &name) == -1)
		return complain_end(r, "the data is not a name");
	return 0;
}

static int
data_read(struct reader *r, const struct data_type *type)
{
	buf_clear(&r->rdata);
	if (r->at < r->n && bytes_eq_str(r->words[r->at], "\\#"))
		return put_unknown(r, type);
	if (*type->fields == '\0')
		return complain_end(r, "data of this type needs \\#");
	for (const char *f = type->fields; *f != '\0'; f++)
		if (put_field(r, *f) == -1)
			return -1;
	if (r->at < r->n)
		return complain(r, "unexpected word after the data:",
		    r->words[r->at]);
	if (r->rdata.len > RDATA_MAX)
		return complain_end(r, "the data is over 65535 bytes");
	return 0;
}

/* ---- lines ----------------------------------------------------------- */

/* Finds a type by name; *other is used for "TYPE65280" (RFC 3597 5). */
static const struct data_type *
type_find(struct bytes word, struct data_type *other)
{
	uint64_t number;

	for (size_t i = 0; i < COUNT(data_types); i++)
		if (bytes_ieq_str(word, data_types[i].name))
			return &data_types[i];
	if (word.len < 5 ||
	    !bytes_ieq(bytes_make(word.data, 4), BYTES("TYPE")) ||
	    decimal_parse(bytes_from(word, 4), 65535, &number) == -1)
		return NULL;
	*other = (struct data_type){ "", (enum dns_type)number, "" };
	return other;
}

/* Handles TIMEOUT, SERVFAIL and SECURE.  Returns false for other words. */
static bool
set_manner(struct dns_data_node *node, struct bytes word)
{
	if (bytes_ieq_str(word, "TIMEOUT"))
		node->other = DNS_TIMEOUT;
	else if (bytes_ieq_str(word, "SERVFAIL"))
		node->other = DNS_SERVFAIL;
	else if (bytes_ieq_str(word, "SECURE"))
		node->is_secure = true;
	else
		return false;
	return true;
}

static bool
is_class(struct bytes word)
{
	return bytes_ieq_str(word, "IN");
}

/* Takes TTL and IN, in any order, each at most once.  Returns the TTL, or the
   default. */
static uint32_t
take_ttl(struct reader *r)
{
	uint64_t ttl = DNS_DATA_TTL;
	bool had_ttl = false, had_class = false;

	for (; r->at < r->n; r->at++) {
		if (!had_class && is_class(r->words[r->at]))
			had_class = true;
		else if (!had_ttl && decimal_parse(r->words[r->at], TTL_MAX,
		    &ttl) == 0)
			had_ttl = true;
		else
			break;
	}
	return (uint32_t)ttl;
}

/* Does the line use the name of the previous line? */
static bool
has_no_name(const struct reader *r)
{
	struct data_type other;
	uint64_t ttl;

	return r->is_indented && r->has_name && (is_class(r->words[0]) ||
	    decimal_parse(r->words[0], TTL_MAX, &ttl) == 0 ||
	    type_find(r->words[0], &other) != NULL);
}

static int
line_add(struct reader *r)
{
	const struct data_type *type;
	struct data_type other;
	struct dns_data_node *node;
	uint32_t ttl;

	r->at = 0;
	if (!has_no_name(r)) {
		if (bytes_has_prefix(r->words[0], "$"))
			return complain(r, "names are absolute here; "
			    "there is no", r->words[0]);
		if (dns_name_parse(r->words[0], &r->name) == -1)
			return complain(r, "not a name:", r->words[0]);
		r->has_name = true;
		r->at = 1;
	}
	ttl = take_ttl(r);
	if (r->at == r->n)
		return complain_end(r, "a type is missing");
	node = dns_data_node(r->data, &r->name);
	if (r->at + 1 == r->n && set_manner(node, r->words[r->at]))
		return 0;
	if ((type = type_find(r->words[r->at], &other)) == NULL)
		return complain(r, "not a type:", r->words[r->at]);
	r->at++;
	if (data_read(r, type) == -1)
		return -1;
	dns_data_add(r->data, node, type->type, ttl, buf_view(&r->rdata));
	return 0;
}

int
dns_data_lines(struct dns_data *d, const char *file, struct bytes text,
    struct err *err)
{
	struct reader *r = calloc(1, sizeof(*r));
	int rc;

	if (r == NULL)
		fatal("out of memory");
	*r = (struct reader){ .data = d, .file = file, .text = text,
	    .line = 1, .err = err };
	while ((rc = line_read(r)) == 1)
		if (r->n > 0 && (rc = line_add(r)) == -1)
			break;
	buf_free(&r->rdata);
	free(r);
	return rc;
}
