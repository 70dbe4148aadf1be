/* random - random numbers from the kernel. */
#include <config.h>

#include <sys/random.h>

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/random.h"

void
random_bytes(void *p, size_t n)
{
	unsigned char *out = p;
	ssize_t got;

	while (n > 0) {
		got = getrandom(out, n, 0);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			fatal("cannot get random bytes: %s", strerror(errno));
		out += got;
		n -= (size_t)got;
	}
}

uint64_t
random_u64(void)
{
	uint64_t v;

	random_bytes(&v, sizeof(v));
	return v;
}

uint64_t
random_below(uint64_t n)
{
	uint64_t v, rest;

	assert(n > 0);
	/* Skip the numbers at the top that would make some results likelier. */
	rest = -n % n;
	do {
		v = random_u64();
	} while (v < rest);
	return v % n;
}
