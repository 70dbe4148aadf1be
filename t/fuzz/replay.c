/*
 * replay - feeds a fuzz target the files of its corpus
 *
 * Linked instead of libFuzzer, so that every input that once crashed is tried
 * in each `make check'.  fuzz_x reads t/fuzz/corpus/x, or the files named on
 * the command line.  Each input is fed twice: whole, and without its second
 * half.
 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <stdint.h>

#include "base/buf.h"

#define INPUT_MAX	(4 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int count;

static int
replay_file(const char *path)
{
	struct buf b = BUF_INIT;
	uint8_t *copy;
	FILE *f;
	size_t n;

	if ((f = fopen(path, "rb")) == NULL) {
		(void)printf("not ok %d - %s: %s\n", ++count, path,
		    strerror(errno));
		return -1;
	}
	while (b.len < INPUT_MAX &&
	    (n = fread(buf_reserve(&b, 65536), 1, 65536, f)) > 0)
		b.len += n;
	(void)fclose(f);
	/* A block of the exact size, so that a sanitizer sees its end. */
	for (int part = 0; part < 2; part++) {
		n = part == 0 ? b.len : b.len / 2;
		if ((copy = malloc(n + (n == 0))) == NULL)
			exit(1);
		if (n > 0)
			memcpy(copy, b.data, n);
		(void)LLVMFuzzerTestOneInput(copy, n);
		free(copy);
	}
	buf_free(&b);
	(void)printf("ok %d - %s\n", ++count, path);
	return 0;
}

static int
replay_folder(const char *folder)
{
	struct buf path = BUF_INIT;
	struct dirent *e;
	int rc = 0;
	DIR *d;

	if ((d = opendir(folder)) == NULL) {
		(void)printf("not ok %d - %s: %s\n", ++count, folder,
		    strerror(errno));
		return -1;
	}
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		buf_clear(&path);
		buf_printf(&path, "%s/%s", folder, e->d_name);
		if (replay_file(buf_cstr(&path)) == -1)
			rc = -1;
	}
	(void)closedir(d);
	buf_free(&path);
	return rc;
}

int
main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/'), *top = getenv("top_srcdir");
	struct buf folder = BUF_INIT;
	int rc = 0;

	if (argc > 1) {
		for (int i = 1; i < argc; i++)
			if (replay_file(argv[i]) == -1)
				rc = 1;
	} else {
		name = name == NULL ? argv[0] : name + 1;
		if (strncmp(name, "fuzz_", 5) == 0)
			name += 5;
		buf_printf(&folder, "%s/t/fuzz/corpus/%s",
		    top == NULL ? "." : top, name);
		rc = replay_folder(buf_cstr(&folder)) == -1;
		buf_free(&folder);
	}
	(void)printf("1..%d\n", count);
	return rc;
}
