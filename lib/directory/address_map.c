/* address_map - adds, changes and removes addresses; see address_map.h */
#include <config.h>

#include <string.h>

#include "commit/database.h"
#include "segment/tables.h"
#include "directory/account.h"
#include "directory/address_map-private.h"
#include "directory/address_row.h"
#include "directory/domain.h"
#include "directory/mailbox_name.h"

int
address_get(const struct reader *r, const char *canonical, struct arena *a,
    struct address *out, struct err *err)
{
	struct buf value = BUF_INIT;
	int rc;

	rc = reader_get(r, T_ADDRESS, bytes_of(canonical), &value, err);
	if (rc == 1 && address_row_decode(buf_view(&value),
	    bytes_of(canonical), a, out, err) == -1)
		rc = -1;
	buf_free(&value);
	return rc;
}

struct address_walk {
	int (*fn)(void *arg, const struct address *addr, struct err *err);
	void *arg;
	struct arena *a;
};

static int
address_step(void *arg, struct bytes key, struct bytes value,
    struct err *err)
{
	struct address_walk *walk = arg;
	struct address addr;

	if (address_row_decode(value, key, walk->a, &addr, err) == -1)
		return -1;
	return walk->fn(walk->arg, &addr, err);
}

int
address_each(const struct reader *r, struct arena *a,
    int (*fn)(void *arg, const struct address *addr, struct err *err),
    void *arg, struct err *err)
{
	struct address_walk walk = { fn, arg, a };

	return reader_scan(r, T_ADDRESS, BYTES(""), BYTES(""), address_step,
	    &walk, err);
}

int
address_is_alive(const struct reader *r, struct address *addr,
    struct err *err)
{
	struct account acc;
	size_t kept = 0;
	int rc;

	if (addr->kind == ADDRESS_ACCOUNT)
		return account_get(r, addr->account, &acc, err);
	for (size_t i = 0; i < addr->nmembers; i++) {
		rc = account_get(r, addr->members[i], &acc, err);
		if (rc == -1)
			return -1;
		if (rc == 1)
			addr->members[kept++] = addr->members[i];
	}
	addr->nmembers = kept;
	return 1;
}

static void
address_put(struct batch *b, const struct address *addr)
{
	struct buf value = BUF_INIT;

	address_row_encode(addr, &value);
	batch_put(b, T_ADDRESS, bytes_of(addr->canonical), buf_view(&value));
	buf_free(&value);
}

/* ---- canonical form ---- */

/* Returns the offset of the first separator in the localpart, or -1. */
static ptrdiff_t
separator_at(const struct domain *d, struct bytes localpart)
{
	size_t len = strlen(d->separator);

	if (len == 0)
		return -1;
	for (size_t i = 0; i + len <= localpart.len; i++)
		if (memcmp(localpart.data + i, d->separator, len) == 0)
			return (ptrdiff_t)i;
	return -1;
}

bool
has_separator(const struct domain *d, struct bytes localpart)
{
	return separator_at(d, localpart) != -1;
}

int
address_canonical(struct arena *a, const struct domain *d,
    struct bytes localpart, bool cut, char out[ADDRESS_MAX + 1],
    struct err *err)
{
	size_t domain_len = strlen(d->name);
	ptrdiff_t at;

	if (!d->case_sensitive)
		localpart = address_localpart_fold(a, localpart);
	at = separator_at(d, localpart);
	/* A separator at the beginning separates nothing. */
	if (cut && at > 0)
		localpart.len = (size_t)at;
	if (localpart.len + 1 + domain_len > ADDRESS_MAX)
		return err_code(err, ERR_REFUSED, ERR_CODE_LIMIT,
		    "an address must not be longer than %d bytes", ADDRESS_MAX);
	if (localpart.len > 0)
		memcpy(out, localpart.data, localpart.len);
	out[localpart.len] = '@';
	memcpy(out + localpart.len + 1, d->name, domain_len + 1);
	return 0;
}

/* ---- operations ---- */

struct address_op {
	struct op op;
	struct arena a;
	struct mail_address given;	/* localpart empty: catch-all */
	bool catch_all;
	char domain[ADDRESS_DOMAIN_MAX + 1];
	struct address addr;
	bool add;
	char canonical[ADDRESS_MAX + 1];
};

