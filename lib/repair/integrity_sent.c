/*
 * integrity_sent - checks what an account sent: the recipients it knows, and
 * its submissions of the last day.
 */
#include <config.h>

#include <string.h>

#include "segment/tables.h"
#include "evidence/correspondent.h"
#include "evidence/submission_row.h"
#include "repair/integrity-private.h"

/* ---- recipients ---- */

static int
check_recipient(void *arg, struct bytes key, struct bytes value,
    struct err *err)
{
	struct bytes name = bytes_from(key, 8);
	struct integrity_account *va = arg;
	struct correspondent k;
	struct err why = ERR_INIT;

	if (correspondent_row_decode(value, &k, &why) == -1)
		integrity_account_fault(va, "recipient '" BYTES_FMT "': %s",
		    BYTES_ARG(name), why.text);
	else if (k.first > k.last)
		integrity_account_fault(va, "recipient '" BYTES_FMT "' has a "
		    "first time after its last time", BYTES_ARG(name));
	if (name.len == 0 || name.len > CORRESPONDENT_ADDRESS_MAX)
		integrity_account_fault(va, "a recipient's address has %zu "
		    "bytes", name.len);
	return 0;
}

/* ---- submissions ---- */

struct check {
	struct integrity_account *va;
	bool has_sums;
	struct submission_sums sums;
	/* Sums of the accepted ones so far, which the next one must have. */
	bool has_accepted;
	uint64_t recipients, first_time;
};

static int
check_answer(struct check *c, struct bytes key, struct bytes value,
    struct err *err)
{
	struct bytes id = bytes_from(key, 9);
	struct submission_answered a;
	struct buf ignored = BUF_INIT;
	struct err why = ERR_INIT;
	struct key k;
	int rc;

	if (submission_answered_decode(value, &a, &why) == -1) {
		integrity_account_fault(c->va, "answer to '" BYTES_FMT "': %s",
		    BYTES_ARG(id), why.text);
		return 0;
	}
	submission_key_time(&k, c->va->acc.id, a.answer == SUBMISSION_OK ?
	    SUBMISSION_ACCEPTED : SUBMISSION_REFUSED, a.time, a.number);
	rc = reader_get(c->va->v->r, T_SUBMISSION, key_bytes(&k), &ignored,
	    err);
	if (rc == 0)
		integrity_account_fault(c->va, "the answer to '" BYTES_FMT "' "
		    "names submission %llu, which does not exist",
		    BYTES_ARG(id), (unsigned long long)a.number);
	buf_free(&ignored);
	return rc == -1 ? -1 : 0;
}

/* Checks that the key of a submission has a number that was assigned. */
static void
check_number(struct check *c, struct bytes key)
{
	uint64_t number;
	int64_t time;

	if (submission_key_parse(key, &time, &number) == -1)
		integrity_account_fault(c->va, "table submission has a key of "
		    "%zu bytes", key.len);
	else if (number >= c->sums.next_number || time > c->sums.last)
		integrity_account_fault(c->va, "submission %llu is not "
		    "assigned yet", (unsigned long long)number);
}

static void
check_accepted(struct check *c, struct bytes key, struct bytes value)
{
	struct submission_accepted a;
	struct err why = ERR_INIT;

	check_number(c, key);
	if (submission_accepted_decode(value, &a, &why) == -1) {
		integrity_account_fault(c->va, "%s", why.text);
		return;
	}
	if (c->has_accepted && (a.recipients_before != c->recipients ||
	    a.first_time_before != c->first_time))
		integrity_account_fault(c->va, "submission '%s' counts %llu "
		    "recipients before it, but the one before it %llu",
		    a.queue_id, (unsigned long long)a.recipients_before,
		    (unsigned long long)c->recipients);
	c->has_accepted = true;
	c->recipients = a.recipients_before + a.recipients;
	c->first_time = a.first_time_before + a.first_time;
}

static void
check_refused(struct check *c, struct bytes key, struct bytes value)
{
	struct submission_refused r;
	struct err why = ERR_INIT;

	check_number(c, key);
	if (submission_refused_decode(value, &r, &why) == -1)
		integrity_account_fault(c->va, "%s", why.text);
}

static void
check_sums(struct check *c, struct bytes value)
{
	struct err why = ERR_INIT;

	c->has_sums = submission_sums_decode(value, &c->sums, &why) == 0;
	if (!c->has_sums)
		integrity_account_fault(c->va, "%s", why.text);
}

/* The order of kinds: the sums come first, answers before submissions. */
static int
check_submission(void *arg, struct bytes key, struct bytes value,
    struct err *err)
{
	struct check *c = arg;
	uint8_t kind = key.len < 9 ? UINT8_MAX : (uint8_t)key.data[8];

	switch (kind) {
	case SUBMISSION_SUMS:
		check_sums(c, value);
		return 0;
	case SUBMISSION_ANSWER:
		return check_answer(c, key, value, err);
	case SUBMISSION_ACCEPTED:
		check_accepted(c, key, value);
		return 0;
	case SUBMISSION_REFUSED:
		check_refused(c, key, value);
		return 0;
	default:
		integrity_account_fault(c->va, "table submission has a record "
		    "of an unknown kind");
		return 0;
	}
}

int
integrity_sent(struct integrity_account *va, struct err *err)
{
	struct check c = { .va = va };
	struct key prefix;

	key_account(&prefix, va->acc.id);
	if (reader_scan(va->v->r, T_RECIPIENT, BYTES(""), key_bytes(&prefix),
	    check_recipient, va, err) == -1 ||
	    reader_scan(va->v->r, T_SUBMISSION, BYTES(""), key_bytes(&prefix),
	    check_submission, &c, err) == -1)
		return -1;
	if (c.has_sums && c.has_accepted &&
	    (c.recipients != c.sums.recipients ||
	    c.first_time != c.sums.first_time))
		integrity_account_fault(va, "it counts %llu recipients of what "
		    "it sent, but its submissions have %llu",
		    (unsigned long long)c.sums.recipients,
		    (unsigned long long)c.recipients);
	return 0;
}
