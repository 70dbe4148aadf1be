#include <config.h>

#include "proto/store_ops.h"

const struct store_tag_row store_tags[] = {
	{ STORE_DATA_BYTES, STORE_BLOB, STORE_DATA_MAX, "data" },
	{ STORE_ERROR_KIND, STORE_U64, 0, "error-kind" },
	{ STORE_ERROR_CODE, STORE_U64, 0, "error-code" },
	{ STORE_ERROR_TEXT, STORE_TEXT, STORE_TEXT_MAX, "error-text" },
	{ STORE_NAME, STORE_TEXT, STORE_WORD_MAX, "name" },
	{ STORE_VALUE, STORE_TEXT, STORE_VALUE_MAX, "value" },
	{ STORE_KIND, STORE_TEXT, STORE_WORD_MAX, "kind" },
	{ STORE_LABEL, STORE_TEXT, STORE_LABEL_MAX, "label" },
	{ STORE_CREATED, STORE_TIME, 0, "created" },
	{ STORE_LAST_USED, STORE_TIME, 0, "last-used" },
	{ STORE_DISABLED, STORE_BOOL, 0, "disabled" },
	{ STORE_COUNT, STORE_U64, 0, "count" },
	{ STORE_LIMIT, STORE_U64, 0, "limit" },
	{ STORE_STATUS, STORE_TEXT, STORE_WORD_MAX, "status" },
	{ STORE_ACCOUNT, STORE_TEXT, STORE_LOGIN_MAX, "account" },
	{ STORE_ACCOUNT_ID, STORE_U64, 0, "account-id" },
	{ STORE_QUOTA_BYTES, STORE_U64, 0, "quota-bytes" },
	{ STORE_QUOTA_MESSAGES, STORE_U64, 0, "quota-messages" },
	{ STORE_USED_BYTES, STORE_U64, 0, "used-bytes" },
	{ STORE_USED_MESSAGES, STORE_U64, 0, "used-messages" },
	{ STORE_PASSWORD, STORE_TEXT, STORE_PASSWORD_MAX, "password" },
	{ STORE_CREDENTIAL, STORE_U64, 0, "credential" },
	{ STORE_DOMAIN, STORE_TEXT, STORE_DOMAIN_MAX, "domain" },
	{ STORE_SEPARATOR, STORE_TEXT, STORE_WORD_MAX, "separator" },
	{ STORE_CASE_SENSITIVE, STORE_BOOL, 0, "case-sensitive" },
	{ STORE_ADDRESS, STORE_TEXT, STORE_ADDRESS_MAX, "address" },
	{ STORE_MAILBOX, STORE_TEXT, STORE_MAILBOX_MAX, "mailbox" },
	{ STORE_NEW_MAILBOX, STORE_TEXT, STORE_MAILBOX_MAX, "new-mailbox" },
	{ STORE_MAILBOX_ID, STORE_U64, 0, "mailbox-id" },
	{ STORE_UIDVALIDITY, STORE_U64, 0, "uidvalidity" },
	{ STORE_UIDNEXT, STORE_U64, 0, "uidnext" },
	{ STORE_MODSEQ, STORE_U64, 0, "modseq" },
	{ STORE_MESSAGES, STORE_U64, 0, "messages" },
	{ STORE_UNSEEN, STORE_U64, 0, "unseen" },
	{ STORE_BYTES, STORE_U64, 0, "bytes" },
	{ STORE_USE, STORE_TEXT, STORE_WORD_MAX, "use" },
	{ STORE_SUBSCRIBED, STORE_BOOL, 0, "subscribed" },
	{ STORE_UID, STORE_U64, 0, "uid" },
	{ STORE_SIZE, STORE_U64, 0, "size" },
	{ STORE_INTERNAL_DATE, STORE_TIME, 0, "internal-date" },
	{ STORE_SAVE_DATE, STORE_TIME, 0, "save-date" },
	{ STORE_FLAG, STORE_TEXT, STORE_KEYWORD_MAX, "flag" },
	{ STORE_EMAIL_ID, STORE_TEXT, STORE_WORD_MAX, "email-id" },
	{ STORE_THREAD_ID, STORE_TEXT, STORE_WORD_MAX, "thread-id" },
	{ STORE_FROM, STORE_TEXT, STORE_TEXT_MAX, "from" },
	{ STORE_SUBJECT, STORE_TEXT, STORE_TEXT_MAX, "subject" },
	{ STORE_FOLDER, STORE_TEXT, STORE_PATH_MAX, "folder" },
	{ STORE_FILE, STORE_TEXT, STORE_PATH_MAX, "file" },
	{ STORE_LINE, STORE_TEXT, STORE_LINE_MAX, "line" },
	{ STORE_LINE_NUMBER, STORE_U64, 0, "line-number" },
	{ STORE_DRY_RUN, STORE_BOOL, 0, "dry-run" },
	{ STORE_LEVEL, STORE_TEXT, STORE_WORD_MAX, "level" },
	{ STORE_ORIGIN, STORE_BLOB, STORE_ORIGIN_MAX, "origin" },
	{ STORE_RECIPIENT, STORE_TEXT, STORE_ADDRESS_MAX, "recipient" },
	{ STORE_HEADER, STORE_BLOB, STORE_HEADER_MAX, "header" },
	{ STORE_FEATURES, STORE_BLOB, STORE_FEATURES_MAX, "features" },
	{ STORE_VERDICT, STORE_TEXT, STORE_WORD_MAX, "verdict" },
	{ STORE_REASON, STORE_TEXT, STORE_TEXT_MAX, "reason" },
	{ STORE_EXPLANATION, STORE_TEXT, STORE_TEXT_MAX, "explanation" },
	{ STORE_DELAY_MS, STORE_U64, 0, "delay-ms" },
	{ STORE_CODE, STORE_U64, 0, "code" },
	{ STORE_ENHANCED, STORE_TEXT, STORE_WORD_MAX, "enhanced" },
	{ STORE_REPLY, STORE_TEXT, STORE_TEXT_MAX, "reply" },
	{ STORE_SETTING, STORE_TEXT, STORE_WORD_MAX, "setting" },
	{ STORE_CLIENT_IP, STORE_TEXT, STORE_WORD_MAX, "client-ip" },
	{ STORE_OURS, STORE_BOOL, 0, "ours" },
	{ STORE_QUEUE_ID, STORE_TEXT, STORE_QUEUE_ID_MAX, "queue-id" },
	{ STORE_RECIPIENTS_PER_DAY, STORE_U64, 0, "recipients-per-day" },
	{ STORE_FIRST_TIME_PER_DAY, STORE_U64, 0,
	    "first-time-recipients-per-day" },
	{ STORE_SUBMITTED, STORE_U64, 0, "submitted" },
	{ STORE_SENT, STORE_U64, 0, "sent" },
	{ STORE_FIRST_TIME, STORE_U64, 0, "first-time" },
	{ STORE_RECIPIENTS, STORE_BOOL, 0, "recipients" },
	{ STORE_SENT_TODAY, STORE_U64, 0, "recipients-today" },
	{ STORE_FIRST_TIME_TODAY, STORE_U64, 0,
	    "first-time-recipients-today" },
	{ STORE_DAY, STORE_TEXT, STORE_WORD_MAX, "day" },
	{ STORE_DMARC_ROW, STORE_BLOB, STORE_DMARC_ROW_MAX, "dmarc-row" },
	{ STORE_DROPPED, STORE_U64, 0, "dropped" },
	{ STORE_FROM_DOMAIN, STORE_TEXT, STORE_DOMAIN_MAX, "from-domain" },
	{ STORE_SOURCE_IP, STORE_TEXT, STORE_WORD_MAX, "source-ip" },
	{ STORE_ENVELOPE_DOMAIN, STORE_TEXT, STORE_DOMAIN_MAX,
	    "envelope-domain" },
	{ STORE_RECORD_DOMAIN, STORE_TEXT, STORE_DOMAIN_MAX,
	    "record-domain" },
	{ STORE_POLICY, STORE_TEXT, STORE_WORD_MAX, "policy" },
	{ STORE_DISPOSITION, STORE_TEXT, STORE_WORD_MAX, "disposition" },
	{ STORE_DKIM_ALIGNED, STORE_TEXT, STORE_WORD_MAX, "dkim-aligned" },
	{ STORE_SPF_ALIGNED, STORE_TEXT, STORE_WORD_MAX, "spf-aligned" },
	{ STORE_OVERRIDE, STORE_TEXT, STORE_WORD_MAX, "override" },
	{ STORE_SPF, STORE_TEXT, STORE_DOMAIN_MAX, "spf" },
	{ STORE_DKIM, STORE_TEXT, STORE_DOMAIN_MAX, "dkim" },
	{ 0, STORE_U64, 0, NULL }
};

