/* imap_args - parses the arguments of most IMAP commands. */
#include <config.h>

#include <string.h>

#include "proto/imap_args.h"
#include "proto/imap_parse-private.h"

const struct imap_bit_name imap_status_names[] = {
	{ IMAP_STATUS_MESSAGES, "MESSAGES" },
	{ IMAP_STATUS_RECENT, "RECENT" },
	{ IMAP_STATUS_UIDNEXT, "UIDNEXT" },
	{ IMAP_STATUS_UIDVALIDITY, "UIDVALIDITY" },
	{ IMAP_STATUS_UNSEEN, "UNSEEN" },
	{ IMAP_STATUS_DELETED, "DELETED" },
	{ IMAP_STATUS_SIZE, "SIZE" },
	{ IMAP_STATUS_HIGHESTMODSEQ, "HIGHESTMODSEQ" },
	{ IMAP_STATUS_MAILBOXID, "MAILBOXID" },
	{ IMAP_STATUS_APPENDLIMIT, "APPENDLIMIT" },
	{ 0, NULL }
};

int
imap_parse_none(struct imap_cursor *c, struct err *err)
{
	return imap_parse_end(c, err);
}

int
imap_parse_login(struct imap_cursor *c, struct imap_login *out,
    struct err *err)
{
	if (imap_parse_space(c, err) == -1 ||
	    imap_parse_astring(c, &out->user, err) == -1 ||
	    imap_parse_space(c, err) == -1 ||
	    imap_parse_astring(c, &out->password, err) == -1)
		return -1;
	return imap_parse_end(c, err);
}

int
imap_parse_authenticate(struct imap_cursor *c, struct imap_authenticate *out,
    struct err *err)
{
	out->has_initial = false;
	out->initial = bytes_make(NULL, 0);
	if (imap_parse_space(c, err) == -1)
		return -1;
	out->mechanism = imap_take_word(c, IMAP_NAME_MAX);
	if (out->mechanism[0] == '\0')
		return imap_unexpected(c, "a mechanism", err);
	if (imap_skip(c, ' ')) {
		out->has_initial = true;
		if (imap_parse_atom(c, &out->initial, err) == -1)
			return -1;
		if (bytes_eq_str(out->initial, "="))
			out->initial.len = 0;
	}
	return imap_parse_end(c, err);
}

/* "(" known-sequence-set SP known-uid-set ")" */
static int
parse_match_data(struct imap_cursor *c, struct imap_qresync *out,
    struct err *err)
{
	out->has_match = true;
	if (imap_expect(c, '(', err) == -1 ||
	    imap_parse_sequence_set(c, &out->match_seq, err) == -1 ||
	    imap_parse_space(c, err) == -1 ||
	    imap_parse_sequence_set(c, &out->match_uid, err) == -1)
		return -1;
	if (out->match_seq.has_star || out->match_uid.has_star)
		return imap_unexpected(c, "sets without '*'", err);
	return imap_expect(c, ')', err);
}

/* RFC 7162 7: QRESYNC SP "(" uidvalidity SP mod-sequence … ")" */
static int
parse_qresync(struct imap_cursor *c, struct imap_qresync *out,
    struct err *err)
{
	if (imap_parse_space(c, err) == -1 || imap_expect(c, '(', err) == -1 ||
	    imap_parse_nz_number(c, &out->uidvalidity, err) == -1 ||
	    imap_parse_space(c, err) == -1 ||
	    imap_parse_modseq(c, &out->modseq, err) == -1)
		return -1;
	if (imap_skip(c, ' ')) {
		if (imap_peek(c) != '(') {
			out->has_known = true;
			if (imap_parse_sequence_set(c, &out->known, err) == -1)
				return -1;
			if (out->known.has_star)
				return imap_unexpected(c, "UIDs without '*'",
				    err);
		}
		if ((!out->has_known || imap_skip(c, ' ')) &&
		    parse_match_data(c, out, err) == -1)
			return -1;
	}
	return imap_expect(c, ')', err);
}

