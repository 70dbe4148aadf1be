/* arc - checks the form of an ARC chain, its last signature and its seals. */
#include <config.h>

#include "base/encode.h"
#include "auth/arc.h"
#include "auth/fieldlist.h"

enum part {
	RESULTS,			/* ARC-Authentication-Results */
	MESSAGE_SIGNATURE,
	SEAL,
	PARTS
};

static const char *const part_names[PARTS] = {
	"ARC-Authentication-Results", "ARC-Message-Signature", "ARC-Seal"
};

/* The three fields of one instance; the seal is parsed once all are there. */
struct set {
	const struct field *parts[PARTS];
	struct bytes results;
	const struct taglist *seal;
	struct bytes domain, selector;
	struct bytes signature;
	enum dkim_algorithm algorithm;
	const char *key_name;
};

struct arc {
	struct dkim_key_source keys;
	struct fieldlist fields;
	struct arena arena;
	struct set *sets;		/* room for ARC_SETS_MAX; NULL: none */
	size_t n;
	bool is_header_done;
	bool has_form;			/* the members below are set */
	enum arc_status status;		/* ARC_NONE until decided */
	const char *reason;
	struct dkim_sig message;	/* the last message signature */
	const char *message_key;
	struct canon_body body;		/* by its c=; only if has_form */
};

const char *
arc_status_name(enum arc_status s)
{
	static const char *const names[] = {
		"none", "pass", "fail", "temperror"
	};

	return names[s];
}

struct arc *
arc_new(const struct dkim_key_source *keys)
{
	struct arc *c = calloc(1, sizeof(*c));

	if (c == NULL)
		fatal("out of memory for ARC");
	c->keys = *keys;
	fieldlist_init(&c->fields);
	arena_init(&c->arena);
	return c;
}

void
arc_free(struct arc **cp)
{
	struct arc *c = *cp;

	if (c == NULL)
		return;
	canon_body_clear(&c->body);
	fieldlist_clear(&c->fields);
	arena_clear(&c->arena);
	free(c);
	*cp = NULL;
}

void
arc_header(struct arc *c, struct bytes name, struct bytes value)
{
	fieldlist_add(&c->fields, name, value);
}

/* Sets ARC_FAIL.  Returns -1, so that callers can return it. */
static int
fail(struct arc *c, const char *reason)
{
	if (c->status == ARC_NONE) {
		c->status = ARC_FAIL;
		c->reason = arena_strdup(&c->arena, reason);
	}
	return -1;
}

static int
failf(struct arc *c, size_t instance, const char *reason)
{
	return fail(c, arena_printf(&c->arena, "i=%zu: %s", instance,
	    reason));
}

/* ---- the form of a chain (RFC 8617 4.2.1, 5.2) ------------------------- */

/* "i=1; rest": returns the number, or 0. */
static size_t
results_instance(struct bytes value, struct bytes *rest)
{
	ptrdiff_t semi = bytes_index(value, ';'), eq;
	struct bytes head;
	uint64_t n;

	if (semi < 0)
		return 0;
	head = bytes_make(value.data, (size_t)semi);
	eq = bytes_index(head, '=');
	if (eq < 0 || !bytes_eq_str(bytes_trim(bytes_make(head.data,
	    (size_t)eq)), "i") || decimal_parse(bytes_trim(bytes_from(head,
	    (size_t)eq + 1)), ARC_SETS_MAX, &n) == -1)
		return 0;
	*rest = bytes_trim(bytes_from(value, (size_t)semi + 1));
	return (size_t)n;
}

static size_t
tags_instance(const struct taglist *t)
{
	const struct bytes *v = taglist_find(t, "i");
	uint64_t n;

	if (v == NULL || decimal_parse(*v, ARC_SETS_MAX, &n) == -1)
		return 0;
	return (size_t)n;
}

static int
part_add(struct arc *c, enum part part, const struct field *f)
{
	struct err err = ERR_INIT;
	struct bytes rest = { NULL, 0 };
	struct taglist *tags = NULL;
	size_t i = 0;

	if (c->sets == NULL)
		c->sets = arena_array(&c->arena, ARC_SETS_MAX,
		    sizeof(*c->sets));
	if (part == RESULTS)
		i = results_instance(f->value, &rest);
	else {
		tags = arena_alloc(&c->arena, sizeof(*tags));
		if (taglist_parse(f->value, tags, &err) == 0)
			i = tags_instance(tags);
	}
	if (i == 0)
		return fail(c, arena_printf(&c->arena,
		    "malformed %s", part_names[part]));
	if (c->sets[i - 1].parts[part] != NULL)
		return failf(c, i, "a field occurs twice");
	c->sets[i - 1].parts[part] = f;
	if (part == RESULTS)
		c->sets[i - 1].results = rest;
	if (part == SEAL)
		c->sets[i - 1].seal = tags;
	if (i > c->n)
		c->n = i;
	return 0;
}

