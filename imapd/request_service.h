/*
 * request_service - the store protocol, for our other programs
 *
 * One listener per role; a connection has the role of its listener.  The
 * socket belongs to the user of that role's program, and the peer's user id,
 * as the kernel tells it, is checked again.
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
	uid_t uid;			/* who may come in */
	bool root_too;
};

#endif
