/* Listening sockets and the texts of their errors. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/socket.h>
#include <sys/stat.h>

#include <unistd.h>

#include "net/addr.h"
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
refused(const char *where, const char *says)
{
	struct listen_spec spec = { .where = where, .setting = "x-listen" };
	struct err err = ERR_INIT;
	int fd;

	assert_int_equal(listen_open(&spec, &fd, &err), -1);
	if (strstr(err.text, says) == NULL)
		fail_msg("'%s' does not say '%s'", err.text, says);
	assert_non_null(strstr(err.text, "x-listen"));
}

static void
tcp_port_in_use_is_said(void **state)
{
	struct listen_spec spec = { .where = "127.0.0.1:0" };
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	char where[ADDR_TEXT_MAX];
	struct err err = ERR_INIT;
	struct addr a;
	int fd;

	assert_int_equal(listen_open(&spec, &fd, &err), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	addr_from_sockaddr(&a, (struct sockaddr *)&ss);
	(void)snprintf(where, sizeof(where), "127.0.0.1:%u", a.port);
	refused(where, "in use by another program");
	refused("192.0.2.77:0", "does not have that address");
	refused("127.0.0.1:imap", "no valid port");
	(void)close(fd);
}

static void
unix_sockets_replace_stale_ones_only(void **state)
{
	char path[128], missing[160], file[128];
	struct listen_spec spec = { .where = path, .mode = 0660 };
	struct err err = ERR_INIT;
	struct stat st;
	FILE *f;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/s", dir);
	(void)snprintf(missing, sizeof(missing), "%s/no/s", dir);
	(void)snprintf(file, sizeof(file), "%s/file", dir);
	assert_int_equal(listen_open(&spec, &fd, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	refused(path, "in use by another program");
	(void)close(fd);
	/* The socket is stale: nobody listens, but the name still exists. */
	assert_int_equal(listen_open(&spec, &fd, &err), 0);
	(void)close(fd);
	(void)unlink(path);
	refused(missing, "the folder does not exist");
	assert_non_null(f = fopen(file, "w"));
	assert_int_equal(fclose(f), 0);
	refused(file, "exists");
	assert_int_equal(unlink(file), 0);
	memset(missing, 'a', sizeof(missing) - 1);
	missing[0] = '/';
	missing[sizeof(missing) - 1] = '\0';
	refused(missing, "1 to 107 bytes");
	spec.group = "no-such-group";
	assert_int_equal(listen_open(&spec, &fd, &err), -1);
	assert_non_null(strstr(err.text, "no group 'no-such-group'"));
	assert_int_equal(access(path, F_OK), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_port_in_use_is_said),
		cmocka_unit_test_setup_teardown(
		    unix_sockets_replace_stale_ones_only, make_dir,
		    remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
