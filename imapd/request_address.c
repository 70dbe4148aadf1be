/*
 * request_address - requests about the addresses of accounts and about aliases.
 */
#include <config.h>

#include <string.h>

#include "directory/account.h"
#include "directory/address_map.h"
#include "imapd/request_call.h"

static int
address_add_run(struct request_call *c, struct err *err)
{
	const char *mailbox = request_str(&c->request, FIELD_MAILBOX);
	uint64_t id;

	if (request_find_account_id(c, &id, err) == -1 ||
	    address_add(&c->imapd->store->db, request_str(&c->request,
	    FIELD_ADDRESS), id, mailbox == NULL ? "INBOX" : mailbox,
	    err) == -1)
		return -1;
	return request_answer_done(c, err);
}

/*
 * Finds the stored address: by its exact text, else by resolving it, so that
 * any spelling is accepted.
 */
static int
stored_address(struct request_call *c, const struct reader *r,
    struct address *out, struct err *err)
{
	const char *text = request_str(&c->request, FIELD_ADDRESS);
	static const struct address_site nowhere = { "", "", "" };
	int rc;

	rc = address_get(r, text, c->arena, out, err);
	if (rc == 0 && text[0] != '@') {
		rc = address_resolve(r, &nowhere, bytes_of(text), c->arena,
		    out, err);
		/* A catch-all is a different address. */
		if (rc == 1 && out->canonical[0] == '@')
			rc = 0;
	}
	if (rc == 0)
		return err_code(err, ERR_REFUSED, ERR_CODE_NOT_FOUND,
		    "there is no address '%s'", text);
	return rc == -1 ? -1 : 0;
}

/* Returns the canonical form of the address if it is of that kind. */
static int
canonical_of(struct request_call *c, enum address_target kind,
    char out[ADDRESS_MAX + 1], struct err *err)
{
	struct address addr;
	struct kv_snap snap;
	int rc;

	if (store_snap(c->imapd->store, &snap, err) == -1)
		return -1;
	rc = stored_address(c, &snap.reader, &addr, err);
	kv_snap_end(&snap);
	if (rc == -1)
		return -1;
	if (addr.kind != kind)
		return err_code(err, ERR_REFUSED, ERR_CODE_NOT_FOUND,
		    kind == ADDRESS_ALIAS ? "'%s' is not an alias" :
		    "'%s' is an alias", addr.canonical);
	memcpy(out, addr.canonical, sizeof(addr.canonical));
	return 0;
}

static int
remove_run(struct request_call *c, enum address_target kind, struct err *err)
{
	char canonical[ADDRESS_MAX + 1];

	if (canonical_of(c, kind, canonical, err) == -1 ||
	    address_remove(&c->imapd->store->db, canonical, err) == -1)
		return -1;
	return request_answer_done(c, err);
}

static int
address_remove_run(struct request_call *c, struct err *err)
{
	return remove_run(c, ADDRESS_ACCOUNT, err);
}

static int
alias_remove_run(struct request_call *c, struct err *err)
{
	return remove_run(c, ADDRESS_ALIAS, err);
}

/* What to list. */
struct filter {
	struct request_call *c;
	const struct reader *reader;
	uint64_t account;		/* 0: all */
	const char *domain;		/* NULL: all */
};

static bool
filter_has(const struct filter *f, const struct address *addr)
{
	const char *at = strrchr(addr->canonical, '@');

	if (f->account != 0 && (addr->kind != ADDRESS_ACCOUNT ||
	    addr->account != f->account))
		return false;
	return f->domain == NULL || (at != NULL &&
	    bytes_ieq_str(bytes_of(f->domain), at + 1));
}

static int
address_row(void *arg, const struct address *addr, struct err *err)
{
	struct filter *f = arg;
	struct request_writer w;
	struct account acc;

	if (addr->kind != ADDRESS_ACCOUNT || !filter_has(f, addr))
		return 0;
	switch (account_get(f->reader, addr->account, &acc, err)) {
	case -1:
		return -1;
	case 0:
		return 0;
	}
	request_answer_begin(f->c, &w, FRAME_ROW);
	request_put_str(&w, FIELD_ADDRESS, addr->canonical);
	request_put_str(&w, FIELD_ACCOUNT, acc.login);
	request_put_str(&w, FIELD_MAILBOX, addr->mailbox);
	return request_frame_end(&w, err);
}

static int
alias_row(void *arg, const struct address *addr, struct err *err)
{
	struct filter *f = arg;
	struct request_writer w;

	if (addr->kind != ADDRESS_ALIAS || !filter_has(f, addr))
		return 0;
	request_answer_begin(f->c, &w, FRAME_ROW);
	request_put_str(&w, FIELD_ADDRESS, addr->canonical);
	request_put_u64(&w, FIELD_COUNT, addr->nmembers);
	return request_frame_end(&w, err);
}

static int
list_run(struct request_call *c, int (*row)(void *arg,
    const struct address *addr, struct err *err), struct err *err)
{
	struct filter f = { .c = c };
	struct account acc;
	struct kv_snap snap;
	int rc = 0;

	f.domain = request_str(&c->request, FIELD_DOMAIN);
	if (store_snap(c->imapd->store, &snap, err) == -1)
		return -1;
	f.reader = &snap.reader;
	if (request_has(&c->request, FIELD_ACCOUNT)) {
		rc = request_find_account(c, &snap.reader, &acc, err);
		f.account = acc.id;
	}
	if (rc == 0)
		rc = address_each(&snap.reader, c->arena, row, &f, err);
	kv_snap_end(&snap);
	return rc == -1 ? -1 : request_answer_done(c, err);
}

