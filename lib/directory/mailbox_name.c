/* mailbox_name - checks and normalizes the names of mailboxes. */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <uninorm.h>

#include "base/encode.h"
#include "directory/mailbox_name.h"

static int
name_refuse(struct err *err, const char *why)
{
	return err_code(err, ERR_REFUSED, ERR_CODE_CANNOT,
	    "a mailbox name %s", why);
}

/* Checks the number of levels, and for one-byte control characters. */
static int
name_check_levels(struct bytes name, struct err *err)
{
	unsigned depth = 1;
	size_t start = 0;

	for (size_t i = 0; i <= name.len; i++) {
		if (i == name.len || name.data[i] == MAILBOX_SEPARATOR) {
			if (i == start)
				return name_refuse(err,
				    "must not have an empty level");
			if (i < name.len && ++depth > MAILBOX_DEPTH_MAX)
				return name_refuse(err,
				    "must not have more than 50 levels");
			start = i + 1;
		} else if ((unsigned char)name.data[i] < ' ' ||
		    name.data[i] == 0x7f) {
			return name_refuse(err,
			    "must not contain control characters");
		}
	}
	return 0;
}

/* Has it C1 controls or line or paragraph separators, in UTF-8? */
static bool
has_wide_control(struct bytes name)
{
	const unsigned char *p = (const unsigned char *)name.data;

	for (size_t i = 0; i + 1 < name.len; i++) {
		if (p[i] == 0xc2 && p[i + 1] < 0xa0)
			return true;
		if (i + 2 < name.len && p[i] == 0xe2 && p[i + 1] == 0x80 &&
		    (p[i + 2] == 0xa8 || p[i + 2] == 0xa9))
			return true;
	}
	return false;
}

static int
name_normalize(struct bytes name, char *out, struct err *err)
{
	uint8_t *nfc;
	size_t len = 0;
	bool fits;

	nfc = u8_normalize(UNINORM_NFC, (const uint8_t *)name.data, name.len,
	    NULL, &len);
	fits = nfc != NULL && len <= MAILBOX_NAME_MAX;
	if (fits) {
		memcpy(out, nfc, len);
		out[len] = '\0';
	}
	free(nfc);
	return fits ? 0 : name_refuse(err,
	    "must not be longer than 1024 bytes");
}

int
mailbox_name_canonical(struct bytes name, char out[MAILBOX_NAME_MAX + 1],
    struct err *err)
{
	bool ascii = bytes_is_ascii(name);

	if (name.len > MAILBOX_NAME_MAX)
		return name_refuse(err, "must not be longer than 1024 bytes");
	if (!ascii && !utf8_is_valid(name))
		return err_set(err, ERR_SYNTAX, "a mailbox name must be UTF-8");
	if (name_check_levels(name, err) == -1)
		return -1;
	if (ascii) {
		memcpy(out, name.data, name.len);
		out[name.len] = '\0';
	} else {
		if (has_wide_control(name))
			return name_refuse(err,
			    "must not contain control characters");
		if (name_normalize(name, out, err) == -1)
			return -1;
	}
	if (bytes_ieq_str(bytes_make(out, strcspn(out, "/")), "INBOX"))
		memcpy(out, "INBOX", 5);
	return 0;
}
