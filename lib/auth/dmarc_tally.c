/* dmarc_tally - counts messages by the row that a DMARC report has for them. */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/encode.h"
#include "mail/address.h"
#include "proto/dmarc_row.h"
#include "auth/arc.h"
#include "auth/dkim_verify.h"
#include "auth/dmarc_tally.h"
#include "auth/spf.h"

/* Before a row: u32 day, u64 messages. */
#define HEAD_LEN	12

struct tally_entry {
	UT_hash_handle hh;
	uint64_t messages;
	size_t len;
	char key[];			/* u32 day, row */
};

struct dmarc_tally {
	pthread_mutex_t lock;
	struct tally_entry *entries;	/* own: uthash by key */
	size_t rows_max;
	uint64_t dropped;
};

struct dmarc_tally *
dmarc_tally_new(size_t rows_max)
{
	struct dmarc_tally *t = calloc(1, sizeof(*t));

	if (t == NULL)
		fatal("out of memory");
	pthread_mutex_init(&t->lock, NULL);
	t->rows_max = rows_max;
	return t;
}

static void
entry_remove(struct dmarc_tally *t, struct tally_entry *e)
{
	HASH_DEL(t->entries, e);
	free(e);
}

void
dmarc_tally_free(struct dmarc_tally **tp)
{
	struct dmarc_tally *t = *tp;

	if (t == NULL)
		return;
	*tp = NULL;
	while (t->entries != NULL)
		entry_remove(t, t->entries);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

/* ---- the row of a message ---- */

static struct bytes
text(struct arena *a, struct buf *b)
{
	struct bytes copy = bytes_dup(a, buf_view(b));

	buf_free(b);
	return copy;
}

static struct bytes
policy_text(struct arena *a, const struct dmarc_record *r)
{
	struct buf b = BUF_INIT;

	buf_printf(&b, "p=%s sp=%s np=%s adkim=%c aspf=%c pct=%u",
	    dmarc_policy_name(r->p), dmarc_policy_name(r->sp),
	    dmarc_policy_name(r->np), r->adkim_strict ? 's' : 'r',
	    r->aspf_strict ? 's' : 'r', r->pct);
	return text(a, &b);
}

/* In the terms of RFC 7489's appendix C. */
static struct bytes
override_text(struct arena *a, const struct dmarc_result *d)
{
	struct buf b = BUF_INIT;

	if (d->arc_sealer.len > 0)
		buf_printf(&b, "trusted_forwarder " BYTES_FMT,
		    BYTES_ARG(d->arc_sealer));
	else if (d->sampled_out)
		buf_str(&b, "sampled_out");
	return text(a, &b);
}

static struct bytes
spf_text(struct arena *a, const struct verify_result *r)
{
	struct buf b = BUF_INIT;

	if (r->spf_mail != NULL)
		buf_printf(&b, "%s %s %s", spf_status_name(r->spf_mail->status),
		    r->mail_from.len > 0 ? "mfrom" : "helo",
		    r->spf_mail->domain);
	return text(a, &b);
}

/* As many signatures as fit, from the first on. */
static struct bytes
dkim_text(struct arena *a, const struct verify_result *r)
{
	size_t max = dmarc_row_infos[DMARC_ROW_DKIM].max, before;
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < r->dkim->n; i++) {
		const struct dkim_signature *s = &r->dkim->v[i];

		before = b.len;
		buf_printf(&b, "%s%s " BYTES_FMT " " BYTES_FMT,
		    i > 0 ? "; " : "", dkim_result_name(s->result),
		    BYTES_ARG(s->domain), BYTES_ARG(s->selector));
		if (b.len > max) {
			b.len = before;
			break;
		}
	}
	return text(a, &b);
}

