/*
 * request_table - the operations of the store protocol and their fields
 *
 * The numbers of operations and tags never change after a release: new ones may
 * be added, but old ones must not be used again.
 */
#ifndef PROTO_REQUEST_TABLE_H
#define PROTO_REQUEST_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define REQUEST_DATA_MAX		65536	/* bytes in one DATA frame */
#define REQUEST_HEADER_MAX	65536	/* header block of judge */
#define REQUEST_FEATURES_MAX	131072	/* data of judge: feature hashes */
#define REQUEST_IMPORT_MAX	(64 * 1024 * 1024)	/* data of import */
#define REQUEST_ORIGIN_MAX	16384
#define REQUEST_LOGIN_MAX		255
#define REQUEST_DOMAIN_MAX	255
#define REQUEST_ADDRESS_MAX	1024	/* as typed */
#define REQUEST_RECIPIENT_MAX	320	/* RFC 5321 4.5.3.1: 64, @, 255 */
#define REQUEST_MAILBOX_MAX	1024
#define REQUEST_PASSWORD_MAX	1024
#define REQUEST_LABEL_MAX		63
#define REQUEST_WORD_MAX		64	/* names of settings, kinds, uses */
#define REQUEST_QUEUE_ID_MAX	255
#define REQUEST_VALUE_MAX		1024
#define REQUEST_KEYWORD_MAX	255
#define REQUEST_PATH_MAX		4095
#define REQUEST_EXPRESSION_MAX	255
#define REQUEST_LINE_MAX		16384	/* one line of export */
#define REQUEST_DMARC_ROW_MAX	1076	/* 12 and DMARC_ROW_MAX */
#define REQUEST_TEXT_MAX		1000	/* reasons, errors, subjects */

enum request_role {
	ROLE_MILTER = 1,
	ROLE_ROUTER = 2,
	ROLE_WEB = 4,
	ROLE_ADMIN = 8
};

enum request_type {
	TYPE_U64,		/* 8 bytes */
	TYPE_TIME,		/* 8 bytes: seconds since 1970, signed */
	TYPE_BOOL,		/* 1 byte: 0 or 1 */
	TYPE_TEXT,		/* UTF-8 without NUL */
	TYPE_BLOB
};

