/*
 * dmarc_row - what reports to a domain with a DMARC policy are made of
 *
 * A row says what was found about messages of one domain, from one client,
 * on one day, that are alike in all of this; beside it there is a number of
 * messages.  (RFC 7489 7.2 and its appendix C.)  A row is eleven words, each
 * with a NUL behind it, the domain in From first, so that rows sort by it.
 * In that form it travels from the milter to the store, and is a key there.
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
	DMARC_ROW_RECORD,		/* whose record it is */
	DMARC_ROW_POLICY,		/* "p=reject sp=none np=none adkim=r
					   aspf=r pct=100" */
	DMARC_ROW_DISPOSITION,		/* none, quarantine, reject */
	DMARC_ROW_DKIM_ALIGNED,		/* pass, fail */
	DMARC_ROW_SPF_ALIGNED,
	DMARC_ROW_OVERRIDE,		/* "sampled_out", "trusted_forwarder
					   sealer.example", or empty */
	DMARC_ROW_SPF,			/* "pass mfrom example.org" */
	DMARC_ROW_DKIM,			/* "pass example.org selector; fail
					   ..."; the first ones */
	DMARC_ROW_FIELDS
};

/* All fields at their longest. */
#define DMARC_ROW_MAX	1064

struct dmarc_row {
	struct bytes field[DMARC_ROW_FIELDS];	/* borrowed */
};

/* What a field is called, and how many bytes it may have. */
struct dmarc_row_info {
	const char *name;
	size_t max;
};

extern const struct dmarc_row_info dmarc_row_infos[DMARC_ROW_FIELDS];

/*
 * Of a longer field the end is kept (of a domain it says more); control
 * characters become "?".
 */
void dmarc_row_encode(const struct dmarc_row *row, struct buf *out);

/* 0, or -1 with ERR_SYNTAX. */
int dmarc_row_decode(struct bytes in, struct dmarc_row *row,
    struct err *err);

/* A day is the number of them since 1970, in UTC. */
uint32_t dmarc_day(time_t t);
/* "2026-11-21" */
void dmarc_day_print(uint32_t day, struct buf *out);
/* 0, or -1 with ERR_SYNTAX. */
int dmarc_day_parse(struct bytes text, uint32_t *day, struct err *err);

#endif
