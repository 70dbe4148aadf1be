/* mail_list - walks folders, splits mbox files and reads dates. */
#include <config.h>

#include <sys/mman.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mail/date.h"
#include "mail/header.h"
#include "ctl/mail_list.h"

/* ---- files ------------------------------------------------------------ */

static void
map_release(struct mail_list *l)
{
	/* munmap() takes memory that may be written; this was not. */
	union { const char *data; void *p; } u = { l->map.data };

	if (l->map.len > 0)
		(void)munmap(u.p, l->map.len);
	l->map = bytes_make(NULL, 0);
	l->mapped = NULL;
}

static int
map_open(int fd, const char *path, struct bytes *map, struct err *err)
{
	struct stat st;
	void *p;

	*map = bytes_make(NULL, 0);
	if (fstat(fd, &st) == -1)
		return err_sys(err, ERR_TEMP, "cannot read '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_REFUSED, "'%s' is not a file", path);
	if (st.st_size == 0)
		return 0;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return err_sys(err, ERR_TEMP, "cannot map '%s'", path);
	*map = bytes_make(p, (size_t)st.st_size);
	return 0;
}

static int
file_map(struct mail_list *l, const char *path, struct err *err)
{
	int fd, rc;

	map_release(l);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1)
		return err_sys(err, ERR_REFUSED, "cannot open '%s'", path);
	rc = map_open(fd, path, &l->map, err);
	(void)close(fd);
	if (rc == 0)
		l->mapped = path;
	return rc;
}

/* ---- messages --------------------------------------------------------- */

/* The date of a Received field stands after its last semicolon. */
static int64_t
field_date(const struct header_field *f)
{
	struct bytes value = f->value;
	struct mail_date date;
	ptrdiff_t at;

	if (bytes_ieq_str(f->name, "received"))
		while ((at = bytes_index(value, ';')) >= 0)
			value = bytes_from(value, (size_t)at + 1);
	else if (!bytes_ieq_str(f->name, "date"))
		return 0;
	return date_parse(bytes_trim(value), &date) == 0 ? date.seconds : 0;
}

/* The newest: when the message arrived. */
static int64_t
message_date(struct bytes message)
{
	struct header_iter it = header_iter_of(message);
	struct header_field f;
	int64_t newest = 0, date;

	while (header_next(&it, &f))
		if ((date = field_date(&f)) > newest)
			newest = date;
	return newest;
}

static void
item_add(struct mail_list *l, const struct mail_list_item *item)
{
	if (l->count == l->cap) {
		l->cap = l->cap == 0 ? 1024 : l->cap * 2;
		l->items = reallocarray(l->items, l->cap, sizeof(*l->items));
		if (l->items == NULL)
			fatal("out of memory for a list of messages");
	}
	l->items[l->count] = *item;
	l->items[l->count++].date = message_date(bytes_make(l->map.data +
	    item->offset, item->len));
}

/* Where the next line "From " after a blank line begins; the end if none. */
static size_t
mbox_next(struct bytes file, size_t from)
{
	static const char separator[] = "\n\nFrom ", dos[] = "\r\n\r\nFrom ";
	struct bytes rest = bytes_from(file, from);
	const char *unix_at = memmem(rest.data, rest.len, separator, 7);
	const char *dos_at = memmem(rest.data, unix_at == NULL ? rest.len :
	    (size_t)(unix_at - rest.data), dos, 9);

	if (dos_at != NULL)
		return (size_t)(dos_at - file.data) + 4;
	return unix_at == NULL ? file.len : (size_t)(unix_at - file.data) + 2;
}

/* The message in [begin, end) without its line "From ". */
static void
mbox_item(struct mail_list *l, struct mail_list_item *item, size_t begin,
    size_t end)
{
	struct bytes text = bytes_make(l->map.data + begin, end - begin);
	ptrdiff_t line = bytes_index(text, '\n');

	item->offset = line < 0 ? end : begin + (size_t)line + 1;
	item->len = end - item->offset;
	item->number++;
	item_add(l, item);
}