enum request_tag {
	/* of DATA and ERROR frames */
	FIELD_DATA_BYTES = 1,
	FIELD_ERROR_KIND = 2,		/* enum err_kind */
	FIELD_ERROR_CODE = 3,		/* enum err_code */
	FIELD_ERROR_TEXT = 4,
	/* general */
	FIELD_NAME = 10,
	FIELD_VALUE = 11,
	FIELD_KIND = 12,
	FIELD_LABEL = 13,
	FIELD_CREATED = 14,
	FIELD_LAST_USED = 15,
	FIELD_DISABLED = 16,
	FIELD_COUNT = 17,
	FIELD_LIMIT = 18,
	FIELD_STATUS = 19,
	/* accounts, domains, addresses */
	FIELD_ACCOUNT = 30,		/* login name */
	FIELD_ACCOUNT_ID = 31,
	FIELD_QUOTA_BYTES = 32,
	FIELD_QUOTA_MESSAGES = 33,
	FIELD_USED_BYTES = 34,
	FIELD_USED_MESSAGES = 35,
	FIELD_PASSWORD = 36,
	FIELD_CREDENTIAL = 37,
	FIELD_DOMAIN = 40,
	FIELD_SEPARATOR = 41,
	FIELD_CASE_SENSITIVE = 42,
	FIELD_ADDRESS = 43,
	/* mailboxes and messages */
	FIELD_MAILBOX = 60,
	FIELD_NEW_MAILBOX = 61,
	FIELD_MAILBOX_ID = 62,
	FIELD_UIDVALIDITY = 63,
	FIELD_UIDNEXT = 64,
	FIELD_MODSEQ = 65,
	FIELD_MESSAGES = 66,
	FIELD_UNSEEN = 67,
	FIELD_BYTES = 68,
	FIELD_USE = 69,			/* "\Sent" */
	FIELD_SUBSCRIBED = 70,
	FIELD_UID = 71,
	FIELD_SIZE = 72,
	FIELD_INTERNAL_DATE = 73,
	FIELD_SAVE_DATE = 74,
	FIELD_FLAG = 75,		/* system flag or keyword */
	FIELD_EMAIL_ID = 76,
	FIELD_THREAD_ID = 77,
	FIELD_FROM = 78,
	FIELD_SUBJECT = 79,
	/* the server */
	FIELD_FOLDER = 90,
	FIELD_FILE = 91,
	FIELD_LINE = 92,
	FIELD_LINE_NUMBER = 93,
	FIELD_DRY_RUN = 94,
	FIELD_LEVEL = 95,
	/* judgement */
	FIELD_ORIGIN = 110,		/* origin_encode() of auth/origin.h,
					   which begins with the token */
	FIELD_RECIPIENT = 111,
	FIELD_HEADER = 112,
	FIELD_VERDICT = 114,		/* accept, delay, reject */
	FIELD_REASON = 115,
	FIELD_EXPLANATION = 116,
	FIELD_DELAY_MS = 117,
	FIELD_SHA256 = 118,
	FIELD_SCORE = 119,		/* millionths; see proto/judge.h */
	/* limits on incoming and outgoing mail */
	FIELD_CODE = 130,		/* SMTP: 452 */
	FIELD_ENHANCED = 131,		/* "4.2.2" */
	FIELD_REPLY = 132,		/* the text after them */
	FIELD_SETTING = 133,		/* the deciding setting, for the log */
	FIELD_CLIENT_IP = 134,
	FIELD_OURS = 135,		/* the address is in a local domain */
	FIELD_QUEUE_ID = 136,		/* of the MTA */
	FIELD_RECIPIENTS_PER_DAY = 137,	/* of an account; 0: the default */
	FIELD_FIRST_TIME_PER_DAY = 138,
	FIELD_SUBMITTED = 139,		/* recipients of submissions */
	FIELD_SENT = 140,		/* messages in mailboxes of sent mail */
	FIELD_FIRST_TIME = 141,		/* new recipients */
	FIELD_RECIPIENTS = 142,		/* export: recipients too */
	FIELD_SENT_TODAY = 143,		/* recipients in the last 24 hours */
	FIELD_FIRST_TIME_TODAY = 144,
	/* data for DMARC aggregate reports */
	FIELD_DAY = 150,		/* "2026-01-31", in UTC */
	FIELD_DMARC_ROW = 151,		/* u32 day, u64 messages, row of
					   proto/dmarc_row.h */
	FIELD_DROPPED = 152,		/* messages not counted, at the limit */
	/* In the order of enum dmarc_row_field. */
	FIELD_FROM_DOMAIN = 153,
	FIELD_SOURCE_IP = 154,
	FIELD_ENVELOPE_DOMAIN = 155,
	FIELD_RECORD_DOMAIN = 156,
	FIELD_POLICY = 157,
	FIELD_DISPOSITION = 158,
	FIELD_DKIM_ALIGNED = 159,
	FIELD_SPF_ALIGNED = 160,
	FIELD_OVERRIDE = 161,
	FIELD_SPF = 162,
	FIELD_DKIM = 163,
	/* junk flags */
	FIELD_MEANING = 170,		/* junk, neutral, notjunk, nothing */
	FIELD_EXPRESSION = 171,
	FIELD_JUNK_FLAGS = 172,		/* of an account: default, yes, no */
	/* Of an account, as it was set; absent: the default. */
	FIELD_JUNK_FLAGS_JUNK = 173,
	FIELD_JUNK_FLAGS_NEUTRAL = 174,
	FIELD_JUNK_FLAGS_NOTJUNK = 175,
	FIELD_MAILBOXES_LEFT = 176
};

