/* domain_settings - creates, changes and deletes domains. */
#include <config.h>

#include <string.h>

#include "base/encode.h"
#include "commit/database.h"
#include "segment/tables.h"
#include "directory/address_map-private.h"
#include "directory/address_map.h"
#include "directory/domain.h"
#include "directory/domain_settings.h"
#include "directory/setting_value.h"

/* ---- the addresses of a domain, within an operation ---- */

/* Which addresses of the domain prevent a change. */
enum obstacle { ANY_ADDRESS, HAS_SEPARATOR, HAS_CASE };

struct obstacle_walk {
	struct batch *b;
	struct arena a;
	const struct domain *d;		/* with the change */
	enum obstacle what;
	char found[ADDRESS_MAX + 1];
	struct buf dead;		/* of char *: without an account */
};

static bool
is_obstacle(struct obstacle_walk *walk, struct bytes localpart)
{
	switch (walk->what) {
	case HAS_SEPARATOR:
		return has_separator(walk->d, localpart);
	case HAS_CASE:
		return !bytes_eq(localpart,
		    address_localpart_fold(&walk->a, localpart));
	case ANY_ADDRESS:
		break;
	}
	return true;
}

static int
obstacle_step(void *arg, const struct address *addr, struct err *err)
{
	struct obstacle_walk *walk = arg;
	struct address copy = *addr;
	const char *at = strrchr(addr->canonical, '@');
	char *dead;
	int rc;

	if (at == NULL || strcmp(at + 1, walk->d->name) != 0 ||
	    !is_obstacle(walk, bytes_make(addr->canonical,
	    (size_t)(at - addr->canonical))))
		return 0;
	rc = address_is_alive(batch_reader(walk->b), &copy, err);
	if (rc == 1)
		memcpy(walk->found, addr->canonical, sizeof(walk->found));
	if (rc == 0) {
		dead = arena_strdup(&walk->a, addr->canonical);
		buf_add(&walk->dead, &dead, sizeof(dead));
	}
	return rc;
}

/*
 * Returns 0, or -1 with ERR_CODE_IN_USE and the address in the way.  Addresses
 * of accounts that no longer exist are deleted.
 */
static int
obstacle_check(struct batch *b, const struct domain *d, enum obstacle what,
    struct err *err)
{
	struct obstacle_walk walk = { .b = b, .d = d, .what = what };
	char *dead;
	int rc;

	arena_init(&walk.a);
	rc = address_each(batch_reader(b), &walk.a, obstacle_step, &walk,
	    err);
	if (rc == 1)
		rc = err_code(err, ERR_REFUSED, ERR_CODE_IN_USE,
		    "address '%s' is in the way", walk.found);
	for (size_t i = 0; rc == 0 && i < walk.dead.len; i += sizeof(dead)) {
		memcpy(&dead, walk.dead.data + i, sizeof(dead));
		batch_del(b, T_ADDRESS, bytes_of(dead));
	}
	buf_free(&walk.dead);
	arena_clear(&walk.a);
	return rc;
}

/* ---- operations ---- */

struct domain_op {
	struct op op;
	struct domain d;
	const char *option, *value;
};

static int
domain_name_parse(const char *name, struct domain *d, struct err *err)
{
	struct arena a;
	struct bytes domain;
	int rc;

	arena_init(&a);
	rc = address_domain_parse(&a, bytes_of(name), &domain, err);
	if (rc == 0) {
		memcpy(d->name, domain.data, domain.len);
		d->name[domain.len] = '\0';
	}
	arena_clear(&a);
	return rc;
}

static int
separator_set(struct domain *d, const char *separator, struct err *err)
{
	size_t len = strlen(separator);

	if (len >= sizeof(d->separator) ||
	    !utf8_is_valid(bytes_make(separator, len)) ||
	    strchr(separator, '@') != NULL)
		return err_set(err, ERR_SYNTAX,
		    "a separator must be at most 7 bytes of UTF-8, "
		    "without '@'");
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)separator[i] <= ' ' ||
		    separator[i] == 0x7f)
			return err_set(err, ERR_SYNTAX,
			    "a separator must not contain spaces or control "
			    "characters");
	memcpy(d->separator, separator, len + 1);
	return 0;
}

