/* account_settings - changes the settings of one account, by name. */
#include <config.h>

#include <string.h>

#include "base/encode.h"
#include "commit/database.h"
#include "directory/account.h"
#include "directory/account_settings.h"
#include "directory/junk_meaning.h"
#include "directory/login_name.h"
#include "directory/setting_value.h"

struct setting_op {
	struct op op;
	uint64_t id;
	const char *login;	/* canonical */
	const char *name;
	const char *value;
	char login_old[LOGIN_MAX + 1];
};

static int
limit_parse(const char *value, uint64_t *out, struct err *err)
{
	if (strcmp(value, "none") == 0)
		*out = QUOTA_NONE;
	else if (strcmp(value, "default") == 0)
		*out = 0;
	else if (decimal_parse(bytes_of(value), QUOTA_NONE - 1, out) == -1)
		return err_set(err, ERR_SYNTAX,
		    "'%s' is not a number, 'none' or 'default'", value);
	return 0;
}

/* Returns the account's limit with that name, or NULL. */
static uint64_t *
limit_named(struct account *acc, const char *name)
{
	if (strcmp(name, "quota-bytes") == 0)
		return &acc->quota_bytes;
	if (strcmp(name, "quota-messages") == 0)
		return &acc->quota_messages;
	if (strcmp(name, "recipients-per-day") == 0)
		return &acc->recipients_per_day;
	if (strcmp(name, "first-time-recipients-per-day") == 0)
		return &acc->first_time_per_day;
	return NULL;
}

/* The expression with that name, or -1. */
static int
expression_named(const char *name)
{
	for (int i = 0; i < JUNK_EXPRESSIONS; i++)
		if (strcmp(name, junk_expression_name((unsigned)i)) == 0)
			return i;
	return -1;
}

static int
junk_flags_parse(struct account_junk *junk, const char *value,
    struct err *err)
{
	if (strcmp(value, "default") == 0)
		junk->on = JUNK_FLAGS_DEFAULT;
	else if (strcmp(value, "yes") == 0)
		junk->on = JUNK_FLAGS_YES;
	else if (strcmp(value, "no") == 0)
		junk->on = JUNK_FLAGS_NO;
	else
		return err_set(err, ERR_SYNTAX,
		    "'%s' is not 'yes', 'no' or 'default'", value);
	junk->changes++;
	return 0;
}

/* account_set() has checked the expression. */
static void
expression_set(struct account_junk *junk, int which, const char *value)
{
	junk->is_own[which] = strcmp(value, "default") != 0;
	if (junk->is_own[which])
		memcpy(junk->expression[which], value, strlen(value) + 1);
	junk->changes++;
}

static enum op_result
account_set_run(struct batch *b, struct op *op)
{
	struct setting_op *o = (struct setting_op *)op;
	struct account acc;
	uint64_t *limit;
	int rc = 0, which;

	if (account_need(b, o->id, &acc, &op->err) == -1)
		return op_fail(op);
	if ((limit = limit_named(&acc, o->name)) != NULL)
		rc = limit_parse(o->value, limit, &op->err);
	else if (strcmp(o->name, "disabled") == 0)
		rc = setting_yes_parse(o->value, &acc.disabled, &op->err);
	else if (strcmp(o->name, "junk-flags") == 0)
		rc = junk_flags_parse(&acc.junk, o->value, &op->err);
	else if ((which = expression_named(o->name)) != -1)
		expression_set(&acc.junk, which, o->value);
	else
		rc = err_code(&op->err, ERR_REFUSED, ERR_CODE_NOT_FOUND,
		    "an account has no setting '%s'", o->name);
	if (rc == -1)
		return op_fail(op);
	account_put(b, &acc);
	return OP_DONE;
}

static enum op_result
account_rename_run(struct batch *b, struct op *op)
{
	struct setting_op *o = (struct setting_op *)op;
	struct account acc;

	if (account_need(b, o->id, &acc, &op->err) == -1 ||
	    login_check(b, o->login, o->id, &op->err) == -1)
		return op_fail(op);
	memcpy(o->login_old, acc.login, sizeof(acc.login));
	memcpy(acc.login, o->login, strlen(o->login) + 1);
	account_put(b, &acc);
	return OP_DONE;
}

static int
account_rename(struct database *db, uint64_t id, const char *login,
    struct err *err)
{
	char canonical[LOGIN_MAX + 1];
	struct setting_op o = {
		.op = { .run = account_rename_run, .account = id },
		.id = id,
		.login = canonical
	};

	if (login_canonical(bytes_of(login), canonical, err) == -1 ||
	    login_claim(db, canonical, id, err) == -1 ||
	    op_submit(db, &o.op, err) == -1)
		return -1;
	if (strcmp(o.login_old, canonical) == 0)
		return 0;
	return login_release(db, o.login_old, id, err);
}

int
account_set(struct database *db, uint64_t id, const char *name,
    const char *value, struct err *err)
{
	struct setting_op o = {
		.op = { .run = account_set_run, .account = id },
		.id = id,
		.name = name,
		.value = value
	};

	if (strcmp(name, "login") == 0)
		return account_rename(db, id, value, err);
	/* Not in the committer's thread. */
	if (expression_named(name) != -1 && strcmp(value, "default") != 0 &&
	    expression_check(value, err) == -1)
		return -1;
	return op_submit(db, &o.op, err);
}
