/*
 * SPF.  The first two lines are the sender and the HELO name; the others are
 * the records of "0.x", "1.x" and so on, which may refer to one another.  All
 * other queries are answered with bytes of the input.  Both engines evaluate,
 * and their results must keep what spf.h promises.
 */
#include <config.h>

#include <stdint.h>

#include "net/dns-private.h"
#include "auth/spf-private.h"

#define LINES_MAX	12

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
	struct bytes all;
	size_t n;
	struct bytes lines[LINES_MAX];
	unsigned asked;
};

/* Answers with the record of "N.x" as one TXT record. */
static void
answer_text(struct arena *a, struct bytes text, struct dns_answer *answer)
{
	struct buf b = BUF_INIT;
	size_t n;

	do {
		n = text.len < 255 ? text.len : 255;
		buf_byte(&b, (char)n);
		buf_add(&b, text.data, n);
		text = bytes_from(text, n);
	} while (text.len > 0);
	answer->rdata = arena_alloc(a, sizeof(*answer->rdata));
	answer->rdata[0] = bytes_dup(a, buf_view(&b));
	answer->status = DNS_OK;
	answer->n = 1;
	buf_free(&b);
}

/* Answers with pieces of the input, of lengths that the input chooses. */
static void
answer_bytes(struct world *w, struct arena *a, struct dns_answer *answer)
{
	struct bytes left = bytes_from(w->all,
	    w->all.len == 0 ? 0 : w->asked * 7 % w->all.len);
	size_t n;

	answer->rdata = arena_array(a, 12, sizeof(*answer->rdata));
	answer->status = DNS_OK;
	while (left.len > 1 && answer->n < 12) {
		n = (unsigned char)left.data[0] % 24;
		left = bytes_from(left, 1);
		answer->rdata[answer->n++] = bytes_make(left.data,
		    n < left.len ? n : left.len);
		left = bytes_from(left, n);
	}
	if (answer->n == 0)
		answer->status = DNS_NXDOMAIN;
}

static void
source(void *arg, struct arena *a, const struct dns_name *name,
    enum dns_type type, struct dns_answer *answer)
{
	struct world *w = arg;
	size_t i = (size_t)(name->wire[1] - '0') + 2;

	*answer = (struct dns_answer){ .status = DNS_NXDOMAIN };
	/* No check may ask for ever. */
	if (++w->asked > 1000)
		abort();
	if (type == DNS_TXT && name->len == 5 && i < w->n)
		answer_text(a, w->lines[i], answer);
	else
		answer_bytes(w, a, answer);
}

static void
check_result(const struct spf_result *r)
{
	if (r->domain == NULL || r->status > SPF_PERMERROR)
		abort();
	for (const char *p = r->explanation; p != NULL && *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			abort();
}

static void
check(struct world *w, enum spf_engine engine, const char *ip)
{
	struct dns *dns = dns_of_source(source, w);
	struct spf_query q = { .engine = engine, .now = 1 };
	struct spf_result r;
	struct arena a;

	if (addr_parse(bytes_of(ip), &q.ip) == -1)
		abort();
	if (w->n > 0)
		q.sender = w->lines[0];
	if (w->n > 1)
		q.helo = w->lines[1];
	arena_init(&a);
	w->asked = 0;
	spf_check(dns, &a, &q, &r);
	check_result(&r);
	arena_clear(&a);
	dns_free(&dns);
}

static void
record_parse(struct bytes text)
{
	struct spf_record record;
	const char *problem;
	struct arena a;

	if (!spf_record_is(text))
		return;
	arena_init(&a);
	(void)spf_record_parse(&a, text, &record, &problem);
	arena_clear(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes left = bytes_make(data, size);
	struct world w = { .all = left };
	ptrdiff_t at;

	while (left.len > 0 && w.n < LINES_MAX) {
		at = bytes_index(left, '\n');
		w.lines[w.n] = left;
		if (at >= 0)
			w.lines[w.n].len = (size_t)at;
		record_parse(w.lines[w.n]);
		left = bytes_from(left, w.lines[w.n++].len + 1);
	}
	check(&w, SPF_ENGINE_POSTERN, "192.0.2.1");
	check(&w, SPF_ENGINE_POSTERN, "2001:db8::1");
	check(&w, SPF_ENGINE_LIBSPF2, "192.0.2.1");
	return 0;
}
