/*
 * dkim_verify - verifies DKIM signatures with libopendkim
 *
 * This file reads the header first.  It finds the signatures, decides which of
 * them to evaluate, and starts the DNS look-ups of their keys, so that the keys
 * arrive while the client is still sending the body.  libopendkim then gets the
 * rest: it hashes header and body and checks the signatures.
 *
 * Only if a signature has l=, the body is also read here, to count its length
 * in both canonical forms.  A body shorter than l= must fail, and anyone may
 * have added the part of a body after l=.  libopendkim cannot tell a longer
 * body from one of exactly that length, because it does not count beyond l=
 * (dkim_sig_getcanonlen()).
 */
#include <config.h>

#include <sys/types.h>

#include <opendkim/dkim.h>

#include "auth/dkim_verify.h"

/* libopendkim's buffer for a key record has this, and a NUL. */
#define KEY_TEXT_MAX	1024
#define B_PREFIX_LEN	8
#define OFFERED_MAX	30	/* signatures that reach the library */
#define CLOCK_DRIFT_S	300

struct dkim_engine {
	DKIM_LIB *lib;
	time_t now;
};

/* A signature while it is evaluated. */
struct sig {
	struct dkim_sig parsed;
	struct dkim_record record;	/* of one that is evaluated */
	const char *key_name;
	DKIM_SIGINFO *info;		/* NULL: not evaluated */
	enum dkim_result result;	/* decided early, if not NONE */
	const char *reason;
	bool well_formed;
	bool offered;			/* given to libopendkim */
};

struct dkim_verify {
	struct dkim_engine *engine;
	struct dkim_key_source keys;
	size_t signatures_max;
	struct arena arena;		/* lives as long as this */
	struct fieldlist fields;	/* until the end of the header */
	size_t from_fields, signatures;
	bool is_header_done;
	struct sig *sigs;
	size_t nsigs;
	DKIM *dkim;			/* own; NULL: nothing to evaluate */
	const char *broken;		/* libopendkim gave up, and why */
	char tail[2];			/* the last bytes of the body, or 0 */
	bool needs_length;		/* a signature has l= */
	struct canon_body lengths[2];	/* simple, relaxed: only counted */
};

const char *
dkim_result_name(enum dkim_result r)
{
	static const char *const names[] = {
		"none", "pass", "fail", "policy", "neutral", "temperror",
		"permerror"
	};

	return names[r];
}

/* ---- libopendkim ----------------------------------------------------- */

/* The key was fetched before libopendkim asks for it. */
static DKIM_CBSTAT
on_key_lookup(DKIM *dkim, DKIM_SIGINFO *info, u_char *out, size_t size)
{
	const struct dkim_verify *v = dkim_get_user_context(dkim);

	for (size_t i = 0; i < v->nsigs; i++) {
		const struct dkim_record *r = &v->sigs[i].record;

		if (v->sigs[i].info != info || r->status != DKIM_KEY_FOUND ||
		    r->text.len >= size)
			continue;
		memcpy(out, r->text.data, r->text.len);
		out[r->text.len] = '\0';
		dkim_sig_setdnssec(info, r->secure ? DKIM_DNSSEC_SECURE :
		    DKIM_DNSSEC_INSECURE);
		return DKIM_CBSTAT_CONTINUE;
	}
	return DKIM_CBSTAT_NOTFOUND;
}

static int
engine_setup(struct dkim_engine *e, struct err *err)
{
	unsigned flags = DKIM_LIBFLAGS_DELAYSIGPROC;
	unsigned bits = DKIM_RSA_BITS_MIN;
	uint64_t now = (uint64_t)e->now;

	if (!dkim_libfeature(e->lib, DKIM_FEATURE_ED25519) ||
	    !dkim_libfeature(e->lib, DKIM_FEATURE_SHA256))
		return err_set(err, ERR_INTERNAL, "libopendkim is older than "
		    "2.11: it has no Ed25519");
	if (dkim_set_key_lookup(e->lib, on_key_lookup) != DKIM_STAT_OK ||
	    dkim_options(e->lib, DKIM_OP_SETOPT, DKIM_OPTS_FLAGS, &flags,
	    sizeof(flags)) != DKIM_STAT_OK ||
	    dkim_options(e->lib, DKIM_OP_SETOPT, DKIM_OPTS_MINKEYBITS, &bits,
	    sizeof(bits)) != DKIM_STAT_OK ||
	    dkim_options(e->lib, DKIM_OP_SETOPT, DKIM_OPTS_FIXEDTIME, &now,
	    sizeof(now)) != DKIM_STAT_OK)
		return err_set(err, ERR_INTERNAL,
		    "libopendkim does not take an option");
	return 0;
}

