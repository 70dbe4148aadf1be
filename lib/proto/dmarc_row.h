/*
 * dmarc_row - one row of data for a DMARC aggregate report
 *
 * A row holds the results that a group of messages from one domain and one
 * client have in common; the number of messages of each day is kept with it
 * (RFC 7489 7.2 and appendix C).  A row is encoded as eleven words, each
 * followed by a NUL.  The domain in From comes first, so that rows sort by it.
 * The milter sends rows to the store in that form, and the store uses it as
 * the key.
 */
#ifndef PROTO_DMARC_ROW_H
#define PROTO_DMARC_ROW_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"

enum dmarc_row_field {
	DMARC_ROW_FROM,			/* the domain in From */
	DMARC_ROW_SOURCE_IP,
	DMARC_ROW_ENVELOPE,		/* the domain in MAIL FROM */
	DMARC_ROW_RECORD,		/* the domain of the DMARC record */
	DMARC_ROW_POLICY,		/* "p=reject sp=none np=none adkim=r
					   aspf=r pct=100" */
	DMARC_ROW_DISPOSITION,		/* none, quarantine, reject */
	DMARC_ROW_DKIM_ALIGNED,		/* pass, fail */
	DMARC_ROW_SPF_ALIGNED,
	DMARC_ROW_OVERRIDE,		/* "sampled_out", "trusted_forwarder
					   sealer.example", or empty */
	DMARC_ROW_SPF,			/* "pass mfrom example.org" */
	DMARC_ROW_DKIM,			/* "pass example.org selector; fail
					   ..."; the first signatures */
	DMARC_ROW_FIELDS
};

/* Bytes in a row whose fields all have their maximum length. */
#define DMARC_ROW_MAX	1064

struct dmarc_row {
	struct bytes field[DMARC_ROW_FIELDS];	/* borrowed */
};

/* The name of a field, and the most bytes it may have. */
struct dmarc_row_info {
	const char *name;
	size_t max;
};

extern const struct dmarc_row_info dmarc_row_infos[DMARC_ROW_FIELDS];

/*
 * Appends the row.  A field that is too long loses its beginning (the end of a
 * domain says more); control characters become "?".
 */
void dmarc_row_encode(const struct dmarc_row *row, struct buf *out);

/* Returns 0, or -1 with ERR_SYNTAX.  The fields are borrowed from in. */
int dmarc_row_decode(struct bytes in, struct dmarc_row *row,
    struct err *err);

/* Returns the number of days since 1970, in UTC. */
uint32_t dmarc_day(time_t t);
/* Appends a day as "2026-11-21". */
void dmarc_day_print(uint32_t day, struct buf *out);
/* Returns 0, or -1 with ERR_SYNTAX. */
int dmarc_day_parse(struct bytes text, uint32_t *day, struct err *err);

#endif