static int
given_parse(struct address_op *o, const char *text, struct err *err)
{
	int rc;

	o->catch_all = text[0] == '@';
	if (o->catch_all) {
		o->given.localpart = BYTES("");
		rc = address_domain_parse(&o->a, bytes_of(text + 1),
		    &o->given.domain, err);
	} else {
		rc = address_parse(&o->a, bytes_of(text), &o->given, err);
	}
	if (rc == -1)
		return -1;
	if (o->given.domain.len >= sizeof(o->domain))
		return err_set(err, ERR_SYNTAX, "the domain is too long");
	memcpy(o->domain, o->given.domain.data, o->given.domain.len);
	o->domain[o->given.domain.len] = '\0';
	return 0;
}

/* Makes the canonical form by the current settings of the domain. */
static int
given_canonical(struct batch *b, struct address_op *o, struct domain *d,
    struct err *err)
{
	int rc;

	rc = domain_get(batch_reader(b), o->domain, d, err);
	if (rc == 0)
		return err_code(err, ERR_REFUSED, ERR_CODE_NOT_FOUND,
		    "no domain '%s'", o->domain);
	if (rc == -1)
		return -1;
	return address_canonical(&o->a, d, o->given.localpart, false,
	    o->canonical, err);
}

static int
address_submit(struct database *db, struct address_op *o, const char *text,
    enum op_result (*run)(struct batch *b, struct op *op), struct err *err)
{
	int rc;

	arena_init(&o->a);
	o->op.run = run;
	rc = given_parse(o, text, err);
	if (rc == 0)
		rc = op_submit(db, &o->op, err);
	arena_clear(&o->a);
	return rc;
}

static enum op_result
address_add_run(struct batch *b, struct op *op)
{
	struct address_op *o = (struct address_op *)op;
	struct account acc;
	struct address old;
	struct domain d;
	int rc;

	if (given_canonical(b, o, &d, &op->err) == -1)
		return op_fail(op);
	if (!o->catch_all && has_separator(&d, o->given.localpart))
		return op_refuse(op, ERR_CODE_CANNOT,
		    "the localpart contains the separator '%s' of its domain",
		    d.separator);
	rc = address_get(batch_reader(b), o->canonical, &o->a, &old,
	    &op->err);
	if (rc == 1)
		rc = address_is_alive(batch_reader(b), &old, &op->err);
	if (rc == 1)
		return op_refuse(op, ERR_CODE_EXISTS,
		    "address '%s' already exists", o->canonical);
	if (rc == -1 || (o->addr.kind == ADDRESS_ACCOUNT &&
	    account_need(b, o->addr.account, &acc, &op->err) == -1))
		return op_fail(op);
	memcpy(o->addr.canonical, o->canonical, sizeof(o->canonical));
	address_put(b, &o->addr);
	return OP_DONE;
}

int
address_add(struct database *db, const char *address, uint64_t account,
    const char *mailbox, struct err *err)
{
	struct address_op o = {
		.addr = { .kind = ADDRESS_ACCOUNT, .account = account }
	};

	if (mailbox_name_canonical(bytes_of(mailbox), o.addr.mailbox,
	    err) == -1)
		return -1;
	return address_submit(db, &o, address, address_add_run, err);
}

int
alias_add(struct database *db, const char *address, struct err *err)
{
	struct address_op o = { .addr = { .kind = ADDRESS_ALIAS } };

	return address_submit(db, &o, address, address_add_run, err);
}

/* Gets the row.  -1 with ERR_CODE_NOT_FOUND if there is none. */
static int
address_need(struct batch *b, struct address_op *o, struct address *addr,
    struct err *err)
{
	struct domain d;
	int rc;

	if (given_canonical(b, o, &d, err) == -1)
		return -1;
	rc = address_get(batch_reader(b), o->canonical, &o->a, addr, err);
	if (rc == 0)
		return err_code(err, ERR_REFUSED, ERR_CODE_NOT_FOUND,
		    "no address '%s'", o->canonical);
	return rc == -1 ? -1 : 0;
}

static enum op_result
address_remove_run(struct batch *b, struct op *op)
{
	struct address_op *o = (struct address_op *)op;
	struct address addr;

	if (address_need(b, o, &addr, &op->err) == -1)
		return op_fail(op);
	batch_del(b, T_ADDRESS, bytes_of(o->canonical));
	return OP_DONE;
}

int
address_remove(struct database *db, const char *address, struct err *err)
{
	struct address_op o = { .add = false };

	return address_submit(db, &o, address, address_remove_run, err);
}

/* Returns the index of a member, or nmembers if it is not a member. */
static size_t
member_at(const struct address *addr, uint64_t account)
{
	size_t i = 0;

	while (i < addr->nmembers && addr->members[i] != account)
		i++;
	return i;
}

