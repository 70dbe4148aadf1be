/*
 * settings-private - parsing and printing the value of one option
 */
#ifndef CONFIG_SETTINGS_PRIVATE_H
#define CONFIG_SETTINGS_PRIVATE_H

#include "config/settings.h"

/* A pointer to the field of option o in s. */
#define SETTINGS_FIELD(type, s, o)	((type *)((char *)(s) + (o)->offset))
#define SETTINGS_CONST(type, s, o)	\
	((const type *)((const char *)(s) + (o)->offset))

/* Does a value of this type consist of several words? */
bool settings_type_is_list(enum settings_type type);

/*
 * Parses the words of a value into its field; relative paths stay relative.
 * Returns 0, or -1; err then has the position of the wrong word.
 */
int settings_value_parse(struct settings *s, const struct settings_option *o,
    const struct conf_item *item, struct err *err);

/* Makes a relative path absolute: below config_dir, a socket below run-dir. */
void settings_value_resolve(struct settings *s,
    const struct settings_option *o, const char *config_dir);

#endif
