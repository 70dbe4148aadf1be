/* ARC chains.  The input has the format of fuzz_dkim's. */
#include <config.h>

#include <stdint.h>

#include "base/clock.h"
#include "t/fuzz/dkim_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *sealers[] = { "list.example", NULL };
	struct settings_list list = { sealers, 1 };
	struct dkim_input in;
	struct arc_result r;
	struct arc *c;
	struct lab_sink sink;

	dkim_input_read(&in, bytes_make(data, size));
	c = arc_new(&in.keys);
	sink = lab_sink_arc(c);
	lab_feed(in.message, 13, &sink);
	arc_finish(c, &in.arena, clock_mono_ms(), &r);
	(void)arc_trusted(&r, &list);
	if (r.n > ARC_SETS_MAX || (r.status == ARC_PASS && r.sets == NULL) ||
	    (r.status == ARC_FAIL && r.reason == NULL))
		abort();
	arc_free(&c);
	arena_clear(&in.arena);
	return 0;
}
