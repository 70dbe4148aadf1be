/* The accounts of localserve, made through the store's admin socket. */
#include <config.h>

#include "base/buf.h"
#include "net/store_client.h"

#include "ctl/localserve-private.h"

#define CALL_TIMEOUT_MS	60000

/* A call that is content when the thing is there already. */
static int
call_ensure(struct store_client *c, struct store_writer *w, struct err *err)
{
	struct store_message m;

	if (store_call_finish(c, w, &m, err) == 0)
		return 0;
	return err->code == ERR_CODE_EXISTS ? 0 : -1;
}

static int
domain_ensure(struct store_client *c, const char *domain, struct err *err)
{
	struct store_writer w;

	store_call_begin(c, STORE_OP_DOMAIN_CREATE, &w);
	store_put_str(&w, STORE_DOMAIN, domain);
	return call_ensure(c, &w, err);
}

static int
account_ensure(struct store_client *c, const char *login, struct err *err)
{
	struct store_writer w;

	store_call_begin(c, STORE_OP_ACCOUNT_CREATE, &w);
	store_put_str(&w, STORE_ACCOUNT, login);
	store_put_str(&w, STORE_PASSWORD, LOCALSERVE_PASSWORD);
	if (call_ensure(c, &w, err) == -1)
		return -1;
	store_call_begin(c, STORE_OP_ADDRESS_ADD, &w);
	store_put_str(&w, STORE_ADDRESS, login);
	store_put_str(&w, STORE_ACCOUNT, login);
	return call_ensure(c, &w, err);
}

int
accounts_ensure(const struct localserve *ls, struct err *err)
{
	struct store_client *c = store_client_new(ls->settings.ctl_imapd.text,
	    CALL_TIMEOUT_MS);
	char login[64];
	int rc;

	rc = domain_ensure(c, LOCALSERVE_DOMAIN, err);
	if (rc == 0)
		rc = account_ensure(c, LOCALSERVE_LOGIN, err);
	for (unsigned i = 0; rc == 0 && i < ls->opt.users; i++) {
		snprintf(login, sizeof(login), "u%04u@" LOCALSERVE_DOMAIN, i);
		rc = account_ensure(c, login, err);
	}
	store_client_free(&c);
	return rc == 0 ? 0 : err_wrap(err, "making accounts");
}
