/* Blocking connections and their deadlines. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>

#include "base/clock.h"
#include "net/dial.h"
#include "net/listen.h"

static char dir[] = "/tmp/postern-net-XXXXXX";

static int
make_dir(void **state)
{
	memcpy(dir + sizeof(dir) - 7, "XXXXXX", 6);
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
remove_dir(void **state)
{
	return rmdir(dir);
}

static void
dialling_ends_at_the_deadline(void **state)
{
	char path[128], got[8];
	struct listen_spec spec = { .where = path };
	struct err err = ERR_INIT;
	uint64_t begin = clock_mono_ms();
	int lfd, fd;

	(void)snprintf(path, sizeof(path), "%s/s", dir);
	assert_int_equal(dial_connect(path, begin + 100, &err), -1);
	assert_int_equal(err.kind, ERR_TEMP);
	assert_int_equal(dial_connect("neither", begin + 100, &err), -1);
	assert_int_equal(err.kind, ERR_SYNTAX);
	assert_int_equal(listen_open(&spec, &lfd, &err), 0);
	fd = dial_connect(path, begin + 5000, &err);
	assert_true(fd >= 0);
	begin = clock_mono_ms();
	assert_int_equal(dial_read(fd, got, sizeof(got), begin + 50, &err),
	    -1);
	assert_true(clock_mono_ms() >= begin + 50);
	(void)close(lfd);
	assert_int_equal(unlink(path), 0);
	(void)close(fd);
	/* Nobody listens there, or the name does not resolve: both errors name
	   the host. */
	fd = dial_connect("localhost:1", clock_mono_ms() + 2000, &err);
	assert_int_equal(fd, -1);
	assert_non_null(strstr(err.text, "localhost"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(dialling_ends_at_the_deadline,
		    make_dir, remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
