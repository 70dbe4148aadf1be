/* canon - canonicalizes fields and bodies, and hashes them with SHA-256. */
#include <config.h>

#include <openssl/evp.h>

#include "base/err.h"
#include "mail/chars.h"
#include "auth/canon.h"

/* ---- hash ------------------------------------------------------------ */

static void
hash_flush(struct canon_hash *h)
{
	if (h->n > 0 && EVP_DigestUpdate(h->md, h->out, h->n) != 1)
		fatal("SHA-256 failed");
	h->n = 0;
}

void
canon_hash_init(struct canon_hash *h)
{
	h->n = 0;
	if ((h->md = EVP_MD_CTX_new()) == NULL ||
	    EVP_DigestInit_ex(h->md, EVP_sha256(), NULL) != 1)
		fatal("cannot begin a SHA-256 hash");
}

static void
canon_hash_add(struct canon_hash *h, struct bytes b)
{
	if (b.len > sizeof(h->out) - h->n) {
		hash_flush(h);
		if (b.len > sizeof(h->out)) {
			if (EVP_DigestUpdate(h->md, b.data, b.len) != 1)
				fatal("SHA-256 failed");
			return;
		}
	}
	if (b.len > 0)
		memcpy(h->out + h->n, b.data, b.len);
	h->n += b.len;
}

static void
hash_byte(struct canon_hash *h, char c)
{
	if (h->n == sizeof(h->out))
		hash_flush(h);
	h->out[h->n++] = c;
}

void
canon_hash_fork(struct canon_hash *h, struct canon_hash *copy)
{
	hash_flush(h);
	canon_hash_init(copy);
	if (EVP_MD_CTX_copy_ex(copy->md, h->md) != 1)
		fatal("SHA-256 failed");
}

void
canon_hash_final(struct canon_hash *h, uint8_t digest[CANON_DIGEST_LEN])
{
	unsigned len = CANON_DIGEST_LEN;

	hash_flush(h);
	if (EVP_DigestFinal_ex(h->md, digest, &len) != 1)
		fatal("SHA-256 failed");
	canon_hash_clear(h);
}

void
canon_hash_clear(struct canon_hash *h)
{
	EVP_MD_CTX_free(h->md);
	h->md = NULL;
	h->n = 0;
}

/* ---- fields ---------------------------------------------------------- */

/* RFC 6376 3.4.1: unchanged, with CRLF line ends. */
static void
field_simple(struct canon_hash *h, struct bytes name, struct bytes value)
{
	canon_hash_add(h, name);
	hash_byte(h, ':');
	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] == '\n' &&
		    (i == 0 || value.data[i - 1] != '\r'))
			hash_byte(h, '\r');
		hash_byte(h, value.data[i]);
	}
}

/* RFC 6376 3.4.2: lower-case name, white space reduced to one space. */
static void
field_relaxed(struct canon_hash *h, struct bytes name, struct bytes value)
{
	bool space = false;

	name = bytes_trim(name);
	value = bytes_trim(value);
	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];

		hash_byte(h, c >= 'A' && c <= 'Z' ? (char)(c + 32) : c);
	}
	hash_byte(h, ':');
	for (size_t i = 0; i < value.len; i++) {
		if (char_is_space(value.data[i])) {
			space = true;
			continue;
		}
		if (space)
			hash_byte(h, ' ');
		space = false;
		hash_byte(h, value.data[i]);
	}
}

void
canon_field(struct canon_hash *h, enum canon_kind kind, struct bytes name,
    struct bytes value, bool line_end)
{
	if (kind == CANON_SIMPLE)
		field_simple(h, name, value);
	else
		field_relaxed(h, name, value);
	if (line_end)
		canon_hash_add(h, BYTES("\r\n"));
}

/* Is the piece "b=..."?  *keep gets the length of what precedes its value. */
static bool
is_b_tag(struct bytes piece, size_t *keep)
{
	ptrdiff_t eq = bytes_index(piece, '=');

	if (eq < 0 ||
	    !bytes_eq_str(bytes_trim(bytes_make(piece.data, (size_t)eq)), "b"))
		return false;
	*keep = (size_t)eq + 1;
	return true;
}

