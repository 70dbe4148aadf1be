/* copyfile - copies a file, or gives it a second name; for backups. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "kv/copyfile.h"

#define COPY_PIECE	(1024 * 1024)

/* Copies everything from one descriptor to the other. */
static int
copy_bytes(int in, const char *from, int out, const char *to, struct err *err)
{
	char *piece = malloc(COPY_PIECE);
	ssize_t n;
	int rc = 0;

	if (piece == NULL)
		fatal("out of memory");
	while (rc == 0 && (n = read(in, piece, COPY_PIECE)) != 0) {
		if (n > 0)
			rc = file_write_all(out, to,
			    bytes_make(piece, (size_t)n), err);
		else if (errno != EINTR)
			rc = err_sys(err, ERR_TEMP, "cannot read '%s'", from);
	}
	free(piece);
	return rc;
}

int
copyfile(const char *from, const char *to, struct err *err)
{
	int in, out, rc = 0;

	if ((in = open(from, O_RDONLY | O_CLOEXEC)) == -1)
		return err_sys(err, ERR_TEMP, "cannot open '%s'", from);
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out == -1) {
		rc = err_sys(err, ERR_TEMP, "cannot make '%s'", to);
		close(in);
		return rc;
	}
	rc = copy_bytes(in, from, out, to, err);
	if (rc == 0 && fsync(out) == -1)
		rc = err_sys(err, ERR_TEMP, "cannot flush '%s'", to);
	close(in);
	if (close(out) == -1 && rc == 0)
		rc = err_sys(err, ERR_TEMP, "cannot write '%s'", to);
	return rc;
}

int
copyfile_link(const char *from, const char *to, struct err *err)
{
		/* Another file system, or one without hard links: copy it. */
	if (link(from, to) == 0)
		return 0;
	return copyfile(from, to, err);
}
