/* dovecot_auth - reads Dovecot auth commands and writes the answers. */
#include <config.h>

#include <string.h>

#include "base/encode.h"
#include "proto/dovecot_auth.h"

#define VERSION_MAJOR	1
#define VERSION_MINOR	2

static const struct {
	char plain, coded;
} escapes[] = {
	{ '\0', '0' }, { '\001', '1' }, { '\t', 't' }, { '\r', 'r' },
	{ '\n', 'n' }
};

#define NESCAPES	(sizeof(escapes) / sizeof(*escapes))

static void
word_write(struct buf *out, struct bytes word)
{
	size_t k;

	for (size_t i = 0; i < word.len; i++) {
		for (k = 0; k < NESCAPES; k++)
			if (word.data[i] == escapes[k].plain)
				break;
		if (k < NESCAPES)
			buf_byte(out, '\001');
		buf_byte(out, k < NESCAPES ? escapes[k].coded : word.data[i]);
	}
}

/* Removes the escapes.  Returns 0, or -1 if one is unknown. */
static int
word_decode(struct bytes word, struct arena *arena, struct bytes *out)
{
	char *copy;
	size_t len = 0, k;

	*out = word;
	if (bytes_index(word, '\001') == -1)
		return 0;
	copy = arena_alloc(arena, word.len);
	for (size_t i = 0; i < word.len; i++) {
		copy[len++] = word.data[i];
		if (word.data[i] != '\001')
			continue;
		i++;
		for (k = 0; k < NESCAPES; k++)
			if (i < word.len && word.data[i] == escapes[k].coded)
				break;
		if (k == NESCAPES)
			return -1;
		copy[len - 1] = escapes[k].plain;
	}
	*out = bytes_make(copy, len);
	return 0;
}

struct words {
	struct bytes list[DOVECOT_WORDS_MAX];
	size_t n;
};

static int
line_split(struct bytes line, struct arena *arena, struct words *out,
    struct err *err)
{
	struct bytes word;
	ptrdiff_t tab;

	out->n = 0;
	do {
		if (out->n == DOVECOT_WORDS_MAX)
			return err_set(err, ERR_SYNTAX,
			    "more than %d words in a line", DOVECOT_WORDS_MAX);
		tab = bytes_index(line, '\t');
		word = bytes_make(line.data, tab == -1 ? line.len :
		    (size_t)tab);
		if (word_decode(word, arena, &out->list[out->n++]) == -1)
			return err_set(err, ERR_SYNTAX,
			    "word %zu ends with a broken escape", out->n);
		if (tab != -1)
			line = bytes_from(line, (size_t)tab + 1);
	} while (tab != -1);
	return 0;
}

/* Reads word i, which must be a number. */
static int
word_number(const struct words *w, size_t i, uint32_t *out, struct err *err)
{
	uint64_t v;

	if (i >= w->n || decimal_parse(w->list[i], UINT32_MAX, &v) == -1)
		return err_set(err, ERR_SYNTAX,
		    "expected a number as word %zu of " BYTES_FMT, i + 1,
		    BYTES_ARG(w->list[0]));
	*out = (uint32_t)v;
	return 0;
}

/* If word is "NAME=VALUE", sets *value and returns true. */
static bool
word_value(struct bytes word, const char *name, struct bytes *value)
{
	size_t len = strlen(name);

	if (word.len <= len || word.data[len] != '=' ||
	    !bytes_has_prefix(word, name))
		return false;
	*value = bytes_from(word, len + 1);
	return true;
}

static void
auth_parameter(struct dovecot_command *out, struct bytes word)
{
	if (bytes_eq_str(word, "secured") ||
	    bytes_has_prefix(word, "secured="))
		out->secured = true;
	else if (word_value(word, "resp", &out->response))
		out->has_response = true;
	else if (!word_value(word, "service", &out->service) &&
	    !word_value(word, "lip", &out->local_ip) &&
	    !word_value(word, "rip", &out->remote_ip) &&
	    !word_value(word, "lport", &out->local_port) &&
	    !word_value(word, "rport", &out->remote_port) &&
	    !word_value(word, "local_name", &out->local_name))
		(void)word_value(word, "session", &out->session);
}

