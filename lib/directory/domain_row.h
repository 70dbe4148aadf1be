/*
 * domain_row - rows of domains
 *
 * T_DOMAIN (name): u8 version, u8 flags, separator (u16 length and bytes).
 */
#ifndef DIRECTORY_DOMAIN_ROW_H
#define DIRECTORY_DOMAIN_ROW_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct domain {
	char name[256];			/* A-labels, lower case */
	char separator[8];		/* "+"; "" for none */
	bool case_sensitive;
	bool disabled;
};

/* name is the row's key.  Returns 0, or -1 (ERR_INTERNAL). */
int domain_row_decode(struct bytes value, struct bytes name,
    struct domain *out, struct err *err);
void domain_row_encode(const struct domain *d, struct buf *out);

#endif
