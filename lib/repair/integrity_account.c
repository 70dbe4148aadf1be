/* integrity_account - checks the rows of one account. */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "segment/tables.h"
#include "directory/account_row.h"
#include "directory/credential_row.h"
#include "evidence/arrivals.h"
#include "store/mailbox_key.h"
#include "repair/integrity-private.h"

#define TOKEN_SIZE	16

void
integrity_account_fault(struct integrity_account *va, const char *fmt, ...)
{
	char text[900];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	integrity_fault(va->v, "account %016llx: %s",
	    (unsigned long long)va->acc.id, text);
}

/* Scans the part of a table that belongs to the account. */
static int
scan_account(struct integrity_account *va, enum table t, scan_fn *fn,
    struct err *err)
{
	struct key prefix;

	key_account(&prefix, va->acc.id);
	return reader_scan(va->v->r, t, BYTES(""), key_bytes(&prefix), fn, va,
	    err);
}

static bool
key_fits(struct integrity_account *va, enum table t, struct bytes key, size_t n)
{
	if (key.len == n)
		return true;
	integrity_account_fault(va, "table %s has a key of %zu bytes",
	    store_tables[t].name, key.len);
	return false;
}

/* ---- todo records ---- */

static int
check_todo(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct integrity_account *va = arg;
	struct integrity_todo *t;
	struct err why = ERR_INIT;
	uint64_t account, seq;

	if (!key_fits(va, T_TODO, key, TODO_KEY_SIZE))
		return 0;
	va->todos = integrity_grow(va->todos, va->ntodos, &va->todos_cap,
	    sizeof(*va->todos));
	t = &va->todos[va->ntodos];
	(void)todo_key_parse(key, &account, &t->kind, &seq);
	if (todo_row_decode(t->kind, value, &t->todo, &why) == -1) {
		integrity_account_fault(va, "todo record %llu: %s",
		    (unsigned long long)seq, why.text);
		return 0;
	}
	if (todo_is_range(t->kind) && seq != t->todo.mbox)
		integrity_account_fault(va,
		    "a todo record of mailbox %u has the "
		    "number %llu",
		    t->todo.mbox, (unsigned long long)seq);
	if (!todo_is_range(t->kind) && seq >= va->acc.next_todo)
		integrity_account_fault(va,
		    "todo record %llu has a number that "
		    "is not assigned yet",
		    (unsigned long long)seq);
	va->ntodos++;
	return 0;
}

static bool
has_todo(const struct integrity_account *va, enum todo_kind kind, uint32_t mbox)
{
	for (size_t i = 0; i < va->ntodos; i++)
		if (va->todos[i].kind == kind &&
		    va->todos[i].todo.mbox == mbox)
			return true;
	return false;
}

/* ---- logins and credentials ---- */

static int
check_own_login(struct integrity_account *va, struct err *err)
{
	struct buf value = BUF_INIT;
	struct err why = ERR_INIT;
	uint64_t owner = 0;
	int rc;

	rc = reader_get(va->v->r, T_LOGIN, bytes_of(va->acc.login), &value,
	    err);
	if (rc == 0 || (rc == 1 && (login_row_decode(buf_view(&value), &owner,
	    &why) == -1 || owner != va->acc.id)))
		integrity_account_fault(va,
		    "its login '%s' does not refer to it", va->acc.login);
	buf_free(&value);
	return rc == -1 ? -1 : 0;
}

static int
stop_step(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	return 1;
}

/* Is there a key that begins so?  1, 0, -1. */
static int
has_any(struct integrity_account *va, enum table t, const struct key *prefix,
    struct err *err)
{
	return reader_scan(va->v->r, t, BYTES(""), key_bytes(prefix),
	    stop_step, NULL, err);
}

static int
check_credential(void *arg, struct bytes key, struct bytes value,
    struct err *err)
{
	struct integrity_account *va = arg;
	struct credential c;
	struct err why = ERR_INIT;
	struct key prefix;
	uint32_t login, id;
	int rc;