static int
auth_parse(const struct words *w, struct dovecot_command *out,
    struct err *err)
{
	if (word_number(w, 1, &out->id, err) == -1)
		return -1;
	if (w->n < 3 || w->list[2].len == 0)
		return err_set(err, ERR_SYNTAX,
		    "expected a mechanism as word 3 of AUTH");
	out->mechanism = w->list[2];
	for (size_t i = 3; i < w->n; i++)
		auth_parameter(out, w->list[i]);
	return 0;
}

int
dovecot_command_parse(struct bytes line, struct arena *arena,
    struct dovecot_command *out, struct err *err)
{
	struct words w;
	struct bytes name;

	memset(out, 0, sizeof(*out));
	out->kind = DOVECOT_OTHER;
	if (line_split(line, arena, &w, err) == -1)
		return -1;
	name = w.list[0];
	if (bytes_eq_str(name, "VERSION")) {
		out->kind = DOVECOT_VERSION;
		if (word_number(&w, 1, &out->major, err) == -1 ||
		    word_number(&w, 2, &out->minor, err) == -1)
			return -1;
		if (out->major != VERSION_MAJOR)
			return err_set(err, ERR_SYNTAX,
			    "protocol version %u, expected %d", out->major,
			    VERSION_MAJOR);
	} else if (bytes_eq_str(name, "CPID")) {
		out->kind = DOVECOT_CPID;
		return word_number(&w, 1, &out->id, err);
	} else if (bytes_eq_str(name, "AUTH")) {
		out->kind = DOVECOT_AUTH;
		return auth_parse(&w, out, err);
	} else if (bytes_eq_str(name, "CONT")) {
		out->kind = DOVECOT_CONT;
		if (w.n > 2)
			out->response = w.list[2];
		return word_number(&w, 1, &out->id, err);
	} else if (bytes_eq_str(name, "CANCEL")) {
		out->kind = DOVECOT_CANCEL;
		return word_number(&w, 1, &out->id, err);
	}
	return 0;
}

void
dovecot_write_greeting(struct buf *out,
    const struct dovecot_mechanism *mechanisms, size_t n, uint32_t pid,
    uint32_t connection, const uint8_t cookie[DOVECOT_COOKIE_LEN])
{
	buf_printf(out, "VERSION\t%d\t%d\n", VERSION_MAJOR, VERSION_MINOR);
	for (size_t i = 0; i < n; i++) {
		buf_printf(out, "MECH\t%s\t", mechanisms[i].name);
		for (const char *p = mechanisms[i].flags; *p != '\0'; p++)
			buf_byte(out, *p == ' ' ? '\t' : *p);
		buf_byte(out, '\n');
	}
	buf_printf(out, "SPID\t%u\nCUID\t%u\nCOOKIE\t", pid, connection);
	hex_encode(out, bytes_make(cookie, DOVECOT_COOKIE_LEN));
	buf_str(out, "\nDONE\n");
}

static void
value_write(struct buf *out, const char *name, struct bytes value)
{
	buf_printf(out, "\t%s=", name);
	word_write(out, value);
}

void
dovecot_write_ok(struct buf *out, uint32_t id, struct bytes user)
{
	buf_printf(out, "OK\t%u", id);
	value_write(out, "user", user);
	buf_byte(out, '\n');
}

void
dovecot_write_fail(struct buf *out, uint32_t id, struct bytes user,
    struct bytes reason)
{
	buf_printf(out, "FAIL\t%u", id);
	if (user.len > 0)
		value_write(out, "user", user);
	if (reason.len > 0)
		value_write(out, "reason", reason);
	buf_byte(out, '\n');
}

void
dovecot_write_cont(struct buf *out, uint32_t id, struct bytes challenge)
{
	buf_printf(out, "CONT\t%u\t", id);
	base64_encode(out, challenge);
	buf_byte(out, '\n');
}
