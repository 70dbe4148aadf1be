/*
 * What the milter asks.
 *
 * Every message is accepted: accounts keep no history to judge by yet.  The
 * answer says so, and whom the address belongs to.
 */
#include <config.h>

#include "imapd/recipient.h"
#include "imapd/ops.h"

/* Status of an address as mail from outside would meet it. */
static int
address_status(struct ops_call *c, struct bytes text, uint64_t size,
    struct address *addr, enum recipient_status *status, struct err *err)
{
	struct kv_snap snap;
	int rc;

	*status = RECIPIENT_UNKNOWN;
	if (store_snap(c->imapd->store, &snap, err) == -1)
		return -1;
	rc = recipient_resolve(c->imapd, &snap.reader, text, c->arena, addr,
	    err);
	if (rc == 1)
		rc = recipient_status(c->imapd, &snap.reader, addr, size,
		    status, err);
	kv_snap_end(&snap);
	return rc == -1 && err->kind != ERR_SYNTAX ? -1 : 0;
}

static int
judge_run(struct ops_call *c, struct err *err)
{
	struct bytes text = store_bytes(&c->request, STORE_RECIPIENT);
	enum recipient_status status;
	struct store_writer w;
	struct address addr;
	struct origin o;

	if (origin_decode(store_bytes(&c->request, STORE_ORIGIN), &o,
	    err) == -1 ||
	    address_status(c, text, store_u64(&c->request, STORE_SIZE, 0),
	    &addr, &status, err) == -1)
		return -1;
	ops_begin(c, &w, STORE_DONE);
	store_put_str(&w, STORE_VERDICT, "accept");
	store_put_str(&w, STORE_REASON, "no-history");
	ops_put_cut(&w, STORE_EXPLANATION, bytes_of(arena_printf(c->arena,
	    "recipient '" BYTES_FMT "' is %s", BYTES_ARG(text),
	    recipient_status_name(status))));
	ops_put_cut(&w, STORE_EXPLANATION, bytes_of(arena_printf(c->arena,
	    "client %.*s is not judged: the account keeps no history",
	    (int)o.client_ip.len, o.client_ip.len == 0 ? "" :
	    o.client_ip.data)));
	return store_frame_end(&w, err);
}

static int
recipient_check_run(struct ops_call *c, struct err *err)
{
	enum recipient_status status;
	struct store_writer w;
	struct address addr;

	if (address_status(c, store_bytes(&c->request, STORE_ADDRESS), 0,
	    &addr, &status, err) == -1)
		return -1;
	ops_begin(c, &w, STORE_DONE);
	store_put_str(&w, STORE_STATUS, recipient_status_name(status));
	return store_frame_end(&w, err);
}

const struct ops_handler ops_judge[] = {
	{ STORE_OP_JUDGE,		judge_run },
	{ STORE_OP_RECIPIENT_CHECK,	recipient_check_run },
	{ 0, NULL }
};
