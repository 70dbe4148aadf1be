/*
 * settings-private - one option's value, from words and to text
 */
#ifndef CONFIG_SETTINGS_PRIVATE_H
#define CONFIG_SETTINGS_PRIVATE_H

#include "config/settings.h"

/* Where the field of an option is. */
#define SETTINGS_FIELD(type, s, o)	((type *)((char *)(s) + (o)->offset))
#define SETTINGS_CONST(type, s, o)	\
	((const type *)((const char *)(s) + (o)->offset))

/* Has it several words? */
bool settings_type_is_list(enum settings_type type);

/*
 * Puts the words of a value into its field; relative paths stay relative.
 * 0, or -1 with the position of the word that is wrong.
 */
int settings_value_parse(struct settings *s, const struct settings_option *o,
    const struct conf_item *item, struct err *err);

/* Makes a relative path absolute, below config_dir or run-dir. */
void settings_value_resolve(struct settings *s,
    const struct settings_option *o, const char *config_dir);

#endif
