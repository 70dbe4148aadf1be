/* mailbox - reads mailboxes and lists of them, and assigns keywords */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "kv/key.h"
#include "segment/tables.h"
#include "store/mailbox-private.h"
#include "store/mailbox_key.h"
#include "store/mailbox_row.h"
#include "store/store.h"

/* Indexed by the enum. */
static const char *const special_uses[] = {
	[USE_NONE] = NULL,
	[USE_DRAFTS] = "\\Drafts",
	[USE_SENT] = "\\Sent",
	[USE_ARCHIVE] = "\\Archive",
	[USE_JUNK] = "\\Junk",
	[USE_TRASH] = "\\Trash",
	[USE_ALL] = "\\All",
	[USE_FLAGGED] = "\\Flagged",
	[USE_REJECTS] = NULL
};

const char *
special_use_name(enum special_use use)
{
	return special_uses[use];
}

enum special_use
special_use_parse(struct bytes name)
{
	for (unsigned i = 0; i <= USE_REJECTS; i++)
		if (special_uses[i] != NULL &&
		    bytes_ieq_str(name, special_uses[i]))
			return i;
	return USE_NONE;
}

int
mailbox_read(const struct reader *r, uint64_t account, uint32_t mbox,
    struct arena *a, struct mailbox *out, struct err *err)
{
	struct key k;
	struct buf value = BUF_INIT;
	int rc;

	key_mailbox(&k, account, mbox);
	rc = reader_get(r, T_MAILBOX, key_bytes(&k), &value, err);
	if (rc == 1 && mailbox_row_decode(buf_view(&value), mbox, a, out,
	    err) == -1)
		rc = -1;
	buf_free(&value);
	return rc;
}

int
mailbox_get(const struct reader *r, uint64_t account, uint32_t mbox,
    struct arena *a, struct mailbox *out, struct err *err)
{
	int rc = mailbox_read(r, account, mbox, a, out, err);

	return rc == 1 && out->dead ? 0 : rc;
}

int
mailbox_need(struct batch *b, uint64_t account, uint32_t mbox,
    struct arena *a, struct mailbox *out, struct err *err)
{
	int rc = mailbox_get(batch_reader(b), account, mbox, a, out, err);

	if (rc == 0)
		rc = err_code(err, ERR_REFUSED, ERR_CODE_NOT_FOUND,
		    "the mailbox no longer exists");
	return rc == 1 ? 0 : rc;
}

int
mailbox_find(const struct reader *r, uint64_t account, const char *name,
    struct arena *a, struct mailbox *out, struct err *err)
{
	struct key k;
	struct buf value = BUF_INIT;
	uint32_t mbox = 0;
	int rc;

	key_account_name(&k, account, bytes_of(name));
	rc = reader_get(r, T_MAILBOX_NAME, key_bytes(&k), &value, err);
	if (rc == 1 && mailbox_name_row_decode(buf_view(&value), &mbox,
	    err) == -1)
		rc = -1;
	buf_free(&value);
	return rc == 1 ? mailbox_get(r, account, mbox, a, out, err) : rc;
}

int
mailbox_need_named(struct batch *b, uint64_t account, const char *name,
    struct arena *a, struct mailbox *out, struct err *err)
{
	int rc = mailbox_find(batch_reader(b), account, name, a, out, err);

	if (rc == 0)
		rc = err_code(err, ERR_REFUSED, ERR_CODE_NOT_FOUND,
		    "no mailbox '%s'", name);
	return rc == 1 ? 0 : rc;
}

int
mailbox_need_free(struct batch *b, uint64_t account, const char *name,
    struct arena *a, struct err *err)
{
	struct mailbox other;
	int rc;

	rc = mailbox_find(batch_reader(b), account, name, a, &other, err);
	if (rc == 1)
		rc = err_code(err, ERR_REFUSED, ERR_CODE_EXISTS,
		    "mailbox '%s' already exists", name);
	return rc;
}

int
mailbox_by_name(const struct reader *r, uint64_t account, const char *name,
    struct arena *a, struct mailbox *out, struct err *err)
{
	char canonical[MAILBOX_NAME_MAX + 1];
	struct err ignored = ERR_INIT;

	if (mailbox_name_canonical(bytes_of(name), canonical, &ignored) == -1)
		return 0;
	return mailbox_find(r, account, canonical, a, out, err);
}

void
mailbox_put(struct batch *b, uint64_t account, const struct mailbox *mb)
{
	struct key k;
	struct buf value = BUF_INIT;

	key_mailbox(&k, account, mb->id);
	mailbox_row_encode(mb, &value);
	batch_put(b, T_MAILBOX, key_bytes(&k), buf_view(&value));
	buf_free(&value);
}

void
mailbox_bury(struct batch *b, uint64_t account, struct mailbox *mb)
{
	mb->dead = true;
	mb->highestmodseq++;
	mailbox_put(b, account, mb);
	batch_touch(b, account, mb->id, mb->highestmodseq, 0);
}

