/* setting_value - reads values that accounts and domains have alike. */
#include <config.h>

#include <string.h>

#include "directory/setting_value.h"

int
setting_yes_parse(const char *value, bool *out, struct err *err)
{
	*out = strcmp(value, "yes") == 0;
	if (!*out && strcmp(value, "no") != 0)
		return err_set(err, ERR_SYNTAX, "'%s' is not 'yes' or 'no'",
		    value);
	return 0;
}