static int
collect(struct arc *c)
{
	for (size_t i = 0; i < c->fields.n; i++)
		for (int p = 0; p < PARTS; p++)
			if (field_is(&c->fields.v[i], part_names[p]) &&
			    part_add(c, p, &c->fields.v[i]) == -1)
				return -1;
	for (size_t i = 0; i < c->n; i++)
		for (int p = 0; p < PARTS; p++)
			if (c->sets[i].parts[p] == NULL)
				return failf(c, i + 1, "a field is missing");
	return 0;
}

static int
need_name(struct arc *c, const struct set *s, const char *tag,
    struct bytes *out)
{
	struct err err = ERR_INIT;
	const struct bytes *v = taglist_find(s->seal, tag);

	return v == NULL ? -1 : dkim_name_parse(&c->arena, *v, out, &err);
}

static int
read_seal(struct arc *c, size_t i)
{
	struct set *s = &c->sets[i];
	const struct bytes *a = taglist_find(s->seal, "a");
	const struct bytes *b = taglist_find(s->seal, "b");
	const struct bytes *cv = taglist_find(s->seal, "cv");
	struct buf sig = BUF_INIT;

	if (cv == NULL || !bytes_ieq_str(*cv, i == 0 ? "none" : "pass"))
		return failf(c, i + 1, "the seal's cv= breaks the chain");
	/* RFC 8617 4.1.3: the sealer may not choose what is sealed. */
	if (taglist_find(s->seal, "h") != NULL)
		return failf(c, i + 1, "the seal has an h=");
	if (a == NULL || (s->algorithm = dkim_algorithm_of(*a)) ==
	    DKIM_ALGORITHM_UNKNOWN || s->algorithm == DKIM_RSA_SHA1)
		return failf(c, i + 1, "the seal's algorithm is not usable");
	if (need_name(c, s, "d", &s->domain) == -1 ||
	    need_name(c, s, "s", &s->selector) == -1 || b == NULL)
		return failf(c, i + 1, "malformed ARC-Seal");
	if (base64_decode(&sig, taglist_squeeze(&c->arena, *b)) == 0)
		s->signature = bytes_dup(&c->arena, buf_view(&sig));
	buf_free(&sig);
	if (s->signature.len == 0)
		return failf(c, i + 1, "malformed ARC-Seal");
	s->key_name = dkim_sig_key_name(&c->arena, s->selector, s->domain);
	return 0;
}

static int
read_message_signature(struct arc *c)
{
	const struct field *f = c->sets[c->n - 1].parts[MESSAGE_SIGNATURE];
	struct err err = ERR_INIT;

	if (dkim_sig_parse(&c->arena, f->value, true, &c->message, &err) ==
	    -1)
		return failf(c, c->n, err.text);
	if (c->message.algorithm == DKIM_RSA_SHA1)
		return failf(c, c->n, "rsa-sha1 is not acceptable");
	c->message_key = dkim_sig_key_name(&c->arena, c->message.selector,
	    c->message.domain);
	return 0;
}

/* Returns 0 if the chain has a form that can be verified. */
static int
read_chain(struct arc *c)
{
	if (collect(c) == -1 || c->n == 0)
		return -1;
	if (c->fields.too_large)
		return fail(c, "the header is too large");
	if (c->fields.has_nul)
		return fail(c, "the header has a NUL");
	for (size_t i = 0; i < c->n; i++)
		if (read_seal(c, i) == -1)
			return -1;
	return read_message_signature(c);
}

void
arc_eoh(struct arc *c)
{
	c->is_header_done = true;
	c->has_form = read_chain(c) == 0;
	if (!c->has_form) {
		fieldlist_clear(&c->fields);
		return;
	}
	canon_body_init(&c->body, c->message.body_canon, c->message.limit);
	if (c->keys.start == NULL)
		return;
	c->keys.start(c->keys.ctx, c->message_key);
	for (size_t i = 0; i < c->n; i++)
		c->keys.start(c->keys.ctx, c->sets[i].key_name);
}

void
arc_body(struct arc *c, struct bytes piece)
{
	if (c->has_form)
		canon_body_add(&c->body, piece);
}

/* ---- signatures ------------------------------------------------------ */

/* A signature of one set, and the digest that it must match. */
struct signed_digest {
	size_t instance;
	const char *key_name;
	enum dkim_algorithm algorithm;
	const uint8_t *digest;
	struct bytes signature;
};

static int
verify(struct arc *c, const struct signed_digest *s, uint64_t deadline_ms)
{
	struct dkim_record r;

	dkim_record_fetch(&c->keys, &c->arena, s->key_name, deadline_ms, &r);
	if (r.status == DKIM_KEY_TEMP) {
		(void)failf(c, s->instance, r.why);
		c->status = ARC_TEMPERROR;
		return -1;
	}
	if (r.status == DKIM_KEY_NONE)
		return failf(c, s->instance, r.why);
	if (r.algorithm != s->algorithm)
		return failf(c, s->instance, "the key is of another kind");
	switch (dkim_record_verify(&r, s->digest, s->signature, NULL)) {
	case DKIM_CRYPT_OK:
		return 0;
	case DKIM_CRYPT_KEY:
		return failf(c, s->instance, "the key cannot be decoded");
	case DKIM_CRYPT_WEAK:
		return failf(c, s->instance, "the key has too few bits");
	default:
		return failf(c, s->instance, "the signature does not match");
	}
}

