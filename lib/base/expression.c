/* expression - compiles and matches with PCRE2, within limits. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/expression.h"
#include "base/log.h"

/* Nested parentheses: compiling recurses for each level. */
#define NESTING_MAX	50

struct expression {
	pcre2_code *code;		/* own */
	pcre2_match_data *data;		/* own */
	pcre2_match_context *limits;	/* own */
};

static int
syntax_err(struct err *err, const char *text, int code, size_t offset)
{
	PCRE2_UCHAR message[128];

	if (pcre2_get_error_message(code, message, sizeof(message)) < 0)
		memcpy(message, "unknown error", sizeof("unknown error"));
	return err_set(err, ERR_SYNTAX, "'%s' is not a regular expression: "
	    "%s at offset %zu", text, (const char *)message, offset);
}

static pcre2_code *
compile(const char *text, int *code, size_t *offset)
{
	pcre2_compile_context *c = pcre2_compile_context_create(NULL);
	pcre2_code *made;

	if (c == NULL)
		fatal("out of memory");
	pcre2_set_parens_nest_limit(c, NESTING_MAX);
	made = pcre2_compile((PCRE2_SPTR)text, strlen(text), PCRE2_UTF |
	    PCRE2_NEVER_BACKSLASH_C, code, offset, c);
	pcre2_compile_context_free(c);
	return made;
}

int
expression_compile(const char *text, struct expression **out, struct err *err)
{
	struct expression *e;
	PCRE2_SIZE offset;
	int code;

	if (strlen(text) > EXPRESSION_MAX)
		return err_set(err, ERR_SYNTAX, "a regular expression has at "
		    "most %d bytes", EXPRESSION_MAX);
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		fatal("out of memory");
	e->code = compile(text, &code, &offset);
	if (e->code == NULL) {
		free(e);
		return syntax_err(err, text, code, offset);
	}
	e->data = pcre2_match_data_create_from_pattern(e->code, NULL);
	e->limits = pcre2_match_context_create(NULL);
	if (e->data == NULL || e->limits == NULL)
		fatal("out of memory");
	pcre2_set_match_limit(e->limits, EXPRESSION_STEPS_MAX);
	pcre2_set_depth_limit(e->limits, EXPRESSION_STEPS_MAX);
	pcre2_set_heap_limit(e->limits, EXPRESSION_HEAP_MAX);
	*out = e;
	return 0;
}

int
expression_check(const char *text, struct err *err)
{
	struct expression *e;

	if (expression_compile(text, &e, err) == -1)
		return -1;
	expression_free(&e);
	return 0;
}

/* Never with the JIT compiler, whose match limit counts something else. */
enum expression_result
expression_match(struct expression *e, struct bytes subject)
{
	int rc = pcre2_match(e->code, (PCRE2_SPTR)subject.data, subject.len,
	    0, PCRE2_NO_JIT, e->data, e->limits);

	switch (rc) {
	case PCRE2_ERROR_MATCHLIMIT:
	case PCRE2_ERROR_DEPTHLIMIT:
	case PCRE2_ERROR_HEAPLIMIT:
	case PCRE2_ERROR_NOMEMORY:
		return EXPRESSION_TOO_COSTLY;
	default:
		return rc >= 0 ? EXPRESSION_FOUND : EXPRESSION_ABSENT;
	}
}

void
expression_free(struct expression **ep)
{
	struct expression *e = *ep;

	if (e == NULL)
		return;
	pcre2_match_context_free(e->limits);
	pcre2_match_data_free(e->data);
	pcre2_code_free(e->code);
	free(e);
	*ep = NULL;
}