static int
file_add(struct mail_list *l, struct mail_list_item *item, struct err *err)
{
	size_t next;

	if (file_map(l, item->path, err) == -1)
		return -1;
	if (!bytes_has_prefix(l->map, "From ")) {
		item->len = l->map.len;
		item_add(l, item);
		return 0;
	}
	for (size_t at = 0; at < l->map.len; at = next) {
		next = mbox_next(l->map, at);
		mbox_item(l, item, at, next);
	}
	return 0;
}

/* ---- folders ---------------------------------------------------------- */

static int path_add(struct mail_list *l, const char *path, int label,
    unsigned depth, struct err *err);

/* Without the names that begin with a dot. */
static int
is_shown(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static bool
is_folder(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool
is_maildir(struct arena *a, const char *path)
{
	return is_folder(arena_printf(a, "%s/cur", path)) &&
	    is_folder(arena_printf(a, "%s/new", path));
}

static int
name_add(struct mail_list *l, const char *folder, const char *name,
    int label, unsigned depth, struct err *err)
{
	const char *path = arena_printf(&l->arena, "%s/%s", folder, name);
	struct stat st;

	if (lstat(path, &st) == -1)
		return errno == ENOENT ? 0 : err_sys(err, ERR_REFUSED,
		    "cannot read '%s'", path);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return 0;
	return path_add(l, path, label, depth + 1, err);
}

static int
folder_add(struct mail_list *l, const char *path, int label, unsigned depth,
    struct err *err)
{
	struct dirent **names;
	int n, rc = 0;

	if (depth > MAIL_LIST_DEPTH_MAX)
		return err_set(err, ERR_REFUSED,
		    "'%s' is in more than %d folders", path,
		    MAIL_LIST_DEPTH_MAX);
	if ((n = scandir(path, &names, is_shown, alphasort)) == -1)
		return err_sys(err, ERR_REFUSED, "cannot read '%s'", path);
	for (int i = 0; i < n; i++) {
		if (rc == 0)
			rc = name_add(l, path, names[i]->d_name, label, depth,
			    err);
		free(names[i]);
	}
	free(names);
	return rc;
}

static int
maildir_add(struct mail_list *l, const char *path, int label, unsigned depth,
    struct err *err)
{
	if (name_add(l, path, "cur", label, depth, err) == -1)
		return -1;
	return name_add(l, path, "new", label, depth, err);
}

static int
path_add(struct mail_list *l, const char *path, int label, unsigned depth,
    struct err *err)
{
	struct mail_list_item item = { .path = path, .label = label };
	struct stat st;

	if (stat(path, &st) == -1)
		return err_sys(err, ERR_REFUSED, "cannot read '%s'", path);
	if (!S_ISDIR(st.st_mode))
		return file_add(l, &item, err);
	if (is_maildir(&l->arena, path))
		return maildir_add(l, path, label, depth, err);
	return folder_add(l, path, label, depth, err);
}

int
mail_list_add(struct mail_list *l, const char *path, int label,
    struct err *err)
{
	return path_add(l, arena_strdup(&l->arena, path), label, 0, err);
}

/* ---- the list --------------------------------------------------------- */

static int
date_compare(const void *a, const void *b)
{
	const struct mail_list_item *x = a, *y = b;

	if (x->date != y->date)
		return x->date < y->date ? -1 : 1;
	if (x->path != y->path && strcmp(x->path, y->path) != 0)
		return strcmp(x->path, y->path);
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

void
mail_list_sort(struct mail_list *l)
{
	if (l->count > 0)
		qsort(l->items, l->count, sizeof(*l->items), date_compare);
}

int
mail_list_open(struct mail_list *l, size_t i, struct bytes *message,
    struct err *err)
{
	const struct mail_list_item *item = &l->items[i];

	if ((l->mapped == NULL || strcmp(l->mapped, item->path) != 0) &&
	    file_map(l, item->path, err) == -1)
		return -1;
	*message = bytes_from(l->map, item->offset);
	if (message->len > item->len)
		message->len = item->len;
	return 0;
}

void
mail_list_clear(struct mail_list *l)
{
	map_release(l);
	free(l->items);
	arena_clear(&l->arena);
	*l = (struct mail_list)MAIL_LIST_INIT;
}
