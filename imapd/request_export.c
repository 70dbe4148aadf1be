/*
 * request_export - export and import of accounts, domains, addresses, aliases
 * and passwords
 *
 * The format is lines of text (text_line.h), for version control and for moving
 * to another server.
 *
 *	domain NAME separator=+ case-sensitive=no disabled=no
 *	account LOGIN quota-bytes=default quota-messages=none disabled=no
 *	password LOGIN label="" hash=HASH
 *	address ADDRESS account=LOGIN mailbox=INBOX
 *	alias ADDRESS member=LOGIN member=LOGIN ...
 *	recipient ADDRESS account=LOGIN first=SECONDS last=SECONDS
 *	    submitted=N sent=N
 *
 * (A recipient is one line, and is exported only on request.)
 *
 * Import creates what is missing, changes the settings of what exists, and
 * removes nothing, so a file can be imported again.  A line that is refused is
 * reported, and the other lines are still imported.
 */
#include <config.h>

#include <inttypes.h>
#include <string.h>

#include "base/encode.h"
#include "directory/account.h"
#include "directory/account_settings.h"
#include "directory/address_map.h"
#include "directory/credential.h"
#include "directory/domain.h"
#include "directory/domain_settings.h"
#include "directory/junk_meaning.h"
#include "evidence/correspondent.h"
#include "store/account_life.h"
#include "imapd/request_call.h"
#include "imapd/text_line.h"

/* Maximum number of members in one line of an alias. */
#define LINE_MEMBERS	40

/* Lines imported before other connections are served. */
#define TURN_LINES	64

/* ---- export ---- */

struct export {
	struct request_call *c;
	const struct reader *reader;
	const struct account *account;	/* export only this one; NULL: all */
	const struct account *owner;	/* of the current lines */
	struct buf line;
	uint64_t count;
};

static int
line_out(struct export *x, struct err *err)
{
	struct request_writer w;
	int rc;

	request_answer_begin(x->c, &w, FRAME_ROW);
	request_put_text(&w, FIELD_LINE, buf_view(&x->line));
	rc = request_frame_end(&w, err);
	buf_clear(&x->line);
	x->count++;
	return rc;
}

static const char *
yes_no(bool b)
{
	return b ? "yes" : "no";
}

static int
domain_out(void *arg, const struct domain *d, struct err *err)
{
	struct export *x = arg;

	text_line_begin(&x->line, "domain", d->name);
	text_line_add(&x->line, "separator", d->separator);
	text_line_add(&x->line, "case-sensitive", yes_no(d->case_sensitive));
	text_line_add(&x->line, "disabled", yes_no(d->disabled));
	return line_out(x, err);
}

static void
limit_add(struct buf *line, const char *name, uint64_t limit)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, limit);
	text_line_add(line, name, limit == 0 ? "default" :
	    limit == QUOTA_NONE ? "none" : text);
}

static int
password_out(void *arg, const struct credential *cr, struct err *err)
{
	struct export *x = arg;
	struct secret secret;
	char hash[SECRET_VALUE_MAX + 1];
	int rc;

	/* The other secrets are derived from the password when it is set. */
	rc = credential_secret(x->reader, x->owner->id, cr, SECRET_PASSWORD,
	    &secret, err);
	if (rc != 1)
		return rc;
	memcpy(hash, secret.value, secret.value_len);
	hash[secret.value_len] = '\0';
	text_line_begin(&x->line, "password", x->owner->login);
	text_line_add(&x->line, "label", cr->label);
	text_line_add(&x->line, "hash", hash);
	rc = line_out(x, err);
	secret_wipe(&secret);
	explicit_bzero(hash, sizeof(hash));
	return rc;
}

static void
number_add(struct buf *line, const char *name, uint64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, n);
	text_line_add(line, name, text);
}

/* Times before 1970 are useless; export them as 0. */
static uint64_t
seconds_of(int64_t time)
{
	return time < 0 ? 0 : (uint64_t)time;
}

static int
recipient_out(void *arg, struct bytes address,
    const struct correspondent *k, struct err *err)
{
	struct export *x = arg;
	struct arena a;
	char *name;
	int rc = 0;

	arena_init(&a);
	name = bytes_cstr(&a, address);
	if (name != NULL && utf8_is_valid(address)) {
		text_line_begin(&x->line, "recipient", name);
		text_line_add(&x->line, "account", x->owner->login);
		number_add(&x->line, "first", seconds_of(k->first));
		number_add(&x->line, "last", seconds_of(k->last));
		number_add(&x->line, "submitted", k->submitted);
		number_add(&x->line, "sent", k->sent);
		rc = line_out(x, err);
	}
	arena_clear(&a);
	return rc;
}

