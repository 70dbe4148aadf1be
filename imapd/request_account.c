/*
 * request_account - requests about accounts and their passwords
 */
#include <config.h>

#include <string.h>
#include <time.h>

#include "directory/account.h"
#include "directory/account_settings.h"
#include "directory/credential.h"
#include "directory/junk_meaning.h"
#include "evidence/submission.h"
#include "store/account_life.h"
#include "imapd/request_call.h"

static void
account_put_fields(struct request_writer *w, const struct account *acc)
{
	request_put_str(w, FIELD_ACCOUNT, acc->login);
	request_put_u64(w, FIELD_ACCOUNT_ID, acc->id);
	request_put_bool(w, FIELD_DISABLED, acc->disabled);
	request_put_time(w, FIELD_CREATED, acc->created);
	request_put_u64(w, FIELD_QUOTA_BYTES, acc->quota_bytes);
	request_put_u64(w, FIELD_QUOTA_MESSAGES, acc->quota_messages);
	request_put_u64(w, FIELD_USED_BYTES, acc->used_bytes);
	request_put_u64(w, FIELD_USED_MESSAGES, acc->used_messages);
	request_put_u64(w, FIELD_RECIPIENTS_PER_DAY, acc->recipients_per_day);
	request_put_u64(w, FIELD_FIRST_TIME_PER_DAY, acc->first_time_per_day);
}

static void
junk_put_fields(struct request_writer *w, const struct account_junk *junk)
{
	static const uint16_t tags[JUNK_EXPRESSIONS] = {
		[JUNK_EXPRESSION_JUNK] = FIELD_JUNK_FLAGS_JUNK,
		[JUNK_EXPRESSION_NEUTRAL] = FIELD_JUNK_FLAGS_NEUTRAL,
		[JUNK_EXPRESSION_NOTJUNK] = FIELD_JUNK_FLAGS_NOTJUNK
	};

	request_put_str(w, FIELD_JUNK_FLAGS, junk_flags_name(junk->on));
	for (unsigned i = 0; i < JUNK_EXPRESSIONS; i++)
		if (junk->is_own[i])
			request_put_str(w, tags[i], junk->expression[i]);
}

/* Adds the password of the request, which was already hashed. */
static int
password_add(struct request_call *c, uint64_t account, const char *label,
    uint32_t *id, struct err *err)
{
	struct secret secret;
	struct credential_new new = { .label = label, .secrets = &secret,
	    .nsecrets = 1 };
	int rc;

	if (secret_of_password(bytes_of(c->password_hash), &secret,
	    err) == -1)
		return -1;
	rc = credential_add(&c->imapd->store->db, account, &new, id, err);
	secret_wipe(&secret);
	return rc;
}

static int
account_create_run(struct request_call *c, struct err *err)
{
	struct store *s = c->imapd->store;
	struct request_writer w;
	struct err ignored;
	uint32_t number;
	uint64_t id;

	if (account_create(s, request_str(&c->request, FIELD_ACCOUNT), &id,
	    err) == -1)
		return -1;
	if (c->password_hash != NULL &&
	    password_add(c, id, "", &number, err) == -1) {
		/* Undo: never do only half of the request. */
		(void)account_delete(s, id, &ignored);
		return -1;
	}
	request_answer_begin(c, &w, FRAME_DONE);
	request_put_u64(&w, FIELD_ACCOUNT_ID, id);
	return request_frame_end(&w, err);
}

static int
account_delete_run(struct request_call *c, struct err *err)
{
	uint64_t id;

	if (request_find_account_id(c, &id, err) == -1 ||
	    account_delete(c->imapd->store, id, err) == -1)
		return -1;
	return request_answer_done(c, err);
}

static int
account_row(void *arg, const struct account *acc, struct err *err)
{
	struct request_call *c = arg;
	struct request_writer w;

	request_answer_begin(c, &w, FRAME_ROW);
	account_put_fields(&w, acc);
	return request_frame_end(&w, err);
}

struct account_name {
	uint64_t id;
	const char *login;		/* in the call's arena */
};

struct account_names {
	struct arena *arena;
	struct buf list;		/* of struct account_name */
};

static int
name_collect(void *arg, const struct account *acc, struct err *err)
{
	struct account_names *names = arg;
	struct account_name name = { acc->id,
	    arena_strdup(names->arena, acc->login) };

	buf_add(&names->list, &name, sizeof(name));
	return 0;
}

static int
name_compare(const void *a, const void *b)
{
	return strcmp(((const struct account_name *)a)->login,
	    ((const struct account_name *)b)->login);
}

/* Ids are random, so their order would differ between stores. */
int
request_each_account(struct request_call *c, const struct reader *r,
    int (*fn)(void *arg, const struct account *acc, struct err *err),
    void *arg, struct err *err)
{
	struct account_names names = { c->arena, BUF_INIT };
	struct account_name *v;
	struct account acc;
	size_t n;
	int rc;

	rc = account_each(r, name_collect, &names, err);
	v = (struct account_name *)(void *)names.list.data;
	n = names.list.len / sizeof(*v);
	if (n > 0)
		qsort(v, n, sizeof(*v), name_compare);
	for (size_t i = 0; i < n && rc != -1; i++)
		if ((rc = account_get(r, v[i].id, &acc, err)) == 1)
			rc = fn(arg, &acc, err);
	buf_free(&names.list);
	return rc == -1 ? -1 : 0;
}

