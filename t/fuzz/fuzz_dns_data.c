/* A dns-data file.  Each name in it is looked up, and one name below it. */
#include <config.h>

#include <stdint.h>

#include "net/dns_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
ask(const struct dns_data *d, struct arena *a, struct bytes word)
{
	static const enum dns_type types[] = {
		DNS_A, DNS_TXT, DNS_MX, DNS_CNAME
	};
	struct dns_answer answer;
	struct dns_name name;

	if (dns_name_parse(word, &name) == -1)
		return;
	dns_name_lower(&name);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		dns_data_answer(d, a, &name, types[i], &answer);
		if ((answer.status == DNS_OK) != (answer.n > 0))
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes left = bytes_make(data, size), word;
	struct err err = ERR_INIT;
	struct dns_data *d;
	struct arena a;
	size_t n;

	if (dns_data_parse("fuzz", left, &d, &err) == -1)
		return 0;
	arena_init(&a);
	for (unsigned count = 0; left.len > 0 && count < 200; count++) {
		for (n = 0; n < left.len && left.data[n] != ' ' &&
		    left.data[n] != '\n'; n++)
			;
		word = bytes_make(left.data, n);
		ask(d, &a, word);
		ask(d, &a, bytes_of(arena_printf(&a, "x." BYTES_FMT,
		    BYTES_ARG(word))));
		left = bytes_from(left, n + 1);
	}
	arena_clear(&a);
	dns_data_free(&d);
	return 0;
}
