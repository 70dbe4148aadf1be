/* units - parses and prints numbers with a unit. */
#include <config.h>

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/encode.h"
#include "config/units.h"

struct unit {
	const char *name;
	uint64_t factor;
};

/* Sorted by size. */
static const struct unit none[] = { { "", 1 }, { NULL, 0 } };
static const struct unit size[] = {
	{ "", 1 }, { "K", 1024 }, { "M", 1024 * 1024 },
	{ "G", 1024ull * 1024 * 1024 }, { "T", 1024ull * 1024 * 1024 * 1024 },
	{ NULL, 0 }
};
static const struct unit duration[] = {
	{ "ms", 1 }, { "s", 1000 }, { "min", 60 * 1000 },
	{ "h", 60 * 60 * 1000 }, { "d", 24 * 60 * 60 * 1000 },
	{ "w", 7 * 24 * 60 * 60 * 1000 }, { NULL, 0 }
};

static const struct unit *const tables[] = { none, size, duration };

int
units_parse(enum units units, const char *text, uint64_t *out)
{
	size_t n = strspn(text, "0123456789");

	if (decimal_parse(bytes_make(text, n), UINT64_MAX, out) == -1)
		return -1;
	if (*out == 0 && text[n] == '\0')
		return 0;
	for (const struct unit *u = tables[units]; u->name != NULL; u++)
		if (strcasecmp(text + n, u->name) == 0) {
			if (*out > UINT64_MAX / u->factor)
				return -1;
			*out *= u->factor;
			return 0;
		}
	return -1;
}

void
units_format(enum units units, uint64_t n, struct buf *out)
{
	const struct unit *best = tables[units];

	if (n == 0) {
		buf_byte(out, '0');
		return;
	}
	for (const struct unit *u = best; u->name != NULL; u++)
		if (n % u->factor == 0)
			best = u;
	buf_printf(out, "%" PRIu64 "%s", n / best->factor, best->name);
}