#define FIELDS(...)	(const struct store_field[]){ __VA_ARGS__ { 0, 0 } }
#define REQ(tag)	{ STORE_ ## tag, STORE_REQUIRED },
#define OPT(tag)	{ STORE_ ## tag, STORE_OPTIONAL },
#define MANY(tag)	{ STORE_ ## tag, STORE_REPEATED },
#define NONE		FIELDS()
#define OP(x)		STORE_OP_ ## x

#define ACCOUNT_FIELDS \
	REQ(ACCOUNT) REQ(ACCOUNT_ID) REQ(DISABLED) REQ(CREATED) \
	REQ(QUOTA_BYTES) REQ(QUOTA_MESSAGES) REQ(USED_BYTES) \
	REQ(USED_MESSAGES) REQ(RECIPIENTS_PER_DAY) REQ(FIRST_TIME_PER_DAY)
/* What the milter says to the client, when it is to refuse. */
#define REFUSAL_FIELDS \
	OPT(CODE) OPT(ENHANCED) OPT(REPLY) OPT(SETTING)
#define MESSAGE_FIELDS \
	REQ(UID) REQ(SIZE) REQ(INTERNAL_DATE) REQ(SAVE_DATE) REQ(MODSEQ) \
	MANY(FLAG) REQ(EMAIL_ID) REQ(THREAD_ID) OPT(FROM) OPT(SUBJECT)