/* Hashes a signature's own field, with an empty b= and without a line end. */
static void
hash_own(struct canon_hash *h, enum canon_kind kind, const struct field *f)
{
	struct buf value = BUF_INIT;

	canon_strip_b(&value, f->value);
	canon_field(h, kind, f->name, buf_view(&value), false);
	buf_free(&value);
}

/* RFC 6376 5.4.2: for each name in h=, hashes its last field not yet used. */
static void
hash_named(struct arc *c, struct canon_hash *h)
{
	bool *taken = arena_array(&c->arena, c->fields.n + 1, sizeof(*taken));
	struct bytes name;
	size_t pos = 0;

	while (taglist_item(c->message.names, &pos, &name))
		for (size_t i = c->fields.n; i > 0; i--) {
			const struct field *f = &c->fields.v[i - 1];

			if (taken[i - 1] ||
			    !bytes_ieq(bytes_trim(f->name), name))
				continue;
			taken[i - 1] = true;
			canon_field(h, c->message.header_canon, f->name,
			    f->value, true);
			break;
		}
}

static int
check_message(struct arc *c, uint64_t deadline_ms)
{
	const struct dkim_sig *m = &c->message;
	uint8_t digest[CANON_DIGEST_LEN];
	struct canon_hash h;

	canon_body_final(&c->body, digest);
	if (m->limit != CANON_NO_LIMIT && m->limit != c->body.length)
		return failf(c, c->n, "l= leaves a part of the body open");
	if (!bytes_eq(m->hash, bytes_make(digest, sizeof(digest))))
		return failf(c, c->n, "the body hash does not match");
	canon_hash_init(&h);
	hash_named(c, &h);
	hash_own(&h, m->header_canon,
	    c->sets[c->n - 1].parts[MESSAGE_SIGNATURE]);
	canon_hash_final(&h, digest);
	return verify(c, &(struct signed_digest){ c->n, c->message_key,
	    m->algorithm, digest, m->signature }, deadline_ms);
}

/* RFC 8617 5.1.1: each seal covers all sets up to its own. */
static int
check_seals(struct arc *c, uint64_t deadline_ms)
{
	uint8_t digest[CANON_DIGEST_LEN];
	struct canon_hash all, one;
	int rc = 0;

	canon_hash_init(&all);
	for (size_t i = 0; i < c->n && rc == 0; i++) {
		const struct set *s = &c->sets[i];

		for (int p = RESULTS; p < SEAL; p++)
			canon_field(&all, CANON_RELAXED, s->parts[p]->name,
			    s->parts[p]->value, true);
		canon_hash_fork(&all, &one);
		hash_own(&one, CANON_RELAXED, s->parts[SEAL]);
		canon_hash_final(&one, digest);
		canon_field(&all, CANON_RELAXED, s->parts[SEAL]->name,
		    s->parts[SEAL]->value, true);
		rc = verify(c, &(struct signed_digest){ i + 1, s->key_name,
		    s->algorithm, digest, s->signature }, deadline_ms);
	}
	canon_hash_clear(&all);
	return rc;
}

static void
report_sets(const struct arc *c, struct arena *a, struct arc_result *out)
{
	out->sets = arena_array(a, c->n, sizeof(*out->sets));
	for (size_t i = 0; i < c->n; i++) {
		out->sets[i].domain = bytes_dup(a, c->sets[i].domain);
		out->sets[i].selector = bytes_dup(a, c->sets[i].selector);
		out->sets[i].results = bytes_dup(a, c->sets[i].results);
	}
}

void
arc_finish(struct arc *c, struct arena *a, uint64_t deadline_ms,
    struct arc_result *out)
{
	memset(out, 0, sizeof(*out));
	if (!c->is_header_done)
		arc_eoh(c);
	if (c->has_form && check_message(c, deadline_ms) == 0 &&
	    check_seals(c, deadline_ms) == 0)
		c->status = ARC_PASS;
	out->status = c->status;
	out->n = c->n;
	if (c->reason != NULL)
		out->reason = arena_strdup(a, c->reason);
	if (c->has_form)
		report_sets(c, a, out);
}

static bool
is_listed(struct bytes domain, const struct settings_list *sealers)
{
	for (size_t i = 0; i < sealers->n; i++)
		if (bytes_ieq_str(domain, sealers->v[i]))
			return true;
	return false;
}

const struct arc_set *
arc_trusted(const struct arc_result *r, const struct settings_list *sealers)
{
	const struct arc_set *oldest = NULL;

	if (r->status != ARC_PASS)
		return NULL;
	for (size_t i = r->n; i > 0; i--) {
		if (!is_listed(r->sets[i - 1].domain, sealers))
			break;
		oldest = &r->sets[i - 1];
	}
	return oldest;
}
