/* mailbox_make - makes mailboxes, their names and subscriptions */
#include <config.h>

#include <string.h>

#include "base/random.h"
#include "kv/key.h"
#include "segment/tables.h"
#include "store/mailbox-private.h"
#include "store/mailbox_row.h"
#include "store/store.h"

/* Made in addition to INBOX; all are subscribed. */
static const char *const mailbox_defaults[] = {
	"Drafts:drafts", "Sent:sent", "Archive:archive", "Junk:junk",
	"Trash:trash", "Rejects", NULL
};

void
subscription_put(struct batch *b, uint64_t account, const char *name)
{
	struct key k;
	struct buf value = BUF_INIT;

	key_account_name(&k, account, bytes_of(name));
	subscription_row_encode(&value);
	batch_put(b, T_SUBSCRIPTION, key_bytes(&k), buf_view(&value));
	buf_free(&value);
}

void
mailbox_name_put(struct batch *b, uint64_t account, const char *name,
    uint32_t mbox)
{
	struct key k;
	struct buf value = BUF_INIT;

	key_account_name(&k, account, bytes_of(name));
	mailbox_name_row_encode(mbox, &value);
	batch_put(b, T_MAILBOX_NAME, key_bytes(&k), buf_view(&value));
	buf_free(&value);
}

void
mailbox_name_del(struct batch *b, uint64_t account, const char *name)
{
	struct key k;

	key_account_name(&k, account, bytes_of(name));
	batch_del(b, T_MAILBOX_NAME, key_bytes(&k));
}

static int
count_step(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	unsigned *left = arg;

	(void)key;
	(void)value;
	(void)err;
	return --*left == 0 ? 1 : 0;
}

/*
 * Returns 0, or -1 with ERR_CODE_LIMIT if the account may not have one more
 * name in that table.
 */
static int
name_count_check(struct store *s, struct batch *b, uint64_t account,
    enum table t, struct err *err)
{
	struct key k;
	unsigned left = s->config.mailboxes_max;
	int rc;

	if (left == 0)
		return 0;
	key_account(&k, account);
	rc = reader_scan(batch_reader(b), t, BYTES(""), key_bytes(&k),
	    count_step, &left, err);
	if (rc == 1)
		rc = err_code(err, ERR_REFUSED, ERR_CODE_LIMIT,
		    "the account already has %u %s (setting mailboxes-max)",
		    s->config.mailboxes_max, t == T_SUBSCRIPTION ?
		    "subscriptions" : "mailboxes");
	return rc;
}

int
subscription_add(struct store *s, struct batch *b, uint64_t account,
    const char *name, struct err *err)
{
	struct buf ignored = BUF_INIT;
	struct key k;
	int rc;

	key_account_name(&k, account, bytes_of(name));
	rc = reader_get(batch_reader(b), T_SUBSCRIPTION, key_bytes(&k),
	    &ignored, err);
	buf_free(&ignored);
	if (rc == 0)
		rc = name_count_check(s, b, account, T_SUBSCRIPTION, err);
	if (rc == 0)
		subscription_put(b, account, name);
	return rc == -1 ? -1 : 0;
}

int
mailbox_make_hidden(struct account *acc, const char *name,
    enum special_use use, struct mailbox *out, struct err *err)
{
	if (acc->next_mailbox == UINT32_MAX ||
	    acc->next_uidvalidity == UINT32_MAX)
		return err_code(err, ERR_REFUSED, ERR_CODE_LIMIT,
		    "the account has no mailbox ids left");
	memset(out, 0, sizeof(*out));
	out->id = acc->next_mailbox++;
	out->uidvalidity = acc->next_uidvalidity++;
	out->uidnext = 1;
	out->first_recent_uid = 1;
	out->highestmodseq = 1;
	out->use = use;
	out->object_id = random_u64();
	out->dead = true;
	memcpy(out->name, name, strlen(name) + 1);
	return 0;
}

