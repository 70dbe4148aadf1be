/* tables - the list of the store's tables. */
#include <config.h>

#include "segment/tables.h"

/* Flags of tables that snapshots must see as they were, and of the others. */
#define SEEN	(TABLE_BY_ACCOUNT | TABLE_MULTIVERSION)
#define PLAIN	TABLE_BY_ACCOUNT

const struct table_info store_tables[TABLE_COUNT] = {
	[T_META] = { "meta", TABLE_SITE, TABLE_MULTIVERSION },
	[T_ACCOUNT] = { "account", TABLE_ACCOUNT, SEEN },
	[T_LOGIN] = { "login", TABLE_SITE, TABLE_MULTIVERSION },
	[T_DOMAIN] = { "domain", TABLE_SITE, TABLE_MULTIVERSION },
	[T_ADDRESS] = { "address", TABLE_SITE, TABLE_MULTIVERSION },
	[T_DMARC] = { "dmarc", TABLE_SITE, TABLE_MULTIVERSION },
	[T_CREDENTIAL] = { "credential", TABLE_ACCOUNT, SEEN },
	[T_SECRET] = { "secret", TABLE_ACCOUNT, SEEN },
	[T_MAILBOX] = { "mailbox", TABLE_ACCOUNT, SEEN },
	[T_MAILBOX_NAME] = { "mailbox-name", TABLE_ACCOUNT, SEEN },
	[T_SUBSCRIPTION] = { "subscription", TABLE_ACCOUNT, SEEN },
	[T_MESSAGE] = { "message", TABLE_ACCOUNT, SEEN },
	[T_FLAGS] = { "flags", TABLE_ACCOUNT, SEEN },
	[T_EXPUNGED] = { "expunged", TABLE_ACCOUNT, SEEN },
	[T_BODY_REF] = { "body-ref", TABLE_ACCOUNT, PLAIN },
	[T_ORIGIN] = { "origin", TABLE_ACCOUNT, SEEN },
	[T_DELIVERED] = { "delivered", TABLE_ACCOUNT, PLAIN },
	[T_TODO] = { "todo", TABLE_ACCOUNT, SEEN },
	[T_THREAD] = { "thread", TABLE_ACCOUNT, PLAIN },
	[T_RECIPIENT] = { "recipient", TABLE_ACCOUNT, SEEN },
	[T_SUBMISSION] = { "submission", TABLE_ACCOUNT, PLAIN },
	[T_BODY_LOC] = { "body-loc", TABLE_LOCAL, PLAIN },
	[T_BODY] = { "body", TABLE_LOCAL, PLAIN | TABLE_READ_ONCE },
	[T_PARSED] = { "parsed", TABLE_DERIVED, SEEN },
	[T_SEGMENT] = { "segment", TABLE_LOCAL, 0 },
	[T_SEGMENT_REF] = { "segment-ref", TABLE_LOCAL, 0 },
};
