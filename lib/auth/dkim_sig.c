/* dkim_sig - parses DKIM-Signature and ARC-Message-Signature fields. */
#include <config.h>

#include "base/encode.h"
#include "mail/address.h"
#include "mail/chars.h"
#include "auth/dkim_sig.h"

enum dkim_algorithm
dkim_algorithm_of(struct bytes name)
{
	if (bytes_ieq_str(name, "rsa-sha256"))
		return DKIM_RSA_SHA256;
	if (bytes_ieq_str(name, "ed25519-sha256"))
		return DKIM_ED25519_SHA256;
	if (bytes_ieq_str(name, "rsa-sha1"))
		return DKIM_RSA_SHA1;
	return DKIM_ALGORITHM_UNKNOWN;
}

const char *
dkim_sig_key_name(struct arena *a, struct bytes selector,
    struct bytes domain)
{
	return arena_printf(a, BYTES_FMT "._domainkey." BYTES_FMT,
	    BYTES_ARG(selector), BYTES_ARG(domain));
}

static bool
is_label_char(char c)
{
	return char_is_alpha(c) || char_is_digit(c) || c == '-' || c == '_';
}

/* Has it labels of valid length, with characters of hosts and keys? */
static bool
is_dns_name(struct bytes b)
{
	size_t label = 0;

	if (b.len == 0 || b.len > ADDRESS_DOMAIN_MAX - 2)
		return false;
	for (size_t i = 0; i < b.len; i++) {
		if (b.data[i] == '.') {
			if (label == 0)
				return false;
			label = 0;
		} else if (!is_label_char(b.data[i]) || ++label > 63)
			return false;
	}
	return label > 0;
}

int
dkim_name_parse(struct arena *a, struct bytes text, struct bytes *out,
    struct err *err)
{
	char *copy;

	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.data[i] >= 0x80)
			return address_domain_parse(a, text, out, err);
	if (!is_dns_name(text))
		return err_set(err, ERR_SYNTAX, "'" BYTES_FMT
		    "' is not a DNS name", BYTES_ARG(text));
	copy = arena_memdup(a, text.data, text.len);
	for (size_t i = 0; i < text.len; i++)
		if (copy[i] >= 'A' && copy[i] <= 'Z')
			copy[i] = (char)(copy[i] + 32);
	*out = bytes_make(copy, text.len);
	return 0;
}

/* ---- tags ------------------------------------------------------------ */

static int
need(const struct dkim_sig *s, const char *name, struct bytes *out,
    struct err *err)
{
	const struct bytes *v = taglist_find(&s->tags, name);

	if (v == NULL)
		return err_set(err, ERR_SYNTAX, "no %s= tag", name);
	if (v->len == 0)
		return err_set(err, ERR_SYNTAX, "empty %s= tag", name);
	*out = *v;
	return 0;
}

static int
need_name(struct arena *a, const struct dkim_sig *s, const char *name,
    struct bytes *out, struct err *err)
{
	struct bytes v;

	if (need(s, name, &v, err) == -1 ||
	    dkim_name_parse(a, v, out, err) == -1)
		return err_wrap(err, "%s=", name);
	return 0;
}

static int
need_base64(struct arena *a, const struct dkim_sig *s, const char *name,
    struct bytes *out, struct err *err)
{
	struct buf b = BUF_INIT;
	struct bytes v;
	int rc;

	if (need(s, name, &v, err) == -1)
		return -1;
	rc = base64_decode(&b, taglist_squeeze(a, v));
	if (rc == 0)
		*out = bytes_dup(a, buf_view(&b));
	buf_free(&b);
	return rc == 0 ? 0 : err_set(err, ERR_SYNTAX,
	    "%s= is not base64", name);
}

static int
read_number(const struct dkim_sig *s, const char *name, uint64_t *out,
    struct err *err)
{
	const struct bytes *v = taglist_find(&s->tags, name);

	if (v != NULL && decimal_parse(*v, UINT64_MAX - 1, out) == -1)
		return err_set(err, ERR_SYNTAX, "%s= is not a number", name);
	return 0;
}

static int
canon_kind_parse(struct bytes word, enum canon_kind *out)
{
	if (bytes_ieq_str(word, "simple"))
		*out = CANON_SIMPLE;
	else if (bytes_ieq_str(word, "relaxed"))
		*out = CANON_RELAXED;
	else
		return -1;
	return 0;
}

/* "header/body"; a missing part means simple. */
static int
read_canon(struct dkim_sig *s, struct err *err)
{
	const struct bytes *v = taglist_find(&s->tags, "c");
	struct bytes head, body = BYTES("simple");
	ptrdiff_t slash;

	if (v == NULL)
		return 0;
	head = *v;
	if ((slash = bytes_index(*v, '/')) >= 0) {
		head.len = (size_t)slash;
		body = bytes_from(*v, (size_t)slash + 1);
	}
	if (canon_kind_parse(head, &s->header_canon) == -1 ||
	    canon_kind_parse(body, &s->body_canon) == -1)
		return err_set(err, ERR_SYNTAX,
		    "unknown canonicalization '" BYTES_FMT "'",
		    BYTES_ARG(*v));
	return 0;
}

