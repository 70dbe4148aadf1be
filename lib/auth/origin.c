/* origin - encodes the origin of a message, seals it, and opens it again. */
#include <config.h>

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/random.h"
#include "auth/origin.h"

#define LINE_VERSION		"v1 "
#define AAD		"Postern-Origin v1"

#define KEY_ID_LEN	4
#define NONCE_LEN	12
#define TAG_LEN		16
#define BOX_HEAD_LEN	(ORIGIN_TOKEN_LEN + 2)

/*
 * BASE64_LEN_MAX is ORIGIN_LINE_MAX without "Postern-Origin: v1 ", in groups
 * of four; PIECE_LEN_MAX is what remains for the piece.  16 lines hold all
 * fields at their maximum length.
 */
#define BASE64_LEN_MAX	((ORIGIN_LINE_MAX - 19) / 4 * 4)
#define BLOB_LEN_MAX	(BASE64_LEN_MAX / 4 * 3)
#define PIECE_LEN_MAX	(BLOB_LEN_MAX - KEY_ID_LEN - NONCE_LEN - TAG_LEN - \
			    BOX_HEAD_LEN)

/* How much the clocks of two hosts may differ. */
#define FUTURE_MAX_S	86400

enum tag {
	TAG_CLIENT_IP = 1,
	TAG_CLIENT_NAME,
	TAG_HELO,
	TAG_MAIL_FROM,
	TAG_FROM,
	TAG_AUTH_USER,
	TAG_TLS,
	TAG_QUEUE_ID,
	TAG_CHECKS,		/* a byte for each check: see check_byte() */
	TAG_FROM_ORG_DOMAIN,
	TAG_DKIM,
	TAG_NETWORK,
	TAG_DNSBL,
	TAG_DNSWL
};

/* Indexes into TAG_CHECKS.  Later versions may append; older ones have less. */
enum check_at {
	CHECK_SPF,
	CHECK_SPF_HELO,
	CHECK_IPREV,
	CHECK_DMARC,
	CHECK_ARC,
	CHECK_ALIGNED,
	CHECK_DMARC_WANTS,
	CHECK_COUNT
};

#define NETWORK_LEN_MAX	48	/* IPv6 with prefix length needs 43 */

_Static_assert((7 + ORIGIN_FROM_MAX) * (ORIGIN_FIELD_MAX + 3) +
    (1 + ORIGIN_DKIM_MAX) * (ORIGIN_DOMAIN_MAX + 3) +
    2 * (ORIGIN_LISTS_MAX + 3) + ORIGIN_NETWORKS * (NETWORK_LEN_MAX + 3) +
    CHECK_COUNT + 3 <= ORIGIN_LINES_MAX * PIECE_LEN_MAX,
    "all fields fit into all lines");

void
origin_token_new(uint8_t token[ORIGIN_TOKEN_LEN], time_t now)
{
	be32_put(token, (uint32_t)now);
	random_bytes(token + 4, ORIGIN_TOKEN_LEN - 4);
}

bool
origin_is_sealed(const struct origin *o)
{
	static const uint8_t zeroes[ORIGIN_TOKEN_LEN];

	return memcmp(o->token, zeroes, sizeof(zeroes)) != 0;
}

/* Returns the time in the token. */
static time_t
origin_time(const struct origin *o)
{
	return (time_t)be32_get(o->token);
}

static void
field_add(struct buf *out, enum tag tag, struct bytes value)
{
	char len[2];

	if (value.len > ORIGIN_FIELD_MAX)
		return;
	buf_byte(out, (char)tag);
	be16_put(len, (uint16_t)value.len);
	buf_add(out, len, sizeof(len));
	buf_bytes(out, value);
}

static void
short_add(struct buf *out, enum tag tag, struct bytes value, size_t max)
{
	if (value.len > 0 && value.len <= max)
		field_add(out, tag, value);
}

static void
checks_encode(const struct origin *o, struct buf *out)
{
	const uint8_t checks[CHECK_COUNT] = {
		[CHECK_SPF] = (uint8_t)o->spf,
		[CHECK_SPF_HELO] = (uint8_t)o->spf_helo,
		[CHECK_IPREV] = (uint8_t)o->iprev,
		[CHECK_DMARC] = (uint8_t)o->dmarc,
		[CHECK_ARC] = (uint8_t)o->arc,
		[CHECK_ALIGNED] = (uint8_t)o->aligned,
		[CHECK_DMARC_WANTS] = (uint8_t)o->dmarc_wants,
	};

	if (!o->has_checks)
		return;
	field_add(out, TAG_CHECKS, bytes_make(checks, sizeof(checks)));
	short_add(out, TAG_FROM_ORG_DOMAIN, o->from_org_domain,
	    ORIGIN_DOMAIN_MAX);
	for (size_t i = 0; i < o->ndkim; i++)
		short_add(out, TAG_DKIM, o->dkim[i], ORIGIN_DOMAIN_MAX);
	for (size_t i = 0; i < o->nnetworks; i++)
		short_add(out, TAG_NETWORK, o->networks[i], NETWORK_LEN_MAX);
	short_add(out, TAG_DNSBL, o->dnsbl, ORIGIN_LISTS_MAX);
	short_add(out, TAG_DNSWL, o->dnswl, ORIGIN_LISTS_MAX);
}