int
dkim_engine_new(time_t now, struct dkim_engine **out, struct err *err)
{
	struct dkim_engine *e = calloc(1, sizeof(*e));

	if (e == NULL || (e->lib = dkim_init(NULL, NULL)) == NULL)
		fatal("out of memory for DKIM");
	e->now = now;
	if (engine_setup(e, err) == -1) {
		dkim_engine_free(&e);
		return -1;
	}
	*out = e;
	return 0;
}

void
dkim_engine_free(struct dkim_engine **e)
{
	if (*e != NULL)
		dkim_close((*e)->lib);
	free(*e);
	*e = NULL;
}

/* ---- header ---------------------------------------------------------- */

struct dkim_verify *
dkim_verify_new(struct dkim_engine *e, const struct dkim_key_source *keys,
    size_t signatures_max)
{
	struct dkim_verify *v = calloc(1, sizeof(*v));

	if (v == NULL)
		fatal("out of memory for DKIM");
	v->engine = e;
	v->keys = *keys;
	v->signatures_max = signatures_max;
	arena_init(&v->arena);
	fieldlist_init(&v->fields);
	return v;
}

void
dkim_verify_free(struct dkim_verify **vp)
{
	struct dkim_verify *v = *vp;

	if (v == NULL)
		return;
	if (v->dkim != NULL)
		(void)dkim_free(v->dkim);
	for (int i = 0; i < 2; i++)
		canon_body_clear(&v->lengths[i]);
	fieldlist_clear(&v->fields);
	arena_clear(&v->arena);
	free(v);
	*vp = NULL;
}

void
dkim_verify_header(struct dkim_verify *v, struct bytes name,
    struct bytes value)
{
	if (bytes_ieq_str(bytes_trim(name), "From"))
		v->from_fields++;
	if (bytes_ieq_str(bytes_trim(name), "DKIM-Signature"))
		v->signatures++;
	fieldlist_add(&v->fields, name, value);
}

static void
decide(struct sig *s, enum dkim_result result, const char *reason)
{
	if (s->result != DKIM_NONE)
		return;
	s->result = result;
	s->reason = reason;
}

/* What can be said without the key. */
static void
sig_read(struct dkim_verify *v, struct sig *s, struct bytes value,
    size_t place)
{
	struct err err = ERR_INIT;
	uint64_t now = (uint64_t)(v->engine->now != 0 ? v->engine->now :
	    time(NULL));

	/* The field's memory goes at the end of the header. */
	value = bytes_dup(&v->arena, value);
	s->well_formed = dkim_sig_parse(&v->arena, value, false, &s->parsed,
	    &err) == 0;
	if (!s->well_formed)
		decide(s, err.code == ERR_CODE_LIMIT ? DKIM_POLICY :
		    DKIM_PERMERROR, arena_strdup(&v->arena, err.text));
	else if (s->parsed.algorithm == DKIM_RSA_SHA1)
		decide(s, DKIM_POLICY, "rsa-sha1 is not acceptable");
	else if (s->parsed.expires_at > 0 &&
	    s->parsed.expires_at < now)
		decide(s, DKIM_FAIL, "the signature has expired");
	else if (s->parsed.signed_at > now + CLOCK_DRIFT_S)
		decide(s, DKIM_FAIL, "the signature is from the future");
	else if (v->fields.too_large)
		decide(s, DKIM_POLICY, "the header is too large");
	else if (v->fields.has_nul)
		decide(s, DKIM_PERMERROR, "the header has a NUL");
	else if (place >= v->signatures_max)
		decide(s, DKIM_POLICY, "too many signatures");
	else
		s->key_name = dkim_sig_key_name(&v->arena,
		    s->parsed.selector, s->parsed.domain);
}