	if (!key_fits(va, T_CREDENTIAL, key, CREDENTIAL_KEY_SIZE))
		return 0;
	login = be32_get(key.data + 8);
	id = be32_get(key.data + 12);
	if (credential_row_decode(value, &c, &why) == -1)
		integrity_account_fault(va, "credential %u: %s", id, why.text);
	if (login != CREDENTIAL_LOGIN)
		integrity_account_fault(va, "credential %u is of login %u, "
		    "which does not exist", id, login);
	if (id >= va->acc.next_credential)
		integrity_account_fault(va,
		    "credential %u has a number that is "
		    "not assigned yet",
		    id);
	credential_key(&prefix, va->acc.id, login, id);
	rc = has_any(va, T_SECRET, &prefix, err);
	if (rc == 0)
		integrity_account_fault(va, "credential %u has no secret", id);
	return rc == -1 ? -1 : 0;
}

static int
check_secret(void *arg, struct bytes key, struct bytes value,
    struct err *err)
{
	struct integrity_account *va = arg;
	struct secret s;
	struct err why = ERR_INIT;
	struct key k;
	uint32_t login, id;
	int rc;

	if (!key_fits(va, T_SECRET, key, SECRET_KEY_SIZE))
		return 0;
	login = be32_get(key.data + 8);
	id = be32_get(key.data + 12);
	if (secret_row_decode(value, (uint8_t)key.data[16], &s, &why) == -1)
		integrity_account_fault(va, "secret of credential %u: %s", id,
		    why.text);
	else
		secret_wipe(&s);
	credential_key(&k, va->acc.id, login, id);
	rc = has_any(va, T_CREDENTIAL, &k, err);
	if (rc == 0)
		integrity_account_fault(va, "there is a secret of credential "
		    "%u, which does not exist", id);
	return rc == -1 ? -1 : 0;
}

/* ---- mailboxes and their names ---- */

/* Gets the row of a mailbox.  Returns 1 if found, 0 if not or if it is damaged,
   -1 on error. */
static int
mailbox_row(struct integrity_account *va, uint32_t id, struct arena *a,
    struct mailbox *mb, struct err *err)
{
	struct buf value = BUF_INIT;
	struct err why = ERR_INIT;
	struct key k;
	int rc;

	key_mailbox(&k, va->acc.id, id);
	rc = reader_get(va->v->r, T_MAILBOX, key_bytes(&k), &value, err);
	if (rc == 1 && mailbox_row_decode(buf_view(&value), id, a, mb,
	    &why) == -1)
		rc = 0;
	buf_free(&value);
	return rc;
}

static int
check_name(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct bytes name = bytes_make(key.data + 8, key.len - 8);
	struct integrity_account *va = arg;
	struct err why = ERR_INIT;
	struct mailbox mb;
	struct arena a;
	uint32_t id;
	int rc;

	if (mailbox_name_row_decode(value, &id, &why) == -1) {
		integrity_account_fault(va, "mailbox name '" BYTES_FMT "': %s",
		    BYTES_ARG(name), why.text);
		return 0;
	}
	arena_init(&a);
	rc = mailbox_row(va, id, &a, &mb, err);
	if (rc == 0 || (rc == 1 && (mb.dead || !bytes_eq_str(name, mb.name))))
		integrity_account_fault(va,
		    "the name '" BYTES_FMT "' refers to "
		    "mailbox %u, which does not have it",
		    BYTES_ARG(name), id);
	arena_clear(&a);
	return rc == -1 ? -1 : 0;
}

static int
check_own_name(struct integrity_account *va, const struct mailbox *mb,
    struct err *err)
{
	struct buf value = BUF_INIT;
	struct err why = ERR_INIT;
	struct key k;
	uint32_t id = 0;
	int rc;

	key_account_name(&k, va->acc.id, bytes_of(mb->name));
	rc = reader_get(va->v->r, T_MAILBOX_NAME, key_bytes(&k), &value, err);
	if (rc == 0 || (rc == 1 && (mailbox_name_row_decode(buf_view(&value),
	    &id, &why) == -1 || id != mb->id)))
		integrity_account_fault(va,
		    "mailbox %u: its name '%s' does not "
		    "refer to it",
		    mb->id, mb->name);
	buf_free(&value);
	return rc == -1 ? -1 : 0;
}