/* "default" stays that: another version may have better expressions. */
static void
junk_add(struct buf *line, const struct account_junk *junk)
{
	text_line_add(line, "junk-flags", junk_flags_name(junk->on));
	for (unsigned i = 0; i < JUNK_EXPRESSIONS; i++)
		text_line_add(line, junk_expression_name(i),
		    junk->is_own[i] ? junk->expression[i] : "default");
}

static int
account_out(void *arg, const struct account *acc, struct err *err)
{
	struct export *x = arg;

	text_line_begin(&x->line, "account", acc->login);
	limit_add(&x->line, "quota-bytes", acc->quota_bytes);
	limit_add(&x->line, "quota-messages", acc->quota_messages);
	limit_add(&x->line, "recipients-per-day", acc->recipients_per_day);
	limit_add(&x->line, "first-time-recipients-per-day",
	    acc->first_time_per_day);
	junk_add(&x->line, &acc->junk);
	text_line_add(&x->line, "disabled", yes_no(acc->disabled));
	x->owner = acc;
	if (line_out(x, err) == -1 ||
	    credential_each(x->reader, acc->id, password_out, x, err) == -1)
		return -1;
	if (!request_bool(&x->c->request, FIELD_RECIPIENTS))
		return 0;
	return correspondent_each(x->reader, acc->id, BYTES(""),
	    recipient_out, x, err) == -1 ? -1 : 0;
}

static int
address_out(struct export *x, const struct address *addr, struct err *err)
{
	struct account acc;
	int rc;

	if (x->account != NULL && addr->account != x->account->id)
		return 0;
	if ((rc = account_get(x->reader, addr->account, &acc, err)) != 1)
		return rc;
	text_line_begin(&x->line, "address", addr->canonical);
	text_line_add(&x->line, "account", acc.login);
	text_line_add(&x->line, "mailbox", addr->mailbox);
	return line_out(x, err);
}

static int
alias_out(struct export *x, const struct address *addr, struct err *err)
{
	struct account acc;
	size_t n = 0;
	int rc;

	if (x->account != NULL)
		return 0;
	text_line_begin(&x->line, "alias", addr->canonical);
	for (size_t i = 0; i < addr->nmembers; i++) {
		rc = account_get(x->reader, addr->members[i], &acc, err);
		if (rc == -1)
			return -1;
		if (rc == 0)
			continue;
		if (n > 0 && n % LINE_MEMBERS == 0) {
			if (line_out(x, err) == -1)
				return -1;
			text_line_begin(&x->line, "alias", addr->canonical);
		}
		text_line_add(&x->line, "member", acc.login);
		n++;
	}
	return line_out(x, err);
}

static int
any_address_out(void *arg, const struct address *addr, struct err *err)
{
	return addr->kind == ADDRESS_ACCOUNT ? address_out(arg, addr, err) :
	    alias_out(arg, addr, err);
}

static int
export_lines(struct export *x, struct err *err)
{
	struct account acc;

	if (request_has(&x->c->request, FIELD_ACCOUNT)) {
		if (request_find_account(x->c, x->reader, &acc, err) == -1 ||
		    account_out(x, &acc, err) == -1)
			return -1;
		x->account = &acc;
	} else if (domain_each(x->reader, domain_out, x, err) == -1 ||
	    request_each_account(x->c, x->reader, account_out, x, err) == -1)
		return -1;
	return address_each(x->reader, x->c->arena, any_address_out, x,
	    err) == -1 ? -1 : 0;
}

static int
export_run(struct request_call *c, struct err *err)
{
	struct export x = { .c = c };
	struct request_writer w;
	struct kv_snap snap;
	int rc;

	if (store_snap(c->imapd->store, &snap, err) == -1)
		return -1;
	x.reader = &snap.reader;
	rc = export_lines(&x, err);
	kv_snap_end(&snap);
	buf_free(&x.line);
	if (rc == -1)
		return -1;
	request_answer_begin(c, &w, FRAME_DONE);
	request_put_u64(&w, FIELD_COUNT, x.count);
	return request_frame_end(&w, err);
}

/* ---- import ---- */

/* Creating something failed because it exists, which is fine. */
static bool
is_there(const struct err *err)
{
	return err->code == ERR_CODE_EXISTS;
}

static int
domain_in(struct request_call *c, const struct text_line *l, struct err *err)
{
	const char *separator = text_line_value(l, "separator");
	struct store *s = c->imapd->store;

	if (domain_create(&s->db, l->subject, separator == NULL ?
	    imapd_settings(c->imapd)->separator : separator, false,
	    err) == -1 && !is_there(err))
		return -1;
	for (size_t i = 0; i < l->n; i++)
		if (domain_set(&s->db, l->subject, l->values[i].name,
		    l->values[i].value, err) == -1)
			return -1;
	return 0;
}