void
canon_strip_b(struct buf *out, struct bytes value)
{
	struct bytes piece;
	ptrdiff_t at;
	size_t keep;

	while (value.len > 0) {
		at = bytes_index(value, ';');
		piece = bytes_make(value.data,
		    at < 0 ? value.len : (size_t)at);
		value = bytes_from(value, piece.len + (at >= 0));
		keep = piece.len;
		(void)is_b_tag(piece, &keep);
		buf_add(out, piece.data, keep);
		if (at >= 0)
			buf_byte(out, ';');
	}
}

/* ---- bodies ---------------------------------------------------------- */

void
canon_body_init(struct canon_body *b, enum canon_kind kind, uint64_t limit)
{
	b->kind = kind;
	b->limit = limit;
	b->length = b->blank_lines = 0;
	b->has_line = b->has_space = b->has_cr = false;
	canon_hash_init(&b->hash);
}

static void
body_put(struct canon_body *b, struct bytes s)
{
	uint64_t room = b->limit > b->length ? b->limit - b->length : 0;

	b->length += s.len;
	if (s.len > room)
		s.len = (size_t)room;
	canon_hash_add(&b->hash, s);
}

/* Hashes what was held back, because it is inside the body after all. */
static void
body_release(struct canon_body *b)
{
	for (; b->blank_lines > 0; b->blank_lines--)
		body_put(b, BYTES("\r\n"));
	if (b->has_space)
		body_put(b, BYTES(" "));
	b->has_space = false;
}

static void
body_text(struct canon_body *b, struct bytes s)
{
	if (s.len == 0)
		return;
	body_release(b);
	b->has_line = true;
	body_put(b, s);
}

static void
body_line_end(struct canon_body *b)
{
	b->has_space = false;	/* only set if relaxed, where it is dropped */
	if (b->has_line)
		body_put(b, BYTES("\r\n"));
	else
		b->blank_lines++;
	b->has_line = false;
}

static bool
is_end_of_word(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/*
 * Returns the length of what is unchanged at the beginning of s; in relaxed
 * form that includes a single space between two words.
 */
static size_t
plain_length(enum canon_kind kind, struct bytes s)
{
	const char *cr;
	size_t i = 0;

	if (kind == CANON_SIMPLE) {
		cr = memchr(s.data, '\r', s.len);
		return cr == NULL ? s.len : (size_t)(cr - s.data);
	}
	while (i < s.len && (!is_end_of_word(s.data[i]) ||
	    (s.data[i] == ' ' && i + 1 < s.len &&
	    !is_end_of_word(s.data[i + 1]))))
		i++;
	return i;
}

void
canon_body_add(struct canon_body *b, struct bytes s)
{
	size_t n;

	while (s.len > 0) {
		if (b->has_cr) {
			b->has_cr = false;
			if (s.data[0] == '\n') {
				body_line_end(b);
				s = bytes_from(s, 1);
				continue;
			}
			body_text(b, BYTES("\r"));
		}
		if (b->has_space && (s.data[0] == ' ' || s.data[0] == '\t')) {
			s = bytes_from(s, 1);
			continue;
		}
		n = plain_length(b->kind, s);
		body_text(b, bytes_make(s.data, n));
		s = bytes_from(s, n);
		if (s.len == 0)
			break;
		if (s.data[0] == '\r')
			b->has_cr = true;
		else
			b->has_space = true;
		s = bytes_from(s, 1);
	}
}

void
canon_body_final(struct canon_body *b, uint8_t digest[CANON_DIGEST_LEN])
{
	if (b->has_cr)
		body_text(b, BYTES("\r"));
	/* A last line without an end gets one; white space at its end goes. */
	if (b->has_line)
		body_put(b, BYTES("\r\n"));
	/* RFC 6376 3.4.3: an empty body is a line end; 3.4.4: it is empty. */
	if (b->length == 0 && b->kind == CANON_SIMPLE)
		body_put(b, BYTES("\r\n"));
	canon_hash_final(&b->hash, digest);
}

void
canon_body_clear(struct canon_body *b)
{
	canon_hash_clear(&b->hash);
}
