/* The lines of the Dovecot auth protocol, of both sides. */
#include <config.h>

#include <assert.h>
#include <stdint.h>

#include "proto/dovecot_auth.h"
#include "proto/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read can be written, and is read as the same. */
static void
answer_again(const struct dovecot_answer *x, struct arena *a)
{
	struct dovecot_answer again;
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;

	if (x->kind == DOVECOT_S_OK)
		dovecot_write_ok(&out, x->id, x->user);
	else
		dovecot_write_fail(&out, x->id, x->user, x->reason);
	assert(bytes_index(buf_view(&out), '\n') == (ptrdiff_t)out.len - 1);
	assert(dovecot_answer_parse(bytes_make(out.data, out.len - 1), a,
	    &again, &err) == 0);
	assert(again.kind == x->kind && again.id == x->id);
	assert(bytes_eq(again.user, x->user));
	if (x->kind == DOVECOT_S_FAIL)
		assert(bytes_eq(again.reason, x->reason));
	buf_free(&out);
}

static void
line_try(struct bytes line)
{
	struct dovecot_command command;
	struct dovecot_answer answer;
	struct err err = ERR_INIT;
	struct arena a;

	arena_init(&a);
	if (dovecot_command_parse(line, &a, &command, &err) == 0)
		assert(command.kind != DOVECOT_AUTH ||
		    command.mechanism.len > 0);
	if (dovecot_answer_parse(line, &a, &answer, &err) == 0 &&
	    (answer.kind == DOVECOT_S_OK || answer.kind == DOVECOT_S_FAIL))
		answer_again(&answer, &a);
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