static void
fields_encode(const struct origin *o, struct buf *out)
{
	const struct {
		enum tag tag;
		struct bytes value;
	} rows[] = {
		{ TAG_CLIENT_IP, o->client_ip },
		{ TAG_CLIENT_NAME, o->client_name },
		{ TAG_HELO, o->helo },
		{ TAG_AUTH_USER, o->auth_user },
		{ TAG_TLS, o->tls },
		{ TAG_QUEUE_ID, o->queue_id },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].value.len > 0)
			field_add(out, rows[i].tag, rows[i].value);
	/* An empty one has a meaning: it is a bounce. */
	if (o->has_mail_from)
		field_add(out, TAG_MAIL_FROM, o->mail_from);
	for (size_t i = 0; i < o->nfrom; i++)
		field_add(out, TAG_FROM, o->from[i]);
	checks_encode(o, out);
}

void
origin_encode(const struct origin *o, struct buf *out)
{
	buf_add(out, o->token, sizeof(o->token));
	fields_encode(o, out);
}

/* Returns 0 (unchecked) for a missing check or a newer version's value. */
static uint8_t
check_byte(struct bytes checks, enum check_at at, unsigned max)
{
	uint8_t v;

	if ((size_t)at >= checks.len)
		return 0;
	v = (uint8_t)checks.data[at];
	return v > max ? 0 : v;
}

static void
checks_set(struct origin *o, struct bytes v)
{
	o->has_checks = true;
	o->spf = check_byte(v, CHECK_SPF, ORIGIN_PERMERROR);
	o->spf_helo = check_byte(v, CHECK_SPF_HELO, ORIGIN_PERMERROR);
	o->iprev = check_byte(v, CHECK_IPREV, ORIGIN_PERMERROR);
	o->dmarc = check_byte(v, CHECK_DMARC, ORIGIN_PERMERROR);
	o->arc = check_byte(v, CHECK_ARC, ORIGIN_PERMERROR);
	o->aligned = check_byte(v, CHECK_ALIGNED, ORIGIN_ALIGNED_STRICT);
	o->dmarc_wants = check_byte(v, CHECK_DMARC_WANTS,
	    ORIGIN_DMARC_REJECT);
}

/* Sets a field of verification; ignores unknown ones, from newer versions. */
static void
check_field_set(struct origin *o, uint8_t tag, struct bytes value)
{
	switch (tag) {
	case TAG_CHECKS:
		checks_set(o, value);
		break;
	case TAG_FROM_ORG_DOMAIN:
		o->from_org_domain = value;
		break;
	case TAG_DKIM:
		if (o->ndkim < ORIGIN_DKIM_MAX)
			o->dkim[o->ndkim++] = value;
		break;
	case TAG_NETWORK:
		if (o->nnetworks < ORIGIN_NETWORKS)
			o->networks[o->nnetworks++] = value;
		break;
	case TAG_DNSBL:
		o->dnsbl = value;
		break;
	case TAG_DNSWL:
		o->dnswl = value;
		break;
	default:
		break;
	}
}

static void
field_set(struct origin *o, uint8_t tag, struct bytes value)
{
	switch (tag) {
	case TAG_CLIENT_IP:
		o->client_ip = value;
		break;
	case TAG_CLIENT_NAME:
		o->client_name = value;
		break;
	case TAG_HELO:
		o->helo = value;
		break;
	case TAG_MAIL_FROM:
		o->mail_from = value;
		o->has_mail_from = true;
		break;
	case TAG_FROM:
		if (o->nfrom < ORIGIN_FROM_MAX)
			o->from[o->nfrom++] = value;
		break;
	case TAG_AUTH_USER:
		o->auth_user = value;
		break;
	case TAG_TLS:
		o->tls = value;
		break;
	case TAG_QUEUE_ID:
		o->queue_id = value;
		break;
	default:
		check_field_set(o, tag, value);
		break;
	}
}