static int
read_names(struct dkim_sig *s, bool arc, struct err *err)
{
	struct bytes item;
	size_t pos = 0, n = 0;
	bool from = false;

	if (need(s, "h", &s->names, err) == -1)
		return -1;
	while (taglist_item(s->names, &pos, &item)) {
		if (item.len == 0)
			return err_set(err, ERR_SYNTAX,
			    "h= has an empty name");
		/* RFC 8617 4.1.2: the seal is added later. */
		if (arc && bytes_ieq_str(item, "ARC-Seal"))
			return err_set(err, ERR_SYNTAX,
			    "h= names ARC-Seal");
		from = from || bytes_ieq_str(item, "From");
		n++;
	}
	if (n > DKIM_SIG_NAMES_MAX)
		return err_code(err, ERR_REFUSED, ERR_CODE_LIMIT,
		    "h= has more than %d names", DKIM_SIG_NAMES_MAX);
	if (!from)
		return err_set(err, ERR_SYNTAX, "h= does not name From");
	return 0;
}

static int
read_version(const struct dkim_sig *s, struct err *err)
{
	const struct bytes *v = taglist_find(&s->tags, "v");

	if (v == NULL)
		return err_set(err, ERR_SYNTAX, "no v= tag");
	if (!bytes_eq_str(*v, "1"))
		return err_set(err, ERR_SYNTAX, "unknown version");
	return 0;
}

/* The domain of i= must be d= or a subdomain of it (RFC 6376 3.5). */
static int
read_identity(struct arena *a, struct dkim_sig *s, struct err *err)
{
	const struct bytes *v = taglist_find(&s->tags, "i");
	struct bytes host, tail;

	if (v == NULL)
		return 0;
	if (address_at(*v) < 0 || dkim_name_parse(a, address_domain_part(*v),
	    &host, err) == -1)
		return err_set(err, ERR_SYNTAX, "malformed i=");
	s->identity = *v;
	tail = bytes_from(host, host.len > s->domain.len ?
	    host.len - s->domain.len : 0);
	if (!bytes_eq(tail, s->domain) || (host.len > s->domain.len &&
	    host.data[host.len - s->domain.len - 1] != '.'))
		return err_set(err, ERR_SYNTAX, "i= is not below d=");
	return 0;
}

static int
read_rest(struct arena *a, struct dkim_sig *s, bool arc, struct err *err)
{
	const struct bytes *q = taglist_find(&s->tags, "q");

	if (q != NULL && !taglist_has_item(*q, "dns/txt") &&
	    !taglist_has_item(*q, "dns"))
		return err_set(err, ERR_SYNTAX, "unknown query method");
	if (read_number(s, "l", &s->limit, err) == -1 ||
	    read_number(s, "t", &s->signed_at, err) == -1 ||
	    read_number(s, "x", &s->expires_at, err) == -1)
		return -1;
	if (s->expires_at > 0 && s->expires_at < s->signed_at)
		return err_set(err, ERR_SYNTAX, "x= is before t=");
	return arc ? 0 : read_identity(a, s, err);
}

int
dkim_sig_parse(struct arena *a, struct bytes value, bool arc,
    struct dkim_sig *s, struct err *err)
{
	memset(s, 0, sizeof(*s));
	s->limit = CANON_NO_LIMIT;
	s->algorithm = DKIM_ALGORITHM_UNKNOWN;
	if (value.len > DKIM_SIG_LEN_MAX)
		return err_code(err, ERR_REFUSED, ERR_CODE_LIMIT,
		    "longer than %d bytes", DKIM_SIG_LEN_MAX);
	if (taglist_parse(value, &s->tags, err) == -1)
		return -1;
	/* Parse what names the signature first, so that it can be reported. */
	if (need_name(a, s, "d", &s->domain, err) == -1 ||
	    need_name(a, s, "s", &s->selector, err) == -1)
		return -1;
	if (need(s, "a", &s->algorithm_name, err) == -1)
		return -1;
	s->algorithm = dkim_algorithm_of(s->algorithm_name);
	if (s->algorithm == DKIM_ALGORITHM_UNKNOWN)
		return err_set(err, ERR_SYNTAX, "unknown algorithm '"
		    BYTES_FMT "'", BYTES_ARG(s->algorithm_name));
	if (s->selector.len > DKIM_SELECTOR_MAX)
		return err_set(err, ERR_SYNTAX, "s= is too long");
	if ((!arc && read_version(s, err) == -1) ||
	    read_canon(s, err) == -1 || read_names(s, arc, err) == -1 ||
	    need_base64(a, s, "bh", &s->hash, err) == -1 ||
	    need_base64(a, s, "b", &s->signature, err) == -1)
		return -1;
	return read_rest(a, s, arc, err);
}