static int
account_in(struct request_call *c, const struct text_line *l, struct err *err)
{
	struct store *s = c->imapd->store;
	uint64_t id;

	if (account_create(s, l->subject, &id, err) == -1 &&
	    (!is_there(err) ||
	    request_account_id(c, l->subject, &id, err) == -1))
		return -1;
	for (size_t i = 0; i < l->n; i++)
		if (account_set(&s->db, id, l->values[i].name,
		    l->values[i].value,
		    err) == -1)
			return -1;
	return 0;
}

/* Looks for a password with exactly this hash. */
struct hash_find {
	const struct reader *reader;
	uint64_t account;
	const char *label;
	const struct secret *secret;
	bool found;
};

static int
hash_find_step(void *arg, const struct credential *cr, struct err *err)
{
	struct hash_find *f = arg;
	struct secret s;
	int rc;

	if (strcmp(cr->label, f->label) != 0)
		return 0;
	rc = credential_secret(f->reader, f->account, cr, SECRET_PASSWORD,
	    &s, err);
	if (rc != 1)
		return rc;
	f->found = bytes_eq(secret_value(&s), secret_value(f->secret));
	secret_wipe(&s);
	return f->found;
}

/* Returns 1 if found, 0 if not, -1 on error. */
static int
hash_is_there(struct store *s, struct hash_find *f, struct err *err)
{
	struct kv_snap snap;
	int rc;

	if (store_snap(s, &snap, err) == -1)
		return -1;
	f->reader = &snap.reader;
	rc = credential_each(&snap.reader, f->account, hash_find_step, f,
	    err);
	kv_snap_end(&snap);
	return rc == -1 ? -1 : f->found;
}

static int
password_in(struct request_call *c, const struct text_line *l, struct err *err)
{
	const char *label = text_line_value(l, "label"), *hash;
	struct store *s = c->imapd->store;
	struct secret secret;
	struct hash_find f = { .label = label == NULL ? "" : label,
	    .secret = &secret };
	struct credential_new new = { .label = f.label, .secrets = &secret,
	    .nsecrets = 1 };
	uint32_t id;
	int rc;

	if (text_line_need(l, "hash", &hash, err) == -1 ||
	    password_hash_check(bytes_of(hash), err) == -1 ||
	    request_account_id(c, l->subject, &f.account, err) == -1 ||
	    secret_of_password(bytes_of(hash), &secret, err) == -1)
		return -1;
	rc = hash_is_there(s, &f, err);
	if (rc == 0)
		rc = credential_add(&s->db, f.account, &new, &id, err);
	secret_wipe(&secret);
	return rc == -1 ? -1 : 0;
}

/* The address exists: does it match the line? */
static int
address_same(struct request_call *c, const struct text_line *l,
    uint64_t account, const char *mailbox, struct err *err)
{
	struct address addr;
	struct kv_snap snap;
	int rc;

	if (store_snap(c->imapd->store, &snap, err) == -1)
		return -1;
	rc = address_get(&snap.reader, l->subject, c->arena, &addr, err);
	kv_snap_end(&snap);
	if (rc == -1)
		return -1;
	if (rc == 1 && addr.kind == ADDRESS_ACCOUNT &&
	    addr.account == account && strcmp(addr.mailbox, mailbox) == 0)
		return 0;
	return err_code(err, ERR_REFUSED, ERR_CODE_EXISTS,
	    "the address '%s' already exists and differs", l->subject);
}

static int
address_in(struct request_call *c, const struct text_line *l, struct err *err)
{
	const char *login, *mailbox = text_line_value(l, "mailbox");
	uint64_t account;

	if (mailbox == NULL)
		mailbox = "INBOX";
	if (text_line_need(l, "account", &login, err) == -1 ||
	    request_account_id(c, login, &account, err) == -1)
		return -1;
	if (address_add(&c->imapd->store->db, l->subject, account, mailbox,
	    err) == 0)
		return 0;
	return is_there(err) ? address_same(c, l, account, mailbox, err) : -1;
}

static int
alias_in(struct request_call *c, const struct text_line *l, struct err *err)
{
	struct store *s = c->imapd->store;
	uint64_t account;

	if (alias_add(&s->db, l->subject, err) == -1 && !is_there(err))
		return -1;
	for (size_t i = 0; i < l->n; i++) {
		if (strcmp(l->values[i].name, "member") != 0)
			return err_set(err, ERR_SYNTAX,
			    "expected member=LOGIN, found '%s='",
			    l->values[i].name);
		if (request_account_id(c, l->values[i].value, &account,
		    err) == -1 ||
		    (alias_member(&s->db, l->subject, account, true,
		    err) == -1 &&
		    !is_there(err)))
			return -1;
	}
	return 0;
}

/* Reads a number.  It is 0 if there is no value with that name. */
static int
number_in(const struct text_line *l, const char *name, uint64_t *out,
    struct err *err)
{
	const char *value = text_line_value(l, name);