int
origin_decode(struct bytes in, struct origin *o, struct err *err)
{
	size_t len;

	memset(o, 0, sizeof(*o));
	if (in.len < ORIGIN_TOKEN_LEN)
		return err_set(err, ERR_SYNTAX, "the origin has no token");
	memcpy(o->token, in.data, ORIGIN_TOKEN_LEN);
	in.data += ORIGIN_TOKEN_LEN;
	in.len -= ORIGIN_TOKEN_LEN;
	while (in.len > 0) {
		if (in.len < 3 || (len = be16_get(in.data + 1)) > in.len - 3)
			return err_set(err, ERR_SYNTAX,
			    "a field of the origin is cut off");
		if (len > ORIGIN_FIELD_MAX)
			return err_set(err, ERR_SYNTAX,
			    "a field of the origin is too long");
		field_set(o, (uint8_t)in.data[0],
		    bytes_make(in.data + 3, len));
		in.data += 3 + len;
		in.len -= 3 + len;
	}
	return 0;
}

/* nonce has 12 bytes, out has space for in.len + TAG_LEN.  Returns 0 or -1. */
static int
box_close(const struct keyfile_key *key, const uint8_t *nonce,
    struct bytes in, uint8_t *out)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n, rc = -1;

	if (c != NULL &&
	    EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, key->bytes,
	    nonce) == 1 &&
	    EVP_EncryptUpdate(c, NULL, &n, (const uint8_t *)AAD,
	    (int)strlen(AAD)) == 1 &&
	    EVP_EncryptUpdate(c, out, &n, (const uint8_t *)in.data,
	    (int)in.len) == 1 &&
	    EVP_EncryptFinal_ex(c, out + n, &n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG_LEN,
	    out + in.len) == 1)
		rc = 0;
	EVP_CIPHER_CTX_free(c);
	return rc;
}

/* in is box and tag; out has space for in.len - TAG_LEN.  Returns 0 or -1. */
static int
box_open(const struct keyfile_key *key, const uint8_t *nonce,
    struct bytes in, uint8_t *out)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	size_t len = in.len - TAG_LEN;
	uint8_t tag[TAG_LEN];
	int n, rc = -1;

	memcpy(tag, in.data + len, TAG_LEN);
	if (c != NULL &&
	    EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, key->bytes,
	    nonce) == 1 &&
	    EVP_DecryptUpdate(c, NULL, &n, (const uint8_t *)AAD,
	    (int)strlen(AAD)) == 1 &&
	    EVP_DecryptUpdate(c, out, &n, (const uint8_t *)in.data,
	    (int)len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_LEN, tag) == 1 &&
	    EVP_DecryptFinal_ex(c, out + n, &n) == 1)
		rc = 0;
	EVP_CIPHER_CTX_free(c);
	return rc;
}

/* Makes the value of one line with one piece. */
static int
line_seal(const struct keyfile_key *key, struct bytes head,
    struct bytes piece, struct arena *arena, struct bytes *value,
    struct err *err)
{
	struct buf box = BUF_INIT, line = BUF_INIT;
	uint8_t blob[BLOB_LEN_MAX];
	size_t len;
	int rc = 0;

	buf_bytes(&box, head);
	buf_bytes(&box, piece);
	be32_put(blob, key->id);
	random_bytes(blob + KEY_ID_LEN, NONCE_LEN);
	if (box_close(key, blob + KEY_ID_LEN, buf_view(&box),
	    blob + KEY_ID_LEN + NONCE_LEN) == -1)
		rc = err_set(err, ERR_TEMP, "cannot seal the origin");
	else {
		len = KEY_ID_LEN + NONCE_LEN + box.len + TAG_LEN;
		buf_str(&line, LINE_VERSION);
		base64_encode(&line, bytes_make(blob, len));
		*value = bytes_dup(arena, buf_view(&line));
	}
	buf_free(&line);
	buf_free(&box);
	return rc;
}

int
origin_seal(const struct keyfile *keys, const struct origin *o,
    struct arena *arena, struct bytes values[ORIGIN_LINES_MAX],
    struct err *err)
{
	struct buf fields = BUF_INIT;
	uint8_t head[BOX_HEAD_LEN];
	size_t parts, at, n;
	int rc = 0;

	fields_encode(o, &fields);
	parts = fields.len == 0 ? 1 :
	    (fields.len + PIECE_LEN_MAX - 1) / PIECE_LEN_MAX;
	memcpy(head, o->token, ORIGIN_TOKEN_LEN);
	head[ORIGIN_TOKEN_LEN + 1] = (uint8_t)parts;
	for (size_t i = 0; i < parts && rc == 0; i++) {
		at = i * PIECE_LEN_MAX;
		n = fields.len - at;
		head[ORIGIN_TOKEN_LEN] = (uint8_t)i;
		rc = line_seal(keyfile_first(keys),
		    bytes_make(head, sizeof(head)), bytes_make(
		    fields.data == NULL ? "" : fields.data + at,
		    n > PIECE_LEN_MAX ? PIECE_LEN_MAX : n), arena,
		    &values[i], err);
	}
	buf_free(&fields);
	return rc == -1 ? -1 : (int)parts;
}