static void
sigs_read(struct dkim_verify *v)
{
	size_t n = v->signatures < DKIM_RESULTS_MAX ? v->signatures :
	    DKIM_RESULTS_MAX;

	v->sigs = arena_array(&v->arena, n + 1, sizeof(*v->sigs));
	for (size_t i = 0; i < v->fields.n && v->nsigs < n; i++)
		if (field_is(&v->fields.v[i], "DKIM-Signature")) {
			sig_read(v, &v->sigs[v->nsigs],
			    v->fields.v[i].value, v->nsigs);
			v->nsigs++;
		}
	/* Those beyond the bound of the header. */
	for (; v->nsigs < n; v->nsigs++)
		decide(&v->sigs[v->nsigs], DKIM_POLICY,
		    "the header is too large");
}

/* "Name:value" with the line ends of the wire, none at the end. */
static void
field_print(struct buf *out, const struct field *f)
{
	struct bytes v = f->value;

	buf_clear(out);
	buf_bytes(out, f->name);
	buf_byte(out, ':');
	for (size_t i = 0; i < v.len; i++) {
		if (v.data[i] == '\n' && (i == 0 || v.data[i - 1] != '\r'))
			buf_byte(out, '\r');
		buf_byte(out, v.data[i]);
	}
}

/* Does one that is evaluated sign the signatures below it? */
static bool
covers_signatures(const struct dkim_verify *v)
{
	for (size_t i = 0; i < v->nsigs; i++)
		if (v->sigs[i].key_name != NULL && taglist_has_item(
		    v->sigs[i].parsed.names, "DKIM-Signature"))
			return true;
	return false;
}

/*
 * Of the signatures only those that are evaluated go in, so that what is
 * hostile or too much never reaches the library; the others, as far as they
 * are well-formed, where they are signed themselves.
 */
static void
choose_offered(struct dkim_verify *v)
{
	bool all = covers_signatures(v);
	size_t n = 0;

	for (size_t i = 0; i < v->nsigs; i++) {
		struct sig *s = &v->sigs[i];

		s->offered = s->key_name != NULL ||
		    (all && s->well_formed && n < OFFERED_MAX);
		n += s->offered;
	}
}

static void
feed_header(struct dkim_verify *v)
{
	struct buf line = BUF_INIT;
	size_t at = 0;
	DKIM_STAT st;

	for (size_t i = 0; i < v->fields.n; i++) {
		const struct field *f = &v->fields.v[i];
		struct sig *s = NULL;

		if (field_is(f, "DKIM-Signature")) {
			if (at == v->nsigs || !v->sigs[at++].offered)
				continue;
			s = &v->sigs[at - 1];
		}
		field_print(&line, f);
		st = dkim_header(v->dkim, (u_char *)line.data, line.len);
		if (s != NULL && st != DKIM_STAT_OK) {
			s->offered = false;
			decide(s, DKIM_PERMERROR, "malformed signature");
		}
	}
	buf_free(&line);
}

/* Which of the library's signatures is which of ours. */
static void
match_infos(struct dkim_verify *v)
{
	DKIM_SIGINFO **infos = NULL;
	int n = 0, at = 0;

	if (dkim_getsiglist(v->dkim, &infos, &n) != DKIM_STAT_OK)
		n = 0;
	for (size_t i = 0; i < v->nsigs; i++) {
		struct sig *s = &v->sigs[i];

		if (!s->offered)
			continue;
		if (at < n)
			s->info = infos[at++];
		else
			decide(s, DKIM_PERMERROR, v->broken != NULL ?
			    v->broken : "malformed signature");
		if (s->info != NULL && s->result != DKIM_NONE)
			dkim_sig_ignore(s->info);
	}
}

static void
begin_lengths(struct dkim_verify *v)
{
	for (size_t i = 0; i < v->nsigs; i++)
		if (v->sigs[i].key_name != NULL &&
		    v->sigs[i].parsed.limit != CANON_NO_LIMIT)
			v->needs_length = true;
	if (!v->needs_length)
		return;
	canon_body_init(&v->lengths[CANON_SIMPLE], CANON_SIMPLE, 0);
	canon_body_init(&v->lengths[CANON_RELAXED], CANON_RELAXED, 0);
}

