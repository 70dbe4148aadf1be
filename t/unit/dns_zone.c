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

void
dns_zone_open(struct dns_zone *z, const char *lines,
    const char *const *overrides, size_t override_count)
{
	struct err err = ERR_INIT;
	struct buf conf = BUF_INIT;
	size_t len = strlen(lines);
	int fd;

	(void)snprintf(z->path, sizeof(z->path), "/tmp/dns-zone.XXXXXX");
	fd = mkstemp(z->path);
	assert_true(fd != -1);
	assert_int_equal(write(fd, lines, len), (ssize_t)len);
	(void)close(fd);
	buf_printf(&conf, "dns-data = \"%s\"\n", z->path);
	if (settings_parse(NULL, buf_view(&conf), overrides, override_count,
	    &z->settings, &err) == -1 ||
	    dns_new(&z->settings, &z->dns, &err) == -1)
		fail_msg("%s", err.text);
	buf_free(&conf);
}

void
dns_zone_close(struct dns_zone *z)
{
	dns_free(&z->dns);
	settings_free(&z->settings);
	(void)unlink(z->path);
}
