/*
 * mailbox_name - names of mailboxes, as they are stored
 *
 * Names are UTF-8 (the IMAP server converts them), the hierarchy separator is
 * '/', and INBOX as the first level is stored in upper case.
 */
#ifndef DIRECTORY_MAILBOX_NAME_H
#define DIRECTORY_MAILBOX_NAME_H

#include "base/buf.h"
#include "base/err.h"

#define MAILBOX_NAME_MAX	1024	/* bytes */
#define MAILBOX_DEPTH_MAX	50	/* levels */
#define MAILBOX_SEPARATOR	'/'

/*
 * Makes the stored form: UTF-8 in NFC, INBOX in upper case at the first level.
 * Functions that take a name call this themselves.  -1: ERR_SYNTAX (not
 * UTF-8), ERR_REFUSED with ERR_CODE_CANNOT (control character, empty level,
 * too long, too deep).
 */
int mailbox_name_canonical(struct bytes name, char out[MAILBOX_NAME_MAX + 1],
    struct err *err);

#endif
