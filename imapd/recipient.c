#include <config.h>

#include "imapd/recipient.h"
#include "mail/address.h"

int
recipient_resolve(const struct imapd *d, const struct reader *r,
    struct bytes address, struct arena *a, struct address *out,
    struct err *err)
{
	struct address_site site = d->site;

	/* These two may change by SIGHUP. */
	site.postmaster = imapd_settings(d)->postmaster_account;
	site.catch_all = imapd_settings(d)->catch_all_address;
	return address_resolve(r, &site, address, a, out, err);
}

int
recipient_is_ours(const struct reader *r, struct bytes address,
    struct arena *a, struct err *err)
{
	struct bytes domain = address;
	struct domain d;
	ptrdiff_t at;
	char *text;
	int rc;

	while ((at = bytes_index(domain, '@')) >= 0)
		domain = bytes_from(domain, (size_t)at + 1);
	if (address_domain_parse(a, domain, &domain, err) == -1 ||
	    (text = bytes_cstr(a, domain)) == NULL) {
		err_clear(err);
		return 0;
	}
	rc = domain_get(r, text, &d, err);
	return rc == 1 && d.disabled ? 0 : rc;
}

const char *
recipient_status_name(enum recipient_status status)
{
	static const char *const names[] = {
		"known", "unknown", "disabled", "over-quota"
	};

	return names[status];
}

const struct smtp_error *
recipient_reply(enum recipient_status status)
{
	static const struct smtp_error replies[] = {
		[RECIPIENT_KNOWN] = { 250, "2.1.5", "ok" },
		[RECIPIENT_UNKNOWN] = { 550, "5.1.1",
		    "there is no such mailbox here" },
		[RECIPIENT_DISABLED] = { 550, "5.2.1",
		    "the mailbox is disabled" },
		[RECIPIENT_OVER_QUOTA] = { 452, "4.2.2",
		    "the mailbox is full" },
	};

	return &replies[status];
}

static int
account_status(const struct imapd *d, const struct reader *r, uint64_t id,
    uint64_t size, enum recipient_status *out, struct err *err)
{
	uint64_t bytes_max, messages_max;
	struct account acc;

	switch (account_get(r, id, &acc, err)) {
	case -1:
		return -1;
	case 0:
		*out = RECIPIENT_UNKNOWN;
		return 0;
	}
	account_quota(d->store, &acc, &bytes_max, &messages_max);
	if (acc.disabled)
		*out = RECIPIENT_DISABLED;
	else if (acc.used_bytes >= bytes_max ||
	    size > bytes_max - acc.used_bytes ||
	    acc.used_messages >= messages_max)
		*out = RECIPIENT_OVER_QUOTA;
	else
		*out = RECIPIENT_KNOWN;
	return 0;
}

int
recipient_status(const struct imapd *d, const struct reader *r,
    const struct address *addr, uint64_t size, enum recipient_status *out,
    struct err *err)
{
	enum recipient_status one;

	if (addr->kind == ADDRESS_ACCOUNT)
		return account_status(d, r, addr->account, size, out, err);
	*out = RECIPIENT_UNKNOWN;
	for (size_t i = 0; i < addr->nmembers; i++) {
		if (account_status(d, r, addr->members[i], size, &one,
		    err) == -1)
			return -1;
		if (one == RECIPIENT_KNOWN) {
			*out = one;
			return 0;
		}
		/* Over quota may pass; tell the MTA to try again. */
		if (one > *out)
			*out = one;
	}
	return 0;
}
