/* domain - reads and writes the rows of domains. */
#include <config.h>

#include <string.h>

#include "base/encode.h"
#include "mail/address.h"
#include "segment/tables.h"
#include "directory/domain.h"

int
domain_get(const struct reader *r, const char *name, struct domain *out,
    struct err *err)
{
	struct buf value = BUF_INIT;
	int rc;

	if (strlen(name) > ADDRESS_DOMAIN_MAX)
		return 0;
	rc = reader_get(r, T_DOMAIN, bytes_of(name), &value, err);
	if (rc == 1 && domain_row_decode(buf_view(&value), bytes_of(name),
	    out, err) == -1)
		rc = -1;
	buf_free(&value);
	return rc;
}

struct domain_walk {
	int (*fn)(void *arg, const struct domain *d, struct err *err);
	void *arg;
};

static int
domain_step(void *arg, struct bytes key, struct bytes value, struct err *err)
{
	struct domain_walk *walk = arg;
	struct domain d;

	if (domain_row_decode(value, key, &d, err) == -1)
		return -1;
	return walk->fn(walk->arg, &d, err);
}

int
domain_each(const struct reader *r,
    int (*fn)(void *arg, const struct domain *d, struct err *err), void *arg,
    struct err *err)
{
	struct domain_walk walk = { fn, arg };

	return reader_scan(r, T_DOMAIN, BYTES(""), BYTES(""), domain_step,
	    &walk, err);
}

void
domain_put(struct batch *b, const struct domain *d)
{
	struct buf value = BUF_INIT;

	domain_row_encode(d, &value);
	batch_put(b, T_DOMAIN, bytes_of(d->name), buf_view(&value));
	buf_free(&value);
}
