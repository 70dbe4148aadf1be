/* request_table - the tables of tags and operations of the store protocol. */
#include <config.h>

#include "proto/request_table.h"

const struct request_tag_row request_tags[] = {
	{ FIELD_DATA_BYTES, TYPE_BLOB, REQUEST_DATA_MAX, "data" },
	{ FIELD_ERROR_KIND, TYPE_U64, 0, "error-kind" },
	{ FIELD_ERROR_CODE, TYPE_U64, 0, "error-code" },
	{ FIELD_ERROR_TEXT, TYPE_TEXT, REQUEST_TEXT_MAX, "error-text" },
	{ FIELD_NAME, TYPE_TEXT, REQUEST_WORD_MAX, "name" },
	{ FIELD_VALUE, TYPE_TEXT, REQUEST_VALUE_MAX, "value" },
	{ FIELD_KIND, TYPE_TEXT, REQUEST_WORD_MAX, "kind" },
	{ FIELD_LABEL, TYPE_TEXT, REQUEST_LABEL_MAX, "label" },
	{ FIELD_CREATED, TYPE_TIME, 0, "created" },
	{ FIELD_LAST_USED, TYPE_TIME, 0, "last-used" },
	{ FIELD_DISABLED, TYPE_BOOL, 0, "disabled" },
	{ FIELD_COUNT, TYPE_U64, 0, "count" },
	{ FIELD_LIMIT, TYPE_U64, 0, "limit" },
	{ FIELD_STATUS, TYPE_TEXT, REQUEST_WORD_MAX, "status" },
	{ FIELD_ACCOUNT, TYPE_TEXT, REQUEST_LOGIN_MAX, "account" },
	{ FIELD_ACCOUNT_ID, TYPE_U64, 0, "account-id" },
	{ FIELD_QUOTA_BYTES, TYPE_U64, 0, "quota-bytes" },
	{ FIELD_QUOTA_MESSAGES, TYPE_U64, 0, "quota-messages" },
	{ FIELD_USED_BYTES, TYPE_U64, 0, "used-bytes" },
	{ FIELD_USED_MESSAGES, TYPE_U64, 0, "used-messages" },
	{ FIELD_PASSWORD, TYPE_TEXT, REQUEST_PASSWORD_MAX, "password" },
	{ FIELD_CREDENTIAL, TYPE_U64, 0, "credential" },
	{ FIELD_DOMAIN, TYPE_TEXT, REQUEST_DOMAIN_MAX, "domain" },
	{ FIELD_SEPARATOR, TYPE_TEXT, REQUEST_WORD_MAX, "separator" },
	{ FIELD_CASE_SENSITIVE, TYPE_BOOL, 0, "case-sensitive" },
	{ FIELD_ADDRESS, TYPE_TEXT, REQUEST_ADDRESS_MAX, "address" },
	{ FIELD_MAILBOX, TYPE_TEXT, REQUEST_MAILBOX_MAX, "mailbox" },
	{ FIELD_NEW_MAILBOX, TYPE_TEXT, REQUEST_MAILBOX_MAX, "new-mailbox" },
	{ FIELD_MAILBOX_ID, TYPE_U64, 0, "mailbox-id" },
	{ FIELD_UIDVALIDITY, TYPE_U64, 0, "uidvalidity" },
	{ FIELD_UIDNEXT, TYPE_U64, 0, "uidnext" },
	{ FIELD_MODSEQ, TYPE_U64, 0, "modseq" },
	{ FIELD_MESSAGES, TYPE_U64, 0, "messages" },
	{ FIELD_UNSEEN, TYPE_U64, 0, "unseen" },
	{ FIELD_BYTES, TYPE_U64, 0, "bytes" },
	{ FIELD_USE, TYPE_TEXT, REQUEST_WORD_MAX, "use" },
	{ FIELD_SUBSCRIBED, TYPE_BOOL, 0, "subscribed" },
	{ FIELD_UID, TYPE_U64, 0, "uid" },
	{ FIELD_SIZE, TYPE_U64, 0, "size" },
	{ FIELD_INTERNAL_DATE, TYPE_TIME, 0, "internal-date" },
	{ FIELD_SAVE_DATE, TYPE_TIME, 0, "save-date" },
	{ FIELD_FLAG, TYPE_TEXT, REQUEST_KEYWORD_MAX, "flag" },
	{ FIELD_EMAIL_ID, TYPE_TEXT, REQUEST_WORD_MAX, "email-id" },
	{ FIELD_THREAD_ID, TYPE_TEXT, REQUEST_WORD_MAX, "thread-id" },
	{ FIELD_FROM, TYPE_TEXT, REQUEST_TEXT_MAX, "from" },
	{ FIELD_SUBJECT, TYPE_TEXT, REQUEST_TEXT_MAX, "subject" },
	{ FIELD_FOLDER, TYPE_TEXT, REQUEST_PATH_MAX, "folder" },
	{ FIELD_FILE, TYPE_TEXT, REQUEST_PATH_MAX, "file" },
	{ FIELD_LINE, TYPE_TEXT, REQUEST_LINE_MAX, "line" },
	{ FIELD_LINE_NUMBER, TYPE_U64, 0, "line-number" },
	{ FIELD_DRY_RUN, TYPE_BOOL, 0, "dry-run" },
	{ FIELD_LEVEL, TYPE_TEXT, REQUEST_WORD_MAX, "level" },
	{ FIELD_ORIGIN, TYPE_BLOB, REQUEST_ORIGIN_MAX, "origin" },
	{ FIELD_RECIPIENT, TYPE_TEXT, REQUEST_RECIPIENT_MAX, "recipient" },
	{ FIELD_HEADER, TYPE_BLOB, REQUEST_HEADER_MAX, "header" },
	{ FIELD_VERDICT, TYPE_TEXT, REQUEST_WORD_MAX, "verdict" },
	{ FIELD_REASON, TYPE_TEXT, REQUEST_TEXT_MAX, "reason" },
	{ FIELD_EXPLANATION, TYPE_TEXT, REQUEST_TEXT_MAX, "explanation" },
	{ FIELD_DELAY_MS, TYPE_U64, 0, "delay-ms" },
	{ FIELD_SHA256, TYPE_BLOB, 32, "sha256" },
	{ FIELD_SCORE, TYPE_U64, 0, "score" },
	{ FIELD_CODE, TYPE_U64, 0, "code" },
	{ FIELD_ENHANCED, TYPE_TEXT, REQUEST_WORD_MAX, "enhanced" },
	{ FIELD_REPLY, TYPE_TEXT, REQUEST_TEXT_MAX, "reply" },
	{ FIELD_SETTING, TYPE_TEXT, REQUEST_WORD_MAX, "setting" },
	{ FIELD_CLIENT_IP, TYPE_TEXT, REQUEST_WORD_MAX, "client-ip" },
	{ FIELD_OURS, TYPE_BOOL, 0, "ours" },
	{ FIELD_QUEUE_ID, TYPE_TEXT, REQUEST_QUEUE_ID_MAX, "queue-id" },
	{ FIELD_RECIPIENTS_PER_DAY, TYPE_U64, 0, "recipients-per-day" },
	{ FIELD_FIRST_TIME_PER_DAY, TYPE_U64, 0,
	    "first-time-recipients-per-day" },
	{ FIELD_SUBMITTED, TYPE_U64, 0, "submitted" },
	{ FIELD_SENT, TYPE_U64, 0, "sent" },
	{ FIELD_FIRST_TIME, TYPE_U64, 0, "first-time" },
	{ FIELD_RECIPIENTS, TYPE_BOOL, 0, "recipients" },
	{ FIELD_SENT_TODAY, TYPE_U64, 0, "recipients-today" },
	{ FIELD_FIRST_TIME_TODAY, TYPE_U64, 0,
	    "first-time-recipients-today" },
	{ FIELD_DAY, TYPE_TEXT, REQUEST_WORD_MAX, "day" },
	{ FIELD_DMARC_ROW, TYPE_BLOB, REQUEST_DMARC_ROW_MAX, "dmarc-row" },
	{ FIELD_DROPPED, TYPE_U64, 0, "dropped" },
	{ FIELD_FROM_DOMAIN, TYPE_TEXT, REQUEST_DOMAIN_MAX, "from-domain" },
	{ FIELD_SOURCE_IP, TYPE_TEXT, REQUEST_WORD_MAX, "source-ip" },
	{ FIELD_ENVELOPE_DOMAIN, TYPE_TEXT, REQUEST_DOMAIN_MAX,
	    "envelope-domain" },
	{ FIELD_RECORD_DOMAIN, TYPE_TEXT, REQUEST_DOMAIN_MAX,
	    "record-domain" },
	{ FIELD_POLICY, TYPE_TEXT, REQUEST_WORD_MAX, "policy" },
	{ FIELD_DISPOSITION, TYPE_TEXT, REQUEST_WORD_MAX, "disposition" },
	{ FIELD_DKIM_ALIGNED, TYPE_TEXT, REQUEST_WORD_MAX, "dkim-aligned" },
	{ FIELD_SPF_ALIGNED, TYPE_TEXT, REQUEST_WORD_MAX, "spf-aligned" },
	{ FIELD_OVERRIDE, TYPE_TEXT, REQUEST_WORD_MAX, "override" },
	{ FIELD_SPF, TYPE_TEXT, REQUEST_DOMAIN_MAX, "spf" },
	{ FIELD_DKIM, TYPE_TEXT, REQUEST_DOMAIN_MAX, "dkim" },
	{ FIELD_MEANING, TYPE_TEXT, REQUEST_WORD_MAX, "meaning" },
	{ FIELD_EXPRESSION, TYPE_TEXT, REQUEST_EXPRESSION_MAX, "expression" },
	{ FIELD_JUNK_FLAGS, TYPE_TEXT, REQUEST_WORD_MAX, "junk-flags" },
	{ FIELD_JUNK_FLAGS_JUNK, TYPE_TEXT, REQUEST_EXPRESSION_MAX,
	    "junk-flags-junk" },
	{ FIELD_JUNK_FLAGS_NEUTRAL, TYPE_TEXT, REQUEST_EXPRESSION_MAX,
	    "junk-flags-neutral" },
	{ FIELD_JUNK_FLAGS_NOTJUNK, TYPE_TEXT, REQUEST_EXPRESSION_MAX,
	    "junk-flags-notjunk" },
	{ FIELD_MAILBOXES_LEFT, TYPE_U64, 0, "mailboxes-left" },
	{ 0, TYPE_U64, 0, NULL }
};