const struct store_op store_ops[] = {
	{ OP(ACCOUNT_CREATE), "account-create", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT) OPT(PASSWORD)), NULL, FIELDS(REQ(ACCOUNT_ID)),
	    "make an account with the default mailboxes" },
	{ OP(ACCOUNT_DELETE), "account-delete", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT)), NULL, NONE,
	    "delete an account with its addresses, passwords and mail" },
	{ OP(ACCOUNT_LIST), "account-list", ROLE_ADMIN, 0,
	    NONE, FIELDS(ACCOUNT_FIELDS), NONE,
	    "all accounts with their quotas and what they use" },
	{ OP(ACCOUNT_GET), "account-get", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT)), NULL, FIELDS(ACCOUNT_FIELDS
	    OPT(SENT_TODAY) OPT(FIRST_TIME_TODAY)),
	    "one account with its limits and what it uses of them" },
	{ OP(ACCOUNT_SET), "account-set", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT) REQ(NAME) REQ(VALUE)), NULL, NONE,
	    "change a setting of an account" },

	{ OP(DOMAIN_CREATE), "domain-create", ROLE_ADMIN, 0,
	    FIELDS(REQ(DOMAIN) OPT(SEPARATOR) OPT(CASE_SENSITIVE)), NULL, NONE,
	    "make a domain one of ours" },
	{ OP(DOMAIN_DELETE), "domain-delete", ROLE_ADMIN, 0,
	    FIELDS(REQ(DOMAIN)), NULL, NONE,
	    "remove a domain that has no addresses" },
	{ OP(DOMAIN_LIST), "domain-list", ROLE_ADMIN, 0,
	    NONE, FIELDS(REQ(DOMAIN) REQ(SEPARATOR) REQ(CASE_SENSITIVE)
	    REQ(DISABLED)), NONE,
	    "our domains and their settings" },
	{ OP(DOMAIN_SET), "domain-set", ROLE_ADMIN, 0,
	    FIELDS(REQ(DOMAIN) REQ(NAME) REQ(VALUE)), NULL, NONE,
	    "change a setting of a domain" },

	{ OP(ADDRESS_ADD), "address-add", ROLE_ADMIN, 0,
	    FIELDS(REQ(ADDRESS) REQ(ACCOUNT) OPT(MAILBOX)), NULL, NONE,
	    "give an address, or a catch-all '@domain', to an account" },
	{ OP(ADDRESS_REMOVE), "address-remove", ROLE_ADMIN, 0,
	    FIELDS(REQ(ADDRESS)), NULL, NONE,
	    "take an address away from its account" },
	{ OP(ADDRESS_LIST), "address-list", ROLE_ADMIN, 0,
	    FIELDS(OPT(ACCOUNT) OPT(DOMAIN)),
	    FIELDS(REQ(ADDRESS) REQ(ACCOUNT) REQ(MAILBOX)), NONE,
	    "addresses of all accounts, one account or one domain" },

	{ OP(ALIAS_ADD), "alias-add", ROLE_ADMIN, 0,
	    FIELDS(REQ(ADDRESS) MANY(ACCOUNT)), NULL, NONE,
	    "make an address that stands for several accounts" },
	{ OP(ALIAS_REMOVE), "alias-remove", ROLE_ADMIN, 0,
	    FIELDS(REQ(ADDRESS)), NULL, NONE,
	    "remove an alias" },
	{ OP(ALIAS_LIST), "alias-list", ROLE_ADMIN, 0,
	    FIELDS(OPT(DOMAIN)), FIELDS(REQ(ADDRESS) REQ(COUNT)), NONE,
	    "aliases and how many members they have" },
	{ OP(ALIAS_GET), "alias-get", ROLE_ADMIN, 0,
	    FIELDS(REQ(ADDRESS)), FIELDS(REQ(ACCOUNT)), NONE,
	    "the members of an alias" },
	{ OP(ALIAS_MEMBER_ADD), "alias-member-add", ROLE_ADMIN, 0,
	    FIELDS(REQ(ADDRESS) REQ(ACCOUNT)), NULL, NONE,
	    "add an account to an alias" },
	{ OP(ALIAS_MEMBER_REMOVE), "alias-member-remove", ROLE_ADMIN, 0,
	    FIELDS(REQ(ADDRESS) REQ(ACCOUNT)), NULL, NONE,
	    "take an account out of an alias" },

	{ OP(PASSWORD_SET), "password-set", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT) REQ(PASSWORD) OPT(LABEL)), NULL,
	    FIELDS(REQ(CREDENTIAL)),
	    "replace the login password, or add one with a label beside it" },
	{ OP(PASSWORD_LIST), "password-list", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT)), FIELDS(REQ(CREDENTIAL) REQ(LABEL) REQ(KIND)
	    REQ(CREATED) OPT(LAST_USED)), NONE,
	    "the passwords of an account, without the secrets" },
	{ OP(PASSWORD_REMOVE), "password-remove", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT) REQ(CREDENTIAL)), NULL, NONE,
	    "remove one password of an account" },

	{ OP(MAILBOX_LIST), "mailbox-list", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT)), FIELDS(REQ(MAILBOX) REQ(MAILBOX_ID)
	    REQ(UIDVALIDITY) REQ(UIDNEXT) REQ(MODSEQ) REQ(MESSAGES)
	    REQ(UNSEEN) REQ(BYTES) OPT(USE) REQ(SUBSCRIBED)), NONE,
	    "the mailboxes of an account with their counts" },
	{ OP(MAILBOX_CREATE), "mailbox-create", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT) REQ(MAILBOX) OPT(USE)), NULL, NONE,
	    "make a mailbox" },
	{ OP(MAILBOX_DELETE), "mailbox-delete", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT) REQ(MAILBOX)), NULL, NONE,
	    "delete a mailbox with its messages" },
	{ OP(MAILBOX_RENAME), "mailbox-rename", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT) REQ(MAILBOX) REQ(NEW_MAILBOX)), NULL, NONE,
	    "rename a mailbox and those below it" },

	{ OP(MESSAGE_LIST), "message-list", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT) REQ(MAILBOX) OPT(UID) OPT(LIMIT)),
	    FIELDS(MESSAGE_FIELDS), NONE,
	    "messages of a mailbox, from a UID on" },
	{ OP(MESSAGE_GET), "message-get", ROLE_ADMIN, STORE_OP_DATA_OUT,
	    FIELDS(REQ(ACCOUNT) REQ(MAILBOX) REQ(UID)),
	    FIELDS(MESSAGE_FIELDS), NONE,
	    "one message: its fields in a row, then its text as data" },

	{ OP(STAT), "stat", ROLE_ADMIN, 0,
	    NONE, FIELDS(REQ(NAME) REQ(VALUE)), NONE,
	    "counters and gauges of the server" },
	{ OP(BACKUP), "backup", ROLE_ADMIN, 0,
	    FIELDS(REQ(FOLDER)), FIELDS(REQ(FILE) REQ(BYTES)),
	    FIELDS(REQ(BYTES)),
	    "copy the running store into a folder, consistently" },
	{ OP(EXPORT), "export", ROLE_ADMIN, 0,
	    FIELDS(OPT(ACCOUNT) OPT(RECIPIENTS)), FIELDS(MANY(LINE)),
	    FIELDS(REQ(COUNT)),
	    "accounts, domains, addresses and passwords as lines of text; "
	    "whom accounts have sent mail to, if asked for" },
	{ OP(IMPORT), "import", ROLE_ADMIN, STORE_OP_DATA_IN,
	    FIELDS(OPT(DRY_RUN)), FIELDS(REQ(LINE_NUMBER) REQ(REASON)),
	    FIELDS(REQ(COUNT)),
	    "take lines as export makes them; rows tell of those refused" },
	{ OP(RECIPIENT_LIST), "recipient-list", ROLE_ADMIN, 0,
	    FIELDS(REQ(ACCOUNT)), FIELDS(REQ(ADDRESS) REQ(CREATED)
	    REQ(LAST_USED) REQ(SUBMITTED) REQ(SENT)), NONE,
	    "whom an account has sent mail to" },
	{ OP(RELOAD), "reload", ROLE_ADMIN, 0,
	    NONE, NULL, NONE,
	    "read the configuration and certificates again" },
	{ OP(LOG_LEVEL), "log-level", ROLE_ADMIN, 0,
	    FIELDS(OPT(LEVEL)), NULL, FIELDS(REQ(LEVEL)),
	    "set the log level, or ask for it" },

	{ OP(JUDGE), "judge", ROLE_MILTER, 0,
	    FIELDS(REQ(ORIGIN) REQ(RECIPIENT) REQ(SIZE) REQ(HEADER)
	    OPT(FEATURES)), NULL, FIELDS(REQ(VERDICT) REQ(REASON)
	    OPT(DELAY_MS) MANY(EXPLANATION) REFUSAL_FIELDS),
	    "what the recipient's account thinks of a message: accept, delay, "
	    "or reject with a code, which may be a temporary one" },
	{ OP(RECIPIENT_CHECK), "recipient-check", ROLE_MILTER, 0,
	    FIELDS(REQ(ADDRESS) OPT(SIZE) OPT(CLIENT_IP)), NULL,
	    FIELDS(REQ(STATUS) REQ(OURS) OPT(KIND) REFUSAL_FIELDS),
	    "may mail come to an address: known, unknown, disabled, "
	    "over-quota or, from that client, over-rate; and how it was "
	    "found: address, alias, postmaster or catch-all" },
	{ OP(SENDER_CHECK), "sender-check", ROLE_MILTER, 0,
	    FIELDS(REQ(ACCOUNT) MANY(ADDRESS)), NULL,
	    FIELDS(REQ(STATUS) OPT(ADDRESS) REFUSAL_FIELDS),
	    "may an account send with all these addresses: ok, not-yours "
	    "with the first that it may not use, or no-account" },
	{ OP(SUBMISSION_RECORD), "submission-record", ROLE_MILTER, 0,
	    FIELDS(REQ(ACCOUNT) REQ(QUEUE_ID) MANY(RECIPIENT)), NULL,
	    FIELDS(REQ(STATUS) OPT(COUNT) OPT(FIRST_TIME) OPT(LIMIT)
	    REFUSAL_FIELDS),
	    "may an account send to so many recipients: ok, and they are "
	    "counted, over-recipients, over-first-time or no-account; asked "
	    "again with that queue id, the answer is the same and nothing is "
	    "counted twice" },
	{ OP(DMARC_RECORD), "dmarc-record", ROLE_MILTER, 0,
	    FIELDS(MANY(DMARC_ROW)), NULL, FIELDS(REQ(DROPPED)),
	    "count messages for reports to domains with a DMARC policy" },
	{ OP(DMARC_DATA), "dmarc-data", ROLE_ADMIN, 0,
	    FIELDS(OPT(DAY)), FIELDS(REQ(DAY) REQ(COUNT) REQ(FROM_DOMAIN)
	    REQ(SOURCE_IP) REQ(ENVELOPE_DOMAIN) REQ(RECORD_DOMAIN)
	    REQ(POLICY) REQ(DISPOSITION) REQ(DKIM_ALIGNED) REQ(SPF_ALIGNED)
	    REQ(OVERRIDE) REQ(SPF) REQ(DKIM)), FIELDS(OPT(DROPPED)),
	    "those counts, of one day or of all that are kept" },
	{ 0, NULL, 0, 0, NULL, NULL, NULL, NULL }
};