int
mailbox_unhide(const struct mailbox_maker *mk, struct mailbox *mb,
    struct err *err)
{
	if (name_count_check(mk->s, mk->b, mk->acc->id, T_MAILBOX_NAME,
	    err) == -1)
		return -1;
	mb->dead = false;
	mailbox_name_put(mk->b, mk->acc->id, mb->name, mb->id);
	return 0;
}

int
mailbox_make(const struct mailbox_maker *mk, const char *name,
    enum special_use use, struct mailbox *out, struct err *err)
{
	if (mailbox_make_hidden(mk->acc, name, use, out, err) == -1 ||
	    mailbox_unhide(mk, out, err) == -1)
		return -1;
	mailbox_put(mk->b, mk->acc->id, out);
	return 0;
}

int
mailbox_make_parents(const struct mailbox_maker *mk, const char *name,
    struct err *err)
{
	char parent[MAILBOX_NAME_MAX + 1];
	struct mailbox mb;
	int rc;

	for (const char *p = strchr(name, MAILBOX_SEPARATOR); p != NULL;
	    p = strchr(p + 1, MAILBOX_SEPARATOR)) {
		memcpy(parent, name, (size_t)(p - name));
		parent[p - name] = '\0';
		rc = mailbox_find(batch_reader(mk->b), mk->acc->id, parent,
		    mk->a, &mb, err);
		if (rc == 0)
			rc = mailbox_make(mk, parent, USE_NONE, &mb, err);
		if (rc == -1)
			return -1;
	}
	return 0;
}

int
mailbox_make_tree(const struct mailbox_maker *mk, const char *name,
    enum special_use use, struct mailbox *out, struct err *err)
{
	if (mailbox_make_parents(mk, name, err) == -1)
		return -1;
	return mailbox_make(mk, name, use, out, err);
}

/* Parses "Sent:sent".  The mailbox called Rejects is for refused mail. */
static int
default_parse(const char *text, char name[MAILBOX_NAME_MAX + 1],
    enum special_use *use, struct err *err)
{
	const char *colon = strrchr(text, ':');
	struct bytes b = bytes_of(text);
	char word[32] = "\\";
	size_t len;

	*use = USE_NONE;
	if (colon != NULL) {
		b.len = (size_t)(colon - text);
		len = strlen(colon + 1);
		if (len < sizeof(word) - 1)
			memcpy(word + 1, colon + 1, len + 1);
		*use = special_use_parse(bytes_of(word));
		if (*use == USE_NONE)
			return err_set(err, ERR_SYNTAX, "unknown special use "
			    "in '%s' (setting default-mailboxes)", text);
	} else if (strcmp(text, "Rejects") == 0) {
		*use = USE_REJECTS;
	}
	if (mailbox_name_canonical(b, name, err) == -1)
		return err_wrap(err, "'%s' (setting default-mailboxes)",
		    text);
	return 0;
}

int
mailbox_make_defaults(struct store *s, struct batch *b, struct account *acc,
    struct err *err)
{
	const char *const *list = s->config.default_mailboxes;
	char name[MAILBOX_NAME_MAX + 1] = "INBOX";
	enum special_use use = USE_NONE;
	struct mailbox mb;
	struct arena a;
	struct mailbox_maker mk = { s, b, acc, &a };
	int rc;

	if (list == NULL)
		list = mailbox_defaults;
	arena_init(&a);
	rc = mailbox_make(&mk, name, use, &mb, err);
	subscription_put(b, acc->id, name);
	for (; rc == 0 && *list != NULL; list++) {
		rc = default_parse(*list, name, &use, err);
		if (rc == 0)
			rc = mailbox_find(batch_reader(b), acc->id, name, &a,
			    &mb, err);
		if (rc == 0)
			rc = mailbox_make_tree(&mk, name, use, &mb, err);
		else if (rc == 1)
			rc = 0;
		if (rc == 0)
			subscription_put(b, acc->id, name);
	}
	arena_clear(&a);
	return rc;
}
