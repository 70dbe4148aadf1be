/* address_resolve - finds the account or alias of an address. */
#include <config.h>

#include <string.h>

#include "directory/account.h"
#include "directory/address_map-private.h"
#include "directory/address_map.h"
#include "directory/domain.h"
#include "directory/login_name.h"

/* Finds a stored address that leads to a live account.  Returns 1 if found, 0
   if not, -1 on error. */
static int
lookup(const struct reader *r, const char *canonical, struct arena *a,
    struct address *out, struct err *err)
{
	int rc = address_get(r, canonical, a, out, err);

	if (rc == 1)
		rc = address_is_alive(r, out, err);
	return rc == 1 && out->kind == ADDRESS_ALIAS && out->nmembers == 0 ?
	    0 : rc;
}

static int
lookup_postmaster(const struct reader *r, const struct address_site *site,
    struct address *out, struct err *err)
{
	struct account acc;
	int rc;

	if (site->postmaster[0] == '\0')
		return 0;
	rc = account_by_login(r, site->postmaster, &acc, err);
	if (rc != 1)
		return rc;
	memset(out, 0, sizeof(*out));
	out->kind = ADDRESS_ACCOUNT;
	out->how = ADDRESS_POSTMASTER;
	out->account = acc.id;
	memcpy(out->canonical, "postmaster", sizeof("postmaster"));
	memcpy(out->mailbox, "INBOX", sizeof("INBOX"));
	return 1;
}

/* Looks up the address itself, then the domain's catch-all. */
static int
lookup_in_domain(const struct reader *r, const struct domain *d,
    struct bytes localpart, struct arena *a, struct address *out,
    struct err *err)
{
	char canonical[ADDRESS_MAX + 1];
	struct err too_long = ERR_INIT;
	int rc = 0;

	/* An address too long to be stored may still match the catch-all. */
	if (address_canonical(a, d, localpart, true, canonical,
	    &too_long) == 0)
		rc = lookup(r, canonical, a, out, err);
	out->how = ADDRESS_ITSELF;
	if (rc != 0)
		return rc;
	if (address_canonical(a, d, BYTES(""), false, canonical, err) == -1)
		return -1;
	rc = lookup(r, canonical, a, out, err);
	out->how = ADDRESS_CATCH_ALL;
	return rc;
}

/* Gets the domain's row if it is hosted here and enabled.  Returns 1 if so, 0
   if not, -1 on error. */
static int
hosted(const struct reader *r, const struct mail_address *addr,
    struct arena *a, struct domain *d, struct err *err)
{
	char *name = bytes_cstr(a, addr->domain);
	int rc;

	if (name == NULL)
		return 0;
	rc = domain_get(r, name, d, err);
	return rc == 1 && d->disabled ? 0 : rc;
}

static int
lookup_site_catch_all(const struct reader *r,
    const struct address_site *site, struct arena *a, struct address *out,
    struct err *err)
{
	struct mail_address addr;
	struct domain d;
	int rc;

	if (address_parse(a, bytes_of(site->catch_all), &addr, err) == -1)
		return err_wrap(err, "catch-all-address");
	rc = hosted(r, &addr, a, &d, err);
	if (rc == 1)
		rc = lookup_in_domain(r, &d, addr.localpart, a, out, err);
	out->how = ADDRESS_SITE_CATCH_ALL;
	return rc;
}

/* Resolves an address without the site's catch-all. */
static int
resolve_hosted(const struct reader *r, const struct address_site *site,
    const struct mail_address *addr, struct arena *a, struct address *out,
    struct err *err)
{
	bool postmaster = bytes_ieq_str(addr->localpart, "postmaster");
	struct domain d;
	int rc;

	if (postmaster && bytes_ieq_str(addr->domain, site->hostname)) {
		rc = lookup_postmaster(r, site, out, err);
		if (rc != 0)
			return rc;
	}
	rc = hosted(r, addr, a, &d, err);
	if (rc != 1)
		return rc;
	rc = lookup_in_domain(r, &d, addr->localpart, a, out, err);
	if (rc == 0 && postmaster)
		rc = lookup_postmaster(r, site, out, err);
	return rc;
}

int
address_resolve(const struct reader *r, const struct address_site *site,
    struct bytes address, struct arena *a, struct address *out,
    struct err *err)
{
	bool catch_all = site->catch_all[0] != '\0';
	struct mail_address addr;
	int rc;

	if (bytes_ieq_str(address, "postmaster"))
		rc = lookup_postmaster(r, site, out, err);
	else if (address_parse(a, address, &addr, err) == 0)
		rc = resolve_hosted(r, site, &addr, a, out, err);
	else
		rc = catch_all ? 0 : -1;
	return rc == 0 && catch_all ?
	    lookup_site_catch_all(r, site, a, out, err) : rc;
}

int
address_may_send(const struct reader *r, const struct address_site *site,
    struct bytes address, uint64_t account, struct err *err)
{
	struct address_site own = *site;
	struct address out;
	struct arena a;
	int rc;

	own.catch_all = "";
	arena_init(&a);
	rc = address_resolve(r, &own, address, &a, &out, err);
	if (rc == -1 && err->kind == ERR_SYNTAX) {
		err_clear(err);
		rc = 0;
	}
	if (rc == 1 && out.kind == ADDRESS_ACCOUNT) {
		rc = out.account == account;
	} else if (rc == 1) {
		rc = 0;
		for (size_t i = 0; i < out.nmembers; i++)
			if (out.members[i] == account)
				rc = 1;
	}
	arena_clear(&a);
	return rc;
}
