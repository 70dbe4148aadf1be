/*
 * The configuration file: its syntax and the settings made from it.
 *
 * The text after the first byte 0xff is the included file "x"; every other
 * include fails.  A text that loads must load to the same settings from what
 * 'postern config diff' prints.
 */
#include <config.h>

#include <sys/mman.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
read_x(void *ctx, struct arena *a, const char *path, struct bytes *text,
    struct err *err)
{
	if (strcmp(path, "/d/x") != 0)
		return err_set(err, ERR_TEMP, "no file '%s'", path);
	*text = *(const struct bytes *)ctx;
	return 0;
}

/* Loads the text as a file in memory. */
static int
load(struct bytes text, struct settings *s, struct err *err)
{
	int fd = memfd_create("postern.conf", MFD_CLOEXEC), rc;
	char path[32];

	if (fd == -1 || write(fd, text.data, text.len) != (ssize_t)text.len)
		abort();
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	rc = settings_load(path, NULL, 0, s, err);
	(void)close(fd);
	return rc;
}

/* Texts that include files are skipped: those files are on the disk and not
   ours. */
static void
print_and_load(struct bytes text)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	struct err err = ERR_INIT;
	struct settings s;

	if (memmem(text.data, text.len, "include", 7) != NULL)
		return;
	if (load(text, &s, &err) == -1) {
		if (err.text[0] == '\0')
			abort();
		return;
	}
	settings_print_diff(&s, &one);
	settings_free(&s);
	if (load(buf_view(&one), &s, &err) == -1)
		abort();
	settings_print_diff(&s, &two);
	settings_free(&s);
	if (!bytes_eq(buf_view(&one), buf_view(&two)))
		abort();
	buf_free(&one);
	buf_free(&two);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = bytes_make(data, size), inner = BYTES("");
	const struct conf_includes x = { read_x, &inner };
	struct conf_item *items;
	struct err err = ERR_INIT;
	struct arena a;
	ptrdiff_t at;

	if ((at = bytes_index(text, '\xff')) >= 0) {
		inner = bytes_make(text.data + at + 1,
		    text.len - (size_t)at - 1);
		text.len = (size_t)at;
	}
	arena_init(&a);
	(void)conf_parse(&a, "/d/f", text, &x, &items, &err);
	arena_clear(&a);
	print_and_load(text);
	return 0;
}
