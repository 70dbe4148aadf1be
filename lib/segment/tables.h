/*
 * tables - the tables of the store
 *
 * Every table of postern-imapd's environment has a row here, whichever folder
 * its records belong to: kv_open() wants them all at once, and a batch is
 * written in the order of this list.  The header named beside a table explains
 * its keys and values; doc/store.md explains all of them.  `a' is the account
 * id, u64.
 */
#ifndef SEGMENT_TABLES_H
#define SEGMENT_TABLES_H

#include "kv/kv.h"

/* Bodies are stored in pieces, so that none needs a buffer of its full size. */
#define BODY_CHUNK	(1024 * 1024)

enum table {
	T_META,			/* SITE: name */
	T_ACCOUNT,		/* ACCOUNT: a */
	T_LOGIN,		/* SITE: login name -> a */
	T_DOMAIN,		/* SITE: domain (A-labels) */
	T_ADDRESS,		/* SITE: canonical address */
	T_DMARC,		/* SITE: day kind ...; dmarc_data.h */
	T_CREDENTIAL,		/* ACCOUNT: a login id; credential_row.h */
	T_SECRET,		/* ACCOUNT: a login id kind */
	T_MAILBOX,		/* ACCOUNT: a mbox */
	T_MAILBOX_NAME,		/* ACCOUNT: a name -> mbox */
	T_SUBSCRIPTION,		/* ACCOUNT: a name */
	T_MESSAGE,		/* ACCOUNT: a mbox uid; written once */
	T_FLAGS,		/* ACCOUNT: a mbox uid>>6; flagpage.h */
	T_EXPUNGED,		/* ACCOUNT: a mbox modseq -> UID ranges */
	T_BODY_REF,		/* ACCOUNT: a body */
	T_ORIGIN,		/* ACCOUNT: a body */
	T_DELIVERED,		/* ACCOUNT: a token mbox */
	T_TODO,			/* ACCOUNT: a kind seq */
	T_THREAD,		/* ACCOUNT: a hash(Message-ID) -> thread id */
	T_RECIPIENT,		/* ACCOUNT: a address; correspondent.h */
	T_SUBMISSION,		/* ACCOUNT: a kind ...; submission_row.h */
	T_BODY_LOC,		/* LOCAL: a body */
	T_BODY,			/* LOCAL: a body chunk; BODY_CHUNK bytes each,
				   the last one shorter; stored_message.h */
	T_PARSED,		/* DERIVED: a body */
	T_SEGMENT,		/* SEGMENT: file; segment.h */
	T_SEGMENT_REF,		/* SEGMENT: id of a record */
	TABLE_COUNT
};

extern const struct table_info store_tables[TABLE_COUNT];

#endif