static void
begin_library(struct dkim_verify *v)
{
	DKIM_STAT st;

	v->dkim = dkim_verify(v->engine->lib, (const u_char *)"-", NULL, &st);
	if (v->dkim == NULL)
		fatal("out of memory for DKIM");
	(void)dkim_set_user_context(v->dkim, v);
	choose_offered(v);
	feed_header(v);
	st = dkim_eoh(v->dkim);
	/* It wants to know the sender, though it has no use for him. */
	if (st != DKIM_STAT_OK)
		v->broken = st == DKIM_STAT_SYNTAX ?
		    DKIM_REASON_FROM : dkim_getresultstr(st);
	match_infos(v);
	begin_lengths(v);
}

void
dkim_verify_eoh(struct dkim_verify *v)
{
	bool any = false;

	v->is_header_done = true;
	sigs_read(v);
	for (size_t i = 0; i < v->nsigs; i++) {
		if (v->sigs[i].key_name == NULL)
			continue;
		any = true;
		if (v->keys.start != NULL)
			v->keys.start(v->keys.ctx, v->sigs[i].key_name);
	}
	if (any)
		begin_library(v);
	fieldlist_clear(&v->fields);
}

void
dkim_verify_body(struct dkim_verify *v, struct bytes piece)
{
	DKIM_STAT st;

	if (v->dkim == NULL || v->broken != NULL || piece.len == 0)
		return;
	v->tail[0] = piece.len > 1 ? piece.data[piece.len - 2] : v->tail[1];
	v->tail[1] = piece.data[piece.len - 1];
	st = dkim_body(v->dkim, (u_char *)(uintptr_t)piece.data, piece.len);
	if (st != DKIM_STAT_OK)
		v->broken = dkim_getresultstr(st);
	if (v->needs_length)
		for (int i = 0; i < 2; i++)
			canon_body_add(&v->lengths[i], piece);
}

/* ---- the end --------------------------------------------------------- */

/* Those without a key are over; the library does not look at them. */
static void
fetch_keys(struct dkim_verify *v, uint64_t deadline_ms)
{
	for (size_t i = 0; i < v->nsigs; i++) {
		struct sig *s = &v->sigs[i];
		struct dkim_record *r = &s->record;

		if (s->key_name == NULL || s->result != DKIM_NONE)
			continue;
		dkim_record_fetch(&v->keys, &v->arena, s->key_name,
		    deadline_ms, r);
		if (r->status == DKIM_KEY_TEMP)
			decide(s, DKIM_TEMPERROR, r->why);
		else if (r->status == DKIM_KEY_NONE)
			decide(s, DKIM_PERMERROR, r->why);
		else if (r->algorithm != s->parsed.algorithm)
			decide(s, DKIM_PERMERROR,
			    "the key is of another kind");
		else if (r->text.len > KEY_TEXT_MAX)
			decide(s, DKIM_PERMERROR, "the key is too long");
		if (s->result != DKIM_NONE && s->info != NULL)
			dkim_sig_ignore(s->info);
	}
}

/* What the library's error means for the world (RFC 8601 2.7.1). */
static void
decide_error(struct sig *s, int code)
{
	switch (code) {
	case DKIM_SIGERROR_BADSIG:
		decide(s, DKIM_FAIL, "the signature does not match");
		break;
	case DKIM_SIGERROR_KEYTOOSMALL:
		decide(s, DKIM_POLICY, "the key has too few bits");
		break;
	case DKIM_SIGERROR_KEYFAIL:
		decide(s, DKIM_TEMPERROR, "the key cannot be had now");
		break;
	case DKIM_SIGERROR_OK:
	case DKIM_SIGERROR_UNKNOWN:
		decide(s, DKIM_PERMERROR, "the signature cannot be verified");
		break;
	default:
		decide(s, DKIM_PERMERROR, dkim_sig_geterrorstr(code));
		break;
	}
}

static bool
covers_body(const struct dkim_verify *v, const struct sig *s)
{
	return s->parsed.limit >= v->lengths[s->parsed.body_canon].length;
}

