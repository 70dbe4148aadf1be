/* address - parses, normalizes and prints one mail address. */
#include <config.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <idn2.h>
#include <unicase.h>
#include <uninorm.h>

#include "base/encode.h"
#include "mail/address.h"
#include "mail/chars.h"

#define LABEL_MAX	63

/* RFC 5322 3.2.3, and RFC 6531 3.3: anything beyond ASCII. */
static bool
is_atext(char c)
{
	return char_is_alpha(c) || char_is_digit(c) ||
	    (unsigned char)c >= 0x80 || char_is_in(c, "!#$%&'*+-/=?^_`{|}~");
}

/* A dot-string: atoms with single dots between. */
static bool
is_dot_string(struct bytes b)
{
	bool atom = false;

	for (size_t i = 0; i < b.len; i++) {
		if (b.data[i] == '.' ? !atom : !is_atext(b.data[i]))
			return false;
		atom = b.data[i] != '.';
	}
	return atom;
}

/* Copies a string that libunistring allocated to the arena, and frees it. */
static struct bytes
unistring_take(struct arena *a, uint8_t *text, size_t len,
    struct bytes original)
{
	struct bytes b;

	if (text == NULL)
		return bytes_dup(a, original);
	b = bytes_dup(a, bytes_make(text, len));
	free(text);
	return b;
}

static struct bytes
nfc(struct arena *a, struct bytes b)
{
	size_t len = 0;
	uint8_t *text;

	if (bytes_is_ascii(b))
		return bytes_dup(a, b);
	text = u8_normalize(UNINORM_NFC, (const uint8_t *)b.data, b.len, NULL,
	    &len);
	return unistring_take(a, text, len, b);
}

/*
 * Parses the quoted string that text begins with into out.  *used gets its
 * length with the quotes.  Returns 0, or -1 if it is not well-formed.
 */
static int
quoted_parse(struct arena *a, struct bytes text, struct bytes *out,
    size_t *used)
{
	char *p = arena_alloc(a, text.len);
	size_t i, n = 0;

	for (i = 1; i < text.len && text.data[i] != '"'; i++) {
		if (text.data[i] == '\\' && ++i == text.len)
			return -1;
		if ((unsigned char)text.data[i] < ' ' || text.data[i] == 127)
			return -1;
		p[n++] = text.data[i];
	}
	if (i >= text.len)
		return -1;
	*out = bytes_make(p, n);
	*used = i + 1;
	return 0;
}

/* Parses the localpart that text begins with, up to '@' or the end. */
static int
localpart_scan(struct arena *a, struct bytes text, struct bytes *out,
    size_t *used, struct err *err)
{
	ptrdiff_t at = bytes_index(text, '@');

	*out = text;
	if (text.len > 0 && text.data[0] == '"') {
		if (quoted_parse(a, text, out, used) == -1)
			return err_set(err, ERR_SYNTAX,
			    "the quoted localpart is not well-formed");
	} else {
		if (at >= 0)
			out->len = (size_t)at;
		*used = out->len;
		if (out->len > 0 && !is_dot_string(*out))
			return err_set(err, ERR_SYNTAX, "a character or dot "
			    "is not allowed in a localpart without quotes");
	}
	if (out->len == 0)
		return err_set(err, ERR_SYNTAX, "the localpart is empty");
	*out = nfc(a, *out);
	if (out->len > ADDRESS_LOCALPART_MAX)
		return err_set(err, ERR_SYNTAX,
		    "the localpart is longer than %d bytes",
		    ADDRESS_LOCALPART_MAX);
	return 0;
}

/* Checks length and characters of the whole before allocating anything. */
static int
text_check(struct bytes text, struct err *err)
{
	/* Each byte of a localpart may be escaped, and the whole quoted. */
	if (text.len > 2 * ADDRESS_LOCALPART_MAX + ADDRESS_DOMAIN_MAX * 4)
		return err_set(err, ERR_SYNTAX, "the address is too long");
	if (!utf8_is_valid(text))
		return err_set(err, ERR_SYNTAX, "the address is not UTF-8");
	return 0;
}

/* ---- domains --------------------------------------------------------- */

/*
 * Checks letters, digits, hyphens and underscores, and writes them to p in
 * lower case.  No host name has an underscore, but some mail domains do.
 */
