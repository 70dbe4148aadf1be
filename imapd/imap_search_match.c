/* imap_search_match - tests a message against SEARCH keys (RFC 3501 6.4.4). */
#include <config.h>

#include <strings.h>

#include "mail/charset.h"
#include "mail/date.h"
#include "imapd/imap_search.h"
#include "imapd/imapd.h"

/* A keyword unknown in the mailbox: no message has it. */
#define NO_KEYWORD	UINT32_MAX

static unsigned
keyword_index(const struct imap_selected *sel, struct bytes name)
{
	for (unsigned i = 0; i < sel->nkeywords; i++)
		if (bytes_ieq_str(name, sel->keywords[i]))
			return i;
	return NO_KEYWORD;
}

static int
prepare_key(struct imap_session *s, struct imap_command *cmd,
    const struct imap_search *search, struct imap_search_key *k,
    struct err *err)
{
	const struct view *v = s->selected->mailbox.view;
	struct buf utf8 = BUF_INIT;

	switch (k->op) {
	case IMAP_SEARCH_SEQ:
	case IMAP_SEARCH_UID:
		if (k->set.saved)
			return err_set(err, ERR_SYNTAX,
			    "no search result was saved");
		imap_sequence_set_resolve(&k->set, k->op == IMAP_SEARCH_SEQ ?
		    v->count : view_uid(v, v->count));
		if (k->op == IMAP_SEARCH_SEQ &&
		    number_set_last(&k->set.numbers) > v->count)
			return err_set(err, ERR_SYNTAX,
			    "the mailbox has only %u messages", v->count);
		return 0;
	case IMAP_SEARCH_KEYWORD:
	case IMAP_SEARCH_UNKEYWORD:
		k->size = keyword_index(s->selected, k->text);
		if (k->size != NO_KEYWORD)
			return 0;
		/* It may have been added since the last sync. */
		if (imap_learn_keywords(s, NULL, err) == -1)
			return -1;
		k->size = keyword_index(s->selected, k->text);
		return 0;
	case IMAP_SEARCH_HEADER:
	case IMAP_SEARCH_BODY:
	case IMAP_SEARCH_TEXT:
		if (!search->has_8bit || search->charset.len == 0)
			return 0;
		charset_to_utf8(&utf8, search->charset, k->text);
		k->text = bytes_dup(&cmd->arena, buf_view(&utf8));
		buf_free(&utf8);
		return 0;
	default:
		return 0;
	}
}

/* The parser limits the depth of the tree. */
static int
prepare_list(struct imap_session *s, struct imap_command *cmd,
    const struct imap_search *search, struct imap_search_key *k,
    struct err *err)
{
	for (; k != NULL; k = k->next)
		if (prepare_key(s, cmd, search, k, err) == -1 ||
		    prepare_list(s, cmd, search, k->child, err) == -1)
			return -1;
	return 0;
}

int
search_prepare(struct imap_session *s, struct imap_command *cmd,
    struct imap_search *search, struct err *err)
{
	return prepare_list(s, cmd, search, search->keys, err);
}

/* ---- matching ---- */

static enum match
yes_if(bool b)
{
	return b ? MATCH_YES : MATCH_NO;
}

static enum match
negate(enum match m)
{
	return m == MATCH_OPEN ? MATCH_OPEN : yes_if(m == MATCH_NO);
}

static bool
has_flag(const struct search_subject *x, unsigned flag)
{
	if (flag == IMAP_FLAG_RECENT)
		return imap_is_recent(x->s->selected, x->row->uid);
	return (x->row->flags.system & flag) != 0;
}

static bool
has_keyword(const struct search_subject *x, const struct imap_search_key *k)
{
	return k->size != NO_KEYWORD &&
	    msgflags_has_keyword(&x->row->flags, k->size);
}

/* RFC 3501: compare dates as written, without time and zone. */
static int64_t
internal_day(const struct message *m)
{
	return date_day((struct mail_date){ m->internal_date,
	    m->internal_zone });
}

/* Returns -1, 0 or 1 if day is before, on or after the day of the key. */
static int
compare_day(int64_t day, const struct imap_search_key *k)
{
	return day < k->day ? -1 : day > k->day;
}