const struct store_tag_row *
store_tag_find(uint16_t tag)
{
	for (const struct store_tag_row *r = store_tags; r->tag != 0; r++)
		if (r->tag == tag)
			return r;
	return NULL;
}

const struct store_op *
store_op_find(uint16_t number)
{
	for (const struct store_op *op = store_ops; op->number != 0; op++)
		if (op->number == number)
			return op;
	return NULL;
}

const struct store_op *
store_op_by_name(struct bytes name)
{
	for (const struct store_op *op = store_ops; op->number != 0; op++)
		if (bytes_eq_str(name, op->name))
			return op;
	return NULL;
}

static const struct {
	enum store_role role;
	const char *name;
} roles[] = {
	{ ROLE_MILTER, "milter" }, { ROLE_ROUTER, "router" },
	{ ROLE_WEB, "web" }, { ROLE_ADMIN, "admin" }
};

const char *
store_role_name(enum store_role role)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if (roles[i].role == role)
			return roles[i].name;
	return NULL;
}

enum store_role
store_role_of(struct bytes name)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if (bytes_eq_str(name, roles[i].name))
			return roles[i].role;
	return 0;
}

const char *
store_type_name(enum store_type type)
{
	static const char *const names[] = {
		"u64", "time", "bool", "text", "blob"
	};

	return names[type];
}