/* A line that was opened. */
struct part {
	struct bytes token;
	uint8_t number, of;
	struct bytes piece;
};

/* Returns 0, or -1 with the reason. */
static int
line_open(const struct keyfile *keys, struct bytes value, struct arena *arena,
    struct part *part, struct err *err)
{
	const struct keyfile_key *key;
	struct buf blob = BUF_INIT;
	struct bytes box;
	uint8_t *out;
	int rc = -1;

	value = bytes_trim(value);
	if (value.len > ORIGIN_LINE_MAX ||
	    !bytes_has_prefix(value, LINE_VERSION))
		return err_set(err, ERR_REFUSED, "not a line of version 1");
	value.data += strlen(LINE_VERSION);
	value.len -= strlen(LINE_VERSION);
	if (base64_decode(&blob, value) == -1 ||
	    blob.len < KEY_ID_LEN + NONCE_LEN + BOX_HEAD_LEN + TAG_LEN)
		err_set(err, ERR_REFUSED, "not a sealed line");
	else if ((key = keyfile_find(keys, be32_get(blob.data))) == NULL)
		err_set(err, ERR_REFUSED, "sealed with an unknown key");
	else {
		box = bytes_make(blob.data + KEY_ID_LEN + NONCE_LEN,
		    blob.len - KEY_ID_LEN - NONCE_LEN);
		out = arena_alloc(arena, box.len);
		if (box_open(key, (uint8_t *)blob.data + KEY_ID_LEN, box,
		    out) == -1)
			err_set(err, ERR_REFUSED, "tampered with");
		else {
			part->token = bytes_make(out, ORIGIN_TOKEN_LEN);
			part->number = out[ORIGIN_TOKEN_LEN];
			part->of = out[ORIGIN_TOKEN_LEN + 1];
			part->piece = bytes_make(out + BOX_HEAD_LEN,
			    box.len - TAG_LEN - BOX_HEAD_LEN);
			rc = 0;
		}
	}
	buf_free(&blob);
	return rc;
}

/* Appends token and fields of the parts of the same set as one.  0 or -1. */
static int
parts_join(const struct part *parts, size_t nparts, const struct part *one,
    struct buf *out)
{
	size_t i;

	buf_clear(out);
	buf_bytes(out, one->token);
	for (unsigned number = 0; number < one->of; number++) {
		for (i = 0; i < nparts; i++)
			if (parts[i].number == number &&
			    parts[i].of == one->of &&
			    bytes_eq(parts[i].token, one->token))
				break;
		if (i == nparts)
			return -1;
		buf_bytes(out, parts[i].piece);
	}
	return 0;
}

static int
age_check(const struct origin *o, time_t now, unsigned age_max_s,
    struct err *err)
{
	time_t sealed = origin_time(o);

	if (sealed < now - (time_t)age_max_s)
		return err_set(err, ERR_REFUSED, "sealed too long ago");
	if (sealed > now + FUTURE_MAX_S)
		return err_set(err, ERR_REFUSED, "sealed in the future");
	return 0;
}

int
origin_open(const struct keyfile *keys, const struct origin_lines *lines,
    struct arena *arena, struct origin *o, struct err *err)
{
	struct part parts[ORIGIN_LINES_MAX];
	struct buf fields = BUF_INIT;
	struct bytes joined;
	size_t nparts = 0;
	bool is_whole = false;

	memset(o, 0, sizeof(*o));
	err_set(err, ERR_REFUSED, "no origin");
	for (size_t i = 0; i < lines->n && i < ORIGIN_LINES_MAX; i++)
		if (line_open(keys, lines->values[i], arena, &parts[nparts],
		    err) == 0)
			nparts++;
	for (size_t i = 0; i < nparts && !is_whole; i++)
		is_whole = parts_join(parts, nparts, &parts[i], &fields) == 0;
	joined = bytes_dup(arena, buf_view(&fields));
	buf_free(&fields);
	if (!is_whole)
		return nparts == 0 ? -1 :
		    err_set(err, ERR_REFUSED, "a line is missing");
	if (origin_decode(joined, o, err) == -1) {
		err->kind = ERR_REFUSED;
		return -1;
	}
	return age_check(o, lines->now, lines->age_max_s, err);
}
