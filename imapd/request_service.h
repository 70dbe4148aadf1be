/*
 * request_service - serves the store protocol to our other programs
 *
 * There is one listener per role, and a connection has the role of its
 * listener.  The socket is owned by the user of that role's program.  In
 * addition, the peer's user id, as reported by the kernel, is checked.
 */
#ifndef IMAPD_REQUEST_SERVICE_H
#define IMAPD_REQUEST_SERVICE_H

#include <sys/types.h>

#include <stdbool.h>

#include "proto/request.h"
#include "imapd/imapd.h"

/* conn_service_arg() of a store listener. */
struct request_listener {
	struct imapd *imapd;		/* borrowed */
	enum request_role role;
	uid_t uid;			/* the user that may connect */
	bool root_too;
};

#endif
