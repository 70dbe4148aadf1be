/* Files and locks; also the spool, the clock and random numbers. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "base/spool.h"

static char dir[] = "/tmp/postern-test-file-XXXXXX";
static char path_text[400];

/* A name in the scratch folder; valid until the next call. */
static const char *
in_dir(const char *name)
{
	(void)snprintf(path_text, sizeof(path_text), "%s/%s", dir, name);
	return path_text;
}

static int
make_dir(void **state)
{
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
remove_dir(void **state)
{
	struct dirent *e;
	DIR *d = opendir(dir);

	while (d != NULL && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && unlink(in_dir(e->d_name)) == -1)
			(void)rmdir(path_text);
	if (d != NULL)
		(void)closedir(d);
	return rmdir(dir);
}

static size_t
count_entries(void)
{
	struct dirent *e;
	size_t n = 0;
	DIR *d = opendir(dir);

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	(void)closedir(d);
	return n;
}

static int
count_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

static void
write_replaces_whole(void **state)
{
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;
	struct stat st;

	assert_int_equal(file_write(in_dir("a"), 0640, BYTES("one"), &err), 0);
	assert_int_equal(file_write(in_dir("a"), 0600, BYTES("two!"), &err), 0);
	assert_int_equal(file_read(in_dir("a"), 4, &b, &err), 0);
	assert_string_equal(buf_cstr(&b), "two!");
	assert_int_equal(stat(in_dir("a"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(file_read(in_dir("a"), 3, &b, &err), -1);
	assert_int_equal(err.code, ERR_CODE_LIMIT);
	assert_int_equal(b.len, 4);
	assert_int_equal(file_create(in_dir("a"), 0600, BYTES("x"), &err), -1);
	assert_int_equal(err.code, ERR_CODE_EXISTS);
	assert_int_equal(file_create(in_dir("b"), 0600, BYTES("x"), &err), 0);
	assert_int_equal(file_read(in_dir("none"), 3, &b, &err), -1);
	assert_int_equal(err.code, ERR_CODE_NOT_FOUND);
	assert_int_equal(count_entries(), 2);
	assert_int_equal(unlink(in_dir("a")), 0);
	assert_int_equal(unlink(in_dir("b")), 0);
	buf_free(&b);
}

/* No part of a file stays if it did not fit on the disk. */
static void
failed_write_leaves_nothing(void **state)
{
	struct err err = ERR_INIT;
	struct rlimit old, small = { 10, RLIM_INFINITY };
	struct buf b = BUF_INIT;

	assert_int_equal(file_write(in_dir("a"), 0600, BYTES("old"), &err), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(file_write(in_dir("a"), 0600,
	    BYTES("more than ten bytes"), &err), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(err.kind, ERR_TEMP);
	assert_int_equal(file_read(in_dir("a"), 100, &b, &err), 0);
	assert_string_equal(buf_cstr(&b), "old");
	assert_int_equal(count_entries(), 1);
	assert_int_equal(unlink(in_dir("a")), 0);
	buf_free(&b);
}

static void
folders_are_made(void **state)
{
	struct err err = ERR_INIT;
	struct stat st;

	assert_int_equal(file_mkdirs(in_dir("p/q/r/"), 0700, &err), 0);
	assert_int_equal(file_mkdirs(in_dir("p/q/r"), 0700, &err), 0);
	assert_int_equal(stat(in_dir("p/q/r"), &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(file_write(in_dir("p/f"), 0600, BYTES(""), &err), 0);
	assert_int_equal(file_mkdirs(in_dir("p/f/x"), 0700, &err), -1);
	assert_int_equal(unlink(in_dir("p/f")), 0);
	assert_int_equal(rmdir(in_dir("p/q/r")), 0);
	assert_int_equal(rmdir(in_dir("p/q")), 0);
	assert_int_equal(rmdir(in_dir("p")), 0);
}

static void
lock_is_held_until_death(void **state)
{
	struct err err = ERR_INIT;
	char want[500];
	int fd, p[2], status;
	char c;
	pid_t pid;

	assert_int_equal(pipe(p), 0);
	if ((pid = fork()) == 0) {
		if (file_lock(in_dir("lock"), &err) == -1)
			_exit(1);
		(void)!write(p[1], "x", 1);
		(void)pause();
		_exit(0);
	}
	assert_int_equal(read(p[0], &c, 1), 1);
	assert_int_equal(file_lock(in_dir("lock"), &err), -1);
	assert_int_equal(err.code, ERR_CODE_IN_USE);
	(void)snprintf(want, sizeof(want), "'%s' is held by process %ld",
	    in_dir("lock"), (long)pid);
	assert_string_equal(err.text, want);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	fd = file_lock(in_dir("lock"), &err);
	assert_true(fd >= 0);
	assert_int_equal(file_read_pid(in_dir("lock")), getpid());
	assert_int_equal(file_read_pid(in_dir("none")), 0);
	(void)close(fd);
	assert_int_equal(unlink(in_dir("lock")), 0);
}

static struct sockaddr_un
sun_of(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	assert_true(strlen(path) < sizeof(sun.sun_path));
	memcpy(sun.sun_path, path, strlen(path));
	return sun;
}

static int
listen_at(const char *path)
{
	struct sockaddr_un sun = sun_of(path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void
only_dead_sockets_go(void **state)
{
	struct err err = ERR_INIT;
	int fd = listen_at(in_dir("sock"));

	assert_int_equal(file_clear_socket(in_dir("sock"), &err), -1);
	assert_int_equal(err.code, ERR_CODE_IN_USE);
	assert_int_equal(access(in_dir("sock"), F_OK), 0);
	(void)close(fd);
	assert_int_equal(file_clear_socket(in_dir("sock"), &err), 0);
	assert_int_equal(access(in_dir("sock"), F_OK), -1);
	assert_int_equal(file_clear_socket(in_dir("sock"), &err), 0);
	assert_int_equal(file_write(in_dir("f"), 0600, BYTES(""), &err), 0);
	assert_int_equal(file_clear_socket(in_dir("f"), &err), -1);
	assert_int_equal(unlink(in_dir("f")), 0);
}

static void
systemd_hears_us(void **state)
{
	struct sockaddr_un sun = sun_of(in_dir("notify"));
	char got[32] = "";
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", sun.sun_path, 1), 0);
	file_notify_systemd("READY=1");
	assert_int_equal(recv(fd, got, sizeof(got), MSG_DONTWAIT), 7);
	assert_string_equal(got, "READY=1");
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	file_notify_systemd("READY=1");
	assert_int_equal(recv(fd, got, sizeof(got), MSG_DONTWAIT), -1);
	(void)close(fd);
	assert_int_equal(unlink(in_dir("notify")), 0);
}

/* Sizes around each limit, written in pieces of several lengths. */
static void
spool_keeps_every_byte(void **state)
{
	static const size_t sizes[] = { 0, 1, 99, 100, 101, 65535, 65536,
	    65637, 300000 };
	static const size_t pieces[] = { 1, 7, 100, 65536, 300000 };
	struct err err = ERR_INIT;
	struct bytes view;
	struct spool *sp;
	char *data = malloc(300000);

	assert_non_null(data);
	for (size_t i = 0; i < 300000; i++)
		data[i] = (char)(i * 31 + i / 251);
	for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++)
		for (size_t p = 0; p < sizeof(pieces) / sizeof(*pieces); p++) {
			int before = count_descriptors();

			sp = spool_new(dir, 100, 300000);
			for (size_t at = 0, n; at < sizes[s]; at += n) {
				n = sizes[s] - at < pieces[p] ?
				    sizes[s] - at : pieces[p];
				assert_int_equal(spool_write(sp,
				    bytes_make(data + at, n), &err), 0);
				if (at == 1000)	/* read in between */
					assert_int_equal(spool_view(sp, &view,
					    &err), 0);
			}
			assert_int_equal(spool_size(sp), sizes[s]);
			assert_int_equal(count_descriptors() - before,
			    sizes[s] > 100);
			assert_int_equal(spool_view(sp, &view, &err), 0);
			assert_int_equal(view.len, sizes[s]);
			if (view.len > 0)
				assert_memory_equal(view.data, data, view.len);
			spool_free(&sp);
			assert_null(sp);
		}
	assert_int_equal(count_entries(), 0);
	free(data);
}

static void
spool_is_bounded(void **state)
{
	struct err err = ERR_INIT;
	struct bytes view;
	struct spool *sp = spool_new(dir, 4, 10);

	assert_int_equal(spool_write(sp, BYTES("1234567890"), &err), 0);
	assert_int_equal(spool_write(sp, BYTES("x"), &err), -1);
	assert_int_equal(err.code, ERR_CODE_TOO_LARGE);
	assert_int_equal(spool_write(sp, BYTES(""), &err), -1);
	spool_reset(sp);
	assert_int_equal(spool_write(sp, BYTES("abc"), &err), 0);
	assert_int_equal(spool_view(sp, &view, &err), 0);
	assert_true(bytes_eq_str(view, "abc"));
	spool_free(&sp);

	sp = spool_new("/nonexistent", 4, 10);
	assert_int_equal(spool_write(sp, BYTES("1234"), &err), 0);
	assert_int_equal(spool_write(sp, BYTES("5"), &err), -1);
	assert_int_equal(err.kind, ERR_TEMP);
	/* A later call gets the same error: a full disk is not our fault. */
	err_clear(&err);
	assert_int_equal(spool_view(sp, &view, &err), -1);
	assert_int_equal(err.kind, ERR_TEMP);
	assert_int_equal(err.kind, ERR_TEMP);
	spool_free(&sp);
}

static void
clock_and_chance(void **state)
{
	char stamp[CLOCK_STAMP_SIZE];
	uint64_t before = clock_mono_us(), a = random_u64();
	bool seen[3] = { false, false, false };

	assert_string_equal(clock_stamp(0, stamp), "1970-01-01T00:00:00.000Z");
	assert_string_equal(clock_stamp(1709210096789, stamp),
	    "2024-02-29T12:34:56.789Z");
	assert_true(clock_mono_us() >= before);
	assert_true(clock_wall_ms() > 1600000000000);
	assert_true(a != random_u64());
	for (int i = 0; i < 1000; i++)
		seen[random_below(3)] = true;
	assert_true(seen[0] && seen[1] && seen[2]);
	assert_int_equal(random_below(1), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(write_replaces_whole),
		cmocka_unit_test(failed_write_leaves_nothing),
		cmocka_unit_test(folders_are_made),
		cmocka_unit_test(lock_is_held_until_death),
		cmocka_unit_test(only_dead_sockets_go),
		cmocka_unit_test(systemd_hears_us),
		cmocka_unit_test(spool_keeps_every_byte),
		cmocka_unit_test(spool_is_bounded),
		cmocka_unit_test(clock_and_chance),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
