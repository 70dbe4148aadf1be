/* request_domain - requests about the domains of this site. */
#include <config.h>

#include "directory/domain.h"
#include "directory/domain_settings.h"
#include "imapd/request_call.h"

static int
domain_create_run(struct request_call *c, struct err *err)
{
	const char *separator = request_str(&c->request, FIELD_SEPARATOR);

	if (separator == NULL)
		separator = imapd_settings(c->imapd)->separator;
	if (domain_create(&c->imapd->store->db, request_str(&c->request,
	    FIELD_DOMAIN), separator, request_bool(&c->request,
	    FIELD_CASE_SENSITIVE), err) == -1)
		return -1;
	return request_answer_done(c, err);
}

static int
domain_delete_run(struct request_call *c, struct err *err)
{
	if (domain_delete(&c->imapd->store->db, request_str(&c->request,
	    FIELD_DOMAIN), err) == -1)
		return -1;
	return request_answer_done(c, err);
}

static int
domain_row(void *arg, const struct domain *d, struct err *err)
{
	struct request_call *c = arg;
	struct request_writer w;

	request_answer_begin(c, &w, FRAME_ROW);
	request_put_str(&w, FIELD_DOMAIN, d->name);
	request_put_str(&w, FIELD_SEPARATOR, d->separator);
	request_put_bool(&w, FIELD_CASE_SENSITIVE, d->case_sensitive);
	request_put_bool(&w, FIELD_DISABLED, d->disabled);
	return request_frame_end(&w, err);
}

static int
domain_list_run(struct request_call *c, struct err *err)
{
	struct kv_snap snap;
	int rc;

	if (store_snap(c->imapd->store, &snap, err) == -1)
		return -1;
	rc = domain_each(&snap.reader, domain_row, c, err);
	kv_snap_end(&snap);
	return rc == -1 ? -1 : request_answer_done(c, err);
}

static int
domain_set_run(struct request_call *c, struct err *err)
{
	if (domain_set(&c->imapd->store->db,
	    request_str(&c->request, FIELD_DOMAIN),
	    request_str(&c->request, FIELD_NAME),
	    request_str(&c->request, FIELD_VALUE), err) == -1)
		return -1;
	return request_answer_done(c, err);
}

const struct request_handler domain_requests[] = {
	{ REQUEST_DOMAIN_CREATE,	domain_create_run },
	{ REQUEST_DOMAIN_DELETE,	domain_delete_run },
	{ REQUEST_DOMAIN_LIST,		domain_list_run },
	{ REQUEST_DOMAIN_SET,		domain_set_run },
	{ 0, NULL }
};
