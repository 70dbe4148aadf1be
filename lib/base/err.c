/* err - fills struct err, and ends the process on fatal errors. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static void (*fatal_handler)(const char *text);

void
err_clear(struct err *err)
{
	err->kind = ERR_NONE;
	err->code = ERR_CODE_NONE;
	err->text[0] = '\0';
}

static int
err_vset(struct err *err, enum err_kind kind, enum err_code code,
    const char *fmt, va_list ap)
{
	err->kind = kind;
	err->code = code;
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
	return -1;
}

int
err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_vset(err, kind, ERR_CODE_NONE, fmt, ap);
	va_end(ap);
	return -1;
}

int
err_code(struct err *err, enum err_kind kind, enum err_code code,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_vset(err, kind, code, fmt, ap);
	va_end(ap);
	return -1;
}

int
err_sys(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	int saved = errno;
	enum err_code code;
	va_list ap;
	size_t n;

	code = saved == ENOSPC || saved == EDQUOT ? ERR_CODE_FULL :
	    ERR_CODE_NONE;
	va_start(ap, fmt);
	err_vset(err, kind, code, fmt, ap);
	va_end(ap);
	n = strlen(err->text);
	(void)snprintf(err->text + n, sizeof(err->text) - n, ": %s",
	    strerror(saved));
	errno = saved;
	return -1;
}

int
err_wrap(struct err *err, const char *fmt, ...)
{
	char inner[sizeof(err->text)];
	va_list ap;
	size_t n;

	memcpy(inner, err->text, sizeof(inner));
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	n = strlen(err->text);
	(void)snprintf(err->text + n, sizeof(err->text) - n, ": %s", inner);
	return -1;
}

const char *
err_kind_name(enum err_kind kind)
{
	static const char *const names[] = {
		"none", "syntax", "refused", "temporary", "internal"
	};

	return names[kind];
}

void
fatal_set_handler(void (*handler)(const char *text))
{
	fatal_handler = handler;
}

_Noreturn void
fatal(const char *fmt, ...)
{
	char text[1000];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (fatal_handler != NULL)
		fatal_handler(text);
	else
		(void)fprintf(stderr, "%s: fatal: %s\n",
		    program_invocation_short_name, text);
	exit(1);
}