static int
check_living(struct integrity_account *va, const struct mailbox *mb,
    struct err *err)
{
	va->living++;
	va->bytes += mb->bytes;
	va->messages += mb->messages;
	if (check_own_name(va, mb, err) == -1)
		return -1;
	return integrity_mailbox(va, mb, err);
}

static int
note_use(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct message m;

	(void)integrity_use(arg, key, value, &m);
	return 0;
}

/* Checks that a dead mailbox will be purged.  Its messages keep their bodies
   until then. */
static int
check_dead(struct integrity_account *va, const struct mailbox *mb,
    struct err *err)
{
	struct key prefix;

	if (!has_todo(va, TODO_MAILBOX, mb->id))
		integrity_account_fault(va, "mailbox %u is dead, but no todo "
		    "record purges it", mb->id);
	key_mailbox(&prefix, va->acc.id, mb->id);
	return reader_scan(va->v->r, T_MESSAGE, BYTES(""), key_bytes(&prefix),
	    note_use, va, err);
}

static int
check_mailbox(void *arg, struct bytes key, struct bytes value,
    struct err *err)
{
	struct integrity_account *va = arg;
	struct mailbox *mb;
	struct err why = ERR_INIT;
	struct arena a;
	uint32_t id;
	int rc = 0;

	if (!key_fits(va, T_MAILBOX, key, 12))
		return 0;
	id = be32_get(key.data + 8);
	arena_init(&a);
	mb = arena_alloc(&a, sizeof(*mb));
	if (mailbox_row_decode(value, id, &a, mb, &why) == -1)
		integrity_account_fault(va, "mailbox %u: %s", id, why.text);
	else if (mb->dead)
		rc = check_dead(va, mb, err);
	else
		rc = check_living(va, mb, err);
	if (id >= va->acc.next_mailbox)
		integrity_account_fault(va, "mailbox %u has a number that is "
		    "not assigned yet", id);
	arena_clear(&a);
	return rc == -1 ? -1 : 0;
}

static int
check_subscription(void *arg, struct bytes key, struct bytes value,
    struct err *err)
{
	struct integrity_account *va = arg;
	struct err why = ERR_INIT;

	if (subscription_row_decode(value, &why) == -1)
		integrity_account_fault(va, "subscription '" BYTES_FMT "': %s",
		    BYTES_ARG(bytes_make(key.data + 8, key.len - 8)),
		    why.text);
	return 0;
}

/* ---- records of mailboxes that do not exist ---- */

static int
first_mailbox(void *arg, struct bytes key, struct bytes value,
    struct err *err)
{
	uint32_t *id = arg;

	*id = key.len < 12 ? 0 : be32_get(key.data + 8);
	return 1;
}

static int
check_stray(struct integrity_account *va, enum table t, uint32_t id,
    struct err *err)
{
	struct arena a;
	struct mailbox *mb;
	int rc;

	arena_init(&a);
	mb = arena_alloc(&a, sizeof(*mb));
	rc = mailbox_row(va, id, &a, mb, err);
	if (rc == 0)
		integrity_account_fault(va, "table %s has records of mailbox "
		    "%u, which does not exist", store_tables[t].name, id);
	arena_clear(&a);
	return rc == -1 ? -1 : 0;
}

/* Goes from the first record of one mailbox to the first of the next. */
static int
check_strays(struct integrity_account *va, enum table t, struct err *err)
{
	struct key from, prefix;
	uint32_t id;
	int rc;

	key_account(&prefix, va->acc.id);
	key_mailbox(&from, va->acc.id, 0);
	while ((rc = reader_scan(va->v->r, t, key_bytes(&from),
	    key_bytes(&prefix), first_mailbox, &id, err)) == 1) {
		if (check_stray(va, t, id, err) == -1)
			return -1;
		if (id == UINT32_MAX)
			return 0;
		key_mailbox(&from, va->acc.id, id + 1);
	}
	return rc;
}