/* ---- lists ---- */

struct name_list {
	struct arena *a;
	struct buf names;	/* of char * */
};

static int
name_step(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct name_list *list = arg;
	char *name;

	if (subscription_row_decode(value, err) == -1)
		return -1;
	name = bytes_cstr(list->a, bytes_make(key.data + 8, key.len - 8));
	if (name == NULL)
		return err_set(err, ERR_INTERNAL,
		    "damaged key in table subscription");
	buf_add(&list->names, &name, sizeof(name));
	return 0;
}

int
subscription_list(const struct reader *r, uint64_t account, struct arena *a,
    char ***names, size_t *n, struct err *err)
{
	struct name_list list = { a, BUF_INIT };
	struct key k;
	int rc;

	key_account(&k, account);
	rc = reader_scan(r, T_SUBSCRIPTION, BYTES(""), key_bytes(&k),
	    name_step, &list, err);
	*n = list.names.len / sizeof(**names);
	*names = arena_array(a, *n, sizeof(**names));
	if (*n > 0)
		memcpy(*names, list.names.data, list.names.len);
	buf_free(&list.names);
	return rc;
}

struct mailbox_walk {
	struct arena *a;
	struct buf list;	/* of struct mailbox * */
};

static int
mailbox_step(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct mailbox_walk *walk = arg;
	struct mailbox *mb = arena_alloc(walk->a, sizeof(*mb));

	if (key.len != 12)
		return err_set(err, ERR_INTERNAL,
		    "damaged key in table mailbox");
	if (mailbox_row_decode(value, be32_get(key.data + 8), walk->a, mb,
	    err) == -1)
		return -1;
	if (!mb->dead)
		buf_add(&walk->list, &mb, sizeof(mb));
	return 0;
}

static int
name_compare(const void *x, const void *y)
{
	const struct mailbox *a = x, *b = y;

	return strcmp(a->name, b->name);
}

static int
name_search(const void *name, const void *element)
{
	char *const *s = element;

	return strcmp(name, *s);
}

static int
subscriptions_mark(const struct reader *r, uint64_t account, struct arena *a,
    struct mailbox *list, size_t n, struct err *err)
{
	char **names;
	size_t nnames;

	if (subscription_list(r, account, a, &names, &nnames, err) == -1)
		return -1;
	for (size_t i = 0; i < n && nnames > 0; i++)
		list[i].subscribed = bsearch(list[i].name, names, nnames,
		    sizeof(*names), name_search) != NULL;
	return 0;
}

int
mailbox_list(const struct reader *r, uint64_t account, struct arena *a,
    struct mailbox **list, size_t *n, struct err *err)
{
	struct mailbox_walk walk = { a, BUF_INIT };
	struct mailbox **found;
	struct key k;
	int rc;

	key_account(&k, account);
	rc = reader_scan(r, T_MAILBOX, BYTES(""), key_bytes(&k), mailbox_step,
	    &walk, err);
	found = (struct mailbox **)(void *)walk.list.data;
	*n = walk.list.len / sizeof(*found);
	*list = arena_array(a, *n, sizeof(**list));
	for (size_t i = 0; i < *n; i++)
		(*list)[i] = *found[i];
	buf_free(&walk.list);
	if (rc == -1)
		return -1;
	if (*n > 0)
		qsort(*list, *n, sizeof(**list), name_compare);
	return subscriptions_mark(r, account, a, *list, *n, err);
}

/* ---- keywords ---- */

int
mailbox_keyword(struct store *s, struct arena *a, struct mailbox *mb,
    struct bytes keyword, unsigned *index, struct err *err)
{
	const char **names;
	unsigned max = s->config.keywords_max;

	if (max > KEYWORDS_MAX)
		max = KEYWORDS_MAX;
	for (unsigned i = 0; i < mb->nkeywords; i++)
		if (bytes_ieq_str(keyword, mb->keywords[i])) {
			*index = i;
			return 0;
		}
	if (keyword.len == 0 || keyword.len > KEYWORD_NAME_MAX ||
	    bytes_index(keyword, '\0') != -1)
		return err_code(err, ERR_REFUSED, ERR_CODE_LIMIT,
		    "a keyword must have 1 to %d bytes", KEYWORD_NAME_MAX);
	if (mb->nkeywords >= max)
		return err_code(err, ERR_REFUSED, ERR_CODE_LIMIT,
		    "the mailbox already has %u different keywords "
		    "(setting keywords-max)", mb->nkeywords);
	names = arena_array(a, mb->nkeywords + 1, sizeof(*names));
	for (unsigned i = 0; i < mb->nkeywords; i++)
		names[i] = mb->keywords[i];
	names[mb->nkeywords] = arena_memdup(a, keyword.data, keyword.len);
	mb->keywords = names;
	*index = mb->nkeywords++;
	return 0;
}
