/* check_postfix - compares Postfix's settings with ours. */
#include <config.h>

#include <inttypes.h>
#include <string.h>

#include "base/encode.h"
#include "command/config_check-private.h"
#include "command/main_cf.h"
#include "command/program.h"

/* Returns the value of a Postfix parameter, or NULL if it is not available. */
static const char *
postconf(struct config_check *k, const char *name)
{
	const char *argv[8] = { "postconf" };
	struct buf out = BUF_INIT;
	const char *value = NULL;
	size_t n = 1;

	if (*k->s->postfix_config_dir != '\0') {
		argv[n++] = "-c";
		argv[n++] = k->s->postfix_config_dir;
	}
	argv[n++] = "-hx";
	argv[n++] = name;
	if (program_output(argv, 4096, &out) == 0) {
		struct bytes b = bytes_trim(buf_view(&out));

		value = bytes_cstr(k->a, b);
	}
	buf_free(&out);
	/* localserve's Postfix has a main.cf, but may have no postconf(1). */
	if (value == NULL && *k->s->postfix_config_dir != '\0')
		value = main_cf_value(k->a, k->s->postfix_config_dir, name);
	return value;
}

/*
 * Parses a time as in postconf(5): a number and s, m, h, d or w; d is the
 * default.
 */
static bool
postfix_time_ms(const char *text, uint64_t *ms)
{
	static const struct {
		char unit;
		uint64_t ms;
	} units[] = {
		{ 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 },
		{ 'd', 86400000 }, { 'w', 604800000 }, { '\0', 86400000 }
	};
	size_t n = strspn(text, "0123456789");

	if (decimal_parse(bytes_make(text, n), 1u << 30, ms) == -1)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (text[n] == units[i].unit) {
			*ms *= units[i].ms;
			return true;
		}
	return false;
}

static void
check_postfix_size(struct config_check *k, const char *text)
{
	uint64_t limit, ours = k->s->message_size_max;

	if (decimal_parse(bytes_of(text), UINT64_MAX, &limit) == -1)
		return;
	if (limit == 0)
		finding_add(k, true, "message-size-max",
		    "Postfix accepts messages of any size (message_size_limit "
		    "is 0), but message-size-max is %" PRIu64 ": larger ones "
		    "would be bounced after they were accepted", ours);
	else if (limit + HEADER_ADDED_MAX > ours)
		finding_add(k, true, "message-size-max", "message-size-max is %"
		    PRIu64 ", but must be at least %u more than Postfix's "
		    "message_size_limit, which is %" PRIu64, ours,
		    HEADER_ADDED_MAX, limit);
}

/* Checks the Postfix parameters that our settings depend on. */
static void
check_postfix_lines(struct config_check *k)
{
	bool hide = k->s->hide_unknown_recipients;
	const struct {
		const char *name, *want;
		bool matters;
		bool is_error;
		const char *setting, *otherwise;
	} rows[] = {
		{ "milter_default_action", "tempfail", true, false,
		    "milter-listen", "while postern-milter is not running, "
		    "messages are accepted unchecked or refused, not "
		    "deferred" },
		{ "smtpd_forbid_bare_newline", "reject", true, false,
		    "milter-listen", "a bare LF may hide a second message "
		    "from us (SMTP smuggling)" },
		{ "smtpd_reject_unlisted_recipient", "no", hide, true,
		    "hide-unknown-recipients", "Postfix reveals which "
		    "recipients exist before we can hide it" }
	};
	const char *value;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		value = rows[i].matters ? postconf(k, rows[i].name) : NULL;
		/* A parameter that this Postfix does not know has no value. */
		if (value != NULL && *value != '\0' &&
		    strcmp(value, rows[i].want) != 0)
			finding_add(k, rows[i].is_error, rows[i].setting,
			    "Postfix's %s is '%s', not '%s': %s",
			    rows[i].name, value, rows[i].want,
			    rows[i].otherwise);
	}
	if (hide && (value = postconf(k, "smtpd_recipient_restrictions")) !=
	    NULL && strstr(value, ":access") != NULL)
		finding_add(k, true, "hide-unknown-recipients",
		    "Postfix looks up recipients in the map 'access' "
		    "(smtpd_recipient_restrictions), which reveals which of "
		    "them exist");
}

/*
 * If the milter replies later than Postfix waits, Postfix defers the rest of
 * the connection without asking again.  The slowest reply is that to RCPT: it
 * may be delayed, and it needs SPF and the store.
 */
static void
check_postfix_wait(struct config_check *k)
{
	const struct settings *s = k->s;
	uint64_t wait = s->slow_delay_ms + s->dns_command_deadline_ms +
	    s->milter_imapd_timeout_ms;
	const char *text = postconf(k, "milter_command_timeout");
	uint64_t ms;

	if (s->special_localparts)
		wait += s->special_timeout_ms;
	if (text == NULL || !postfix_time_ms(text, &ms) || ms > wait)
		return;
	finding_add(k, false, "milter-imapd-timeout", "Postfix's "
	    "milter_command_timeout is %s, but slow-delay, "
	    "dns-command-deadline%s milter-imapd-timeout together are %"
	    PRIu64 "s: Postfix would not wait for our reply", text,
	    s->special_localparts ? ", special-timeout and" : " and",
	    wait / 1000);
}

void
check_postfix(struct config_check *k)
{
	const char *names[] = { "maximal_queue_lifetime",
	    "bounce_queue_lifetime" };
	const char *text = postconf(k, "message_size_limit");
	uint64_t ms;

	if (text == NULL) {
		if (*k->s->postfix_config_dir != '\0')
			finding_add(k, true, "postfix-config-dir",
			    "postfix-config-dir: cannot read Postfix's "
			    "settings in '%s'",
			    k->s->postfix_config_dir);
		return;
	}
	check_postfix_size(k, text);
	check_postfix_lines(k);
	check_postfix_wait(k);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if ((text = postconf(k, names[i])) != NULL &&
		    postfix_time_ms(text, &ms) &&
		    ms > k->s->delivered_keep_ms)
			finding_add(k, true, "delivered-keep", "delivered-keep "
			    "is shorter than Postfix's %s, which is %s: a "
			    "late retry would be stored twice", names[i],
			    text);
}