static enum match
match_row(const struct search_subject *x, const struct imap_search_key *k)
{
	const struct chunk_row *row = x->row;
	int c = compare_day(internal_day(&row->message), k);

	switch (k->op) {
	case IMAP_SEARCH_ALL:
		return MATCH_YES;
	case IMAP_SEARCH_SEQ:
		return yes_if(number_set_has(&k->set.numbers, x->seq));
	case IMAP_SEARCH_UID:
		return yes_if(number_set_has(&k->set.numbers, row->uid));
	case IMAP_SEARCH_FLAG:
		return yes_if(has_flag(x, k->flag));
	case IMAP_SEARCH_UNFLAG:
		return yes_if(!has_flag(x, k->flag));
	case IMAP_SEARCH_KEYWORD:
		return yes_if(has_keyword(x, k));
	case IMAP_SEARCH_UNKEYWORD:
		return yes_if(!has_keyword(x, k));
	case IMAP_SEARCH_NEW:
		return yes_if(has_flag(x, IMAP_FLAG_RECENT) &&
		    !has_flag(x, IMAP_FLAG_SEEN));
	case IMAP_SEARCH_BEFORE:
		return yes_if(c < 0);
	case IMAP_SEARCH_ON:
		return yes_if(c == 0);
	case IMAP_SEARCH_SINCE:
		return yes_if(c >= 0);
	case IMAP_SEARCH_LARGER:
		return yes_if(row->message.size > k->size);
	case IMAP_SEARCH_SMALLER:
		return yes_if(row->message.size < k->size);
	default:
		return MATCH_OPEN;
	}
}

static const struct {
	const char *field;
	enum parsed_item item;
} parsed_fields[] = {
	{ "FROM", PARSED_FROM },
	{ "TO", PARSED_TO },
	{ "CC", PARSED_CC },
	{ "BCC", PARSED_BCC },
	{ "SUBJECT", PARSED_SUBJECT },
};

static enum match
match_parsed_field(const struct search_subject *x,
    const struct imap_search_key *k)
{
	struct bytes value;

	for (size_t i = 0; i < sizeof(parsed_fields) /
	    sizeof(parsed_fields[0]); i++) {
		if (!bytes_ieq_str(k->field, parsed_fields[i].field))
			continue;
		value = parsed_text(x->pd, parsed_fields[i].item);
		if (value.data == NULL)
			return MATCH_NO;
		return yes_if(fold_contains(value, k->text));
	}
	return MATCH_OPEN;
}

/* Without a usable Date field, the internal date counts. */
static enum match
match_parsed(const struct search_subject *x, const struct imap_search_key *k)
{
	int c;

	if (x->level < LEVEL_PARSED)
		return MATCH_OPEN;
	if (k->op == IMAP_SEARCH_HEADER)
		return match_parsed_field(x, k);
	c = compare_day(x->pd->has_date ? date_day(x->pd->date) :
	    internal_day(&x->row->message), k);
	switch (k->op) {
	case IMAP_SEARCH_SENTBEFORE:
		return yes_if(c < 0);
	case IMAP_SEARCH_SENTON:
		return yes_if(c == 0);
	case IMAP_SEARCH_SENTSINCE:
		return yes_if(c >= 0);
	default:
		return MATCH_OPEN;
	}
}

static int
match_body(const struct search_subject *x, const struct imap_search_key *k,
    enum match *result, struct err *err)
{
	bool found = false;
	int rc;

	*result = MATCH_OPEN;
	if (x->level < LEVEL_BODY)
		return 0;
	if (k->op == IMAP_SEARCH_HEADER)
		rc = search_header(x, k->field, k->text, &found, err);
	else
		rc = search_body(x, k->text, k->op == IMAP_SEARCH_TEXT,
		    &found, err);
	*result = yes_if(found);
	return rc;
}

static int
match_one(const struct search_subject *x, const struct imap_search_key *k,
    enum match *result, struct err *err)
{
	enum match a, b;

	switch (k->op) {
	case IMAP_SEARCH_AND:
		return search_match(x, k->child, result, err);
	case IMAP_SEARCH_NOT:
		if (match_one(x, k->child, &a, err) == -1)
			return -1;
		*result = negate(a);
		return 0;
	case IMAP_SEARCH_OR:
		if (match_one(x, k->child, &a, err) == -1)
			return -1;
		if (a == MATCH_YES) {
			*result = MATCH_YES;
			return 0;
		}
		if (match_one(x, k->child->next, &b, err) == -1)
			return -1;
		*result = b == MATCH_NO ? a : b;
		return 0;
	default:
		*result = match_row(x, k);
		if (*result == MATCH_OPEN)
			*result = match_parsed(x, k);
		if (*result == MATCH_OPEN)
			return match_body(x, k, result, err);
		return 0;
	}
}

int
search_match(const struct search_subject *x,
    const struct imap_search_key *keys, enum match *result, struct err *err)
{
	enum match m;

	*result = MATCH_YES;
	for (const struct imap_search_key *k = keys; k != NULL; k = k->next) {
		if (match_one(x, k, &m, err) == -1)
			return -1;
		if (m == MATCH_NO) {
			*result = MATCH_NO;
			return 0;
		}
		if (m == MATCH_OPEN)
			*result = MATCH_OPEN;
	}
	return 0;
}
