/* dns_zone - writes a dns-data file and opens a resolver that uses it. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "dns_zone.h"

#define OVERRIDES_MAX	16

void
dns_zone_open(struct dns_zone *z, const char *lines,
    const char *const *overrides, size_t override_count)
{
	struct err err = ERR_INIT;
	const char *set[OVERRIDES_MAX + 1];
	char data[sizeof(z->path) + 16];
	size_t len = strlen(lines);
	int fd;

	(void)snprintf(z->path, sizeof(z->path), "/tmp/dns-zone.XXXXXX");
	fd = mkstemp(z->path);
	assert_true(fd != -1);
	assert_int_equal(write(fd, lines, len), (ssize_t)len);
	(void)close(fd);
	(void)snprintf(data, sizeof(data), "dns-data=%s", z->path);
	set[0] = data;
	assert_true(override_count <= OVERRIDES_MAX);
	for (size_t i = 0; i < override_count; i++)
		set[i + 1] = overrides[i];
	if (settings_load(NULL, set, override_count + 1, &z->settings,
	    &err) == -1 ||
	    dns_new(&z->settings, &z->dns, &err) == -1)
		fail_msg("%s", err.text);
}

void
dns_zone_close(struct dns_zone *z)
{
	dns_free(&z->dns);
	settings_free(&z->settings);
	(void)unlink(z->path);
}