static void
conclude(const struct dkim_verify *v, struct sig *s)
{
	unsigned flags = dkim_sig_getflags(s->info);

	if (s->result != DKIM_NONE)
		return;
	if (v->broken != NULL)
		decide(s, DKIM_PERMERROR, v->broken);
	else if (s->parsed.limit != CANON_NO_LIMIT &&
	    s->parsed.limit > v->lengths[s->parsed.body_canon].length)
		decide(s, DKIM_FAIL, "the body is shorter than l=");
	else if (dkim_sig_getbh(s->info) == DKIM_SIGBH_MISMATCH)
		decide(s, DKIM_FAIL, "the body hash does not match");
	else if (dkim_sig_geterror(s->info) != DKIM_SIGERROR_OK &&
	    dkim_sig_geterror(s->info) != DKIM_SIGERROR_UNKNOWN)
		decide_error(s, dkim_sig_geterror(s->info));
	else if ((flags & DKIM_SIGFLAG_PASSED) == 0)
		decide_error(s, DKIM_SIGERROR_UNKNOWN);
	else if (dkim_sig_getbh(s->info) != DKIM_SIGBH_MATCH)
		decide_error(s, DKIM_SIGERROR_UNKNOWN);
	else if (s->parsed.limit != CANON_NO_LIMIT && !covers_body(v, s))
		decide(s, DKIM_POLICY, "l= leaves a part of the body open");
	else
		decide(s, DKIM_PASS, NULL);
}

static unsigned
key_bits(const struct sig *s)
{
	unsigned bits = 0;

	if (s->parsed.algorithm == DKIM_ED25519_SHA256)
		return s->record.status == DKIM_KEY_FOUND ? 256 : 0;
	if (s->info != NULL && dkim_sig_getkeysize(s->info, &bits) !=
	    DKIM_STAT_OK)
		return 0;
	return bits;
}

static void
report(const struct dkim_verify *v, const struct sig *s, struct arena *a,
    struct dkim_signature *out)
{
	const struct dkim_sig *p = &s->parsed;
	const struct bytes *b = taglist_find(&p->tags, "b");

	out->result = s->result;
	out->reason = s->reason == NULL ? NULL : arena_strdup(a, s->reason);
	out->domain = bytes_dup(a, p->domain);
	out->selector = bytes_dup(a, p->selector);
	out->identity = bytes_dup(a, p->identity);
	out->algorithm = bytes_dup(a, p->algorithm_name);
	if (b != NULL)
		out->b = taglist_squeeze(a, *b);
	if (out->b.len > B_PREFIX_LEN)
		out->b.len = B_PREFIX_LEN;
	out->has_limit = taglist_find(&p->tags, "l") != NULL;
	if (s->key_name == NULL || s->record.status != DKIM_KEY_FOUND)
		return;
	out->bits = key_bits(s);
	out->secure = s->record.secure;
	out->is_test = s->record.is_test;
	out->covers_whole_body = p->limit == CANON_NO_LIMIT ||
	    covers_body(v, s);
}

/* RFC 6376 3.4.3 and 4: what lacks the last line end gets it. */
static void
end_last_line(struct dkim_verify *v)
{
	if (v->tail[1] != '\0' && memcmp(v->tail, "\r\n", 2) != 0)
		dkim_verify_body(v, BYTES("\r\n"));
}

static void
finish_library(struct dkim_verify *v, uint64_t deadline_ms)
{
	uint8_t digest[CANON_DIGEST_LEN];

	end_last_line(v);
	for (int i = 0; v->needs_length && i < 2; i++)
		canon_body_final(&v->lengths[i], digest);
	fetch_keys(v, deadline_ms);
	/*
	 * Its own verdict stops at the first good signature and does not
	 * matter: each is processed, and asked.
	 */
	if (v->broken == NULL)
		(void)dkim_eom(v->dkim, NULL);
	for (size_t i = 0; i < v->nsigs; i++) {
		struct sig *s = &v->sigs[i];

		if (s->info == NULL)
			continue;
		if (v->broken == NULL && s->result == DKIM_NONE)
			(void)dkim_sig_process(v->dkim, s->info);
		conclude(v, s);
	}
}

void
dkim_verify_finish(struct dkim_verify *v, struct arena *a,
    uint64_t deadline_ms, struct dkim_results *out)
{
	if (!v->is_header_done)
		dkim_verify_eoh(v);
	if (v->dkim != NULL)
		finish_library(v, deadline_ms);
	out->from_fields = v->from_fields;
	out->signatures = v->signatures;
	out->n = v->nsigs;
	out->v = arena_array(a, v->nsigs + 1, sizeof(*out->v));
	for (size_t i = 0; i < v->nsigs; i++)
		report(v, &v->sigs[i], a, &out->v[i]);
}
