/*
 * DKIM signing.  The input is a message with "\n" for CRLF.  It is signed and,
 * unless it is too large for libopendkim, libopendkim must accept the
 * signature.
 */
#include <config.h>

#include <openssl/evp.h>
#include <stdint.h>

#include "base/clock.h"
#include "mail/header.h"
#include "auth/dkim_sign.h"
#include "t/fuzz/dkim_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct lab lab;
static struct dkim_keyset set;

static void
lab_begin(void)
{
	static const unsigned char secret[32] = "fuzz";

	lab_init(&lab);
	set.domain = "example.org";
	set.n = 1;
	set.keys[0] = (struct dkim_key){ "s", DKIM_ACTIVE,
	    DKIM_ED25519_SHA256, 256, 0, 0, EVP_PKEY_new_raw_private_key(
	    EVP_PKEY_ED25519, NULL, secret, sizeof(secret)) };
	lab_publish(&lab, "s", "example.org", set.keys[0].key);
}

static void
take_header(void *s, struct bytes name, struct bytes value)
{
	dkim_sign_header(s, name, value);
}

static void
take_body(void *s, struct bytes piece)
{
	dkim_sign_body(s, piece);
}

/* Finds control characters, some of which libopendkim takes for white space. */
static bool
has_control(struct bytes value)
{
	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.data[i] < ' ' &&
		    strchr("\t\r\n", value.data[i]) == NULL)
			return true;
	return false;
}

/* Accepts only header fields that all programs parse alike. */
static bool
is_plain(struct bytes message)
{
	struct header_iter it = header_iter_of(message);
	struct header_field f;
	unsigned from = 0;

	while (header_next(&it, &f)) {
		if (f.name.len == 0)
			return false;
		for (size_t i = 0; i < f.name.len; i++)
			if (f.name.data[i] <= ' ' || f.name.data[i] >= 127)
				return false;
		if (bytes_ieq_str(f.name, "DKIM-Signature") ||
		    has_control(f.value))
			return false;
		from += bytes_ieq_str(f.name, "From");
	}
	return from > 0;
}

static void
sign_and_verify(struct arena *a, struct bytes message)
{
	struct dkim_sign *s = dkim_sign_new();
	struct lab_sink sink = { s, take_header, NULL, take_body };
	struct err err = ERR_INIT;
	struct dkim_results r;
	struct bytes *values, made;

	lab_feed(message, 13, &sink);
	if (dkim_sign_finish(s, &(struct dkim_signer){ &set,
	    time(NULL), 0 }, a, &values, &err) == 1) {
		made = bytes_of(arena_printf(a, "DKIM-Signature:%s\r\n",
		    values[0].data));
		made = bytes_make(arena_printf(a, "%s" BYTES_FMT, made.data,
		    BYTES_ARG(message)), made.len + message.len);
		r = lab_verify(&lab, made, 7);
		if (r.n != 1 || (r.v[0].result != DKIM_PASS &&
		    strcmp(r.v[0].reason, DKIM_REASON_FROM) != 0))
			abort();
	} else if (err.kind != ERR_REFUSED)
		abort();
	dkim_sign_free(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dkim_input in;

	if (set.n == 0)
		lab_begin();
	dkim_input_message(&in, bytes_make(data, size));
	if (is_plain(in.message))
		sign_and_verify(&in.arena, in.message);
	arena_clear(&in.arena);
	return 0;
}
