/*
 * socketmap_service - answers the lookups of the MTA
 *
 *	domain	DOMAIN		OK if it is one of our domains
 *	mailbox	ADDRESS		OK if the address exists
 *	alias	ADDRESS		the address itself, if it exists: aliases
 *				are expanded at delivery
 *	login	ADDRESS		the login names that may send with it
 *	access	ADDRESS		DUNNO, or the refusal with its codes; DUNNO
 *				also for a domain that is not ours
 *
 * Postfix looks up the whole key once and never parts of it.  TEMP makes it
 * defer the mail, so it is used only if the store cannot answer.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "proto/socketmap.h"
#include "directory/account.h"
#include "directory/address_map.h"
#include "imapd/imapd.h"
#include "imapd/recipient.h"

/* Longest answer of login; an alias may have many members. */
#define LOGINS_LEN_MAX	60000

/* A lookup and its answer. */
struct query {
	const struct imapd *imapd;
	const struct reader *reader;
	struct arena *arena;
	struct bytes key;
	enum socketmap_status status;
	struct buf *text;
};

/*
 * Returns 1 if the address exists, 0 if not (or not an address), -1 on error.
 */
static int
key_resolve(struct query *q, struct address *addr, struct err *err)
{
	int rc = recipient_resolve(q->imapd, q->reader, q->key, q->arena,
	    addr, err);

	return rc == -1 && err->kind == ERR_SYNTAX ? 0 : rc;
}

static int
domain_query(struct query *q, struct err *err)
{
	int rc = bytes_index(q->key, '@') >= 0 ? 0 :
	    recipient_is_ours(q->reader, q->key, q->arena, err);

	if (rc == 1) {
		q->status = SOCKETMAP_OK;
		buf_str(q->text, "OK");
	}
	return rc == -1 ? -1 : 0;
}

static int
mailbox_query(struct query *q, struct err *err)
{
	struct address addr;
	int rc;

	if ((rc = key_resolve(q, &addr, err)) != 1)
		return rc;
	q->status = SOCKETMAP_OK;
	buf_str(q->text, "OK");
	return 0;
}

static int
alias_query(struct query *q, struct err *err)
{
	struct address addr;
	int rc;

	/* trivial-rewrite also looks up bare domains. */
	if (bytes_index(q->key, '@') < 0 ||
	    (rc = key_resolve(q, &addr, err)) == 0)
		return 0;
	if (rc == -1)
		return -1;
	q->status = SOCKETMAP_OK;
	buf_bytes(q->text, q->key);
	return 0;
}

static int
login_add(struct query *q, uint64_t account, struct err *err)
{
	struct account acc;
	int rc;

	if ((rc = account_get(q->reader, account, &acc, err)) != 1)
		return rc;
	if (acc.disabled || q->text->len + strlen(acc.login) >
	    LOGINS_LEN_MAX)
		return 0;
	if (q->text->len > 0)
		buf_byte(q->text, ',');
	buf_str(q->text, acc.login);
	q->status = SOCKETMAP_OK;
	return 0;
}

static int
login_query(struct query *q, struct err *err)
{
	struct address_site site = q->imapd->site;
	struct address addr;
	int rc;

	/*
	 * Nobody may send with an address that only the site's catch-all
	 * accepts.
	 */
	site.postmaster = imapd_settings(q->imapd)->postmaster_account;
	site.catch_all = "";
	rc = address_resolve(q->reader, &site, q->key, q->arena, &addr, err);
	if (rc != 1)
		return rc == -1 && err->kind != ERR_SYNTAX ? -1 : 0;
	if (addr.kind == ADDRESS_ACCOUNT)
		return login_add(q, addr.account, err);
	for (size_t i = 0; i < addr.nmembers; i++)
		if (login_add(q, addr.members[i], err) == -1)
			return -1;
	return 0;
}

