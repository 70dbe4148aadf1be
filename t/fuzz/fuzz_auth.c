/* Lines of the Dovecot auth protocol: parsed and answered. */
#include <config.h>

#include <assert.h>
#include <stdint.h>

#include "proto/dovecot_auth.h"
#include "proto/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever the words contain, an answer is one line with its own words. */
static void
answer_try(const struct dovecot_command *c)
{
	struct buf out = BUF_INIT;
	size_t tabs = 0;

	dovecot_write_fail(&out, c->id, c->service, c->session);
	assert(bytes_index(buf_view(&out), '\n') == (ptrdiff_t)out.len - 1);
	for (size_t i = 0; i < out.len; i++)
		tabs += out.data[i] == '\t';
	assert(tabs == 1u + (c->service.len > 0) + (c->session.len > 0));
	buf_free(&out);
}

static void
line_try(struct bytes line)
{
	struct dovecot_command command;
	struct err err = ERR_INIT;
	struct arena a;

	arena_init(&a);
	if (dovecot_command_parse(line, &a, &command, &err) == 0 &&
	    command.kind == DOVECOT_AUTH) {
		assert(command.mechanism.len > 0);
		answer_try(&command);
	}
	arena_clear(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct line_reader r = { .max = 1000, .ending = LINE_LF };
	struct bytes in = bytes_make(data, size), line;
	struct err err = ERR_INIT;
	size_t used;
	int rc;

	do {
		rc = line_next(&r, in, &line, &used, &err);
		if (rc == 1)
			line_try(line);
		in = bytes_from(in, used);
	} while (rc != 0 && in.len > 0);
	return 0;
}