static int
parse_select_params(struct imap_cursor *c, struct imap_select *out,
    struct err *err)
{
	if (imap_expect(c, '(', err) == -1)
		return -1;
	do {
		if (imap_skip_word(c, "CONDSTORE")) {
			out->condstore = true;
		} else if (!out->has_qresync && imap_skip_word(c, "QRESYNC")) {
			out->has_qresync = true;
			if (parse_qresync(c, &out->qresync, err) == -1)
				return -1;
		} else {
			return imap_unexpected(c, "CONDSTORE or QRESYNC",
			    err);
		}
	} while (imap_skip(c, ' '));
	return imap_expect(c, ')', err);
}

int
imap_parse_select(struct imap_cursor *c, struct imap_select *out,
    struct err *err)
{
	memset(out, 0, sizeof(*out));
	if (imap_parse_space(c, err) == -1 ||
	    imap_parse_mailbox(c, &out->mailbox, err) == -1 ||
	    (imap_skip(c, ' ') && parse_select_params(c, out, err) == -1))
		return -1;
	return imap_parse_end(c, err);
}

static int
parse_create_params(struct imap_cursor *c, struct imap_create *out,
    struct err *err)
{
	if (imap_expect(c, '(', err) == -1)
		return -1;
	if (!imap_skip_word(c, "USE"))
		return imap_unexpected(c, "USE", err);
	if (imap_parse_bit_list(c, imap_use_names, "a special use", true,
	    &out->use, err) == -1)
		return -1;
	return imap_expect(c, ')', err);
}

int
imap_parse_create(struct imap_cursor *c, struct imap_create *out,
    struct err *err)
{
	out->use = 0;
	if (imap_parse_space(c, err) == -1 ||
	    imap_parse_mailbox(c, &out->mailbox, err) == -1 ||
	    (imap_skip(c, ' ') && parse_create_params(c, out, err) == -1))
		return -1;
	return imap_parse_end(c, err);
}

int
imap_parse_one_mailbox(struct imap_cursor *c, struct bytes *mailbox,
    struct err *err)
{
	if (imap_parse_space(c, err) == -1 ||
	    imap_parse_mailbox(c, mailbox, err) == -1)
		return -1;
	return imap_parse_end(c, err);
}

int
imap_parse_rename(struct imap_cursor *c, struct imap_rename *out,
    struct err *err)
{
	if (imap_parse_space(c, err) == -1 ||
	    imap_parse_mailbox(c, &out->from, err) == -1 ||
	    imap_parse_space(c, err) == -1 ||
	    imap_parse_mailbox(c, &out->to, err) == -1)
		return -1;
	return imap_parse_end(c, err);
}

int
imap_parse_status(struct imap_cursor *c, struct imap_status *out,
    struct err *err)
{
	if (imap_parse_space(c, err) == -1 ||
	    imap_parse_mailbox(c, &out->mailbox, err) == -1 ||
	    imap_parse_bit_list(c, imap_status_names, "a status item",
	    false, &out->items, err) == -1)
		return -1;
	return imap_parse_end(c, err);
}

static int
parse_unchangedsince(struct imap_cursor *c, struct imap_store_flags *out,
    struct err *err)
{
	if (imap_expect(c, '(', err) == -1)
		return -1;
	if (!imap_skip_word(c, "UNCHANGEDSINCE"))
		return imap_unexpected(c, "UNCHANGEDSINCE", err);
	out->has_unchangedsince = true;
	if (imap_parse_space(c, err) == -1 ||
	    imap_parse_modseq(c, &out->unchangedsince, err) == -1 ||
	    imap_expect(c, ')', err) == -1)
		return -1;
	return imap_parse_space(c, err);
}