static struct bytes
dmarc_tally_row(struct arena *a, const struct verify_result *r)
{
	const struct dmarc_result *d = r->dmarc;
	char ip[ADDR_TEXT_MAX];
	struct buf b = BUF_INIT;
	const struct dmarc_row row = { .field = {
		[DMARC_ROW_FROM] = d->domain,
		[DMARC_ROW_SOURCE_IP] = bytes_of(addr_print(&r->client, ip)),
		[DMARC_ROW_ENVELOPE] = address_domain_part(r->mail_from),
		[DMARC_ROW_RECORD] = d->record_domain,
		[DMARC_ROW_POLICY] = policy_text(a, &d->record),
		[DMARC_ROW_DISPOSITION] =
		    bytes_of(dmarc_policy_name(d->disposition)),
		[DMARC_ROW_DKIM_ALIGNED] =
		    bytes_of(d->dkim_aligned ? "pass" : "fail"),
		[DMARC_ROW_SPF_ALIGNED] =
		    bytes_of(d->spf_aligned ? "pass" : "fail"),
		[DMARC_ROW_OVERRIDE] = override_text(a, d),
		[DMARC_ROW_SPF] = spf_text(a, r),
		[DMARC_ROW_DKIM] = dkim_text(a, r),
	} };

	dmarc_row_encode(&row, &b);
	return text(a, &b);
}

/* ---- counting ---- */

static void
count(struct dmarc_tally *t, struct bytes key, uint64_t messages)
{
	struct tally_entry *e;

	pthread_mutex_lock(&t->lock);
	HASH_FIND(hh, t->entries, key.data, key.len, e);
	if (e == NULL && HASH_COUNT(t->entries) < t->rows_max) {
		e = calloc(1, sizeof(*e) + key.len);
		if (e == NULL)
			fatal("out of memory");
		memcpy(e->key, key.data, key.len);
		e->len = key.len;
		HASH_ADD_KEYPTR(hh, t->entries, e->key, e->len, e);
	}
	if (e != NULL)
		e->messages += messages;
	else
		t->dropped += messages;
	pthread_mutex_unlock(&t->lock);
}

void
dmarc_tally_add(struct dmarc_tally *t, const struct verify_result *r,
    time_t now)
{
	struct buf key = BUF_INIT;
	struct arena a;
	char day[4];

	if (r->dmarc->record_domain.len == 0 || r->iprev == NULL)
		return;
	arena_init(&a);
	be32_put(day, dmarc_day(now));
	buf_add(&key, day, sizeof(day));
	buf_bytes(&key, dmarc_tally_row(&a, r));
	count(t, buf_view(&key), 1);
	buf_free(&key);
	arena_clear(&a);
}

size_t
dmarc_tally_take(struct dmarc_tally *t, struct arena *a, struct bytes *rows,
    size_t max)
{
	struct tally_entry *e;
	size_t n = 0;
	char *out;

	pthread_mutex_lock(&t->lock);
	for (; n < max && (e = t->entries) != NULL; n++) {
		out = arena_alloc(a, HEAD_LEN - 4 + e->len);
		memcpy(out, e->key, 4);
		be64_put(out + 4, e->messages);
		memcpy(out + HEAD_LEN, e->key + 4, e->len - 4);
		rows[n] = bytes_make(out, HEAD_LEN - 4 + e->len);
		entry_remove(t, e);
	}
	pthread_mutex_unlock(&t->lock);
	return n;
}

void
dmarc_tally_put(struct dmarc_tally *t, struct bytes row)
{
	struct buf key = BUF_INIT;

	buf_add(&key, row.data, 4);
	buf_bytes(&key, bytes_from(row, HEAD_LEN));
	count(t, buf_view(&key), be64_get(row.data + 4));
	buf_free(&key);
}

uint64_t
dmarc_tally_dropped(struct dmarc_tally *t)
{
	uint64_t n;

	pthread_mutex_lock(&t->lock);
	n = t->dropped;
	t->dropped = 0;
	pthread_mutex_unlock(&t->lock);
	return n;
}