static int
member_change(struct address_op *o, struct address *addr, struct err *err)
{
	size_t at = member_at(addr, o->addr.account);
	uint64_t *members;

	if (!o->add) {
		if (at == addr->nmembers)
			return err_code(err, ERR_REFUSED, ERR_CODE_NOT_FOUND,
			    "the account is not a member of '%s'",
			    addr->canonical);
		addr->nmembers--;
		memmove(addr->members + at, addr->members + at + 1,
		    (addr->nmembers - at) * sizeof(*addr->members));
		return 0;
	}
	if (at < addr->nmembers)
		return err_code(err, ERR_REFUSED, ERR_CODE_EXISTS,
		    "the account is already a member of '%s'",
		    addr->canonical);
	if (addr->nmembers == ALIAS_MEMBERS_MAX)
		return err_code(err, ERR_REFUSED, ERR_CODE_LIMIT,
		    "an alias cannot have more than %d members",
		    ALIAS_MEMBERS_MAX);
	members = arena_array(&o->a, addr->nmembers + 1, sizeof(*members));
	if (addr->nmembers > 0)
		memcpy(members, addr->members,
		    addr->nmembers * sizeof(*members));
	members[addr->nmembers++] = o->addr.account;
	addr->members = members;
	return 0;
}

static enum op_result
alias_member_run(struct batch *b, struct op *op)
{
	struct address_op *o = (struct address_op *)op;
	struct account acc;
	struct address addr;

	if (address_need(b, o, &addr, &op->err) == -1)
		return op_fail(op);
	if (addr.kind != ADDRESS_ALIAS)
		return op_refuse(op, ERR_CODE_CANNOT,
		    "address '%s' is not an alias", addr.canonical);
	if (address_is_alive(batch_reader(b), &addr, &op->err) == -1 ||
	    (o->add &&
	    account_need(b, o->addr.account, &acc, &op->err) == -1) ||
	    member_change(o, &addr, &op->err) == -1)
		return op_fail(op);
	address_put(b, &addr);
	return OP_DONE;
}

int
alias_member(struct database *db, const char *address, uint64_t account,
    bool add, struct err *err)
{
	struct address_op o = { .addr = { .account = account }, .add = add };

	return address_submit(db, &o, address, alias_member_run, err);
}

/* ---- when an account is deleted ---- */

struct forget_op {
	struct op op;
	struct arena a;
	uint64_t account;
	struct buf found;	/* of char *: addresses to look at */
};

static int
forget_step(void *arg, const struct address *addr, struct err *err)
{
	struct forget_op *o = arg;
	char *name;

	(void)err;
	if (addr->kind == ADDRESS_ACCOUNT ? addr->account != o->account :
	    member_at(addr, o->account) == addr->nmembers)
		return 0;
	name = arena_strdup(&o->a, addr->canonical);
	buf_add(&o->found, &name, sizeof(name));
	return 0;
}

static int
forget_one(struct batch *b, struct forget_op *o, const char *canonical,
    struct err *err)
{
	struct address addr;
	size_t at;
	int rc;

	rc = address_get(batch_reader(b), canonical, &o->a, &addr, err);
	if (rc != 1)
		return rc;
	if (addr.kind == ADDRESS_ACCOUNT) {
		if (addr.account == o->account)
			batch_del(b, T_ADDRESS, bytes_of(canonical));
		return 0;
	}
	at = member_at(&addr, o->account);
	if (at == addr.nmembers)
		return 0;
	addr.nmembers--;
	memmove(addr.members + at, addr.members + at + 1,
	    (addr.nmembers - at) * sizeof(*addr.members));
	address_put(b, &addr);
	return 0;
}

static enum op_result
forget_run(struct batch *b, struct op *op)
{
	struct forget_op *o = (struct forget_op *)op;
	char *name;

	for (size_t i = 0; i < o->found.len; i += sizeof(name)) {
		memcpy(&name, o->found.data + i, sizeof(name));
		if (forget_one(b, o, name, &op->err) == -1)
			return op_fail(op);
	}
	return OP_DONE;
}

int
address_forget_account(struct database *db, uint64_t account, struct err *err)
{
	struct forget_op o = {
		.op = { .run = forget_run },
		.account = account
	};
	struct kv_snap snap;
	int rc;

	arena_init(&o.a);
	rc = kv_snap_begin(db->kv, &snap, err);
	if (rc == 0) {
		rc = address_each(&snap.reader, &o.a, forget_step, &o, err);
		kv_snap_end(&snap);
	}
	if (rc == 0 && o.found.len > 0)
		rc = op_submit(db, &o.op, err);
	buf_free(&o.found);
	arena_clear(&o.a);
	return rc;
}
