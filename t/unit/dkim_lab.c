/* dkim_lab - the DNS table, the keys and the signer for tests of signatures. */
#include <config.h>

#include <sys/types.h>

#include <opendkim/dkim.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/clock.h"
#include "base/encode.h"
#include "mail/header.h"
#include "t/unit/dkim_lab.h"

/* ---- the DNS --------------------------------------------------------- */

static struct lab_name *
name_find(struct lab *lab, const char *name)
{
	for (size_t i = 0; i < lab->n; i++)
		if (strcmp(lab->names[i].name, name) == 0)
			return &lab->names[i];
	return NULL;
}

struct lab_name *
lab_txt(struct lab *lab, const char *name, const char *txt)
{
	struct lab_name *n = name_find(lab, name);

	if (n == NULL) {
		if (lab->n == LAB_NAMES_MAX)
			abort();
		n = &lab->names[lab->n++];
		n->name = arena_strdup(&lab->arena, name);
		n->status = DKIM_KEY_FOUND;
	}
	if (txt != NULL)
		n->txt[n->n++] = arena_strdup(&lab->arena, txt);
	return n;
}

static void
on_start(void *ctx, const char *name)
{
	struct lab *lab = ctx;

	lab->starts++;
	if (lab->lookups > 0)
		lab->late = true;
}

static enum dkim_key_status
on_lookup(void *ctx, struct arena *a, const char *name, uint64_t deadline_ms,
    struct bytes **txt, size_t *n, bool *secure)
{
	struct lab *lab = ctx;
	const struct lab_name *found = name_find(lab, name);

	lab->lookups++;
	if (found == NULL)
		return DKIM_KEY_NONE;
	*txt = arena_array(a, 4, sizeof(**txt));
	for (*n = 0; *n < found->n; ++*n)
		(*txt)[*n] = bytes_dup(a, bytes_of(found->txt[*n]));
	*secure = found->secure;
	return found->status;
}

void
lab_init(struct lab *lab)
{
	struct err err = ERR_INIT;

	memset(lab, 0, sizeof(*lab));
	arena_init(&lab->arena);
	lab->keys = (struct dkim_key_source){ lab, on_start, on_lookup };
	if (dkim_engine_new(0, &lab->engine, &err) == -1)
		fatal("%s", err.text);
}

void
lab_clear(struct lab *lab)
{
	dkim_engine_free(&lab->engine);
	arena_clear(&lab->arena);
}

/* ---- keys ------------------------------------------------------------ */

EVP_PKEY *
lab_key(unsigned bits)
{
	EVP_PKEY *key = bits == 0 ?
	    EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") : EVP_RSA_gen(bits);

	if (key == NULL)
		fatal("cannot make a key");
	return key;
}

const char *
lab_record(struct lab *lab, EVP_PKEY *key)
{
	struct dkim_key k = { .key = key };
	struct buf b = BUF_INIT;
	const char *text;

	k.algorithm = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA ?
	    DKIM_RSA_SHA256 : DKIM_ED25519_SHA256;
	dkim_key_record(&k, &b);
	text = arena_strdup(&lab->arena, buf_cstr(&b));
	buf_free(&b);
	return text;
}

void
lab_publish(struct lab *lab, const char *selector, const char *domain,
    EVP_PKEY *key)
{
	(void)lab_txt(lab, arena_printf(&lab->arena, "%s._domainkey.%s",
	    selector, domain), lab_record(lab, key));
}

/* ---- messages -------------------------------------------------------- */

void
lab_feed(struct bytes message, size_t cut, const struct lab_sink *sink)
{
	size_t len = header_length(message), n;
	struct header_iter it = header_iter_of(bytes_make(message.data, len));
	struct header_field f;
	struct bytes rest = bytes_from(message, len);
	struct buf value = BUF_INIT;

	while (header_next(&it, &f)) {
		buf_clear(&value);
		for (size_t i = 0; i < f.value.len; i++)
			if (f.value.data[i] != '\r')
				buf_byte(&value, f.value.data[i]);
		sink->header(sink->ctx, f.name, buf_view(&value));
	}
	buf_free(&value);
	if (sink->eoh != NULL)
		sink->eoh(sink->ctx);
	for (; rest.len > 0; rest = bytes_from(rest, n)) {
		n = rest.len < cut ? rest.len : cut;
		sink->body(sink->ctx, bytes_make(rest.data, n));
	}
}

static char *
key_text(EVP_PKEY *key, struct arena *a)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *text;
	long n;

	if (PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL,
	    NULL) != 1)
		fatal("cannot write a key");
	n = BIO_get_mem_data(bio, &data);
	text = arena_memdup(a, data, (size_t)n);
	BIO_free(bio);
	return text;
}

