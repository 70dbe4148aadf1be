/*
 * store_ops - the operations of the store protocol and their fields
 *
 * Numbers of operations and tags stay what they are once released: new ones
 * are added, old ones are not used again.
 */
#ifndef PROTO_STORE_OPS_H
#define PROTO_STORE_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define STORE_DATA_MAX		65536	/* bytes in one DATA frame */
#define STORE_HEADER_MAX	65536	/* header block of judge */
#define STORE_FEATURES_MAX	131072	/* feature hashes of judge */
#define STORE_ORIGIN_MAX	16384
#define STORE_LOGIN_MAX		255
#define STORE_DOMAIN_MAX	255
#define STORE_ADDRESS_MAX	1024	/* as typed */
#define STORE_MAILBOX_MAX	1024
#define STORE_PASSWORD_MAX	1024
#define STORE_LABEL_MAX		63
#define STORE_WORD_MAX		64	/* names of settings, kinds, uses */
#define STORE_QUEUE_ID_MAX	255
#define STORE_VALUE_MAX		1024
#define STORE_KEYWORD_MAX	255
#define STORE_PATH_MAX		4095
#define STORE_LINE_MAX		16384	/* one line of export */
#define STORE_DMARC_ROW_MAX	1076	/* 12 and a row's most */
#define STORE_TEXT_MAX		1000	/* reasons, errors, subjects */

enum store_role {
	ROLE_MILTER = 1,
	ROLE_ROUTER = 2,
	ROLE_WEB = 4,
	ROLE_ADMIN = 8
};

enum store_type {
	STORE_U64,		/* 8 bytes */
	STORE_TIME,		/* 8 bytes: seconds since 1970, signed */
	STORE_BOOL,		/* 1 byte: 0 or 1 */
	STORE_TEXT,		/* UTF-8 without NUL */
	STORE_BLOB
};

enum store_tag {
	/* the frame kinds' own */
	STORE_DATA_BYTES = 1,
	STORE_ERROR_KIND = 2,		/* enum err_kind */
	STORE_ERROR_CODE = 3,		/* enum err_code */
	STORE_ERROR_TEXT = 4,
	/* general */
	STORE_NAME = 10,
	STORE_VALUE = 11,
	STORE_KIND = 12,
	STORE_LABEL = 13,
	STORE_CREATED = 14,
	STORE_LAST_USED = 15,
	STORE_DISABLED = 16,
	STORE_COUNT = 17,
	STORE_LIMIT = 18,
	STORE_STATUS = 19,
	/* accounts, domains, addresses */
	STORE_ACCOUNT = 30,		/* login name */
	STORE_ACCOUNT_ID = 31,
	STORE_QUOTA_BYTES = 32,
	STORE_QUOTA_MESSAGES = 33,
	STORE_USED_BYTES = 34,
	STORE_USED_MESSAGES = 35,
	STORE_PASSWORD = 36,
	STORE_CREDENTIAL = 37,
	STORE_DOMAIN = 40,
	STORE_SEPARATOR = 41,
	STORE_CASE_SENSITIVE = 42,
	STORE_ADDRESS = 43,
	/* mailboxes and messages */
	STORE_MAILBOX = 60,
	STORE_NEW_MAILBOX = 61,
	STORE_MAILBOX_ID = 62,
	STORE_UIDVALIDITY = 63,
	STORE_UIDNEXT = 64,
	STORE_MODSEQ = 65,
	STORE_MESSAGES = 66,
	STORE_UNSEEN = 67,
	STORE_BYTES = 68,
	STORE_USE = 69,			/* "\Sent" */
	STORE_SUBSCRIBED = 70,
	STORE_UID = 71,
	STORE_SIZE = 72,
	STORE_INTERNAL_DATE = 73,
	STORE_SAVE_DATE = 74,
	STORE_FLAG = 75,		/* system flag or keyword */
	STORE_EMAIL_ID = 76,
	STORE_THREAD_ID = 77,
	STORE_FROM = 78,
	STORE_SUBJECT = 79,
	/* the server */
	STORE_FOLDER = 90,
	STORE_FILE = 91,
	STORE_LINE = 92,
	STORE_LINE_NUMBER = 93,
	STORE_DRY_RUN = 94,
	STORE_LEVEL = 95,
	/* judgement */
	STORE_ORIGIN = 110,		/* origin_encode() of auth/origin.h;
					   its token comes first */
	STORE_RECIPIENT = 111,
	STORE_HEADER = 112,
	STORE_FEATURES = 113,
	STORE_VERDICT = 114,		/* accept, delay, reject */
	STORE_REASON = 115,
	STORE_EXPLANATION = 116,
	STORE_DELAY_MS = 117,
	/* limits of mail in and out */
	STORE_CODE = 130,		/* SMTP: 452 */
	STORE_ENHANCED = 131,		/* "4.2.2" */
	STORE_REPLY = 132,		/* the text behind them */
	STORE_SETTING = 133,		/* that decided, for the log */
	STORE_CLIENT_IP = 134,
	STORE_OURS = 135,		/* the address is of a domain of ours */
	STORE_QUEUE_ID = 136,		/* the MTA's */
	STORE_RECIPIENTS_PER_DAY = 137,	/* of an account; 0: the default */
	STORE_FIRST_TIME_PER_DAY = 138,
	STORE_SUBMITTED = 139,		/* recipients of submissions */
	STORE_SENT = 140,		/* messages in mailboxes for sent mail */
	STORE_FIRST_TIME = 141,		/* recipients that are new */
	STORE_RECIPIENTS = 142,		/* of export: them too */
	STORE_SENT_TODAY = 143,		/* recipients in the last 24 hours */
	STORE_FIRST_TIME_TODAY = 144,
	/* what reports to domains with a DMARC policy are made of */
	STORE_DAY = 150,		/* "2026-01-31", in UTC */
	STORE_DMARC_ROW = 151,		/* u32 day, u64 messages, the row of
					   proto/dmarc_row.h */
	STORE_DROPPED = 152,		/* messages that had no room */
	/* In the order of enum dmarc_row_field. */
	STORE_FROM_DOMAIN = 153,
	STORE_SOURCE_IP = 154,
	STORE_ENVELOPE_DOMAIN = 155,
	STORE_RECORD_DOMAIN = 156,
	STORE_POLICY = 157,
	STORE_DISPOSITION = 158,
	STORE_DKIM_ALIGNED = 159,
	STORE_SPF_ALIGNED = 160,
	STORE_OVERRIDE = 161,
	STORE_SPF = 162,
	STORE_DKIM = 163
};