static int
access_query(struct query *q, struct err *err)
{
	struct recipient_check check = { .size = 0 };
	struct address addr;
	bool ours = true;
	int rc;

	if ((rc = key_resolve(q, &addr, err)) == -1)
		return -1;
	if (rc == 1)
		rc = recipient_status(q->imapd, q->reader, &addr, &check,
		    err);
	else {
		/* The MTA's relay rules decide whether mail may go to an
		   address elsewhere. */
		recipient_nobody(&check);
		rc = recipient_is_ours(q->reader, q->key, q->arena, err);
		ours = rc == 1;
	}
	if (rc == -1)
		return -1;
	q->status = SOCKETMAP_OK;
	if (check.status == RECIPIENT_KNOWN || !ours)
		buf_str(q->text, "DUNNO");
	else
		buf_printf(q->text, "%d %s %s", check.reply.code,
		    check.reply.enhanced, check.reply.text);
	return 0;
}

static const struct map {
	const char *name;
	int (*query)(struct query *q, struct err *err);
} maps[] = {
	{ "domain",	domain_query },
	{ "mailbox",	mailbox_query },
	{ "alias",	alias_query },
	{ "login",	login_query },
	{ "access",	access_query },
};

static const struct map *
map_find(struct bytes name)
{
	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++)
		if (bytes_eq_str(name, maps[i].name))
			return &maps[i];
	return NULL;
}

/* Fills in status and text.  Errors become TEMP. */
static void
query_answer(struct conn *c, const struct map *map, struct query *q)
{
	struct imapd *d = conn_service_arg(c);
	struct err err = ERR_INIT;
	struct kv_snap snap;
	int rc;

	if ((rc = store_snap(d->store, &snap, &err)) == 0) {
		q->reader = &snap.reader;
		rc = map->query(q, &err);
		kv_snap_end(&snap);
	}
	if (rc != -1)
		return;
	log_error(conn_log(c), "map lookup failed",
	    KV_STR("map", map->name), KV_BYTES("key", q->key), KV_ERR(&err));
	q->status = SOCKETMAP_TEMP;
	buf_clear(q->text);
	buf_str(q->text, "the mail store is not available");
}

static void
request_answer(struct conn *c, const struct socketmap_request *req)
{
	struct buf text = BUF_INIT;
	struct arena arena;
	struct query q = { .imapd = conn_service_arg(c), .arena = &arena,
	    .key = req->key, .status = SOCKETMAP_NOTFOUND, .text = &text };
	const struct map *map = map_find(req->map);

	arena_init(&arena);
	if (map == NULL) {
		q.status = SOCKETMAP_PERM;
		buf_str(&text, "there is no such map");
	} else
		query_answer(c, map, &q);
	log_debug(conn_log(c), "map lookup", KV_BYTES("map", req->map),
	    KV_BYTES("key", req->key),
	    KV_BYTES("answer", buf_view(&text)));
	socketmap_reply(conn_out(c), q.status, buf_view(&text));
	buf_free(&text);
	arena_clear(&arena);
}

static enum conn_next
socketmap_input(struct conn *c)
{
	struct socketmap_request req;
	struct err err = ERR_INIT;
	size_t used;
	int rc;

	while ((rc = socketmap_request_parse(conn_input(c), &req, &used,
	    &err)) == 1) {
		request_answer(c, &req);
		conn_consume(c, used);
		if (conn_out_is_full(c))
			return CONN_WRITE;
		if (conn_should_yield(c))
			return CONN_AGAIN;
	}
	if (rc == -1) {
		log_warn(conn_log(c), "bad map lookup", KV_ERR(&err));
		return CONN_CLOSE;
	}
	return CONN_READ;
}

const struct service socketmap_service_template = {
	.name = "socketmap",
	.class = CONN_INTERACTIVE,
	.input_max = 2 * SOCKETMAP_REQUEST_MAX,
	.input = socketmap_input,
	.pump = socketmap_input,
};