static int
address_list_run(struct request_call *c, struct err *err)
{
	return list_run(c, address_row, err);
}

static int
alias_list_run(struct request_call *c, struct err *err)
{
	return list_run(c, alias_row, err);
}

/*
 * Finds the accounts named in the request, at most n.  Returns how many, or -1
 * on error.
 */
static ptrdiff_t
members_named(struct request_call *c, uint64_t *ids, size_t n, struct err *err)
{
	const struct request_value *v = NULL;
	struct account acc;
	struct kv_snap snap;
	size_t got = 0;
	int rc = 0;

	if (store_snap(c->imapd->store, &snap, err) == -1)
		return -1;
	while (rc == 0 &&
	    (v = request_next_value(&c->request, FIELD_ACCOUNT, v)) != NULL) {
		if (got == n)
			rc = err_code(err, ERR_REFUSED, ERR_CODE_LIMIT,
			    "more than %d members", ALIAS_MEMBERS_MAX);
		else
			rc = request_account_named(&snap.reader, v->bytes.data,
			    &acc, err);
		if (rc == 0)
			ids[got++] = acc.id;
	}
	kv_snap_end(&snap);
	return rc == -1 ? -1 : (ptrdiff_t)got;
}

static int
alias_add_run(struct request_call *c, struct err *err)
{
	const char *text = request_str(&c->request, FIELD_ADDRESS);
	struct store *s = c->imapd->store;
	char canonical[ADDRESS_MAX + 1];
	struct err ignored;
	uint64_t *ids;
	ptrdiff_t n;

	ids = arena_array(c->arena, ALIAS_MEMBERS_MAX, sizeof(*ids));
	if ((n = members_named(c, ids, ALIAS_MEMBERS_MAX, err)) == -1 ||
	    alias_add(&s->db, text, err) == -1)
		return -1;
	if (canonical_of(c, ADDRESS_ALIAS, canonical, err) == -1)
		return -1;
	for (ptrdiff_t i = 0; i < n; i++)
		if (alias_member(&s->db, canonical, ids[i], true, err) == -1) {
			/* Undo: never do only half of the request. */
			(void)address_remove(&s->db, canonical, &ignored);
			return -1;
		}
	return request_answer_done(c, err);
}

static int
member_row(struct request_call *c, const struct reader *r, uint64_t id,
    struct err *err)
{
	struct request_writer w;
	struct account acc;
	int rc;

	/* Skip an account that has been deleted meanwhile. */
	if ((rc = account_get(r, id, &acc, err)) != 1)
		return rc;
	request_answer_begin(c, &w, FRAME_ROW);
	request_put_str(&w, FIELD_ACCOUNT, acc.login);
	return request_frame_end(&w, err);
}

static int
alias_get_run(struct request_call *c, struct err *err)
{
	struct address addr;
	struct kv_snap snap;
	int rc;

	if (store_snap(c->imapd->store, &snap, err) == -1)
		return -1;
	rc = stored_address(c, &snap.reader, &addr, err);
	if (rc == 0 && addr.kind != ADDRESS_ALIAS)
		rc = err_code(err, ERR_REFUSED, ERR_CODE_NOT_FOUND,
		    "'%s' is not an alias", addr.canonical);
	for (size_t i = 0; rc == 0 && i < addr.nmembers; i++)
		rc = member_row(c, &snap.reader, addr.members[i], err);
	kv_snap_end(&snap);
	return rc == -1 ? -1 : request_answer_done(c, err);
}

static int
member_run(struct request_call *c, bool add, struct err *err)
{
	char canonical[ADDRESS_MAX + 1];
	uint64_t id;

	if (request_find_account_id(c, &id, err) == -1 ||
	    canonical_of(c, ADDRESS_ALIAS, canonical, err) == -1 ||
	    alias_member(&c->imapd->store->db, canonical, id, add, err) == -1)
		return -1;
	return request_answer_done(c, err);
}

static int
alias_member_add_run(struct request_call *c, struct err *err)
{
	return member_run(c, true, err);
}

static int
alias_member_remove_run(struct request_call *c, struct err *err)
{
	return member_run(c, false, err);
}

const struct request_handler address_requests[] = {
	{ REQUEST_ADDRESS_ADD,		address_add_run },
	{ REQUEST_ADDRESS_REMOVE,	address_remove_run },
	{ REQUEST_ADDRESS_LIST,	address_list_run },
	{ REQUEST_ALIAS_ADD,		alias_add_run },
	{ REQUEST_ALIAS_REMOVE,	alias_remove_run },
	{ REQUEST_ALIAS_LIST,		alias_list_run },
	{ REQUEST_ALIAS_GET,		alias_get_run },
	{ REQUEST_ALIAS_MEMBER_ADD,	alias_member_add_run },
	{ REQUEST_ALIAS_MEMBER_REMOVE,	alias_member_remove_run },
	{ 0, NULL }
};