struct request_tag_row {
	uint16_t tag;
	enum request_type type;
	uint32_t max;			/* most bytes, for text and blobs */
	const char *name;
};

/* Ended by a row with tag 0. */
extern const struct request_tag_row request_tags[];

const struct request_tag_row *request_tag_find(uint16_t tag);

enum request_use {
	FIELD_OPTIONAL,
	FIELD_REQUIRED,
	FIELD_REPEATED			/* any number, including none */
};

struct request_field {
	uint16_t tag;			/* 0 ends a list */
	enum request_use use;
};

enum request_op_flag {
	REQUEST_DATA_IN = 1,		/* the request has DATA frames */
	REQUEST_DATA_OUT = 2		/* the answer has DATA frames */
};

enum request_op_number {
	REQUEST_ACCOUNT_CREATE = 1,
	REQUEST_ACCOUNT_DELETE = 2,
	REQUEST_ACCOUNT_LIST = 3,
	REQUEST_ACCOUNT_GET = 4,
	REQUEST_ACCOUNT_SET = 5,
	REQUEST_DOMAIN_CREATE = 10,
	REQUEST_DOMAIN_DELETE = 11,
	REQUEST_DOMAIN_LIST = 12,
	REQUEST_DOMAIN_SET = 13,
	REQUEST_ADDRESS_ADD = 20,
	REQUEST_ADDRESS_REMOVE = 21,
	REQUEST_ADDRESS_LIST = 22,
	REQUEST_ALIAS_ADD = 30,
	REQUEST_ALIAS_REMOVE = 31,
	REQUEST_ALIAS_LIST = 32,
	REQUEST_ALIAS_GET = 33,
	REQUEST_ALIAS_MEMBER_ADD = 34,
	REQUEST_ALIAS_MEMBER_REMOVE = 35,
	REQUEST_PASSWORD_SET = 40,
	REQUEST_PASSWORD_LIST = 41,
	REQUEST_PASSWORD_REMOVE = 42,
	REQUEST_MAILBOX_LIST = 50,
	REQUEST_MAILBOX_CREATE = 51,
	REQUEST_MAILBOX_DELETE = 52,
	REQUEST_MAILBOX_RENAME = 53,
	REQUEST_MESSAGE_LIST = 60,
	REQUEST_MESSAGE_GET = 61,
	REQUEST_STAT = 70,
	REQUEST_BACKUP = 71,
	REQUEST_EXPORT = 72,
	REQUEST_IMPORT = 73,
	REQUEST_RELOAD = 74,
	REQUEST_LOG_LEVEL = 75,
	REQUEST_RECIPIENT_LIST = 80,
	REQUEST_JUNK_FLAGS_TEST = 90,
	REQUEST_JUNK_FLAGS_RESET = 91,
	REQUEST_JUDGE = 100,
	REQUEST_RECIPIENT_CHECK = 101,
	REQUEST_SENDER_CHECK = 110,
	REQUEST_SUBMISSION_RECORD = 111,
	REQUEST_DMARC_RECORD = 112,
	REQUEST_DMARC_DATA = 113
};

struct request_op {
	uint16_t number;		/* 0 ends the table */
	const char *name;
	unsigned roles;			/* ROLE_* that may use it */
	unsigned flags;			/* REQUEST_* */
	const struct request_field *request;
	const struct request_field *row;	/* NULL: no ROW frames */
	const struct request_field *done;
	const char *help;		/* one line for the manual */
};

extern const struct request_op request_ops[];

/* NULL if there is none. */
const struct request_op *request_op_find(uint16_t number);

/*
 * Returns the most bytes of data that a request may have, 0 if it has none.
 * Importing a hundred thousand accounts takes 40 MB.
 */
size_t request_data_max(const struct request_op *op);

/* "milter", "router", "web" or "admin"; NULL for anything else. */
const char *request_role_name(enum request_role role);

/* Returns "u64", "time", "bool", "text" or "blob". */
const char *request_type_name(enum request_type type);

#endif
