/*
 * DKIM signatures.  The first line of the input is the key record of every
 * name, the rest is a message.  "\n" stands for CRLF.
 */
#include <config.h>

#include <stdint.h>

#include "base/clock.h"
#include "t/fuzz/dkim_input.h"

#define NOW	4102444800	/* later than all signatures in the corpus */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dkim_engine *engine;
	struct err err = ERR_INIT;
	struct dkim_input in;
	struct dkim_verify *v;
	struct lab_sink sink;
	struct dkim_results r;

	if (engine == NULL && dkim_engine_new(NOW, &engine, &err) == -1)
		abort();
	dkim_input_read(&in, bytes_make(data, size));
	v = dkim_verify_new(engine, &in.keys, 10);
	sink = lab_sink_dkim(v);
	lab_feed(in.message, 13, &sink);
	dkim_verify_finish(v, &in.arena, clock_mono_ms(), &r);
	for (size_t i = 0; i < r.n; i++)
		if (r.v[i].result == DKIM_NONE ||
		    (r.v[i].result == DKIM_PASS) != (r.v[i].reason == NULL))
			abort();
	dkim_verify_free(&v);
	arena_clear(&in.arena);
	return 0;
}