	*out = 0;
	if (value != NULL && decimal_parse(bytes_of(value), INT64_MAX,
	    out) == -1)
		return err_set(err, ERR_SYNTAX, "%s: '%s' is not a number",
		    name, value);
	return 0;
}

static int
recipient_in(struct request_call *c, const struct text_line *l, struct err *err)
{
	struct correspondent k;
	const char *login;
	uint64_t account, first, last;

	if (text_line_need(l, "account", &login, err) == -1 ||
	    number_in(l, "first", &first, err) == -1 ||
	    number_in(l, "last", &last, err) == -1 ||
	    number_in(l, "submitted", &k.submitted, err) == -1 ||
	    number_in(l, "sent", &k.sent, err) == -1 ||
	    request_account_id(c, login, &account, err) == -1)
		return -1;
	if (first > last || *l->subject == '\0')
		return err_set(err, ERR_SYNTAX,
		    "the address is empty, or last is before first");
	k.first = (int64_t)first;
	k.last = (int64_t)last;
	return correspondent_import(&c->imapd->store->db, account,
	    bytes_of(l->subject),
	    &k, err);
}

static const struct {
	const char *kind;
	int (*run)(struct request_call *c, const struct text_line *l,
	    struct err *err);
} kinds[] = {
	{ "domain",	domain_in },
	{ "account",	account_in },
	{ "password",	password_in },
	{ "address",	address_in },
	{ "alias",	alias_in },
	{ "recipient",	recipient_in },
};

/* The progress of an import. */
struct import {
	struct bytes rest;
	uint64_t number;		/* of the current line */
	uint64_t count;			/* lines imported */
	bool is_dry;
};

static int
line_in(struct request_call *c, struct import *im, struct bytes text,
    struct err *err)
{
	struct text_line l;

	if (text.len > REQUEST_LINE_MAX)
		return err_set(err, ERR_SYNTAX, "longer than %d bytes",
		    REQUEST_LINE_MAX);
	if (text_line_parse(c->arena, text, &l, err) == -1)
		return -1;
	if (l.kind == NULL)
		return 0;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(l.kind, kinds[i].kind) != 0)
			continue;
		if (!im->is_dry && kinds[i].run(c, &l, err) == -1)
			return -1;
		im->count++;
		return 0;
	}
	return err_set(err, ERR_SYNTAX, "expected domain, account, password, "
	    "address, alias or recipient, found '%s'", l.kind);
}

/* Uses an arena per line, because there may be very many lines. */
static int
import_line(struct request_call *c, struct import *im, struct bytes text,
    struct err *err)
{
	struct arena *of_call = c->arena, of_line;
	int rc;

	arena_init(&of_line);
	c->arena = &of_line;
	rc = line_in(c, im, text, err);
	c->arena = of_call;
	arena_clear(&of_line);
	return rc;
}

static int
refusal_row(struct request_call *c, const struct import *im,
    const struct err *why, struct err *err)
{
	struct request_writer w;

	request_answer_begin(c, &w, FRAME_ROW);
	request_put_u64(&w, FIELD_LINE_NUMBER, im->number);
	request_put_cut(&w, FIELD_REASON, bytes_of(why->text));
	return request_frame_end(&w, err);
}

static int
import_more(struct request_call *c, struct err *err)
{
	struct import *im = c->state;
	struct err why = ERR_INIT;
	struct request_writer w;
	struct bytes line;
	ptrdiff_t at;

	for (int i = 0; i < TURN_LINES && im->rest.len > 0; i++) {
		at = bytes_index(im->rest, '\n');
		line = bytes_make(im->rest.data,
		    at < 0 ? im->rest.len : (size_t)at);
		im->rest = bytes_from(im->rest, line.len + 1);
		im->number++;
		if (import_line(c, im, line, &why) == 0)
			continue;
		/* The other lines would fail for the same reason. */
		if (why.kind >= ERR_TEMP) {
			*err = why;
			return err_wrap(err, "line %" PRIu64, im->number);
		}
		if (refusal_row(c, im, &why, err) == -1)
			return -1;
	}
	if (im->rest.len > 0)
		return REQUEST_MORE;
	request_answer_begin(c, &w, FRAME_DONE);
	request_put_u64(&w, FIELD_COUNT, im->count);
	return request_frame_end(&w, err);
}

static int
import_run(struct request_call *c, struct err *err)
{
	struct import *im = arena_zalloc(c->arena, sizeof(*im));

	im->rest = buf_view(&c->data);
	im->is_dry = request_bool(&c->request, FIELD_DRY_RUN);
	c->state = im;
	c->more = import_more;
	return import_more(c, err);
}

const struct request_handler export_requests[] = {
	{ REQUEST_EXPORT,	export_run },
	{ REQUEST_IMPORT,	import_run },
	{ 0, NULL }
};
