/*
 * Data from the DNS: the input as a name in both forms, and as the data of each
 * record type.
 */
#include <config.h>

#include <stdint.h>

#include "net/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A name that is accepted is printed as the same name. */
static void
name_both_ways(struct arena *a, struct bytes text)
{
	struct dns_name name, again;

	if (dns_name_parse(text, &name) == -1)
		return;
	if (name.len == 0 || name.wire[name.len - 1] != 0)
		abort();
	if (dns_name_parse(bytes_of(dns_name_text(a, &name)), &again) == -1 ||
	    again.len != name.len ||
	    memcmp(again.wire, name.wire, name.len) != 0)
		abort();
	dns_name_lower(&name);
}

static void
read_record(struct arena *a, struct bytes rdata)
{
	struct dns_name name;
	uint16_t preference;
	struct bytes text;
	struct addr addr;
	char *target;

	if (dns_txt(a, rdata, &text) == 0 && text.len >= rdata.len)
		abort();
	if (dns_target(a, rdata, &target) == 0 &&
	    dns_name_parse(bytes_of(target), &name) == -1)
		abort();
	(void)dns_mx(a, rdata, &preference, &target);
	(void)dns_addr(rdata, &addr);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_make(data, size);
	struct arena a;
	char *copy;

	arena_init(&a);
	name_both_ways(&a, in);
	/* In a block of exactly its size. */
	if ((copy = malloc(size)) == NULL && size > 0)
		abort();
	if (size > 0)
		memcpy(copy, data, size);
	in.data = copy;
	read_record(&a, in);
	free(copy);
	arena_clear(&a);
	return 0;
}