static enum op_result
domain_create_run(struct batch *b, struct op *op)
{
	struct domain_op *o = (struct domain_op *)op;
	struct domain old;
	int rc;

	rc = domain_get(batch_reader(b), o->d.name, &old, &op->err);
	if (rc == -1)
		return op_fail(op);
	if (rc == 1)
		return op_refuse(op, ERR_CODE_EXISTS,
		    "domain '%s' already exists", o->d.name);
	domain_put(b, &o->d);
	return OP_DONE;
}

int
domain_create(struct database *db, const char *name, const char *separator,
    bool case_sensitive, struct err *err)
{
	struct domain_op o = {
		.op = { .run = domain_create_run },
		.d = { .case_sensitive = case_sensitive }
	};

	if (domain_name_parse(name, &o.d, err) == -1 ||
	    separator_set(&o.d, separator, err) == -1)
		return -1;
	return op_submit(db, &o.op, err);
}

static int
domain_need(struct batch *b, struct domain *d, struct err *err)
{
	struct domain row;
	int rc;

	rc = domain_get(batch_reader(b), d->name, &row, err);
	if (rc == 0)
		return err_code(err, ERR_REFUSED, ERR_CODE_NOT_FOUND,
		    "no domain '%s'", d->name);
	*d = row;
	return rc == -1 ? -1 : 0;
}

static enum op_result
domain_delete_run(struct batch *b, struct op *op)
{
	struct domain_op *o = (struct domain_op *)op;

	if (domain_need(b, &o->d, &op->err) == -1 ||
	    obstacle_check(b, &o->d, ANY_ADDRESS, &op->err) == -1)
		return op_fail(op);
	batch_del(b, T_DOMAIN, bytes_of(o->d.name));
	return OP_DONE;
}

int
domain_delete(struct database *db, const char *name, struct err *err)
{
	struct domain_op o = { .op = { .run = domain_delete_run } };

	if (domain_name_parse(name, &o.d, err) == -1)
		return -1;
	return op_submit(db, &o.op, err);
}

/* Refuses a change that would hide existing addresses. */
static int
option_set(struct batch *b, struct domain_op *o, struct err *err)
{
	struct domain *d = &o->d;

	if (strcmp(o->option, "separator") == 0) {
		if (separator_set(d, o->value, err) == -1)
			return -1;
		return obstacle_check(b, d, HAS_SEPARATOR, err);
	}
	if (strcmp(o->option, "case-sensitive") == 0) {
		if (setting_yes_parse(o->value, &d->case_sensitive, err) == -1)
			return -1;
		return d->case_sensitive ? 0 :
		    obstacle_check(b, d, HAS_CASE, err);
	}
	if (strcmp(o->option, "disabled") == 0)
		return setting_yes_parse(o->value, &d->disabled, err);
	return err_code(err, ERR_REFUSED, ERR_CODE_NOT_FOUND,
	    "a domain has no setting '%s'", o->option);
}

static enum op_result
domain_set_run(struct batch *b, struct op *op)
{
	struct domain_op *o = (struct domain_op *)op;

	if (domain_need(b, &o->d, &op->err) == -1 ||
	    option_set(b, o, &op->err) == -1)
		return op_fail(op);
	domain_put(b, &o->d);
	return OP_DONE;
}

int
domain_set(struct database *db, const char *name, const char *option,
    const char *value, struct err *err)
{
	struct domain_op o = {
		.op = { .run = domain_set_run },
		.option = option,
		.value = value
	};

	if (domain_name_parse(name, &o.d, err) == -1)
		return -1;
	return op_submit(db, &o.op, err);
}