static void
sign_feed(DKIM *d, struct arena *a, struct bytes message)
{
	size_t len = header_length(message);
	struct header_iter it = header_iter_of(bytes_make(message.data, len));
	struct bytes body = bytes_from(message, len);
	struct header_field f;
	struct bytes raw;

	while (header_next(&it, &f)) {
		raw = bytes_make(f.raw.data, f.raw.len - 2);
		if (dkim_header(d, (u_char *)arena_memdup(a, raw.data,
		    raw.len), raw.len) != DKIM_STAT_OK)
			fatal("dkim_header");
	}
	if (dkim_eoh(d) != DKIM_STAT_OK)
		fatal("dkim_eoh");
	if (body.len > 0 && dkim_body(d, (u_char *)(uintptr_t)body.data,
	    body.len) != DKIM_STAT_OK)
		fatal("dkim_body");
	if (dkim_eom(d, NULL) != DKIM_STAT_OK)
		fatal("dkim_eom: %s", dkim_geterror(d));
}

/*
 * libopendkim leaks a key with each Ed25519 signature that it makes.  Postern
 * never makes one with it.
 */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

struct bytes
lab_sign(struct lab *lab, const struct lab_sign *how, struct bytes message)
{
	static DKIM_LIB *lib;
	struct buf out = BUF_INIT;
	struct bytes made;
	u_char *sig;
	size_t n;
	DKIM_STAT st;
	unsigned flags = how->limit >= 0 ? DKIM_LIBFLAGS_SIGNLEN : 0;
	uint64_t ttl = how->ttl;
	unsigned bits = 512;
	DKIM *d;

	if (lib == NULL)
		lib = dkim_init(NULL, NULL);
	(void)dkim_options(lib, DKIM_OP_SETOPT, DKIM_OPTS_FLAGS, &flags,
	    sizeof(flags));
	(void)dkim_options(lib, DKIM_OP_SETOPT, DKIM_OPTS_SIGNATURETTL, &ttl,
	    sizeof(ttl));
	(void)dkim_options(lib, DKIM_OP_SETOPT, DKIM_OPTS_SIGNHDRS,
	    how->names, sizeof(const char **));
	(void)dkim_options(lib, DKIM_OP_SETOPT, DKIM_OPTS_MINKEYBITS, &bits,
	    sizeof(bits));
	d = dkim_sign(lib, (const u_char *)"lab", NULL,
	    (dkim_sigkey_t)key_text(how->key, &lab->arena),
	    (const u_char *)how->selector, (const u_char *)how->domain,
	    how->header_canon, how->body_canon, how->algorithm, how->limit,
	    &st);
	if (d == NULL || (how->signer != NULL && dkim_set_signer(d,
	    (const u_char *)how->signer) != DKIM_STAT_OK))
		fatal("dkim_sign");
	if (__lsan_disable != NULL)
		__lsan_disable();
	sign_feed(d, &lab->arena, message);
	if (__lsan_enable != NULL)
		__lsan_enable();
	if (dkim_getsighdr_d(d, strlen(DKIM_SIGNHEADER) + 2, &sig, &n) !=
	    DKIM_STAT_OK)
		fatal("dkim_getsighdr");
	buf_str(&out, DKIM_SIGNHEADER ": ");
	buf_add(&out, sig, n);
	buf_str(&out, "\r\n");
	buf_bytes(&out, message);
	made = bytes_dup(&lab->arena, buf_view(&out));
	buf_free(&out);
	(void)dkim_free(d);
	return made;
}

/* ---- verifiers ------------------------------------------------------- */

static void
take_dkim_header(void *v, struct bytes name, struct bytes value)
{
	dkim_verify_header(v, name, value);
}

static void
take_dkim_eoh(void *v)
{
	dkim_verify_eoh(v);
}

static void
take_dkim_body(void *v, struct bytes piece)
{
	dkim_verify_body(v, piece);
}

struct lab_sink
lab_sink_dkim(struct dkim_verify *v)
{
	return (struct lab_sink){ v, take_dkim_header, take_dkim_eoh,
	    take_dkim_body };
}

static void
take_arc_header(void *c, struct bytes name, struct bytes value)
{
	arc_header(c, name, value);
}

static void
take_arc_eoh(void *c)
{
	arc_eoh(c);
}

static void
take_arc_body(void *c, struct bytes piece)
{
	arc_body(c, piece);
}

struct lab_sink
lab_sink_arc(struct arc *c)
{
	return (struct lab_sink){ c, take_arc_header, take_arc_eoh,
	    take_arc_body };
}

struct dkim_results
lab_verify(struct lab *lab, struct bytes message, size_t cut)
{
	struct dkim_verify *v = dkim_verify_new(lab->engine, &lab->keys, 10);
	struct lab_sink sink = lab_sink_dkim(v);
	struct dkim_results r;

	lab_feed(message, cut, &sink);
	dkim_verify_finish(v, &lab->arena, clock_mono_ms() + 1000, &r);
	dkim_verify_free(&v);
	return r;
}
