/*
 * submission_row - rows of what accounts sent in the last 24 hours
 *
 * T_SUBMISSION (a, u8 kind, ...):
 *
 * 0 sums (nothing else in the key): u8 version, u64 next number, u64
 *   recipients ever, u64 first-time recipients ever, u64 last time.
 * 1 answer (queue id): u8 version, u64 time, u64 number, u8 answer,
 *   u64 limit that decided.
 * 2 accepted (u64 time, u64 number): u8 version, u64 recipients of all
 *   accepted ones before it, u64 first-time ones of these, u32 its own
 *   recipients, u32 its own first-time ones, queue id.
 * 3 refused (u64 time, u64 number): u8 version, queue id.
 *
 * Each accepted one holds the sums before it.  So what was sent since some
 * time is the current sums minus those in the first row after that time: one
 * row to find, however many there are.
 *
 * Strings are u16 length and bytes; all numbers are big-endian.
 */
#ifndef EVIDENCE_SUBMISSION_ROW_H
#define EVIDENCE_SUBMISSION_ROW_H

#include "kv/key.h"

#define SUBMISSION_QUEUE_ID_MAX	255

enum submission_answer {
	SUBMISSION_OK,
	SUBMISSION_OVER_RECIPIENTS,
	SUBMISSION_OVER_FIRST_TIME
};

enum submission_kind {
	SUBMISSION_SUMS,
	SUBMISSION_ANSWER,
	SUBMISSION_ACCEPTED,
	SUBMISSION_REFUSED
};

struct submission_sums {
	uint64_t next_number;
	uint64_t recipients, first_time;
	int64_t last;
};

struct submission_answered {
	int64_t time;
	uint64_t number;
	enum submission_answer answer;
	uint64_t limit;
};

struct submission_accepted {
	uint64_t recipients_before, first_time_before;
	uint32_t recipients, first_time;
	char queue_id[SUBMISSION_QUEUE_ID_MAX + 1];
};

struct submission_refused {
	char queue_id[SUBMISSION_QUEUE_ID_MAX + 1];
};

/* "a kind"; the caller appends the rest. */
void submission_key(struct key *k, uint64_t account,
    enum submission_kind kind);
void submission_key_time(struct key *k, uint64_t account,
    enum submission_kind kind, int64_t time, uint64_t number);
void submission_key_id(struct key *k, uint64_t account,
    struct bytes queue_id);
/* Parses a key made by submission_key_time().  Returns -1 if it is not one. */
int submission_key_parse(struct bytes key, int64_t *time, uint64_t *number);

int submission_sums_decode(struct bytes value, struct submission_sums *out,
    struct err *err);
void submission_sums_encode(const struct submission_sums *s,
    struct buf *out);
int submission_answered_decode(struct bytes value,
    struct submission_answered *out, struct err *err);
void submission_answered_encode(const struct submission_answered *a,
    struct buf *out);
int submission_accepted_decode(struct bytes value,
    struct submission_accepted *out, struct err *err);
void submission_accepted_encode(const struct submission_accepted *a,
    struct buf *out);
int submission_refused_decode(struct bytes value,
    struct submission_refused *out, struct err *err);
void submission_refused_encode(const struct submission_refused *r,
    struct buf *out);

#endif
