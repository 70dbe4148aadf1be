/*
 * Authentication-Results.  Whatever parses is written again, and the result
 * parses to the same methods and results.
 */
#include <config.h>

#include <assert.h>
#include <stdint.h>

#include "auth/authres.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct bytes
write_again(struct arena *a, const struct authres *r)
{
	struct authres_writer w;

	authres_begin(&w, r->authserv_id);
	for (struct authres_method *m = r->methods; m != NULL; m = m->next) {
		authres_method(&w, bytes_cstr(a, m->method),
		    bytes_cstr(a, m->result));
		authres_comment(&w, m->reason);
		authres_reason(&w, m->reason);
		for (struct authres_prop *p = m->props; p != NULL;
		    p = p->next)
			authres_prop(&w, bytes_cstr(a, p->ptype),
			    bytes_cstr(a, p->property), p->value);
	}
	return authres_end(&w, a);
}

static void
compare(const struct authres *one, const struct authres *two)
{
	const struct authres_method *m = one->methods, *n = two->methods;

	for (; m != NULL && n != NULL; m = m->next, n = n->next)
		assert(bytes_eq(m->method, n->method) &&
		    bytes_eq(m->result, n->result));
	assert(m == NULL && n == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_make(data, size), out;
	struct err err = ERR_INIT;
	struct authres r, again;
	struct arena a;

	arena_init(&a);
	if (authres_parse(&a, in, &r, &err) == 0) {
		out = write_again(&a, &r);
		for (size_t i = 0; i < out.len; i++)
			assert(out.data[i] != '\r' && (out.data[i] != '\n' ||
			    (i + 1 < out.len && out.data[i + 1] == '\t')));
		if (r.authserv_id.len > 0 && out.len <= AUTHRES_VALUE_MAX) {
			assert(authres_parse(&a, out, &again, &err) == 0);
			compare(&r, &again);
		}
	} else
		assert(authres_is_forged(in, BYTES("mail.example.org")));
	arena_clear(&a);
	return 0;
}
