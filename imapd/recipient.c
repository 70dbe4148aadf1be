#include <config.h>

#include "imapd/recipient.h"

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

const char *
recipient_status_name(enum recipient_status status)
{
	static const char *const names[] = {
		"known", "unknown", "disabled", "over-quota"
	};

	return names[status];
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
