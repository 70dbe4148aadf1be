/* Domains of ours. */
#include <config.h>

#include "imapd/ops.h"

static int
domain_create_run(struct ops_call *c, struct err *err)
{
	const char *separator = store_str(&c->request, STORE_SEPARATOR);

	if (separator == NULL)
		separator = imapd_settings(c->imapd)->separator;
	if (domain_create(c->imapd->store, store_str(&c->request,
	    STORE_DOMAIN), separator, store_bool(&c->request,
	    STORE_CASE_SENSITIVE), err) == -1)
		return -1;
	return ops_done(c, err);
}

static int
domain_delete_run(struct ops_call *c, struct err *err)
{
	if (domain_delete(c->imapd->store, store_str(&c->request,
	    STORE_DOMAIN), err) == -1)
		return -1;
	return ops_done(c, err);
}

static int
domain_row(void *arg, const struct domain *d, struct err *err)
{
	struct ops_call *c = arg;
	struct store_writer w;

	ops_begin(c, &w, STORE_ROW);
	store_put_str(&w, STORE_DOMAIN, d->name);
	store_put_str(&w, STORE_SEPARATOR, d->separator);
	store_put_bool(&w, STORE_CASE_SENSITIVE, d->case_sensitive);
	store_put_bool(&w, STORE_DISABLED, d->disabled);
	return store_frame_end(&w, err);
}

static int
domain_list_run(struct ops_call *c, struct err *err)
{
	struct kv_snap snap;
	int rc;

	if (store_snap(c->imapd->store, &snap, err) == -1)
		return -1;
	rc = domain_each(&snap.reader, domain_row, c, err);
	kv_snap_end(&snap);
	return rc == -1 ? -1 : ops_done(c, err);
}

static int
domain_set_run(struct ops_call *c, struct err *err)
{
	if (domain_set(c->imapd->store, store_str(&c->request, STORE_DOMAIN),
	    store_str(&c->request, STORE_NAME), store_str(&c->request,
	    STORE_VALUE), err) == -1)
		return -1;
	return ops_done(c, err);
}

const struct ops_handler ops_domain[] = {
	{ STORE_OP_DOMAIN_CREATE,	domain_create_run },
	{ STORE_OP_DOMAIN_DELETE,	domain_delete_run },
	{ STORE_OP_DOMAIN_LIST,		domain_list_run },
	{ STORE_OP_DOMAIN_SET,		domain_set_run },
	{ 0, NULL }
};