/* ---- tokens and threads ---- */

static int
check_delivered(void *arg, struct bytes key, struct bytes value,
    struct err *err)
{
	struct integrity_account *va = arg;
	struct delivered_row row;
	struct err why = ERR_INIT;

	if (!key_fits(va, T_DELIVERED, key, 8 + TOKEN_SIZE + 4))
		return 0;
	if (delivered_row_decode(value, &row, &why) == -1)
		integrity_account_fault(va, "a delivery token: %s", why.text);
	if (be32_get(key.data + 8 + TOKEN_SIZE) >= va->acc.next_mailbox)
		integrity_account_fault(va,
		    "a delivery token names mailbox %u, "
		    "whose number is not assigned yet",
		    be32_get(key.data + 8 + TOKEN_SIZE));
	return 0;
}

static int
check_thread(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct integrity_account *va = arg;
	struct err why = ERR_INIT;
	uint64_t thread;

	if (!key_fits(va, T_THREAD, key, 16))
		return 0;
	if (conversation_row_decode(value, &thread, &why) == -1)
		integrity_account_fault(va, "thread record %016llx: %s",
		    (unsigned long long)be64_get(key.data + 8), why.text);
	else if (thread == 0)
		integrity_account_fault(va,
		    "thread record %016llx refers to no "
		    "thread",
		    (unsigned long long)be64_get(key.data + 8));
	return 0;
}

/* ---- the whole account ---- */

static void
check_sums(struct integrity_account *va)
{
	if (va->acc.used_bytes != va->bytes)
		integrity_account_fault(va, "it counts %llu bytes, but its "
		    "mailboxes have %llu",
		    (unsigned long long)va->acc.used_bytes,
		    (unsigned long long)va->bytes);
	if (va->acc.used_messages != va->messages)
		integrity_account_fault(va, "it counts %llu messages, but its "
		    "mailboxes have %llu",
		    (unsigned long long)va->acc.used_messages,
		    (unsigned long long)va->messages);
}

static int
check_tables(struct integrity_account *va, struct err *err)
{
	static const struct {
		enum table t;
		scan_fn *check;
	} rows[] = {
		{ T_CREDENTIAL, check_credential },
		{ T_SECRET, check_secret },
		{ T_MAILBOX, check_mailbox },
		{ T_MAILBOX_NAME, check_name },
		{ T_SUBSCRIPTION, check_subscription },
		{ T_DELIVERED, check_delivered },
		{ T_THREAD, check_thread }
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (scan_account(va, rows[i].t, rows[i].check, err) == -1)
			return -1;
	return 0;
}

static int
check_all(struct integrity_account *va, struct err *err)
{
	if (scan_account(va, T_TODO, check_todo, err) == -1)
		return -1;
	if (va->acc.dead) {
		/* Some of it may have been purged already. */
		if (!has_todo(va, TODO_ACCOUNT, 0))
			integrity_account_fault(va, "it is dead, but no todo "
			    "record purges it");
		return 0;
	}
	if (check_own_login(va, err) == -1 || check_tables(va, err) == -1 ||
	    integrity_sent(va, err) == -1 ||
	    check_strays(va, T_MESSAGE, err) == -1 ||
	    check_strays(va, T_FLAGS, err) == -1 ||
	    check_strays(va, T_EXPUNGED, err) == -1 ||
	    integrity_bodies(va, err) == -1)
		return -1;
	check_sums(va);
	return 0;
}

int
integrity_account(struct integrity *v, const struct account *acc,
    struct err *err)
{
	struct integrity_account va = { .v = v, .acc = *acc };
	char what[40];
	int rc;

	snprintf(what, sizeof(what), "account %016llx",
	    (unsigned long long)acc->id);
	integrity_progress(v, what);
	rc = check_all(&va, err);
	free(va.todos);
	free(va.uses);
	return rc;
}