#define FIELDS(...)	(const struct request_field[]){ __VA_ARGS__ { 0, 0 } }
#define REQ(tag)	{ FIELD_ ## tag, FIELD_REQUIRED },
#define OPT(tag)	{ FIELD_ ## tag, FIELD_OPTIONAL },
#define MANY(tag)	{ FIELD_ ## tag, FIELD_REPEATED },
#define NONE		FIELDS()
#define OP(x)		REQUEST_ ## x

#define ACCOUNT_FIELDS \
	REQ(ACCOUNT) REQ(ACCOUNT_ID) REQ(DISABLED) REQ(CREATED) \
	REQ(QUOTA_BYTES) REQ(QUOTA_MESSAGES) REQ(USED_BYTES) \
	REQ(USED_MESSAGES) REQ(RECIPIENTS_PER_DAY) REQ(FIRST_TIME_PER_DAY)
/* The reply that the milter sends if it must refuse. */
#define REFUSAL_FIELDS \
	OPT(CODE) OPT(ENHANCED) OPT(REPLY) OPT(SETTING)
#define MESSAGE_FIELDS \
	REQ(UID) REQ(SIZE) REQ(INTERNAL_DATE) REQ(SAVE_DATE) REQ(MODSEQ) \
	MANY(FLAG) REQ(EMAIL_ID) REQ(THREAD_ID) OPT(FROM) OPT(SUBJECT)