static int
ascii_domain(struct bytes text, char *p, struct err *err)
{
	size_t label = 0;
	char c, before = '.';

	if (text.len == 0)
		return err_set(err, ERR_SYNTAX, "the domain is empty");
	if (text.len > ADDRESS_DOMAIN_MAX)
		return err_set(err, ERR_SYNTAX,
		    "the domain is longer than %d bytes", ADDRESS_DOMAIN_MAX);
	for (size_t i = 0; i <= text.len; i++) {
		c = i == text.len ? '.' : text.data[i];
		if (c == '.') {
			if (label == 0 || label > LABEL_MAX || before == '-')
				return err_set(err, ERR_SYNTAX,
				    "a label of the domain is not allowed");
			label = 0;
		} else if (char_is_alpha(c) || char_is_digit(c) ||
		    c == '_' || (c == '-' && label > 0)) {
			label++;
		} else {
			return err_set(err, ERR_SYNTAX,
			    "a character is not allowed in a domain");
		}
		if (i < text.len)
			p[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
		before = c;
	}
	return 0;
}

/* Converts UTF-8 to A-labels by IDNA 2008 with the mappings of TR46.  Returns
   NULL on error; the caller owns the result. */
static char *
to_alabels(const char *text)
{
	uint8_t *out = NULL;

	if (idn2_lookup_u8((const uint8_t *)text, &out,
	    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return NULL;
	return (char *)out;
}

static int
unicode_domain(struct arena *a, struct bytes text, struct bytes *out,
    struct err *err)
{
	char *utf8 = bytes_cstr(a, text), *labels;
	char *p;
	int rc;

	if (utf8 == NULL || (labels = to_alabels(utf8)) == NULL)
		return err_set(err, ERR_SYNTAX,
		    "the domain is not an internationalized domain name");
	p = arena_alloc(a, strlen(labels) + 1);
	rc = ascii_domain(bytes_of(labels), p, err);
	*out = bytes_make(p, strlen(labels));
	idn2_free(labels);
	return rc;
}

int
address_domain_parse(struct arena *a, struct bytes text,
    struct bytes *out, struct err *err)
{
	char *p;

	if (text_check(text, err) == -1)
		return -1;
	if (text.len > 1 && text.data[text.len - 1] == '.')
		text.len--;
	if (!bytes_is_ascii(text))
		return unicode_domain(a, text, out, err);
	p = arena_alloc(a, text.len + 1);
	*out = bytes_make(p, text.len);
	return ascii_domain(text, p, err);
}

bool
address_domain_is_literal(struct bytes domain)
{
	return domain.len > 0 && domain.data[0] == '[';
}

/* RFC 5321 4.1.3: IPv4 and IPv6; no other kinds were ever registered. */
static int
literal_parse(struct arena *a, struct bytes text, struct bytes *out,
    struct err *err)
{
	char print[INET6_ADDRSTRLEN];
	unsigned char addr[16];
	const char *tag = "";
	struct bytes ip;
	int family = AF_INET;
	char *s;

	if (text.data[text.len - 1] == ']') {
		ip = bytes_make(text.data + 1, text.len - 2);
		if (ip.len > 5 && bytes_ieq_str(bytes_make(ip.data, 5),
		    "IPv6:")) {
			family = AF_INET6;
			tag = "IPv6:";
			ip = bytes_make(ip.data + 5, ip.len - 5);
		}
		if ((s = bytes_cstr(a, ip)) != NULL &&
		    inet_pton(family, s, addr) == 1 &&
		    inet_ntop(family, addr, print, sizeof(print)) != NULL) {
			*out = bytes_of(arena_printf(a, "[%s%s]", tag,
			    print));
			return 0;
		}
	}
	return err_set(err, ERR_SYNTAX, "the address literal is not an "
	    "IPv4 address or 'IPv6:' and an IPv6 address");
}

/* ---- whole addresses ------------------------------------------------- */

int
address_parse(struct arena *a, struct bytes text, struct mail_address *out,
    struct err *err)
{
	struct bytes domain;
	size_t used = 0;

	if (text_check(text, err) == -1 ||
	    localpart_scan(a, text, &out->localpart, &used, err) == -1)
		return -1;
	if (used == text.len || text.data[used] != '@')
		return err_set(err, ERR_SYNTAX,
		    "the address has no '@' after its localpart");
	domain = bytes_make(text.data + used + 1, text.len - used - 1);
	if (address_domain_is_literal(domain))
		return literal_parse(a, domain, &out->domain, err);
	return address_domain_parse(a, domain, &out->domain, err);
}

static void
address_localpart_print(struct buf *out, struct bytes localpart)
{
	if (is_dot_string(localpart)) {
		buf_bytes(out, localpart);
		return;
	}
	buf_byte(out, '"');
	for (size_t i = 0; i < localpart.len; i++) {
		if (char_is_in(localpart.data[i], "\"\\"))
			buf_byte(out, '\\');
		buf_byte(out, localpart.data[i]);
	}
	buf_byte(out, '"');
}

void
address_print(struct buf *out, const struct mail_address *addr)
{
	address_localpart_print(out, addr->localpart);
	buf_byte(out, '@');
	buf_bytes(out, addr->domain);
}

ptrdiff_t
address_at(struct bytes address)
{
	for (size_t i = address.len; i-- > 0;)
		if (address.data[i] == '@')
			return (ptrdiff_t)i;
	return -1;
}

struct bytes
address_domain_part(struct bytes address)
{
	ptrdiff_t at = address_at(address);

	return at < 0 ? BYTES("") : bytes_from(address, (size_t)at + 1);
}

struct bytes
address_localpart_fold(struct arena *a, struct bytes localpart)
{
	size_t len = 0;
	uint8_t *text;
	char *p;

	if (bytes_is_ascii(localpart)) {
		p = arena_memdup(a, localpart.data, localpart.len);
		for (size_t i = 0; i < localpart.len; i++)
			if (p[i] >= 'A' && p[i] <= 'Z')
				p[i] = (char)(p[i] + 32);
		return bytes_make(p, localpart.len);
	}
	text = u8_tolower((const uint8_t *)localpart.data, localpart.len,
	    NULL, UNINORM_NFC, NULL, &len);
	return unistring_take(a, text, len, localpart);
}