struct store_tag_row {
	uint16_t tag;
	enum store_type type;
	uint32_t max;			/* bytes, of text and blob */
	const char *name;
};

/* Ended by a row with tag 0. */
extern const struct store_tag_row store_tags[];

const struct store_tag_row *store_tag_find(uint16_t tag);

enum store_use {
	STORE_OPTIONAL,
	STORE_REQUIRED,
	STORE_REPEATED			/* any number, none too */
};

struct store_field {
	uint16_t tag;			/* 0 ends a list */
	enum store_use use;
};

enum store_op_flag {
	STORE_OP_DATA_IN = 1,		/* the request has DATA frames */
	STORE_OP_DATA_OUT = 2		/* the answer has */
};

enum store_op_number {
	STORE_OP_ACCOUNT_CREATE = 1,
	STORE_OP_ACCOUNT_DELETE = 2,
	STORE_OP_ACCOUNT_LIST = 3,
	STORE_OP_ACCOUNT_GET = 4,
	STORE_OP_ACCOUNT_SET = 5,
	STORE_OP_DOMAIN_CREATE = 10,
	STORE_OP_DOMAIN_DELETE = 11,
	STORE_OP_DOMAIN_LIST = 12,
	STORE_OP_DOMAIN_SET = 13,
	STORE_OP_ADDRESS_ADD = 20,
	STORE_OP_ADDRESS_REMOVE = 21,
	STORE_OP_ADDRESS_LIST = 22,
	STORE_OP_ALIAS_ADD = 30,
	STORE_OP_ALIAS_REMOVE = 31,
	STORE_OP_ALIAS_LIST = 32,
	STORE_OP_ALIAS_GET = 33,
	STORE_OP_ALIAS_MEMBER_ADD = 34,
	STORE_OP_ALIAS_MEMBER_REMOVE = 35,
	STORE_OP_PASSWORD_SET = 40,
	STORE_OP_PASSWORD_LIST = 41,
	STORE_OP_PASSWORD_REMOVE = 42,
	STORE_OP_MAILBOX_LIST = 50,
	STORE_OP_MAILBOX_CREATE = 51,
	STORE_OP_MAILBOX_DELETE = 52,
	STORE_OP_MAILBOX_RENAME = 53,
	STORE_OP_MESSAGE_LIST = 60,
	STORE_OP_MESSAGE_GET = 61,
	STORE_OP_STAT = 70,
	STORE_OP_BACKUP = 71,
	STORE_OP_EXPORT = 72,
	STORE_OP_IMPORT = 73,
	STORE_OP_RELOAD = 74,
	STORE_OP_LOG_LEVEL = 75,
	STORE_OP_RECIPIENT_LIST = 80,
	STORE_OP_JUDGE = 100,
	STORE_OP_RECIPIENT_CHECK = 101,
	STORE_OP_SENDER_CHECK = 110,
	STORE_OP_SUBMISSION_RECORD = 111,
	STORE_OP_DMARC_RECORD = 112,
	STORE_OP_DMARC_DATA = 113
};

struct store_op {
	uint16_t number;		/* 0 ends the table */
	const char *name;
	unsigned roles;			/* ROLE_*: who may call it */
	unsigned flags;			/* STORE_OP_* */
	const struct store_field *request;
	const struct store_field *row;	/* NULL: sends no ROW */
	const struct store_field *done;
	const char *help;		/* one line for the manual */
};

extern const struct store_op store_ops[];

/* NULL when there is none. */
const struct store_op *store_op_find(uint16_t number);
const struct store_op *store_op_by_name(struct bytes name);

/* "milter", "router", "web", "admin"; 0 and NULL for others. */
const char *store_role_name(enum store_role role);
enum store_role store_role_of(struct bytes name);

/* "u64", "time", "bool", "text", "blob". */
const char *store_type_name(enum store_type type);

#endif
