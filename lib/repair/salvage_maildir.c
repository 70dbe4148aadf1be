/* salvage_maildir - makes Maildir folders and writes messages to them. */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "proto/imap_utf7.h"
#include "repair/salvage-private.h"

/*
 * Maildir++ puts a dot between levels.  A dot or a backslash in a name is
 * written as "\2e" or "\5c", which Dovecot's listescape reads.
 */
static void
level_add(struct bytes level, struct buf *out)
{
	buf_byte(out, '.');
	for (size_t i = 0; i < level.len; i++)
		if (level.data[i] == '.' || level.data[i] == '\\')
			buf_printf(out, "\\%02x", level.data[i]);
		else
			buf_byte(out, level.data[i]);
}

int
salvage_folder_name(const char *mailbox, struct buf *out)
{
	struct buf encoded = BUF_INIT;
	const char *end;

	if (strcmp(mailbox, "INBOX") == 0)
		return 0;
	for (const char *at = mailbox;; at = end + 1) {
		end = strchrnul(at, MAILBOX_SEPARATOR);
		buf_clear(&encoded);
		if (end == at || imap_utf7_encode(&encoded, bytes_make(at,
		    (size_t)(end - at))) == -1) {
			buf_free(&encoded);
			return -1;
		}
		level_add(buf_view(&encoded), out);
		if (*end == '\0')
			break;
	}
	buf_free(&encoded);
	return 0;
}

/* ---- folders ---- */

int
maildir_make(struct maildir *m, const char *path, bool is_sub,
    struct err *err)
{
	static const char *const parts[] = { "cur", "new", "tmp" };

	m->fd = -1;
	m->path = NULL;
	/* The account's own folder exists before its INBOX. */
	if (mkdir(path, 0700) == -1 && (is_sub || errno != EEXIST))
		return errno == EEXIST || errno == ENAMETOOLONG ?
		    err_code(err, ERR_REFUSED, ERR_CODE_EXISTS, "cannot make "
		    "'%s'", path) :
		    err_sys(err, ERR_REFUSED, "cannot make '%s'", path);
	if ((m->path = strdup(path)) == NULL)
		fatal("out of memory");
	m->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->fd == -1)
		return err_sys(err, ERR_REFUSED, "cannot open '%s'", path);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (mkdirat(m->fd, parts[i], 0700) == -1)
			return err_sys(err, ERR_REFUSED, "cannot make "
			    "'%s/%s'", path, parts[i]);
	return is_sub ? maildir_note(m, "maildirfolder", BYTES(""), err) : 0;
}

void
maildir_close(struct maildir *m)
{
	if (m->fd != -1)
		close(m->fd);
	free(m->path);
	m->fd = -1;
	m->path = NULL;
}

int
maildir_note(const struct maildir *m, const char *file, struct bytes text,
    struct err *err)
{
	int fd, rc;

	fd = openat(m->fd, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
	    0600);
	if (fd == -1)
		return err_sys(err, ERR_TEMP, "cannot make '%s/%s'", m->path,
		    file);
	rc = file_write_all(fd, file, text, err);
	if (close(fd) == -1 && rc == 0)
		rc = err_sys(err, ERR_TEMP, "cannot write '%s/%s'", m->path,
		    file);
	return rc;
}

/* ---- messages ---- */

static void
part_path(char *out, size_t size, const char *part, const char *name,
    const char *flags)
{
	snprintf(out, size, "%s/%s%s", part, name, flags);
}

int
maildir_begin(const struct maildir *m, struct maildir_file *f,
    const char *name, struct err *err)
{
	char path[200];

	f->m = m;
	snprintf(f->name, sizeof(f->name), "%s", name);
	part_path(path, sizeof(path), "tmp", name, "");
	f->fd = openat(m->fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600);
	if (f->fd == -1)
		return err_sys(err, ERR_TEMP, "cannot make '%s/%s'", m->path,
		    path);
	return 0;
}

int
maildir_write(struct maildir_file *f, struct bytes piece, struct err *err)
{
	return file_write_all(f->fd, f->name, piece, err);
}

/* Dovecot takes the file's date as INTERNALDATE. */
int
maildir_keep(struct maildir_file *f, const char *flags, int64_t date,
    struct err *err)
{
	struct timespec times[2] = { { .tv_sec = (time_t)date },
	    { .tv_sec = (time_t)date } };
	char from[200], to[200];
	int fd = f->fd;

	part_path(from, sizeof(from), "tmp", f->name, "");
	part_path(to, sizeof(to), "cur", f->name, flags);
	/* Do not fail because the file system cannot store the date. */
	(void)futimens(fd, times);
	f->fd = -1;
	if (close(fd) == -1 ||
	    renameat(f->m->fd, from, f->m->fd, to) == -1)
		return err_sys(err, ERR_TEMP, "cannot write '%s/%s'",
		    f->m->path, to);
	return 0;
}

void
maildir_drop(struct maildir_file *f)
{
	char path[200];

	if (f->fd != -1)
		close(f->fd);
	f->fd = -1;
	part_path(path, sizeof(path), "tmp", f->name, "");
	(void)unlinkat(f->m->fd, path, 0);
}