static int
account_list_run(struct request_call *c, struct err *err)
{
	struct kv_snap snap;
	int rc;

	if (store_snap(c->imapd->store, &snap, err) == -1)
		return -1;
	rc = request_each_account(c, &snap.reader, account_row, c, err);
	kv_snap_end(&snap);
	return rc == -1 ? -1 : request_answer_done(c, err);
}

static int
account_get_run(struct request_call *c, struct err *err)
{
	uint64_t count, first_time;
	struct request_writer w;
	struct account acc;
	struct kv_snap snap;
	int rc;

	if (store_snap(c->imapd->store, &snap, err) == -1)
		return -1;
	rc = request_find_account(c, &snap.reader, &acc, err);
	if (rc == 0)
		rc = submission_used(&snap.reader, acc.id,
		    (int64_t)time(NULL), &count, &first_time, err);
	kv_snap_end(&snap);
	if (rc == -1)
		return -1;
	request_answer_begin(c, &w, FRAME_DONE);
	account_put_fields(&w, &acc);
	request_put_u64(&w, FIELD_SENT_TODAY, count);
	request_put_u64(&w, FIELD_FIRST_TIME_TODAY, first_time);
	junk_put_fields(&w, &acc.junk);
	return request_frame_end(&w, err);
}

static int
account_set_run(struct request_call *c, struct err *err)
{
	uint64_t id;

	if (request_find_account_id(c, &id, err) == -1 ||
	    account_set(&c->imapd->store->db, id, request_str(&c->request,
	    FIELD_NAME), request_str(&c->request, FIELD_VALUE), err) == -1)
		return -1;
	return request_answer_done(c, err);
}

/* ---- passwords ---- */

static int
password_set_run(struct request_call *c, struct err *err)
{
	const char *label = request_str(&c->request, FIELD_LABEL);
	struct request_writer w;
	uint64_t account;
	uint32_t id;

	if (request_find_account_id(c, &account, err) == -1 ||
	    password_add(c, account, label == NULL ? "" : label, &id,
	    err) == -1)
		return -1;
	request_answer_begin(c, &w, FRAME_DONE);
	request_put_u64(&w, FIELD_CREDENTIAL, id);
	return request_frame_end(&w, err);
}

struct password_walk {
	struct request_call *call;
	const struct reader *reader;
	uint64_t account;
};

static int
password_row(void *arg, const struct credential *cr, struct err *err)
{
	struct password_walk *walk = arg;
	struct request_writer w;
	const char *kind = "none";
	struct secret secret;
	int rc;

	rc = credential_secret(walk->reader, walk->account, cr,
	    SECRET_PASSWORD, &secret, err);
	if (rc == -1)
		return -1;
	if (rc == 1) {
		kind = password_hash_kind(secret_value(&secret));
		secret_wipe(&secret);
	}
	request_answer_begin(walk->call, &w, FRAME_ROW);
	request_put_u64(&w, FIELD_CREDENTIAL, cr->id);
	request_put_cut(&w, FIELD_LABEL, bytes_of(cr->label));
	request_put_str(&w, FIELD_KIND, kind);
	request_put_time(&w, FIELD_CREATED, cr->created);
	if (cr->last_used != 0)
		request_put_time(&w, FIELD_LAST_USED, cr->last_used);
	return request_frame_end(&w, err);
}

static int
password_list_run(struct request_call *c, struct err *err)
{
	struct password_walk walk = { .call = c };
	struct account acc;
	struct kv_snap snap;
	int rc;

	if (store_snap(c->imapd->store, &snap, err) == -1)
		return -1;
	walk.reader = &snap.reader;
	rc = request_find_account(c, &snap.reader, &acc, err);
	walk.account = acc.id;
	if (rc == 0)
		rc = credential_each(&snap.reader, acc.id, password_row,
		    &walk, err);
	kv_snap_end(&snap);
	return rc == -1 ? -1 : request_answer_done(c, err);
}

static int
password_remove_run(struct request_call *c, struct err *err)
{
	uint64_t account, id = request_u64(&c->request, FIELD_CREDENTIAL, 0);

	if (id > UINT32_MAX)
		return err_code(err, ERR_REFUSED, ERR_CODE_NOT_FOUND,
		    "the account has no such password");
	if (request_find_account_id(c, &account, err) == -1 ||
	    credential_remove(&c->imapd->store->db, account, (uint32_t)id,
	    err) == -1)
		return -1;
	return request_answer_done(c, err);
}

const struct request_handler account_requests[] = {
	{ REQUEST_ACCOUNT_CREATE,	account_create_run },
	{ REQUEST_ACCOUNT_DELETE,	account_delete_run },
	{ REQUEST_ACCOUNT_LIST,	account_list_run },
	{ REQUEST_ACCOUNT_GET,		account_get_run },
	{ REQUEST_ACCOUNT_SET,		account_set_run },
	{ REQUEST_PASSWORD_SET,	password_set_run },
	{ REQUEST_PASSWORD_LIST,	password_list_run },
	{ REQUEST_PASSWORD_REMOVE,	password_remove_run },
	{ 0, NULL }
};
