/*
 * seal_origin - prints a sealed Postern-Origin header, for tests
 *
 *	seal_origin KEYFILE CLIENT_IP [AGE_S [PADDING]]
 *
 * PADDING bytes in a field make it several lines.
 */
#include <config.h>

#include <time.h>

#include "auth/origin.h"

int
main(int argc, char **argv)
{
	struct bytes values[ORIGIN_LINES_MAX];
	struct err err = ERR_INIT;
	struct keyfile *keys;
	struct arena arena;
	struct origin o;
	size_t padding = 0;
	char *pad;
	int n;

	if (argc < 3)
		return 2;
	arena_init(&arena);
	memset(&o, 0, sizeof(o));
	if (argc > 4)
		padding = strtoul(argv[4], NULL, 10);
	pad = arena_alloc(&arena, padding + 1);
	memset(pad, 'x', padding);
	origin_token_new(o.token, time(NULL) -
	    (argc > 3 ? (time_t)strtol(argv[3], NULL, 10) : 0));
	o.client_ip = bytes_of(argv[2]);
	o.helo = o.tls = bytes_make(pad, padding);
	if (keyfile_open(argv[1], 0600, &keys, &err) == -1 ||
	    (n = origin_seal(keys, &o, &arena, values, &err)) == -1) {
		(void)fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	for (int i = 0; i < n; i++)
		(void)printf(ORIGIN_HEADER ": %.*s\n", (int)values[i].len,
		    values[i].data);
	keyfile_free(&keys);
	arena_clear(&arena);
	return 0;
}
