/*
 * The origin header.  Each line of the input is the value of one, unless the
 * first byte is 2: then the rest is a stored record, which is decoded and, if
 * valid, sealed and opened again.
 */
#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/encode.h"
#include "auth/origin.h"

#define NOW	1800000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
lines_open(const struct keyfile *keys, struct arena *a, struct bytes in)
{
	struct bytes values[ORIGIN_LINES_MAX * 2];
	struct err err = ERR_INIT;
	struct origin o;
	ptrdiff_t at;
	size_t n = 0;

	while (in.len > 0 && n < sizeof(values) / sizeof(*values)) {
		at = bytes_index(in, '\n');
		values[n] = bytes_make(in.data,
		    at < 0 ? in.len : (size_t)at);
		in.data += values[n].len + (at >= 0);
		in.len -= values[n].len + (at >= 0);
		n++;
	}
	(void)origin_open(keys, &(struct origin_lines){ values, n, NOW,
	    86400 }, a, &o, &err);
}

static void
record_open(const struct keyfile *keys, struct arena *a, struct bytes in)
{
	struct bytes values[ORIGIN_LINES_MAX];
	struct err err = ERR_INIT;
	struct origin o, p;
	int n;

	if (origin_decode(in, &o, &err) == -1)
		return;
	if ((n = origin_seal(keys, &o, a, values, &err)) == -1)
		abort();
	if (origin_open(keys, &(struct origin_lines){ values, (size_t)n,
	    (time_t)be32_get(o.token), 86400 }, a, &p, &err) == -1)
		abort();
}

/* The one key, "fuzz" and zeros, with which the corpus was sealed. */
static struct keyfile *
keys_of_fuzz(void)
{
	char path[] = "/tmp/fuzz_origin.XXXXXX";
	struct keyfile *keys;
	struct err err = ERR_INIT;
	int fd = mkstemp(path);

	if (fd == -1 || dprintf(fd, "00000001 66757a7a%056d\n", 0) == -1 ||
	    close(fd) == -1 || keyfile_open(path, 0600, &keys, &err) == -1)
		abort();
	(void)unlink(path);
	return keys;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct keyfile *keys;
	struct arena a;

	if (size == 0)
		return 0;
	if (keys == NULL)
		keys = keys_of_fuzz();
	arena_init(&a);
	if (data[0] == 2)
		record_open(keys, &a, bytes_make(data + 1, size - 1));
	else
		lines_open(keys, &a, bytes_make(data, size));
	arena_clear(&a);
	return 0;
}