const struct request_op request_ops[] = {
	{ OP(ACCOUNT_CREATE), "account-create", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT) OPT(PASSWORD)), NULL, FIELDS(REQ(ACCOUNT_ID)),
	    "create an account with the default mailboxes" },
	{ OP(ACCOUNT_DELETE), "account-delete", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT)), NULL, NONE,
	    "delete an account with its addresses, passwords and mail" },
	{ OP(ACCOUNT_LIST), "account-list", ROLE_ADMIN, 0,
	    NONE, FIELDS(ACCOUNT_FIELDS), NONE,
	    "list all accounts with their quotas and usage" },
	{ OP(ACCOUNT_GET), "account-get", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT)), NULL, FIELDS(ACCOUNT_FIELDS
	    OPT(SENT_TODAY) OPT(FIRST_TIME_TODAY) OPT(JUNK_FLAGS)
	    OPT(JUNK_FLAGS_JUNK) OPT(JUNK_FLAGS_NEUTRAL)
	    OPT(JUNK_FLAGS_NOTJUNK)),
	    "show one account with its limits and usage" },
	{ OP(ACCOUNT_SET), "account-set", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT) REQ(NAME) REQ(VALUE)), NULL, NONE,
	    "change a setting of an account" },

	{ OP(DOMAIN_CREATE), "domain-create", ROLE_ADMIN, 0,
	    FIELDS(REQ(DOMAIN) OPT(SEPARATOR) OPT(CASE_SENSITIVE)), NULL, NONE,
	    "add a local domain" },
	{ OP(DOMAIN_DELETE), "domain-delete", ROLE_ADMIN, 0,
	    FIELDS(REQ(DOMAIN)), NULL, NONE,
	    "remove a domain that has no addresses" },
	{ OP(DOMAIN_LIST), "domain-list", ROLE_ADMIN, 0,
	    NONE, FIELDS(REQ(DOMAIN) REQ(SEPARATOR) REQ(CASE_SENSITIVE)
	    REQ(DISABLED)), NONE,
	    "list the local domains and their settings" },
	{ OP(DOMAIN_SET), "domain-set", ROLE_ADMIN, 0,
	    FIELDS(REQ(DOMAIN) REQ(NAME) REQ(VALUE)), NULL, NONE,
	    "change a setting of a domain" },

	{ OP(ADDRESS_ADD), "address-add", ROLE_ADMIN, 0,
	    FIELDS(REQ(ADDRESS) REQ(ACCOUNT) OPT(MAILBOX)), NULL, NONE,
	    "add an address, or a catch-all '@domain', to an account" },
	{ OP(ADDRESS_REMOVE), "address-remove", ROLE_ADMIN, 0,
	    FIELDS(REQ(ADDRESS)), NULL, NONE,
	    "remove an address from its account" },
	{ OP(ADDRESS_LIST), "address-list", ROLE_ADMIN, 0,
	    FIELDS(OPT(ACCOUNT) OPT(DOMAIN)),
	    FIELDS(REQ(ADDRESS) REQ(ACCOUNT) REQ(MAILBOX)), NONE,
	    "list the addresses of all accounts, one account or one domain" },

	{ OP(ALIAS_ADD), "alias-add", ROLE_ADMIN, 0,
	    FIELDS(REQ(ADDRESS) MANY(ACCOUNT)), NULL, NONE,
	    "add an alias: an address that delivers to several accounts" },
	{ OP(ALIAS_REMOVE), "alias-remove", ROLE_ADMIN, 0,
	    FIELDS(REQ(ADDRESS)), NULL, NONE,
	    "remove an alias" },
	{ OP(ALIAS_LIST), "alias-list", ROLE_ADMIN, 0,
	    FIELDS(OPT(DOMAIN)), FIELDS(REQ(ADDRESS) REQ(COUNT)), NONE,
	    "list the aliases and how many members they have" },
	{ OP(ALIAS_GET), "alias-get", ROLE_ADMIN, 0,
	    FIELDS(REQ(ADDRESS)), FIELDS(REQ(ACCOUNT)), NONE,
	    "list the members of an alias" },
	{ OP(ALIAS_MEMBER_ADD), "alias-member-add", ROLE_ADMIN, 0,
	    FIELDS(REQ(ADDRESS) REQ(ACCOUNT)), NULL, NONE,
	    "add an account to an alias" },
	{ OP(ALIAS_MEMBER_REMOVE), "alias-member-remove", ROLE_ADMIN, 0,
	    FIELDS(REQ(ADDRESS) REQ(ACCOUNT)), NULL, NONE,
	    "remove an account from an alias" },

	{ OP(PASSWORD_SET), "password-set", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT) REQ(PASSWORD) OPT(LABEL)), NULL,
	    FIELDS(REQ(CREDENTIAL)),
	    "replace the login password, or add a password with a label" },
	{ OP(PASSWORD_LIST), "password-list", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT)), FIELDS(REQ(CREDENTIAL) REQ(LABEL) REQ(KIND)
	    REQ(CREATED) OPT(LAST_USED)), NONE,
	    "list the passwords of an account, without the secrets" },
	{ OP(PASSWORD_REMOVE), "password-remove", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT) REQ(CREDENTIAL)), NULL, NONE,
	    "remove one password of an account" },

	{ OP(MAILBOX_LIST), "mailbox-list", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT)), FIELDS(REQ(MAILBOX) REQ(MAILBOX_ID)
	    REQ(UIDVALIDITY) REQ(UIDNEXT) REQ(MODSEQ) REQ(MESSAGES)
	    REQ(UNSEEN) REQ(BYTES) OPT(USE) REQ(SUBSCRIBED)), NONE,
	    "list the mailboxes of an account with their counts" },
	{ OP(MAILBOX_CREATE), "mailbox-create", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT) REQ(MAILBOX) OPT(USE)), NULL, NONE,
	    "create a mailbox" },
	{ OP(MAILBOX_DELETE), "mailbox-delete", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT) REQ(MAILBOX)), NULL, NONE,
	    "delete a mailbox with its messages" },
	{ OP(MAILBOX_RENAME), "mailbox-rename", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT) REQ(MAILBOX) REQ(NEW_MAILBOX)), NULL, NONE,
	    "rename a mailbox and those below it" },

	{ OP(MESSAGE_LIST), "message-list", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT) REQ(MAILBOX) OPT(UID) OPT(LIMIT)),
	    FIELDS(MESSAGE_FIELDS), NONE,
	    "list the messages of a mailbox, starting at a UID" },
	{ OP(MESSAGE_GET), "message-get", ROLE_ADMIN, REQUEST_DATA_OUT,
	    FIELDS(REQ(ACCOUNT) REQ(MAILBOX) REQ(UID)),
	    FIELDS(MESSAGE_FIELDS), NONE,
	    "get a message: its fields in a row, then its text as data" },

	{ OP(STAT), "stat", ROLE_ADMIN, 0,
	    NONE, FIELDS(REQ(NAME) REQ(VALUE)), NONE,
	    "get the counters and gauges of the server" },
	{ OP(BACKUP), "backup", ROLE_ADMIN, 0,
	    FIELDS(REQ(FOLDER)), FIELDS(REQ(FILE) REQ(BYTES)),
	    FIELDS(REQ(BYTES)),
	    "make a consistent copy of the running store in a folder" },
	{ OP(EXPORT), "export", ROLE_ADMIN, 0,
	    FIELDS(OPT(ACCOUNT) OPT(RECIPIENTS)), FIELDS(MANY(LINE)),
	    FIELDS(REQ(COUNT)),
	    "export accounts, domains, addresses and passwords as lines of "
	    "text, with the recipients of the accounts if requested" },
	{ OP(IMPORT), "import", ROLE_ADMIN, REQUEST_DATA_IN,
	    FIELDS(OPT(DRY_RUN)), FIELDS(REQ(LINE_NUMBER) REQ(REASON)),
	    FIELDS(REQ(COUNT)),
	    "import lines in the format of export; a row is sent for each "
	    "line that was refused" },
	{ OP(RECIPIENT_LIST), "recipient-list", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT)), FIELDS(REQ(ADDRESS) REQ(CREATED)
	    REQ(LAST_USED) REQ(SUBMITTED) REQ(SENT)), NONE,
	    "list the addresses that an account has sent mail to" },
	{ OP(RELOAD), "reload", ROLE_ADMIN, 0,
	    NONE, NULL, NONE,
	    "read the configuration and certificates again" },
	{ OP(LOG_LEVEL), "log-level", ROLE_ADMIN, 0,
	    FIELDS(OPT(LEVEL)), NULL, FIELDS(REQ(LEVEL)),
	    "set or get the log level" },

	{ OP(JUNK_FLAGS_TEST), "junk-flags-test", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT)), FIELDS(REQ(MAILBOX) REQ(MEANING)
	    REQ(REASON) OPT(EXPRESSION)), NONE,
	    "list which mailboxes of an account mean junk, neutral or not "
	    "junk, and what decides it: special-use, off, the setting of the "
	    "expression that matches, rest, no-match or too-costly" },
	{ OP(JUNK_FLAGS_RESET), "junk-flags-reset", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT)), FIELDS(REQ(MAILBOX) REQ(MEANING)
	    REQ(COUNT) REQ(MAILBOXES_LEFT)), FIELDS(REQ(COUNT)),
	    "mark the messages of an account as if they had just come to "
	    "their mailboxes; a row for each part, with the messages that "
	    "changed" },

	{ OP(JUDGE), "judge", ROLE_MILTER, REQUEST_DATA_IN,
	    FIELDS(REQ(ORIGIN) REQ(SIZE) REQ(HEADER) OPT(SHA256)
	    MANY(RECIPIENT)),
	    FIELDS(REQ(VERDICT) REQ(REASON) OPT(EXPLANATION) OPT(DELAY_MS)
	    OPT(SCORE) REFUSAL_FIELDS), NONE,
	    "ask for the verdicts of the recipients of a message: a row for "
	    "each recipient, in the order of the request, with accept, delay, "
	    "or reject and a reply code, which may be temporary" },
	{ OP(RECIPIENT_CHECK), "recipient-check", ROLE_MILTER, 0,
	    FIELDS(REQ(ADDRESS) OPT(SIZE) OPT(CLIENT_IP)), NULL,
	    FIELDS(REQ(STATUS) REQ(OURS) OPT(KIND) REFUSAL_FIELDS),
	    "ask if an address accepts mail: known, unknown, disabled, "
	    "over-quota or, from that client, over-rate; and how it was "
	    "found: address, alias, postmaster or catch-all" },
	{ OP(SENDER_CHECK), "sender-check", ROLE_MILTER, 0,
	    FIELDS(REQ(ACCOUNT) MANY(ADDRESS)), NULL,
	    FIELDS(REQ(STATUS) OPT(ADDRESS) REFUSAL_FIELDS),
	    "ask if an account may send with all these addresses: ok, "
	    "not-yours with the first that it may not use, or no-account" },
	{ OP(SUBMISSION_RECORD), "submission-record", ROLE_MILTER, 0,
	    FIELDS(REQ(ACCOUNT) REQ(QUEUE_ID) MANY(RECIPIENT)), NULL,
	    FIELDS(REQ(STATUS) OPT(COUNT) OPT(FIRST_TIME) OPT(LIMIT)
	    REFUSAL_FIELDS),
	    "ask if an account may send to these recipients, and count them "
	    "if it may: ok, over-recipients, over-first-time or no-account; "
	    "the same request with the same queue id gets the same answer, "
	    "and is not counted twice" },
	{ OP(DMARC_RECORD), "dmarc-record", ROLE_MILTER, 0,
	    FIELDS(MANY(DMARC_ROW)), NULL, FIELDS(REQ(DROPPED)),
	    "count messages for DMARC aggregate reports" },
	{ OP(DMARC_DATA), "dmarc-data", ROLE_ADMIN, 0,
	    FIELDS(OPT(DAY)), FIELDS(REQ(DAY) REQ(COUNT) REQ(FROM_DOMAIN)
	    REQ(SOURCE_IP) REQ(ENVELOPE_DOMAIN) REQ(RECORD_DOMAIN)
	    REQ(POLICY) REQ(DISPOSITION) REQ(DKIM_ALIGNED) REQ(SPF_ALIGNED)
	    REQ(OVERRIDE) REQ(SPF) REQ(DKIM)), FIELDS(OPT(DROPPED)),
	    "get the counts for DMARC reports of one day or of all days" },
	{ 0, NULL, 0, 0, NULL, NULL, NULL, NULL }
};

const struct request_tag_row *
request_tag_find(uint16_t tag)
{
	for (const struct request_tag_row *r = request_tags; r->tag != 0; r++)
		if (r->tag == tag)
			return r;
	return NULL;
}

const struct request_op *
request_op_find(uint16_t number)
{
	for (const struct request_op *op = request_ops; op->number != 0; op++)
		if (op->number == number)
			return op;
	return NULL;
}

size_t
request_data_max(const struct request_op *op)
{
	if ((op->flags & REQUEST_DATA_IN) == 0)
		return 0;
	return op->number == REQUEST_IMPORT ? REQUEST_IMPORT_MAX :
	    REQUEST_FEATURES_MAX;
}

static const struct {
	enum request_role role;
	const char *name;
} roles[] = {
	{ ROLE_MILTER, "milter" }, { ROLE_ROUTER, "router" },
	{ ROLE_WEB, "web" }, { ROLE_ADMIN, "admin" }
};

const char *
request_role_name(enum request_role role)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if (roles[i].role == role)
			return roles[i].name;
	return NULL;
}

const char *
request_type_name(enum request_type type)
{
	static const char *const names[] = {
		"u64", "time", "bool", "text", "blob"
	};

	return names[type];
}
