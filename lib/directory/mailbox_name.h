/*
 * mailbox_name - names of mailboxes, as they are stored
 *
 * Names are UTF-8 (the IMAP server translates), the hierarchy separator is
 * '/', and the first level INBOX is written so, in whatever case it came.
 */
#ifndef DIRECTORY_MAILBOX_NAME_H
#define DIRECTORY_MAILBOX_NAME_H

#include "base/buf.h"
#include "base/err.h"

#define MAILBOX_NAME_MAX	1024	/* bytes */
#define MAILBOX_DEPTH_MAX	50	/* levels */
#define MAILBOX_SEPARATOR	'/'

/*
 * Names as they are stored: valid UTF-8 in NFC, INBOX in upper case at the
 * first level.  Functions that take a name do this themselves.
 * -1: ERR_SYNTAX (not UTF-8), ERR_REFUSED with ERR_CODE_CANNOT (control
 * character, empty level, too long, too deep).
 */
int mailbox_name_canonical(struct bytes name, char out[MAILBOX_NAME_MAX + 1],
    struct err *err);

#endif