static int
parse_store_mode(struct imap_cursor *c, struct imap_store_flags *out,
    struct err *err)
{
	out->mode = IMAP_STORE_REPLACE;
	if (imap_skip(c, '+'))
		out->mode = IMAP_STORE_ADD;
	else if (imap_skip(c, '-'))
		out->mode = IMAP_STORE_REMOVE;
	if (imap_skip_word(c, "FLAGS.SILENT"))
		out->silent = true;
	else if (!imap_skip_word(c, "FLAGS"))
		return imap_unexpected(c, "FLAGS or FLAGS.SILENT", err);
	return imap_parse_space(c, err);
}

int
imap_parse_store(struct imap_cursor *c, struct imap_store_flags *out,
    struct err *err)
{
	memset(out, 0, sizeof(*out));
	if (imap_parse_space(c, err) == -1 ||
	    imap_parse_sequence_set(c, &out->set, err) == -1 ||
	    imap_parse_space(c, err) == -1)
		return -1;
	if (imap_peek(c) == '(' && parse_unchangedsince(c, out, err) == -1)
		return -1;
	if (parse_store_mode(c, out, err) == -1)
		return -1;
	if ((imap_peek(c) == '(' ?
	    imap_parse_flag_list(c, &out->flags, err) :
	    imap_parse_flags_bare(c, &out->flags, err)) == -1)
		return -1;
	return imap_parse_end(c, err);
}

int
imap_parse_copy(struct imap_cursor *c, struct imap_copy *out,
    struct err *err)
{
	if (imap_parse_space(c, err) == -1 ||
	    imap_parse_sequence_set(c, &out->set, err) == -1 ||
	    imap_parse_space(c, err) == -1 ||
	    imap_parse_mailbox(c, &out->mailbox, err) == -1)
		return -1;
	return imap_parse_end(c, err);
}

int
imap_parse_uid_expunge(struct imap_cursor *c, struct imap_sequence_set *set,
    struct err *err)
{
	if (imap_parse_space(c, err) == -1 ||
	    imap_parse_sequence_set(c, set, err) == -1)
		return -1;
	return imap_parse_end(c, err);
}

int
imap_parse_enable(struct imap_cursor *c, struct imap_enable *out,
    struct err *err)
{
	const char *name;

	out->n = 0;
	out->names = arena_array(c->arena, IMAP_ENABLE_MAX,
	    sizeof(*out->names));
	do {
		if (imap_parse_space(c, err) == -1)
			return -1;
		name = imap_take_word(c, IMAP_NAME_MAX);
		if (name[0] == '\0')
			return imap_unexpected(c, "a capability", err);
		if (out->n == IMAP_ENABLE_MAX)
			return imap_too_many(IMAP_ENABLE_MAX, "capabilities",
			    err);
		out->names[out->n++] = name;
	} while (!imap_at_end(c));
	return imap_parse_end(c, err);
}

/* RFC 2971 3.1: field names are strings, values are strings or NIL. */
static int
parse_id_pairs(struct imap_cursor *c, struct imap_id *out, struct err *err)
{
	if (imap_expect(c, '(', err) == -1)
		return -1;
	if (imap_skip(c, ')'))
		return 0;
	out->pairs = arena_array(c->arena, IMAP_ID_MAX, sizeof(*out->pairs));
	do {
		if (out->n == IMAP_ID_MAX)
			return imap_too_many(IMAP_ID_MAX, "fields", err);
		if (imap_parse_string(c, &out->pairs[out->n].name, err) == -1 ||
		    imap_parse_space(c, err) == -1 ||
		    imap_parse_nstring(c, &out->pairs[out->n].value,
		    err) == -1)
			return -1;
		out->n++;
	} while (imap_skip(c, ' '));
	return imap_expect(c, ')', err);
}

int
imap_parse_id(struct imap_cursor *c, struct imap_id *out, struct err *err)
{
	out->pairs = NULL;
	out->n = 0;
	if (imap_parse_space(c, err) == -1)
		return -1;
	if (!imap_skip_word(c, "NIL") && parse_id_pairs(c, out, err) == -1)
		return -1;
	return imap_parse_end(c, err);
}
