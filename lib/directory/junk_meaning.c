/* junk_meaning - asks the expressions of an account about mailbox names. */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <unicase.h>

#include "base/encode.h"
#include "base/log.h"
#include "directory/junk_meaning.h"

/* Raised when the same settings come to mean something else. */
#define RULES_VERSION	1

struct junk_rules {
	bool is_on;
	unsigned set;			/* how many are not NULL */
	unsigned costly;
	struct expression *expression[JUNK_EXPRESSIONS];	/* own */
	unsigned costly_of[JUNK_EXPRESSIONS];
};

static const enum junk_meaning meanings[JUNK_EXPRESSIONS] = {
	[JUNK_EXPRESSION_JUNK] = MEANS_JUNK,
	[JUNK_EXPRESSION_NEUTRAL] = MEANS_NEUTRAL,
	[JUNK_EXPRESSION_NOTJUNK] = MEANS_NOTJUNK
};

/* ---- settings ---- */

void
junk_settings_of(const struct account *acc, const struct junk_settings *site,
    struct junk_settings *out)
{
	*out = *site;
	if (acc->junk.on != JUNK_FLAGS_DEFAULT)
		out->is_on = acc->junk.on == JUNK_FLAGS_YES;
	for (unsigned i = 0; i < JUNK_EXPRESSIONS; i++)
		if (acc->junk.is_own[i])
			memcpy(out->expression[i], acc->junk.expression[i],
			    sizeof(out->expression[i]));
}

uint32_t
junk_settings_stamp(const struct junk_settings *site)
{
	uint8_t first[2] = { RULES_VERSION, site->is_on };
	uint32_t crc = crc32c(0, first, sizeof(first));

	for (unsigned i = 0; i < JUNK_EXPRESSIONS; i++)
		crc = crc32c(crc, site->expression[i],
		    strlen(site->expression[i]) + 1);
	return crc | 1;
}

const char *
junk_meaning_name(enum junk_meaning meaning)
{
	static const char *const names[] = {
		[MEANS_NOTHING] = "nothing",
		[MEANS_JUNK] = "junk",
		[MEANS_NEUTRAL] = "neutral",
		[MEANS_NOTJUNK] = "notjunk"
	};

	return names[meaning];
}

const char *
junk_flags_name(enum junk_flags on)
{
	return on == JUNK_FLAGS_DEFAULT ? "default" :
	    on == JUNK_FLAGS_YES ? "yes" : "no";
}

const char *
junk_expression_name(enum junk_expression which)
{
	static const char *const names[] = {
		[JUNK_EXPRESSION_JUNK] = "junk-flags-junk",
		[JUNK_EXPRESSION_NEUTRAL] = "junk-flags-neutral",
		[JUNK_EXPRESSION_NOTJUNK] = "junk-flags-notjunk"
	};

	return names[which];
}

/* ---- rules ---- */

int
junk_rules_new(const struct junk_settings *settings, struct junk_rules **out,
    struct err *err)
{
	struct junk_rules *rules = calloc(1, sizeof(*rules));

	if (rules == NULL)
		fatal("out of memory");
	rules->is_on = settings->is_on;
	for (unsigned i = 0; i < JUNK_EXPRESSIONS && rules->is_on; i++) {
		if (settings->expression[i][0] == '\0')
			continue;
		if (expression_compile(settings->expression[i],
		    &rules->expression[i], err) == -1) {
			junk_rules_free(&rules);
			return err_wrap(err, "%s", junk_expression_name(i));
		}
		rules->set++;
	}
	*out = rules;
	return 0;
}

void
junk_rules_free(struct junk_rules **rules)
{
	if (*rules == NULL)
		return;
	for (unsigned i = 0; i < JUNK_EXPRESSIONS; i++)
		expression_free(&(*rules)->expression[i]);
	free(*rules);
	*rules = NULL;
}

unsigned
junk_rules_costly(const struct junk_rules *rules)
{
	return rules->costly;
}

static enum expression_result
ask_one(struct junk_rules *rules, unsigned which, struct bytes name)
{
	enum expression_result result;

	if (rules->costly_of[which] >= JUNK_COSTLY_MAX)
		return EXPRESSION_TOO_COSTLY;
	result = expression_match(rules->expression[which], name);
	if (result == EXPRESSION_TOO_COSTLY) {
		rules->costly++;
		rules->costly_of[which]++;
	}
	return result;
}

/* No expression matches. */
static void
ask_rest(const struct junk_rules *rules, struct junk_verdict *out)
{
	out->meaning = MEANS_NOTHING;
	out->reason = JUNK_BY_NONE;
	if (rules->set != JUNK_EXPRESSIONS - 1)
		return;
	for (unsigned i = 0; i < JUNK_EXPRESSIONS; i++)
		if (rules->expression[i] == NULL) {
			out->meaning = meanings[i];
			out->reason = JUNK_BY_REST;
		}
}

static void
ask_all(struct junk_rules *rules, struct bytes name, struct junk_verdict *out)
{
	for (unsigned i = 0; i < JUNK_EXPRESSIONS; i++) {
		if (rules->expression[i] == NULL)
			continue;
		out->decided = i;
		switch (ask_one(rules, i, name)) {
		case EXPRESSION_FOUND:
			out->meaning = meanings[i];
			out->reason = JUNK_BY_EXPRESSION;
			return;
		case EXPRESSION_TOO_COSTLY:
			out->meaning = MEANS_NOTHING;
			out->reason = JUNK_BY_COST;
			return;
		case EXPRESSION_ABSENT:
			break;
		}
	}
	ask_rest(rules, out);
}

void
junk_rules_ask(struct junk_rules *rules, const char *name,
    struct junk_verdict *out)
{
	size_t len = 0;
	uint8_t *lower;

	*out = (struct junk_verdict){ .meaning = MEANS_NOTHING,
	    .reason = JUNK_BY_OFF };
	if (!rules->is_on)
		return;
	lower = u8_tolower((const uint8_t *)name, strlen(name), NULL, NULL,
	    NULL, &len);
	if (lower == NULL)
		fatal("out of memory");
	ask_all(rules, bytes_make(lower, len), out);
	free(lower);
}
