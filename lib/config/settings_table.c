/*
 * settings_table - joins the parts of the option table.
 *
 * The order of the parts is the order in the commented default file and in
 * the manual.  Each part begins with a group.
 */
#include <config.h>

#include <assert.h>
#include <pthread.h>

#include "config/settings_table-private.h"

#define OPTIONS_MAX	256

static const struct settings_option *const parts[] = {
	settings_common, settings_tls, settings_imapd, settings_store,
	settings_milter, settings_dns, settings_sender, settings_command
};

/* It is zero at first, so the row after the last one has the name NULL. */
static struct settings_option table[OPTIONS_MAX];
static size_t count;
static pthread_once_t joined = PTHREAD_ONCE_INIT;

static void
join(void)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		for (const struct settings_option *o = parts[i];
		    o->name != NULL; o++) {
			assert(count < OPTIONS_MAX - 1);
			table[count++] = *o;
		}
}

const struct settings_option *
settings_table(void)
{
	(void)pthread_once(&joined, join);
	return table;
}

size_t
settings_count(void)
{
	(void)pthread_once(&joined, join);
	return count;
}
